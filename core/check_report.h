/* SPDX-License-Identifier: MIT */
/*
 * What a stage of `heddle check` writes down for the core, at the start of the arena's workload memory. A step may
 * run in any thread or process of the model, so all that one has to say is said here.
 */
#ifndef HEDDLE_CHECK_REPORT_H
#define HEDDLE_CHECK_REPORT_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

enum {
	CHECK_TEXT = 320,
	CHECK_TASKS = 1024,      /* in progress at a time, at most */
	CHECK_THREADS = 1 << 22, /* as many numbers as a kernel gives to threads */
	CHECK_MEMORY = 64 << 20, /* of an arena: the report, and the jobs behind it */
	CHECK_CYCLES =
	        30, /* how often one property opens and closes; a cache of the heap is full by then */
	CHECK_QUIET_S = 5, /* without a step or another sign of life: it hangs */
};

/* A failure in one sentence: "DONE: expected EXPECTED, saw SEEN". */
struct check_sentence {
	char done[CHECK_TEXT], expected[CHECK_TEXT], seen[CHECK_TEXT];
};

struct check_report {
	/* The core to the stage. */
	uint64_t ops;       /* that the model interprets */
	bool one_at_a_time; /* it was seen before to finish each job before it begins another */

	/* The stage to the core. */
	bool found_one_at_a_time;
	struct check_sentence
	        doing; /* what was begun last, and is to come of it; nothing is seen yet */
	_Atomic uint32_t failed; /* 1 once `failure` is being written: the first one stays */
	struct check_sentence failure;
	char told[CHECK_TEXT]; /* what is not wrong, but good to know; or "" */
	bool left_out;         /* and because of it nothing was looked at */

	/* Of the jobs in progress. */
	uint32_t tasks;
	_Atomic uint32_t in_progress, peak;
	_Atomic uint32_t occupied[CHECK_TASKS]; /* by task: 1 + index of its job */
	_Atomic uint64_t
	        cores_bound; /* a bit for each core that bind() was told, of the first 64 */
	_Atomic uint8_t bound[CHECK_THREADS / 8]; /* a bit for each thread that has called bind() */
};

#endif
