/* SPDX-License-Identifier: MIT */
/*
 * openmp - a parallel region of `in_flight` threads, which take jobs from a loop one by one.
 *
 * run() is three lines: the runtime keeps the threads between runs and deals the jobs out (schedule(dynamic, 1)). A
 * section stands under an omp_lock_t: gcc's runtime spins on it first and sleeps later. Good for loops, whose body
 * is all there is to write. OpenMP has no queues and no events: these are the ones of `thread-mutex`.
 */
#include "mutexes.h"

#include <omp.h>

struct lock {
	_Alignas(HD_APART) omp_lock_t lock;
};

struct model {
	const struct hd_host *host;
	struct mutexes mutexes;
	struct lock *locks;
};

static int64_t sections(struct model *model, const struct hd_request *request)
{
	struct hd_section section = request->section;
	omp_lock_t *lock = &model->locks[section.lock].lock;
	int64_t torn = 0;

	for (uint64_t times = request->times; times; times--) {
		omp_set_lock(lock);
		if (request->op == HD_SHARED)
			torn += (int64_t)hd_section_read(&section);
		else
			hd_section_run(&section);
		omp_unset_lock(lock);
	}
	return torn;
}

static int64_t perform(void *state, struct hd_request *request)
{
	struct model *model = state;

	if (request->op == HD_EXCLUSIVE || request->op == HD_SHARED)
		return sections(model, request);
	return mutexes_answer(&model->mutexes, request);
}

/* The threads are the runtime's, which may take others for the next region: each region binds its own. */
static int model_run(void *state, const struct hd_jobs *jobs)
{
	struct model *model = state;
	const struct hd_host *host = model->host;
	int error = 0;

#pragma omp parallel num_threads((int)host->in_flight) reduction(min : error)
	{
		uint32_t task = (uint32_t)omp_get_thread_num();

		error = host->bind(host, task % host->cores);
#pragma omp for schedule(dynamic, 1)
		for (uint64_t i = 0; i < jobs->count; i++)
			hd_job_run(hd_job_at(jobs, i), task, model, perform);
	}
	if (error)
		host->fail(host, "a thread could not be bound to its core");
	return error;
}

static void free_all(struct model *model)
{
	mutexes_close(&model->mutexes);
	free(model->locks);
	free(model);
}

static void model_close(void *state)
{
	struct model *model = state;

	for (uint32_t i = 0; i < model->host->locks; i++)
		omp_destroy_lock(&model->locks[i].lock);
	free_all(model);
#ifndef __clang__ /* whose runtime loses 3 KB whenever it is begun anew: there the threads stay */
	omp_pause_resource_all(omp_pause_hard);
#endif
}

static int model_open(const struct hd_host *host, void **state)
{
	struct model *model = calloc(1, sizeof *model);
	int error;

	if (!model)
		return -ENOMEM;
	model->host = host;
	model->locks = hd_calloc_apart(host->locks, sizeof *model->locks);
	error = model->locks ? mutexes_open(&model->mutexes, host, NULL) : -ENOMEM;
	if (error) {
		free_all(model);
		return error;
	}
	for (uint32_t i = 0; i < host->locks; i++)
		omp_init_lock(&model->locks[i].lock);
	omp_set_dynamic(0); /* as many threads as asked for, also on fewer cores */
	*state = model;
	return 0;
}

HD_EXPORT const struct hd_model heddle_model = {
        .magic = HD_PLUGIN_MAGIC,
        .abi = HD_PLUGIN_ABI,
        .size = sizeof(struct hd_model),
        .option_size = sizeof(struct hd_option),
        .ops = MUTEX_OPS,
        .name = "openmp",
        .summary = "a parallel loop over the jobs; an omp_lock_t around each section",
        .build = HD_BUILD,
        .open = model_open,
        .run = model_run,
        .close = model_close,
};
