/* SPDX-License-Identifier: MIT */
/* `download`: every file whole, to each client what it asked for, and nothing that is not in the folder. */
#include "suite.h"

#include "loopback.h"
#include "mutant_rig.h"

static void prepare(struct rig *rig, const char *model)
{
	rig_prepare_model(rig, model, "download");
	rig_set_int(rig, "files", 20);
	/* What is left behind is looked for once: only there it is waited for. */
	rig->spec.kase.drain_ms = strcmp(model, "mutant-cut-end") ? 5000 : 200;
}

START_TEST(every_model_is_right)
{
	static const struct {
		int64_t file_kib, block_kib, connections, each;
	} shapes[] = {{4, 64, 16, 0}, {1, 1, 4, 1}, {300, 64, 16, 3}, {16, 64, 64, 0}};
	struct rig rig;

	rig_open(&rig);
	for (int i = 0; concurrent_models[i]; i++)
		for (size_t k = 0; k < sizeof(shapes) / sizeof(shapes[0]); k++) {
			prepare(&rig, concurrent_models[i]);
			rig_set_int(&rig, "file_kib", shapes[k].file_kib);
			rig_set_int(&rig, "block_kib", shapes[k].block_kib);
			rig_set_int(&rig, "connections", shapes[k].connections);
			rig_set_int(&rig, "files_per_connection", shapes[k].each);
			rig_expect_right(&rig);
			ck_assert_double_eq_tol(rig_metric(&rig, "bytes_rate"),
			                        rig_metric(&rig, "throughput") * 1024 *
			                                (double)shapes[k].file_kib,
			                        1);
			ck_assert_double_gt(rig_metric(&rig, "refused"), 0);
		}
	prepare(&rig, "serial");
	rig_expect_right(&rig);
	ck_assert_double_eq(rig_metric(&rig, "never_served"), 15);
	rig_close(&rig);
}
END_TEST

START_TEST(mutants_are_found)
{
	static const struct {
		const char *model, *words;
	} wrong[] = {
	        {"mutant-spoil-file", ": the checksum differs"},
	        {"mutant-mix-files", ": the checksum differs"},
	        {"mutant-cut-end", " files owed after a drain of "},
	        {"mutant-cut-end", " bytes came"},
	        {"mutant-answer-refused", ": a name with .. that leads out was not refused, it was "
	                                  "answered with 16384 bytes"},
	};
	struct rig rig;

	rig_open(&rig);
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		prepare(&rig, wrong[i].model);
		rig_expect(&rig, STATUS_WRONG_RESULT, wrong[i].words);
	}
	rig_close(&rig);
}
END_TEST

int main(int argc, char **argv)
{
	const suite_test tests[] = {every_model_is_right, mutants_are_found, NULL};

	if (rig_is_stage(argc, argv))
		return stage_main();
	if (!loopback_is_up())
		return TEST_SKIPPED;
	return suite_run("download", tests);
}
