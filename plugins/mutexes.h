/* SPDX-License-Identifier: MIT */
/*
 * Locks, queues and events by POSIX mutexes, for models whose tasks are threads of one process. A queue is a ring
 * under a mutex with two condition variables, one for room and one for messages, which wait on CLOCK_MONOTONIC; an
 * event is a mutex and a condition variable; readers exclude each other: a mutex knows no readers.
 */
#ifndef HEDDLE_MUTEXES_H
#define HEDDLE_MUTEXES_H

#include <heddle/plugin.h>
#include <heddle/threads.h>

struct mutex_lock {
	_Alignas(HD_APART) pthread_mutex_t mutex;
};

struct mutex_queue {
	_Alignas(HD_APART) pthread_mutex_t mutex;
	pthread_cond_t changed[2]; /* HD_PUT waits on the first, HD_GET on the second */
	struct hd_ring ring;
};

struct mutex_event {
	_Alignas(HD_APART) pthread_mutex_t mutex;
	pthread_cond_t was_set;
	uint64_t sets; /* so many: who waits goes on after the next, whatever follows it */
	int is_set;
};

struct mutexes {
	struct mutex_lock *locks;
	struct mutex_queue *queues;
	struct mutex_event *events;
	uint32_t locks_count, queues_count, events_count; /* that are to be closed */
};

/* What mutexes_answer() does. */
#define MUTEX_OPS                                                                    \
	(HD_THREAD_OPS | HD_CAN(HD_EXCLUSIVE) | HD_CAN(HD_SHARED) | HD_CAN(HD_PUT) | \
	 HD_CAN(HD_GET) | HD_CAN(HD_SET) | HD_CAN(HD_CLEAR) | HD_CAN(HD_WAIT))

static inline int64_t mutex_exclusive(const struct mutexes *model, struct hd_section section,
                                      uint64_t times)
{
	pthread_mutex_t *mutex = &model->locks[section.lock].mutex;

	for (; times; times--) {
		int error = pthread_mutex_lock(mutex);

		if (error)
			return -error;
		hd_section_run(&section);
		pthread_mutex_unlock(mutex);
	}
	return 0;
}

static inline int64_t mutex_shared(const struct mutexes *model, const struct hd_section *section,
                                   uint64_t times)
{
	pthread_mutex_t *mutex = &model->locks[section->lock].mutex;
	uint64_t torn = 0;

	for (; times; times--) {
		int error = pthread_mutex_lock(mutex);

		if (error)
			return -error;
		torn += hd_section_read(section);
		pthread_mutex_unlock(mutex);
	}
	return (int64_t)torn;
}

static inline uint64_t mutex_move(struct hd_ring *ring, const struct hd_request *request)
{
	return request->op == HD_PUT ? hd_ring_put(ring, request->buf, request->times)
	                             : hd_ring_get(ring, request->buf, request->times);
}

/* 0, EAGAIN where it is not to wait at all, or ETIMEDOUT. */
static inline int mutex_await(pthread_cond_t *changed, pthread_mutex_t *mutex, int64_t timeout_ns,
                              const struct timespec *deadline)
{
	if (timeout_ns == 0)
		return EAGAIN;
	if (timeout_ns < 0)
		return pthread_cond_wait(changed, mutex);
	return pthread_cond_timedwait(changed, mutex, deadline);
}

/* Whoever moved something tells one that waits for the opposite; it tells the next where more is
 * left. */
static inline int64_t mutex_put_or_get(struct mutex_queue *queue, const struct hd_request *request)
{
	pthread_cond_t *mine = &queue->changed[request->op == HD_GET];
	pthread_cond_t *theirs = &queue->changed[request->op == HD_PUT];
	struct timespec deadline = hd_deadline(request->timeout_ns);
	int64_t answer;
	int error = 0;

	pthread_mutex_lock(&queue->mutex);
	while ((answer = (int64_t)mutex_move(&queue->ring, request)) == 0 && !error)
		error = mutex_await(mine, &queue->mutex, request->timeout_ns, &deadline);
	if (answer == 1)
		pthread_cond_signal(theirs);
	else if (answer > 1)
		pthread_cond_broadcast(theirs);
	pthread_mutex_unlock(&queue->mutex);
	return answer ? answer : -error;
}

static inline int64_t mutex_set_or_clear(struct mutex_event *event, int set)
{
	pthread_mutex_lock(&event->mutex);
	event->is_set = set;
	event->sets += (uint64_t)set;
	pthread_mutex_unlock(&event->mutex);
	if (set)
		pthread_cond_broadcast(&event->was_set);
	return 0;
}

