/* SPDX-License-Identifier: MIT */
/* What the files of the counter workload share. */
#ifndef HEDDLE_WORKLOADS_COUNTER_H
#define HEDDLE_WORKLOADS_COUNTER_H

#include "../workload.h"
#include "counter_timer.h"

enum { COUNTER_LINE = 64, COUNTER_MAX_TASKS = 8192 };

enum counter_metric {
	THROUGHPUT,
	TIME_PER_OP,
	CPU_PER_OP,
	FAIRNESS,
	SHARE_MIN,
	SHARE_MAX,
	LATENCY_P50,
	LATENCY_P99,
	LATENCY_P999,
	LATENCY_MAX,
	LATENCY_CLOCK
};

/* Follows the jobs in the workload's memory; read by the core after the trial. */
struct counter_job {
	struct hd_job job;
	const struct arena_board *board;
	struct arena_slot *slots; /* of all tasks: which one is known at the first step */
	uint64_t *words;          /* of lock 0; those of the next lock lie lock_words further */
	uint64_t lock_words;
	uint64_t batch, yields, asked; /* asked: sections whose answer is awaited */
	uint64_t answered;             /* batches that were acknowledged */
	uint64_t failed; /* -errno of the first answer that was an error, as a positive number */
	uint32_t lines, turns, think, locks, next_lock, started, yield_next;
	struct counter_timer timer;        /* batch 1 only */
	_Alignas(COUNTER_LINE) char end[]; /* no two jobs share a line */
};

struct counter_layout {
	uint32_t tasks, locks, lines;
	uint32_t times; /* histograms, one for the tasks of each core; 0: nothing is timed */
	uint64_t words_at, words_bytes, gap_at, times_at, bytes;
};

struct counter_layout counter_layout_of(const struct workload_case *);
struct counter_job *counter_jobs(const struct arena *);
/* Of one lock. */
uint64_t *counter_words(const struct arena *, const struct counter_layout *, uint32_t lock);
/* `layout.times` of them. */
struct counter_times *counter_times(const struct arena *, const struct counter_layout *);

/* counter_verdict.c: as workload.verify and workload.measure. */
void counter_verify(struct workload_trial *, struct workload_verdict *);
void counter_measure(struct workload_trial *, const struct workload_seen *, double *values);

#endif
