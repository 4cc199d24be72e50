/* SPDX-License-Identifier: MIT */
/*
 * heddle/threads.h - for models whose tasks are threads: a crew that steps jobs, blocking I/O, a
 *ring.
 *
 * Optional and inline: POSIX threads, nothing to link against. A lock becomes a model by one
 *function and these lines:
 *
 *	static int64_t perform(void *state, struct hd_request *request);  // answers one request
 *	static void *work(void *seat)
 *	{
 *		return hd_crew_work((struct hd_seat *)seat, perform);     // perform is inlined here
 *	}
 *	open():   return hd_crew_open(&crew, host, work, state);
 *	run():    return hd_crew_run(&crew, jobs);       // or .run = hd_crew_run
 *	close():  hd_crew_close(&crew);
 */
#ifndef HEDDLE_THREADS_H
#define HEDDLE_THREADS_H

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "plugin.h"

/* Locks and queues of their own stand this far apart: processors fetch lines in pairs. */
#define HD_APART 128

/* Room for a step (4 KiB), for what a model does and for a sanitizer; only touched pages cost. */
#define HD_STACK_BYTES (256u << 10)

#define HD_INLINE static inline __attribute__((always_inline))

/* Zeroed memory for `count` locks or queues of `size` bytes. free() it. */
static inline void *hd_calloc_apart(uint64_t count, uint64_t size)
{
	void *memory = NULL;

	if (posix_memalign(&memory, HD_APART, count * size + HD_APART))
		return NULL;
	return memset(memory, 0, count * size + HD_APART);
}

/* ---- The crew: `in_flight` threads, made once, asleep between runs ----------------------------
 */

struct hd_crew;

struct hd_seat {
	struct hd_crew *crew;
	uint32_t task; /* the number of all jobs that this thread steps */
	pthread_t thread;
};

struct hd_crew {
	const struct hd_host *host;
	void *state; /* handed to perform() */
	struct hd_seat *seats;
	uint32_t threads;     /* that were started */
	int error;            /* of a thread that could not get ready */
	pthread_mutex_t lock; /* of all below */
	pthread_cond_t go, idle;
	struct hd_jobs jobs;
	uint64_t next;    /* the job to be taken next */
	uint64_t pending; /* jobs not yet done; in hd_crew_open(): threads not yet ready */
	int closing;
};

/* Steps one job until it is done. */
HD_INLINE void hd_job_run(struct hd_job *job, uint32_t task, void *state,
                          int64_t (*perform)(void *state, struct hd_request *request))
{
	struct hd_request request;

	memset(&request, 0, sizeof request);
	job->task = task;
	for (job->step(job, 0, &request); request.op != HD_DONE;)
		job->step(job, perform(state, &request), &request);
}

/* Call with the lock held: one thing less to wait for. */
static inline void hd_crew_settle(struct hd_crew *crew)
{
	if (--crew->pending == 0)
		pthread_cond_signal(&crew->idle);
}

/* Sleeps until there is a job. NULL: the crew is to go home. Call with the lock held. */
static inline struct hd_job *hd_crew_take(struct hd_crew *crew)
{
	while (crew->next == crew->jobs.count && !crew->closing)
		pthread_cond_wait(&crew->go, &crew->lock);
	return crew->closing ? NULL : hd_job_at(&crew->jobs, crew->next++);
}

/* What each thread does from hd_crew_open() to hd_crew_close(). */
HD_INLINE void *hd_crew_work(struct hd_seat *seat,
                             int64_t (*perform)(void *state, struct hd_request *request))
{
	struct hd_crew *crew = seat->crew;
	int error = crew->host->bind(crew->host, seat->task % crew->host->cores);
	struct hd_job *job;

	pthread_mutex_lock(&crew->lock);
	if (error)
		crew->error = error;
	hd_crew_settle(crew);
	while ((job = hd_crew_take(crew))) {
		pthread_mutex_unlock(&crew->lock);
		hd_job_run(job, seat->task, crew->state, perform);
		pthread_mutex_lock(&crew->lock);
		hd_crew_settle(crew);
	}
	pthread_mutex_unlock(&crew->lock);
	return NULL;
}

/* A thread with a small stack. 0 or -errno. */
static inline int hd_thread_start(pthread_t *thread, void *(*work)(void *), void *argument)
{
	pthread_attr_t attr;
	int error = pthread_attr_init(&attr);

	if (error)
		return -error;
	error = pthread_attr_setstacksize(&attr, HD_STACK_BYTES);
	if (!error)
		error = pthread_create(thread, &attr, work, argument);
	pthread_attr_destroy(&attr);
	return -error;
}

/* Waits for all jobs in progress, or in hd_crew_open() for all threads. */
static inline void hd_crew_wait(struct hd_crew *crew)
{
	pthread_mutex_lock(&crew->lock);
	while (crew->pending)
		pthread_cond_wait(&crew->idle, &crew->lock);
	pthread_mutex_unlock(&crew->lock);
}

