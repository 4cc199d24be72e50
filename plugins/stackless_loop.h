/* SPDX-License-Identifier: MIT */
/* The jobs, the turns and the threads of loops without stacks; what includes it comes after its own part: see stackless.h. */
#ifndef HEDDLE_STACKLESS_LOOP_H
#define HEDDLE_STACKLESS_LOOP_H

#include "stackless.h"

/* ---- Jobs --------------------------------------------------------------------------------------- */

/* The next job's first step. False: there is none. */
static bool task_take_job(struct task *task)
{
	struct model *model = task->loop->model;
	uint64_t next = atomic_fetch_add(&model->next_job, 1);

	task->job = NULL;
	if (next >= model->jobs->count)
		return false;
	task->job = hd_job_at(model->jobs, next);
	task->job->task = task->number;
	task->job->step(task->job, 0, &task->request);
	return true;
}

static inline int64_t task_deadline(const struct hd_request *request)
{
	const uint64_t wait = HD_CAN(HD_READ) | HD_CAN(HD_WRITE) | HD_CAN(HD_ACCEPT) |
	                      HD_CAN(HD_SLEEP) | HD_CAN(HD_PUT) | HD_CAN(HD_GET) | HD_CAN(HD_WAIT);

	if (!(HD_CAN(request->op) & wait) || request->timeout_ns < 0)
		return INT64_MAX;
	return hd_deadline_ns(request->timeout_ns);
}

/* Steps the task's job, and the jobs after it, until one has to wait. */
static void task_resume(struct task *task, int64_t answer)
{
	if (task->timed)
		wait_stop_timer(task);
	task->timed = false;
	for (int i = 0; i < BURST; i++) {
		if (task->job)
			task->job->step(task->job, answer, &task->request);
		while (!task->job || task->request.op == HD_DONE)
			if (!task_take_job(task)) {
				task->loop->living--;
				return;
			}
		task->deadline_ns = task_deadline(&task->request);
		answer = task_perform(task);
		if (answer == NOT_YET)
			return;
	}
	task_wake(task->loop, task, answer);
}

/* The timer's end; but for a transfer, which is the waiting side's. Who has been woken meanwhile goes on as such. */
static void task_expire(struct task *task)
{
	struct waiting *waits = task->waits;
	bool listed;

	task->timed = false;
	if (task->request.op == HD_SLEEP) {
		task_resume(task, 0);
		return;
	}
	pthread_mutex_lock(&waits->lock);
	listed = task->listed;
	if (listed)
		tasks_remove(&waits->lists[task->request.op == HD_GET], task);
	task->listed = false;
	pthread_mutex_unlock(&waits->lock);
	if (listed)
		task_resume(task, -ETIMEDOUT);
}

/* All that are ready now; YIELD may ask for several turns. */
static void loop_turn(struct loop *loop)
{
	struct tasks ready = loop->ready;
	struct task *task;

	loop->ready = (struct tasks){0};
	while ((task = tasks_take(&ready))) {
		int64_t answer = task->answer;

		if (task->job && task->request.op == HD_YIELD && --task->request.times) {
			tasks_append(&loop->ready, task);
			continue;
		}
		if (answer == NOT_YET)
			answer = task_perform(task);
		if (answer != NOT_YET)
			task_resume(task, answer);
	}
}

static void loop_open_inbox(struct loop *loop)
{
	struct tasks woken;
	struct task *task;

	pthread_mutex_lock(&loop->inbox_lock);
	woken = loop->inbox;
	loop->inbox = (struct tasks){0};
	pthread_mutex_unlock(&loop->inbox_lock);
	while ((task = tasks_take(&woken)))
		tasks_append(&loop->ready, task);
}

static void loop_run(struct loop *loop)
{
	loop->living = loop->count;
	for (uint32_t i = 0; i < loop->count; i++) {
		loop->tasks[i].job = NULL;
		task_wake(loop, &loop->tasks[i], 0);
	}
	while (loop->living) {
		loop_open_inbox(loop);
		for (int turn = 0; turn < TURNS && loop->ready.first; turn++)
			loop_turn(loop);
		if (loop->living)
			wait_poll(loop, !loop->ready.first);
	}
}

static void *loop_main(void *argument)
{
	struct loop *loop = argument;
	struct model *model = loop->model;
	bool closing;
	int error;

	pthread_mutex_lock(&model->opening);
	closing = model->closing;
	pthread_mutex_unlock(&model->opening);
	if (closing)
		return NULL;
	error = model->host->bind(model->host, loop->index);
	if (!error)
		error = wait_enter(loop);
	if (error)
		model->error = error;
	for (pthread_barrier_wait(&model->gate);; pthread_barrier_wait(&model->gate)) {
		pthread_barrier_wait(&model->gate);
		if (model->closing)
			return NULL;
		loop_run(loop);
	}
}

