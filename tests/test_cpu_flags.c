/* SPDX-License-Identifier: MIT */
#include "cpu_flags.h"
#include "fake_tree.h"
#include "suite.h"

static char root[FAKE_TREE_PATH], text[512];

static void setup(void)
{
	fake_tree_make(root);
}

static void teardown(void)
{
	fake_tree_remove(root);
}

START_TEST(only_those_that_matter)
{
	fake_tree_put(root, "proc/cpuinfo",
	              "processor\t: 0\nflags\t\t: fpu ht avx512f avx2 nonstop_tsc aesx xaes\n\n");
	ck_assert_int_eq(cpu_flags_read(root, text, sizeof(text)), 0);
	ck_assert_str_eq(text, "nonstop_tsc ht avx2 avx512f"); /* whole words */
	fake_tree_put(root, "proc/cpuinfo", "processor\t: 0\nFeatures\t: fp asimd atomics\n\n");
	ck_assert_int_eq(cpu_flags_read(root, text, sizeof(text)), 0);
	ck_assert_str_eq(text, "atomics asimd");
	fake_tree_put(root, "proc/cpuinfo", "flags\t\t: fpu\n");
	ck_assert_int_eq(cpu_flags_read(root, text, sizeof(text)), 0);
	ck_assert_str_eq(text, "");
}
END_TEST

START_TEST(not_readable)
{
	ck_assert_int_eq(cpu_flags_read(root, text, sizeof(text)), -ENOENT);
	ck_assert_str_eq(text, "");
	fake_tree_put(root, "proc/cpuinfo", "processor\t: 0\n");
	ck_assert_int_eq(cpu_flags_read(root, text, sizeof(text)), -ENODATA);
}
END_TEST

START_TEST(cut_where_there_is_no_room)
{
	char small[8];

	fake_tree_put(root, "proc/cpuinfo", "flags\t\t: rdtscp nonstop_tsc ht aes\n");
	ck_assert_int_eq(cpu_flags_read(root, small, sizeof(small)), 0);
	ck_assert_str_eq(small, "nonstop");
}
END_TEST

int main(void)
{
	const suite_test tests[] = {only_those_that_matter, not_readable,
	                            cut_where_there_is_no_room, NULL};

	return suite_run_with("cpu_flags", tests, setup, teardown);
}
