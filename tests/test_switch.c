/* SPDX-License-Identifier: MIT */
/* The workload `switch`, run by an interpreter of a few lines on PUs that the test chooses. */
#include "suite.h"

#include <errno.h>
#include <math.h>
#include <sched.h>
#include <string.h>

#include "workload.h"

enum { TASKS = 8 };

struct rig {
	struct value params[4];
	struct workload_case kase;
	struct workload_needs needed;
	struct arena arena;
	struct workload_trial trial;
	struct workload_stage stage;
	struct workload_verdict verdict;
	struct hd_error err;
	struct hd_request requests[TASKS];
	int cpus[2], cpu_count; /* that this test may use */
};

static void set(struct rig *rig, const char *name, int64_t number)
{
	rig->params[option_find(switch_workload.params, name)].number = number;
}

static void move_to(int cpu)
{
	cpu_set_t allowed;

	CPU_ZERO(&allowed);
	CPU_SET((size_t)cpu, &allowed);
	ck_assert_int_eq(sched_setaffinity(0, sizeof(allowed), &allowed), 0);
	ck_assert_int_eq(sched_getcpu(), cpu);
}

static void defaults(struct rig *rig)
{
	cpu_set_t allowed;

	*rig = (struct rig){0};
	for (int i = 0; switch_workload.params[i].name; i++)
		rig->params[i] = option_default(&switch_workload.params[i]);
	ck_assert_int_eq(sched_getaffinity(0, sizeof(allowed), &allowed), 0);
	for (int cpu = 0; cpu < CPU_SETSIZE && rig->cpu_count < 2; cpu++)
		if (CPU_ISSET((size_t)cpu, &allowed))
			rig->cpus[rig->cpu_count++] = cpu;
	move_to(rig->cpus[0]);
}

static void begin(struct rig *rig, uint32_t cores)
{
	struct arena_sizes sizes;

	rig->kase = (struct workload_case){
	        .workload = &switch_workload, .params = rig->params, .cores = cores};
	ck_assert_int_eq(switch_workload.resolve(rig->params, cores, &rig->err), 0);
	switch_workload.needs(&rig->kase, &rig->needed);
	ck_assert_uint_le(rig->needed.in_flight, TASKS);
	sizes = (struct arena_sizes){.tasks = rig->needed.in_flight,
	                             .workload_bytes = rig->needed.bytes};
	ck_assert_int_eq(arena_create(&rig->arena, &sizes, &rig->err), 0);
	for (uint32_t i = 0; i < cores; i++)
		rig->arena.board->cpus[i] = rig->cpus[i % 2];
	rig->trial = (struct workload_trial){.kase = &rig->kase, .arena = &rig->arena};
	rig->stage = (struct workload_stage){.kase = &rig->kase, .arena = &rig->arena};
	ck_assert_int_eq(switch_workload.setup(&rig->stage, &rig->err), 0);
	ck_assert_uint_eq(rig->stage.jobs.count, rig->needed.in_flight);
}

/* One step of a job that is not done, with this answer. */
static void step(struct rig *rig, uint32_t i, int64_t answer)
{
	struct hd_job *job = hd_job_at(&rig->stage.jobs, i);
	struct hd_request *request = &rig->requests[i];

	request->op = HD_DONE + 99; /* all of them are to be written */
	request->flags = 99;
	request->times = 99;
	job->step(job, answer, request);
	if (request->op == HD_DONE)
		return;
	ck_assert_uint_eq(request->op, HD_YIELD);
	ck_assert_uint_eq(request->flags, 0);
	ck_assert_int_eq((int64_t)request->times, workload_int(&rig->kase, "batch"));
}

/* Every job is task `number of the job` and makes its first request. */
static void start(struct rig *rig)
{
	for (uint32_t i = 0; i < rig->needed.in_flight; i++) {
		hd_job_at(&rig->stage.jobs, i)->task = i;
		step(rig, i, 0);
		ck_assert_uint_eq(arena_slots(&rig->arena)[i].stepped, 1);
	}
}

