/* SPDX-License-Identifier: MIT */
/*
 * Locks, bounded queues and events of the coroutine model: waiting suspends the coroutine, never the
 * thread.
 */
#ifndef COROUTINE_SYNC_H
#define COROUTINE_SYNC_H

#include "coroutine_scheduler.h"

#include <string.h>

/* Looks at a held lock before the coroutine is suspended: its holder is running on another core. */
#define SPINS 200

/*
 * free, held, or held while somebody may be waiting. A section never suspends, so at most one
 * coroutine of each scheduler holds a lock or spins on it.
 */
enum { LOCK_FREE, LOCK_HELD, LOCK_CONTENDED };

struct lock {
	_Alignas(128) atomic_uint state;
	struct guard guard;
	struct waiters waiters;
};

struct queue {
	_Alignas(128) struct guard *guard;
	struct guard own_guard;
	uint64_t *messages;
	uint64_t capacity, first, used;
	struct waiters getters, putters;
};

struct event {
	_Alignas(128) struct guard *guard;
	struct guard own_guard;
	struct waiters waiters;
	bool is_set;
};

static inline bool lock_spin(struct lock *lock, unsigned take_as)
{
	unsigned state;

	for (int i = 0; i < SPINS; i++) {
		state = atomic_load_explicit(&lock->state, memory_order_relaxed);
		if (state == LOCK_FREE && atomic_compare_exchange_strong_explicit(
		                                  &lock->state, &state, take_as,
		                                  memory_order_acquire, memory_order_relaxed))
			return true;
		relax();
	}
	return false;
}

/*
 * Who has been suspended once takes the lock as contended only, so that its release wakes the next:
 * the others that wait may have nobody else to wake them.
 */
static __attribute__((noinline)) void lock_wait(struct coroutine *coroutine, struct lock *lock)
{
	if (lock_spin(lock, LOCK_HELD))
		return;
	for (;;) {
		guard_lock(&lock->guard);
		if (atomic_exchange_explicit(&lock->state, LOCK_CONTENDED, memory_order_acquire) ==
		    LOCK_FREE) {
			guard_unlock(&lock->guard);
			return;
		}
		waiters_append(&lock->waiters, coroutine);
		guard_unlock(&lock->guard);
		suspend(coroutine);
		if (lock_spin(lock, LOCK_CONTENDED))
			return;
	}
}

static __attribute__((noinline)) void lock_wake(struct coroutine *coroutine, struct lock *lock)
{
	struct coroutine *waiter;

	guard_lock(&lock->guard);
	waiter = waiters_take(&lock->waiters);
	guard_unlock(&lock->guard);
	if (waiter)
		wake(coroutine->scheduler, waiter, 0);
}

/* `reads`: a constant. A section is short and never suspends, so that readers exclude each other, too. */
static inline __attribute__((always_inline)) uint64_t
lock_sections(struct coroutine *coroutine, struct lock *lock, const struct hd_request *request,
              bool reads)
{
	uint64_t torn = 0;
	unsigned state;

	for (uint64_t i = 0; i < request->times; i++) {
		state = LOCK_FREE;
		if (!atomic_compare_exchange_strong_explicit(&lock->state, &state, LOCK_HELD,
		                                             memory_order_acquire,
		                                             memory_order_relaxed))
			lock_wait(coroutine, lock);
		if (reads)
			torn += hd_section_read(&request->section);
		else
			hd_section_run(&request->section);
		state = atomic_exchange_explicit(&lock->state, LOCK_FREE, memory_order_release);
		if (state == LOCK_CONTENDED)
			lock_wake(coroutine, lock);
	}
	return torn;
}

static int64_t exclusive(struct coroutine *coroutine, const struct hd_request *request)
{
	struct pool *pool = coroutine->scheduler->pool;

	if (request->section.lock >= pool->host->locks)
		return -EINVAL;
	if (pool->parallel)
		lock_sections(coroutine, &pool->locks[request->section.lock], request, false);
	else
		hd_section_run_times(&request->section, request->times);
	return 0;
}

static int64_t shared(struct coroutine *coroutine, const struct hd_request *request)
{
	struct pool *pool = coroutine->scheduler->pool;

	if (request->section.lock >= pool->host->locks)
		return -EINVAL;
	if (!pool->parallel)
		return (int64_t)hd_section_read_times(&request->section, request->times);
	return (int64_t)lock_sections(coroutine, &pool->locks[request->section.lock], request,
	                              true);
}

/* Queues. Both moves take what they can, in two parts where the ring's end lies between. */

static uint64_t queue_put(struct queue *queue, const uint64_t *from, uint64_t count)
{
	uint64_t at = queue->first + queue->used, part;

	at -= at < queue->capacity ? 0 : queue->capacity;
	count = count < queue->capacity - queue->used ? count : queue->capacity - queue->used;
	part = count < queue->capacity - at ? count : queue->capacity - at;
	memcpy(queue->messages + at, from, part * sizeof *from);
	memcpy(queue->messages, from + part, (count - part) * sizeof *from);
	queue->used += count;
	return count;
}

static uint64_t queue_get(struct queue *queue, uint64_t *to, uint64_t count)
{
	uint64_t part;

	count = count < queue->used ? count : queue->used;
	part = count < queue->capacity - queue->first ? count : queue->capacity - queue->first;
	memcpy(to, queue->messages + queue->first, part * sizeof *to);
	memcpy(to + part, queue->messages, (count - part) * sizeof *to);
	queue->first += count;
	queue->first -= queue->first < queue->capacity ? 0 : queue->capacity;
	queue->used -= count;
	return count;
}

