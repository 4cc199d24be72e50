/* SPDX-License-Identifier: MIT */
/* `lookup`: no reader sees half a change, and a model that lets one, does not look or loses a change is found. */
#include "suite.h"

#include "mutant_rig.h"

START_TEST(every_model_is_right)
{
	static const int write_percent[] = {0, 10, 50, 100};
	struct rig rig;

	rig_open(&rig);
	for (int i = -1; i < 0 || concurrent_models[i]; i++)
		for (int p = 0; p < 4; p++) {
			rig_prepare_model(&rig, i < 0 ? "serial" : concurrent_models[i], "lookup");
			rig_set_int(&rig, "write_percent", write_percent[p]);
			rig_set_int(&rig, "batch", p == 1 ? 64 : 1);
			rig_set_int(&rig, "tasks", p == 2 ? 6 : 0);
			rig_expect_right(&rig);
			if (!(write_percent[p] % 100)) /* all or none */
				ck_assert_double_eq_tol(rig_metric(&rig, "write_share"),
				                        write_percent[p] / 100.0, 1e-9);
			else /* a few hundred requests at least, under whatever watches */
				ck_assert_double_eq_tol(rig_metric(&rig, "write_share"),
				                        write_percent[p] / 100.0, 0.15);
		}
	rig_close(&rig);
}
END_TEST

/* What it does wrong is one request in hundreds: there must be so many, however busy the machine is. */
static void prepare_mutant(struct rig *rig, const char *model)
{
	rig_prepare_model(rig, model, "lookup");
	rig->spec.sampling.window_ms = 100;
}

START_TEST(what_is_wrong_is_found)
{
	struct rig rig;

	rig_open(&rig);
	prepare_mutant(&rig, "mutant-read-unlocked");
	rig_set_int(&rig, "write_percent", 50);
	/* A change takes so long that even on a busy machine others come to read within one. */
	rig_set_int(&rig, "lines", 256);
	rig_set_int(&rig, "tasks", 4);
	rig_expect(&rig, STATUS_WRONG_RESULT, "half a change was seen in ");
	prepare_mutant(&rig, "mutant-read-nothing");
	rig_expect(&rig, STATUS_WRONG_RESULT, " readings of words that differ did not see it");
	prepare_mutant(&rig, "mutant-write-less");
	rig_expect(&rig, STATUS_WRONG_RESULT, " found in line 1 of 4");
	rig_close(&rig);
}
END_TEST

int main(int argc, char **argv)
{
	const suite_test tests[] = {every_model_is_right, what_is_wrong_is_found, NULL};

	if (rig_is_stage(argc, argv))
		return stage_main();
	return suite_run("lookup", tests);
}
