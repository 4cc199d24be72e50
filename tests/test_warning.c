/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "suite.h"
#include "warning.h"

static struct warnings warnings;
static struct hd_error err;
static char *out;

static const char *told(int width)
{
	size_t size;
	FILE *file;

	free(out);
	file = open_memstream(&out, &size);

	warnings_tell(&warnings, file, width);
	fclose(file);
	return out;
}

START_TEST(identities_are_in_order_and_stay)
{
	char id[8];

	for (int i = 0; i < WARNINGS; i++) {
		snprintf(id, sizeof(id), "W%02d", i + 1);
		ck_assert_str_eq(warning_id((enum warning)i), id);
	}
	ck_assert_str_eq(warning_id(WARNING_CPU_PRESSURE), "W03");
	ck_assert_str_eq(warning_id(WARNING_PRECISION), "W12");
	ck_assert_str_eq(warning_id(WARNING_UNSAFE), "W13");
}
END_TEST

START_TEST(told_once_and_wrapped)
{
	ck_assert_str_eq(told(80), "");
	warnings_raise(&warnings, WARNING_STEAL, "one %d three four five six", 2);
	warnings_raise(&warnings, WARNING_STEAL, "another");
	warnings_raise(&warnings, WARNING_BUILD, "first");
	ck_assert_str_eq(told(30), "W01      first\n"
	                           "W05      one 2 three four five\n"
	                           "         six\n");
	ck_assert_str_eq(told(30), "");
	warnings_raise(&warnings, WARNING_SHARED, "late");
	ck_assert_str_eq(told(80), "W07      late\n");
}
END_TEST

START_TEST(silenced_by_a_list)
{
	ck_assert_int_eq(warnings_silence(&warnings, "W03,w05", &err), 0);
	ck_assert_int_eq(warnings_silence(&warnings, "W12", &err), 0);
	warnings_raise(&warnings, WARNING_CPU_PRESSURE, "a");
	warnings_raise(&warnings, WARNING_STEAL, "b");
	warnings_raise(&warnings, WARNING_PRECISION, "c");
	warnings_raise(&warnings, WARNING_BUILD, "d");
	ck_assert_str_eq(told(80), "W01      d\n");
	ck_assert_str_eq(warnings.of[WARNING_STEAL].text, "b"); /* it is stored all the same */
}
END_TEST

START_TEST(unknown_ones_are_refused)
{
	static const char *const wrong[] = {"",     "W00",     "W14",      "W3",         "W03,",
	                                    ",W03", "W03 W04", "pressure", "W03,W04,W99"};

	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		err = (struct hd_error){0};
		ck_assert_int_eq(warnings_silence(&warnings, wrong[i], &err), -EINVAL);
		ck_assert_msg(strstr(err.text, "unknown warning \"") != NULL, "%s", err.text);
		ck_assert_ptr_nonnull(strstr(err.text, "W01 debug or sanitizer build, "));
		ck_assert_ptr_nonnull(
		        strstr(err.text, "W12 precision not reached, W13 plugin writable by all"));
	}
}
END_TEST

START_TEST(cases_and_the_worst)
{
	warnings_concern(&warnings, WARNING_STALLED, -3);
	warnings_concern(&warnings, WARNING_STALLED, -5);
	ck_assert_uint_eq(warnings.of[WARNING_STALLED].cases, 2);
	ck_assert_double_eq(warnings.of[WARNING_STALLED].worst, -3);
	ck_assert_str_eq(told(80), ""); /* no text yet */
}
END_TEST

static void teardown(void)
{
	free(out);
	out = NULL;
}

int main(void)
{
	const suite_test tests[] = {
	        identities_are_in_order_and_stay, told_once_and_wrapped, silenced_by_a_list,
	        unknown_ones_are_refused,         cases_and_the_worst,   NULL};

	return suite_run_with("warning", tests, NULL, teardown);
}
