/* SPDX-License-Identifier: MIT */
/*
 * io-uring - a ring on each core: a request is a submission, its completion steps the job. No stacks, no coroutines.
 *
 * All that became ready in a turn is handed over in one system call, which also waits; files go the same way
 * as sockets, and a disk stops nobody. Good with many descriptors at a time; with one at a time a submission costs as
 * much as the read() that it stands for.
 *
 * A deadline is linked to its request, or is a timeout of its own where the kernel knows nothing of the wait. One
 * that comes too late, as its task was woken meanwhile, carries an older count than its task and is not looked at.
 *
 * What lost: `recv` and `send` in place of `read` and `write`, which need to know what a descriptor is: a question for
 * each one, and no quicker here.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE 1 /* liburing.h */
#endif
#include "uring.h"

#include <poll.h>
#include <sys/eventfd.h>

struct task_wait {
	struct __kernel_timespec until;
	uint32_t timers; /* so many were started */
	bool polls;      /* waits until it may try again: the descriptor is non-blocking */
};

struct loop_wait {
	struct io_uring ring;
	uint64_t rang;
	int bell; /* 0: not open */
	bool is_open;
};

#include "stackless_loop.h"

/* What a completion belongs to: a task's address, which leaves seven bits; nothing, or the bell. */
#define OF_TIMER 1u
#define COUNT_BITS 0x3fu
#define OF_NOTHING UINT64_C(0)
#define OF_BELL UINT64_C(2)

static struct io_uring_sqe *entry(struct loop *loop, uint32_t needed)
{
	while (io_uring_sq_space_left(&loop->wait.ring) < needed)
		io_uring_submit(&loop->wait.ring);
	return io_uring_get_sqe(&loop->wait.ring);
}

static uint64_t timer_mark(const struct task *task)
{
	return (uintptr_t)task | OF_TIMER | (uint64_t)(task->wait.timers & COUNT_BITS) << 1;
}

static void set_until(struct task *task)
{
	task->wait.until.tv_sec = task->deadline_ns / 1000000000;
	task->wait.until.tv_nsec = task->deadline_ns % 1000000000;
}

/* ---- Transfers ---- */

static void submit(struct task *task)
{
	const struct hd_request *request = &task->request;
	uint32_t size = request->size < INT32_MAX ? (uint32_t)request->size : INT32_MAX;
	bool timed = task->deadline_ns != INT64_MAX;
	struct io_uring_sqe *sqe = entry(task->loop, 2);

	if (task->wait.polls)
		io_uring_prep_poll_add(sqe, request->fd,
		                       request->op == HD_WRITE ? POLLOUT : POLLIN);
	else if (request->op == HD_ACCEPT)
		io_uring_prep_accept(sqe, request->fd, NULL, NULL, 0);
	else if (request->op == HD_READ)
		io_uring_prep_read(sqe, request->fd, request->buf, size, (uint64_t)request->offset);
	else
		io_uring_prep_write(sqe, request->fd, request->buf, size,
		                    (uint64_t)request->offset);
	io_uring_sqe_set_data(sqe, task);
	if (!timed)
		return;
	set_until(task);
	sqe->flags |= IOSQE_IO_LINK;
	sqe = io_uring_get_sqe(&task->loop->wait.ring);
	io_uring_prep_link_timeout(sqe, &task->wait.until, IORING_TIMEOUT_ABS);
	io_uring_sqe_set_data64(sqe, OF_NOTHING);
}

static int64_t wait_transfer(struct task *task)
{
	if (task->request.op > HD_ACCEPT)
		return -EOPNOTSUPP;
	task->wait.polls = false;
	submit(task);
	return NOT_YET;
}

static void complete(struct task *task, int32_t answer)
{
	bool polled = task->wait.polls && answer >= 0,
	     in_vain = answer == -EAGAIN && !task->wait.polls;

	if (answer == -ECANCELED && task->deadline_ns != INT64_MAX) {
		task_resume(task, task->request.timeout_ns ? -ETIMEDOUT : -EAGAIN);
	} else if (polled || answer == -EINTR || (in_vain && task->request.timeout_ns)) {
		task->wait.polls = in_vain;
		submit(task);
	} else {
		task_resume(task, answer);
	}
}

