/* SPDX-License-Identifier: MIT */
#include "suite.h"

#include <string.h>

#include "option.h"

static const struct hd_option options[] = {
        {.name = "number", .kind = HD_OPTION_INT, .value = 8, .min = 1, .max = 64},
        {.name = "flag", .kind = HD_OPTION_FLAG, .value = 1},
        {.name = "choice", .kind = HD_OPTION_CHOICE, .text = "ring", .choices = "ring pipe mqueue"},
        {.name = "words", .kind = HD_OPTION_TEXT},
        {.name = "rate", .kind = HD_OPTION_INT, .max = 9, .choices = "max-under least"},
        {0},
};

START_TEST(options_are_counted_and_found)
{
	ck_assert_uint_eq(option_count(options), 5);
	ck_assert_uint_eq(option_count(NULL), 0);
	ck_assert_uint_eq(option_count(options + 5), 0);
	ck_assert_int_eq(option_find(options, "choice"), 2);
	ck_assert_int_eq(option_find(options, "choices"), -1);
	ck_assert_int_eq(option_find(NULL, "choice"), -1);
}
END_TEST

START_TEST(defaults_are_values)
{
	ck_assert_int_eq(option_default(&options[0]).number, 8);
	ck_assert_str_eq(option_default(&options[2]).text, "ring");
	ck_assert_str_eq(option_default(&options[3]).text, "");
}
END_TEST

START_TEST(values_are_equal_by_kind)
{
	char ring[] = "ring";
	struct value one = {.number = 1, .text = "ring"}, other = {.number = 2, .text = ring};

	ck_assert(!option_equal(&options[0], one, other));
	ck_assert(option_equal(&options[2], one, other));
	ck_assert(!option_equal(&options[2], one, (struct value){.text = "rin"}));
}
END_TEST

static const char *refuses(int i, int64_t number, const char *text)
{
	static char allowed[64];

	return option_refuses(&options[i], (struct value){number, text}, allowed, sizeof(allowed));
}

START_TEST(what_is_not_allowed_is_told)
{
	ck_assert_ptr_null(refuses(0, 1, NULL));
	ck_assert_ptr_null(refuses(0, 64, NULL));
	ck_assert_str_eq(refuses(0, 0, NULL), "1 to 64");
	ck_assert_str_eq(refuses(0, INT64_MIN, NULL), "1 to 64");
	ck_assert_ptr_null(refuses(1, 0, NULL));
	ck_assert_str_eq(refuses(1, 2, NULL), "true or false");
	ck_assert_ptr_null(refuses(2, 0, "mqueue"));
	ck_assert_str_eq(refuses(2, 0, "mq"), "one of: ring pipe mqueue");
	ck_assert_str_eq(refuses(2, 0, "ring pipe"), "one of: ring pipe mqueue");
	ck_assert_str_eq(refuses(2, 0, ""), "one of: ring pipe mqueue");
	ck_assert_ptr_null(refuses(3, 0, "anything at all"));
}
END_TEST

static const char *printed(int i, int64_t number, const char *text)
{
	static char line[8];

	option_print(&options[i], (struct value){number, text}, line, sizeof(line));
	return line;
}

START_TEST(values_are_printed)
{
	ck_assert_str_eq(printed(0, -12, NULL), "-12");
	ck_assert_str_eq(printed(1, 1, NULL), "true");
	ck_assert_str_eq(printed(1, 0, NULL), "false");
	ck_assert_str_eq(printed(2, 0, "pipe"), "pipe");
	ck_assert_str_eq(printed(3, 0, "longer than the room"), "longer ");
}
END_TEST

START_TEST(words_stand_for_numbers)
{
	int64_t number;
	const char *word;

	ck_assert(option_has_words(&options[4]) && !option_has_words(&options[0]));
	ck_assert(!option_has_words(&options[2])); /* a choice is a word in itself */
	ck_assert(option_read_word(&options[4], "max-under", &number));
	ck_assert_int_eq(number, -1);
	ck_assert(option_read_word(&options[4], "least", &number));
	ck_assert_int_eq(number, -2);
	ck_assert(!option_read_word(&options[4], "max", &number));
	ck_assert(!option_read_word(&options[0], "max", &number));
	ck_assert_str_eq(printed(4, -2, NULL), "least");
	ck_assert_str_eq(printed(4, -1, NULL), "max-und"); /* the room is short */
	ck_assert_str_eq(printed(4, 7, NULL), "7");
	ck_assert_ptr_null(refuses(4, -1, NULL));
	ck_assert_ptr_null(refuses(4, -2, NULL));
	ck_assert_ptr_null(refuses(4, 9, NULL));
	ck_assert_str_eq(refuses(4, -3, NULL), "0 to 9, or one of: max-under least");
	ck_assert_int_eq(option_word(&options[4], (struct value){.number = INT64_MIN}, &word), 0);
	ck_assert_int_eq(option_word(&options[4], (struct value){.number = 0}, &word), 0);
}
END_TEST

int main(void)
{
	const suite_test tests[] = {options_are_counted_and_found,
	                            defaults_are_values,
	                            values_are_equal_by_kind,
	                            what_is_not_allowed_is_told,
	                            values_are_printed,
	                            words_stand_for_numbers,
	                            NULL};

	return suite_run("option", tests);
}
