/* SPDX-License-Identifier: MIT */
/*
 * counter: every task increments a shared counter through its model's exclusion. The final value must
 * equal the increments that were acknowledged: what a model loses is counted, not averaged away.
 */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "counter_timer.h"
#include "stats.h"
#include "workload.h"

enum { LINE = 64, MAX_LINES = 1024, MAX_LOCKS = 4096, MAX_TASKS = 8192 };

static const struct hd_option params[] = {
        {.name = "lines",
         .kind = HD_OPTION_INT,
         .value = 1,
         .min = 1,
         .max = MAX_LINES,
         .help = "cache lines touched in the section"},
        {.name = "turns",
         .kind = HD_OPTION_INT,
         .value = 0,
         .min = 0,
         .max = 1000000,
         .help = "turns of busy work in the section"},
        {.name = "think",
         .kind = HD_OPTION_INT,
         .value = 0,
         .min = 0,
         .max = 1000000,
         .help = "turns of private work between two sections; forces batch 1"},
        {.name = "batch",
         .kind = HD_OPTION_INT,
         .value = 1,
         .min = 1,
         .max = 1048576,
         .help = "separate sections that a task asks for at a time"},
        {.name = "tasks",
         .kind = HD_OPTION_INT,
         .value = 0,
         .min = 0,
         .max = MAX_TASKS,
         .help = "tasks; 0: as many as cores; where more, each yields after a batch"},
        {.name = "locks",
         .kind = HD_OPTION_INT,
         .value = 1,
         .min = 1,
         .max = MAX_LOCKS,
         .help = "locks; a task takes them in turn, each has words of its own"},
        {0},
};

enum {
	THROUGHPUT,
	TIME_PER_OP,
	CPU_PER_OP,
	FAIRNESS,
	SHARE_MIN,
	SHARE_MAX,
	LATENCY_P50,
	LATENCY_P99,
	LATENCY_P999,
	LATENCY_MAX
};
static const struct workload_metric metrics[] = {
        [THROUGHPUT] = {"throughput", "ops/s", "higher", "sections done by all tasks"},
        [TIME_PER_OP] = {"time_per_op", "ns", "lower", "wall time over sections of all tasks"},
        [CPU_PER_OP] = {"cpu_per_op", "ns", "lower", "CPU time of all tasks over their sections"},
        [FAIRNESS] = {"fairness", "1", "higher",
                      "Jain's index over tasks: 1 is equal, 1/n is one task only"},
        [SHARE_MIN] = {"share_min", "1", "higher", "share of the task that got least"},
        [SHARE_MAX] = {"share_max", "1", "lower", "share of the task that got most"},
        [LATENCY_P50] = {"latency_p50", "ns", "lower",
                         "batch 1: from a request to its answer, median of a sample"},
        [LATENCY_P99] = {"latency_p99", "ns", "lower", "99 in 100 were quicker"},
        [LATENCY_P999] = {"latency_p999", "ns", "lower", "999 in 1000 were quicker"},
        [LATENCY_MAX] = {"latency_max", "ns", "lower", "the longest that was timed"},
        {0},
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
	struct counter_timer timer; /* batch 1 only */
	_Alignas(LINE) char end[];  /* no two jobs share a line */
};

struct counter_layout {
	uint32_t tasks, locks, lines;
	bool timed; /* batch 1: with more, what is waited for is the batch */
	uint64_t words_at, words_bytes, gap_at, times_at, bytes;
};

static uint64_t apart(uint64_t offset)
{
	return (offset + ARENA_SPACING - 1) / ARENA_SPACING * ARENA_SPACING;
}

static struct counter_layout layout_of(const struct workload_case *kase)
{
	struct counter_layout layout = {
	        .tasks = (uint32_t)workload_int(kase, "tasks"),
	        .locks = (uint32_t)workload_int(kase, "locks"),
	        .lines = (uint32_t)workload_int(kase, "lines"),
	        .timed = workload_int(kase, "batch") == 1,
	};
	uint64_t lock_bytes = (uint64_t)layout.lines * LINE;

	/* Two lines between the words of two locks, as the prefetcher fetches lines in pairs. */
	layout.words_at = apart(layout.tasks * sizeof(struct counter_job));
	layout.words_bytes = layout.locks * (lock_bytes + 2 * LINE);
	layout.gap_at = apart(layout.words_at + layout.words_bytes);
	layout.times_at = layout.gap_at + sizeof(struct counter_gap);
	layout.bytes =
	        layout.times_at + (layout.timed ? layout.tasks * sizeof(struct counter_times) : 0);
	return layout;
}

static struct counter_times *times_of(char *memory, const struct counter_layout *layout)
{
	return (struct counter_times *)(void *)(memory + layout->times_at);
}

static uint64_t *words_of(char *memory, const struct counter_layout *layout, uint32_t lock)
{
	uint64_t lock_bytes = (uint64_t)layout->lines * LINE + 2 * LINE;

	return (uint64_t *)(void *)(memory + layout->words_at + lock * lock_bytes);
}

