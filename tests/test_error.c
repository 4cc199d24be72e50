/* SPDX-License-Identifier: MIT */
#include "suite.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "error.h"

START_TEST(first_error_stays)
{
	struct hd_error err = {0};

	ck_assert_int_eq(hd_error(&err, -ENOENT, "%s: %d", "file", 7), -ENOENT);
	ck_assert_int_eq(hd_error(&err, -EIO, "later"), -EIO);
	ck_assert_int_eq(err.code, -ENOENT);
	ck_assert_str_eq(err.text, "file: 7");
	ck_assert_int_eq(hd_error(NULL, -EIO, "nobody listens"), -EIO);
}
END_TEST

START_TEST(long_texts_are_cut)
{
	struct hd_error err = {0};
	char text[4096];

	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	hd_error(&err, -EIO, "%s", text);
	ck_assert_uint_eq(strlen(err.text), sizeof(err.text) - 1);
}
END_TEST

START_TEST(nothing_steers_a_terminal)
{
	struct problems problems = {0};
	struct hd_error err = {0};

	hd_error(&err, -EINVAL, "%s", "\x1b[2Ja\nb\x7f\xc2\x9b\xc3\xa4");
	ck_assert_str_eq(err.text, "?[2Ja?b???\xc3\xa4");
	problems_add(&problems, "%s", "\x1b]0;x\x07");
	ck_assert_str_eq(problems.lines[0], "?]0;x?");
	problems_free(&problems);
}
END_TEST

START_TEST(half_characters_are_taken_away)
{
	static const struct {
		const char *text, *whole;
	} texts[] = {{"", ""},
	             {"abc", "abc"},
	             {"a\xc3\xa4", "a\xc3\xa4"},
	             {"a\xc3", "a"},
	             {"a\xe2\x82", "a"},
	             {"a\xe2\x82\xac", "a\xe2\x82\xac"},
	             {"\xf0\x9f\x98", ""},
	             {"\xf0\x9f\x98\x80", "\xf0\x9f\x98\x80"},
	             {"\x82\x82", "\x82\x82"}};

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		char text[16];

		snprintf(text, sizeof(text), "%s", texts[i].text);
		text_whole(text);
		ck_assert_str_eq(text, texts[i].whole);
	}
}
END_TEST

START_TEST(problems_are_kept_in_order)
{
	struct problems problems = {0};

	for (int i = 0; i < 100; i++)
		problems_add(&problems, "line %d", i);
	ck_assert_uint_eq(problems.count, 100);
	ck_assert_str_eq(problems.lines[0], "line 0");
	ck_assert_str_eq(problems.lines[99], "line 99");
	problems_free(&problems);
	ck_assert_uint_eq(problems.count, 0);
	ck_assert_ptr_null(problems.lines);
	problems_free(&problems);
}
END_TEST

START_TEST(slips_find_the_right_name)
{
	static const char *const names[] = {"coroutine", "process-pool", "semaphore",
	                                    "serial",    "thread-mutex", NULL};
	static const char *const none[] = {NULL};

	ck_assert_str_eq(nearest_name("mutx-thread", names) ?: "", "");
	ck_assert_str_eq(nearest_name("thread-mutx", names), "thread-mutex");
	ck_assert_str_eq(nearest_name("proces", names), "process-pool"); /* a beginning */
	ck_assert_str_eq(nearest_name("seril", names), "serial");
	ck_assert_str_eq(nearest_name("corutine", names), "coroutine");
	ck_assert_ptr_null(nearest_name("zzzzzzzzzzzzzz", names));
	ck_assert_ptr_null(nearest_name("serial", none));
}
END_TEST

START_TEST(long_words_do_no_harm)
{
	char longest[5000];
	const char *names[] = {longest, "short", NULL};

	memset(longest, 'a', sizeof(longest) - 1);
	longest[sizeof(longest) - 1] = '\0';
	ck_assert_str_eq(nearest_name("shor", names), "short");
	ck_assert_ptr_null(nearest_name(longest, names));
}
END_TEST

START_TEST(texts_are_added_as_far_as_there_is_room)
{
	char text[16] = "";

	text_add(text, sizeof(text), "; ", "one");
	ck_assert_str_eq(text, "one");
	text_add(text, sizeof(text), "; ", "two %d", 2);
	ck_assert_str_eq(text, "one; two 2");
	text_add(text, sizeof(text), "; ", "abc");
	ck_assert_str_eq(text, "one; two 2; abc");
	text_add(text, sizeof(text), "; ", "more");
	ck_assert_str_eq(text, "one; two 2; ...");
}
END_TEST

START_TEST(what_could_steer_a_terminal_is_cleaned)
{
	struct hd_error err = {0};
	struct problems problems = {0};

	hd_error(&err, -EINVAL, "%s", "a\033[2J\nb\xc2\x9b");
	ck_assert_str_eq(err.text, "a?[2J?b??");
	problems_add(&problems, "%s", "c\rd");
	ck_assert_str_eq(problems.lines[0], "c?d");
	problems_free(&problems);
}
END_TEST

int main(void)
{
	const suite_test tests[] = {nothing_steers_a_terminal,
	                            half_characters_are_taken_away,
	                            first_error_stays,
	                            long_texts_are_cut,
	                            problems_are_kept_in_order,
	                            slips_find_the_right_name,
	                            long_words_do_no_harm,
	                            texts_are_added_as_far_as_there_is_room,
	                            what_could_steer_a_terminal_is_cleaned,
	                            NULL};

	return suite_run("error", tests);
}
