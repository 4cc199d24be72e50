/* SPDX-License-Identifier: MIT */
/* The workload `counter`, run by an interpreter of a few lines that can be told to do wrong. */
#include "suite.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "workload.h"
#include "workloads/counter.h"

struct rig {
	struct value params[16];
	struct workload_case kase;
	struct workload_needs needed;
	struct arena arena;
	struct workload_trial trial;
	struct workload_stage stage;
	struct workload_verdict verdict;
	struct hd_error err;
};

static void set(struct rig *rig, const char *name, int64_t number)
{
	rig->params[option_find(counter_workload.params, name)].number = number;
}

static int64_t get(const struct rig *rig, const char *name)
{
	return rig->params[option_find(counter_workload.params, name)].number;
}

static void defaults(struct rig *rig)
{
	*rig = (struct rig){0};
	for (int i = 0; counter_workload.params[i].name; i++)
		rig->params[i] = option_default(&counter_workload.params[i]);
}

static void begin(struct rig *rig, uint32_t cores)
{
	struct arena_sizes sizes;

	rig->kase = (struct workload_case){
	        .workload = &counter_workload, .params = rig->params, .cores = cores};
	ck_assert_int_eq(counter_workload.resolve(rig->params, cores, &rig->err), 0);
	counter_workload.needs(&rig->kase, &rig->needed);
	sizes = (struct arena_sizes){.tasks = rig->needed.in_flight,
	                             .workload_bytes = rig->needed.bytes};
	ck_assert_int_eq(arena_create(&rig->arena, &sizes, &rig->err), 0);
	rig->trial = (struct workload_trial){.kase = &rig->kase, .arena = &rig->arena};
	rig->stage = (struct workload_stage){.kase = &rig->kase, .arena = &rig->arena};
	ck_assert_int_eq(counter_workload.setup(&rig->stage, &rig->err), 0);
	ck_assert_uint_eq(rig->stage.jobs.count, rig->needed.in_flight);
}

typedef int64_t answer_fn(const struct hd_request *);

static int64_t rightly(const struct hd_request *request)
{
	if (request->op == HD_EXCLUSIVE)
		hd_section_run_times(&request->section, request->times);
	return 0;
}

/* Each job is asked for `steps` answers, then all are stopped and stepped to their end. */
static void run(struct rig *rig, int steps, answer_fn *answer)
{
	struct hd_request requests[8] = {0};

	for (int s = 0; s < steps; s++)
		for (uint64_t i = 0; i < rig->stage.jobs.count; i++) {
			struct hd_job *job = hd_job_at(&rig->stage.jobs, i);

			job->task = (uint32_t)i;
			if (s && requests[i].op == HD_DONE)
				continue;
			job->step(job, s ? answer(&requests[i]) : 0, &requests[i]);
		}
	atomic_store(&rig->arena.board->stop, 1);
	for (uint64_t i = 0; i < rig->stage.jobs.count; i++)
		for (struct hd_job *job = hd_job_at(&rig->stage.jobs, i);
		     requests[i].op != HD_DONE;)
			job->step(job, answer(&requests[i]), &requests[i]);
}

static void verify(struct rig *rig)
{
	rig->verdict = (struct workload_verdict){0};
	counter_workload.verify(&rig->trial, &rig->verdict);
}

static void expect_wrong(struct rig *rig, const char *text)
{
	verify(rig);
	ck_assert(rig->verdict.wrong);
	ck_assert_str_eq(rig->verdict.text, text);
}

static uint64_t acknowledged(const struct rig *rig)
{
	uint64_t sum = 0;

	for (uint32_t i = 0; i < rig->needed.in_flight; i++)
		sum += slot_ops(&arena_slots(&rig->arena)[i]);
	return sum;
}

START_TEST(automatic_values)
{
	struct rig rig;

	defaults(&rig);
	set(&rig, "think", 5);
	set(&rig, "batch", 64);
	begin(&rig, 3);
	ck_assert_int_eq(get(&rig, "tasks"), 3);
	ck_assert_int_eq(get(&rig, "batch"), 1);
	ck_assert_uint_eq(rig.needed.locks, 1);
	arena_destroy(&rig.arena);
}
END_TEST