static int resolve(struct value *values, uint32_t cores, struct hd_error *err)
{
	struct value *think = &values[option_find(params, "think")];
	struct value *batch = &values[option_find(params, "batch")];
	struct value *tasks = &values[option_find(params, "tasks")];

	(void)err;
	if (tasks->number == 0)
		tasks->number = cores;
	if (think->number)
		batch->number = 1;
	return 0;
}

static void needs(const struct workload_case *kase, struct workload_needs *needed)
{
	struct counter_layout layout = layout_of(kase);

	needed->in_flight = layout.tasks;
	needed->locks = layout.locks;
	needed->bytes = layout.bytes;
}

static inline __attribute__((always_inline)) void ask_for_sections(struct counter_job *job,
                                                                   struct hd_request *request)
{
	uint32_t lock = job->next_lock;

	hd_busy(job->think);
	job->next_lock = lock + 1 < job->locks ? lock + 1 : 0;
	job->asked = job->batch;
	/* Field by field: to zero all of the struct first costs more than a lock does. */
	request->op = HD_EXCLUSIVE;
	request->flags = 0;
	request->times = job->batch;
	request->timeout_ns = -1;
	request->section = (struct hd_section){
	        .words = job->words + lock * job->lock_words,
	        .lines = job->lines,
	        .turns = job->turns,
	        .lock = lock,
	};
}

static inline __attribute__((always_inline)) void advance(struct counter_job *job, int64_t answer,
                                                          struct hd_request *request)
{
	struct arena_slot *slot = &job->slots[job->job.task];

	if (!job->started) {
		job->started = 1;
		atomic_store_explicit(&slot->stepped, 1, memory_order_relaxed);
	}
	if (answer < 0 && !job->failed)
		job->failed = (uint64_t)-answer;
	else if (job->asked) {
		slot_add(slot, job->asked);
		job->answered++;
	}
	job->asked = 0;
	if (arena_stopping(job->board) || job->failed) {
		request->op = HD_DONE;
	} else if (job->yields && job->yield_next) {
		job->yield_next = 0;
		request->op = HD_YIELD;
		request->flags = 0;
		request->times = 1;
	} else {
		job->yield_next = 1;
		ask_for_sections(job, request);
	}
}

static void step(struct hd_job *job, int64_t answer, struct hd_request *request)
{
	advance((struct counter_job *)(void *)job, answer, request);
}

/* Kept apart, so that the other steps save no registers for its calls. */
static __attribute__((noinline)) void step_by_the_clock(struct counter_job *job, int64_t answer,
                                                        struct hd_request *request)
{
	counter_timer_answered(&job->timer);
	advance(job, answer, request);
	if (request->op == HD_EXCLUSIVE)
		counter_timer_ask(&job->timer);
}

static void step_timed(struct hd_job *hd_job, int64_t answer, struct hd_request *request)
{
	struct counter_job *job = (struct counter_job *)(void *)hd_job;

	if (__builtin_expect(job->timer.left == 0, 0)) {
		step_by_the_clock(job, answer, request);
		return;
	}
	job->timer.left--;
	advance(job, answer, request);
}

static int setup(struct workload_stage *stage, struct hd_error *err)
{
	const struct workload_case *kase = stage->kase;
	struct counter_layout layout = layout_of(kase);
	char *memory = arena_workload(stage->arena);
	struct counter_job *jobs = (struct counter_job *)(void *)memory;

	(void)err;
	for (uint32_t i = 0; i < layout.tasks; i++) {
		jobs[i] = (struct counter_job){
		        .job.step = layout.timed ? step_timed : step,
		        .board = stage->arena->board,
		        .slots = arena_slots(stage->arena),
		        .words = words_of(memory, &layout, 0),
		        .lock_words = layout.locks > 1 ? (uint64_t)(words_of(memory, &layout, 1) -
		                                                    words_of(memory, &layout, 0))
		                                       : 0,
		        .batch = (uint64_t)workload_int(kase, "batch"),
		        .yields = layout.tasks > kase->cores,
		        .lines = layout.lines,
		        .turns = (uint32_t)workload_int(kase, "turns"),
		        .think = (uint32_t)workload_int(kase, "think"),
		        .locks = layout.locks,
		        .next_lock = i % layout.locks,
		};
		if (layout.timed)
			counter_timer_init(&jobs[i].timer,
			                   (struct counter_gap *)(void *)(memory + layout.gap_at),
			                   times_of(memory, &layout) + i, stage->arena->board,
			                   stage->seed + i + 1);
	}
	memset(memory + layout.words_at, 0, layout.words_bytes); /* first touch */
	stage->jobs = (struct hd_jobs){
	        .count = layout.tasks, .stride = sizeof(*jobs), .first = (char *)jobs};
	return 0;
}

