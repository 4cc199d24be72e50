/* SPDX-License-Identifier: MIT */
#include "suite.h"

#include <locale.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "format.h"

static char text[FORMAT_TEXT];

START_TEST(digits_are_three)
{
	ck_assert_str_eq(format_digits(970.4, text), "970");
	ck_assert_str_eq(format_digits(19.64, text), "19.6");
	ck_assert_str_eq(format_digits(1.049, text), "1.05");
	ck_assert_str_eq(format_digits(0, text), "0");
	ck_assert_str_eq(format_digits(-3.14159, text), "-3.14");
	ck_assert_str_eq(format_digits(9.999, text), "10.0");
	ck_assert_str_eq(format_digits(99.96, text), "100");
	ck_assert_str_eq(format_digits(1234567, text), "1234567");
	ck_assert_str_eq(format_digits(NAN, text), "-");
	ck_assert_str_eq(format_digits(INFINITY, text), "-");
	ck_assert_uint_lt(strlen(format_digits(-1.7e308, text)),
	                  FORMAT_TEXT); /* cut, not overflown */
}
END_TEST

START_TEST(prefixes_fit)
{
	ck_assert_str_eq(format_scale_of(970e6).prefix, "M");
	ck_assert_str_eq(format_scale_of(999.6e3).prefix, "M");
	ck_assert_str_eq(format_scale_of(999.4e3).prefix, "k");
	ck_assert_str_eq(format_scale_of(0.02).prefix, "m");
	ck_assert_str_eq(format_scale_of(0).prefix, "");
	ck_assert_str_eq(format_scale_of(NAN).prefix, "");
	ck_assert_str_eq(format_scale_of(1e-30).prefix, "n");
	ck_assert_str_eq(format_scale_of(-5e9).prefix, "G");
}
END_TEST

START_TEST(quantities_have_units)
{
	ck_assert_str_eq(format_quantity(970e6, "ops/s", text), "970 Mops/s");
	ck_assert_str_eq(format_quantity(1.5e9, "bytes/s", text), "1.50 GB/s");
	ck_assert_str_eq(format_quantity(31400, "round trips/s", text), "31.4 k/s");
	ck_assert_str_eq(format_quantity(31400, "messages/s", text), "31.4 k/s");
	ck_assert_str_eq(format_quantity(13.8, "ns", text), "13.8 ns");
	ck_assert_str_eq(format_quantity(1500, "ns", text), "1.50 us");
	ck_assert_str_eq(format_quantity(0.5, "ns", text), "0.50 ns");
	ck_assert_str_eq(format_quantity(0, "ns", text), "0 s");
	ck_assert_str_eq(format_quantity(2.5e9, "ns", text), "2.50 s");
	ck_assert_str_eq(format_quantity(0.987, "1", text), "0.99");
	ck_assert_str_eq(format_quantity(45, "percent", text), "45.0 %");
	ck_assert_str_eq(format_quantity(NAN, "ops/s", text), "-");
}
END_TEST

START_TEST(durations_are_for_people)
{
	ck_assert_str_eq(format_duration(0, text), "0 s");
	ck_assert_str_eq(format_duration(35.4, text), "35 s");
	ck_assert_str_eq(format_duration(59.6, text), "1 min 0 s");
	ck_assert_str_eq(format_duration(72, text), "1 min 12 s");
	ck_assert_str_eq(format_duration(7500, text), "2 h 5 min");
	ck_assert_str_eq(format_duration(NAN, text), "0 s");
	ck_assert_str_eq(format_duration(-3, text), "0 s");
}
END_TEST

START_TEST(thousands_are_apart)
{
	ck_assert_str_eq(format_count(0, text), "0");
	ck_assert_str_eq(format_count(999, text), "999");
	ck_assert_str_eq(format_count(1048576, text), "1 048 576");
	ck_assert_str_eq(format_count(UINT64_MAX, text), "18 446 744 073 709 551 615");
}
END_TEST

START_TEST(characters_are_counted_not_bytes)
{
	ck_assert_int_eq(format_width(""), 0);
	ck_assert_int_eq(format_width("abc"), 3);
	ck_assert_int_eq(format_width("±10 … ✓"), 7);
}
END_TEST

