/* SPDX-License-Identifier: MIT */
/*
 * The scheduler of the coroutine model: one a core, each with coroutines of its own that never move
 * to another. A coroutine that has to wait looks for the next one itself and jumps there: no switch
 * goes by way of a scheduler's own stack, which is used at the beginning and the end of a run only.
 *
 * A waiting coroutine stands in one list of waiters. Whoever takes it out of there, under the guard
 * of the list, wakes it: directly on its own scheduler, through the inbox of another one.
 */
#ifndef COROUTINE_SCHEDULER_H
#define COROUTINE_SCHEDULER_H

#include "coroutine_fiber.h"

#include <heddle/plugin.h>
#include <limits.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>
#if defined(HD_WITH_URING)
#include <liburing.h>
#endif

#define NEVER INT64_MAX
/* Turns and requests until a scheduler with ready coroutines looks at I/O, inbox and timers. */
#define BUDGET 256u
#define EVENTS 256

struct coroutine;
struct scheduler;

struct waiters {
	struct coroutine *first, *last;
};

/* A lock for a few instructions; NULL in its place where only one scheduler can come along. */
struct guard {
	atomic_uint held;
};

struct coroutine {
	struct fiber *fiber; /* in the scheduler's fibers */
	struct scheduler *scheduler;
	struct coroutine *next, *previous; /* in a list of waiters; next: in an inbox */
	struct waiters *waits_in;          /* changed under `guard` only */
	struct guard *guard;               /* of that list */
	int64_t answer;                    /* what it is woken with */
	int64_t deadline_ns;
	/* In the scheduler's heap of deadlines; before: the sibling before it, or what it lies below. */
	struct coroutine *child, *sibling, *before;
	bool timed;
	uint32_t task;
	uint32_t stamp;   /* of the job in progress: differs from all others of the scheduler */
	int32_t listener; /* made non-blocking by this job; -1: none */
#if defined(HD_WITH_URING)
	struct __kernel_timespec timeout;
#endif
};

/* What is known of a descriptor; see coroutine_epoll.h. */
struct watch {
	struct waiters readers, writers;
	uint32_t registered; /* events asked for; 0: not with epoll */
	uint32_t stamp;      /* of the job that looked at it last */
	uint8_t kind;        /* enum watch_kind */
	uint8_t age;         /* sweeps since a wait began that relies on `registered`, from 1 */
	uint16_t in_vain;    /* times in a row that it was said to be ready and was not */
};
#define WATCHES_A_CHUNK 256

struct scheduler {
	struct carrier carrier; /* first */
	/* Its own. */
	struct fiber **ready; /* a ring of ready_mask + 1 */
	uint32_t head, tail, ready_mask;
	uint32_t budget;
	uint32_t living;   /* coroutines that have not finished this run */
	uint32_t waiting;  /* of them for I/O */
	uint32_t woken;    /* of these, told that their descriptor is ready, but not running yet */
	struct fiber root; /* the thread's own stack */
	struct coroutine *first_timer;
	struct waiters sleepers;
	struct coroutine *starting;
	struct pool *pool;
	uint32_t index, count; /* this scheduler's number; its coroutines */
	struct coroutine **coroutines;
	struct fiber *fibers; /* theirs, side by side: all that a switch reads before the stack */
	uint32_t stamps;
	int bell; /* an eventfd that others ring */

	int epoll;
	bool trusting;    /* a wait relies on an older registration */
	bool noted_files; /* told that files block */
	bool only_ms;     /* the kernel has no epoll_pwait2() */
	uint32_t polls;
	struct watch **watches; /* chunks of WATCHES_A_CHUNK */
	uint32_t chunks;
	struct epoll_event events[EVENTS];
#if defined(HD_WITH_URING)
	struct io_uring ring;
	bool ring_open;
	uint64_t bell_value;
#endif
	pthread_t thread;
	bool started;

	/* Touched by others. */
	_Alignas(128) _Atomic(struct coroutine *) inbox;
	atomic_int asleep;
};

struct pool {
	const struct hd_host *host;
	struct scheduler *schedulers;
	uint32_t scheduler_count, coroutine_count;
	bool parallel; /* more than one scheduler */
	bool uring;
	bool direct_files; /* files by read() and write() although there is a ring */
	struct stack_pool stacks;
	struct lock *locks;
	struct queue *queues;
	struct event *events;

	pthread_mutex_t mutex;
	pthread_cond_t go, done;
	uint32_t round, busy;
	bool quitting;
	int error;
	const char *why;

	const struct hd_jobs *jobs;
	_Alignas(128) atomic_uint_least64_t next_job;
};

/* Takes in I/O that is over; waits timeout_ns for it where that is not 0 (-1: for ever). */
static void io_poll(struct scheduler *scheduler, int64_t timeout_ns);

static inline int64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * INT64_C(1000000000) + now.tv_nsec;
}

static inline int64_t deadline_after(int64_t timeout_ns)
{
	int64_t now;

	if (timeout_ns < 0)
		return NEVER;
	now = now_ns();
	return timeout_ns < NEVER - now ? now + timeout_ns : NEVER;
}

