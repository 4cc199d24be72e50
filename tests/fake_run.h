/* SPDX-License-Identifier: MIT */
/* A plan of a config that stands in the test, on a machine and with models that exist only there.
 */
#ifndef HEDDLE_TESTS_FAKE_RUN_H
#define HEDDLE_TESTS_FAKE_RUN_H

#include "fake_sweep.h"
#include "fake_tree.h"
#include "plan.h"
#include "result.h"

struct fake_run {
	char root[FAKE_TREE_PATH], journal_path[128], result_path[128];
	struct topology topology;
	struct models models;
	struct config config;
	struct plan plan;
	struct machine machine;
	struct journal journal;
	struct result_run facts;
	struct hd_error err;
};

static inline void fake_run_open(struct fake_run *run, const char *config)
{
	struct problems problems = {0};
	struct plan_filter filter = {0};
	char path[128];

	memset(run, 0, sizeof(*run));
	fake_tree_make(run->root);
	fake_tree_put(run->root, "config.json", config);
	snprintf(path, sizeof(path), "%s/config.json", run->root);
	snprintf(run->result_path, sizeof(run->result_path), "%s/result.json", run->root);
	snprintf(run->journal_path, sizeof(run->journal_path), "%s/result.json.journal", run->root);
	fake_topology(&run->topology, 1, 4, 1);
	fake_models(&run->models);
	if (config_load(&run->config, path, NULL, 0, &problems) == 0)
		plan_make(&run->plan, &run->config, &run->models, &run->topology, &filter, fake_ask,
		          NULL, &problems);
	ck_assert_msg(problems.count == 0, "%s", problems.count ? problems.lines[0] : "");
	problems_free(&problems);
	run->machine = (struct machine){.memory_bytes = 1 << 30,
	                                .clock_read_ns = 25,
	                                .at_start = {NAN, NAN, NAN},
	                                .at_end = {NAN, NAN, NAN}};
	run->facts = (struct result_run){.status = "complete",
	                                 .started = "2026-01-31T12:00:00Z",
	                                 .seed = 42,
	                                 .rounds = 6,
	                                 .elapsed_s = 12.5,
	                                 .machine = &run->machine,
	                                 .topology = &run->topology,
	                                 .models = &run->models};
	ck_assert_msg(
	        journal_open(&run->journal, run->journal_path, &run->plan, false, &run->err) == 0,
	        "%s", run->err.text);
}

/* The case of this name. */
static inline size_t fake_run_case(const struct fake_run *run, const char *wanted)
{
	char name[PLAN_NAME];

	for (size_t i = 0; i < run->plan.count; i++)
		if (strcmp(plan_case_name(&run->plan.cases[i], name), wanted) == 0)
			return i;
	ck_abort_msg("no case %s", wanted);
	return 0;
}

/* A trial that went well, with this rate. Free it with trial_free(). */
static inline struct trial_result fake_trial(double rate)
{
	struct trial_result trial;

	trial_result_init(&trial);
	trial.windows = 6;
	trial.tasks = trial.stepped = 2;
	trial.whole_rate = rate;
	trial.cpu_ns = 1e6;
	trial.elapsed_ns = 40000000;
	trial.metrics[0] = rate;
	trial.window_ns = calloc(trial.windows, sizeof(uint64_t));
	trial.window_ops = calloc(trial.windows, sizeof(uint64_t));
	trial.task_ops = calloc(trial.tasks, sizeof(uint64_t));
	for (uint32_t i = 0; i < trial.windows; i++) {
		trial.window_ns[i] = 1000000;
		trial.window_ops[i] = (uint64_t)(rate / 1000);
	}
	return trial;
}

static inline void fake_run_add(struct fake_run *run, size_t index, uint32_t round,
                                struct trial_result trial)
{
	ck_assert_msg(
	        journal_append(&run->journal, &run->plan, index, round, 1, &trial, &run->err) == 0,
	        "%s", run->err.text);
	trial_free(&trial);
}

/* A failed trial. */
static inline struct trial_result fake_failure(enum status status, const char *reason)
{
	struct trial_result trial;

	trial_result_init(&trial);
	trial.status = status;
	snprintf(trial.reason, sizeof(trial.reason), "%s", reason);
	return trial;
}

static inline void fake_run_close(struct fake_run *run)
{
	journal_close(&run->journal, true);
	plan_free(&run->plan);
	config_free(&run->config);
	models_free(&run->models);
	topology_free(&run->topology);
	fake_tree_remove(run->root);
}

#endif
