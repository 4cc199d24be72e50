/* SPDX-License-Identifier: MIT */
/*
 * Waiting for descriptors by epoll: one for each scheduler, level-triggered.
 *
 * A descriptor stays registered while its job goes on using it, so a round trip costs epoll_wait(),
 * recv() and send(), and nothing else. The price is that the table may be wrong: jobs close their
 * descriptors themselves, the registration goes with them, and the number comes again. Hence
 *
 * - another job, and whoever has just accepted, registers anew;
 * - a wait that relies on an older registration of the same job and lasts is made sure of
 * (sweep());
 * - a registration that nobody waits for is given back, and one that can no longer be given back,
 *   because its file lives on in another process, is got rid of by a new epoll (renew_epoll()).
 *
 * A wrong entry can cost time, never an answer: sockets are only asked with MSG_DONTWAIT.
 */
#ifndef COROUTINE_EPOLL_H
#define COROUTINE_EPOLL_H

#include "coroutine_scheduler.h"

#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* How long a scheduler with doubtful registrations sleeps, and how many polls it makes between. */
#define SWEEP_NS 20000000
#define SWEEP_POLLS 4096u
/* So many times in a row ready without being so: it is another file that is ready. */
#define IN_VAIN_MAX 64

/* What a coroutine that waits for a descriptor is woken with; else -errno. */
enum { WOKEN_READY, WOKEN_OVER };

enum watch_kind {
	WATCH_UNKNOWN,
	WATCH_SOCKET,
	WATCH_STREAM, /* a pipe or the like, made non-blocking */
	WATCH_FILE    /* never waits, says the kernel: reading it holds up the thread */
};

/* The entry of a descriptor; NULL with errno set. Entries stay where they are. */
static inline struct watch *watch_find(struct scheduler *scheduler, int fd)
{
	uint32_t chunk = (uint32_t)fd / WATCHES_A_CHUNK, chunks;
	struct watch **watches;

	if (chunk >= scheduler->chunks) {
		if (fcntl(fd, F_GETFD) < 0) /* so that a wrong number takes no memory */
			return NULL;
		chunks = chunk + 16;
		watches = realloc(scheduler->watches, chunks * sizeof(struct watch *));
		if (!watches)
			return NULL;
		memset(watches + scheduler->chunks, 0,
		       (chunks - scheduler->chunks) * sizeof(struct watch *));
		scheduler->watches = watches;
		scheduler->chunks = chunks;
	}
	if (!scheduler->watches[chunk])
		scheduler->watches[chunk] = calloc(WATCHES_A_CHUNK, sizeof(struct watch));
	if (!scheduler->watches[chunk])
		return NULL;
	return &scheduler->watches[chunk][(uint32_t)fd % WATCHES_A_CHUNK];
}

static inline int watch_control(struct scheduler *scheduler, int op, int fd, uint32_t events)
{
	struct epoll_event event = {.events = events, .data.fd = fd};

	return epoll_ctl(scheduler->epoll, op, fd, &event) ? -errno : 0;
}

/* Registers for what is waited for, whatever the table says. */
static int watch_register(struct scheduler *scheduler, struct watch *watch, int fd, uint32_t events)
{
	int op = watch->registered ? EPOLL_CTL_MOD : EPOLL_CTL_ADD, error;

	events |= watch->readers.first ? EPOLLIN : 0;
	events |= watch->writers.first ? EPOLLOUT : 0;
	events |= events & EPOLLIN ? EPOLLRDHUP : 0;
	error = watch_control(scheduler, op, fd, events);
	if (error == -ENOENT)
		error = watch_control(scheduler, EPOLL_CTL_ADD, fd, events);
	else if (error == -EEXIST)
		error = watch_control(scheduler, EPOLL_CTL_MOD, fd, events);
	watch->registered = error ? 0 : events;
	watch->age = 0;
	return error;
}