/* Sends the threads home and frees what hd_crew_open() made. */
static inline void hd_crew_close(struct hd_crew *crew)
{
	pthread_mutex_lock(&crew->lock);
	crew->closing = 1;
	pthread_cond_broadcast(&crew->go);
	pthread_mutex_unlock(&crew->lock);
	for (uint32_t i = 0; i < crew->threads; i++)
		pthread_join(crew->seats[i].thread, NULL);
	pthread_cond_destroy(&crew->idle);
	pthread_cond_destroy(&crew->go);
	pthread_mutex_destroy(&crew->lock);
	free(crew->seats);
	crew->seats = NULL;
}

/*
 * Starts the threads, and returns when each has bound itself. 0, or -errno with the reason told to
 * the host and nothing left behind: then there is nothing to close.
 */
static inline int hd_crew_open(struct hd_crew *crew, const struct hd_host *host,
                               void *(*work)(void *), void *state)
{
	int error = 0;

	memset(crew, 0, sizeof *crew);
	crew->host = host;
	crew->state = state;
	crew->pending = host->in_flight;
	crew->seats = (struct hd_seat *)calloc(host->in_flight, sizeof *crew->seats);
	if (!crew->seats) {
		host->fail(host, "no memory for the threads");
		return -ENOMEM;
	}
	pthread_mutex_init(&crew->lock, NULL);
	pthread_cond_init(&crew->go, NULL);
	pthread_cond_init(&crew->idle, NULL);
	for (; crew->threads < host->in_flight; crew->threads++) {
		struct hd_seat *seat = &crew->seats[crew->threads];

		seat->crew = crew;
		seat->task = crew->threads;
		error = hd_thread_start(&seat->thread, work, seat);
		if (error) {
			host->fail(host, "a thread could not be started");
			hd_crew_close(crew);
			return error;
		}
	}
	hd_crew_wait(crew);
	if (crew->error) {
		error = crew->error;
		host->fail(host, "a thread could not be bound to its core");
		hd_crew_close(crew);
	}
	return error;
}

/* Every job once. Returns 0 when all are done. It is a model's run() where the state begins with
 * the crew. */
static inline int hd_crew_run(void *state, const struct hd_jobs *jobs)
{
	struct hd_crew *crew = (struct hd_crew *)state;

	pthread_mutex_lock(&crew->lock);
	crew->jobs = *jobs;
	crew->next = 0;
	crew->pending = jobs->count;
	pthread_cond_broadcast(&crew->go);
	pthread_mutex_unlock(&crew->lock);
	hd_crew_wait(crew);
	return 0;
}

/* ---- Deadlines ----------------------------------------------------------------------------------
 */

static inline int64_t hd_now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

/* When a wait of timeout_ns that begins now is over; INT64_MAX where it never is. */
static inline int64_t hd_deadline_ns(int64_t timeout_ns)
{
	int64_t now = timeout_ns < 0 ? INT64_MAX : hd_now_ns();

	return timeout_ns < INT64_MAX - now ? now + timeout_ns : INT64_MAX;
}

/* The same, for calls that take CLOCK_MONOTONIC as a struct timespec. */
static inline struct timespec hd_deadline(int64_t timeout_ns)
{
	int64_t at = hd_deadline_ns(timeout_ns);
	struct timespec deadline;

	deadline.tv_sec = (time_t)(at / 1000000000);
	deadline.tv_nsec = (long)(at % 1000000000);
	return deadline;
}

/* ---- Blocking I/O -------------------------------------------------------------------------------
 */

/*
 * At the current position. Asked as a socket first, which is 4 % shorter than read() and write(); for a
 * pipe it is a call in vain, 0.1 us. Nothing at all is read as from a file: recv() would wait for it.
 */
static inline int64_t hd_stream_once(const struct hd_request *request)
{
	size_t size = (size_t)request->size;
	int64_t answer = -1;

	errno = ENOTSOCK;
	if (size)
		answer = request->op == HD_READ
		                 ? recv(request->fd, request->buf, size, 0)
		                 : send(request->fd, request->buf, size, MSG_NOSIGNAL);
	if (answer >= 0 || errno != ENOTSOCK)
		return answer;
	return request->op == HD_READ ? read(request->fd, request->buf, size)
	                              : write(request->fd, request->buf, size);
}

static inline int64_t hd_io_once(const struct hd_request *request)
{
	int fd = request->fd;
	size_t size = (size_t)request->size;
	off_t offset = (off_t)request->offset;

	switch (request->op) {
	case HD_READ:
		return offset < 0 ? hd_stream_once(request) : pread(fd, request->buf, size, offset);
	case HD_WRITE:
		return offset < 0 ? hd_stream_once(request)
		                  : pwrite(fd, request->buf, size, offset);
	case HD_ACCEPT:
		return accept(fd, NULL, NULL);
	default:
		errno = EOPNOTSUPP;
		return -1;
	}
}

