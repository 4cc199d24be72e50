/* SPDX-License-Identifier: MIT */
/* Searches for the highest rate, each probe a trial of a real model, and what trials at a rate tell. */
#include "suite.h"
#include "trial_rig.h"

#include <math.h>

#include "search.h"

static struct rig rig;

static void open_rig(void)
{
	rig_open(&rig);
}

static void close_rig(void)
{
	rig_close(&rig);
}

/* echo over local sockets, which need no network; a median of 200 ms is told from 20 messages. */
static void prepare(const char *plugin)
{
	rig_prepare(&rig, plugin, "echo");
	rig_set_text(&rig, "transport", "unix");
	rig_set_int(&rig, "connections", 4);
	rig.spec.kase.cores = 1;
	rig.spec.sampling.warmup_ms = 20;
	rig.spec.sampling.window_ms = 50;
}

static void prepare_search(const char *plugin, int64_t goal_us)
{
	prepare(plugin);
	rig_set_int(&rig, "rate", -1); /* max-under */
	rig_set_int(&rig, "latency_goal_us", goal_us);
	rig_set_int(&rig, "percentile", 50);
}

/* As rig_run(), but by search_run(). */
static void run(void)
{
	struct workload_case *kase = &rig.spec.kase;

	trial_free(&rig.result);
	ck_assert_msg(kase->workload->resolve(rig.params, kase->cores, &rig.err) == 0, "%s",
	              rig.err.text);
	search_run(&rig.spec, &rig.keeper, &rig.result);
	ck_assert_int_eq(rig_survivors(), 0);
	ck_assert_int_eq(rig_descriptors(), rig.descriptors);
}

static double metric(const char *name)
{
	const struct workload_metric *metrics = rig.spec.kase.workload->metrics;

	for (int i = 0; metrics[i].name; i++)
		if (strcmp(metrics[i].name, name) == 0)
			return rig.result.metrics[i];
	ck_abort_msg("no metric %s", name);
	return NAN;
}

START_TEST(without_a_search_it_is_one_trial)
{
	prepare(MODEL_PLUGIN_DIR "/thread-mutex.so");
	ck_assert_uint_eq(search_trials(&rig.spec.kase), 1);
	run();
	rig_assert_status(&rig, STATUS_OK);
	ck_assert_uint_eq(rig.result.probe_count, 0);
	ck_assert(isnan(metric("planned_rate")) && isnan(metric("response_p50")));
	rig_prepare(&rig, MODEL_PLUGIN_DIR "/serial.so", "counter");
	ck_assert_uint_eq(search_trials(&rig.spec.kase), 1);
	run();
	rig_assert_status(&rig, STATUS_OK);
	ck_assert_uint_eq(rig.result.probe_count, 0);
}
END_TEST

/* The goal is so far that what gives out is the rate itself. */
START_TEST(the_highest_rate_that_is_held_is_found)
{
	const struct trial_result *result = &rig.result;
	double held = 0, not_held = INFINITY, doubted = 0;

	prepare_search(MODEL_PLUGIN_DIR "/thread-mutex.so", 60000000);
	ck_assert_uint_eq(search_trials(&rig.spec.kase), SEARCH_TYPICAL_PROBES);
	run();
	rig_assert_status(&rig, STATUS_OK);
	ck_assert_uint_ge(result->probe_count, 3);
	ck_assert_double_eq(result->probes[0].rate, 0);
	ck_assert_double_gt(result->probes[0].achieved, 0);
	ck_assert_double_le(result->probes[1].rate, fmax(result->probes[0].achieved / 2, 110 + 1));
	for (uint32_t i = 1; i < result->probe_count; i++) {
		const struct trial_probe *probe = &result->probes[i];

		/* Never below what was held, nor above what was not; the first of these, again. */
		if (probe->rate != doubted || isfinite(not_held))
			ck_assert(probe->rate > held && probe->rate < not_held);
		if (probe->held)
			held = probe->rate;
		else if (probe->rate != doubted && isinf(not_held))
			doubted = probe->rate;
		else
			not_held = probe->rate;
	}
	ck_assert_double_eq(result->metrics[0], held);
	ck_assert(not_held <= held * 1.05 || result->probe_count == TRIAL_PROBES);
	/* The rest is of the trial at that rate. */
	ck_assert_double_eq_tol(metric("planned_rate"), held, held * 0.1 + 100);
	ck_assert_double_ge(metric("achieved_rate"), 0.98 * metric("planned_rate"));
	ck_assert_double_gt(metric("response_p50"), 0);
	ck_assert_msg(strstr(result->note, "/s: "), "%s", result->note);
	ck_assert_uint_gt(result->elapsed_ns, result->probe_count * 220 * NS_PER_MS);
}
END_TEST

