/* SPDX-License-Identifier: MIT */
/*
 * event-loop - callbacks in place of stacks: one loop a core, over epoll.
 *
 * A model without stacks turns the interface inside out. Where a thread would wait, perform() says
 * NOT_YET; the request stays in its task, and the event that completes it resumes the task's job.
 *
 * A descriptor stays registered while one job goes on reading it. Jobs close descriptors themselves
 * and numbers come again: another job and whoever accepts a number register anew, and a loop that
 * hears nothing for a while registers all who wait anew. One-shot registration, which needs none of
 * this, lost by a system call a message.
 */
#define _GNU_SOURCE /* EPOLLRDHUP, POLLRDHUP */
#include <heddle/plugin.h>
#include <heddle/threads.h>
#include <stdatomic.h>
#include <sys/epoll.h>
#include <sys/queue.h>
#include <sys/resource.h>

#define NOT_YET INT64_MIN
#define BURST 256 /* answers to one task in a row; turns between two looks at epoll */
#define SILENCE_MS 20
#define LOOK_TURNS (64 * BURST)

TAILQ_HEAD(list, task);

struct lock {
	_Alignas(HD_APART) pthread_mutex_t mutex;
};

struct task {
	struct hd_request request; /* HD_DONE: a job is to be taken */
	struct hd_job *job;
	TAILQ_ENTRY(task) link;
	uint32_t events;     /* that it waits for; 0: for none */
	int64_t deadline_ns; /* of its wait */
	int64_t answer;      /* to go on with, where it is ready */
	uint32_t number;
};

/* Of a descriptor; all zero before its first use. */
struct watch {
	struct list waiting;
	const struct hd_job *job; /* that has it registered for reading */
};

struct loop {
	_Alignas(HD_APART) struct model *model; /* loops share no cache line */
	struct task *tasks;
	struct watch *watches; /* by descriptor */
	struct list ready;
	uint32_t index, count, living;
	int epoll;
	pthread_t thread;
};

struct model {
	const struct hd_host *host;
	const struct hd_jobs *jobs;
	struct loop *loops;
	struct lock *locks;
	uint32_t loop_count, fd_limit;
	atomic_uint_least64_t next_job;
};

/* Within a loop nothing runs between two steps; the mutex is for the other loops. */
static int64_t exclusive(const struct model *model, const struct hd_request *request)
{
	pthread_mutex_t *mutex = &model->locks[request->section.lock].mutex;

	if (model->loop_count == 1) {
		hd_section_run_times(&request->section, request->times);
		return 0;
	}
	for (uint64_t i = 0; i < request->times; i++) {
		pthread_mutex_lock(mutex);
		hd_section_run(&request->section);
		pthread_mutex_unlock(mutex);
	}
	return 0;
}

/* One try: what would wait is EAGAIN, but files hold up the loop. */
static int64_t try_once(const struct hd_request *request)
{
	ssize_t moved = -1;
	int flags;

	if (request->op == HD_ACCEPT)
		errno = ENOTSOCK; /* it knows no MSG_DONTWAIT */
	else if (request->offset >= 0)
		return hd_io_once(request);
	else if (request->op == HD_READ)
		moved = recv(request->fd, request->buf, request->size, MSG_DONTWAIT);
	else
		moved = send(request->fd, request->buf, request->size, MSG_DONTWAIT);
	if (moved >= 0 || errno != ENOTSOCK)
		return moved;
	flags = fcntl(request->fd, F_GETFL);
	if (flags < 0 || (!(flags & O_NONBLOCK) && fcntl(request->fd, F_SETFL, flags | O_NONBLOCK)))
		return -1;
	return hd_io_once(request);
}

/* The answer to a READ, WRITE or ACCEPT, or NOT_YET. */
static int64_t attempt(struct loop *loop, const struct hd_request *request)
{
	struct pollfd item = {.fd = request->fd, .events = POLLIN | POLLRDHUP};
	int64_t moved = try_once(request);

	if (moved >= 0 && request->op == HD_ACCEPT && moved < loop->model->fd_limit)
		loop->watches[moved].job = NULL;
	if (moved >= 0 || errno != EAGAIN)
		return moved >= 0 ? moved : -errno;
	/* Some sockets that were shut down say so only to those who would block. */
	if (request->op != HD_WRITE && poll(&item, 1, 0) > 0 &&
	    item.revents & (POLLHUP | POLLRDHUP))
		return request->op == HD_ACCEPT ? -EINVAL : 0;
	return request->timeout_ns ? NOT_YET : -EAGAIN;
}