/* ---- Timers ---- */

static void wait_start_timer(struct task *task)
{
	struct io_uring_sqe *sqe = entry(task->loop, 1);

	set_until(task);
	task->wait.timers++;
	io_uring_prep_timeout(sqe, &task->wait.until, 0, IORING_TIMEOUT_ABS);
	io_uring_sqe_set_data64(sqe, timer_mark(task));
}

static void wait_stop_timer(struct task *task)
{
	struct io_uring_sqe *sqe = entry(task->loop, 1);

	io_uring_prep_timeout_remove(sqe, timer_mark(task), 0);
	io_uring_sqe_set_data64(sqe, OF_NOTHING);
}

/* ---- The ring ---- */

/* The bell is read through the ring, and read again after each time. */
static void listen_to_bell(struct loop *loop)
{
	struct io_uring_sqe *sqe = entry(loop, 1);

	io_uring_prep_read(sqe, loop->wait.bell, &loop->wait.rang, sizeof loop->wait.rang, 0);
	io_uring_sqe_set_data64(sqe, OF_BELL);
}

static void wait_wake(struct loop *loop)
{
	while (write(loop->wait.bell, &(uint64_t){1}, sizeof(uint64_t)) < 0 && errno == EINTR)
		;
}

static void take(struct loop *loop, uint64_t mark, int32_t answer)
{
	struct task *task = (struct task *)(uintptr_t)(mark & ~(uint64_t)(HD_APART - 1));

	if (mark == OF_BELL)
		listen_to_bell(loop);
	else if (mark & OF_TIMER && task->timed && mark == timer_mark(task))
		task_expire(task);
	else if (task && !(mark & OF_TIMER))
		complete(task, answer);
}

/* Each completion is read before it is taken: what is done for it may submit, and so bring others. */
static void wait_poll(struct loop *loop, bool block)
{
	struct io_uring *ring = &loop->wait.ring;
	struct io_uring_cqe *cqe;

	if (block)
		io_uring_submit_and_wait(ring, 1);
	else
		io_uring_submit_and_get_events(ring);
	for (int i = 0; i < BURST && io_uring_peek_cqe(ring, &cqe) == 0; i++) {
		uint64_t mark = cqe->user_data;
		int32_t answer = cqe->res;

		io_uring_cqe_seen(ring, cqe);
		take(loop, mark, answer);
	}
}

static int wait_open(struct loop *loop)
{
	int bell = eventfd(0, EFD_CLOEXEC);

	if (bell < 0)
		return -errno;
	loop->wait.bell = bell;
	return 0;
}

/* A ring that defers its task work belongs to the thread that made it. */
static int wait_enter(struct loop *loop)
{
	int error = ring_init(&loop->wait.ring, loop->count, RING_DEFERS);

	if (error == -EINVAL)
		error = ring_init(&loop->wait.ring, loop->count, 0);
	if (error)
		return error;
	loop->wait.is_open = true;
	io_uring_register_ring_fd(&loop->wait.ring); /* saves a look-up a call, where it works */
	listen_to_bell(loop);
	return 0;
}

static void wait_close(struct loop *loop)
{
	if (loop->wait.is_open)
		io_uring_queue_exit(&loop->wait.ring);
	if (loop->wait.bell)
		close(loop->wait.bell);
}

static const char *unsupported(const struct hd_host *host)
{
	(void)host;
	return uring_refused(false);
}

HD_EXPORT const struct hd_model heddle_model = {
        .magic = HD_PLUGIN_MAGIC,
        .abi = HD_PLUGIN_ABI,
        .size = sizeof(struct hd_model),
        .option_size = sizeof(struct hd_option),
        .ops = STACKLESS_OPS,
        .name = "io-uring",
        .summary = "a ring of submissions a core, no stacks; a mutex between rings",
        .build = HD_BUILD,
        .unsupported = unsupported,
        .open = stackless_open,
        .run = stackless_run,
        .close = stackless_close,
};
