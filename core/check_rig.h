/* SPDX-License-Identifier: MIT */
/*
 * The rig in which a model is checked, in a stage: a host of its own, without mercy, and jobs that note down what
 * they see. All functions that return bool return false once a failure was noted; there is nothing to undo then,
 * for the stage ends.
 */
#ifndef HEDDLE_CHECK_RIG_H
#define HEDDLE_CHECK_RIG_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "arena.h"
#include "check_report.h"
#include "clock.h"
#include "heddle/plugin.h"
#include "stage_host.h"
#include "stage_traces.h"

enum { RIG_LOCKS = 3, RIG_QUEUES = 2, RIG_CAPACITY = 8, RIG_EVENTS = 2, RIG_ANSWER = 48 };

/* Later than that, a wait that is over or a run that was told to stop is late. */
#define RIG_LATE_NS (2 * (int64_t)NS_PER_S)
#define RIG_MS ((int64_t)NS_PER_MS)

struct rig {
	struct stage_host host; /* first: callbacks are handed this */
	struct check_report *report;
	const struct stage_traces *before; /* the plugin was loaded */
	uint32_t cores, tasks;             /* of the shape */
	bool reopens; /* so that the core does not watch processes that end meanwhile */
	bool judges_tasks,
	        judges_bind; /* else such failures are told by the property they belong to */
	void *state;
	uint64_t used;          /* of the memory behind the report */
	struct hd_host offered; /* by the stage: what stands behind the rig's own callbacks */
};

/* A job: bookkeeping around a script, which writes the next request, or leaves HD_DONE. */
struct check_job {
	struct hd_job job; /* first */
	struct rig *rig;   /* of the stage; steps only read it */
	void (*script)(struct check_job *, int64_t answer, struct hd_request *);
	/* NULL, or a step without any bookkeeping, which counts `finished` itself. */
	void (*bare)(struct hd_job *, int64_t answer, struct hd_request *);
	uint32_t index, started, finished, task; /* started: how often it was stepped */
	uint64_t own[HD_LINE_WORDS]; /* a word that no other job works on, a byte to move */
};

/* A request, and what must come of it. */
struct check_line {
	const char *what;
	struct hd_request request;
	int64_t least, most; /* answers allowed */
	int64_t wait_ns;     /* that it takes at least; it is late by RIG_LATE_NS after that */
	const char *bytes;   /* what a READ must have brought; NULL: not looked at */
};

bool rig_can(const struct rig *, uint64_t ops);
/* Memory that all tasks share, zeroed. Before rig_open(). NULL never: what properties need is there. */
void *rig_alloc(struct rig *, uint64_t size);
/* What is about to be done, and what is to come of it: told where it fails, crashes or hangs. */
void rig_does(struct rig *, const char *expected, const char *format, ...)
        __attribute__((format(printf, 3, 4)));
/* What came of it instead. Returns false. */
bool rig_fail(struct rig *, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* From a step, in any thread or process: what was asked, what should have come of it. */
void rig_complain(const struct rig *, const char *done, const char *expected, const char *format,
                  ...) __attribute__((format(printf, 4, 5)));
bool rig_failed(const struct rig *);
/* "-11 (EAGAIN)"; returns text. */
const char *rig_answer(int64_t answer, char text[RIG_ANSWER]);

bool rig_open(struct rig *);
/* `count` jobs of `stride` bytes, each beginning with a struct check_job whose script is set. */
bool rig_run(struct rig *, void *jobs, uint64_t count, uint64_t stride);
void rig_close(struct rig *);
/* Opens, plays the lines one after another as one job, closes. Lines the model cannot do are left out. */
bool rig_play(struct rig *, const struct check_line *lines, uint32_t count);
/* Runs the jobs between an open() and a close(). */
bool rig_do(struct rig *, void *jobs, uint64_t count, uint64_t stride);

/* A request that any model answers without waiting for others, by what it interprets. */
void rig_cheap_request(struct check_job *, struct hd_request *);

/* A process that acts from outside, forked before the model is opened; -1 and a failure noted. */
pid_t rig_helper(struct rig *, void (*act)(struct rig *, void *), void *argument);
/* Waits for its end. */
void rig_reap(pid_t helper);

/* check_KIND.c: the looks of check_properties. */
void check_declaration(struct rig *);
void check_opens(struct rig *);
void check_once(struct rig *);
void check_task_numbers(struct rig *);
void check_bound(struct rig *);
void check_in_flight(struct rig *);
void check_progress(struct rig *);
void check_runs(struct rig *);
void check_stop(struct rig *);
void check_stop_waiting(struct rig *);
void check_step_stack(struct rig *);
void check_exclusion(struct rig *);
void check_section(struct rig *);
void check_readers(struct rig *);
void check_reading(struct rig *);
void check_amortised(struct rig *);
void check_files(struct rig *);
void check_streams(struct rig *);
void check_large_write(struct rig *);
void check_interrupted(struct rig *);
void check_copies(struct rig *);
void check_accept(struct rig *);
void check_local_server(struct rig *);
void check_tcp_server(struct rig *);
void check_udp_server(struct rig *);
void check_queue_limits(struct rig *);
void check_messages(struct rig *);
void check_turns(struct rig *);
void check_yield(struct rig *);
void check_sleep(struct rig *);
void check_sleepers(struct rig *);
void check_last_sleep(struct rig *);
void check_events(struct rig *);
void check_wake(struct rig *);
void check_wait_read(struct rig *);
void check_wait_write(struct rig *);
void check_wait_accept(struct rig *);
void check_wait_sleep(struct rig *);
void check_wait_put(struct rig *);
void check_wait_get(struct rig *);
void check_wait_event(struct rig *);
void check_reopened(struct rig *);
void check_process(struct rig *);

#endif
