/* SPDX-License-Identifier: MIT */
/*
 * event-loop - callbacks in place of stacks: a libuv loop on each core.
 *
 * What Node.js stands on. A task that waits is a request and no stack, so that many thousands of them cost little, and
 * a loop never gives its core away while there is something to do. Timers have milliseconds. Files are read and
 * written by libuv's own threads (`files=pool`), as a disk would stop the loop; `files=call` does it in the loop, which is
 * faster for files that lie in the page cache.
 *
 * A descriptor stays registered while the same file is waited for again. Jobs close descriptors themselves and their
 * numbers come again, so that each wait looks which file the number means now (fstat(), 0.2 us).
 *
 * What lost: a handle that is started for each wait and stopped after it, two system calls more a message.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE 1 /* POLLRDHUP */
#endif
#include <sys/resource.h>
#include <sys/stat.h>
#include <uv.h>

struct watch;

struct task_wait {
	uv_timer_t timer;
	uv_fs_t file;
	struct watch *watch; /* in whose list it is */
};

struct loop_wait {
	uv_loop_t uv;
	uv_async_t bell;
	struct watch **watches; /* by descriptor */
	uint32_t fd_limit;
	int files_by_pool, is_open;
};

#include "stackless_loop.h"

/* Of a descriptor, and of the file that it was. */
struct watch {
	uv_poll_t poll;
	struct tasks waiting;
	dev_t device;
	ino_t inode;
	int armed; /* for these events */
};

/* ---- Descriptors ---- */

/* One try: what would wait is EAGAIN. */
static int64_t try_once(const struct hd_request *request)
{
	ssize_t moved = -1;
	int flags;

	errno = ENOTSOCK; /* ACCEPT knows no MSG_DONTWAIT */
	if (request->op == HD_READ && request->offset < 0)
		moved = recv(request->fd, request->buf, request->size, MSG_DONTWAIT);
	else if (request->op == HD_WRITE && request->offset < 0)
		moved = send(request->fd, request->buf, request->size, MSG_DONTWAIT | MSG_NOSIGNAL);
	if (moved >= 0 || errno != ENOTSOCK)
		return moved;
	flags = fcntl(request->fd, F_GETFL);
	if (flags < 0 || (!(flags & O_NONBLOCK) && fcntl(request->fd, F_SETFL, flags | O_NONBLOCK)))
		return -1;
	return hd_io_once(request);
}

/* The answer, or NOT_YET. */
static int64_t attempt(const struct hd_request *request)
{
	struct pollfd item = {.fd = request->fd, .events = POLLIN | POLLRDHUP};
	int64_t moved;

	do
		moved = try_once(request);
	while (moved < 0 && errno == EINTR);
	if (moved >= 0 || errno != EAGAIN)
		return moved >= 0 ? moved : -errno;
	/* Some sockets that were shut down say so only to those who would block. */
	if (request->op != HD_WRITE && poll(&item, 1, 0) > 0 &&
	    item.revents & (POLLHUP | POLLRDHUP))
		return request->op == HD_ACCEPT ? -EINVAL : 0;
	return request->timeout_ns ? NOT_YET : -EAGAIN;
}

static int events_of(const struct task *task)
{
	return task->request.op == HD_WRITE ? UV_WRITABLE : UV_READABLE | UV_DISCONNECT;
}

static void on_ready(uv_poll_t *poll, int status, int events);

/* For all that wait, for nothing else. 0 or -errno. */
static int arm(struct watch *watch)
{
	int events = 0;

	for (struct task *task = watch->waiting.first; task; task = task->next)
		events |= events_of(task);
	if (events == watch->armed)
		return 0;
	watch->armed = events;
	return events ? uv_poll_start(&watch->poll, events, on_ready) : uv_poll_stop(&watch->poll);
}

static void leave(struct task *task)
{
	tasks_remove(&task->wait.watch->waiting, task);
	task->wait.watch = NULL;
}

/* Goes on with the first who waits for it. What is left of an event comes again. */
static void on_ready(uv_poll_t *poll, int status, int events)
{
	struct watch *watch = (struct watch *)poll;
	struct task *task = watch->waiting.first;
	int64_t answer;

	if (status <
	    0) { /* an error of the file, and libuv has stopped: each attempt tells its own */
		events = UV_READABLE | UV_WRITABLE | UV_DISCONNECT;
		watch->armed = 0;
	}
	while (task && !(events_of(task) & events))
		task = task->next;
	answer = task ? attempt(&task->request) : NOT_YET;
	if (answer != NOT_YET)
		leave(task);
	if (!task || status < 0)
		arm(watch);
	if (answer != NOT_YET)
		task_resume(task, answer);
}