static bool ask_for_little(const struct workload_case *kase, struct workload_search *by)
{
	bool asked = echo_workload.search(kase, by);

	by->highest = 150;
	return asked;
}

START_TEST(the_highest_that_can_be_asked_for_is_told)
{
	struct workload modest = echo_workload;

	prepare_search(MODEL_PLUGIN_DIR "/thread-mutex.so", 60000000);
	modest.search = ask_for_little;
	rig.spec.kase.workload = &modest;
	run();
	rig.spec.kase.workload = &echo_workload;
	rig_assert_status(&rig, STATUS_OK);
	ck_assert_double_eq(rig.result.metrics[0], 150);
	/* The closed loop, and the highest at once. */
	ck_assert_uint_eq(rig.result.probe_count, 2);
	ck_assert_msg(strstr(rig.result.note, "150/s is held, no more can be asked for"), "%s",
	              rig.result.note);
}
END_TEST

START_TEST(a_goal_that_no_rate_holds_is_told)
{
	const struct trial_result *result = &rig.result;
	uint32_t last;

	prepare_search(MODEL_PLUGIN_DIR "/thread-mutex.so", 1);
	run();
	last = result->probe_count - 1;
	rig_assert_status(&rig, STATUS_FAILED);
	ck_assert_msg(
	        rig_starts_with(result->reason,
	                        "no rate is held; at 110/s, below which the windows hold too few "
	                        "messages for the percentile: "),
	        "%s", result->reason);
	ck_assert_msg(strstr(result->reason, "the goal of 1.00 us is not held: "), "%s",
	              result->reason);
	for (int i = 0; i < WORKLOAD_METRICS; i++)
		ck_assert(isnan(result->metrics[i]));
	/* 1.1 times the 20 messages that a median wants in 200 ms; tried twice. */
	ck_assert_double_eq(result->probes[last].rate, 110);
	ck_assert_double_eq(result->probes[last - 1].rate, 110);
	for (uint32_t i = 1; i <= last; i++)
		ck_assert(!result->probes[i].held);
}
END_TEST

START_TEST(a_probe_that_fails_is_the_case_s_end)
{
	prepare_search(BROKEN_DIR "/drop.so", 60000000);
	run();
	rig_assert_status(&rig, STATUS_WRONG_RESULT);
	ck_assert_uint_eq(rig.result.probe_count, 1);
	ck_assert(isnan(rig.result.metrics[0]));
}
END_TEST

static int asked;

static bool is_mapped(const char *path)
{
	DIR *folder = opendir("/proc");
	struct dirent *entry;
	bool found = false;

	ck_assert_ptr_nonnull(folder);
	while (!found && (entry = readdir(folder))) {
		char maps[300];

		snprintf(maps, sizeof(maps), "/proc/%s/maps", entry->d_name);
		found = isdigit((unsigned char)entry->d_name[0]) && rig_file_has(maps, path);
	}
	closedir(folder);
	return found;
}

/* The plugin goes while the first probe has it open. */
static bool take_away(void *path)
{
	if (access(path, F_OK) == 0 && is_mapped(path))
		unlink(path);
	return false;
}

