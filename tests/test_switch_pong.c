/* SPDX-License-Identifier: MIT */
/* `switch` with ping_pong: trials of models that are right, and of some that are not. */
#include "suite.h"

#include "mutant_rig.h"
#include "workloads/switch.h"

static void prepare(struct rig *rig, const char *model, uint32_t cores, const char *partner)
{
	rig_prepare_model(rig, model, "switch");
	rig->spec.kase.cores = cores;
	rig_set_int(rig, "ping_pong", 1);
	rig_set_text(rig, "partner", partner);
}

START_TEST(pairs_hand_over_to_each_other)
{
	struct rig rig;

	rig_open(&rig);
	for (int i = 0; concurrent_models[i / 2]; i++) {
		bool across = i % 2 && rig.cores == 2;

		prepare(&rig, concurrent_models[i / 2], (uint32_t)rig.cores,
		        across ? "other-core" : "same-core");
		rig_set_int(&rig, "tasks", i % 2 ? 2 : 4);
		rig_expect_right(&rig);
		ck_assert_str_eq(rig.result.note, "");
		ck_assert_double_gt(rig_metric(&rig, "throughput"), 100);
		ck_assert_double_gt(rig_metric(&rig, "fairness"), 0); /* all of them moved */
	}
	rig_close(&rig);
}
END_TEST

/* The stop comes before one of the threads does: its partner waits for it, and nobody takes its place. */
START_TEST(nobody_goes_home_before_all_have_come)
{
	struct rig rig;

	rig_open(&rig);
	prepare(&rig, "mutant-late", 1, "same-core");
	rig_set_int(&rig, "tasks", 6);
	rig_expect_right(&rig);
	rig_close(&rig);
}
END_TEST

START_TEST(wrong_messages_are_found)
{
	struct rig rig;

	rig_open(&rig);
	prepare(&rig, "mutant-change", 1, "same-core");
	rig_expect(&rig, STATUS_WRONG_RESULT, " came, expected was ");
	prepare(&rig, "mutant-lose", 1, "same-core");
	rig.spec.timeout_s = 1;
	rig_expect(&rig, STATUS_TIMED_OUT, "no progress for 1 s in run");
	prepare(&rig, "serial", 1, "same-core");
	rig_expect(&rig, STATUS_WRONG_RESULT,
	           "task 0: a GET was answered with the error Resource temporarily unavailable");
	rig_close(&rig);
}
END_TEST

START_TEST(impossible_pairs_are_refused)
{
	struct value params[] = {[SWITCH_TASKS] = {.number = 2},
	                         [SWITCH_BATCH] = {.number = 1},
	                         [SWITCH_PING_PONG] = {.number = 1},
	                         [SWITCH_PARTNER] = {.text = "same-core"}};
	const struct workload *workload = workload_find("switch");
	struct hd_error err = {0};

	ck_assert_int_eq(workload->resolve(params, 1, &err), 0);
	params[SWITCH_TASKS].number = 3;
	ck_assert_int_eq(workload->resolve(params, 1, &err), -EINVAL);
	ck_assert_str_eq(err.text,
	                 "tasks: an even number with ping_pong, as partners share a core");
	err = (struct hd_error){0};
	params[SWITCH_PARTNER].text = "other-core";
	ck_assert_int_eq(workload->resolve(params, 2, &err), 0);
	ck_assert_int_eq(workload->resolve(params, 1, &err), -EINVAL);
	ck_assert_str_eq(err.text, "partner: other-core needs an even number of cores, not 1");
	err = (struct hd_error){0};
	params[SWITCH_BATCH].number = 2;
	ck_assert_int_eq(workload->resolve(params, 2, &err), -EINVAL);
	ck_assert_str_eq(err.text, "batch: 1 with ping_pong: a message is one switch");
}
END_TEST

START_TEST(other_requests_are_asked_for)
{
	struct value params[] = {[SWITCH_PING_PONG] = {.number = 0}, [SWITCH_PARTNER] = {0}};
	const struct workload *workload = workload_find("switch");

	ck_assert_uint_eq(workload->asks(params), HD_CAN(HD_YIELD));
	params[SWITCH_PING_PONG].number = 1;
	ck_assert_uint_eq(workload->asks(params), HD_CAN(HD_PUT) | HD_CAN(HD_GET));
}
END_TEST

int main(int argc, char **argv)
{
	const suite_test tests[] = {
	        pairs_hand_over_to_each_other, nobody_goes_home_before_all_have_come,
	        wrong_messages_are_found,      impossible_pairs_are_refused,
	        other_requests_are_asked_for,  NULL};

	if (rig_is_stage(argc, argv))
		return stage_main();
	return suite_run("switch_pong", tests);
}