/* Until the descriptor is ready: 0, -ETIMEDOUT or -errno. */
static inline int hd_io_wait(const struct hd_request *request, int64_t deadline_ns)
{
	struct pollfd item;
	int ready;

	item.fd = request->fd;
	item.events = request->op == HD_WRITE ? POLLOUT : POLLIN;
	item.revents = 0;
	do {
		int wait_ms = -1;

		if (deadline_ns != INT64_MAX) {
			int64_t left = deadline_ns - hd_now_ns();

			if (left <= 0)
				return -ETIMEDOUT;
			/* Rounded up: a wait may be longer than asked for, never shorter. */
			wait_ms = left < INT64_C(1000000000000) ? (int)((left + 999999) / 1000000)
			                                        : 1000000;
		}
		ready = poll(&item, 1, wait_ms);
		if (ready < 0 && errno != EINTR)
			return -errno;
	} while (ready <= 0);
	return 0;
}

/*
 * READ, WRITE and ACCEPT by the calling thread. One that waits for ever is one system call. One
 * with a timeout makes its descriptor non-blocking first: after poll() alone a rival may have taken
 * what was there, and a write of more than fits would wait. So EAGAIN can meet those that wait for
 * ever, too.
 */
static inline int64_t hd_blocking_io(const struct hd_request *request)
{
	int64_t deadline_ns = INT64_MAX;

	if (__builtin_expect(request->timeout_ns >= 0, 0)) {
		int flags = fcntl(request->fd, F_GETFL);

		if (flags < 0 ||
		    (!(flags & O_NONBLOCK) && fcntl(request->fd, F_SETFL, flags | O_NONBLOCK) < 0))
			return -errno;
		deadline_ns = hd_deadline_ns(request->timeout_ns);
	}
	for (;;) {
		int64_t answer = hd_io_once(request);
		int error;

		if (__builtin_expect(answer >= 0, 1))
			return answer;
		if (errno == EINTR)
			continue;
		if ((errno != EAGAIN && errno != EWOULDBLOCK) || request->timeout_ns == 0)
			return -errno;
		error = hd_io_wait(request, deadline_ns);
		if (error)
			return error;
	}
}

/* What every thread answers in the same way. */
#define HD_THREAD_OPS                                                                \
	(HD_CAN(HD_READ) | HD_CAN(HD_WRITE) | HD_CAN(HD_ACCEPT) | HD_CAN(HD_YIELD) | \
	 HD_CAN(HD_SLEEP))

static inline void hd_sleep(int64_t ns)
{
	struct timespec until = hd_deadline(ns);

	while (ns > 0 && clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL) == EINTR)
		;
}

static inline int64_t hd_thread_answer(const struct hd_request *request)
{
	switch (request->op) {
	case HD_READ:
	case HD_WRITE:
	case HD_ACCEPT:
		return hd_blocking_io(request);
	case HD_YIELD:
		for (uint64_t turn = 0; turn < request->times; turn++)
			sched_yield();
		return 0;
	case HD_SLEEP:
		hd_sleep(request->timeout_ns);
		return 0;
	default:
		return -EOPNOTSUPP;
	}
}

/* ---- A ring of messages, for whoever holds its lock ---------------------------------------------
 */

struct hd_ring {
	uint64_t *messages;
	uint64_t capacity, first, count;
};

/* 0 or -ENOMEM. */
static inline int hd_ring_open(struct hd_ring *ring, uint64_t capacity)
{
	ring->messages = (uint64_t *)calloc(capacity ? capacity : 1, sizeof *ring->messages);
	ring->capacity = capacity;
	ring->first = ring->count = 0;
	return ring->messages ? 0 : -ENOMEM;
}

static inline void hd_ring_close(struct hd_ring *ring)
{
	free(ring->messages);
	ring->messages = NULL;
}

/* As many of `count` messages as fit. Returns how many. */
static inline uint64_t hd_ring_put(struct hd_ring *ring, const uint64_t *messages, uint64_t count)
{
	uint64_t last = ring->first + ring->count;
	uint64_t room = ring->capacity - ring->count;

	if (last >= ring->capacity)
		last -= ring->capacity;
	if (count > room)
		count = room;
	for (uint64_t i = 0; i < count; i++) {
		ring->messages[last] = messages[i];
		if (++last == ring->capacity)
			last = 0;
	}
	ring->count += count;
	return count;
}

/* As many as there are, `count` at most. Returns how many. */
static inline uint64_t hd_ring_get(struct hd_ring *ring, uint64_t *messages, uint64_t count)
{
	if (count > ring->count)
		count = ring->count;
	for (uint64_t i = 0; i < count; i++) {
		messages[i] = ring->messages[ring->first];
		if (++ring->first == ring->capacity)
			ring->first = 0;
	}
	ring->count -= count;
	return count;
}

#endif