static inline void relax(void)
{
#if defined(__x86_64__) || defined(__i386__)
	__builtin_ia32_pause();
#else
	atomic_signal_fence(memory_order_seq_cst);
#endif
}

/* The holder may have lost its core, so the core is given away after a while. */
static inline void guard_lock(struct guard *guard)
{
	if (!guard)
		return;
	while (atomic_exchange_explicit(&guard->held, 1, memory_order_acquire))
		for (int i = 0; atomic_load_explicit(&guard->held, memory_order_relaxed); i++)
			if (i < 1000)
				relax();
			else
				sched_yield();
}

static inline void guard_unlock(struct guard *guard)
{
	if (guard)
		atomic_store_explicit(&guard->held, 0, memory_order_release);
}

/* Lists of waiters. */

static inline void waiters_append(struct waiters *list, struct coroutine *coroutine)
{
	coroutine->next = NULL;
	coroutine->previous = list->last;
	if (list->last)
		list->last->next = coroutine;
	else
		list->first = coroutine;
	list->last = coroutine;
	coroutine->waits_in = list;
}

static inline void waiters_remove(struct coroutine *coroutine)
{
	struct waiters *list = coroutine->waits_in;

	if (coroutine->previous)
		coroutine->previous->next = coroutine->next;
	else
		list->first = coroutine->next;
	if (coroutine->next)
		coroutine->next->previous = coroutine->previous;
	else
		list->last = coroutine->previous;
	coroutine->waits_in = NULL;
}

static inline struct coroutine *waiters_take(struct waiters *list)
{
	struct coroutine *first = list->first;

	if (first)
		waiters_remove(first);
	return first;
}

/* Coroutines that can go on. */

static inline void ready_push(struct scheduler *scheduler, struct fiber *fiber)
{
	scheduler->ready[scheduler->tail++ & scheduler->ready_mask] = fiber;
}

static inline struct fiber *ready_pop(struct scheduler *scheduler)
{
	if (scheduler->head == scheduler->tail)
		return NULL;
	return scheduler->ready[scheduler->head++ & scheduler->ready_mask];
}

static void inbox_push(struct scheduler *scheduler, struct coroutine *coroutine)
{
	struct coroutine *top = atomic_load_explicit(&scheduler->inbox, memory_order_relaxed);
	uint64_t one = 1;

	do
		coroutine->next = top;
	while (!atomic_compare_exchange_weak(&scheduler->inbox, &top, coroutine));
	/* Either this load sees it asleep, or it sees the inbox before it falls asleep. */
	if (atomic_load(&scheduler->asleep) && atomic_exchange(&scheduler->asleep, 0))
		while (write(scheduler->bell, &one, sizeof one) < 0 && errno == EINTR)
			;
}

/* The inbox is a stack: turned over, so that who came first is served first. */
static void inbox_empty(struct scheduler *scheduler)
{
	struct coroutine *top, *next, *turned = NULL;

	if (!atomic_load_explicit(&scheduler->inbox, memory_order_relaxed))
		return;
	top = atomic_exchange_explicit(&scheduler->inbox, NULL, memory_order_acquire);
	for (; top; top = next) {
		next = top->next;
		top->next = turned;
		turned = top;
	}
	for (; turned; turned = next) {
		next = turned->next;
		ready_push(scheduler, turned->fiber);
	}
}

/* Lets a coroutine go on that was taken out of its list. `scheduler` is the caller's own. */
static inline void wake(struct scheduler *scheduler, struct coroutine *coroutine, int64_t answer)
{
	coroutine->answer = answer;
	if (coroutine->scheduler == scheduler)
		ready_push(scheduler, coroutine->fiber);
	else
		inbox_push(coroutine->scheduler, coroutine);
}

/*
 * Deadlines: a pairing heap, whose first is the next one. In a list in order 10 000 coroutines that sleep for 100 ms
 * each woke 272 ms late and took 14 us of CPU a sleep (one core of a VM); now 0.4 ms, and 4.3 us.
 */

/* Two heaps, each its first, without siblings; either may be NULL. */
static inline struct coroutine *timers_meld(struct coroutine *first, struct coroutine *other)
{
	struct coroutine *swapped = first;

	if (!first || !other)
		return first ? first : other;
	if (other->deadline_ns < first->deadline_ns) {
		first = other;
		other = swapped;
	}
	other->before = first;
	other->sibling = first->child;
	if (other->sibling)
		other->sibling->before = other;
	first->child = other;
	return first;
}

/* Siblings to one heap: in pairs first, which is what keeps it flat. */
static struct coroutine *timers_join(struct coroutine *siblings)
{
	struct coroutine *pairs = NULL, *joined = NULL, *second, *next;

	for (; siblings; siblings = next) {
		second = siblings->sibling;
		next = second ? second->sibling : NULL;
		siblings->sibling = siblings->before = NULL;
		if (second)
			second->sibling = second->before = NULL;
		siblings = timers_meld(siblings, second);
		siblings->sibling = pairs;
		pairs = siblings;
	}
	for (; pairs; pairs = next) {
		next = pairs->sibling;
		pairs->sibling = NULL;
		joined = timers_meld(joined, pairs);
	}
	return joined;
}