START_TEST(right_answers_are_right)
{
	static const int lines[] = {1, 4, 1}, locks[] = {1, 1, 3}, batch[] = {1, 7, 16};

	for (int i = 0; i < 3; i++) {
		struct rig rig;

		defaults(&rig);
		set(&rig, "lines", lines[i]);
		set(&rig, "locks", locks[i]);
		set(&rig, "batch", batch[i]);
		begin(&rig, 2);
		run(&rig, 10, rightly);
		verify(&rig);
		ck_assert_msg(!rig.verdict.wrong, "%s", rig.verdict.text);
		ck_assert_uint_eq(acknowledged(&rig), 2 * 10 * (uint64_t)batch[i]);
		arena_destroy(&rig.arena);
	}
}
END_TEST

static int lose_at;

static int64_t losing(const struct hd_request *request)
{
	uint64_t before = *request->section.words;

	rightly(request);
	if (--lose_at == 0)
		*request->section.words = before;
	return 0;
}

START_TEST(a_lost_update_is_counted)
{
	struct rig rig;

	defaults(&rig);
	begin(&rig, 2);
	lose_at = 5;
	run(&rig, 10, losing);
	expect_wrong(&rig, "20 acknowledged, 19 found (1 lost) in line 1 of 1");
	arena_destroy(&rig.arena);
}
END_TEST

static int64_t tearing(const struct hd_request *request)
{
	rightly(request);
	if (--lose_at == 0)
		request->section.words[2 * HD_LINE_WORDS]--;
	return 0;
}

START_TEST(a_torn_section_is_found_in_its_line)
{
	struct rig rig;

	defaults(&rig);
	set(&rig, "lines", 3);
	begin(&rig, 2);
	lose_at = 3;
	run(&rig, 10, tearing);
	expect_wrong(&rig, "20 acknowledged, 19 found (1 lost) in line 3 of 3");
	arena_destroy(&rig.arena);
}
END_TEST

static int64_t doubling(const struct hd_request *request)
{
	rightly(request);
	return rightly(request);
}

START_TEST(too_many_are_wrong_too)
{
	struct rig rig;

	defaults(&rig);
	begin(&rig, 1);
	run(&rig, 10, doubling);
	expect_wrong(&rig, "10 acknowledged, 20 found (10 too many) in line 1 of 1");
	arena_destroy(&rig.arena);
}
END_TEST

static int64_t failing(const struct hd_request *request)
{
	(void)request;
	return -ENOLCK;
}

START_TEST(an_error_ends_the_job_and_is_told)
{
	struct rig rig;

	defaults(&rig);
	begin(&rig, 2);
	run(&rig, 10, failing);
	expect_wrong(&rig, "task 0: a section was answered with the error No locks available");
	ck_assert_uint_eq(acknowledged(&rig), 0);
	arena_destroy(&rig.arena);
}
END_TEST

static int yields;

static int64_t counting_yields(const struct hd_request *request)
{
	yields += request->op == HD_YIELD;
	return rightly(request);
}

START_TEST(more_tasks_than_cores_yield)
{
	struct rig rig;

	defaults(&rig);
	set(&rig, "tasks", 4);
	begin(&rig, 2);
	run(&rig, 11, counting_yields);
	ck_assert_int_ge(yields, 4 * 5);
	verify(&rig);
	ck_assert(!rig.verdict.wrong);
	arena_destroy(&rig.arena);
}
END_TEST

START_TEST(numbers_follow_from_what_was_seen)
{
	uint64_t task_ops[] = {300, 100};
	struct workload_seen seen = {.rate = 2e6,
	                             .ops = 400,
	                             .ns = 200000,
	                             .cpu_ns = 4000,
	                             .tasks = 2,
	                             .task_ops = task_ops,
	                             .in_flight = 2};
	double values[WORKLOAD_METRICS];
	struct rig rig;

	for (int i = 0; i < WORKLOAD_METRICS; i++)
		values[i] = NAN;
	defaults(&rig);
	begin(&rig, 2);
	counter_workload.measure(&rig.trial, &seen, values);
	ck_assert_double_eq_tol(values[0], 2e6, 1e-6);
	ck_assert_double_eq_tol(values[1], 500, 1e-9);
	ck_assert_double_eq_tol(values[2], 10, 1e-9);
	ck_assert_double_eq_tol(values[3], 160000.0 / (2 * 100000.0), 1e-9);
	ck_assert_double_eq_tol(values[4], 0.25, 1e-9);
	ck_assert_double_eq_tol(values[5], 0.75, 1e-9);
	task_ops[0] = task_ops[1] = 0;
	values[3] = NAN;
	counter_workload.measure(&rig.trial, &seen, values);
	ck_assert(isnan(values[3]));
	arena_destroy(&rig.arena);
}
END_TEST

/* ---- How long a request waits ---------------------------------------------------------------- */

enum { STEPS = 6400 };

