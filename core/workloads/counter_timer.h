/* SPDX-License-Identifier: MIT */
/*
 * How long a request of counter waits for its answer, by a sample: two readings of the clock cost more
 * than an uncontended lock, so that to time every request would measure the clock.
 *
 * One request in `gap` is timed, with a random distance so that the sample does not beat with anything.
 * The gap is one for all tasks, whatever share each gets, so that every request is as likely to be timed:
 * a task that is starved must not be heard more often than it was served. Until the windows begin it
 * follows the fastest task to one sample in COUNTER_SAMPLE_NS of its time; then it stands.
 */
#ifndef HEDDLE_WORKLOADS_COUNTER_TIMER_H
#define HEDDLE_WORKLOADS_COUNTER_TIMER_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "../arena.h"
#include "../clock.h"
#include "../histogram.h"

/* A sample costs about 0.1 us, 0.5 % of this; ten windows of 20 ms hold 13 000, enough for p99.9. */
enum { COUNTER_SAMPLE_NS = 15000, COUNTER_GAP_FIRST = 64, COUNTER_GAP_MOST = 1 << 20 };

/* Of all tasks, on a line of its own. */
struct counter_gap {
	_Alignas(ARENA_SPACING) _Atomic uint32_t requests; /* 0: as COUNTER_GAP_FIRST */
};

/* What the tasks of a core found: in shared memory, read by the core after the trial. A histogram for each
   of thousands of tasks would be the most of a model's memory. */
struct counter_times {
	_Alignas(ARENA_SPACING) struct histogram histogram; /* of ns from request to answer */
};

/* A task's own. What is compared in each step is counted anyway: the requests that were answered. */
struct counter_timer {
	uint64_t at;       /* so many were answered where the clock is to be read */
	uint64_t asked_ns; /* 0: none is under way that is timed */
	uint64_t last_ns;  /* of the answer that was timed before; 0: none was */
	uint64_t distance; /* requests from that one to the next */
	uint64_t random;
	struct counter_gap *gap;
	struct counter_times *times;
	const struct arena_board *board;
};

/* `seed` must differ from task to task. The first request is timed. */
void counter_timer_init(struct counter_timer *, struct counter_gap *, struct counter_times *,
                        const struct arena_board *, uint64_t seed);
/* As early as possible in a step with `at` reached: whether what it brings is an answer that was timed.
   `at` then is at the next. */
bool counter_timer_answered(struct counter_timer *, uint64_t answered);
/* As late as possible in a step that makes a request which is to be timed. */
void counter_timer_ask(struct counter_timer *);

#endif
