/* SPDX-License-Identifier: MIT */
#include <math.h>

#include "fake_tree.h"
#include "noise.h"
#include "suite.h"

static const int cpus[] = {0, 3};
static const struct quota_counts no_quota;

static void put_stat(const char *root, const char *steal_of_0, const char *user_of_3,
                     const char *steal_of_3)
{
	char text[512];

	snprintf(text, sizeof(text),
	         "cpu  1 2 3 4 5 6 7 999 0 0\ncpu0 1 2 3 4 5 6 7 %s 0 0\ncpu1 1 2 3 4 5 6 7 500 0 "
	         "0\n"
	         "cpu3 %s 2 3 4 5 6 7 %s 0 0\nintr 5 0\n",
	         steal_of_0, user_of_3, steal_of_3);
	fake_tree_put(root, "proc/stat", text);
}

static void put_pressure(const char *root, const char *cpu_us, const char *io_us)
{
	char text[128];

	snprintf(text, sizeof(text), "some avg10=1.00 avg60=0.50 avg300=0.10 total=%s\n", cpu_us);
	fake_tree_put(root, "proc/pressure/cpu", text);
	snprintf(text, sizeof(text), "some avg10=0.00 avg60=0.00 avg300=0.00 total=%s\n", io_us);
	fake_tree_put(root, "proc/pressure/io", text);
}

START_TEST(nothing_readable_is_nan)
{
	struct noise noise;

	noise_read(&noise, "/nonexistent", cpus, 2, &no_quota);
	ck_assert_double_nan(noise.steal_ns);
	ck_assert_double_nan(noise.busy_ns);
	ck_assert_double_nan(noise.cpu_pressure_ns);
	ck_assert_double_nan(noise.io_pressure_ns);
	ck_assert_double_nan(noise.throttled_periods);
	noise = noise_between(&noise, &noise);
	ck_assert_double_nan(noise.steal_ns);
}
END_TEST

START_TEST(what_came_between_is_the_difference)
{
	double tick_ns = 1e9 / (double)sysconf(_SC_CLK_TCK);
	struct noise before, after, between;
	char root[FAKE_TREE_PATH];

	fake_tree_make(root);
	put_stat(root, "10", "1", "20");
	put_pressure(root, "1000", "7");
	noise_read(&before, root, cpus, 2, &no_quota);
	ck_assert_double_eq(before.steal_ns, 30 * tick_ns); /* not of PU 1, not the sum of all */
	/* user, nice, system of both; neither idle nor I/O wait nor interrupts. */
	ck_assert_double_eq(before.busy_ns, 2 * (1 + 2 + 3) * tick_ns);
	put_stat(root, "12", "5", "21");
	put_pressure(root, "1500", "7");
	noise_read(&after, root, cpus, 2, &no_quota);
	between = noise_between(&before, &after);
	ck_assert_double_eq(between.steal_ns, 3 * tick_ns);
	ck_assert_double_eq(between.busy_ns, 4 * tick_ns);
	ck_assert_double_eq(between.cpu_pressure_ns, 500e3);
	ck_assert_double_eq(between.io_pressure_ns, 0);
	ck_assert_double_nan(between.throttled_periods);
	/* A total that goes backwards is no measurement. */
	between = noise_between(&after, &before);
	ck_assert_double_nan(between.steal_ns);
	fake_tree_remove(root);
}
END_TEST

START_TEST(a_pu_that_is_not_told_makes_it_nan)
{
	static const int more[] = {0, 7};
	char root[FAKE_TREE_PATH];
	struct noise noise;

	fake_tree_make(root);
	put_stat(root, "1", "1", "2");
	fake_tree_put(root, "proc/pressure/cpu", "some avg10=x\n");
	noise_read(&noise, root, more, 2, &no_quota);
	ck_assert_double_nan(noise.steal_ns);
	ck_assert_double_nan(noise.cpu_pressure_ns);
	fake_tree_remove(root);
}
END_TEST

/* "cpu  1 ..." of a machine that has just begun is not the line of PU 1. */
START_TEST(the_sum_is_no_pu)
{
	static const int both[] = {0, 1};
	char root[FAKE_TREE_PATH];
	struct noise noise;

	fake_tree_make(root);
	fake_tree_put(root, "proc/stat",
	              "cpu  1 0 3 100 0 0 0 7 55 0\ncpu0 0 0 1 50 0 0 0 3 0 0\n"
	              "cpu1 1 0 2 50 0 0 0 4 0 0\n");
	noise_read(&noise, root, both, 2, &no_quota);
	ck_assert_double_eq(noise.steal_ns, 7e9 / (double)sysconf(_SC_CLK_TCK));
	fake_tree_remove(root);
}
END_TEST

START_TEST(this_machine)
{
	static const int first[] = {0};
	struct noise noise;

	noise_read(&noise, "", first, 1, &no_quota);
	ck_assert(isnan(noise.steal_ns) || noise.steal_ns >= 0);
	ck_assert(isnan(noise.cpu_pressure_ns) || noise.cpu_pressure_ns >= 0);
}
END_TEST

int main(void)
{
	const suite_test tests[] = {nothing_readable_is_nan,
	                            what_came_between_is_the_difference,
	                            a_pu_that_is_not_told_makes_it_nan,
	                            the_sum_is_no_pu,
	                            this_machine,
	                            NULL};

	return suite_run("noise", tests);
}