START_TEST(a_later_probe_that_fails_tells_its_rate)
{
	char copy[128], command[1024];

	snprintf(copy, sizeof(copy), "%s/thread-mutex.so", rig.work_dir);
	snprintf(command, sizeof(command), "cp " MODEL_PLUGIN_DIR "/thread-mutex.so %s", copy);
	ck_assert_int_eq(system(command), 0);
	prepare_search(copy, 60000000);
	rig.spec.interrupted = take_away;
	rig.spec.context = copy;
	run();
	rig_assert_status(&rig, STATUS_FAILED);
	ck_assert_uint_eq(rig.result.probe_count, 2);
	ck_assert_msg(rig_starts_with(rig.result.reason, "at "), "%s", rig.result.reason);
	ck_assert_msg(strstr(rig.result.reason, " messages a second: "), "%s", rig.result.reason);
	ck_assert_msg(strstr(rig.result.reason, "thread-mutex.so"), "%s", rig.result.reason);
}
END_TEST

static bool end_in_the_second(void *context)
{
	(void)context;
	return ++asked > 40; /* a probe asks about 30 times */
}

START_TEST(an_interrupted_search_is_nobody_s_fault)
{
	prepare_search(MODEL_PLUGIN_DIR "/thread-mutex.so", 60000000);
	rig.spec.interrupted = end_in_the_second;
	run();
	ck_assert(rig.result.interrupted);
	ck_assert_int_eq(rig.result.status, STATUS_OK);
	ck_assert(isnan(rig.result.metrics[0]));
}
END_TEST

/* Of 2000 messages a second four meet the stall, one on each connection; 200 were planned in it. */
START_TEST(a_stall_shows_in_the_response_time_only)
{
	prepare(TEST_PLUGIN_DIR "/stall.so");
	rig_set_int(&rig, "rate", 2000);
	rig_set_int(&rig, "connections",
	            4); /* so few of 2000 messages a second are under way in a stall */
	rig.spec.sampling.windows = 10;
	rig.spec.sampling.window_ms = 200;
	run();
	rig_assert_status(&rig, STATUS_OK);
	ck_assert_double_gt(metric("response_p99"), 50e6);
	ck_assert_double_lt(metric("latency_p99"), metric("response_p99") / 2);
	ck_assert_double_lt(metric("response_p50"), 25e6);
	ck_assert_double_eq_tol(metric("planned_rate"), 2000, 50);
	/* The longest was asked at the stall's begin. */
	ck_assert_double_gt(metric("latency_max"), 80e6);
}
END_TEST

START_TEST(a_missed_goal_at_a_given_rate_is_noted)
{
	prepare(MODEL_PLUGIN_DIR "/thread-mutex.so");
	rig_set_int(&rig, "rate", 2000);
	rig_set_int(&rig, "latency_goal_us", 1);
	rig_set_int(&rig, "percentile", 90);
	run();
	rig_assert_status(&rig, STATUS_OK);
	ck_assert_msg(strstr(rig.result.note, "the goal of 1.00 us is not held: "), "%s",
	              rig.result.note);
	ck_assert_msg(strstr(rig.result.note, " at percentile 90"), "%s", rig.result.note);
	ck_assert_double_eq(metric("response_at_percentile"), metric("response_p90"));
}
END_TEST

int main(int argc, char **argv)
{
	const suite_test tests[] = {
	        without_a_search_it_is_one_trial,          the_highest_rate_that_is_held_is_found,
	        the_highest_that_can_be_asked_for_is_told, a_goal_that_no_rate_holds_is_told,
	        a_probe_that_fails_is_the_case_s_end,      a_later_probe_that_fails_tells_its_rate,
	        an_interrupted_search_is_nobody_s_fault,   a_stall_shows_in_the_response_time_only,
	        a_missed_goal_at_a_given_rate_is_noted,    NULL};

	if (rig_is_stage(argc, argv))
		return stage_main();
	return suite_run_with("search", tests, open_rig, close_rig);
}