/* So many answers for each: a turn goes to the next task after so many answers for one. */
static void run(struct rig *rig, uint32_t rounds, uint32_t in_a_row)
{
	start(rig);
	for (uint32_t r = 0; r < rounds; r++)
		for (uint32_t i = 0; i < rig->needed.in_flight; i++)
			for (uint32_t k = 0; k < in_a_row; k++)
				step(rig, i, 0);
}

/* All end at their next step: that is one answer more for each. */
static void stop(struct rig *rig)
{
	atomic_store(&rig->arena.board->stop, 1);
	for (uint32_t i = 0; i < rig->needed.in_flight; i++) {
		if (rig->requests[i].op != HD_DONE)
			step(rig, i, 0);
		ck_assert_uint_eq(rig->requests[i].op, HD_DONE);
	}
}

static void expect_right(struct rig *rig, const char *note)
{
	rig->verdict = (struct workload_verdict){0};
	switch_workload.verify(&rig->trial, &rig->verdict);
	ck_assert_msg(!rig->verdict.wrong, "%s", rig->verdict.text);
	ck_assert_str_eq(rig->verdict.note, note);
	arena_destroy(&rig->arena);
}

static void expect_wrong(struct rig *rig, const char *text)
{
	rig->verdict = (struct workload_verdict){0};
	switch_workload.verify(&rig->trial, &rig->verdict);
	ck_assert(rig->verdict.wrong);
	ck_assert_str_eq(rig->verdict.text, text);
	arena_destroy(&rig->arena);
}

static uint64_t acknowledged(const struct rig *rig)
{
	uint64_t sum = 0;

	for (uint32_t i = 0; i < rig->needed.in_flight; i++)
		sum += slot_ops(&arena_slots(&rig->arena)[i]);
	return sum;
}

static double handed_over(struct rig *rig)
{
	uint64_t task_ops[TASKS] = {0};
	struct workload_seen seen = {.task_ops = task_ops, .in_flight = rig->needed.in_flight};
	double values[WORKLOAD_METRICS];

	for (int i = 0; i < WORKLOAD_METRICS; i++)
		values[i] = NAN;
	switch_workload.measure(&rig->trial, &seen, values);
	for (int i = 1; i < 4; i++)
		ck_assert(isnan(values[i])); /* nothing was done in the windows */
	return values[4];
}

START_TEST(tasks_are_on_each_core)
{
	struct rig rig;

	defaults(&rig);
	begin(&rig, 1);
	ck_assert_uint_eq(rig.needed.in_flight, 2);
	arena_destroy(&rig.arena);
	defaults(&rig);
	set(&rig, "tasks", 3);
	begin(&rig, 2);
	ck_assert_uint_eq(rig.needed.in_flight, 6);
	ck_assert_uint_eq(rig.needed.locks, 0);
	ck_assert_uint_eq(switch_workload.ops, HD_CAN(HD_YIELD));
	arena_destroy(&rig.arena);
}
END_TEST

START_TEST(too_many_tasks_are_refused)
{
	struct rig rig;

	defaults(&rig);
	set(&rig, "tasks", 4096);
	ck_assert_int_eq(switch_workload.resolve(rig.params, 2, &rig.err), 0);
	set(&rig, "tasks", 4097);
	ck_assert_int_eq(switch_workload.resolve(rig.params, 2, &rig.err), -EINVAL);
	ck_assert_str_eq(rig.err.text,
	                 "tasks: 4097 on each of 2 cores are 8194, at most 8192 in all");
}
END_TEST

/* Nothing that one task writes shares a pair of lines with what another one does. */
START_TEST(jobs_and_cells_stand_apart)
{
	struct rig rig;
	char *memory;

	defaults(&rig);
	begin(&rig, 2);
	memory = arena_workload(&rig.arena);
	ck_assert_uint_eq(rig.stage.jobs.stride % 128, 0);
	ck_assert_uint_eq((uint64_t)(rig.stage.jobs.first - memory), 3 * ARENA_SPACING);
	ck_assert_uint_eq((uintptr_t)rig.stage.jobs.first % 128, 0);
	ck_assert_uint_eq(rig.needed.bytes, 3 * ARENA_SPACING + 4 * rig.stage.jobs.stride);
	arena_destroy(&rig.arena);
}
END_TEST

