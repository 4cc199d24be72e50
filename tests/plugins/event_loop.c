/* SPDX-License-Identifier: MIT */
/*
 * event-loop - callbacks in place of stacks: one loop a core, over epoll.
 *
 * A model without stacks turns the interface inside out. Where a thread would wait, attempt() says
 * NOT_YET; the request stays in its task, and the event that completes it steps the job.
 *
 * A descriptor stays registered while one job goes on reading it. Jobs close descriptors themselves
 * and numbers come again, so another job registers anew, and a loop that hears nothing for a while
 * registers all over again.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <heddle/plugin.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define NOT_YET INT64_MIN
#define NEVER INT64_MAX
#define BURST 256 /* answers to one task in a row, and turns between two looks at epoll */

#define DOUBT_MS 100

struct list {
	struct task *first, *last;
};

struct watch {
	struct list waiting[2];   /* to read, to write */
	const struct hd_job *job; /* that has it registered for reading; NULL: none */
};

struct task {
	struct hd_request request;
	struct hd_job *job;
	struct task *next;   /* in `in` */
	struct list *in;     /* where it waits; NULL: it runs */
	int64_t answer;      /* to go on with, where it is ready */
	int64_t deadline_ns; /* of its wait */
	uint32_t number;
};

struct loop {
	_Alignas(128) struct model *model; /* loops share no cache line */
	struct task *tasks;
	struct watch *watches; /* by descriptor */
	struct list ready;
	uint32_t index, count, living, timed;
	int epoll;
	pthread_t thread;
};

struct model {
	const struct hd_host *host;
	const struct hd_jobs *jobs;
	struct loop *loops;
	atomic_uint *locks; /* 16 apart: a cache line each */
	uint32_t loop_count, fd_limit;
	atomic_uint_least64_t next_job;
};

static int64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * INT64_C(1000000000) + now.tv_nsec;
}

static void append(struct list *list, struct task *task)
{
	task->next = NULL;
	task->in = list;
	if (list->first)
		list->last->next = task;
	else
		list->first = task;
	list->last = task;
}

static void withdraw(struct task *task)
{
	struct list *list = task->in;
	struct task **link = &list->first, *before = NULL;

	for (; *link != task; link = &before->next)
		before = *link;
	*link = task->next;
	if (list->last == task)
		list->last = before;
	task->in = NULL;
}

static int64_t exclusive(struct model *model, const struct hd_request *request)
{
	atomic_uint *lock = &model->locks[16 * request->section.lock];

	if (model->loop_count == 1) {
		hd_section_run_times(&request->section, request->times);
		return 0;
	}
	for (uint64_t i = 0; i < request->times; i++) {
		/* The holder runs on another core; if it does not, it is given this one. */
		for (int spins = 1; atomic_exchange_explicit(lock, 1, memory_order_acquire);)
			while (atomic_load_explicit(lock, memory_order_relaxed))
				if (spins++ % 1024 == 0)
					sched_yield();
		hd_section_run(&request->section);
		atomic_store_explicit(lock, 0, memory_order_release);
	}
	return 0;
}

/* What is no socket: files hold up the loop. */
static ssize_t move_bytes(const struct hd_request *request)
{
	int flags = request->offset < 0 ? fcntl(request->fd, F_GETFL) : O_NONBLOCK;

	if (flags >= 0 && !(flags & O_NONBLOCK))
		fcntl(request->fd, F_SETFL, flags | O_NONBLOCK);
	if (request->op == HD_READ && request->offset >= 0)
		return pread(request->fd, request->buf, request->size, request->offset);
	if (request->op == HD_READ)
		return read(request->fd, request->buf, request->size);
	if (request->offset >= 0)
		return pwrite(request->fd, request->buf, request->size, request->offset);
	return write(request->fd, request->buf, request->size);
}

/* The answer to a READ, WRITE or ACCEPT, or NOT_YET. */
static int64_t attempt(const struct hd_request *request)
{
	struct pollfd item = {.fd = request->fd, .events = POLLIN | POLLRDHUP};
	ssize_t moved;

	if (request->op == HD_READ)
		moved = recv(request->fd, request->buf, request->size, MSG_DONTWAIT);
	else if (request->op == HD_WRITE)
		moved = send(request->fd, request->buf, request->size, MSG_DONTWAIT);
	else if (fcntl(request->fd, F_SETFL, O_RDWR | O_NONBLOCK) == 0)
		moved = accept(request->fd, NULL, NULL);
	else
		moved = -1;
	if (moved < 0 && errno == ENOTSOCK && request->op != HD_ACCEPT)
		moved = move_bytes(request);
	if (moved >= 0 || errno != EAGAIN)
		return moved >= 0 ? moved : -errno;
	/* Some sockets that were shut down say so only to those who would block. */
	if (request->op != HD_WRITE && poll(&item, 1, 0) > 0 &&
	    item.revents & (POLLHUP | POLLRDHUP))
		return request->op == HD_ACCEPT ? -EINVAL : 0;
	return request->timeout_ns ? NOT_YET : -EAGAIN;
}

