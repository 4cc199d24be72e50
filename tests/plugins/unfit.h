/* SPDX-License-Identifier: MIT */
/*
 * A model that is right and interprets every request: threads, reader-writer locks, queues and events under a mutex
 * with a condition variable. The models that `heddle check` must find unfit are it with one thing wrong. A file that
 * answers requests in its own way defines PERFORM as the name of its function before it includes this.
 *
 * MODEL_NAME is the file's name, given by the build: one source is several plugins.
 */
#ifndef HEDDLE_TESTS_UNFIT_H
#define HEDDLE_TESTS_UNFIT_H

#include <heddle/plugin.h>
#include <heddle/threads.h>

#ifndef PERFORM
#define PERFORM whole_perform
#endif

enum { MOST_OF_EACH = 16 }; /* locks, queues, events */

struct box {
	pthread_mutex_t mutex;
	pthread_cond_t changed;
	struct hd_ring ring;
	int set;
	uint64_t sets; /* so far: who waits knows of one that CLEAR followed at once */
};

struct whole {
	struct hd_crew crew; /* first */
	const struct hd_host *host;
	pthread_rwlock_t locks[MOST_OF_EACH];
	struct box queues[MOST_OF_EACH], events[MOST_OF_EACH];
	int opened; /* how often run() was called since */
};

static inline int64_t whole_exclusive(struct whole *whole, const struct hd_request *request)
{
	for (uint64_t i = 0; i < request->times; i++) {
		pthread_rwlock_wrlock(&whole->locks[request->section.lock]);
		hd_section_run(&request->section);
		pthread_rwlock_unlock(&whole->locks[request->section.lock]);
	}
	return 0;
}

static inline int64_t whole_shared(struct whole *whole, const struct hd_request *request)
{
	int64_t torn = 0;

	for (uint64_t i = 0; i < request->times; i++) {
		pthread_rwlock_rdlock(&whole->locks[request->section.lock]);
		torn += (int64_t)hd_section_read(&request->section);
		pthread_rwlock_unlock(&whole->locks[request->section.lock]);
	}
	return torn;
}

/* Once more to wait for a change: 0, EAGAIN or ETIMEDOUT. The mutex is held. */
static inline int whole_wait(struct box *box, int64_t timeout_ns, const struct timespec *deadline)
{
	if (timeout_ns == 0)
		return EAGAIN;
	return timeout_ns < 0 ? pthread_cond_wait(&box->changed, &box->mutex)
	                      : pthread_cond_timedwait(&box->changed, &box->mutex, deadline);
}

static inline int64_t whole_move(struct whole *whole, const struct hd_request *request)
{
	struct box *box = &whole->queues[request->fd];
	struct timespec deadline = hd_deadline(request->timeout_ns);
	uint64_t moved = 0;
	int error = 0;

	pthread_mutex_lock(&box->mutex);
	while (!error) {
		moved = request->op == HD_PUT
		                ? hd_ring_put(&box->ring, (uint64_t *)request->buf, request->times)
		                : hd_ring_get(&box->ring, (uint64_t *)request->buf, request->times);
		if (moved)
			break;
		error = whole_wait(box, request->timeout_ns, &deadline);
	}
	if (moved)
		pthread_cond_broadcast(&box->changed);
	pthread_mutex_unlock(&box->mutex);
	return moved ? (int64_t)moved : -error;
}

static inline int64_t whole_event(struct whole *whole, const struct hd_request *request)
{
	struct box *box = &whole->events[request->fd];
	struct timespec deadline = hd_deadline(request->timeout_ns);
	uint64_t before;
	int error = 0;

	pthread_mutex_lock(&box->mutex);
	before = box->sets;
	if (request->op != HD_WAIT)
		box->set = request->op == HD_SET;
	box->sets += request->op == HD_SET;
	pthread_cond_broadcast(&box->changed);
	while (request->op == HD_WAIT && !box->set && box->sets == before && !error)
		error = whole_wait(box, request->timeout_ns, &deadline);
	pthread_mutex_unlock(&box->mutex);
	return -error;
}

static inline int64_t whole_sleep(int64_t ns)
{
	struct timespec until = hd_deadline(ns);

	while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL) == EINTR)
		;
	return 0;
}

static inline int64_t whole_perform(void *state, struct hd_request *request)
{
	struct whole *whole = (struct whole *)state;

	switch (request->op) {
	case HD_EXCLUSIVE:
		return whole_exclusive(whole, request);
	case HD_SHARED:
		return whole_shared(whole, request);
	case HD_PUT:
	case HD_GET:
		return whole_move(whole, request);
	case HD_SET:
	case HD_CLEAR:
	case HD_WAIT:
		return whole_event(whole, request);
	case HD_SLEEP:
		return whole_sleep(request->timeout_ns);
	default:
		return hd_thread_answer(request);
	}
}

static int64_t PERFORM(void *state, struct hd_request *request);

static inline void *whole_work(void *seat)
{
	return hd_crew_work((struct hd_seat *)seat, PERFORM);
}

static inline void whole_make_boxes(struct box *boxes, const struct hd_host *host)
{
	pthread_condattr_t monotonic;

	pthread_condattr_init(&monotonic);
	pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	for (int i = 0; i < MOST_OF_EACH; i++) {
		pthread_mutex_init(&boxes[i].mutex, NULL);
		pthread_cond_init(&boxes[i].changed, &monotonic);
		hd_ring_open(&boxes[i].ring, host->queue_capacity);
	}
	pthread_condattr_destroy(&monotonic);
}

static inline struct whole *whole_make(const struct hd_host *host)
{
	struct whole *whole = (struct whole *)calloc(1, sizeof(*whole));

	whole->host = host;
	for (int i = 0; i < MOST_OF_EACH; i++)
		pthread_rwlock_init(&whole->locks[i], NULL);
	whole_make_boxes(whole->queues, host);
	whole_make_boxes(whole->events, host);
	return whole;
}

static inline void whole_free(struct whole *whole)
{
	for (int i = 0; i < MOST_OF_EACH; i++) {
		hd_ring_close(&whole->queues[i].ring);
		hd_ring_close(&whole->events[i].ring);
	}
	free(whole);
}

static inline int whole_open(const struct hd_host *host, void **state)
{
	struct whole *whole = whole_make(host);

	*state = whole;
	return hd_crew_open(&whole->crew, host, whole_work, whole);
}

static inline void whole_close(void *state)
{
	struct whole *whole = (struct whole *)state;

	hd_crew_close(&whole->crew);
	whole_free(whole);
}

#define WHOLE_OPS                                                                      \
	(HD_THREAD_OPS | HD_CAN(HD_EXCLUSIVE) | HD_CAN(HD_SHARED) | HD_CAN(HD_SLEEP) | \
	 HD_CAN(HD_PUT) | HD_CAN(HD_GET) | HD_CAN(HD_SET) | HD_CAN(HD_CLEAR) | HD_CAN(HD_WAIT))

/* What stands first in every heddle_model, and what describes it. */
#define WHOLE_HEAD                                                                       \
	.magic = HD_PLUGIN_MAGIC, .abi = HD_PLUGIN_ABI, .size = sizeof(struct hd_model), \
	.option_size = sizeof(struct hd_option), .ops = WHOLE_OPS, .name = MODEL_NAME,   \
	.summary = "wrong on purpose", .build = HD_BUILD

#endif