START_TEST(turns_in_turn_are_right)
{
	static const int tasks[] = {2, 5, 8}, batch[] = {1, 7, 1024};

	for (int i = 0; i < 3; i++) {
		struct rig rig;

		defaults(&rig);
		set(&rig, "tasks", tasks[i]);
		set(&rig, "batch", batch[i]);
		begin(&rig, 1);
		run(&rig, 20, 1);
		stop(&rig);
		ck_assert_uint_eq(acknowledged(&rig), (uint64_t)tasks[i] * 21 * (uint64_t)batch[i]);
		ck_assert_double_eq_tol(handed_over(&rig), 1, 1e-9);
		expect_right(&rig, "");
	}
}
END_TEST

/* A model whose yield does nothing: one task goes on until the stop, the others only end. */
START_TEST(a_yield_that_does_nothing_is_wrong)
{
	struct rig rig;

	defaults(&rig);
	set(&rig, "batch", 64);
	begin(&rig, 1);
	hd_job_at(&rig.stage.jobs, 0)->task = 0;
	for (int s = 0; s < 1001; s++)
		step(&rig, 0, 0);
	atomic_store(&rig.arena.board->stop, 1);
	step(&rig, 0, 0);
	hd_job_at(&rig.stage.jobs, 1)->task = 0; /* as serial does it */
	step(&rig, 1, 0);
	ck_assert_uint_eq(rig.requests[1].op, HD_DONE);
	ck_assert_double_eq_tol(handed_over(&rig), 0, 1e-9);
	expect_wrong(&rig, "64 064 turns answered, another task ran in 0 of 1 001 requests");
}
END_TEST

START_TEST(a_core_that_is_mostly_kept_is_wrong)
{
	struct rig rig;

	defaults(&rig);
	begin(&rig, 1);
	run(&rig, 100, 11);
	expect_wrong(&rig, "2 200 turns answered, another task ran in 200 of 2 200 requests");
}
END_TEST

START_TEST(a_core_that_is_kept_now_and_then_is_told)
{
	struct rig rig;

	defaults(&rig);
	begin(&rig, 1);
	run(&rig, 100, 4);
	ck_assert_double_eq_tol(handed_over(&rig), 0.25, 1e-9);
	expect_right(&rig, "no other task was seen to run in 75 % of the requests");
}
END_TEST

START_TEST(a_few_requests_tell_nothing)
{
	struct rig rig;

	defaults(&rig);
	begin(&rig, 1);
	run(&rig, 1, 7);
	expect_right(&rig, "");
	defaults(&rig);
	begin(&rig, 1);
	run(&rig, 1, 100);
	expect_wrong(&rig, "200 turns answered, another task ran in 2 of 200 requests");
}
END_TEST

/* Tasks 0 and 1 take turns, but each has a core of its own: nothing is given away. */
START_TEST(a_task_of_another_core_is_no_other_task)
{
	struct rig rig;

	defaults(&rig);
	if (rig.cpu_count < 2)
		return;
	begin(&rig, 2);
	for (uint32_t s = 0; s < 101; s++)
		for (uint32_t i = 0; i < 2; i++) {
			move_to(rig.cpus[i]);
			hd_job_at(&rig.stage.jobs, i)->task = i;
			step(&rig, i, 0);
		}
	expect_wrong(&rig, "200 turns answered, another task ran in 0 of 200 requests");
}
END_TEST

/* 0, 1 and 2 give their core to each other, 3 has one of its own: the numbers of all are spoilt. */
START_TEST(a_task_that_is_alone_on_its_core_is_named)
{
	struct rig rig;

	defaults(&rig);
	if (rig.cpu_count < 2)
		return;
	begin(&rig, 2);
	for (uint32_t s = 0; s < 51; s++)
		for (uint32_t i = 0; i < 4; i++) {
			move_to(rig.cpus[i == 3]);
			hd_job_at(&rig.stage.jobs, i)->task = i;
			step(&rig, i, 0);
		}
	expect_wrong(&rig, "task 3: 50 turns answered, another task ran in 0 of 50 requests");
}
END_TEST