/* Registers for what is waited for; level-triggered. 0 or -errno. */
static int arm(struct loop *loop, int fd)
{
	struct watch *watch = &loop->watches[fd];
	struct epoll_event event = {.data.fd = fd};

	for (struct task *task = watch->waiting.tqh_first; task; task = task->link.tqe_next)
		event.events |= task->events;
	if (!(event.events & EPOLLIN))
		watch->job = NULL;
	if (epoll_ctl(loop->epoll, event.events ? EPOLL_CTL_MOD : EPOLL_CTL_DEL, fd, &event) == 0)
		return 0;
	return event.events && epoll_ctl(loop->epoll, EPOLL_CTL_ADD, fd, &event) ? -errno : 0;
}

static void stop_waiting(struct loop *loop, struct task *task)
{
	TAILQ_REMOVE(&loop->watches[task->request.fd].waiting, task, link);
	task->events = 0;
}

/* The next message is rarely there yet, so reading waits first. */
static int64_t transfer(struct loop *loop, struct task *task)
{
	const struct hd_request *request = &task->request;
	struct watch *watch;
	int64_t answer = NOT_YET;
	int waits_first = request->op == HD_READ && request->offset < 0 && request->timeout_ns;
	int known;

	if (request->fd < 0 || (uint32_t)request->fd >= loop->model->fd_limit)
		return -EBADF;
	watch = &loop->watches[request->fd];
	known = request->op == HD_READ && watch->job == task->job;
	if (!waits_first)
		answer = attempt(loop, request);
	if (answer != NOT_YET)
		return answer;
	if (!watch->waiting.tqh_last)
		TAILQ_INIT(&watch->waiting);
	TAILQ_INSERT_TAIL(&watch->waiting, task, link);
	task->deadline_ns = hd_deadline_ns(request->timeout_ns);
	task->events = EPOLLHUP | EPOLLERR;
	task->events |= request->op == HD_WRITE ? EPOLLOUT : EPOLLIN | EPOLLRDHUP;
	if (known)
		return NOT_YET;
	watch->job = request->op == HD_READ ? task->job : NULL;
	answer = arm(loop, request->fd);
	if (!answer)
		return NOT_YET;
	watch->job = NULL;
	stop_waiting(loop, task);
	return answer == -EPERM ? attempt(loop, request) : answer; /* EPERM: files never wait */
}

/* The answer, or NOT_YET once the task is in a list. */
static int64_t perform(struct loop *loop, struct task *task)
{
	if (task->request.op == HD_EXCLUSIVE)
		return exclusive(loop->model, &task->request);
	if (task->request.op != HD_YIELD)
		return transfer(loop, task);
	task->answer = 0;
	TAILQ_INSERT_TAIL(&loop->ready, task, link);
	return NOT_YET;
}

