/* SPDX-License-Identifier: MIT */
/* The random order, and real runs: good and broken models side by side through the whole core. */
#include "suite.h"
#include "trial_rig.h"

#include <fcntl.h>
#include <jansson.h>
#include <signal.h>
#include <sys/wait.h>

#include "fake_tree.h"
#include "run.h"

/* ---- Order ----------------------------------------------------------------------------------- */

START_TEST(generator_is_the_published_one)
{
	/* From the state 1, 2, 3, 4 xoshiro256** gives these first (by the authors' C code). */
	struct run_random random = {.state = {1, 2, 3, 4}};

	ck_assert_uint_eq(run_random_next(&random), 11520);
	ck_assert_uint_eq(run_random_next(&random), 0);
	ck_assert_uint_eq(run_random_next(&random), 1509978240);
	ck_assert_uint_eq(run_random_next(&random), UINT64_C(1215971899390074240));
}
END_TEST

START_TEST(a_seed_gives_one_order)
{
	struct run_random one, two;
	size_t first[100], second[100], seen[100] = {0};

	run_random_seed(&one, 42);
	run_random_seed(&two, 42);
	run_shuffle(&one, first, 100);
	run_shuffle(&two, second, 100);
	ck_assert_int_eq(memcmp(first, second, sizeof(first)), 0);
	for (int i = 0; i < 100; i++)
		ck_assert_uint_eq(++seen[first[i]], 1);
	run_shuffle(&one, second, 100); /* the next round's is another one */
	ck_assert_int_ne(memcmp(first, second, sizeof(first)), 0);
	run_random_seed(&two, 43);
	run_shuffle(&two, second, 100);
	ck_assert_int_ne(memcmp(first, second, sizeof(first)), 0);
	run_shuffle(&one, first, 0);
	run_shuffle(&one, first, 1);
	ck_assert_uint_eq(first[0], 0);
}
END_TEST

START_TEST(every_order_is_as_likely)
{
	int count[3][3] = {{0}};
	struct run_random random;
	size_t order[3];

	run_random_seed(&random, 1);
	for (int i = 0; i < 9000; i++) {
		run_shuffle(&random, order, 3);
		for (int place = 0; place < 3; place++)
			count[place][order[place]]++;
	}
	for (int i = 0; i < 9; i++) /* 3000 each, six standard deviations wide */
		ck_assert(abs(count[i / 3][i % 3] - 3000) < 270);
}
END_TEST

/* ---- Whole runs ------------------------------------------------------------------------------ */

static char root[FAKE_TREE_PATH], config_path[128], result_path[128];
static struct workbench bench;
static struct problems problems;
static struct hd_error err;
static int descriptors;

static void setup(void)
{
	fake_tree_make(root);
	snprintf(config_path, sizeof(config_path), "%s/config.json", root);
	snprintf(result_path, sizeof(result_path), "%s/result.json", root);
	setenv("HEDDLE_TEST_MARK", strchr(rig_mark(), '=') + 1, 1);
	descriptors = rig_descriptors();
}

static void teardown(void)
{
	problems_free(&problems);
	fake_tree_remove(root);
}

#define SHORT \
	"\"sampling\": { \"rounds\": 3, \"warmup_ms\": 2, \"window_ms\": 50, \"windows\": 4 }, "

static int open_bench(const char *models, const char *rest)
{
	struct workbench_options options = {.config = config_path,
	                                    .plugin_dirs = {BROKEN_DIR, MODEL_PLUGIN_DIR},
	                                    .plugin_dir_count = 2};
	char text[2048];

	snprintf(text, sizeof(text),
	         "{ \"name\": \"test\", \"models\": [%s], \"cores\": [1], %s%s }", models,
	         strstr(rest, "sampling") ? "" : SHORT, rest);
	fake_tree_put(root, "config.json", text);
	return workbench_open(&bench, &options, &problems, &err);
}

static void open_well(const char *models, const char *rest)
{
	int code = open_bench(models, rest);

	ck_assert_msg(code == 0, "%s%s", problems.count ? problems.lines[0] : "", err.text);
}

/* The program's stderr is not this test's. */
static struct run_outcome run_with(const volatile sig_atomic_t *signal_seen)
{
	struct machine machine;
	struct run_options options = {
	        .output = result_path, .machine = &machine, .seed = 7, .signal = signal_seen};
	struct run_outcome outcome = {0};
	int saved = dup(STDERR_FILENO), null = open("/dev/null", O_WRONLY), code;

	dup2(null, STDERR_FILENO);
	run_read_machine(&machine, &bench.topology, &bench.plan);
	code = run_all(&bench, &options, &outcome, &err);
	dup2(saved, STDERR_FILENO);
	close(saved);
	close(null);
	ck_assert_msg(code == 0, "%s", err.text);
	return outcome;
}

