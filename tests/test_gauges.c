/* SPDX-License-Identifier: MIT */
#include <math.h>
#include <string.h>

#include "counters.h"
#include "fake_tree.h"
#include "gauges.h"
#include "suite.h"

static const int cpus[] = {0};
static struct machine machine;

static const char *why(const char *what)
{
	for (int i = 0; i < machine.unavailable_count; i++)
		if (strcmp(machine.unavailable[i].what, what) == 0)
			return machine.unavailable[i].why;
	return NULL;
}

START_TEST(every_gauge_has_a_name)
{
	for (int i = 0; i < GAUGES; i++)
		for (int k = 0; k < i; k++)
			ck_assert_str_ne(gauge_name((enum gauge)i), gauge_name((enum gauge)k));
}
END_TEST

START_TEST(what_is_missing_is_told)
{
	static const char *const all[] = {
	        "steal_ns",          "others_cpu_ns",     "cpu_pressure_ns",
	        "io_pressure_ns",    "run_delay_ns",      "context_switches",
	        "migrations",        "throttled_periods", "frequency_before_hz",
	        "frequency_after_hz"};

	gauges_probe(&machine, "/nonexistent", cpus, 1, true);
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		ck_assert_msg(why(all[i]) != NULL, "%s", all[i]);
	ck_assert_str_eq(why("run_delay_ns"), "no /proc/PID/task/TID/schedstat");
}
END_TEST

START_TEST(what_is_there_is_not)
{
	char root[FAKE_TREE_PATH], path[128];

	fake_tree_make(root);
	fake_tree_put(root, "proc/stat", "cpu0 1 2 3 4 5 6 7 8 9 0\n");
	fake_tree_put(root, "proc/pressure/cpu", "some avg10=0 avg60=0 avg300=0 total=1\n");
	fake_tree_put(root, "proc/pressure/io", "some avg10=0 avg60=0 avg300=0 total=1\n");
	fake_tree_put(root, "sys/devices/system/cpu/cpu0/cpufreq/scaling_cur_freq", "1000000\n");
	snprintf(path, sizeof(path), "proc/%d/task/%d/schedstat", getpid(), getpid());
	fake_tree_put(root, path, "1 2 3\n");
	gauges_probe(&machine, root, cpus, 1, true);
	ck_assert_ptr_null(why("steal_ns"));
	ck_assert_ptr_null(why("others_cpu_ns"));
	ck_assert_ptr_null(why("io_pressure_ns"));
	ck_assert_ptr_null(why("frequency_before_hz"));
	ck_assert_ptr_null(why("run_delay_ns"));
	ck_assert_str_eq(why("migrations"), "no /proc/PID/task/TID/sched");
	fake_tree_remove(root);
}
END_TEST

/* Where the machine has counters, they are null because nobody asked; where not, because of that. */
START_TEST(counters_that_were_not_asked_for)
{
	struct counters counters;
	char text[MACHINE_TEXT];
	int error;

	counters_open(&counters, 0);
	error = counters.errors[COUNTER_CYCLES];
	counters_close(&counters);
	gauges_probe(&machine, "", cpus, 1, false);
	if (error)
		ck_assert_str_eq(why("cycles"), counters_explain(error, "", text, sizeof(text)));
	else
		ck_assert_ptr_nonnull(strstr(why("cycles"), "sampling.counters"));
	machine = (struct machine){0};
	gauges_probe(&machine, "", cpus, 1, true);
	ck_assert_int_eq(why("cycles") != NULL, error != 0);
}
END_TEST

int main(void)
{
	const suite_test tests[] = {every_gauge_has_a_name, what_is_missing_is_told,
	                            what_is_there_is_not, counters_that_were_not_asked_for, NULL};

	return suite_run("gauges", tests);
}
