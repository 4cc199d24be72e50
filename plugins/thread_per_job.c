/* SPDX-License-Identifier: MIT */
/*
 * thread-per-job - a thread is made for each job and ends with it, `in_flight` of them at a time.
 *
 * The server of textbooks, which starts a thread for each connection. Its making and its end lie inside what is
 * measured, and so does bind(), which gives it a core and a stack to tell its death from: a quarter of a job that
 * does nothing. Good where a job takes milliseconds, and where a fresh stack and nothing left over are worth more
 * than that. Sections, queues and events are those of `thread-mutex`.
 *
 * What lost: detached threads, of which nobody knows when their memory is free again.
 */
#include "mutexes.h"

struct model;

struct seat {
	struct model *model;
	struct hd_job *job;
	struct seat *next; /* that is free */
	uint32_t task;
	int to_join; /* a thread has sat here */
	pthread_t thread;
};

struct model {
	const struct hd_host *host;
	struct mutexes mutexes;
	struct seat *seats;
	pthread_mutex_t lock; /* of all below */
	pthread_cond_t freed;
	struct seat *free;
	int error; /* the first one of a thread that could not be bound */
};

static int64_t perform(void *state, struct hd_request *request)
{
	return mutexes_answer(&((struct model *)state)->mutexes, request);
}

static void *work(void *argument)
{
	struct seat *seat = argument;
	struct model *model = seat->model;
	int error = model->host->bind(model->host, seat->task % model->host->cores);

	if (!error)
		hd_job_run(seat->job, seat->task, model, perform);
	pthread_mutex_lock(&model->lock);
	if (error && !model->error)
		model->error = error;
	seat->next = model->free;
	model->free = seat;
	pthread_cond_signal(&model->freed);
	pthread_mutex_unlock(&model->lock);
	return NULL;
}

static void leave(struct seat *seat)
{
	if (seat->to_join)
		pthread_join(seat->thread, NULL);
	seat->to_join = 0;
}

static struct seat *take_seat(struct model *model)
{
	struct seat *seat;

	pthread_mutex_lock(&model->lock);
	while (!model->free)
		pthread_cond_wait(&model->freed, &model->lock);
	seat = model->free;
	model->free = seat->next;
	pthread_mutex_unlock(&model->lock);
	leave(seat);
	return seat;
}

static int start(struct model *model, struct hd_job *job)
{
	struct seat *seat = take_seat(model);
	int error;

	seat->job = job;
	error = hd_thread_start(&seat->thread, work, seat);
	if (!error) {
		seat->to_join = 1;
		return 0;
	}
	model->host->fail(model->host, "a thread could not be started");
	pthread_mutex_lock(&model->lock);
	seat->next = model->free;
	model->free = seat;
	pthread_mutex_unlock(&model->lock);
	return error;
}

static int model_run(void *state, const struct hd_jobs *jobs)
{
	struct model *model = state;
	int error = 0;

	for (uint64_t i = 0; i < jobs->count && !error; i++)
		error = start(model, hd_job_at(jobs, i));
	for (uint32_t i = 0; i < model->host->in_flight; i++)
		leave(&model->seats[i]);
	if (model->error)
		model->host->fail(model->host, "a thread could not be bound to its core");
	return error ? error : model->error;
}

static void model_close(void *state)
{
	struct model *model = state;

	pthread_cond_destroy(&model->freed);
	pthread_mutex_destroy(&model->lock);
	mutexes_close(&model->mutexes);
	free(model->seats);
	free(model);
}

static int model_open(const struct hd_host *host, void **state)
{
	struct model *model = calloc(1, sizeof *model);
	int error;

	if (!model)
		return -ENOMEM;
	model->host = host;
	pthread_mutex_init(&model->lock, NULL);
	pthread_cond_init(&model->freed, NULL);
	model->seats = calloc(host->in_flight, sizeof *model->seats);
	error = model->seats ? mutexes_open(&model->mutexes, host, NULL) : -ENOMEM;
	if (error) {
		model_close(model);
		return error;
	}
	for (uint32_t i = host->in_flight; i--; model->free = &model->seats[i])
		model->seats[i] = (struct seat){.model = model, .task = i, .next = model->free};
	*state = model;
	return 0;
}

HD_EXPORT const struct hd_model heddle_model = {
        .magic = HD_PLUGIN_MAGIC,
        .abi = HD_PLUGIN_ABI,
        .size = sizeof(struct hd_model),
        .option_size = sizeof(struct hd_option),
        .ops = MUTEX_OPS,
        .name = "thread-per-job",
        .summary = "a new thread for each job; a mutex around each section",
        .build = HD_BUILD,
        .open = model_open,
        .run = model_run,
        .close = model_close,
};
