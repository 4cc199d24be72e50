/* SPDX-License-Identifier: MIT */
/* A plan that trials of journals may belong to. */
#ifndef HEDDLE_TESTS_FUZZ_PLAN_H
#define HEDDLE_TESTS_FUZZ_PLAN_H

#include <stdlib.h>

#include "config.h"
#include "fuzz_sweep.h"
#include "plan.h"

static struct {
	struct config config;
	struct topology topology;
	struct models models;
	struct plan plan;
} fuzz_made;

static inline void fuzz_free_plan(void)
{
	plan_free(&fuzz_made.plan);
	config_free(&fuzz_made.config);
	models_free(&fuzz_made.models);
	topology_free(&fuzz_made.topology);
}

/* Made once, it stays until the process ends. */
static inline const struct plan *fuzz_plan(void)
{
	static const char text[] =
	        "{ \"name\": \"fuzz\", \"models\": [\"serial\", \"thread-mutex\"], \"cores\": [2],"
	        "  \"workloads\": [{ \"workload\": \"counter\", \"batch\": [1, 64] }, { "
	        "\"workload\": \"echo\" }], \"sampling\": { \"rounds\": 6, \"target_ci_percent\": "
	        "5 "
	        "} }";
	struct problems problems = {0};

	if (fuzz_made.plan.count)
		return &fuzz_made.plan;
	fake_topology(&fuzz_made.topology, 1, 4, 1);
	fake_models(&fuzz_made.models);
	if (config_load(&fuzz_made.config, fuzz_file(1, text, sizeof(text) - 1), NULL, 0,
	                &problems) ||
	    plan_make(&fuzz_made.plan, &fuzz_made.config, &fuzz_made.models, &fuzz_made.topology,
	              NULL, fake_ask, NULL, &problems) ||
	    atexit(fuzz_free_plan))
		fuzz_fail(problems.count ? problems.lines[0] : "no plan");
	return &fuzz_made.plan;
}

#endif
