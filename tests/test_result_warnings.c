/* SPDX-License-Identifier: MIT */
/* Which trials raise which warning, and where a result tells it. */
#include "suite.h"

#include <jansson.h>

#include "fake_run.h"
#include "fake_tree.h"

static struct fake_run run;
static struct warnings warnings;
static json_t *document;

#define CONFIG(SAMPLING)                                                                    \
	"{ \"name\": \"test\", \"models\": [\"serial\", \"thread-mutex\"], \"cores\": [2]," \
	"  \"workloads\": [{ \"workload\": \"counter\" },"                                  \
	"                  { \"workload\": \"echo\", \"connections\": 2 },"                 \
	"                  { \"workload\": \"copy\", \"files\": 1 }],"                      \
	"  \"sampling\": { " SAMPLING " } }"

static void setup(void)
{
	fake_run_open(&run, CONFIG("\"rounds\": 10"));
}

static void teardown(void)
{
	json_decref(document);
	fake_run_close(&run);
}

static size_t index_of(const char *workload, const char *model)
{
	for (size_t i = 0; i < run.plan.count; i++)
		if (strcmp(run.plan.cases[i].workload->name, workload) == 0 &&
		    strcmp(run.plan.cases[i].model->name, model) == 0)
			return i;
	ck_abort_msg("no case of %s", model);
	return 0;
}

/* A trial of a tenth of a second that nothing disturbed. */
static struct trial_result quiet(void)
{
	struct trial_result trial = fake_trial(1e6);

	trial.gauges[GAUGE_OBSERVED] = 1e8;
	trial.gauges[GAUGE_OTHERS_CPU] = 0;
	trial.noise = (struct noise){0};
	return trial;
}

static void add(const char *workload, const char *model, struct trial_result trial)
{
	size_t index = index_of(workload, model);

	fake_run_add(&run, index, run.journal.cases[index].count + 1, trial);
}

static void write_document(void)
{
	result_raise_warnings(&warnings, result_count_warnings(&run.journal, &run.plan, &warnings));
	run.facts.warnings = &warnings;
	ck_assert_msg(
	        result_write(run.result_path, &run.journal, &run.plan, &run.facts, &run.err) == 0,
	        "%s", run.err.text);
	document = json_load_file(run.result_path, JSON_REJECT_DUPLICATES, NULL);
	ck_assert_ptr_nonnull(document);
}

static bool concerns(const char *workload, const char *model, const char *id)
{
	json_t *of_case = json_array_get(json_object_get(document, "cases"),
	                                 index_of(workload, model)),
	       *one;
	size_t i;

	json_array_foreach(json_object_get(of_case, "warnings"), i, one)
	{
		if (strcmp(json_string_value(one), id) == 0)
			return true;
	}
	return false;
}

/* The run's entry of this warning, or NULL. */
static json_t *entry(const char *id)
{
	json_t *list = json_object_get(json_object_get(document, "run"), "warnings"), *one;
	size_t i;

	ck_assert(json_is_array(list));
	json_array_foreach(list, i, one)
	{
		if (strcmp(json_string_value(json_object_get(one, "id")), id) == 0)
			return one;
	}
	return NULL;
}

static void assert_text(const char *id, int cases, const char *start)
{
	const char *text = json_string_value(json_object_get(entry(id), "text"));

	ck_assert_msg(text && strncmp(text, start, strlen(start)) == 0, "%s: %s", id,
	              text ? text : "not there");
	ck_assert_int_eq(json_integer_value(json_object_get(entry(id), "cases")), cases);
}

START_TEST(a_quiet_run_has_none)
{
	for (int i = 0; i < 10; i++)
		add("counter", "serial", quiet());
	write_document();
	ck_assert_uint_eq(
	        json_array_size(json_object_get(json_object_get(document, "run"), "warnings")), 0);
	ck_assert(!concerns("counter", "serial", "W03"));
}
END_TEST

START_TEST(a_throttled_trial)
{
	struct trial_result trial = quiet();

	trial.noise.throttled_periods = 3;
	add("counter", "serial", quiet());
	add("counter", "serial", trial);
	add("counter", "thread-mutex", quiet());
	write_document();
	ck_assert(concerns("counter", "serial", "W02"));
	ck_assert(!concerns("counter", "thread-mutex", "W02"));
	assert_text("W02", 1,
	            "the CPU quota held trials up in 1 of 2 cases (at worst in 3 of its periods)");
	ck_assert(json_is_false(json_object_get(entry("W02"), "silenced")));
}
END_TEST

