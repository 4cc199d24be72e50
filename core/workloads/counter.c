/* SPDX-License-Identifier: MIT */
/*
 * counter: every task increments a shared counter through its model's exclusion. The final value must
 * equal the increments that were acknowledged: what a model loses is counted, not averaged away.
 */
#include "counter.h"

#include <string.h>

enum { MAX_LINES = 1024, MAX_LOCKS = 4096 };

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
         .max = COUNTER_MAX_TASKS,
         .help = "tasks; 0: as many as cores; where more, each yields after a batch"},
        {.name = "locks",
         .kind = HD_OPTION_INT,
         .value = 1,
         .min = 1,
         .max = MAX_LOCKS,
         .help = "locks; a task takes them in turn, each has words of its own"},
        {0},
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
        [LATENCY_CLOCK] = {"latency_clock", "ns", NULL,
                           "one reading of the clock, which each of these times holds"},
        {0},
};

static uint64_t apart(uint64_t offset)
{
	return (offset + ARENA_SPACING - 1) / ARENA_SPACING * ARENA_SPACING;
}

struct counter_layout counter_layout_of(const struct workload_case *kase)
{
	struct counter_layout layout = {
	        .tasks = (uint32_t)workload_int(kase, "tasks"),
	        .locks = (uint32_t)workload_int(kase, "locks"),
	        .lines = (uint32_t)workload_int(kase, "lines"),
	};
	uint64_t lock_bytes = (uint64_t)layout.lines * COUNTER_LINE;

	/* With more at a time, what is waited for is the batch. */
	if (workload_int(kase, "batch") == 1)
		layout.times = layout.tasks < kase->cores ? layout.tasks : kase->cores;
	/* Two lines between the words of two locks, as the prefetcher fetches lines in pairs. */
	layout.words_at = apart(layout.tasks * sizeof(struct counter_job));
	layout.words_bytes = layout.locks * (lock_bytes + 2 * COUNTER_LINE);
	layout.gap_at = apart(layout.words_at + layout.words_bytes);
	layout.times_at = layout.gap_at + sizeof(struct counter_gap);
	layout.bytes = layout.times_at + layout.times * sizeof(struct counter_times);
	return layout;
}

struct counter_job *counter_jobs(const struct arena *arena)
{
	return arena_workload(arena);
}

struct counter_times *counter_times(const struct arena *arena, const struct counter_layout *layout)
{
	char *memory = arena_workload(arena);

	return (struct counter_times *)(void *)(memory + layout->times_at);
}

uint64_t *counter_words(const struct arena *arena, const struct counter_layout *layout,
                        uint32_t lock)
{
	uint64_t lock_bytes = (uint64_t)layout->lines * COUNTER_LINE + 2 * COUNTER_LINE;
	char *memory = arena_workload(arena);

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
	struct counter_layout layout = counter_layout_of(kase);

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

static inline void begin(struct counter_job *job)
{
	if (job->started)
		return;
	job->started = 1;
	atomic_store_explicit(&job->slots[job->job.task].stepped, 1, memory_order_relaxed);
}

static inline __attribute__((always_inline)) void advance(struct counter_job *job, int64_t answer,
                                                          struct hd_request *request)
{
	struct arena_slot *slot = &job->slots[job->job.task];

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

static void step(struct hd_job *hd_job, int64_t answer, struct hd_request *request)
{
	struct counter_job *job = (struct counter_job *)(void *)hd_job;

	begin(job);
	advance(job, answer, request);
}

/* Kept apart, so that the other steps save no registers for its calls. The first step is such a one. */
static __attribute__((noinline)) void step_by_the_clock(struct counter_job *job, int64_t answer,
                                                        struct hd_request *request)
{
	bool was_timed = counter_timer_answered(&job->timer, job->answered);

	begin(job);
	advance(job, answer, request);
	if (was_timed)
		return;
	job->timer.at = job->answered;
	if (request->op == HD_EXCLUSIVE)
		counter_timer_ask(&job->timer);
}

/* To know that nothing is timed takes the place of knowing that this is not the first step. */
static void step_timed(struct hd_job *hd_job, int64_t answer, struct hd_request *request)
{
	struct counter_job *job = (struct counter_job *)(void *)hd_job;

	if (__builtin_expect(job->answered == job->timer.at, 0))
		step_by_the_clock(job, answer, request);
	else
		advance(job, answer, request);
}

static void init_job(struct counter_job *job, const struct workload_stage *stage,
                     const struct counter_layout *layout, uint32_t number)
{
	const struct workload_case *kase = stage->kase;
	uint64_t *words = counter_words(stage->arena, layout, 0);

	*job = (struct counter_job){
	        .job.step = layout->times ? step_timed : step,
	        .board = stage->arena->board,
	        .slots = arena_slots(stage->arena),
	        .words = words,
	        .lock_words = (uint64_t)(counter_words(stage->arena, layout, 1) - words),
	        .batch = (uint64_t)workload_int(kase, "batch"),
	        .yields = layout->tasks > kase->cores,
	        .lines = layout->lines,
	        .turns = (uint32_t)workload_int(kase, "turns"),
	        .think = (uint32_t)workload_int(kase, "think"),
	        .locks = layout->locks,
	        .next_lock = number % layout->locks,
	};
}

static int setup(struct workload_stage *stage, struct hd_error *err)
{
	struct counter_layout layout = counter_layout_of(stage->kase);
	struct counter_job *jobs = counter_jobs(stage->arena);
	struct counter_times *times = counter_times(stage->arena, &layout);
	char *memory = arena_workload(stage->arena);

	(void)err;
	for (uint32_t i = 0; i < layout.tasks; i++) {
		init_job(&jobs[i], stage, &layout, i);
		if (layout.times)
			counter_timer_init(&jobs[i].timer,
			                   (struct counter_gap *)(void *)(memory + layout.gap_at),
			                   times + i % layout.times, stage->arena->board,
			                   stage->seed + i + 1);
	}
	memset(memory + layout.words_at, 0, layout.words_bytes); /* first touch */
	stage->jobs = (struct hd_jobs){
	        .count = layout.tasks, .stride = sizeof(*jobs), .first = (char *)jobs};
	return 0;
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
        .verify = counter_verify,
        .measure = counter_measure,
};
