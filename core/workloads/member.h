/* SPDX-License-Identifier: MIT */
/* What the jobs of most workloads have in common: a slot, the stop, and the first error. */
#ifndef HEDDLE_WORKLOADS_MEMBER_H
#define HEDDLE_WORKLOADS_MEMBER_H

#include "../workload.h"

enum { MEMBER_APART = 128 }; /* bytes: processors fetch lines in pairs */

/* Stands first in a job. */
struct member {
	struct hd_job job;
	const struct arena_board *board;
	struct arena_slot *slots; /* of all tasks: which one is known at the first step */
	uint64_t failed; /* -errno of the first answer that was an error, as a positive number */
	uint32_t asked;  /* the op whose answer is awaited */
	uint32_t started;
};

static inline struct arena_slot *member_slot(const struct member *member)
{
	return &member->slots[member->job.task];
}

/* At the beginning of a step. Returns whether the job may make another request. */
static inline bool member_goes_on(struct member *member, int64_t answer)
{
	if (!member->started) {
		member->started = 1;
		atomic_store_explicit(&member_slot(member)->stepped, 1, memory_order_relaxed);
	} else if (answer < 0 && !member->failed) {
		member->failed = (uint64_t)-answer;
	}
	return !member->failed && !arena_stopping(member->board);
}

/* A request that waits for ever if need be; what it uses besides is the caller's to write. */
static inline void member_ask(struct member *member, struct hd_request *request, uint32_t op)
{
	member->asked = op;
	request->op = op;
	request->flags = 0;
	request->timeout_ns = -1;
}

struct member member_make(const struct workload_stage *,
                          void (*step)(struct hd_job *, int64_t, struct hd_request *));
/* Whether one of these jobs, each beginning with a member, was answered with an error; it is told. */
bool member_find_failed(const struct hd_jobs *, struct workload_verdict *);

/* The first metrics of most workloads, in this order; the rest of `values` is left alone. */
enum { MEMBER_THROUGHPUT, MEMBER_TIME_PER_OP, MEMBER_CPU_PER_OP, MEMBER_METRICS };
void member_measure(const struct workload_seen *, double *values);

#endif