/* What a control group with a quota leaves in its cpu.stat, without one: test_cli.sh makes one where it may. */
static void check_group(const char *groups, const char *mount, const char *stat)
{
	static const int cpus[] = {0};
	struct trial_result trial = quiet();
	struct noise before, after;
	struct quota_counts quota;
	char root[FAKE_TREE_PATH];

	fake_tree_make(root);
	fake_tree_put(root, "proc/self/cgroup", groups);
	fake_tree_put(root, "proc/self/mountinfo", mount);
	fake_tree_put(root, stat, "nr_periods 10\nnr_throttled 4\n");
	quota_counts_open(&quota, root);
	noise_read(&before, root, cpus, 1, &quota);
	add("counter", "thread-mutex", quiet());
	fake_tree_put(root, stat, "nr_periods 30\nnr_throttled 21\n");
	noise_read(&after, root, cpus, 1, &quota);
	quota_counts_close(&quota);
	fake_tree_remove(root);
	trial.noise = noise_between(&before, &after);
	add("counter", "serial", trial);
	write_document();
	ck_assert(concerns("counter", "serial", "W02"));
	ck_assert(!concerns("counter", "thread-mutex", "W02"));
	assert_text("W02", 1,
	            "the CPU quota held trials up in 1 of 2 cases (at worst in 17 of its periods)");
}

START_TEST(a_group_of_version_1)
{
	check_group("2:cpu,cpuacct:/job\n",
	            "32 31 0:29 / /sys/fs/cgroup/cpu rw - cgroup cgroup rw,cpuacct,cpu\n",
	            "sys/fs/cgroup/cpu/job/cpu.stat");
}
END_TEST

START_TEST(a_group_of_version_2)
{
	check_group("0::/job\n", "41 31 0:38 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n",
	            "sys/fs/cgroup/job/cpu.stat");
}
END_TEST

/* 20 % of two cores' tenth of a second, ten times; a tick of 10 ms is coarse for one. */
START_TEST(others_on_the_cores)
{
	struct trial_result trial;

	for (int i = 0; i < 10; i++) {
		trial = quiet();
		trial.gauges[GAUGE_OTHERS_CPU] = 4e7;
		add("counter", "serial", trial);
		trial = quiet();
		trial.gauges[GAUGE_OTHERS_CPU] = 4e6; /* 2 % */
		add("counter", "thread-mutex", trial);
	}
	trial = quiet();
	trial.gauges[GAUGE_OTHERS_CPU] = 4e7;
	add("copy", "serial", trial);
	write_document();
	ck_assert(concerns("counter", "serial", "W03"));
	ck_assert(!concerns("counter", "thread-mutex", "W03"));
	ck_assert(!concerns("copy", "serial", "W03"));
	assert_text("W03", 1,
	            "CPU pressure: other programs ran on the cores of trials in 1 of 3 cases (at "
	            "worst 20 % of their time)");
}
END_TEST

START_TEST(the_generator_is_no_stranger_on_shared_cores)
{
	size_t index = index_of("echo", "serial");
	struct trial_result trial;

	run.plan.cases[index].shared = true;
	for (int i = 0; i < 10; i++) {
		trial = quiet();
		trial.gauges[GAUGE_OTHERS_CPU] = 9e7;
		add("echo", "serial", trial);
	}
	warnings_raise(&warnings, WARNING_SHARED, "as the plan said");
	write_document();
	ck_assert(!concerns("echo", "serial", "W03"));
	ck_assert(concerns("echo", "serial", "W07"));
	assert_text("W07", 1, "as the plan said");
}
END_TEST

START_TEST(steal_and_io)
{
	struct trial_result trial;

	for (int i = 0; i < 10; i++) {
		trial = quiet();
		trial.noise.steal_ns = 1e7; /* 5 % of two cores */
		trial.noise.io_pressure_ns = 3e7;
		add("counter", "serial", trial);
		trial = quiet();
		trial.noise.io_pressure_ns = 3e7; /* a copy's own */
		add("copy", "serial", trial);
	}
	write_document();
	ck_assert(concerns("counter", "serial", "W05"));
	ck_assert(concerns("counter", "serial", "W04"));
	ck_assert(!concerns("copy", "serial", "W04"));
	assert_text(
	        "W05", 1,
	        "steal: the hypervisor gave cores of trials to others in 1 of 2 cases (at worst "
	        "5 % of their time)");
	assert_text("W04", 1,
	            "I/O pressure: other programs waited for I/O during trials in 1 of 2");
}
END_TEST

static int metric_index(const struct workload *workload, const char *name)
{
	int i = 0;

	while (strcmp(workload->metrics[i].name, name) != 0)
		i++;
	return i;
}

