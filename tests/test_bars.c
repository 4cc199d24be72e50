/* SPDX-License-Identifier: MIT */
#include "suite.h"

#include <math.h>
#include <string.h>

#include "bars.h"

START_TEST(bars_are_as_long_as_their_shares)
{
	char text[BARS_TEXT];

	ck_assert_str_eq(bars_across(0, 4, text), "    ");
	ck_assert_str_eq(bars_across(1, 4, text), "████");
	ck_assert_str_eq(bars_across(0.5, 4, text), "██  ");
	ck_assert_str_eq(bars_across(1 / 32.0, 4, text), "▏   ");
	ck_assert_str_eq(bars_across(31 / 32.0, 4, text), "███▉");
	ck_assert_str_eq(bars_across(0.125, 1, text), "▏");
	ck_assert_str_eq(bars_across(0.25, 1, text), "▎");
	ck_assert_str_eq(bars_across(0.375, 1, text), "▍");
	ck_assert_str_eq(bars_across(0.5, 1, text), "▌");
	ck_assert_str_eq(bars_across(0.625, 1, text), "▋");
	ck_assert_str_eq(bars_across(0.75, 1, text), "▊");
	ck_assert_str_eq(bars_across(0.875, 1, text), "▉");
	ck_assert_str_eq(bars_across(0.9, 0, text), "");
}
END_TEST

START_TEST(the_nearest_eighth_is_drawn)
{
	char text[BARS_TEXT];

	ck_assert_str_eq(bars_across(0.99 / 64, 4, text), "    ");
	ck_assert_str_eq(bars_across(1.01 / 64, 4, text), "▏   ");
	ck_assert_str_eq(bars_across(62.99 / 64, 4, text), "███▉");
	ck_assert_str_eq(bars_across(63.01 / 64, 4, text), "████");
}
END_TEST

START_TEST(what_is_no_share_is_blank_or_full)
{
	char text[BARS_TEXT];

	ck_assert_str_eq(bars_across(NAN, 2, text), "  ");
	ck_assert_str_eq(bars_across(-1, 2, text), "  ");
	ck_assert_str_eq(bars_across(-INFINITY, 2, text), "  ");
	ck_assert_str_eq(bars_across(1.5, 2, text), "██");
	ck_assert_str_eq(bars_across(INFINITY, 2, text), "██");
}
END_TEST

START_TEST(the_longest_fits)
{
	char text[BARS_TEXT];

	ck_assert_uint_eq(strlen(bars_across(1, BARS_MOST, text)), BARS_TEXT - 1);
}
END_TEST

START_TEST(upward_likewise)
{
	static const char *const filled[] = {" ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};

	for (int i = 0; i <= 8; i++)
		ck_assert_str_eq(bars_up(i / 8.0), filled[i]);
	ck_assert_str_eq(bars_up(NAN), " ");
	ck_assert_str_eq(bars_up(-1), " ");
	ck_assert_str_eq(bars_up(3), "█");
}
END_TEST

int main(void)
{
	const suite_test tests[] = {bars_are_as_long_as_their_shares,
	                            the_nearest_eighth_is_drawn,
	                            what_is_no_share_is_blank_or_full,
	                            the_longest_fits,
	                            upward_likewise,
	                            NULL};

	return suite_run("bars", tests);
}
