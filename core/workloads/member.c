/* SPDX-License-Identifier: MIT */
#include "member.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "request.h"

struct member member_make(const struct workload_stage *stage,
                          void (*step)(struct hd_job *, int64_t, struct hd_request *))
{
	return (struct member){
	        .job.step = step, .board = stage->arena->board, .slots = arena_slots(stage->arena)};
}

bool member_find_failed(const struct hd_jobs *jobs, struct workload_verdict *verdict)
{
	for (uint64_t i = 0; i < jobs->count; i++) {
		const struct member *member = (const struct member *)(void *)hd_job_at(jobs, i);
		const char *name = request_name(member->asked);

		if (!member->failed)
			continue;
		verdict->wrong = true;
		verdict->refused = member->failed == EOPNOTSUPP;
		snprintf(verdict->text, sizeof(verdict->text),
		         "task %" PRIu32 ": a %s was answered with the error %s", member->job.task,
		         name ? name : "request", strerror((int)member->failed));
		return true;
	}
	return false;
}

void member_measure(const struct workload_seen *seen, double *values)
{
	values[MEMBER_THROUGHPUT] = seen->rate;
	if (seen->rate > 0)
		values[MEMBER_TIME_PER_OP] = 1e9 / seen->rate;
	if (seen->ops > 0)
		values[MEMBER_CPU_PER_OP] = seen->cpu_ns / (double)seen->ops;
}