static void timer_add(struct scheduler *scheduler, struct coroutine *coroutine, int64_t deadline_ns)
{
	coroutine->deadline_ns = deadline_ns;
	coroutine->timed = true;
	coroutine->child = coroutine->sibling = coroutine->before = NULL;
	scheduler->first_timer = timers_meld(scheduler->first_timer, coroutine);
}

static void timer_remove(struct scheduler *scheduler, struct coroutine *coroutine)
{
	struct coroutine *before = coroutine->before, *below = timers_join(coroutine->child);

	if (!before) {
		scheduler->first_timer = below;
	} else {
		if (before->child == coroutine)
			before->child = coroutine->sibling;
		else
			before->sibling = coroutine->sibling;
		if (coroutine->sibling)
			coroutine->sibling->before = before;
		scheduler->first_timer = timers_meld(scheduler->first_timer, below);
	}
	coroutine->timed = false;
}

/* Who is no longer in a list has been woken already, and is on the way. */
static void timers_expire(struct scheduler *scheduler)
{
	struct coroutine *coroutine = scheduler->first_timer;
	int64_t now = coroutine ? now_ns() : 0;
	bool waited;

	for (; coroutine && coroutine->deadline_ns <= now; coroutine = scheduler->first_timer) {
		timer_remove(scheduler, coroutine);
		guard_lock(coroutine->guard);
		waited = coroutine->waits_in;
		if (waited)
			waiters_remove(coroutine);
		guard_unlock(coroutine->guard);
		if (waited)
			wake(scheduler, coroutine, -ETIMEDOUT);
	}
}

/* Nobody is ready: waits until somebody is. */
static void idle(struct scheduler *scheduler)
{
	int64_t timeout_ns = -1;

	if (scheduler->first_timer) {
		timeout_ns = scheduler->first_timer->deadline_ns - now_ns();
		timeout_ns = timeout_ns < 0 ? 0 : timeout_ns;
	}
	if (scheduler->pool->parallel) {
		atomic_store(&scheduler->asleep, 1);
		if (atomic_load(&scheduler->inbox))
			timeout_ns = 0;
	}
	io_poll(scheduler, timeout_ns);
	if (scheduler->pool->parallel)
		atomic_store_explicit(&scheduler->asleep, 0, memory_order_relaxed);
	inbox_empty(scheduler);
	timers_expire(scheduler);
}

/*
 * The budget is used up: others may have become ready meanwhile. While some that I/O has woken are
 * still to run, epoll would only name their descriptors again.
 */
static __attribute__((noinline)) void tick(struct scheduler *scheduler)
{
	scheduler->budget = BUDGET;
	inbox_empty(scheduler);
	timers_expire(scheduler);
	if (scheduler->waiting && !scheduler->woken)
		io_poll(scheduler, 0);
}

static inline void spend(struct scheduler *scheduler)
{
	if (__builtin_expect(--scheduler->budget == 0, 0))
		tick(scheduler);
}

/* The scheduler as the next one hands it over: see coroutine_fiber.h. */
static inline struct scheduler *switch_to(struct scheduler *scheduler, struct fiber *from,
                                          struct fiber *to)
{
	return (struct scheduler *)(void *)fiber_switch(&scheduler->carrier, from, to);
}

/* Gives the core away until somebody wakes this coroutine; says with what. */
static int64_t suspend(struct coroutine *coroutine)
{
	struct scheduler *scheduler = coroutine->scheduler;
	struct fiber *next;

	spend(scheduler);
	while (!(next = ready_pop(scheduler)))
		idle(scheduler);
	if (next != coroutine->fiber)
		switch_to(scheduler, coroutine->fiber, next);
	return coroutine->answer;
}

/* The same, but with -ETIMEDOUT once the deadline has passed. */
static int64_t suspend_until(struct coroutine *coroutine, int64_t deadline_ns)
{
	if (deadline_ns == NEVER)
		return suspend(coroutine);
	timer_add(coroutine->scheduler, coroutine, deadline_ns);
	suspend(coroutine);
	if (coroutine->timed)
		timer_remove(coroutine->scheduler, coroutine);
	return coroutine->answer;
}

/*
 * `times` turns given away: from one coroutine straight to the next. Inlined, because a `ret` after a
 * switch is always mispredicted (a turn at a time: 22 ns with it, 14 without).
 */
static inline __attribute__((always_inline)) void yield(struct coroutine *coroutine, uint64_t times)
{
	struct scheduler *scheduler = coroutine->scheduler;
	struct fiber *fiber = coroutine->fiber;

	for (; times; times--) {
		spend(scheduler);
		if (scheduler->head == scheduler->tail)
			continue;
		ready_push(scheduler, fiber);
		scheduler = switch_to(scheduler, fiber, ready_pop(scheduler));
	}
}

#endif
