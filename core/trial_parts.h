/* SPDX-License-Identifier: MIT */
/* One trial under way, shared by trial.c (its order), trial_watch.c (looking) and trial_verdict.c.
 */
#ifndef HEDDLE_TRIAL_PARTS_H
#define HEDDLE_TRIAL_PARTS_H

#include "stagehand.h"
#include "trial.h"

/* What the slots said at one moment. */
struct look {
	uint64_t ns; /* the middle between the clock before and the clock after the slots */
	uint64_t ops;
};

/* What is read beside the windows at one moment. */
struct trial_surroundings {
	struct noise noise;
	struct schedstat queue;
	struct stagehand_strangers strangers;
	double frequency_hz;
	uint64_t ns;         /* when the two below were read */
	uint64_t between_ns; /* CPU time of what the stage did between passes */
	double cpu_ns;       /* of the model's processes, that included */
};

struct trial {
	const struct trial_spec *spec;
	const struct workload *workload;
	struct trial_result *result;
	struct workload_trial of_workload;
	struct arena arena;
	struct stagehand hand;
	struct quota_counts quota;
	bool tells_frequency; /* the machine: it takes long to find out that it does not */
	struct trial_surroundings before;
	struct workload_needs needed;
	bool hand_started, load_started;
	uint64_t *first_task_ops;
	struct look first, last;
	uint64_t planned_end_ns;        /* of the windows; 0: no plan */
	uint64_t progress, progress_ns; /* the last sum seen, and when it changed */
	uint64_t run_began_ns, measured_ns, warmup_ns;
};

/* trial_watch.c: each returns false where the trial ends there, for whatever reason. */

/* Lets time go by, `ns` at most. */
bool trial_wait(struct trial *, uint64_t ns);
/* Until every task was stepped, or no new one for a while: the iterative server steps one at a
 * time. */
bool trial_await_tasks(struct trial *);
/* start() has seen the connections made; the load is there when the first answer has come. */
bool trial_await_load(struct trial *);
/* Looks around at its end. */
bool trial_warm_up(struct trial *);
/* Looks at the slots window by window, and until enough whole passes were made. */
bool trial_measure(struct trial *);

/* trial_gauges.c. Nothing in it fails: what cannot be read is NAN. */

/* Of the case's PUs, in Hz. */
double trial_frequency(const struct trial *);
void trial_look_around(const struct trial *, struct trial_surroundings *);
/* What came between trial->before and then. */
void trial_take_gauges(struct trial *, const struct trial_surroundings *after);

/* trial_cpus.c: the first PU of the case that this process may not use any more, or -1. */
int trial_missing_cpu(const struct trial *);

/* trial_verdict.c: verifies, then makes numbers of what was seen. */
void trial_conclude(struct trial *);

#endif