static void close_bench(void)
{
	workbench_close(&bench);
	ck_assert_int_eq(rig_survivors(), 0);
	ck_assert_int_eq(rig_descriptors(), descriptors);
	ck_assert_int_eq(rig_entries(root), 4); /* config and result */
}

static json_t *of_model(json_t *document, const char *model)
{
	json_t *of_case;
	size_t i;

	json_array_foreach(json_object_get(document, "cases"), i,
	                   of_case) if (strcmp(json_string_value(json_object_get(of_case, "model")),
	                                       model) == 0) return of_case;
	ck_abort_msg("no case of %s", model);
	return NULL;
}

static const char *text(json_t *object, const char *key)
{
	const char *value = json_string_value(json_object_get(object, key));

	return value ? value : "";
}

#define COUNTER "\"workloads\": [{ \"workload\": \"counter\" }]"

START_TEST(good_models_are_measured_in_every_round)
{
	struct run_outcome outcome;
	json_t *document, *of_case;

	open_well("\"serial\", \"process-pool\"", COUNTER);
	outcome = run_with(NULL);
	ck_assert_uint_eq(outcome.unexpected, 0);
	ck_assert_uint_eq(outcome.cases_ok, 2);
	ck_assert(!outcome.interrupted);
	close_bench();
	document = json_load_file(result_path, 0, NULL);
	of_case = of_model(document, "process-pool");
	ck_assert_str_eq(text(of_case, "status"), "ok");
	ck_assert(json_is_true(json_object_get(of_case, "verified")));
	ck_assert_uint_eq(json_array_size(json_object_get(of_case, "trials")), 3);
	ck_assert_str_eq(text(json_object_get(document, "run"), "status"), "complete");
	json_decref(document);
}
END_TEST

/* A sanitizer takes its time over a crash. */
#if RIG_SANITIZER
#define TIMEOUT_S "6"
#else
#define TIMEOUT_S "2"
#endif

/* One bad model of each kind beside a good one. */
START_TEST(bad_models_harm_nobody_else)
{
	static const struct {
		const char *model, *status, *reason;
		size_t trials;
	} bad[] = {
	        {"crash-in-constructor", "crashed", "killed by SIGSEGV in load", 0},
	        {"crash-in-destructor", "crashed", "killed by SIGSEGV in unload", 0},
	        {"crash-in-run", "crashed", "killed by SIGSEGV in run at crash+0x", 2},
	        {"exit-at-once-0", "crashed",
	         "exited with status 0 in run, before the trial was over, round", 2},
	        {"hang-in-open", "timed-out", "no progress for " TIMEOUT_S " s in open: thread 1 ",
	         2},
	        {"open-with-reason", "failed", "the licence server does not answer: ", 2},
	        {"worker-killed", "crashed", "a worker process was killed by SIGKILL in run, round",
	         2},
	        {"cannot-run-here", "skipped", "no quantum processor", 0},
	        {"section-fails", "wrong-result", "task 0: a section was answered with the error",
	         2},
	};
	enum { BAD = sizeof(bad) / sizeof(bad[0]) };
	struct run_outcome outcome;
	json_t *document;

	open_well("\"serial\", \"crash-in-constructor\", \"crash-in-destructor\", \"crash-in-run\","
	          "\"exit-at-once-0\", \"hang-in-open\", \"open-with-reason\", \"worker-killed\","
	          "\"cannot-run-here\", \"section-fails\", \"noise\"",
	          COUNTER ", \"limits\": { \"trial_timeout_s\": " TIMEOUT_S " }");
	outcome = run_with(NULL);
	ck_assert_uint_eq(outcome.unexpected, BAD - 1); /* what cannot run here is no failure */
	ck_assert_uint_eq(outcome.cases_ok, 2);
	close_bench();
	document = json_load_file(result_path, 0, NULL);
	for (size_t i = 0; i < BAD; i++) {
		json_t *of_case = of_model(document, bad[i].model);
		const char *reason = text(of_case, "reason");

		ck_assert_str_eq(text(of_case, "status"), bad[i].status);
		if (!RIG_SANITIZER)
			ck_assert_msg(strstr(reason, bad[i].reason) != NULL, "%s: %s", bad[i].model,
			              reason);
		/* After two failures a case is not tried again. */
		ck_assert_uint_eq(json_array_size(json_object_get(of_case, "trials")),
		                  bad[i].trials);
	}
	ck_assert_str_eq(text(of_model(document, "serial"), "status"), "ok");
	ck_assert_uint_eq(json_array_size(json_object_get(of_model(document, "serial"), "trials")),
	                  3);
	ck_assert_str_eq(text(of_model(document, "noise"), "status"), "ok");
	json_decref(document);
}
END_TEST

