/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "build.h"
#include "suite.h"

START_TEST(this_program)
{
	struct build build = build_of_this();

	ck_assert_str_ne(build.version, "");
	ck_assert_str_ne(build.type, "");
	ck_assert(strstr(build.compiler, "gcc") || strstr(build.compiler, "lang"));
	ck_assert_ptr_nonnull(strstr(build.flags, "-O"));
	ck_assert_int_eq(strstr(build.flags, "-fsanitize=") != NULL, build.sanitizers[0] != '\0');
	ck_assert_ptr_eq(build.revision, build_revision);
}
END_TEST

START_TEST(slow_builds)
{
	ck_assert(build_is_slow("gcc 12.2.0; -g; not optimised"));
	ck_assert(build_is_slow("gcc 12; -O2 -fsanitize=address,undefined"));
	ck_assert(build_is_slow("-O2 --coverage"));
	ck_assert(!build_is_slow("gcc 12.2.0; -O3 -march=native"));
	ck_assert(!build_is_slow("gcc 12.2.0; -fno-sanitize=all -O2"));
	ck_assert(!build_is_slow("rustc 1.80; flags unknown"));
	ck_assert(!build_is_slow(""));
}
END_TEST

int main(void)
{
	const suite_test tests[] = {this_program, slow_builds, NULL};

	return suite_run("build", tests);
}
