/* SPDX-License-Identifier: MIT */
/*
 * Locks between processes; the bounded queues of PUT and GET, a ring in shared memory under a lock, with
 * a futex for each side to sleep on; and events, each a futex.
 */
#ifndef HEDDLE_PROCESS_POOL_MAILBOX_H
#define HEDDLE_PROCESS_POOL_MAILBOX_H

#include "process_pool_queue.h"

/*
 * Not robust: that costs 1.4 x a section, and a holder that dies is the trial's crash anyway. Those who
 * wait for it are ended by pool_close().
 */
struct lock {
	pthread_mutex_t mutex;
	char apart[HD_APART - sizeof(pthread_mutex_t) % HD_APART];
};

static inline int lock_open(struct lock *lock)
{
	pthread_mutexattr_t attr;
	int error = pthread_mutexattr_init(&attr);

	if (error)
		return -error;
	error = pthread_mutexattr_setpshared(&attr, PTHREAD_PROCESS_SHARED);
	if (!error)
		error = pthread_mutex_init(&lock->mutex, &attr);
	pthread_mutexattr_destroy(&attr);
	return -error;
}

/* A queue of messages; all under its lock but the sleep. */
struct mailbox {
	struct lock lock;
	struct hd_ring ring;
	uint32_t getters, putters; /* asleep or about to be */
	word32 filled, emptied;    /* count what sleepers wait for, so that none sleeps past it */
	char apart[HD_APART - sizeof(struct hd_ring) - 16];
};

static inline int mailbox_open(struct mailbox *mailbox, const struct hd_host *host)
{
	uint64_t bytes = (uint64_t)host->queue_capacity * sizeof(uint64_t);

	mailbox->ring.capacity = host->queue_capacity;
	mailbox->ring.messages = host->shared_alloc(host, bytes ? bytes : 1);
	return mailbox->ring.messages ? lock_open(&mailbox->lock) : -ENOMEM;
}

/* Moves what it can and counts it for those that sleep on the other side. */
static inline uint64_t mailbox_move(struct mailbox *mailbox, const struct hd_request *request)
{
	bool put = request->op == HD_PUT;
	uint64_t moved = put ? hd_ring_put(&mailbox->ring, request->buf, request->times)
	                     : hd_ring_get(&mailbox->ring, request->buf, request->times);

	if (moved)
		atomic_fetch_add_explicit(put ? &mailbox->filled : &mailbox->emptied, 1,
		                          memory_order_relaxed);
	return moved;
}

/*
 * Returns after a change of what is waited for, or after the deadline: -ETIMEDOUT. Called and left
 * with the lock held.
 *
 * Nobody sleeps past a change: it moves a counter under the lock, a sleeper counts itself and reads
 * that counter under the same lock, and the futex does not sleep on a counter that has moved. Who
 * spins is not counted, so that nobody is woken by a system call for it.
 */
static inline int mailbox_wait(struct mailbox *mailbox, word32 *change, uint32_t *sleepers,
                               uint32_t spins, const struct timespec *until)
{
	uint32_t seen = atomic_load_explicit(change, memory_order_relaxed);
	int error = 0;

	if (spins) {
		pthread_mutex_unlock(&mailbox->lock.mutex);
		while (spins-- && atomic_load_explicit(change, memory_order_relaxed) == seen)
			relax();
		pthread_mutex_lock(&mailbox->lock.mutex);
	}
	if (atomic_load_explicit(change, memory_order_relaxed) != seen)
		return 0;
	(*sleepers)++;
	pthread_mutex_unlock(&mailbox->lock.mutex);
	error = futex_wait(change, seen, until);
	pthread_mutex_lock(&mailbox->lock.mutex);
	(*sleepers)--;
	return error;
}

/*
 * PUT and GET. As many sleepers are woken as messages moved: whoever comes between takes what one
 * of them was woken for, and that one sleeps again.
 */
static inline int64_t mailbox_exchange(struct mailbox *mailbox, const struct hd_request *request,
                                       uint32_t spins)
{
	bool put = request->op == HD_PUT;
	uint32_t *sleepers = put ? &mailbox->putters : &mailbox->getters;
	uint32_t *others = put ? &mailbox->getters : &mailbox->putters;
	word32 *change = put ? &mailbox->emptied : &mailbox->filled;
	struct timespec until = {0};
	uint64_t moved;
	uint32_t wake;
	int error = 0;

	if (request->timeout_ns > 0)
		until = hd_deadline(request->timeout_ns);
	pthread_mutex_lock(&mailbox->lock.mutex);
	while (!(moved = mailbox_move(mailbox, request)) && request->timeout_ns &&
	       error != -ETIMEDOUT)
		error = mailbox_wait(mailbox, change, sleepers, spins,
		                     request->timeout_ns < 0 ? NULL : &until);
	wake = moved < *others ? (uint32_t)moved : *others;
	pthread_mutex_unlock(&mailbox->lock.mutex);
	if (wake)
		futex_wake(put ? &mailbox->filled : &mailbox->emptied, wake);
	if (moved)
		return (int64_t)moved;
	return request->timeout_ns ? -ETIMEDOUT : -EAGAIN;
}

/* Counts how often it was set and cleared: odd is set. Who waits goes on when it has moved. */
struct event {
	word32 state, waiting; /* waiting: asleep or about to be */
	char apart[HD_APART - 2 * sizeof(word32)];
};

/* Who waits counts itself before the futex looks at the state; this the other way round. */
static inline int64_t event_set_or_clear(struct event *event, bool set)
{
	uint32_t state = atomic_load(&event->state);

	while (state % 2 != set && !atomic_compare_exchange_weak(&event->state, &state, state + 1))
		;
	if (set && atomic_load(&event->waiting))
		futex_wake(&event->state, INT_MAX);
	return 0;
}

static inline int64_t event_wait(struct event *event, int64_t timeout_ns)
{
	uint32_t state = atomic_load(&event->state);
	struct timespec until = hd_deadline(timeout_ns);
	int error = 0;

	if (state % 2)
		return 0;
	if (!timeout_ns)
		return -EAGAIN;
	atomic_fetch_add(&event->waiting, 1);
	while (atomic_load(&event->state) == state && error != -ETIMEDOUT)
		error = futex_wait(&event->state, state, timeout_ns < 0 ? NULL : &until);
	atomic_fetch_sub(&event->waiting, 1);
	return atomic_load(&event->state) == state ? -ETIMEDOUT : 0;
}

#endif