/* As many of the other side try again as messages or places have come. */
static void queue_wake(struct coroutine *coroutine, struct queue *queue, struct waiters *list,
                       uint64_t count)
{
	struct coroutine *waiter;

	for (; count; count--) {
		guard_lock(queue->guard);
		waiter = waiters_take(list);
		guard_unlock(queue->guard);
		if (!waiter)
			return;
		wake(coroutine->scheduler, waiter, 0);
	}
}

static int64_t move_messages(struct coroutine *coroutine, const struct hd_request *request)
{
	struct pool *pool = coroutine->scheduler->pool;
	int64_t deadline = request->timeout_ns > 0 ? deadline_after(request->timeout_ns) : NEVER;
	bool put = request->op == HD_PUT, others;
	struct waiters *mine, *theirs;
	struct queue *queue;
	uint64_t moved;

	if (request->fd < 0 || (uint32_t)request->fd >= pool->host->queues)
		return -EBADF;
	if (!request->times)
		return 0;
	queue = &pool->queues[request->fd];
	mine = put ? &queue->putters : &queue->getters;
	theirs = put ? &queue->getters : &queue->putters;
	for (int64_t answer = 0; !answer; answer = suspend_until(coroutine, deadline)) {
		guard_lock(queue->guard);
		moved = put ? queue_put(queue, request->buf, request->times)
		            : queue_get(queue, request->buf, request->times);
		others = theirs->first;
		if (!moved && request->timeout_ns) {
			coroutine->guard = queue->guard;
			waiters_append(mine, coroutine);
		}
		guard_unlock(queue->guard);
		if (moved && others)
			queue_wake(coroutine, queue, theirs, moved);
		if (moved)
			return (int64_t)moved;
		if (!request->timeout_ns)
			return -EAGAIN;
	}
	return -ETIMEDOUT;
}

/* Events. */

/* All that wait, out of their list: nobody else wakes them from then on. */
static struct coroutine *waiters_take_all(struct waiters *list)
{
	struct coroutine *first = list->first;

	for (struct coroutine *each = first; each; each = each->next)
		each->waits_in = NULL;
	list->first = list->last = NULL;
	return first;
}

static int64_t event_set_or_clear(struct coroutine *coroutine, struct event *event, bool set)
{
	struct coroutine *waiter = NULL, *next;

	guard_lock(event->guard);
	event->is_set = set;
	if (set)
		waiter = waiters_take_all(&event->waiters);
	guard_unlock(event->guard);
	for (; waiter; waiter = next) {
		next = waiter->next; /* it has another one in an inbox */
		wake(coroutine->scheduler, waiter, 0);
	}
	return 0;
}

static int64_t event_wait(struct coroutine *coroutine, struct event *event, int64_t timeout_ns)
{
	int64_t deadline = timeout_ns > 0 ? deadline_after(timeout_ns) : NEVER;
	bool is_set;

	guard_lock(event->guard);
	is_set = event->is_set;
	if (!is_set && timeout_ns) {
		coroutine->guard = event->guard;
		waiters_append(&event->waiters, coroutine);
	}
	guard_unlock(event->guard);
	if (is_set || !timeout_ns)
		return is_set ? 0 : -EAGAIN;
	return suspend_until(coroutine, deadline);
}

static int64_t change_event(struct coroutine *coroutine, const struct hd_request *request)
{
	struct pool *pool = coroutine->scheduler->pool;
	struct event *event;

	if (request->fd < 0 || (uint32_t)request->fd >= pool->host->events)
		return -EBADF;
	event = &pool->events[request->fd];
	if (request->op == HD_WAIT)
		return event_wait(coroutine, event, request->timeout_ns);
	return event_set_or_clear(coroutine, event, request->op == HD_SET);
}

static void sync_close(struct pool *pool)
{
	for (uint32_t i = 0; pool->queues && i < pool->host->queues; i++)
		free(pool->queues[i].messages);
	free(pool->queues);
	free(pool->events);
	free(pool->locks);
}

static int sync_open(struct pool *pool)
{
	const struct hd_host *host = pool->host;
	uint32_t capacity = host->queue_capacity ? host->queue_capacity : 1;
	struct queue *queue;

	pool->locks = aligned_alloc(128, (host->locks + 1) * sizeof *pool->locks);
	pool->queues = aligned_alloc(128, (host->queues + 1) * sizeof *pool->queues);
	pool->events = aligned_alloc(128, (host->events + 1) * sizeof *pool->events);
	if (!pool->locks || !pool->queues || !pool->events) {
		free(pool->queues);
		pool->queues = NULL;
		return -ENOMEM;
	}
	memset(pool->locks, 0, (host->locks + 1) * sizeof *pool->locks);
	memset(pool->queues, 0, (host->queues + 1) * sizeof *pool->queues);
	memset(pool->events, 0, (host->events + 1) * sizeof *pool->events);
	for (uint32_t i = 0; i < host->events; i++)
		pool->events[i].guard = pool->parallel ? &pool->events[i].own_guard : NULL;
	for (uint32_t i = 0; i < host->queues; i++) {
		queue = &pool->queues[i];
		queue->guard = pool->parallel ? &queue->own_guard : NULL;
		queue->capacity = capacity;
		queue->messages = malloc(capacity * sizeof *queue->messages);
		if (!queue->messages)
			return -ENOMEM;
		memset(queue->messages, 0, capacity * sizeof *queue->messages);
	}
	return 0;
}

#endif
