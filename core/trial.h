/* SPDX-License-Identifier: MIT */
/*
 * One trial from outside: makes the arena, has a stage started, waits until its tasks have stepped, warms
 * up, looks at their counters window by window, stops them, verifies what they did, and gives a verdict.
 */
#ifndef HEDDLE_TRIAL_H
#define HEDDLE_TRIAL_H

#include <stdbool.h>
#include <stdint.h>

#include "config.h"
#include "error.h"
#include "keeper.h"
#include "noise.h"
#include "objects.h"
#include "per_op.h"
#include "stagehand.h"
#include "standstill.h"
#include "status.h"
#include "workload.h"

struct trial_spec {
	struct workload_case kase;
	const char *plugin_path;
	uint64_t plugin_hash;                 /* of the file that was described; 0: not checked */
	const struct hd_option *option_specs; /* of the model; ends with {0} */
	const struct value *options;          /* one for each */
	const int *cpus;                      /* kase.cores of them */
	struct sampling sampling;
	uint32_t memory_mib; /* that its processes may hold together; 0: no limit */
	uint32_t threads;    /* that they may have together; 0: no limit */
	uint32_t timeout_s;  /* without progress, or over the plan; 0: no deadline */
	uint64_t seed;
	bool unverified; /* the model does nothing, and that is meant */
	struct scratch *scratch;
	const char *wrap; /* as in keeper_stage */
	/* What the stage has mapped once its tasks have stepped goes here, where they are not NULL. */
	struct objects *objects;
	struct object_set *object_set;
	bool (*interrupted)(void *context); /* asked often; true ends the trial. May be NULL */
	/* Told now and then how much of a finite workload's pass is done, 0 ... 1. May be NULL. */
	void (*share_of_pass)(void *context, double fraction);
	void *context;
};

enum { TRIAL_PROBES = 24 };

/* One trial of a search. */
struct trial_probe {
	double rate;               /* that was planned; 0: a closed loop */
	double achieved, response; /* in the units of their metrics; NAN: not measured */
	bool held;                 /* the goal; not told of a closed loop */
};

struct trial_result {
	enum status status;
	bool interrupted; /* by the caller: not the case's fault, not to be recorded */
	char reason[ARENA_REASON_BYTES];     /* "" where status is OK */
	char note[ARENA_REASON_BYTES];       /* of the workload, or "" */
	char model_note[ARENA_REASON_BYTES]; /* of the model, or "" */
	char changed[ARENA_REASON_BYTES];    /* what the model changed about its process, or "" */
	char output[STAGEHAND_OUTPUT];       /* the last that its processes printed, or "" */
	uint32_t left_behind; /* processes that were there after its end, and were ended */
	double metrics
	        [WORKLOAD_METRICS];    /* NAN: not measured; all of them where status is not OK */
	double per_op[PER_OP_METRICS]; /* the same of per_op.h */
	double gauges[GAUGES];         /* during the windows; NAN: not measured */
	const char *threads_unknown;   /* why its threads were not: a constant, or NULL */
	uint64_t elapsed_ns;           /* the whole trial, verification included */
	uint64_t overhead_ns;          /* of it: not warm-up, not windows or passes */
	double whole_rate; /* ops over time from the first window's begin to the last's end */
	uint32_t windows;  /* that were seen */
	uint64_t *window_ns, *window_ops; /* as the clock said, not as was planned */
	uint32_t tasks, stepped;          /* in_flight; how many were stepped before the warm-up */
	uint64_t *task_ops;     /* in all windows, `tasks` of them; per generator thread never */
	uint64_t passes;        /* whole ones that were measured, of a finite workload */
	double cpu_ns;          /* of the model's processes during the windows; NAN */
	double peak_bytes;      /* resident memory of the same; NAN */
	double late_ns;         /* by how much the latest look came after its time */
	struct noise noise;     /* from before the first window to after the last */
	struct keeper_end used; /* by the stage, once it has ended; zero before */
	struct fault *fault;    /* where a process of it died; NULL: none did, or it is not known */
	struct standstill
	        *standstill;  /* what its threads waited for, where it timed out; else NULL */
	uint32_t probe_count; /* 0 where nothing was searched for, see search.h */
	struct trial_probe probes[TRIAL_PROBES];
};

/* As it is before anything was measured: all of it zero or NAN. */
void trial_result_init(struct trial_result *);
/* Runs one. Never fails by itself: what goes wrong is the status. Free the result in any case. */
void trial_run(const struct trial_spec *, struct keeper *, struct trial_result *);
void trial_free(struct trial_result *);

#endif