/* Steps the task's job, and the jobs after it, until one has to wait. */
static void resume(struct loop *loop, struct task *task, int64_t answer)
{
	const struct hd_jobs *jobs = loop->model->jobs;

	for (int i = 0; i < BURST; i++) {
		if (task->request.op != HD_DONE)
			task->job->step(task->job, answer, &task->request);
		while (task->request.op == HD_DONE) {
			uint64_t next = atomic_fetch_add(&loop->model->next_job, 1);

			if (next >= jobs->count) {
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
	TAILQ_INSERT_TAIL(&loop->ready, task, link);
}

/* A turn: all that are ready now; YIELD may ask for several. */
static void turn(struct loop *loop)
{
	struct task *task, *last = TAILQ_LAST(&loop->ready, list);

	do {
		task = loop->ready.tqh_first;
		TAILQ_REMOVE(&loop->ready, task, link);
		if (task->request.op == HD_YIELD && --task->request.times)
			TAILQ_INSERT_TAIL(&loop->ready, task, link);
		else
			resume(loop, task, task->answer);
	} while (task != last);
}

/* For the first who waits for it. What is left of an event comes again. */
static void take_event(struct loop *loop, const struct epoll_event *event)
{
	struct task *task = loop->watches[event->data.fd].waiting.tqh_first;
	int64_t answer;

	while (task && !(task->events & event->events))
		task = task->link.tqe_next;
	if (!task) {
		arm(loop, event->data.fd);
		return;
	}
	answer = attempt(loop, &task->request);
	if (answer == NOT_YET)
		return;
	stop_waiting(loop, task);
	resume(loop, task, answer);
}

/* Registers all that wait again, and ends the waits that last too long. */
static void look_round(struct loop *loop)
{
	int64_t now = hd_now_ns();

	for (struct task *task = loop->tasks; task < loop->tasks + loop->count; task++) {
		if (task->events)
			arm(loop, task->request.fd);
		if (task->events && task->deadline_ns <= now) {
			stop_waiting(loop, task);
			resume(loop, task, -ETIMEDOUT);
		}
	}
}

static void *loop_main(void *argument)
{
	struct loop *loop = argument;
	struct epoll_event events[256];

	loop->model->host->bind(loop->model->host, loop->index);
	loop->living = loop->count;
	for (uint32_t i = 0; i < loop->count; i++)
		TAILQ_INSERT_TAIL(&loop->ready, &loop->tasks[i], link);
	for (uint32_t turns = 1; loop->living; turns++) {
		int timeout_ms = 0, count;

		if (loop->ready.tqh_first)
			turn(loop);
		if (loop->ready.tqh_first && turns % BURST)
			continue;
		if (!loop->ready.tqh_first && loop->living)
			timeout_ms = SILENCE_MS;
		count = epoll_wait(loop->epoll, events, 256, timeout_ms);
		for (int i = 0; i < count; i++)
			take_event(loop, &events[i]);
		if ((count <= 0 && timeout_ms) ||
		    turns % LOOK_TURNS == 0) /* a signal is no event */
			look_round(loop);
	}
	return NULL;
}

static int model_run(void *state, const struct hd_jobs *jobs)
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

static void model_close(void *state)
{
	struct model *model = state;

	for (uint32_t i = 0; model->loops && i < model->loop_count; i++) {
		if (model->loops[i].epoll > 0)
			close(model->loops[i].epoll);
		free(model->loops[i].tasks);
		free(model->loops[i].watches);
	}
	free(model->loops);
	free(model->locks);
	free(model);
}

static int loop_open(struct model *model, uint32_t index)
{
	struct loop *loop = &model->loops[index];
	uint32_t loops = model->loop_count;

	loop->model = model;
	loop->index = index;
	loop->count = (model->host->in_flight - index + loops - 1) / loops;
	loop->tasks = calloc(loop->count, sizeof *loop->tasks);
	loop->watches = calloc(model->fd_limit, sizeof *loop->watches);
	loop->epoll = epoll_create1(EPOLL_CLOEXEC);
	if (!loop->tasks || !loop->watches || loop->epoll < 0)
		return -ENOMEM;
	TAILQ_INIT(&loop->ready);
	for (uint32_t i = 0; i < loop->count; i++)
		loop->tasks[i].number = index + i * loops;
	return 0;
}

static int model_open(const struct hd_host *host, void **state)
{
	struct model *model = calloc(1, sizeof *model);
	struct rlimit limit;
	int error = 0;

	if (!model)
		return -ENOMEM;
	getrlimit(RLIMIT_NOFILE, &limit);
	model->host = host;
	model->fd_limit = limit.rlim_cur < 1 << 20 ? (uint32_t)limit.rlim_cur : 1 << 20;
	model->loop_count = host->cores < host->in_flight ? host->cores : host->in_flight;
	model->loops = hd_calloc_apart(model->loop_count, sizeof *model->loops);
	model->locks = hd_calloc_apart(host->locks, sizeof *model->locks);
	if (!model->loops || !model->locks)
		error = -ENOMEM;
	for (uint32_t i = 0; model->locks && i < host->locks; i++)
		pthread_mutex_init(&model->locks[i].mutex, NULL);
	for (uint32_t i = 0; !error && i < model->loop_count; i++)
		error = loop_open(model, i);
	if (error)
		model_close(model);
	else
		*state = model;
	return error;
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
        .open = model_open,
        .run = model_run,
        .close = model_close,
};
