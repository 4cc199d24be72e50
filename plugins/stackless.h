/* SPDX-License-Identifier: MIT */
/*
 * Tasks without stacks, on one loop a core: what stands between a request and the callback that answers it.
 *
 * Where a thread would wait, task_perform() says NOT_YET; the request stays in its task, and whatever completes it
 * resumes the task's job. Within a loop nothing runs between two steps; mutexes stand between the loops. A task of
 * another loop is woken through that loop's inbox.
 *
 * Who includes this defines before it `struct task_wait` and `struct loop_wait`, its own part of both, and after
 * it the functions declared as "the waiting side".
 */
#ifndef HEDDLE_STACKLESS_H
#define HEDDLE_STACKLESS_H

#include <heddle/plugin.h>
#include <heddle/threads.h>
#include <stdatomic.h>
#include <stdbool.h>

#define NOT_YET INT64_MIN
#define BURST 256 /* answers to one task in a row */
#define TURNS 64  /* of all that are ready, between two looks at what has completed */

struct tasks { /* a list */
	struct task *first, *last;
};

struct task {
	_Alignas(HD_APART) struct hd_request request;
	struct hd_job *job; /* NULL: one is to be taken */
	struct loop *loop;
	struct task *next;     /* in the one list that it is in */
	struct waiting *waits; /* PUT, GET, WAIT: in whose list it was last */
	int64_t deadline_ns;   /* of the request; INT64_MAX: none */
	int64_t answer;        /* to go on with, where it is ready; NOT_YET: to be tried again */
	uint32_t number;
	bool timed;  /* its timer runs */
	bool listed; /* under the lock of `waits`: nobody has woken it yet */
	struct task_wait wait;
};

/* A queue or an event. */
struct waiting {
	_Alignas(HD_APART) pthread_mutex_t lock;
	struct tasks lists[2]; /* who waits to PUT, to GET; for an event the first */
	struct hd_ring ring;
	bool is_set;
};

struct lock {
	_Alignas(HD_APART) pthread_mutex_t mutex;
};

struct loop {
	_Alignas(HD_APART) struct model *model;
	struct task *tasks;
	struct tasks ready;
	uint32_t index, count, living; /* living: tasks that may have something to do yet */
	pthread_t thread;
	struct loop_wait wait;
	_Alignas(HD_APART) pthread_mutex_t inbox_lock;
	struct tasks inbox; /* woken by other loops */
};

struct model {
	const struct hd_host *host;
	struct loop *loops;
	struct lock *locks;
	struct waiting *queues, *events;
	uint32_t loop_count;
	pthread_mutex_t opening; /* held until all threads are there */
	pthread_barrier_t gate;  /* all loops and who calls run(): before and after each run */
	const struct hd_jobs *jobs;
	_Atomic uint64_t next_job;
	_Atomic int error; /* of a thread that could not get ready */
	bool closing;
};

/* ---- The waiting side --------------------------------------------------------------------------- */

/* READ, WRITE, ACCEPT: the answer, or NOT_YET and then task_resume(). */
static int64_t wait_transfer(struct task *);
/* At the task's deadline, or later, task_expire(). */
static void wait_start_timer(struct task *);
static void wait_stop_timer(struct task *);
/* From another thread: what wait_poll() waits for has happened. */
static void wait_wake(struct loop *);
/* Tells what has completed; `block`: waits for something to. */
static void wait_poll(struct loop *, bool block);
/* In open(), then in the loop's own thread; wait_close() in close() and after either has failed. 0 or -errno. */
static int wait_open(struct loop *);
static int wait_enter(struct loop *);
static void wait_close(struct loop *);

/* ---- Lists -------------------------------------------------------------------------------------- */

static inline void tasks_append(struct tasks *list, struct task *task)
{
	task->next = NULL;
	if (list->first)
		list->last->next = task;
	else
		list->first = task;
	list->last = task;
}

static inline struct task *tasks_take(struct tasks *list)
{
	struct task *task = list->first;

	if (task)
		list->first = task->next;
	return task;
}

static inline void tasks_remove(struct tasks *list, struct task *task)
{
	struct tasks kept = {0};

	for (struct task *each; (each = tasks_take(list));)
		if (each != task)
			tasks_append(&kept, each);
	*list = kept;
}

/* Goes on with the answer, in its own loop's turn. */
static inline void task_wake(const struct loop *from, struct task *task, int64_t answer)
{
	struct loop *loop = task->loop;
	bool was_empty;

	task->answer = answer;
	if (loop == from) {
		tasks_append(&loop->ready, task);
		return;
	}
	pthread_mutex_lock(&loop->inbox_lock);
	was_empty = !loop->inbox.first;
	tasks_append(&loop->inbox, task);
	pthread_mutex_unlock(&loop->inbox_lock);
	if (was_empty)
		wait_wake(loop);
}

