/* SPDX-License-Identifier: MIT */
#include <math.h>

#include "fake_tree.h"
#include "frequency.h"
#include "suite.h"

static const int cpus[] = {0, 2};
static char root[FAKE_TREE_PATH];
static double hz;

static void setup(void)
{
	fake_tree_make(root);
}

static void teardown(void)
{
	fake_tree_remove(root);
}

static void put_cpuinfo(const char *flag)
{
	char text[512];

	snprintf(text, sizeof(text),
	         "processor\t: 0\ncpu MHz\t\t: 2000.500\nflags\t\t: fpu %s\n\n"
	         "processor\t: 1\ncpu MHz\t\t: 100.000\nflags\t\t: fpu %s\n\n"
	         "processor\t: 2\ncpu MHz\t\t: 3000.500\nflags\t\t: fpu %s\n\n",
	         flag, flag, flag);
	fake_tree_put(root, "proc/cpuinfo", text);
}

START_TEST(the_mean_of_the_pus)
{
	put_cpuinfo("aperfmperf");
	ck_assert_int_eq(frequency_read(root, cpus, 2, &hz), 0);
	ck_assert_double_eq_tol(hz, 2500.5e6, 1);
	/* cpufreq has the first word, and kHz. */
	fake_tree_put(root, "sys/devices/system/cpu/cpu0/cpufreq/scaling_cur_freq", "1000000\n");
	fake_tree_put(root, "sys/devices/system/cpu/cpu2/cpufreq/scaling_cur_freq", "2000000\n");
	ck_assert_int_eq(frequency_read(root, cpus, 2, &hz), 0);
	ck_assert_double_eq_tol(hz, 1.5e9, 1);
}
END_TEST

START_TEST(a_nominal_number_is_no_measurement)
{
	put_cpuinfo("hypervisor");
	ck_assert_int_eq(frequency_read(root, cpus, 2, &hz), -ENODATA);
	ck_assert_double_nan(hz);
}
END_TEST

START_TEST(what_is_missing)
{
	static const int more[] = {0, 7};

	ck_assert_int_eq(frequency_read(root, cpus, 2, &hz), -ENOENT);
	ck_assert_double_nan(hz);
	put_cpuinfo("aperfmperf");
	ck_assert_int_eq(frequency_read(root, more, 2, &hz), -ENODATA);
	ck_assert_double_nan(hz);
	ck_assert_int_eq(frequency_read(root, cpus, 0, &hz), -ENODATA);
	/* One PU that cpufreq does not tell makes it ask elsewhere. */
	fake_tree_put(root, "sys/devices/system/cpu/cpu0/cpufreq/scaling_cur_freq", "lots\n");
	ck_assert_int_eq(frequency_read(root, cpus, 2, &hz), 0);
	ck_assert_double_eq_tol(hz, 2500.5e6, 1);
}
END_TEST

int main(void)
{
	const suite_test tests[] = {the_mean_of_the_pus, a_nominal_number_is_no_measurement,
	                            what_is_missing, NULL};

	return suite_run_with("frequency", tests, setup, teardown);
}
