/* SPDX-License-Identifier: MIT */
/*
 * spawn: jobs that are done at their first step. What is left is what a job costs its model: a thread, a place in
 * a list, a process. The tasks that wait for jobs take memory, which is told for each.
 */
#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

#include "format.h"
#include "member.h"
#include "sysfile.h"

enum { TASKS, JOBS };
static const struct hd_option params[] = {
        [TASKS] = {.name = "tasks",
                   .kind = HD_OPTION_INT,
                   .value = 0,
                   .min = 0,
                   .max = 16384,
                   .help = "tasks that jobs are given to; 0: as many as cores"},
        [JOBS] = {.name = "jobs",
                  .kind = HD_OPTION_INT,
                  .value = 1000,
                  .min = 1,
                  .max = 100000,
                  .help = "jobs of each pass"},
        {0},
};

enum { MEMORY_PER_TASK = MEMBER_METRICS };
static const struct workload_metric metrics[] = {
        [MEMBER_THROUGHPUT] = {"throughput", "jobs/s", "higher", "jobs begun and ended"},
        [MEMBER_TIME_PER_OP] = {"time_per_op", "ns", "lower", "wall time over jobs"},
        [MEMBER_CPU_PER_OP] = {"cpu_per_op", "ns", "lower", "CPU time over jobs"},
        [MEMORY_PER_TASK] = {"memory_per_task", "bytes", "lower",
                             "peak memory beyond what the stage held before the model was opened, "
                             "over tasks; pages that processes share count in each; with fewer "
                             "than 100 tasks the kernel's rounding shows"},
        {0},
};

struct spawn_job {
	struct member member;
	uint64_t steps;                    /* in all passes */
	_Alignas(MEMBER_APART) char end[]; /* no two jobs share a pair of lines */
};

struct spawn_head {
	_Alignas(ARENA_SPACING) double stage_bytes; /* held before the model was opened */
};

static int resolve(struct value *values, uint32_t cores, struct hd_error *err)
{
	(void)err;
	if (values[TASKS].number == 0)
		values[TASKS].number = cores;
	return 0;
}

static void needs(const struct workload_case *kase, struct workload_needs *needed)
{
	needed->in_flight = (uint32_t)kase->params[TASKS].number;
	needed->bytes = sizeof(struct spawn_head) +
	                (uint64_t)kase->params[JOBS].number * sizeof(struct spawn_job);
}

static struct hd_jobs jobs_of(const struct workload_case *kase, const struct arena *arena)
{
	return (struct hd_jobs){.count = (uint64_t)kase->params[JOBS].number,
	                        .stride = sizeof(struct spawn_job),
	                        .first = (char *)arena_workload(arena) + sizeof(struct spawn_head)};
}

static void step(struct hd_job *hd_job, int64_t answer, struct hd_request *request)
{
	struct spawn_job *job = (struct spawn_job *)(void *)hd_job;
	struct arena_slot *slot = member_slot(&job->member);

	(void)answer;
	/* Which task has which job differs from pass to pass. */
	if (!atomic_load_explicit(&slot->stepped, memory_order_relaxed))
		atomic_store_explicit(&slot->stepped, 1, memory_order_relaxed);
	job->steps++;
	slot_add(slot, 1);
	request->op = HD_DONE;
}

static int setup(struct workload_stage *stage, struct hd_error *err)
{
	struct spawn_head *head = arena_workload(stage->arena);

	(void)err;
	stage->jobs = jobs_of(stage->kase, stage->arena);
	for (uint64_t i = 0; i < stage->jobs.count; i++)
		*(struct spawn_job *)(void *)hd_job_at(&stage->jobs, i) =
		        (struct spawn_job){.member = member_make(stage, step)};
	head->stage_bytes = sysfile_peak_bytes(getpid());
	return 0;
}

static void verify(struct workload_trial *trial, struct workload_verdict *verdict)
{
	struct hd_jobs jobs = jobs_of(trial->kase, trial->arena);
	uint64_t passes = atomic_load(&trial->arena->board->passes_done);

	for (uint64_t i = 0; i < jobs.count && !verdict->wrong; i++) {
		const struct spawn_job *job = (const struct spawn_job *)(void *)hd_job_at(&jobs, i);
		char steps[FORMAT_TEXT], runs[FORMAT_TEXT];

		verdict->wrong = job->steps != passes;
		if (verdict->wrong)
			snprintf(verdict->text, sizeof(verdict->text),
			         "job %" PRIu64 " of %" PRIu64 " was begun %s times in %s passes",
			         i, jobs.count, format_count(job->steps, steps),
			         format_count(passes, runs));
	}
}

static void measure(struct workload_trial *trial, const struct workload_seen *seen, double *values)
{
	const struct spawn_head *head = arena_workload(trial->arena);

	member_measure(seen, values);
	values[MEMORY_PER_TASK] = (seen->peak_bytes - head->stage_bytes) / seen->in_flight;
}

const struct workload spawn_workload = {
        .name = "spawn",
        .summary = "jobs that do nothing: what one costs, and the memory of a task",
        .params = params,
        .metrics = metrics,
        .op_unit = "jobs",
        .finite = true,
        .resolve = resolve,
        .needs = needs,
        .setup = setup,
        .verify = verify,
        .measure = measure,
};
