/* SPDX-License-Identifier: MIT */
#include "suite.h"

#include <string.h>

#include "words.h"

START_TEST(quotes_are_safe_and_short)
{
	char out[WORDS_QUOTE], longer[200];

	ck_assert_str_eq(words_quote("", out), "\"\"");
	ck_assert_str_eq(words_quote("two words", out), "\"two words\"");
	ck_assert_str_eq(words_quote("a\033[2Jb\n", out), "\"a?[2Jb?\"");
	memset(longer, 'x', sizeof(longer));
	longer[sizeof(longer) - 1] = '\0';
	ck_assert_uint_lt(strlen(words_quote(longer, out)), WORDS_QUOTE);
	ck_assert_ptr_nonnull(strstr(out, "...\""));
}
END_TEST

START_TEST(the_nearest_name_is_suggested)
{
	static const char *const names[] = {"serial", "thread-mutex", NULL};
	char out[WORDS_LINE];

	ck_assert_str_eq(words_suggest("mutx", names, "known", out),
	                 "did you mean \"thread-mutex\"? (known: serial thread-mutex)");
	ck_assert_str_eq(words_suggest("echo", names, "one of", out),
	                 "one of: serial thread-mutex");
}
END_TEST

START_TEST(words_of_lists)
{
	static const char *const names[] = {"pow2", "max", NULL}, *const none[] = {NULL};

	ck_assert(words_is_one_of("max", names));
	ck_assert(!words_is_one_of("ma", names));
	ck_assert(!words_is_one_of("max", none));
}
END_TEST

START_TEST(items_between_commas)
{
	ck_assert(words_has_item("cpu", "cpu"));
	ck_assert(words_has_item("rw,cpu,cpuacct", "cpu"));
	ck_assert(words_has_item("performance, schedutil", "schedutil"));
	ck_assert(!words_has_item("cpuset,cpuacct,xcpu", "cpu"));
	ck_assert(!words_has_item("", "cpu"));
	ck_assert(!words_has_item(",", "cpu"));
}
END_TEST

int main(void)
{
	const suite_test tests[] = {quotes_are_safe_and_short, the_nearest_name_is_suggested,
	                            words_of_lists, items_between_commas, NULL};

	return suite_run("words", tests);
}