static inline void task_begin_timer(struct task *task)
{
	if (task->deadline_ns == INT64_MAX || task->timed)
		return;
	task->timed = true;
	wait_start_timer(task);
}

/* ---- Requests ----------------------------------------------------------------------------------- */

static int64_t task_sections(const struct task *task)
{
	const struct model *model = task->loop->model;
	struct hd_section section = task->request.section;
	bool reads = task->request.op == HD_SHARED, alone = model->loop_count == 1;
	pthread_mutex_t *mutex = &model->locks[section.lock].mutex;
	uint64_t torn = 0;

	if (alone && !reads)
		hd_section_run_times(&section, task->request.times);
	if (alone)
		return reads ? (int64_t)hd_section_read_times(&section, task->request.times) : 0;
	for (uint64_t times = task->request.times; times; times--) {
		pthread_mutex_lock(mutex);
		if (reads)
			torn += hd_section_read(&section);
		else
			hd_section_run(&section);
		pthread_mutex_unlock(mutex);
	}
	return (int64_t)torn;
}

/* Into the list, with its lock held; or why not. */
static int64_t task_wait_in(struct task *task, struct waiting *waiting, int list)
{
	if (task->request.timeout_ns == 0)
		return -EAGAIN;
	if (task->deadline_ns != INT64_MAX && task->deadline_ns <= hd_now_ns())
		return -ETIMEDOUT;
	task->waits = waiting;
	task->listed = true;
	tasks_append(&waiting->lists[list], task);
	task_begin_timer(task);
	return NOT_YET;
}

/* As many of the other side as messages moved try again. */
static int64_t task_message(struct task *task)
{
	struct hd_request *request = &task->request;
	struct waiting *queue = &task->loop->model->queues[request->fd];
	bool gets = request->op == HD_GET;
	struct tasks woken = {0};
	struct task *other;
	uint64_t moved;
	int64_t answer;

	pthread_mutex_lock(&queue->lock);
	moved = gets ? hd_ring_get(&queue->ring, request->buf, request->times)
	             : hd_ring_put(&queue->ring, request->buf, request->times);
	answer = moved ? (int64_t)moved : task_wait_in(task, queue, gets);
	for (; moved && (other = tasks_take(&queue->lists[!gets])); moved--) {
		other->listed = false;
		tasks_append(&woken, other);
	}
	pthread_mutex_unlock(&queue->lock);
	while ((other = tasks_take(&woken)))
		task_wake(task->loop, other, NOT_YET);
	return answer;
}

static int64_t task_event(struct task *task)
{
	struct waiting *event = &task->loop->model->events[task->request.fd];
	struct tasks woken = {0};
	struct task *other;
	int64_t answer = 0;

	pthread_mutex_lock(&event->lock);
	if (task->request.op != HD_WAIT)
		event->is_set = task->request.op == HD_SET;
	else if (!event->is_set)
		answer = task_wait_in(task, event, 0);
	while (task->request.op == HD_SET && (other = tasks_take(&event->lists[0]))) {
		other->listed = false;
		tasks_append(&woken, other);
	}
	pthread_mutex_unlock(&event->lock);
	while ((other = tasks_take(&woken)))
		task_wake(task->loop, other, 0);
	return answer;
}

/* The answer; or NOT_YET: somebody has the task. */
static int64_t task_perform(struct task *task)
{
	switch (task->request.op) {
	case HD_EXCLUSIVE:
	case HD_SHARED:
		return task_sections(task);
	case HD_PUT:
	case HD_GET:
		return task_message(task);
	case HD_SET:
	case HD_CLEAR:
	case HD_WAIT:
		return task_event(task);
	case HD_YIELD:
		task_wake(task->loop, task, 0);
		return NOT_YET;
	case HD_SLEEP:
		if (task->request.timeout_ns <= 0)
			return 0;
		task_begin_timer(task);
		return NOT_YET;
	default:
		return wait_transfer(task);
	}
}

#define STACKLESS_OPS                                                                \
	(HD_THREAD_OPS | HD_CAN(HD_EXCLUSIVE) | HD_CAN(HD_SHARED) | HD_CAN(HD_PUT) | \
	 HD_CAN(HD_GET) | HD_CAN(HD_SET) | HD_CAN(HD_CLEAR) | HD_CAN(HD_WAIT))

#endif