START_TEST(a_saturated_generator)
{
	int i = metric_index(&echo_workload, "generator_cpu");
	struct trial_result trial = quiet();

	trial.metrics[i] = 97;
	add("echo", "serial", trial);
	trial = quiet();
	trial.metrics[i] = 60;
	add("echo", "thread-mutex", trial);
	write_document();
	ck_assert(concerns("echo", "serial", "W06"));
	ck_assert(!concerns("echo", "thread-mutex", "W06"));
	assert_text(
	        "W06", 1,
	        "the load generator was the limit in 1 of 2 cases (at worst 97 % of its cores)");
}
END_TEST

START_TEST(what_the_notes_tell_as_well)
{
	struct trial_result trial;

	for (int i = 1; i <= 10; i++) {
		trial = quiet();
		trial.metrics[0] = i % 2 ? 5e6 : 71e6;
		add("counter", "serial", trial);
		trial = quiet();
		for (uint32_t w = 3; w < trial.windows; w++)
			trial.window_ops[w] *= 3;
		trial.window_ops[2] = 0;
		add("counter", "thread-mutex", trial);
	}
	write_document();
	ck_assert(concerns("counter", "serial", "W11"));
	ck_assert(!concerns("counter", "serial", "W10"));
	ck_assert(concerns("counter", "thread-mutex", "W09"));
	ck_assert(concerns("counter", "thread-mutex", "W10"));
	assert_text("W09", 1,
	            "not steady: throughput moved within trials in 1 of 2 cases (at worst ");
	assert_text("W10", 1,
	            "windows stalled, without any progress, in 1 of 2 cases (at worst 17 %");
	assert_text("W11", 1, "trials fall into two modes in 1 of 2 cases: ");
	ck_assert_ptr_null(entry("W12"));
}
END_TEST

START_TEST(what_was_silenced_is_stored)
{
	struct trial_result trial = quiet();

	ck_assert_int_eq(warnings_silence(&warnings, "W02", NULL), 0);
	trial.noise.throttled_periods = 1;
	add("counter", "serial", trial);
	write_document();
	ck_assert(json_is_true(json_object_get(entry("W02"), "silenced")));
}
END_TEST

START_TEST(failed_cases_raise_none)
{
	struct trial_result trial = fake_failure(STATUS_CRASHED, "gone");

	trial.noise = (struct noise){.throttled_periods = 5};
	trial.gauges[GAUGE_OBSERVED] = 1e8;
	add("counter", "serial", trial);
	write_document();
	ck_assert(!concerns("counter", "serial", "W02"));
}
END_TEST

/* ---- Where a precision was asked for ---------------------------------------------------------- */

static json_t *gate_of(const char *model)
{
	json_t *of_case =
	        json_array_get(json_object_get(document, "cases"), index_of("counter", model));

	return json_object_get(json_object_get(of_case, "metrics"), "throughput");
}

START_TEST(precision_and_its_wider_intervals)
{
	struct trial_result trial;
	json_t *ci95;

	fake_run_close(&run);
	fake_run_open(&run, CONFIG("\"rounds\": 10, \"target_ci_percent\": 2"));
	for (int i = 0; i < 10; i++) {
		trial = quiet();
		trial.metrics[0] = 1e6 + 1e4 * i; /* half of the whole range: 4.3 % */
		add("counter", "serial", trial);
		trial = quiet();
		trial.metrics[0] = 1e6 + 1e3 * i;
		add("counter", "thread-mutex", trial);
	}
	for (int i = 0; i < 3; i++)
		add("echo", "serial", quiet());
	write_document();
	ck_assert(concerns("counter", "serial", "W12"));
	ck_assert(!concerns("counter", "thread-mutex", "W12"));
	ck_assert(concerns("echo", "serial", "W12")); /* too few for any interval */
	assert_text("W12", 2,
	            "the precision asked for was not reached in 2 of 3 cases (at worst ±4.3 %)");
	/* Of ten values one look has the first and the last, the usual interval the second and the ninth. */
	ci95 = json_object_get(gate_of("serial"), "ci95");
	ck_assert_double_eq(json_number_value(json_array_get(ci95, 0)), 1e6);
	ck_assert_double_eq(json_number_value(json_array_get(ci95, 1)), 1.09e6);
}
END_TEST

int main(void)
{
	const suite_test tests[] = {a_quiet_run_has_none,
	                            a_throttled_trial,
	                            a_group_of_version_1,
	                            a_group_of_version_2,
	                            others_on_the_cores,
	                            the_generator_is_no_stranger_on_shared_cores,
	                            steal_and_io,
	                            a_saturated_generator,
	                            what_the_notes_tell_as_well,
	                            what_was_silenced_is_stored,
	                            failed_cases_raise_none,
	                            precision_and_its_wider_intervals,
	                            NULL};

	return suite_run_with("result_warnings", tests, setup, teardown);
}