static int open_epoll(struct scheduler *scheduler)
{
	int error;

	scheduler->epoll = epoll_create1(EPOLL_CLOEXEC);
	if (scheduler->epoll < 0)
		return -errno;
	/* Edge-triggered, the bell needs no reading. */
	error = watch_control(scheduler, EPOLL_CTL_ADD, scheduler->bell, EPOLLIN | EPOLLET);
	if (error) {
		close(scheduler->epoll);
		scheduler->epoll = -1;
	}
	return error;
}

/* One waiter an event: what is left of it is reported again. An end or an error is for all. */
static bool watch_wake(struct scheduler *scheduler, struct waiters *list, bool over)
{
	bool woken = false;

	while (list->first && (over || !woken)) {
		scheduler->woken++;
		wake(scheduler, waiters_take(list), over ? WOKEN_OVER : WOKEN_READY);
		woken = true;
	}
	return woken;
}

/* Calls visit() for each entry that somebody waits on. `forget`: none counts as registered then. */
static void watches_visit(struct scheduler *scheduler, bool forget,
                          void (*visit)(struct scheduler *, struct watch *, int fd))
{
	struct watch *watch;

	for (uint32_t i = 0; i < scheduler->chunks; i++)
		for (uint32_t j = 0; scheduler->watches[i] && j < WATCHES_A_CHUNK; j++) {
			watch = &scheduler->watches[i][j];
			if (forget)
				watch->registered = 0;
			if (watch->readers.first || watch->writers.first)
				visit(scheduler, watch, (int)(i * WATCHES_A_CHUNK + j));
		}
}

static void visit_register(struct scheduler *scheduler, struct watch *watch, int fd)
{
	if (watch_register(scheduler, watch, fd, 0) == 0)
		return;
	/* Closed under those who wait for it: they will find out. */
	watch_wake(scheduler, &watch->readers, true);
	watch_wake(scheduler, &watch->writers, true);
}

static void visit_doubtful(struct scheduler *scheduler, struct watch *watch, int fd)
{
	if (watch->age > 1) {
		visit_register(scheduler, watch, fd);
	} else if (watch->age) {
		watch->age = 2;
		scheduler->trusting = true;
	}
}

static void sweep(struct scheduler *scheduler)
{
	scheduler->polls = 0;
	if (!scheduler->trusting)
		return;
	scheduler->trusting = false;
	watches_visit(scheduler, false, visit_doubtful);
}

static void renew_epoll(struct scheduler *scheduler)
{
	int old = scheduler->epoll;

	if (open_epoll(scheduler)) {
		scheduler->epoll = old;
		return;
	}
	close(old);
	watches_visit(scheduler, true, visit_register);
}

/* Returns false where the event is not of the file that has this number now. */
static bool watch_event(struct scheduler *scheduler, const struct epoll_event *event)
{
	struct watch *watch = watch_find(scheduler, event->data.fd);
	bool over = event->events & (EPOLLHUP | EPOLLERR), reader, writer;
	bool read_over = over || event->events & EPOLLRDHUP;
	uint32_t unwanted;

	if (!watch)
		return true;
	reader = (read_over || event->events & EPOLLIN) &&
	         watch_wake(scheduler, &watch->readers, read_over);
	writer = (over || event->events & EPOLLOUT) && watch_wake(scheduler, &watch->writers, over);
	watch->age = 0;
	if (!reader && !writer && !watch->readers.first && !watch->writers.first) {
		watch->registered = 0;
		return watch_control(scheduler, EPOLL_CTL_DEL, event->data.fd, 0) == 0;
	}
	unwanted = (reader ? 0 : EPOLLIN) | (writer ? 0 : EPOLLOUT);
	if (!over && event->events & unwanted)
		watch_register(scheduler, watch, event->data.fd, reader ? EPOLLIN : 0);
	return true;
}

/*
 * epoll_wait() knows whole milliseconds only: with it 100 tasks that sleep for 1 ms each wake 504 us late (median,
 * one core of a VM), with epoll_pwait2() 47 us, as threads do.
 */