static int stackless_run(void *state, const struct hd_jobs *jobs)
{
	struct model *model = state;

	model->jobs = jobs;
	model->next_job = 0;
	pthread_barrier_wait(&model->gate);
	pthread_barrier_wait(&model->gate);
	return 0;
}

/* ---- Opening and closing ------------------------------------------------------------------------ */

static void model_free(struct model *model)
{
	const struct hd_host *host = model->host;

	for (uint32_t i = 0; model->loops && i < model->loop_count; i++) {
		wait_close(&model->loops[i]);
		free(model->loops[i].tasks);
	}
	for (uint32_t i = 0; model->queues && i < host->queues; i++)
		hd_ring_close(&model->queues[i].ring);
	free(model->loops);
	free(model->locks);
	free(model->queues);
	free(model->events);
	free(model);
}

static void stackless_close(void *state)
{
	struct model *model = state;

	model->closing = true;
	pthread_barrier_wait(&model->gate);
	for (uint32_t i = 0; i < model->loop_count; i++)
		pthread_join(model->loops[i].thread, NULL);
	pthread_barrier_destroy(&model->gate);
	model_free(model);
}

static int loop_open(struct model *model, uint32_t index)
{
	struct loop *loop = &model->loops[index];
	uint32_t loops = model->loop_count;

	loop->model = model;
	loop->index = index;
	loop->count = (model->host->in_flight - index + loops - 1) / loops;
	loop->tasks = hd_calloc_apart(loop->count, sizeof *loop->tasks);
	if (!loop->tasks)
		return -ENOMEM;
	pthread_mutex_init(&loop->inbox_lock, NULL);
	for (uint32_t i = 0; i < loop->count; i++) {
		loop->tasks[i].number = index + i * loops;
		loop->tasks[i].loop = loop;
	}
	return wait_open(loop);
}

static int threads_start(struct model *model)
{
	uint32_t started = 0;
	int error = 0;

	pthread_barrier_init(&model->gate, NULL, model->loop_count + 1);
	pthread_mutex_init(&model->opening, NULL);
	pthread_mutex_lock(&model->opening);
	for (; !error && started < model->loop_count; started += !error)
		error = hd_thread_start(&model->loops[started].thread, loop_main,
		                        &model->loops[started]);
	model->closing = error != 0;
	pthread_mutex_unlock(&model->opening);
	if (!error) {
		pthread_barrier_wait(&model->gate);
		return 0;
	}
	model->host->fail(model->host, "a thread could not be started");
	while (started)
		pthread_join(model->loops[--started].thread, NULL);
	pthread_barrier_destroy(&model->gate);
	return error;
}

static int model_make(struct model *model)
{
	const struct hd_host *host = model->host;
	int error = 0;

	model->loop_count = host->cores < host->in_flight ? host->cores : host->in_flight;
	model->loops = hd_calloc_apart(model->loop_count, sizeof *model->loops);
	model->locks = hd_calloc_apart(host->locks, sizeof *model->locks);
	model->queues = hd_calloc_apart(host->queues, sizeof *model->queues);
	model->events = hd_calloc_apart(host->events, sizeof *model->events);
	if (!model->loops || !model->locks || !model->queues || !model->events)
		return -ENOMEM;
	for (uint32_t i = 0; i < host->locks; i++)
		pthread_mutex_init(&model->locks[i].mutex, NULL);
	for (uint32_t i = 0; i < host->events; i++)
		pthread_mutex_init(&model->events[i].lock, NULL);
	for (uint32_t i = 0; !error && i < host->queues; i++) {
		pthread_mutex_init(&model->queues[i].lock, NULL);
		error = hd_ring_open(&model->queues[i].ring, host->queue_capacity);
	}
	for (uint32_t i = 0; !error && i < model->loop_count; i++)
		error = loop_open(model, i);
	return error ? error : threads_start(model);
}

static int stackless_open(const struct hd_host *host, void **state)
{
	struct model *model = calloc(1, sizeof *model);
	int error;

	if (!model)
		return -ENOMEM;
	model->host = host;
	error = model_make(model);
	if (error) {
		model_free(model);
		return error;
	}
	error = model->error;
	*state = model;
	if (!error)
		return 0;
	host->fail(host, "a thread could not get ready on its core");
	stackless_close(model);
	return error;
}

#endif