static void on_watch_closed(uv_handle_t *handle)
{
	free(handle);
}

/*
 * Whether the descriptor still is the file that is watched: a close takes it out of the kernel's list, and nobody tells.
 * Sockets have numbers of their own; a FIFO can be opened again, timers and events all share one number, but while
 * somebody waits nobody closes.
 */
static bool is_watched(const struct watch *watch, const struct stat *file)
{
	return watch && watch->inode == file->st_ino && watch->device == file->st_dev &&
	       (S_ISSOCK(file->st_mode) || watch->waiting.first);
}

/* The watch of the file that the descriptor is now. 0 or -errno. */
static int watch_find(struct loop *loop, int fd, const struct stat *file, struct watch **found)
{
	struct watch **place = &loop->wait.watches[fd], *old = *place, *watch;
	int error;

	*found = old;
	if (is_watched(old, file))
		return 0;
	*place = NULL;
	if (old)
		uv_close((uv_handle_t *)&old->poll, on_watch_closed);
	watch = calloc(1, sizeof *watch);
	if (!watch)
		return -ENOMEM;
	error = uv_poll_init(&loop->wait.uv, &watch->poll, fd);
	if (error) {
		free(watch);
		return error;
	}
	watch->inode = file->st_ino;
	watch->device = file->st_dev;
	if (old)
		watch->waiting = old->waiting;
	for (struct task *task = watch->waiting.first; task; task = task->next)
		task->wait.watch = watch;
	*found = *place = watch;
	return 0;
}

/* ---- Files ---- */

static void on_file_done(uv_fs_t *file)
{
	int64_t answer = file->result;

	uv_fs_req_cleanup(file);
	task_resume(file->data, answer);
}

static int64_t transfer_file(struct task *task)
{
	struct hd_request *request = &task->request;
	struct loop_wait *loop = &task->loop->wait;
	unsigned size = request->size < 1u << 30 ? (unsigned)request->size : 1u << 30;
	uv_buf_t buffer = uv_buf_init(request->buf, size);
	int error;

	if (!loop->files_by_pool)
		return hd_blocking_io(request);
	task->wait.file.data = task;
	if (request->op == HD_READ)
		error = uv_fs_read(&loop->uv, &task->wait.file, request->fd, &buffer, 1,
		                   request->offset, on_file_done);
	else
		error = uv_fs_write(&loop->uv, &task->wait.file, request->fd, &buffer, 1,
		                    request->offset, on_file_done);
	return error ? error : NOT_YET;
}

/* ---- The waiting side ---- */

/* Where it has waited already the next message is rarely there yet, so that reading waits first. */
static int64_t wait_transfer(struct task *task)
{
	struct hd_request *request = &task->request;
	struct loop_wait *loop = &task->loop->wait;
	struct watch *watch;
	struct stat file;
	int64_t answer = NOT_YET;
	int error;

	if (fstat(request->fd, &file))
		return -errno;
	if (S_ISREG(file.st_mode) && request->op != HD_ACCEPT)
		return transfer_file(task);
	if ((uint32_t)request->fd >= loop->fd_limit)
		return -EMFILE;
	watch = loop->watches[request->fd];
	if (!(is_watched(watch, &file) && watch->armed & UV_READABLE && request->op == HD_READ &&
	      request->offset < 0 && request->timeout_ns))
		answer = attempt(request);
	if (answer != NOT_YET)
		return answer;
	error = watch_find(task->loop, request->fd, &file, &watch);
	if (error == -EPERM) /* it never waits */
		return hd_blocking_io(request);
	if (error)
		return error;
	task->wait.watch = watch;
	tasks_append(&watch->waiting, task);
	error = watch->armed & events_of(task) ? 0 : arm(watch);
	if (error) {
		leave(task);
		return error;
	}
	task_begin_timer(task);
	return NOT_YET;
}

/* libuv runs timers before it polls as well: it must not wait for anything where that left work, or nothing at all. */
static void on_timer(uv_timer_t *timer)
{
	struct task *task = timer->data;
	struct loop *loop = task->loop;

	if (task->wait.watch) {
		leave(task);
		task->timed = false;
		task_resume(task, -ETIMEDOUT);
	} else {
		task_expire(task);
	}
	if (loop->ready.first || !loop->living)
		uv_stop(&loop->wait.uv);
}