/* For all that is waited for; level-triggered. */
static int arm(struct loop *loop, int fd, uint32_t events)
{
	struct watch *watch = &loop->watches[fd];
	struct epoll_event event = {.events = events, .data.fd = fd};

	if (watch->waiting[0].first)
		event.events |= EPOLLIN | EPOLLRDHUP;
	if (watch->waiting[1].first)
		event.events |= EPOLLOUT;
	if (!(event.events & EPOLLIN))
		watch->job = NULL;
	if (epoll_ctl(loop->epoll, EPOLL_CTL_MOD, fd, &event) == 0)
		return 0;
	return epoll_ctl(loop->epoll, EPOLL_CTL_ADD, fd, &event) ? -errno : 0;
}

/* The answer, or NOT_YET once the task waits in a list. */
static int64_t perform(struct loop *loop, struct task *task)
{
	struct hd_request *request = &task->request;
	int writes = request->op == HD_WRITE;
	struct watch *watch;
	int64_t answer;

	if (request->op == HD_EXCLUSIVE)
		return exclusive(loop->model, request);
	if (request->op == HD_YIELD) {
		task->answer = 0;
		append(&loop->ready, task);
		return NOT_YET;
	}
	if (request->op != HD_READ && request->op != HD_WRITE && request->op != HD_ACCEPT)
		return -EOPNOTSUPP;
	if (request->fd < 0 || (uint32_t)request->fd >= loop->model->fd_limit)
		return -EBADF;
	/* The next message is rarely there yet, so reading waits first. Files cannot be waited for.
	 */
	watch = &loop->watches[request->fd];
	if (request->op != HD_READ || !request->timeout_ns) {
		answer = attempt(request);
		if (answer >= 0 && request->op == HD_ACCEPT && answer < loop->model->fd_limit)
			loop->watches[answer].job = NULL;
		if (answer != NOT_YET)
			return answer;
	}
	if (request->op != HD_READ || watch->job != task->job) {
		answer = arm(loop, request->fd, writes ? EPOLLOUT : EPOLLIN | EPOLLRDHUP);
		if (answer)
			return answer == -EPERM ? attempt(request) : answer;
		watch->job = writes ? watch->job : task->job;
	}
	task->deadline_ns = request->timeout_ns > 0 ? now_ns() + request->timeout_ns : NEVER;
	loop->timed += task->deadline_ns != NEVER;
	append(&watch->waiting[writes], task);
	return NOT_YET;
}

/* Steps the task's job, and the jobs after it, until one has to wait. */
static void go_on(struct loop *loop, struct task *task, int64_t answer)
{
	const struct hd_jobs *jobs = loop->model->jobs;
	uint64_t next;

	for (int i = 0; i < BURST; i++) {
		if (task->job)
			task->job->step(task->job, answer, &task->request);
		while (!task->job || task->request.op == HD_DONE) {
			next = atomic_fetch_add(&loop->model->next_job, 1);
			if (next >= jobs->count) {
				task->job = NULL;
				loop->living--;
				return;
			}
			task->job = hd_job_at(jobs, next);
			task->job->task = task->number;
			task->job->step(task->job, 0, &task->request);
		}
		answer = perform(loop, task);
		if (answer == NOT_YET)
			return;
	}
	task->answer = answer;
	append(&loop->ready, task);
}

/* A turn: all that are ready now; YIELD asks for several. */
static void turn(struct loop *loop)
{
	struct task *task, *last = loop->ready.last;

	do {
		task = loop->ready.first;
		withdraw(task);
		if (task->job && task->request.op == HD_YIELD && task->request.times > 1) {
			task->request.times--;
			append(&loop->ready, task);
		} else {
			go_on(loop, task, task->answer);
		}
	} while (task != last);
}

static void stop_waiting(struct loop *loop, struct task *task)
{
	withdraw(task);
	loop->timed -= task->deadline_ns != NEVER;
	task->deadline_ns = NEVER;
}

/* What the first in a list waits for may be there; for the others the event comes again. */
static void serve(struct loop *loop, struct list *list)
{
	struct task *task = list->first;
	int64_t answer = task ? attempt(&task->request) : NOT_YET;

	if (answer == NOT_YET)
		return;
	if (answer >= 0 && task->request.op == HD_ACCEPT && answer < loop->model->fd_limit)
		loop->watches[answer].job = NULL;
	stop_waiting(loop, task);
	go_on(loop, task, answer);
}

static void take_event(struct loop *loop, const struct epoll_event *event)
{
	struct watch *watch = &loop->watches[event->data.fd];
	struct task *reader = watch->waiting[0].first, *writer = watch->waiting[1].first;

	if (!reader && !writer) {
		epoll_ctl(loop->epoll, EPOLL_CTL_DEL, event->data.fd, NULL);
		watch->job = NULL;
	} else if ((event->events & EPOLLIN && !reader) || (event->events & EPOLLOUT && !writer)) {
		arm(loop, event->data.fd, 0);
	}
	serve(loop, &watch->waiting[0]);
	if (writer && writer->in == &watch->waiting[1])
		serve(loop, &watch->waiting[1]);
}

