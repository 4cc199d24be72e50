/* SPDX-License-Identifier: MIT */
/* Locks, queues and events of cxx-coroutines. Who has to wait is put into a list, and then suspends itself. */
#ifndef CXX_COROUTINES_SYNC_HPP
#define CXX_COROUTINES_SYNC_HPP

#include <algorithm>
#include <memory>
#include <new>

#include "cxx_coroutines_scheduler.hpp"

namespace
{

inline void relax()
{
#if defined(__x86_64__)
	__builtin_ia32_pause();
#elif defined(__aarch64__)
	__asm__ volatile("yield");
#endif
}

class alignas(HD_APART) lock
{
      public:
	enum : uint32_t { open, held, contended };

	/*
	 * True: it is taken. Else `self` waits, and tries again when it is woken; who `has_waited` takes it as
	 * contended, so that the next is woken as well.
	 */
	bool take(task &self, bool has_waited)
	{
		if (spin(has_waited ? contended : held))
			return true;
		std::lock_guard guarded(guard);

		if (state.exchange(contended, std::memory_order_acquire) == open)
			return true;
		waiting.wait(self, &guard);
		return false;
	}
	void give(task &self)
	{
		if (state.exchange(open, std::memory_order_release) != contended)
			return;
		std::unique_lock guarded(guard);
		task *next = waiting.take();
		guarded.unlock();
		if (next)
			self.home->wake(*next);
	}

      private:
	/* Whoever holds it is running on another core: it is looked at a little before a task is suspended. */
	bool spin(uint32_t take_as)
	{
		for (int looks = 0; looks < 200; looks++) {
			uint32_t now = open;

			if (state.compare_exchange_strong(now, take_as, std::memory_order_acquire,
			                                  std::memory_order_relaxed))
				return true;
			while (++looks < 200 && state.load(std::memory_order_relaxed) != open)
				relax();
		}
		return false;
	}

	std::atomic<uint32_t> state{open};
	std::mutex guard;
	waiters waiting;
};

class alignas(HD_APART) queue
{
      public:
	explicit queue(uint64_t capacity)
	{
		if (hd_ring_open(&ring, capacity))
			throw std::bad_alloc();
	}
	~queue()
	{
		hd_ring_close(&ring);
	}
	queue(const queue &) = delete;
	queue &operator=(const queue &) = delete;

	/* Messages moved, or 0: then `self` waits, unless it may not. */
	int64_t move(task &self, const hd_request &request)
	{
		uint64_t *messages = static_cast<uint64_t *>(request.buf);
		bool puts = request.op == HD_PUT;
		std::lock_guard guarded(guard);
		uint64_t moved = puts ? hd_ring_put(&ring, messages, request.times)
		                      : hd_ring_get(&ring, messages, request.times);

		for (uint64_t i = 0; i < moved; i++)
			if (task *other = waiting[!puts].take())
				self.home->wake(*other);
			else
				break;
		if (moved)
			return static_cast<int64_t>(moved);
		if (request.timeout_ns == 0)
			return -EAGAIN;
		waiting[puts].wait(self, &guard);
		return 0;
	}

      private:
	std::mutex guard;
	waiters waiting[2]; /* that get, that put */
	hd_ring ring;
};

class alignas(HD_APART) event
{
      public:
	void set(task &self)
	{
		std::lock_guard guarded(guard);

		is_set = true;
		while (task *other = waiting.take())
			self.home->wake(*other);
	}
	void clear()
	{
		std::lock_guard guarded(guard);

		is_set = false;
	}
	/* 0: it is set, or `self` was woken by who set it; -EAGAIN: it may not wait; 1: it waits. */
	int64_t wait(task &self, bool was_woken, int64_t timeout_ns)
	{
		std::lock_guard guarded(guard);

		if (is_set || was_woken)
			return 0;
		if (timeout_ns == 0)
			return -EAGAIN;
		waiting.wait(self, &guard);
		return 1;
	}

      private:
	std::mutex guard;
	waiters waiting;
	bool is_set = false;
};

} // namespace

#endif
