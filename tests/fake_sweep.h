/* SPDX-License-Identifier: MIT */
/*
 * A machine and a catalogue of models that exist only in the test, so that what is said of a config
 * does not depend on where the test runs, and no plugin is loaded.
 */
#ifndef HEDDLE_TESTS_FAKE_SWEEP_H
#define HEDDLE_TESTS_FAKE_SWEEP_H

#include <check.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "models.h"
#include "topology.h"

/* Packages of `cores` cores of `threads` PUs, numbered as most machines do: siblings come last. */
static inline void fake_topology(struct topology *topology, int packages, int cores, int threads)
{
	int all = packages * cores, pus = all * threads;

	*topology = (struct topology){.packages = packages,
	                              .numa_nodes = packages,
	                              .cores = all,
	                              .pus = pus,
	                              .kinds = 1,
	                              .cores_usable = all,
	                              .pus_usable = pus,
	                              .pus_in_cpuset = pus,
	                              .is_this_system = true,
	                              .cpu_quota = NAN};
	topology->usable = calloc((size_t)pus, sizeof(*topology->usable));
	topology->spread = calloc((size_t)pus, sizeof(*topology->spread));
	ck_assert(topology->usable && topology->spread);
	for (int i = 0; i < pus; i++) {
		int core = i % all;

		topology->usable[i] = (struct topology_pu){.os_index = i,
		                                           .core = core,
		                                           .package = core / cores,
		                                           .numa = core / cores,
		                                           .kind = -1,
		                                           .sibling = i / all};
		topology->spread[i] = i / all * all + core % packages * cores + core / packages;
	}
	if (pus == 1)
		snprintf(topology->cpuset, sizeof(topology->cpuset), "0");
	else
		snprintf(topology->cpuset, sizeof(topology->cpuset), "0-%d", pus - 1);
}

#define FAKE_ALL_OPS                                                                     \
	(HD_CAN(HD_EXCLUSIVE) | HD_CAN(HD_READ) | HD_CAN(HD_WRITE) | HD_CAN(HD_ACCEPT) | \
	 HD_CAN(HD_YIELD) | HD_CAN(HD_PUT) | HD_CAN(HD_GET))

static inline struct model *fake_model(struct models *models, const char *name,
                                       const struct hd_option *options)
{
	struct model *model = calloc(1, sizeof(*model));

	models->items = realloc(models->items, (models->count + 1) * sizeof(*models->items));
	ck_assert(model && models->items);
	models->items[models->count++] = model;
	snprintf(model->name, sizeof(model->name), "%s", name);
	snprintf(model->info.name, sizeof(model->info.name), "%s", name);
	model->path = strdup(name);
	model->info.ops = FAKE_ALL_OPS;
	for (size_t i = 0; options && options[i].name; i++)
		model->options[i] = options[i];
	return model;
}

/* Sorted by name, like the real ones. */
static inline void fake_models(struct models *models)
{
	static const struct hd_option coroutine[] = {
	        {.name = "stack_kib", .kind = HD_OPTION_INT, .value = 64, .min = 16, .max = 1024},
	        {.name = "io",
	         .kind = HD_OPTION_CHOICE,
	         .text = "auto",
	         .choices = "auto io_uring epoll"},
	        {.name = "guard", .kind = HD_OPTION_FLAG, .value = 1},
	        {0}};
	static const struct hd_option pool[] = {{.name = "exclusion",
	                                         .kind = HD_OPTION_CHOICE,
	                                         .text = "queue",
	                                         .choices = "queue mutex"},
	                                        {.name = "queue",
	                                         .kind = HD_OPTION_CHOICE,
	                                         .text = "ring",
	                                         .choices = "ring pipe mqueue"},
	                                        {0}};
	static const struct hd_option semaphore[] = {
	        {.name = "threads",
	         .kind = HD_OPTION_CHOICE,
	         .text = "pool",
	         .choices = "pool per-job"},
	        {.name = "trace", .kind = HD_OPTION_TEXT, .text = ""},
	        {0}};
	static const struct hd_option mutex[] = {
	        {.name = "kind",
	         .kind = HD_OPTION_CHOICE,
	         .text = "normal",
	         .choices = "normal adaptive errorcheck priority-inherit"},
	        {0}};
	struct model *model;

	*models = (struct models){0};
	model = fake_model(models, "broken", NULL);
	model->status = STATUS_CRASHED;
	snprintf(model->reason, sizeof(model->reason), "its constructor died of signal 11");
	fake_model(models, "coroutine", coroutine);
	fake_model(models, "empty", NULL);
	model = fake_model(models, "lock-only", NULL);
	model->info.ops = HD_CAN(HD_EXCLUSIVE) | HD_CAN(HD_YIELD);
	fake_model(models, "process-pool", pool);
	fake_model(models, "semaphore", semaphore);
	fake_model(models, "serial", NULL);
	fake_model(models, "thread-mutex", mutex);
	model = fake_model(models, "uring", NULL);
	snprintf(model->info.unsupported, sizeof(model->info.unsupported),
	         "kernel has no io_uring");
	models->missing = calloc(1, sizeof(*models->missing));
	ck_assert(models->missing);
	models->missing_count = 1;
	snprintf(models->missing->name, sizeof(models->missing->name), "fibers");
	snprintf(models->missing->reason, sizeof(models->missing->reason),
	         "not built: needs Boost.Context");
}

/* What plan_make asks with: counts how often. */
static inline void fake_ask(struct model *model, void *context)
{
	ck_assert(!model->asked);
	model->asked = true;
	if (context)
		++*(int *)context;
}

#endif