/* Nothing was heard for a while. */
static void doubt(struct loop *loop)
{
	for (struct task *task = loop->tasks; task < loop->tasks + loop->count; task++)
		if (task->in && task->in != &loop->ready)
			arm(loop, task->request.fd, 0);
}

static void expire(struct loop *loop)
{
	int64_t now = now_ns();

	for (struct task *task = loop->tasks; task < loop->tasks + loop->count; task++)
		if (task->deadline_ns <= now) {
			stop_waiting(loop, task);
			go_on(loop, task, -ETIMEDOUT);
		}
}

static void loop_run(struct loop *loop)
{
	struct epoll_event events[256];
	int count, timeout_ms;

	for (uint32_t turns = 1; loop->living; turns++) {
		if (loop->ready.first)
			turn(loop);
		if (loop->ready.first && turns % BURST)
			continue;
		timeout_ms = loop->timed ? 1 : DOUBT_MS; /* deadlines are looked at by then */
		if (loop->ready.first || !loop->living)
			timeout_ms = 0;
		count = epoll_wait(loop->epoll, events, 256, timeout_ms);
		for (int i = 0; i < count; i++)
			take_event(loop, &events[i]);
		if (count == 0 && timeout_ms == DOUBT_MS)
			doubt(loop);
		if (loop->timed)
			expire(loop);
	}
}

static void *loop_main(void *argument)
{
	struct loop *loop = argument;
	const struct hd_host *host = loop->model->host;

	host->bind(host, loop->index);
	loop->living = loop->count;
	for (uint32_t i = 0; i < loop->count; i++) {
		loop->tasks[i].number = loop->index + i * loop->model->loop_count;
		loop->tasks[i].deadline_ns = NEVER;
		append(&loop->ready, &loop->tasks[i]);
	}
	loop_run(loop);
	return NULL;
}

static int loop_run_all(void *state, const struct hd_jobs *jobs)
{
	struct model *model = state;
	uint32_t started = 0;
	int error = 0;

	model->jobs = jobs;
	model->next_job = 0;
	while (!error && started < model->loop_count) {
		struct loop *loop = &model->loops[started];

		error = -pthread_create(&loop->thread, NULL, loop_main, loop);
		started += !error;
	}
	while (started)
		pthread_join(model->loops[--started].thread, NULL);
	return error;
}

static void loop_close(void *state)
{
	struct model *model = state;

	for (uint32_t i = 0; model->loops && i < model->loop_count; i++) {
		struct loop *loop = &model->loops[i];

		if (loop->epoll > 0)
			close(loop->epoll);
		free(loop->tasks);
		free(loop->watches);
	}
	free(model->loops);
	free(model->locks);
	free(model);
}

static int loop_open(const struct hd_host *host, void **state)
{
	struct model *model = calloc(1, sizeof *model);
	uint32_t cores = host->cores < host->in_flight ? host->cores : host->in_flight;
	struct rlimit limit;

	if (!model)
		return -ENOMEM;
	getrlimit(RLIMIT_NOFILE, &limit);
	model->host = host;
	model->fd_limit = limit.rlim_cur < 1 << 20 ? (uint32_t)limit.rlim_cur : 1 << 20;
	model->loop_count = cores;
	model->loops = aligned_alloc(128, cores * sizeof *model->loops);
	model->locks = calloc(host->locks + 1, 16 * sizeof *model->locks);
	for (uint32_t i = 0; model->loops && i < cores; i++)
		model->loops[i] = (struct loop){
		        .model = model,
		        .index = i,
		        .count = (host->in_flight - i + cores - 1) / cores,
		        .tasks = calloc(host->in_flight / cores + 1, sizeof(struct task)),
		        .watches = calloc(model->fd_limit, sizeof(struct watch)),
		        .epoll = epoll_create1(EPOLL_CLOEXEC),
		};
	for (uint32_t i = 0; model->loops && i < cores; i++)
		if (!model->locks || !model->loops[i].tasks || !model->loops[i].watches ||
		    model->loops[i].epoll < 0) {
			loop_close(model);
			return -ENOMEM;
		}
	*state = model;
	return 0;
}

HD_EXPORT const struct hd_model heddle_model = {
        .magic = HD_PLUGIN_MAGIC,
        .abi = HD_PLUGIN_ABI,
        .size = sizeof(struct hd_model),
        .option_size = sizeof(struct hd_option),
        .ops = HD_CAN(HD_EXCLUSIVE) | HD_CAN(HD_READ) | HD_CAN(HD_WRITE) | HD_CAN(HD_ACCEPT) |
               HD_CAN(HD_YIELD),
        .name = "event-loop",
        .summary = "callbacks on one epoll loop a core, no stacks",
        .build = HD_BUILD,
        .open = loop_open,
        .run = loop_run_all,
        .close = loop_close,
};
