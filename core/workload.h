/* SPDX-License-Identifier: MIT */
/*
 * What a workload is: one const struct and one file in workloads/. Adding one is a file and a row in
 * workload.c; every model ever compiled runs it.
 *
 * Parts of a workload run in different processes. "core" below is the program that the user started,
 * "stage" the fresh process that loads the plugin. They share the arena and nothing else.
 */
#ifndef HEDDLE_WORKLOAD_H
#define HEDDLE_WORKLOAD_H

#include <stdbool.h>
#include <stdint.h>

#include "arena.h"
#include "error.h"
#include "heddle/plugin.h"
#include "option.h"

struct workload;
struct scratch;

/* What a workload is told of the case it is to run. */
struct workload_case {
	const struct workload *workload;
	const struct value *params; /* one for each of workload->params: every value in force */
	uint32_t cores;             /* that the model has */
	const int *generator_cpus;  /* OS indexes of the PUs that the load generator has */
	uint32_t generator_cores;
	uint32_t drain_ms; /* longest wait for what is still owed after the stop */
};

/* What a case of this workload takes. Zeroed before it is asked for. */
struct workload_needs {
	uint32_t in_flight; /* tasks */
	uint32_t locks, queues, queue_capacity, events;
	uint32_t generator_threads;
	uint64_t bytes; /* of arena_workload() */
};

enum { WORKLOAD_METRICS = 32 };

struct workload_metric {
	const char *name, *unit, *better; /* better: "higher", "lower" or NULL for a fact */
	const char *help;
};

/*
 * How much of what was planned in the windows is to come back in them, for a rate to be held: this share,
 * and a few messages less, as chance has it at the windows' ends.
 */
#define WORKLOAD_SHARE_HELD 0.99
enum { WORKLOAD_MESSAGES_SPARED = 3 };

/* A case that asks for the highest rate under a goal: what each probe sets, and what it looks at. */
struct workload_search {
	int param; /* set to a whole rate in the unit of `planned`, `highest` at most; 0: a closed loop */
	int planned, achieved, response; /* indexes of metrics; NAN is "not held" */
	double goal, percentile;         /* the most that response may be, in its unit; 0 ... 1 */
	int64_t highest;
};

/* One trial as the core sees it. */
struct workload_trial {
	const struct workload_case *kase;
	const int *cpus;         /* OS indexes of the PUs that the model has: kase->cores */
	struct arena *arena;     /* as the core maps it */
	struct scratch *scratch; /* the run's private folders; NULL for workloads without files */
	uint64_t seed;           /* of this trial */
	int *sockets; /* made by prepare(), handed to the stage in this order; closed by release() */
	uint32_t socket_count;
	void *state; /* the workload's own, freed by release() */
};

/* What was seen of a trial from outside. All arrays belong to the caller. */
struct workload_seen {
	double rate; /* ops a second: median of the windows, or work over time of whole passes */
	uint64_t ops, ns;  /* from the first to the last window, or in all measured passes */
	double cpu_ns;     /* CPU time of the model's processes in that time; NAN: not known */
	double peak_bytes; /* memory that they held, the most of each; NAN: not known */
	uint32_t tasks;    /* that were stepped */
	const uint64_t *task_ops; /* in that time, in_flight of them */
	uint32_t in_flight;
};

/* What a stage gives to a model. */
struct workload_stage {
	const struct workload_case *kase;
	struct arena *arena; /* as the stage maps it */
	const int *sockets;  /* in the order of workload_trial.sockets */
	uint32_t socket_count;
	uint64_t seed;
	struct hd_jobs jobs; /* filled in by setup() */
};

/* What verify() found. It starts as "right"; text is one sentence that tells the difference. */
struct workload_verdict {
	bool wrong;   /* the text is the reason */
	bool harness; /* and it is our own part that failed, not the model */
	bool partial; /* and an answer came in part, or a wrong one: more than silence */
	bool refused; /* and the answer was -EOPNOTSUPP: skipped where the model told why */
	char text[ARENA_REASON_BYTES];
	char note[ARENA_REASON_BYTES]; /* what the table should tell of a right one, or "" */
};

struct workload {
	const char *name, *summary;
	const struct hd_option *params;        /* ends with {0} */
	const struct workload_metric *metrics; /* the first one gates verdicts; ends with {0} */
	const char *op_unit; /* what a slot counts: "ops", "bytes", "round trips" */
	uint64_t ops;        /* HD_CAN(...) of all requests that its jobs make */
	/* core, planning. In place of `ops` where that depends on the values; NULL: it does not. */
	uint64_t (*asks)(const struct value *params);
	bool finite; /* run() ends by itself and is repeated; else it goes on until the stop flag */
	bool network; /* the generator's slots are what is observed, and it needs cores of its own */

	/* core, planning. Fills in automatic values for this number of cores; says what cannot be. */
	int (*resolve)(struct value *params, uint32_t cores, struct hd_error *);
	void (*needs)(const struct workload_case *, struct workload_needs *);
	/* core, planning. Why a case with these values cannot run on this machine, so that it is skipped;
	   NULL where it can. */
	const char *(*unsupported)(const struct value *params);

	/* core. Whether the case is a search for a rate (search.h), which it tells then. NULL: never. */
	bool (*search)(const struct workload_case *, struct workload_search *);

	/* core, once a trial, before the stage starts: sockets, files. 0 or -errno. release() follows in
	   any case, also after an error here. NULL: nothing to do, the same below. */
	int (*prepare)(struct workload_trial *, struct hd_error *);
	/* stage, after it was bound and before model.open: jobs; touches the memory that they use. */
	int (*setup)(struct workload_stage *, struct hd_error *);
	/* stage, before each pass of a finite workload and outside its time; `pass` counts from 0. */
	int (*before_pass)(struct workload_stage *, uint64_t pass, struct hd_error *);
	/* core, when all tasks have stepped: the load begins. */
	int (*start)(struct workload_trial *, struct hd_error *);
	/* core, after the stop flag was set: wakes whatever waits. Takes drain_ms and a little at most. */
	void (*stop)(struct workload_trial *);
	/* core, after the stage has ended well. */
	void (*verify)(struct workload_trial *, struct workload_verdict *);
	/* core, after verify: one value for each metric; NAN is "not measured". */
	void (*measure)(struct workload_trial *, const struct workload_seen *, double *values);
	/* core, last; also after a crash: closes and frees what prepare() and start() made, and ends the
	   generator if it still lives. */
	void (*release)(struct workload_trial *);
	/* core, at any time between prepare and release: the share of the pass under way that is done, 0
	   to 1, for the live line. NAN: not known. */
	double (*progress)(struct workload_trial *);
};

extern const struct workload counter_workload, copy_workload, echo_workload, download_workload,
        switch_workload, spawn_workload, queue_workload, lookup_workload, timers_workload,
        wake_workload; /* workloads/NAME.c */

/* All of them; ends with NULL. */
extern const struct workload *const workloads[];
const struct workload *workload_find(const char *name);
/* The value of a parameter; the name must be one of workload->params. */
int64_t workload_int(const struct workload_case *, const char *name);
const char *workload_text(const struct workload_case *, const char *name);

#endif