START_TEST(wide_characters_take_two_columns)
{
	setlocale(LC_CTYPE, "C.UTF-8");
	ck_assert_int_eq(format_width("模型 1"), 6);
	ck_assert_int_eq(format_width("e\xcc\x81"), 1); /* a mark on the letter before it */
	ck_assert_int_eq(format_width("▏▎▍▌▋▊▉█▁▂▃▄▅▆▇"), 15);
	ck_assert_int_eq(format_width("\x80\xff\xe6\xa8"), 3); /* no UTF-8, but no trouble either */
	setlocale(LC_CTYPE, "C");
	ck_assert_int_eq(format_width("模型 1"), 4); /* who knows */
}
END_TEST

static void expect_cut(const char *whole, int width, const char *cut)
{
	char given[32];

	snprintf(given, sizeof(given), "%s", whole);
	format_cut(given, sizeof(given), width);
	ck_assert_str_eq(given, cut);
}

START_TEST(texts_are_cut_to_columns)
{
	setlocale(LC_CTYPE, "C.UTF-8");
	expect_cut("mutex", 5, "mutex");
	expect_cut("mutex", 4, "mut…");
	expect_cut("mütex", 4, "müt…");
	expect_cut("模型模型", 8, "模型模型");
	expect_cut("模型模型", 6, "模型…"); /* half a character is none */
	expect_cut("mutex", 1, "…");
	expect_cut("", 0, "");
	setlocale(LC_CTYPE, "C");
	expect_cut("spinlock", 8, "spinlock");
	expect_cut("spinlock", 7, "spin...");
}
END_TEST

START_TEST(cut_texts_stay_within_their_bytes)
{
	char given[8] = "abcdefg";

	setlocale(LC_CTYPE, "C.UTF-8");
	format_cut(given, sizeof(given), 6);
	ck_assert_str_eq(given, "abcde"); /* no room for the three bytes of the mark */
}
END_TEST

static void expect_wrapped(int width, int indent, int column, const char *words, const char *lines)
{
	char *shown;
	size_t size;
	FILE *out = open_memstream(&shown, &size);

	format_wrapped(out, width, indent, column, words);
	fclose(out);
	ck_assert_str_eq(shown, lines);
	free(shown);
}

START_TEST(long_texts_are_broken_between_words)
{
	expect_wrapped(10, 2, 2, "", "\n");
	expect_wrapped(10, 2, 2, "one  two", "one two\n");
	expect_wrapped(10, 2, 2, "one four five", "one four\n  five\n");
	expect_wrapped(10, 2, 2, "one fourteen", "one\n  fourteen\n");
	expect_wrapped(10, 2, 2, "äöü äöüß", "äöü äöüß\n"); /* columns, not bytes */
	expect_wrapped(10, 2, 2, "a-word-that-is-too-long", "a-word-that-is-too-long\n");
	expect_wrapped(10, 2, 2, "\x1b[2J \xc2\x9bx", "?[2J ??x\n"); /* nothing steers */
	expect_wrapped(10, 2, 6, "one", " one\n");                   /* behind something */
	expect_wrapped(10, 4, 2, "one two", "one two\n");            /* less than the indent */
}
END_TEST

START_TEST(ranges_are_told_in_one_scale)
{
	struct format_scale mega = format_scale_of(2e6);
	char range[FORMAT_RANGE];

	setlocale(LC_CTYPE, "C.UTF-8");
	ck_assert_str_eq(format_range(0.5e6, 20e6, mega, " ", range), "0.50 … 20.0");
	ck_assert_str_eq(format_range(0.5e6, 20e6, mega, "", range), "0.50…20.0");
	ck_assert_str_eq(format_range(NAN, 20e6, mega, " ", range), "-");
	ck_assert_str_eq(format_range(1, INFINITY, mega, " ", range), "-");
	setlocale(LC_CTYPE, "C");
	ck_assert_str_eq(format_range(1e6, 2e6, mega, "", range), "1.00-2.00");
}
END_TEST

START_TEST(range_mark_follows_the_locale)
{
	setlocale(LC_CTYPE, "C");
	ck_assert_str_eq(format_range_mark(), "-");
	if (setlocale(LC_CTYPE, "C.UTF-8"))
		ck_assert_str_eq(format_range_mark(), "…");
}
END_TEST

int main(void)
{
	const suite_test tests[] = {digits_are_three,
	                            prefixes_fit,
	                            quantities_have_units,
	                            durations_are_for_people,
	                            thousands_are_apart,
	                            characters_are_counted_not_bytes,
	                            wide_characters_take_two_columns,
	                            texts_are_cut_to_columns,
	                            cut_texts_stay_within_their_bytes,
	                            long_texts_are_broken_between_words,
	                            ranges_are_told_in_one_scale,
	                            range_mark_follows_the_locale,
	                            NULL};

	return suite_run("format", tests);
}