/* A model may step a job on different threads: the pair goes to another core after each round. */
START_TEST(tasks_that_move_are_followed)
{
	struct rig rig;

	defaults(&rig);
	if (rig.cpu_count < 2)
		return;
	set(&rig, "batch", 64);
	begin(&rig, 1); /* the other PU is none of the case's */
	start(&rig);
	for (uint32_t s = 0; s < 100; s++) {
		move_to(rig.cpus[s % 2]);
		for (uint32_t i = 0; i < 2; i++)
			step(&rig, i, 0);
	}
	stop(&rig);
	expect_right(&rig, "");
}
END_TEST

/* Asked for so seldom that it costs nothing, the PU is still that of nearly all turns. */
START_TEST(a_task_that_moves_away_is_another_no_more)
{
	struct rig rig;

	defaults(&rig);
	if (rig.cpu_count < 2)
		return;
	begin(&rig, 1);
	run(&rig, 100, 1);
	ck_assert_double_eq_tol(handed_over(&rig), 1, 1e-9);
	for (uint32_t s = 0; s < 10000; s++)
		for (uint32_t i = 0; i < 2; i++) {
			move_to(rig.cpus[i]);
			step(&rig, i, 0);
		}
	ck_assert_double_gt(handed_over(&rig), 100 / 10100.0 - 1e-9);
	ck_assert_double_lt(handed_over(&rig), (100 + 64) / 10100.0);
	arena_destroy(&rig.arena);
}
END_TEST

START_TEST(an_error_ends_the_job_and_is_told)
{
	struct rig rig;

	defaults(&rig);
	begin(&rig, 1);
	run(&rig, 20, 1);
	step(&rig, 1, -EAGAIN);
	ck_assert_uint_eq(rig.requests[1].op, HD_DONE);
	ck_assert_uint_eq(acknowledged(&rig), 40);
	expect_wrong(&rig, "task 1: a turn was answered with the error "
	                   "Resource temporarily unavailable");
}
END_TEST

/* Two jobs of one number in progress write one slot: an update is lost. */
START_TEST(a_slot_must_hold_what_was_answered)
{
	struct rig rig;

	defaults(&rig);
	set(&rig, "batch", 1000);
	begin(&rig, 1);
	run(&rig, 20, 1);
	slot_add(&arena_slots(&rig.arena)[1], (uint64_t)-1000);
	expect_wrong(&rig, "task 1: 20 000 turns answered, 19 000 counted");
}
END_TEST

START_TEST(numbers_follow_from_what_was_seen)
{
	uint64_t task_ops[] = {300, 100, 300, 100};
	struct workload_seen seen = {.rate = 2e6,
	                             .ops = 800,
	                             .ns = 400000,
	                             .cpu_ns = 8000,
	                             .tasks = 4,
	                             .task_ops = task_ops,
	                             .in_flight = 4};
	double values[WORKLOAD_METRICS];
	struct rig rig;

	for (int i = 0; i < WORKLOAD_METRICS; i++)
		values[i] = NAN;
	defaults(&rig);
	begin(&rig, 2);
	switch_workload.measure(&rig.trial, &seen, values);
	ck_assert_double_eq_tol(values[0], 2e6, 1e-6);
	ck_assert_double_eq_tol(values[1], 1000, 1e-9); /* on each of two cores at the same time */
	ck_assert_double_eq_tol(values[2], 10, 1e-9);
	ck_assert_double_eq_tol(values[3], 0.8, 1e-9);
	ck_assert(isnan(values[4])); /* nothing was answered */
	arena_destroy(&rig.arena);
}
END_TEST

int main(void)
{
	const suite_test tests[] = {tasks_are_on_each_core,
	                            too_many_tasks_are_refused,
	                            jobs_and_cells_stand_apart,
	                            turns_in_turn_are_right,
	                            a_yield_that_does_nothing_is_wrong,
	                            a_core_that_is_mostly_kept_is_wrong,
	                            a_core_that_is_kept_now_and_then_is_told,
	                            a_few_requests_tell_nothing,
	                            a_task_of_another_core_is_no_other_task,
	                            a_task_that_is_alone_on_its_core_is_named,
	                            tasks_that_move_are_followed,
	                            a_task_that_moves_away_is_another_no_more,
	                            an_error_ends_the_job_and_is_told,
	                            a_slot_must_hold_what_was_answered,
	                            numbers_follow_from_what_was_seen,
	                            NULL};

	return suite_run("switch", tests);
}