static int epoll_sleep(struct scheduler *scheduler, int64_t timeout_ns)
{
	int64_t timeout_ms =
	        timeout_ns < 0 ? -1 : timeout_ns / 1000000 + (timeout_ns % 1000000 > 0);

#if defined(SYS_epoll_pwait2)
	if (timeout_ns > 0 && !scheduler->only_ms) {
		const struct {
			int64_t s, ns;
		} timeout = {timeout_ns / 1000000000, timeout_ns % 1000000000}; /* on any machine */
		long count = syscall(SYS_epoll_pwait2, scheduler->epoll, scheduler->events, EVENTS,
		                     &timeout, NULL, (size_t)0);

		/* Linux before 5.11 lacks it; some filters of containers forbid what they do not know. */
		if (count >= 0 || (errno != ENOSYS && errno != EPERM))
			return (int)count;
		scheduler->only_ms = true;
	}
#endif
	return epoll_wait(scheduler->epoll, scheduler->events, EVENTS,
	                  timeout_ms > INT_MAX ? INT_MAX : (int)timeout_ms);
}

static void epoll_poll(struct scheduler *scheduler, int64_t timeout_ns)
{
	bool stale = false;
	int count;

	if (scheduler->trusting && (timeout_ns < 0 || timeout_ns > SWEEP_NS))
		timeout_ns = SWEEP_NS;
	count = epoll_sleep(scheduler, timeout_ns);
	for (int i = 0; i < count; i++)
		if (scheduler->events[i].data.fd != scheduler->bell)
			stale |= !watch_event(scheduler, &scheduler->events[i]);
	if (stale)
		renew_epoll(scheduler);
	if ((count == 0 && timeout_ns) || ++scheduler->polls >= SWEEP_POLLS)
		sweep(scheduler);
}

static inline bool is_file(int fd)
{
	struct stat status;

	return fstat(fd, &status) == 0 && S_ISREG(status.st_mode);
}

/* Finds out what a descriptor is, once a job; sockets stay what they are until one says no. */
static int watch_know(struct coroutine *coroutine, struct watch *watch, int fd)
{
	struct stat status;
	int flags;

	if (watch->kind == WATCH_SOCKET ||
	    (watch->kind != WATCH_UNKNOWN && watch->stamp == coroutine->stamp))
		return 0;
	if (fstat(fd, &status))
		return -errno;
	watch->stamp = coroutine->stamp;
	watch->registered = 0;
	watch->kind = WATCH_STREAM;
	if (S_ISSOCK(status.st_mode))
		watch->kind = WATCH_SOCKET;
	else if (S_ISREG(status.st_mode) || S_ISBLK(status.st_mode) || S_ISDIR(status.st_mode))
		watch->kind = WATCH_FILE;
	if (watch->kind != WATCH_STREAM)
		return 0;
	flags = fcntl(fd, F_GETFL);
	if (flags < 0 || (!(flags & O_NONBLOCK) && fcntl(fd, F_SETFL, flags | O_NONBLOCK)))
		return -errno;
	return 0;
}

/* accept() knows no MSG_DONTWAIT. */
static int listener_unblock(struct coroutine *coroutine, int fd)
{
	int flags;

	if (coroutine->listener == fd)
		return 0;
	flags = fcntl(fd, F_GETFL);
	if (flags < 0 || (!(flags & O_NONBLOCK) && fcntl(fd, F_SETFL, flags | O_NONBLOCK)))
		return -errno;
	coroutine->listener = fd;
	return 0;
}

/* One try that does not wait, but for files. */
static int64_t attempt(const struct hd_request *request, const struct watch *watch)
{
	ssize_t moved;

	if (request->op == HD_ACCEPT)
		moved = accept(request->fd, NULL, NULL);
	else if (watch->kind == WATCH_SOCKET && request->op == HD_READ && request->size)
		moved = recv(request->fd, request->buf, request->size, MSG_DONTWAIT);
	else if (watch->kind == WATCH_SOCKET && request->op == HD_WRITE)
		moved = send(request->fd, request->buf, request->size, MSG_DONTWAIT | MSG_NOSIGNAL);
	else if (request->op == HD_READ)
		moved = read(request->fd, request->buf, request->size);
	else
		moved = write(request->fd, request->buf, request->size);
	return moved < 0 ? -errno : moved;
}

