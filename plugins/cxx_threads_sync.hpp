/* SPDX-License-Identifier: MIT */
/* Locks, queues and events of cxx-threads, on which its threads wait. */
#ifndef CXX_THREADS_SYNC_HPP
#define CXX_THREADS_SYNC_HPP

/*
 * acquire() of libstdc++ 12 waits for a change from a value that it has read before it looked for the last
 * time: where the semaphore is released in between, it sleeps for good. Made of POSIX's it does not.
 */
#define _GLIBCXX_USE_POSIX_SEMAPHORE 1
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <new>
#include <semaphore>
#include <shared_mutex>

#include <heddle/plugin.h>
#include <heddle/threads.h>

namespace
{

using time_point = std::chrono::steady_clock::time_point;

inline time_point deadline(int64_t timeout_ns)
{
	return time_point(std::chrono::nanoseconds(hd_deadline_ns(timeout_ns)));
}

/* Readers exclude each other where the lock does not know them. */
class mutex_lock
{
      public:
	void lock()
	{
		mutex.lock();
	}
	void unlock()
	{
		mutex.unlock();
	}
	void lock_shared()
	{
		mutex.lock();
	}
	void unlock_shared()
	{
		mutex.unlock();
	}

      private:
	alignas(HD_APART) std::mutex mutex;
};

class semaphore_lock
{
      public:
	void lock()
	{
		free.acquire();
	}
	void unlock()
	{
		free.release();
	}
	void lock_shared()
	{
		free.acquire();
	}
	void unlock_shared()
	{
		free.release();
	}

      private:
	alignas(HD_APART) std::binary_semaphore free{1};
};

class alignas(HD_APART) shared_lock : public std::shared_mutex
{
};

/* 0, or -EAGAIN, -ETIMEDOUT where `ready` did not become true in time. */
template <class Ready>
int64_t await(std::condition_variable &changed, std::unique_lock<std::mutex> &held,
              int64_t timeout_ns, Ready ready)
{
	if (timeout_ns < 0) {
		changed.wait(held, ready);
		return 0;
	}
	if (timeout_ns == 0)
		return ready() ? 0 : -EAGAIN;
	return changed.wait_until(held, deadline(timeout_ns), ready) ? 0 : -ETIMEDOUT;
}

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

	int64_t put(const hd_request &request)
	{
		std::unique_lock held(mutex);
		int64_t error = await(room, held, request.timeout_ns,
		                      [this] { return ring.count < ring.capacity; });

		return error ? error
		             : moved(filled, hd_ring_put(&ring, buffer(request), request.times));
	}
	int64_t get(const hd_request &request)
	{
		std::unique_lock held(mutex);
		int64_t error =
		        await(filled, held, request.timeout_ns, [this] { return ring.count > 0; });

		return error ? error
		             : moved(room, hd_ring_get(&ring, buffer(request), request.times));
	}

      private:
	static uint64_t *buffer(const hd_request &request)
	{
		return static_cast<uint64_t *>(request.buf);
	}
	static int64_t moved(std::condition_variable &others, uint64_t count)
	{
		if (count > 1)
			others.notify_all();
		else
			others.notify_one();
		return static_cast<int64_t>(count);
	}

	std::mutex mutex;
	std::condition_variable room, filled;
	hd_ring ring;
};

class alignas(HD_APART) event
{
      public:
	int64_t set()
	{
		{
			std::lock_guard held(mutex);
			is_set = true;
			sets++;
		}
		was_set.notify_all();
		return 0;
	}
	int64_t clear()
	{
		std::lock_guard held(mutex);
		is_set = false;
		return 0;
	}
	int64_t wait(int64_t timeout_ns)
	{
		std::unique_lock held(mutex);

		return await(was_set, held, timeout_ns,
		             [this, before = sets] { return is_set || sets != before; });
	}

      private:
	std::mutex mutex;
	std::condition_variable was_set;
	uint64_t sets = 0; /* so many: who waits goes on after the next, whatever follows it */
	bool is_set = false;
};

} // namespace

#endif
