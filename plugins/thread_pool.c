/* SPDX-License-Identifier: MIT */
/*
 * thread-pool - threads that take jobs out of a queue, into which run() puts them one by one.
 *
 * What libraries call an executor: the queue is bounded, and both it and its threads outlive each run. Against
 * `thread-mutex`, whose threads find all jobs of a run lying there, each job costs a message, and a wake-up where
 * threads sleep; in return jobs may come at any time, from anybody. Sections, queues and events are the same.
 */
#include "mutexes.h"

#define QUEUE_JOBS 1024

struct pool {
	struct hd_crew crew;
	struct mutexes mutexes;
	struct mutex_queue jobs; /* of pointers; NULL: go home */
	int opened; /* under the crew's lock: the threads may go to the queue; before, they only close */
};

static int64_t perform(void *state, struct hd_request *request)
{
	return mutexes_answer(&((struct pool *)state)->mutexes, request);
}

static void put_job(struct pool *pool, const struct hd_job *job)
{
	uint64_t message = (uintptr_t)job;
	struct hd_request put = {.op = HD_PUT, .buf = &message, .times = 1, .timeout_ns = -1};

	mutex_put_or_get(&pool->jobs, &put);
}

static struct hd_job *get_job(struct pool *pool)
{
	uint64_t message = 0;
	struct hd_request get = {.op = HD_GET, .buf = &message, .times = 1, .timeout_ns = -1};

	mutex_put_or_get(&pool->jobs, &get);
	return (struct hd_job *)(uintptr_t)message;
}

static void settle(struct hd_crew *crew, int error)
{
	pthread_mutex_lock(&crew->lock);
	if (error)
		crew->error = error;
	hd_crew_settle(crew);
	pthread_mutex_unlock(&crew->lock);
}

/* Whether open() went well. */
static int await_opened(struct pool *pool)
{
	int opened;

	pthread_mutex_lock(&pool->crew.lock);
	while (!pool->opened && !pool->crew.closing)
		pthread_cond_wait(&pool->crew.go, &pool->crew.lock);
	opened = pool->opened;
	pthread_mutex_unlock(&pool->crew.lock);
	return opened;
}

static void *work(void *argument)
{
	struct hd_seat *seat = argument;
	struct pool *pool = seat->crew->state;
	const struct hd_host *host = seat->crew->host;
	struct hd_job *job;

	settle(&pool->crew, host->bind(host, seat->task % host->cores));
	if (!await_opened(pool))
		return NULL;
	while ((job = get_job(pool))) {
		hd_job_run(job, seat->task, pool, perform);
		settle(&pool->crew, 0);
	}
	return NULL;
}

static int pool_run(void *state, const struct hd_jobs *jobs)
{
	struct pool *pool = state;

	pthread_mutex_lock(&pool->crew.lock);
	pool->crew.pending = jobs->count;
	pthread_mutex_unlock(&pool->crew.lock);
	for (uint64_t i = 0; i < jobs->count; i++)
		put_job(pool, hd_job_at(jobs, i));
	hd_crew_wait(&pool->crew);
	return 0;
}

static void free_all(struct pool *pool)
{
	mutex_queue_close(&pool->jobs);
	mutexes_close(&pool->mutexes);
	free(pool);
}

static void pool_close(void *state)
{
	struct pool *pool = state;

	for (uint32_t i = 0; i < pool->crew.threads; i++)
		put_job(pool, NULL);
	hd_crew_close(&pool->crew);
	free_all(pool);
}

static int pool_open(const struct hd_host *host, void **state)
{
	struct pool *pool = hd_calloc_apart(1, sizeof *pool);
	int error;

	if (!pool)
		return -ENOMEM;
	error = mutex_queue_open(&pool->jobs, QUEUE_JOBS);
	if (!error)
		error = mutexes_open(&pool->mutexes, host, NULL);
	if (!error)
		error = hd_crew_open(&pool->crew, host, work, pool);
	if (error) {
		free_all(pool);
		return error;
	}
	pthread_mutex_lock(&pool->crew.lock);
	pool->opened = 1;
	pthread_cond_broadcast(&pool->crew.go);
	pthread_mutex_unlock(&pool->crew.lock);
	*state = pool;
	return 0;
}

HD_EXPORT const struct hd_model heddle_model = {
        .magic = HD_PLUGIN_MAGIC,
        .abi = HD_PLUGIN_ABI,
        .size = sizeof(struct hd_model),
        .option_size = sizeof(struct hd_option),
        .ops = MUTEX_OPS,
        .name = "thread-pool",
        .summary = "threads fed through a queue of jobs; a mutex around each section",
        .build = HD_BUILD,
        .open = pool_open,
        .run = pool_run,
        .close = pool_close,
};