/*
 * Some sockets that were shut down say so only to those who would block (UDP, a Unix listener).
 * Asked of the descriptor itself, since an event may be about an older file of the same number.
 */
static bool is_over(int fd)
{
	struct pollfd item = {.fd = fd, .events = POLLIN | POLLRDHUP};

	return poll(&item, 1, 0) > 0 && item.revents & (POLLHUP | POLLRDHUP);
}

/* Suspends the coroutine until the descriptor seems ready or over, or until the deadline. */
static int64_t watch_wait(struct coroutine *coroutine, struct watch *watch,
                          const struct hd_request *request, int64_t deadline)
{
	struct scheduler *scheduler = coroutine->scheduler;
	bool writes = request->op == HD_WRITE;
	uint32_t event = writes ? EPOLLOUT : EPOLLIN;
	int64_t answer;
	int error;

	if (watch->stamp == coroutine->stamp && watch->registered & event) {
		watch->age = watch->age ? watch->age : 1;
		scheduler->trusting = true;
	} else {
		error = watch_register(scheduler, watch, request->fd, event);
		if (error)
			return error;
		watch->stamp = coroutine->stamp;
	}
	coroutine->guard = NULL;
	waiters_append(writes ? &watch->writers : &watch->readers, coroutine);
	scheduler->waiting++;
	answer = suspend_until(coroutine, deadline);
	scheduler->waiting--;
	scheduler->woken -= answer >= 0; /* else it was the deadline */
	return answer;
}

/*
 * Reading waits first where it has waited before: the next message is rarely there yet, and asking
 * for it in vain costs a system call. Writing and accepting try first.
 */
static int64_t epoll_transfer(struct coroutine *coroutine, const struct hd_request *request)
{
	struct watch *watch = watch_find(coroutine->scheduler, request->fd);
	int64_t deadline = request->timeout_ns > 0 ? deadline_after(request->timeout_ns) : NEVER;
	int64_t answer, woken;
	bool wait;

	if (!watch)
		return -errno;
	answer = request->op == HD_ACCEPT ? listener_unblock(coroutine, request->fd)
	                                  : watch_know(coroutine, watch, request->fd);
	if (answer)
		return answer;
	wait = request->op == HD_READ && request->timeout_ns && watch->registered & EPOLLIN &&
	       watch->stamp == coroutine->stamp;
	for (;;) {
		woken = wait ? watch_wait(coroutine, watch, request, deadline) : WOKEN_READY;
		if (woken < 0)
			return woken;
		answer = attempt(request, watch);
		if (answer == -EINTR)
			continue;
		if (answer == -ENOTSOCK && watch->kind == WATCH_SOCKET &&
		    request->op != HD_ACCEPT) {
			watch->kind = WATCH_UNKNOWN;
			return epoll_transfer(coroutine, request);
		}
		if (answer != -EAGAIN || !request->timeout_ns) {
			watch->in_vain = 0;
			return answer;
		}
		if (woken == WOKEN_OVER && request->op != HD_WRITE && is_over(request->fd))
			return request->op == HD_ACCEPT ? -EINVAL : 0;
		if (wait && ++watch->in_vain >= IN_VAIN_MAX) {
			watch->in_vain = 0;
			renew_epoll(coroutine->scheduler);
		}
		wait = true;
	}
}

/* A descriptor that has just come: what the table says of its number is about an older one. */
static void watch_renew(struct coroutine *coroutine, int fd)
{
	struct watch *watch = watch_find(coroutine->scheduler, fd);

	if (!watch)
		return;
	watch->registered = 0;
	watch->stamp = coroutine->stamp;
	watch->kind = WATCH_SOCKET;
	watch->in_vain = 0;
}

static void watches_close(struct scheduler *scheduler)
{
	for (uint32_t i = 0; i < scheduler->chunks; i++)
		free(scheduler->watches[i]);
	free(scheduler->watches);
	scheduler->watches = NULL;
	scheduler->chunks = 0;
}

#endif
