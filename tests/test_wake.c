/* SPDX-License-Identifier: MIT */
/* `wake`: nobody runs before the set, all run after it, set before wait does not wait, and clear works. */
#include "suite.h"

#include "mutant_rig.h"

START_TEST(every_model_is_right)
{
	struct rig rig;

	rig_open(&rig);
	for (int i = 0; concurrent_models[i]; i++)
		for (int tasks = 1; tasks <= 30; tasks += 29) {
			rig_prepare_model(&rig, concurrent_models[i], "wake");
			rig.spec.sampling.window_ms = RIG_SANITIZER ? 200 : 50;
			rig_set_int(&rig, "tasks", tasks);
			rig_expect_right(&rig);
			ck_assert_double_gt(rig_metric(&rig, "last_max"), 0);
			if (!RIG_SANITIZER) /* there are rounds enough for a median then */
				ck_assert_double_ge(rig_metric(&rig, "last_p50"),
				                    rig_metric(&rig, "first_p50"));
		}
	rig_close(&rig);
}
END_TEST

START_TEST(what_is_wrong_is_found)
{
	static const char *const wrongs[][2] = {
	        {"mutant-wake-early", ": woken in round 1 before its event was set"},
	        {"mutant-stay-set",
	         "round 1: a WAIT for an event that was cleared was answered with success"},
	        {"mutant-forget-set",
	         "round 1: a WAIT for an event that was set was answered with the "
	         "error Resource temporarily unavailable"}};
	struct rig rig;

	rig_open(&rig);
	for (int i = 0; i < 3; i++) {
		rig_prepare_model(&rig, wrongs[i][0], "wake");
		rig_set_int(&rig, "tasks", 4);
		rig_expect(&rig, STATUS_WRONG_RESULT, wrongs[i][1]);
	}
	rig_close(&rig);
}
END_TEST

START_TEST(serial_has_nobody_to_wait_for)
{
	struct rig rig;

	rig_open(&rig);
	rig_prepare_model(&rig, "serial", "wake");
	rig_expect(&rig, STATUS_WRONG_RESULT,
	           "task 0: a WAIT was answered with the error Resource temporarily unavailable");
	rig_close(&rig);
}
END_TEST

int main(int argc, char **argv)
{
	const suite_test tests[] = {every_model_is_right, what_is_wrong_is_found,
	                            serial_has_nobody_to_wait_for, NULL};

	if (rig_is_stage(argc, argv))
		return stage_main();
	return suite_run("wake", tests);
}