/* Metrics of a case with this batch after STEPS answers to each of two tasks, all of them measured. */
static void run_measured(int64_t batch, int64_t tasks, double values[WORKLOAD_METRICS])
{
	struct workload_seen seen = {0};
	struct rig rig;

	for (int i = 0; i < WORKLOAD_METRICS; i++)
		values[i] = NAN;
	defaults(&rig);
	set(&rig, "batch", batch);
	set(&rig, "tasks", tasks);
	begin(&rig, 2);
	atomic_store(&rig.arena.board->measuring, 1);
	run(&rig, STEPS, rightly);
	verify(&rig);
	ck_assert(!rig.verdict.wrong);
	counter_workload.measure(&rig.trial, &seen, values);
	arena_destroy(&rig.arena);
}

/* Of 12800 requests one in 64 is timed, too few for p99. With more tasks than cores each yields, too. */
START_TEST(answers_at_batch_1_are_timed)
{
	double values[WORKLOAD_METRICS];

	ck_assert_str_eq(counter_workload.metrics[LATENCY_P50].name, "latency_p50");
	ck_assert_str_eq(counter_workload.metrics[LATENCY_MAX].name, "latency_max");
	ck_assert_str_eq(counter_workload.metrics[LATENCY_CLOCK].name, "latency_clock");
	for (int64_t tasks = 2; tasks <= 4; tasks += 2) {
		run_measured(1, tasks, values);
		ck_assert_double_gt(values[LATENCY_P50], 0);
		ck_assert_double_ge(values[LATENCY_MAX], values[LATENCY_P50]);
		ck_assert(isnan(values[LATENCY_P99]) && isnan(values[LATENCY_P999]));
		ck_assert_double_gt(values[LATENCY_CLOCK], 0);
	}
	run_measured(2, 2, values);
	for (int i = LATENCY_P50; i <= LATENCY_CLOCK; i++)
		ck_assert(isnan(values[i]));
}
END_TEST

static void busy_until(uint64_t ns)
{
	while (clock_now_ns() < ns)
		;
}

/* One timed request that takes so long. Returns its distance to the next. */
static uint64_t time_one(struct counter_timer *timer, uint64_t ns)
{
	uint64_t from = clock_now_ns(), answered = timer->at;

	ck_assert(!counter_timer_answered(timer, answered)); /* none was asked */
	counter_timer_ask(timer);
	ck_assert_uint_ge(timer->asked_ns, from);
	busy_until(from + ns);
	ck_assert(counter_timer_answered(timer, answered));
	ck_assert_uint_eq(timer->at, answered + timer->distance);
	ck_assert_uint_eq(timer->asked_ns, 0);
	return timer->distance;
}

START_TEST(the_sample_follows_the_speed_until_it_is_measured)
{
	static struct counter_times times;
	struct arena_board *board = calloc(1, sizeof(*board));
	struct counter_gap gap = {0};
	struct counter_timer timer;

	counter_timer_init(&timer, &gap, &times, board, 3);
	/* About 64 requests in 2 ms each: every one is to be timed. */
	for (int i = 0; i < 60; i++)
		time_one(&timer, 2000000);
	ck_assert_uint_le(atomic_load(&gap.requests), 2);
	ck_assert_uint_eq(times.histogram.total, 0);
	/* Many requests in no time: one in very many. */
	timer.distance = 1000000000;
	time_one(&timer, 0);
	ck_assert_uint_gt(atomic_load(&gap.requests), 100000);
	atomic_store(&board->measuring, 1);
	atomic_store(&gap.requests, 1000);
	for (int i = 0; i < 100; i++) {
		uint64_t distance = time_one(&timer, 1000);

		ck_assert_uint_gt(distance, 500);
		ck_assert_uint_le(distance, 1500);
	}
	ck_assert_uint_eq(atomic_load(&gap.requests), 1000);
	ck_assert_uint_eq(times.histogram.total, 100);
	ck_assert_uint_ge(times.histogram.max_ns, 1000);
	free(board);
}
END_TEST

int main(void)
{
	const suite_test tests[] = {automatic_values,
	                            right_answers_are_right,
	                            a_lost_update_is_counted,
	                            a_torn_section_is_found_in_its_line,
	                            too_many_are_wrong_too,
	                            an_error_ends_the_job_and_is_told,
	                            more_tasks_than_cores_yield,
	                            numbers_follow_from_what_was_seen,
	                            answers_at_batch_1_are_timed,
	                            the_sample_follows_the_speed_until_it_is_measured,
	                            NULL};

	return suite_run("counter", tests);
}
