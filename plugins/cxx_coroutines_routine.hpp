/* SPDX-License-Identifier: MIT */
#ifndef CXX_COROUTINES_ROUTINE_HPP
#define CXX_COROUTINES_ROUTINE_HPP

#include <coroutine>
#include <exception>
#include <utility>

namespace
{

/* A coroutine that is resumed by a scheduler, and destroyed by whoever has it. */
class routine
{
      public:
	struct promise_type {
		routine get_return_object()
		{
			return routine(std::coroutine_handle<promise_type>::from_promise(*this));
		}
		std::suspend_always initial_suspend() noexcept
		{
			return {};
		}
		std::suspend_always final_suspend() noexcept
		{
			return {};
		}
		void return_void()
		{
		}
		void unhandled_exception()
		{
			std::terminate();
		}
	};

	routine(routine &&other) noexcept : handle(std::exchange(other.handle, nullptr))
	{
	}
	routine &operator=(routine &&) = delete;
	~routine()
	{
		if (handle)
			handle.destroy();
	}
	std::coroutine_handle<> resumable() const
	{
		return handle;
	}

      private:
	explicit routine(std::coroutine_handle<promise_type> made) : handle(made)
	{
	}

	std::coroutine_handle<promise_type> handle;
};

} // namespace

#endif
