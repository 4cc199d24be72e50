/* SPDX-License-Identifier: MIT */
#include <check.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "fake_tree.h"
#include "quota.h"

#define V1_MOUNT "32 31 0:29 / /sys/fs/cgroup/cpu rw,relatime - cgroup cgroup rw,cpuacct,cpu\n"
#define V2_MOUNT "41 31 0:38 / /sys/fs/cgroup rw,relatime shared:9 - cgroup2 cgroup2 rw\n"

static char root[FAKE_TREE_PATH];

static void setup(void)
{
	fake_tree_make(root);
}

static void teardown(void)
{
	fake_tree_remove(root);
}

static void put_mounts(const char *groups, const char *mounts)
{
	fake_tree_put(root, "proc/self/cgroup", groups);
	fake_tree_put(root, "proc/self/mountinfo", mounts);
}

START_TEST(nothing_readable)
{
	ck_assert_double_nan(quota_cpus("/nonexistent"));
	ck_assert_double_nan(quota_cpus(root));
	put_mounts("nonsense\n\n:", "1 2 3\n - \n - cgroup2\n1 2 3 - cgroup2 x rw\n");
	ck_assert_double_nan(quota_cpus(root));
}
END_TEST

START_TEST(v2_least_of_all_levels)
{
	put_mounts("0::/a/b c/leaf\n", "22 1 0:1 / / rw - ext4 /dev/vda rw\n" V2_MOUNT);
	ck_assert_double_nan(quota_cpus(root));
	fake_tree_put(root, "sys/fs/cgroup/a/b c/leaf/cpu.max", "max 100000\n");
	ck_assert_double_nan(quota_cpus(root));
	fake_tree_put(root, "sys/fs/cgroup/a/b c/cpu.max", "350000 100000\n");
	ck_assert_double_eq(quota_cpus(root), 3.5);
	fake_tree_put(root, "sys/fs/cgroup/a/cpu.max", "50000 20000\n");
	ck_assert_double_eq(quota_cpus(root), 2.5);
	fake_tree_put(root, "sys/fs/cgroup/cpu.max", "50000 100000\n");
	ck_assert_double_eq(quota_cpus(root), 0.5);
}
END_TEST

START_TEST(v1_negative_is_none)
{
	put_mounts("4:memory:/m\n2:cpu,cpuacct:/job\n1:cpuset:/\n0::/\n", V1_MOUNT);
	fake_tree_put(root, "sys/fs/cgroup/cpu/cpu.cfs_quota_us", "-1\n");
	fake_tree_put(root, "sys/fs/cgroup/cpu/cpu.cfs_period_us", "100000\n");
	ck_assert_double_nan(quota_cpus(root));
	fake_tree_put(root, "sys/fs/cgroup/cpu/job/cpu.cfs_quota_us", "150000\n");
	ck_assert_double_nan(quota_cpus(root)); /* no period, no quota */
	fake_tree_put(root, "sys/fs/cgroup/cpu/job/cpu.cfs_period_us", "100000\n");
	ck_assert_double_eq(quota_cpus(root), 1.5);
}
END_TEST

START_TEST(v1_and_v2_side_by_side)
{
	put_mounts("1:cpu:/x\n0::/y\n",
	           V1_MOUNT "41 31 0:38 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw\n");
	fake_tree_put(root, "sys/fs/cgroup/cpu/x/cpu.cfs_quota_us", "300000\n");
	fake_tree_put(root, "sys/fs/cgroup/cpu/x/cpu.cfs_period_us", "100000\n");
	fake_tree_put(root, "sys/fs/cgroup/unified/y/cpu.max", "200000 100000\n");
	ck_assert_double_eq(quota_cpus(root), 2);
}
END_TEST

/* A container sees its own group at the mount point, while its path may be the host's. */
START_TEST(container_views)
{
	fake_tree_put(root, "sys/fs/cgroup/cpu.max", "100000 100000\n");
	put_mounts("0::/docker/abc\n", "41 31 0:38 /docker/abc /sys/fs/cgroup ro - cgroup2 c rw\n");
	ck_assert_double_eq(quota_cpus(root), 1);
	put_mounts("0::/docker/abc\n", V2_MOUNT);
	ck_assert_double_eq(quota_cpus(root), 1);
	put_mounts("0::/../other\n", V2_MOUNT);
	ck_assert_double_eq(quota_cpus(root), 1);
	/* The mount shows a group whose name only begins alike. */
	put_mounts("0::/docker/abcd\n",
	           "41 31 0:38 /docker/abc /sys/fs/cgroup ro - cgroup2 c rw\n");
	ck_assert_double_eq(quota_cpus(root), 1);
}
END_TEST

