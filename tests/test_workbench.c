/* SPDX-License-Identifier: MIT */
/* What a run and a single trial share: all that is made ready, and what is said where it cannot be.
 */
#include "suite.h"
#include "trial_rig.h"

#include "fake_tree.h"
#include "workbench.h"

static char root[FAKE_TREE_PATH], path[128];
static struct workbench bench;
static struct problems problems;
static struct hd_error err;

static void setup(void)
{
	fake_tree_make(root);
	snprintf(path, sizeof(path), "%s/config.json", root);
	setenv("HEDDLE_TEST_MARK", strchr(rig_mark(), '=') + 1, 1);
}

static void teardown(void)
{
	workbench_close(&bench);
	problems_free(&problems);
	fake_tree_remove(root);
	ck_assert_int_eq(rig_survivors(), 0);
}

static int open_with(struct workbench_options *options, const char *config)
{
	fake_tree_put(root, "config.json", config);
	options->config = path;
	options->plugin_dirs[0] = MODEL_PLUGIN_DIR;
	options->plugin_dirs[1] = BROKEN_DIR;
	options->plugin_dir_count = 2;
	return workbench_open(&bench, options, &problems, &err);
}

#define GOOD                                                                                \
	"{ \"name\": \"test\", \"models\": [\"serial\", \"process-pool\"], \"cores\": [1]," \
	" \"workloads\": [{ \"workload\": \"counter\", \"batch\": [1, 16] }] }"

START_TEST(a_plan_is_made)
{
	struct workbench_options options = {0};
	struct trial_spec spec;

	ck_assert_int_eq(open_with(&options, GOOD), 0);
	ck_assert_uint_eq(bench.plan.count, 4);
	spec = workbench_trial(&bench, 0);
	ck_assert_str_eq(spec.kase.workload->name, "counter");
	ck_assert_uint_ne(spec.plugin_hash, 0);
	ck_assert_uint_gt(spec.timeout_s, 0);
	ck_assert(!spec.unverified);
	ck_assert_ptr_eq(spec.scratch, &bench.scratch);
}
END_TEST

START_TEST(the_command_line_has_its_say)
{
	struct workbench_options options = {
	        .only = {"model=serial"}, .only_count = 1, .with_empty = false};
	char change[] = "sampling.rounds=7", without[] = "sampling.rounds";

	ck_assert(workbench_add_change(&options, change));
	ck_assert(!workbench_add_change(&options, without));
	ck_assert_int_eq(open_with(&options, GOOD), 0);
	ck_assert_uint_eq(bench.plan.count, 2);
	ck_assert_uint_eq(bench.config.sampling.rounds, 7);
}
END_TEST

START_TEST(the_empty_model_joins)
{
	struct workbench_options options = {.with_empty = true};

	ck_assert_int_eq(open_with(&options, GOOD), 0);
	ck_assert_uint_eq(bench.plan.count, 6);
	for (size_t i = 0; i < bench.plan.count; i++)
		ck_assert_int_eq(workbench_trial(&bench, i).unverified,
		                 strcmp(bench.plan.cases[i].model->name, "empty") == 0);
}
END_TEST

START_TEST(all_that_is_wrong_is_told_at_once)
{
	struct workbench_options options = {0};
	bool model = false, cores = false;

	ck_assert_int_eq(open_with(&options,
	                           "{ \"name\": \"x\", \"models\": [\"seril\"], \"cores\": [99999],"
	                           " \"workloads\": [{ \"workload\": \"counter\" }] }"),
	                 -EINVAL);
	for (size_t i = 0; i < problems.count; i++) {
		model |= strstr(problems.lines[i], "did you mean \"serial\"?") != NULL;
		cores |= strstr(problems.lines[i], "99999") != NULL;
	}
	ck_assert(model && cores);
}
END_TEST

START_TEST(a_broken_plugin_is_a_case_that_says_so)
{
	struct workbench_options options = {0};
	const struct plan_case *kase;

	ck_assert_int_eq(open_with(&options,
	                           "{ \"name\": \"x\", \"models\": [\"no-run\", \"serial\"],"
	                           " \"cores\": [1],"
	                           " \"workloads\": [{ \"workload\": \"counter\" }] }"),
	                 0);
	ck_assert_uint_eq(bench.plan.count, 2);
	kase = &bench.plan.cases[strcmp(bench.plan.cases[0].model->name, "no-run") != 0];
	ck_assert_int_eq(kase->status, STATUS_FAILED);
	ck_assert_ptr_nonnull(strstr(kase->reason, "the model has no run(), which is required"));
}
END_TEST

START_TEST(a_config_that_is_not_there)
{
	struct workbench_options options = {.config = "/no/such/config.json"};

	ck_assert_int_lt(workbench_open(&bench, &options, &problems, &err), 0);
	ck_assert_uint_eq(problems.count, 1);
	ck_assert_ptr_nonnull(strstr(problems.lines[0], "/no/such/config.json"));
}
END_TEST

int main(int argc, char **argv)
{
	const suite_test tests[] = {a_plan_is_made,
	                            the_command_line_has_its_say,
	                            the_empty_model_joins,
	                            all_that_is_wrong_is_told_at_once,
	                            a_broken_plugin_is_a_case_that_says_so,
	                            a_config_that_is_not_there,
	                            NULL};

	if (rig_is_stage(argc, argv))
		return stage_main();
	return suite_run_with("workbench", tests, setup, teardown);
}
