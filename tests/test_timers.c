/* SPDX-License-Identifier: MIT */
/* `timers`: nobody wakes too early, and how late is told. */
#include "suite.h"

#include "mutant_rig.h"

START_TEST(every_model_is_right)
{
	struct rig rig;

	rig_open(&rig);
	for (int i = 0; concurrent_models[i]; i++) {
		rig_prepare_model(&rig, concurrent_models[i], "timers");
		rig_set_int(&rig, "sleep_us", 2000);
		rig_expect_right(&rig);
		ck_assert_double_gt(rig_metric(&rig, "late_p50"), 0);
		ck_assert_double_ge(rig_metric(&rig, "late_max"), rig_metric(&rig, "late_p50"));
		/* A hundred that sleep for 2 ms; on a busy machine fewer. */
		ck_assert_double_gt(rig_metric(&rig, "throughput"), 100);
		ck_assert_double_lt(rig_metric(&rig, "throughput"), 100 / 1e-3);
	}
	rig_prepare_model(&rig, "serial", "timers");
	rig_set_int(&rig, "sleep_us", 100);
	rig_expect_right(&rig);
	ck_assert_double_lt(rig_metric(&rig, "throughput"), 1 / 50e-6); /* one at a time */
	rig_close(&rig);
}
END_TEST

START_TEST(to_wake_early_is_wrong)
{
	struct rig rig;

	rig_open(&rig);
	rig_prepare_model(&rig, "mutant-wake-early", "timers");
	rig_set_int(&rig, "sleep_us", 20000);
	rig_expect(&rig, STATUS_WRONG_RESULT, ": a sleep ended ");
	rig_expect(&rig, STATUS_WRONG_RESULT, " ms too early");
	rig_close(&rig);
}
END_TEST

int main(int argc, char **argv)
{
	const suite_test tests[] = {every_model_is_right, to_wake_early_is_wrong, NULL};

	if (rig_is_stage(argc, argv))
		return stage_main();
	return suite_run("timers", tests);
}
