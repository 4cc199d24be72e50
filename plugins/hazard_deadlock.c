/* SPDX-License-Identifier: MIT */
/*
 * hazard-deadlock - wrong on purpose: a section holds two locks, its own and the next one's, as a transfer
 * between two accounts would.
 *
 * Where a workload has two locks, one thread takes 0 and then 1, another one 1 and then 0. Sooner or later
 * each holds one and waits for the other's, for ever; with more locks the circle is longer. The cure is
 * one order for all: `order=ascending` takes the lower number first, and nothing else is different. With
 * one lock there is nothing to go wrong.
 *
 * No config runs it that does not name it; `heddle run hazards` does.
 */
#include <heddle/plugin.h>
#include <heddle/threads.h>

struct lock {
	_Alignas(HD_APART) pthread_mutex_t mutex;
};

struct transfers {
	struct hd_crew crew;
	struct lock *locks;
	uint32_t count;
	int ascending;
};

/* A function of its own, so that stacks name it. */
static __attribute__((noinline)) void transfer(struct transfers *model,
                                               const struct hd_section *section)
{
	uint32_t first = section->lock, second = (section->lock + 1) % model->count;

	if (model->ascending && second < first) {
		second = first;
		first = 0; /* the next one of the last */
	}
	pthread_mutex_lock(&model->locks[first].mutex);
	sched_yield(); /* so that it does not take luck to come between */
	if (second != first)
		pthread_mutex_lock(&model->locks[second].mutex);
	hd_section_run(section);
	if (second != first)
		pthread_mutex_unlock(&model->locks[second].mutex);
	pthread_mutex_unlock(&model->locks[first].mutex);
}

static int64_t perform(void *state, struct hd_request *request)
{
	if (request->op != HD_EXCLUSIVE)
		return hd_thread_answer(request);
	for (uint64_t i = 0; i < request->times; i++)
		transfer(state, &request->section);
	return 0;
}

static void *work(void *seat)
{
	return hd_crew_work(seat, perform);
}

static void free_all(struct transfers *model)
{
	for (uint32_t i = 0; model->locks && i < model->count; i++)
		pthread_mutex_destroy(&model->locks[i].mutex);
	free(model->locks);
	free(model);
}

static int deadlock_open(const struct hd_host *host, void **state)
{
	struct transfers *model = calloc(1, sizeof *model);
	int error;

	if (!model)
		return -ENOMEM;
	model->count = host->locks;
	model->ascending = !strcmp(host->option_text(host, "order"), "ascending");
	model->locks = hd_calloc_apart(host->locks, sizeof *model->locks);
	for (uint32_t i = 0; model->locks && i < model->count; i++)
		pthread_mutex_init(&model->locks[i].mutex, NULL);
	error = model->locks ? hd_crew_open(&model->crew, host, work, model) : -ENOMEM;
	if (error)
		free_all(model);
	else
		*state = model;
	return error;
}

static void deadlock_close(void *state)
{
	struct transfers *model = state;

	hd_crew_close(&model->crew);
	free_all(model);
}

static const struct hd_option options[] = {
        {.name = "order",
         .kind = HD_OPTION_CHOICE,
         .text = "own-first",
         .choices = "own-first ascending",
         .help = "which of its two locks a section takes first; ascending is the cure"},
        {0},
};

HD_EXPORT const struct hd_model heddle_model = {
        .magic = HD_PLUGIN_MAGIC,
        .abi = HD_PLUGIN_ABI,
        .size = sizeof(struct hd_model),
        .option_size = sizeof(struct hd_option),
        .ops = HD_THREAD_OPS | HD_CAN(HD_EXCLUSIVE),
        .name = "hazard-deadlock",
        .summary = "wrong on purpose: two locks, taken in opposite order",
        .build = HD_BUILD,
        .options = options,
        .open = deadlock_open,
        .run = hd_crew_run,
        .close = deadlock_close,
};
