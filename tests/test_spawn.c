/* SPDX-License-Identifier: MIT */
/* `spawn`: every job is begun once a pass, and a model that begins one less or one more is found. */
#include "suite.h"

#include "mutant_rig.h"

START_TEST(every_model_is_right)
{
	static const char *const models[] = {"serial",       "thread-mutex", "semaphore",
	                                     "process-pool", "coroutine",    "empty"};
	struct rig rig;

	rig_open(&rig);
	for (int i = 0; i < 6; i++) {
		rig_prepare_model(&rig, models[i], "spawn");
		rig_set_int(&rig, "jobs", 500);
		rig_expect_right(&rig);
		ck_assert_double_gt(rig_metric(&rig, "throughput"), 0);
		ck_assert_double_eq_tol(rig_metric(&rig, "time_per_op"),
		                        1e9 / rig_metric(&rig, "throughput"), 1e-6);
	}
	rig_close(&rig);
}
END_TEST

/* A thread's stack is touched in a page or two, a process has page tables and more of its own. */
START_TEST(memory_is_told_for_each_task)
{
	double thread, process;
	struct rig rig;

	rig_open(&rig);
	rig_prepare_model(&rig, "thread-mutex", "spawn");
	rig_set_int(&rig, "tasks", 400);
	rig_expect_right(&rig);
	thread = rig_metric(&rig, "memory_per_task");
	rig_prepare_model(&rig, "process-pool", "spawn");
	rig_set_int(&rig, "tasks", 40);
	rig_expect_right(&rig);
	process = rig_metric(&rig, "memory_per_task");
	if (!RIG_SANITIZER) {
		ck_assert_double_gt(thread, 2048);
		ck_assert_double_lt(thread, 100 << 10);
		ck_assert_double_gt(process, 2 * thread);
	}
	rig_close(&rig);
}
END_TEST

START_TEST(a_job_too_few_or_too_many_is_wrong)
{
	struct rig rig;

	rig_open(&rig);
	rig_prepare_model(&rig, "mutant-run-fewer", "spawn");
	rig_expect(&rig, STATUS_WRONG_RESULT, "job 999 of 1000 was begun 0 times in ");
	rig_prepare_model(&rig, "mutant-run-twice", "spawn");
	rig_expect(&rig, STATUS_WRONG_RESULT, "job 0 of 1000 was begun ");
	rig_close(&rig);
}
END_TEST

START_TEST(tasks_are_the_cores_unless_told)
{
	struct value params[] = {{.number = 0}, {.number = 7}};
	const struct workload *workload = workload_find("spawn");
	struct workload_case kase = {.workload = workload, .params = params, .cores = 3};
	struct workload_needs needed = {0};
	struct hd_error err = {0};

	ck_assert_int_eq(workload->resolve(params, 3, &err), 0);
	workload->needs(&kase, &needed);
	ck_assert_uint_eq(needed.in_flight, 3);
	params[0].number = 100;
	ck_assert_int_eq(workload->resolve(params, 3, &err), 0);
	workload->needs(&kase, &needed);
	ck_assert_uint_eq(needed.in_flight, 100);
}
END_TEST

int main(int argc, char **argv)
{
	const suite_test tests[] = {every_model_is_right, memory_is_told_for_each_task,
	                            a_job_too_few_or_too_many_is_wrong,
	                            tasks_are_the_cores_unless_told, NULL};

	if (rig_is_stage(argc, argv))
		return stage_main();
	return suite_run("spawn", tests);
}