START_TEST(what_is_expected_is_no_failure)
{
	struct run_outcome outcome;

	open_well("\"section-fails\"",
	          "\"workloads\": [{ \"workload\": \"counter\", \"expect\": \"wrong-result\" }]");
	outcome = run_with(NULL);
	ck_assert_uint_eq(outcome.unexpected, 0);
	ck_assert_uint_eq(outcome.cases_ok, 0);
	close_bench();
	open_well("\"serial\"",
	          "\"workloads\": [{ \"workload\": \"counter\", \"expect\": \"wrong-result\" }]");
	unlink(result_path);
	outcome = run_with(NULL);
	ck_assert_uint_eq(outcome.unexpected, 1); /* it was right, and should not have been */
	close_bench();
}
END_TEST

static volatile sig_atomic_t seen;

static void see(int number)
{
	seen = number;
}

START_TEST(an_interrupted_run_is_saved)
{
	char journal[160];
	struct run_outcome outcome;
	json_t *document;

	signal(SIGALRM, see);
	open_well("\"serial\", \"thread-mutex\"",
	          COUNTER ", \"sampling\": { \"rounds\": 10000, \"warmup_ms\": 1, \"window_ms\": 1,"
	                  " \"windows\": 3, \"budget_s\": 0 }");
	alarm(1);
	outcome = run_with(&seen);
	ck_assert(outcome.interrupted && outcome.journal_stays);
	snprintf(journal, sizeof(journal), "%s.journal", result_path);
	ck_assert_int_eq(unlink(journal), 0);
	close_bench();
	document = json_load_file(result_path, 0, NULL);
	ck_assert_str_eq(text(json_object_get(document, "run"), "status"), "interrupted");
	json_decref(document);
}
END_TEST

/* Any interval of ten trials is narrower than twice their median: both end at the first look. */
START_TEST(what_is_precise_is_not_run_on)
{
	struct run_outcome outcome;
	json_t *document;

	open_well("\"serial\", \"thread-mutex\"",
	          COUNTER ", \"sampling\": { \"target_ci_percent\": 100, \"warmup_ms\": 1,"
	                  " \"window_ms\": 10, \"windows\": 3 }");
	ck_assert_uint_eq(bench.plan.rounds, 40);
	outcome = run_with(NULL);
	ck_assert_uint_eq(outcome.cases_ok, 2);
	close_bench();
	document = json_load_file(result_path, 0, NULL);
	for (int i = 0; i < 2; i++)
		ck_assert_uint_eq(
		        json_array_size(json_object_get(
		                of_model(document, i ? "serial" : "thread-mutex"), "trials")),
		        10);
	ck_assert_int_eq(
	        json_integer_value(json_object_get(json_object_get(document, "run"), "rounds")),
	        10);
	json_decref(document);
}
END_TEST

START_TEST(what_never_is_runs_to_the_end)
{
	json_t *document, *of_case;
	char *warned;

	open_well("\"serial\"",
	          COUNTER ", \"sampling\": { \"target_ci_percent\": 0.000001, \"rounds\": 12,"
	                  " \"warmup_ms\": 1, \"window_ms\": 10, \"windows\": 3 }");
	run_with(NULL);
	close_bench();
	document = json_load_file(result_path, 0, NULL);
	of_case = of_model(document, "serial");
	ck_assert_uint_eq(json_array_size(json_object_get(of_case, "trials")), 12);
	warned = json_dumps(json_object_get(of_case, "warnings"), 0);
	ck_assert_ptr_nonnull(strstr(warned, "W12"));
	free(warned);
	json_decref(document);
}
END_TEST

START_TEST(a_killed_keeper_is_replaced)
{
	pid_t first;

	open_well("\"serial\"", COUNTER);
	first = bench.keeper.pid;
	ck_assert_int_eq(workbench_revive_keeper(&bench, &err), 0);
	ck_assert_int_eq(bench.keeper.pid, first);
	kill(first, SIGKILL);
	waitid(P_PID, (id_t)first, &(siginfo_t){0}, WEXITED | WNOWAIT);
	ck_assert_int_eq(workbench_revive_keeper(&bench, &err), 0);
	ck_assert_int_ne(bench.keeper.pid, first);
	ck_assert_uint_eq(run_with(NULL).cases_ok, 1);
	close_bench();
}
END_TEST

int main(int argc, char **argv)
{
	const suite_test tests[] = {generator_is_the_published_one,
	                            a_seed_gives_one_order,
	                            every_order_is_as_likely,
	                            good_models_are_measured_in_every_round,
	                            bad_models_harm_nobody_else,
	                            what_is_expected_is_no_failure,
	                            an_interrupted_run_is_saved,
	                            what_is_precise_is_not_run_on,
	                            what_never_is_runs_to_the_end,
	                            a_killed_keeper_is_replaced,
	                            NULL};

	if (rig_is_stage(argc, argv))
		return stage_main();
	return suite_run_with("run", tests, setup, teardown);
}