static inline int64_t mutex_wait_for(struct mutex_event *event, int64_t timeout_ns)
{
	struct timespec deadline = hd_deadline(timeout_ns);
	uint64_t before;
	int error = 0;

	pthread_mutex_lock(&event->mutex);
	before = event->sets;
	while (!event->is_set && event->sets == before && !error)
		error = mutex_await(&event->was_set, &event->mutex, timeout_ns, &deadline);
	if (event->is_set || event->sets != before)
		error = 0;
	pthread_mutex_unlock(&event->mutex);
	return -error;
}

static inline int64_t mutexes_answer(const struct mutexes *model, const struct hd_request *request)
{
	switch (request->op) {
	case HD_EXCLUSIVE:
		return mutex_exclusive(model, request->section, request->times);
	case HD_PUT:
	case HD_GET:
		return mutex_put_or_get(&model->queues[request->fd], request);
	case HD_SHARED:
		return mutex_shared(model, &request->section, request->times);
	case HD_SET:
	case HD_CLEAR:
		return mutex_set_or_clear(&model->events[request->fd], request->op == HD_SET);
	case HD_WAIT:
		return mutex_wait_for(&model->events[request->fd], request->timeout_ns);
	default:
		return hd_thread_answer(request);
	}
}

/* 0 or -ENOMEM. */
static inline int mutex_queue_open(struct mutex_queue *queue, uint64_t capacity)
{
	pthread_condattr_t attr;

	pthread_mutex_init(&queue->mutex, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&queue->changed[0], &attr);
	pthread_cond_init(&queue->changed[1], &attr);
	pthread_condattr_destroy(&attr);
	return hd_ring_open(&queue->ring, capacity);
}

/* Also where it could not be opened. */
static inline void mutex_queue_close(struct mutex_queue *queue)
{
	pthread_cond_destroy(&queue->changed[0]);
	pthread_cond_destroy(&queue->changed[1]);
	pthread_mutex_destroy(&queue->mutex);
	hd_ring_close(&queue->ring);
}

static inline void mutex_event_open(struct mutex_event *event)
{
	pthread_condattr_t attr;

	pthread_mutex_init(&event->mutex, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&event->was_set, &attr);
	pthread_condattr_destroy(&attr);
}

static inline void mutexes_close(struct mutexes *model)
{
	for (uint32_t i = 0; i < model->queues_count; i++)
		mutex_queue_close(&model->queues[i]);
	for (uint32_t i = 0; i < model->events_count; i++) {
		pthread_cond_destroy(&model->events[i].was_set);
		pthread_mutex_destroy(&model->events[i].mutex);
	}
	for (uint32_t i = 0; i < model->locks_count; i++)
		pthread_mutex_destroy(&model->locks[i].mutex);
	free(model->events);
	free(model->queues);
	free(model->locks);
}

static inline int mutexes_open_locks(struct mutexes *model, const struct hd_host *host,
                                     int (*choose)(const struct hd_host *, pthread_mutexattr_t *))
{
	pthread_mutexattr_t attr;
	int error;

	pthread_mutexattr_init(&attr);
	error = choose ? choose(host, &attr) : 0;
	for (uint32_t i = 0; !error && i < host->locks; i++) {
		error = pthread_mutex_init(&model->locks[i].mutex, &attr);
		model->locks_count += !error;
	}
	pthread_mutexattr_destroy(&attr);
	if (error)
		host->fail(host, "this kind of mutex cannot be made here");
	return -error;
}

/*
 * `choose` sets the attributes of the mutexes around sections, 0 or an error number; NULL: as they are. Returns 0 or
 * -errno; close it in any case, also one that is zeroed.
 */
static inline int mutexes_open(struct mutexes *model, const struct hd_host *host,
                               int (*choose)(const struct hd_host *, pthread_mutexattr_t *))
{
	int error;

	model->locks = (struct mutex_lock *)hd_calloc_apart(host->locks, sizeof *model->locks);
	model->queues = (struct mutex_queue *)hd_calloc_apart(host->queues, sizeof *model->queues);
	model->events = (struct mutex_event *)hd_calloc_apart(host->events, sizeof *model->events);
	if (!model->locks || !model->queues || !model->events)
		return -ENOMEM;
	error = mutexes_open_locks(model, host, choose);
	while (!error && model->queues_count < host->queues)
		error = mutex_queue_open(&model->queues[model->queues_count++],
		                         host->queue_capacity);
	while (!error && model->events_count < host->events)
		mutex_event_open(&model->events[model->events_count++]);
	return error;
}

#endif
