/* SPDX-License-Identifier: MIT */
/*
 * timers: many tasks that sleep, each for a time of its own: how late they wake, and what one that sleeps costs.
 * To wake too early is wrong, to wake late is what is measured.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "clock.h"
#include "format.h"
#include "histogram.h"
#include "member.h"
#include "sysfile.h"

enum { TASKS, SLEEP_US };
static const struct hd_option params[] = {
        [TASKS] = {.name = "tasks",
                   .kind = HD_OPTION_INT,
                   .value = 100,
                   .min = 1,
                   .max = 16384,
                   .help = "tasks that sleep, on all cores together"},
        [SLEEP_US] = {.name = "sleep_us",
                      .kind = HD_OPTION_INT,
                      .value = 1000,
                      .min = 1,
                      .max = 1000000,
                      .help = "how long, on average: half to one and a half of it"},
        {0},
};

enum { LATE_P50, LATE_P99, LATE_P999, LATE_MAX, THROUGHPUT, CPU_PER_OP, MEMORY_PER_TASK };
static const struct workload_metric metrics[] = {
        [LATE_P50] = {"late_p50", "ns", "lower", "from the end of a sleep to the step after it"},
        [LATE_P99] = {"late_p99", "ns", "lower", "99 in 100 woke earlier"},
        [LATE_P999] = {"late_p999", "ns", "lower", "999 in 1000 woke earlier"},
        [LATE_MAX] = {"late_max", "ns", "lower", "the latest"},
        [THROUGHPUT] = {"throughput", "sleeps/s", "higher", "of all tasks"},
        [CPU_PER_OP] = {"cpu_per_op", "ns", "lower", "CPU time of all tasks over their sleeps"},
        [MEMORY_PER_TASK] = {"memory_per_task", "bytes", "lower",
                             "peak memory beyond what the stage held before the model was opened, "
                             "over tasks; pages that processes share count in each; with fewer "
                             "than 100 tasks the kernel's rounding shows"},
        {0},
};

struct timers_head {
	_Alignas(ARENA_SPACING) double stage_bytes; /* held before the model was opened */
	struct histogram late;                      /* of sleeps that ended in the windows */
};

struct timers_job {
	struct member member;
	struct timers_head *head;
	uint64_t sleep_ns, random;
	uint64_t until_ns; /* when the sleep under way is over; 0: none is */
	uint64_t slept;
	uint64_t early_ns;                 /* by how much one woke too early, at worst */
	_Alignas(MEMBER_APART) char end[]; /* no two jobs share a pair of lines */
};

static struct hd_jobs jobs_of(const struct workload_case *kase, const struct arena *arena)
{
	return (struct hd_jobs){.count = (uint64_t)kase->params[TASKS].number,
	                        .stride = sizeof(struct timers_job),
	                        .first =
	                                (char *)arena_workload(arena) + sizeof(struct timers_head)};
}

static void needs(const struct workload_case *kase, struct workload_needs *needed)
{
	needed->in_flight = (uint32_t)kase->params[TASKS].number;
	needed->bytes = sizeof(struct timers_head) +
	                needed->in_flight * (uint64_t)sizeof(struct timers_job);
}

/* Half to one and a half of it, so that sleeps neither end together nor beat with anything. */
static uint64_t draw_sleep(struct timers_job *job)
{
	job->random ^= job->random << 13; /* Marsaglia's xorshift64 */
	job->random ^= job->random >> 7;
	job->random ^= job->random << 17;
	return job->sleep_ns / 2 + (((job->random >> 32) * job->sleep_ns) >> 32);
}

static void note(struct timers_job *job, uint64_t now)
{
	if (now < job->until_ns) {
		if (job->until_ns - now > job->early_ns)
			job->early_ns = job->until_ns - now;
	} else if (atomic_load_explicit(&job->member.board->measuring, memory_order_relaxed)) {
		histogram_add_shared(&job->head->late, now - job->until_ns);
	}
	job->slept++;
	slot_add(member_slot(&job->member), 1);
}

static void step(struct hd_job *hd_job, int64_t answer, struct hd_request *request)
{
	struct timers_job *job = (struct timers_job *)(void *)hd_job;
	uint64_t now = clock_now_ns(), sleep;
	bool goes_on = member_goes_on(&job->member, answer);

	if (job->until_ns && !job->member.failed)
		note(job, now);
	if (!goes_on) {
		request->op = HD_DONE;
		return;
	}
	sleep = draw_sleep(job);
	member_ask(&job->member, request, HD_SLEEP);
	request->timeout_ns = (int64_t)sleep;
	job->until_ns = clock_now_ns() + sleep;
}

static int setup(struct workload_stage *stage, struct hd_error *err)
{
	const struct value *values = stage->kase->params;
	struct timers_head *head = arena_workload(stage->arena);

	(void)err;
	memset(head, 0, sizeof(*head)); /* first touch */
	stage->jobs = jobs_of(stage->kase, stage->arena);
	for (uint64_t i = 0; i < stage->jobs.count; i++)
		*(struct timers_job *)(void *)hd_job_at(&stage->jobs, i) = (struct timers_job){
		        .member = member_make(stage, step),
		        .head = head,
		        .sleep_ns = (uint64_t)values[SLEEP_US].number * 1000,
		        .random = (stage->seed + i + 1) * UINT64_C(0x9e3779b97f4a7c15) | 1,
		};
	head->stage_bytes = sysfile_peak_bytes(getpid());
	return 0;
}

static void verify(struct workload_trial *trial, struct workload_verdict *verdict)
{
	struct hd_jobs jobs = jobs_of(trial->kase, trial->arena);
	char early[FORMAT_TEXT];

	if (member_find_failed(&jobs, verdict))
		return;
	for (uint64_t i = 0; i < jobs.count && !verdict->wrong; i++) {
		const struct timers_job *job =
		        (const struct timers_job *)(void *)hd_job_at(&jobs, i);

		verdict->wrong = job->early_ns > 0;
		if (verdict->wrong)
			snprintf(verdict->text, sizeof(verdict->text),
			         "task %" PRIu32 ": a sleep ended %s too early",
			         job->member.job.task,
			         format_quantity((double)job->early_ns, "ns", early));
	}
}

static void measure(struct workload_trial *trial, const struct workload_seen *seen, double *values)
{
	const struct timers_head *head = arena_workload(trial->arena);

	values[LATE_P50] = histogram_percentile(&head->late, 0.5);
	values[LATE_P99] = histogram_percentile(&head->late, 0.99);
	values[LATE_P999] = histogram_percentile(&head->late, 0.999);
	values[LATE_MAX] = histogram_percentile(&head->late, 1);
	values[THROUGHPUT] = seen->rate;
	if (seen->ops > 0)
		values[CPU_PER_OP] = seen->cpu_ns / (double)seen->ops;
	values[MEMORY_PER_TASK] = (seen->peak_bytes - head->stage_bytes) / seen->in_flight;
}

const struct workload timers_workload = {
        .name = "timers",
        .summary = "many tasks sleep: how late they wake",
        .params = params,
        .metrics = metrics,
        .op_unit = "sleeps",
        .ops = HD_CAN(HD_SLEEP),
        .needs = needs,
        .setup = setup,
        .verify = verify,
        .measure = measure,
};