START_TEST(escaped_mount_point)
{
	put_mounts("0::/g\n", "41 31 0:38 / /my\\040groups rw - cgroup2 cgroup2 rw\n");
	fake_tree_put(root, "my groups/g/cpu.max", "400000 100000\n");
	ck_assert_double_eq(quota_cpus(root), 4);
}
END_TEST

/* The groups are found anew, and asked twice. */
static double throttled(void)
{
	struct quota_counts counts;
	double first, second;

	quota_counts_open(&counts, root);
	first = quota_counts_throttled(&counts);
	second = quota_counts_throttled(&counts);
	quota_counts_close(&counts);
	ck_assert(first == second || (isnan(first) && isnan(second)));
	return second;
}

START_TEST(throttled_periods_of_all_levels)
{
	ck_assert_double_nan(throttled());
	put_mounts("0::/a/leaf\n", V2_MOUNT);
	ck_assert_double_nan(throttled());
	fake_tree_put(root, "sys/fs/cgroup/a/leaf/cpu.stat", "usage_usec 1\nuser_usec 1\n");
	ck_assert_double_nan(throttled()); /* a root group has no such line */
	fake_tree_put(root, "sys/fs/cgroup/a/cpu.stat",
	              "usage_usec 5\nnr_periods 101\nnr_throttled 94\nthrottled_usec 4\n");
	ck_assert_double_eq(throttled(), 94);
	fake_tree_put(root, "sys/fs/cgroup/cpu.stat", "nr_throttled 6\n");
	ck_assert_double_eq(throttled(), 100);
	put_mounts("2:cpu,cpuacct:/job\n", V1_MOUNT);
	fake_tree_put(root, "sys/fs/cgroup/cpu/job/cpu.stat",
	              "nr_periods 3\nnr_throttled 2\nthrottled_time 900\n");
	ck_assert_double_eq(throttled(), 2);
}
END_TEST

START_TEST(a_group_that_is_mounted_twice_counts_once)
{
	char link_to[FAKE_TREE_PATH + 16], target[FAKE_TREE_PATH + 32];

	put_mounts("0::/a\n", V2_MOUNT "42 31 0:38 / /host rw - cgroup2 cgroup2 rw\n");
	fake_tree_put(root, "sys/fs/cgroup/a/cpu.stat", "nr_throttled 3\n");
	snprintf(link_to, sizeof(link_to), "%s/host", root);
	snprintf(target, sizeof(target), "%s/sys/fs/cgroup", root);
	ck_assert_int_eq(symlink(target, link_to), 0);
	ck_assert_double_eq(throttled(), 3);
}
END_TEST

START_TEST(an_open_count_is_read_anew)
{
	struct quota_counts counts;

	put_mounts("0::/a\n", V2_MOUNT);
	fake_tree_put(root, "sys/fs/cgroup/a/cpu.stat", "nr_throttled 6\n");
	quota_counts_open(&counts, root);
	ck_assert_double_eq(quota_counts_throttled(&counts), 6);
	fake_tree_put(root, "sys/fs/cgroup/a/cpu.stat", "nr_throttled 9\n");
	ck_assert_double_eq(quota_counts_throttled(&counts), 9);
	quota_counts_close(&counts);
	quota_counts_close(&counts); /* harmless */
	ck_assert_double_nan(quota_counts_throttled(&counts));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("quota");
	TCase *tests = tcase_create("quota");
	SRunner *runner = srunner_create(suite);
	int failed;

	suite_add_tcase(suite, tests);
	tcase_add_checked_fixture(tests, setup, teardown);
	tcase_add_test(tests, nothing_readable);
	tcase_add_test(tests, v2_least_of_all_levels);
	tcase_add_test(tests, v1_negative_is_none);
	tcase_add_test(tests, v1_and_v2_side_by_side);
	tcase_add_test(tests, container_views);
	tcase_add_test(tests, escaped_mount_point);
	tcase_add_test(tests, throttled_periods_of_all_levels);
	tcase_add_test(tests, a_group_that_is_mounted_twice_counts_once);
	tcase_add_test(tests, an_open_count_is_read_anew);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
