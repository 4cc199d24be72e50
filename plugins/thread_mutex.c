/* SPDX-License-Identifier: MIT */
/*
 * thread-mutex - threads that take jobs under a mutex and exclude each other by mutexes.
 *
 * The model that everybody knows, and therefore the baseline. A section is pthread_mutex_lock, the
 * work, pthread_mutex_unlock; `kind` chooses among the mutexes of POSIX. Queues and events are mutexes
 * with condition variables: see mutexes.h.
 */
#define _GNU_SOURCE /* PTHREAD_MUTEX_ADAPTIVE_NP */
#include "mutexes.h"

struct model {
	struct hd_crew crew; /* first: hd_crew_run() is handed the state */
	struct mutexes mutexes;
};

static inline int64_t perform(void *state, struct hd_request *request)
{
	return mutexes_answer(&((struct model *)state)->mutexes, request);
}

static void *work(void *seat)
{
	return hd_crew_work(seat, perform);
}

/* The mutex that the option `kind` names. 0 or an error number. */
static int choose(const struct hd_host *host, pthread_mutexattr_t *attr)
{
	const char *kind = host->option_text(host, "kind");

	if (!strcmp(kind, "adaptive"))
		return pthread_mutexattr_settype(attr, PTHREAD_MUTEX_ADAPTIVE_NP);
	if (!strcmp(kind, "errorcheck"))
		return pthread_mutexattr_settype(attr, PTHREAD_MUTEX_ERRORCHECK);
	if (!strcmp(kind, "priority-inherit"))
		return pthread_mutexattr_setprotocol(attr, PTHREAD_PRIO_INHERIT);
	return 0;
}

static int model_open(const struct hd_host *host, void **state)
{
	struct model *model = calloc(1, sizeof *model);
	int error;

	if (!model)
		return -ENOMEM;
	error = mutexes_open(&model->mutexes, host, choose);
	if (!error)
		error = hd_crew_open(&model->crew, host, work, model);
	if (!error) {
		*state = model;
		return 0;
	}
	mutexes_close(&model->mutexes);
	free(model);
	return error;
}

static void model_close(void *state)
{
	struct model *model = state;

	hd_crew_close(&model->crew);
	mutexes_close(&model->mutexes);
	free(model);
}

static const struct hd_option options[] = {
        {.name = "kind",
         .kind = HD_OPTION_CHOICE,
         .text = "normal",
         .choices = "normal adaptive errorcheck priority-inherit",
         .help = "the mutex around a section"},
        {0},
};

HD_EXPORT const struct hd_model heddle_model = {
        .magic = HD_PLUGIN_MAGIC,
        .abi = HD_PLUGIN_ABI,
        .size = sizeof(struct hd_model),
        .option_size = sizeof(struct hd_option),
        .ops = MUTEX_OPS,
        .name = "thread-mutex",
        .summary = "threads; a mutex around each section, condition variables for queues",
        .build = HD_BUILD,
        .options = options,
        .open = model_open,
        .run = hd_crew_run,
        .close = model_close,
};
