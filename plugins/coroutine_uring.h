/* SPDX-License-Identifier: MIT */
/*
 * Waiting for descriptors by io_uring: a ring for each scheduler, made by its own thread, since a
 * ring that defers its task work (IORING_SETUP_DEFER_TASKRUN) belongs to one thread.
 *
 * A request is a submission, its coroutine goes on with the completion; submissions are handed over
 * when nobody is ready, all in one system call. io=io_uring sends everything this way, so that no
 * file holds up the thread; io=auto calls read() and write() on files, which is faster while they
 * are cached. IORING_RECVSEND_POLL_FIRST stays away: on a file that took the number of a socket it
 * makes a kernel worker spin for ever.
 */
#ifndef COROUTINE_URING_H
#define COROUTINE_URING_H

#include "coroutine_epoll.h"

#if !defined(HD_WITH_URING)

static inline const char *uring_refused(bool deferring)
{
	(void)deferring;
	return "built without liburing";
}

#else

#include "uring.h"

static struct io_uring_sqe *ring_entry(struct scheduler *scheduler, uint32_t needed)
{
	while (io_uring_sq_space_left(&scheduler->ring) < needed)
		io_uring_submit(&scheduler->ring);
	return io_uring_get_sqe(&scheduler->ring);
}

/* The bell is read through the ring, and read again after each time. */
static void ring_bell(struct scheduler *scheduler)
{
	struct io_uring_sqe *sqe = ring_entry(scheduler, 1);

	io_uring_prep_read(sqe, scheduler->bell, &scheduler->bell_value,
	                   sizeof scheduler->bell_value, 0);
	io_uring_sqe_set_data(sqe, &scheduler->bell);
}

static int ring_open(struct scheduler *scheduler)
{
	int error = ring_init(&scheduler->ring, scheduler->count, RING_DEFERS);

	if (error == -EINVAL)
		error = ring_init(&scheduler->ring, scheduler->count, 0);
	if (error)
		return error;
	scheduler->ring_open = true;
	io_uring_register_ring_fd(&scheduler->ring); /* saves a look-up a call, where it works */
	ring_bell(scheduler);
	return 0;
}

static void ring_poll(struct scheduler *scheduler, int64_t timeout_ns)
{
	struct __kernel_timespec timeout = {.tv_sec = timeout_ns / 1000000000,
	                                    .tv_nsec = timeout_ns % 1000000000};
	struct io_uring *ring = &scheduler->ring;
	struct io_uring_cqe *cqe;
	unsigned head, count = 0;
	bool rang = false;
	void *data;

	if (timeout_ns == 0)
		io_uring_submit_and_get_events(ring);
	else if (timeout_ns < 0)
		io_uring_submit_and_wait(ring, 1);
	else
		io_uring_submit_and_wait_timeout(ring, &cqe, 1, &timeout, NULL);
	io_uring_for_each_cqe(ring, head, cqe)
	{
		count++;
		data = io_uring_cqe_get_data(cqe);
		if (data == &scheduler->bell)
			rang = true;
		else if (data && cqe->user_data != LIBURING_UDATA_TIMEOUT)
			wake(scheduler, data, cqe->res);
	}
	io_uring_cq_advance(ring, count);
	if (rang)
		ring_bell(scheduler);
}

static void ring_prepare(struct io_uring_sqe *sqe, const struct hd_request *request,
                         const struct watch *watch)
{
	uint32_t size = request->size < INT_MAX ? (uint32_t)request->size : INT_MAX;
	bool socket = watch->kind == WATCH_SOCKET && request->offset < 0;

	if (request->op == HD_ACCEPT) {
		io_uring_prep_accept(sqe, request->fd, NULL, NULL, 0);
	} else if (socket && request->op == HD_READ) {
		io_uring_prep_recv(sqe, request->fd, request->buf, size, 0);
	} else if (socket) {
		io_uring_prep_send(sqe, request->fd, request->buf, size, MSG_NOSIGNAL);
	} else if (request->op == HD_READ) {
		io_uring_prep_read(sqe, request->fd, request->buf, size, (uint64_t)request->offset);
	} else {
		io_uring_prep_write(sqe, request->fd, request->buf, size,
		                    (uint64_t)request->offset);
	}
}

/* 0 once the deadline has passed: the clock is read once, as a negative answer would stand for no deadline at all. */
static int64_t time_left(int64_t deadline)
{
	int64_t now;

	if (deadline == NEVER)
		return -1;
	now = now_ns();
	return deadline > now ? deadline - now : 0;
}

/* One submission, with a deadline linked to it where there is one. */
static int64_t ring_submit(struct coroutine *coroutine, const struct hd_request *request,
                           const struct watch *watch, bool only_wait, int64_t timeout_ns)
{
	struct scheduler *scheduler = coroutine->scheduler;
	struct io_uring_sqe *sqe = ring_entry(scheduler, 2);
	int64_t answer;

	if (only_wait)
		io_uring_prep_poll_add(sqe, request->fd,
		                       request->op == HD_WRITE ? POLLOUT : POLLIN);
	else
		ring_prepare(sqe, request, watch);
	io_uring_sqe_set_data(sqe, coroutine);
	if (timeout_ns >= 0) {
		coroutine->timeout.tv_sec = timeout_ns / 1000000000;
		coroutine->timeout.tv_nsec = timeout_ns % 1000000000;
		sqe->flags |= IOSQE_IO_LINK;
		sqe = io_uring_get_sqe(&scheduler->ring);
		io_uring_prep_link_timeout(sqe, &coroutine->timeout, 0);
		io_uring_sqe_set_data(sqe, NULL);
	}
	scheduler->waiting++;
	answer = suspend(coroutine);
	scheduler->waiting--;
	return answer;
}

static int64_t uring_transfer(struct coroutine *coroutine, const struct hd_request *request)
{
	struct watch *watch = watch_find(coroutine->scheduler, request->fd);
	int64_t deadline = request->timeout_ns > 0 ? deadline_after(request->timeout_ns) : NEVER;
	int64_t answer, left;
	bool only_wait = false;

	if (!watch)
		return -errno;
	if (watch->stamp != coroutine->stamp) /* asked as a socket first; a no is remembered */
		watch->kind = WATCH_SOCKET;
	for (;;) {
		if (watch->kind == WATCH_FILE)
			return attempt(request, watch);
		left = request->timeout_ns ? time_left(deadline) : 0;
		answer = ring_submit(coroutine, request, watch, only_wait, left);
		if (answer == -ENOTSOCK && request->op != HD_ACCEPT &&
		    watch->kind == WATCH_SOCKET) {
			watch->kind = WATCH_STREAM;
			if (coroutine->scheduler->pool->direct_files && is_file(request->fd))
				watch->kind = WATCH_FILE;
			watch->stamp = coroutine->stamp;
		} else if (answer == -ECANCELED && request->timeout_ns >= 0) {
			return request->timeout_ns ? -ETIMEDOUT : -EAGAIN;
		} else if (answer == -EAGAIN && request->timeout_ns) {
			only_wait = true; /* somebody made it non-blocking */
			continue;
		} else if (answer != -EINTR && !only_wait) {
			return answer;
		} else if (only_wait && answer < 0) {
			return answer;
		}
		only_wait = false;
	}
}

static void ring_close(struct scheduler *scheduler)
{
	if (scheduler->ring_open)
		io_uring_queue_exit(&scheduler->ring);
	scheduler->ring_open = false;
}

#endif
#endif
