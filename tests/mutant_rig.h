/* SPDX-License-Identifier: MIT */
/* Short trials of one workload: all of our models must be right, and what a mutant does wrong must be found. */
#ifndef HEDDLE_TESTS_MUTANT_RIG_H
#define HEDDLE_TESTS_MUTANT_RIG_H

#include "trial_rig.h"

/* Those that interpret every request and have other tasks to run while one waits. */
static const char *const concurrent_models[] = {"thread-mutex", "semaphore", "process-pool",
                                                "coroutine", NULL};

static inline void rig_prepare_model(struct rig *rig, const char *model, const char *workload)
{
	char path[512];

	snprintf(path, sizeof(path), "%s/%s.so",
	         strncmp(model, "mutant-", 7) ? MODEL_PLUGIN_DIR : BROKEN_DIR, model);
	rig_prepare(rig, path, workload);
	rig->spec.timeout_s = 5;
}

static inline void rig_expect_right(struct rig *rig)
{
	rig_run(rig);
	rig_assert_status(rig, STATUS_OK);
}

/* `words` must stand in the reason. */
static inline void rig_expect(struct rig *rig, enum status status, const char *words)
{
	rig_run(rig);
	rig_assert_status(rig, status);
	ck_assert_msg(strstr(rig->result.reason, words), "\"%s\" is not in \"%s\"", words,
	              rig->result.reason);
}

static inline double rig_metric(const struct rig *rig, const char *name)
{
	const struct workload_metric *metrics = rig->spec.kase.workload->metrics;

	for (int i = 0; metrics[i].name; i++)
		if (strcmp(metrics[i].name, name) == 0)
			return rig->result.metrics[i];
	ck_abort_msg("no metric %s", name);
	return 0;
}

#endif