/* A job takes the locks in turn, beginning with its own number's: so many of its batches were lock's. */
static uint64_t batches_of(const struct counter_job *job, uint32_t number, uint32_t lock)
{
	uint32_t first = number % job->locks, distance = (lock + job->locks - first) % job->locks;

	return job->answered / job->locks + (distance < job->answered % job->locks);
}

static uint64_t acknowledged_of(const struct counter_job *jobs, uint32_t tasks, uint32_t lock)
{
	uint64_t sum = 0;

	for (uint32_t i = 0; i < tasks; i++)
		sum += batches_of(&jobs[i], i, lock) * jobs[i].batch;
	return sum;
}

static bool find_failed(const struct counter_job *jobs, uint32_t tasks,
                        struct workload_verdict *verdict)
{
	for (uint32_t i = 0; i < tasks; i++) {
		if (!jobs[i].failed)
			continue;
		verdict->wrong = true;
		snprintf(verdict->text, sizeof(verdict->text),
		         "task %" PRIu32 ": a section was answered with the error %s", i,
		         strerror((int)jobs[i].failed));
		return true;
	}
	return false;
}

static void tell_difference(const struct counter_layout *layout, uint32_t lock, uint32_t line,
                            uint64_t acknowledged, uint64_t found, char *text, size_t size)
{
	bool lost = found < acknowledged;
	int length =
	        snprintf(text, size,
	                 "%" PRIu64 " acknowledged, %" PRIu64 " found (%" PRIu64
	                 " %s) in line %" PRIu32 " of %" PRIu32,
	                 acknowledged, found, lost ? acknowledged - found : found - acknowledged,
	                 lost ? "lost" : "too many", line + 1, layout->lines);

	if (layout->locks > 1)
		snprintf(text + length, size - (size_t)length, " of lock %" PRIu32, lock);
}

/* Lines of one lock that differ are a section that was torn, locks that differ one that was mixed up. */
static void verify(struct workload_trial *trial, struct workload_verdict *verdict)
{
	struct counter_layout layout = layout_of(trial->kase);
	char *memory = arena_workload(trial->arena);
	const struct counter_job *jobs = (const struct counter_job *)(void *)memory;

	if (find_failed(jobs, layout.tasks, verdict))
		return;
	for (uint32_t lock = 0; lock < layout.locks && !verdict->wrong; lock++) {
		uint64_t acknowledged = acknowledged_of(jobs, layout.tasks, lock);
		const uint64_t *words = words_of(memory, &layout, lock);

		for (uint32_t line = 0; line < layout.lines && !verdict->wrong; line++) {
			uint64_t found = words[line * HD_LINE_WORDS];

			verdict->wrong = found != acknowledged;
			if (verdict->wrong)
				tell_difference(&layout, lock, line, acknowledged, found,
				                verdict->text, sizeof(verdict->text));
		}
	}
}

static void measure_latency(struct workload_trial *trial, double *values)
{
	struct counter_layout layout = layout_of(trial->kase);
	const struct counter_times *times = times_of(arena_workload(trial->arena), &layout);
	struct histogram all = {0};

	for (uint32_t i = 0; layout.timed && i < layout.tasks; i++)
		histogram_merge(&all, &times[i].histogram);
	values[LATENCY_P50] = histogram_percentile(&all, 0.5);
	values[LATENCY_P99] = histogram_percentile(&all, 0.99);
	values[LATENCY_P999] = histogram_percentile(&all, 0.999);
	values[LATENCY_MAX] = histogram_percentile(&all, 1);
}

static void measure(struct workload_trial *trial, const struct workload_seen *seen, double *values)
{
	double shares[MAX_TASKS], total = 0, least = INFINITY, most = 0;

	measure_latency(trial, values);
	values[THROUGHPUT] = seen->rate;
	if (seen->rate > 0)
		values[TIME_PER_OP] = 1e9 / seen->rate;
	if (seen->ops > 0)
		values[CPU_PER_OP] = seen->cpu_ns / (double)seen->ops;
	for (uint32_t i = 0; i < seen->in_flight; i++) {
		shares[i] = (double)seen->task_ops[i];
		total += shares[i];
		least = fmin(least, shares[i]);
		most = fmax(most, shares[i]);
	}
	if (total <= 0)
		return;
	values[FAIRNESS] = stats_jain(shares, seen->in_flight);
	values[SHARE_MIN] = least / total;
	values[SHARE_MAX] = most / total;
}

const struct workload counter_workload = {
        .name = "counter",
        .summary = "tasks increment a shared counter under exclusion",
        .params = params,
        .metrics = metrics,
        .op_unit = "ops",
        .ops = HD_CAN(HD_EXCLUSIVE) | HD_CAN(HD_YIELD),
        .resolve = resolve,
        .needs = needs,
        .setup = setup,
        .verify = verify,
        .measure = measure,
};