/* libuv counts whole milliseconds from one that has begun: one more, so that nobody wakes too early. */
static void wait_start_timer(struct task *task)
{
	int64_t left_ns = task->deadline_ns - hd_now_ns();

	uv_update_time(&task->loop->wait.uv);
	uv_timer_start(&task->wait.timer, on_timer,
	               left_ns > 0 ? (uint64_t)(left_ns + 999999) / 1000000 + 1 : 1, 0);
}

static void wait_stop_timer(struct task *task)
{
	uv_timer_stop(&task->wait.timer);
}

static void wait_wake(struct loop *loop)
{
	uv_async_send(&loop->wait.bell);
}

static void wait_poll(struct loop *loop, bool block)
{
	uv_run(&loop->wait.uv, block ? UV_RUN_ONCE : UV_RUN_NOWAIT);
}

static void on_bell(uv_async_t *bell)
{
	(void)bell; /* the inbox is looked into after each poll */
}

static void do_nothing(uv_work_t *work)
{
	(void)work;
}

static void on_done(uv_work_t *work, int status)
{
	*(int *)work->data = 1;
	(void)status;
}

/* The pool's threads stay where they are made: here they may run on all cores of the case. */
static void start_pool(struct loop_wait *loop)
{
	int done = 0;
	uv_work_t work = {.data = &done};

	if (uv_queue_work(&loop->uv, &work, do_nothing, on_done) == 0)
		while (!done)
			uv_run(&loop->uv, UV_RUN_ONCE);
}

static int wait_open(struct loop *loop)
{
	struct loop_wait *wait = &loop->wait;
	const struct hd_host *host = loop->model->host;
	struct rlimit limit;
	int error;

	getrlimit(RLIMIT_NOFILE, &limit);
	wait->fd_limit = limit.rlim_cur < 1 << 20 ? (uint32_t)limit.rlim_cur : 1 << 20;
	wait->files_by_pool = !strcmp(host->option_text(host, "files"), "pool");
	wait->watches = calloc(wait->fd_limit, sizeof *wait->watches);
	if (!wait->watches)
		return -ENOMEM;
	error = uv_loop_init(&wait->uv);
	if (error)
		return error;
	error = uv_async_init(&wait->uv, &wait->bell, on_bell);
	if (error) {
		uv_loop_close(&wait->uv);
		return error;
	}
	wait->is_open = 1;
	for (uint32_t i = 0; i < loop->count; i++) {
		uv_timer_init(&wait->uv, &loop->tasks[i].wait.timer);
		loop->tasks[i].wait.timer.data = &loop->tasks[i];
	}
	if (wait->files_by_pool && loop->index == 0)
		start_pool(wait);
	return 0;
}

static int wait_enter(struct loop *loop)
{
	(void)loop;
	return 0;
}

static void wait_close(struct loop *loop)
{
	struct loop_wait *wait = &loop->wait;

	if (wait->is_open) {
		for (uint32_t fd = 0; fd < wait->fd_limit; fd++)
			if (wait->watches[fd])
				uv_close((uv_handle_t *)&wait->watches[fd]->poll, on_watch_closed);
		for (uint32_t i = 0; i < loop->count; i++)
			uv_close((uv_handle_t *)&loop->tasks[i].wait.timer, NULL);
		uv_close((uv_handle_t *)&wait->bell, NULL);
		uv_run(&wait->uv, UV_RUN_DEFAULT);
		uv_loop_close(&wait->uv);
	}
	free(wait->watches);
}

static const struct hd_option options[] = {
        {.name = "files",
         .kind = HD_OPTION_CHOICE,
         .text = "pool",
         .choices = "pool call",
         .help = "files are read and written by libuv's threads, or by the loop itself"},
        {0},
};

HD_EXPORT const struct hd_model heddle_model = {
        .magic = HD_PLUGIN_MAGIC,
        .abi = HD_PLUGIN_ABI,
        .size = sizeof(struct hd_model),
        .option_size = sizeof(struct hd_option),
        .ops = STACKLESS_OPS,
        .name = "event-loop",
        .summary = "callbacks on a libuv loop a core, no stacks; a mutex between loops",
        .build = HD_BUILD,
        .options = options,
        .open = stackless_open,
        .run = stackless_run,
        .close = stackless_close,
};
