/* SPDX-License-Identifier: MIT */
/*
 * heddle/locks.h - for models whose own idea is a lock: threads that take it around each section.
 *
 * Optional and inline, on top of heddle/threads.h. A lock becomes a model by two functions and these lines:
 *
 *	static const struct hd_lock lock = {sizeof(struct my_lock), take, give, NULL, NULL};
 *	static int64_t perform(void *state, struct hd_request *request)
 *	{
 *		return hd_lock_answer(state, request, &lock);         // take and give are inlined here
 *	}
 *	static void *work(void *seat)
 *	{
 *		return hd_crew_work((struct hd_seat *)seat, perform);
 *	}
 *	open():   return hd_locks_open(host, state, &lock, work);
 *	run, close:  hd_crew_run, hd_locks_close
 */
#ifndef HEDDLE_LOCKS_H
#define HEDDLE_LOCKS_H

#include "threads.h"

/* Room on the stack of who holds a lock, for a place in its queue and the like; 64-byte aligned. */
#define HD_PLACE_BYTES 64

struct hd_lock {
	uint64_t size; /* of one lock; its memory is zeroed and HD_APART-aligned if its size is */
	void (*take)(void *lock, void *place);
	void (*give)(void *lock, void *place); /* the same place */
	/* For readers; NULL: they exclude each other as well. */
	void (*take_shared)(void *lock, void *place);
	void (*give_shared)(void *lock, void *place);
};

struct hd_locks {
	struct hd_crew crew; /* first: hd_crew_run() is handed the state */
	char *locks;
};

static inline void hd_relax(void)
{
#if defined(__x86_64__) || defined(__i386__)
	__builtin_ia32_pause();
#elif defined(__aarch64__)
	__asm__ volatile("yield");
#endif
}

/*
 * One turn of a wait that spins; `turns` is 0 at its begin. Who has to wait for long gives its core away:
 * the holder may be without one.
 */
static inline void hd_spin(uint32_t *turns)
{
	hd_relax();
	if (++*turns % 1024 == 0)
		sched_yield();
}

HD_INLINE int64_t hd_lock_answer(void *state, struct hd_request *request,
                                 const struct hd_lock *kind)
{
	struct hd_locks *model = (struct hd_locks *)state;
	struct hd_section section = request->section;
	void *lock = model->locks + section.lock * kind->size;
	__attribute__((aligned(HD_PLACE_BYTES))) char place[HD_PLACE_BYTES];
	uint64_t torn = 0;

	switch (request->op) {
	case HD_EXCLUSIVE:
		for (uint64_t times = request->times; times; times--) {
			kind->take(lock, place);
			hd_section_run(&section);
			kind->give(lock, place);
		}
		return 0;
	case HD_SHARED:
		for (uint64_t times = request->times; times; times--) {
			(kind->take_shared ? kind->take_shared : kind->take)(lock, place);
			torn += hd_section_read(&section);
			(kind->give_shared ? kind->give_shared : kind->give)(lock, place);
		}
		return (int64_t)torn;
	default:
		return hd_thread_answer(request);
	}
}

/* What models of locks interpret. */
#define HD_LOCK_OPS (HD_THREAD_OPS | HD_CAN(HD_EXCLUSIVE) | HD_CAN(HD_SHARED))

/* open() of such a model: 0 or -errno. `work` is what its threads do. */
static inline int hd_locks_open(const struct hd_host *host, void **state,
                                const struct hd_lock *kind, void *(*work)(void *))
{
	struct hd_locks *model = (struct hd_locks *)calloc(1, sizeof *model);
	int error = -ENOMEM;

	if (model)
		model->locks = (char *)hd_calloc_apart(host->locks, kind->size);
	if (model && model->locks)
		error = hd_crew_open(&model->crew, host, work, model);
	if (!error) {
		*state = model;
		return 0;
	}
	if (model)
		free(model->locks);
	free(model);
	return error;
}

static inline void hd_locks_close(void *state)
{
	struct hd_locks *model = (struct hd_locks *)state;

	hd_crew_close(&model->crew);
	free(model->locks);
	free(model);
}

#endif
