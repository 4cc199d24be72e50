/* SPDX-License-Identifier: MIT */
#include "suite.h"

#include "check_result.h"

#include <stdio.h>
#include <string.h>

START_TEST(a_failure_is_one_sentence)
{
	struct check_sentence sentence = {.done = "SET", .expected = "0", .seen = "-1 (EPERM)"};
	struct check_result result = {.name = "events"};

	check_say_failure(&result, &sentence, 1, 2);
	ck_assert_int_eq(result.status, CHECK_FAILED);
	ck_assert_str_eq(result.text, "SET, 1 task on 2 cores: expected 0, saw -1 (EPERM)");
	ck_assert_str_eq(result.failure.seen, "-1 (EPERM)");
	check_say_failure(&result, &sentence, 4, 1);
	ck_assert_str_eq(result.text, "SET, 4 tasks on 1 core: expected 0, saw -1 (EPERM)");
}
END_TEST

/* A plugin can write what it likes over the report. */
START_TEST(garbage_is_made_safe)
{
	struct check_sentence sentence;
	struct check_result result = {.name = "events"};

	memset(&sentence, '\033', sizeof(sentence));
	check_say_failure(&result, &sentence, 1, 1);
	ck_assert_uint_eq(strlen(result.failure.done), sizeof(sentence.done) - 1);
	ck_assert_ptr_null(strchr(result.text, '\033'));
	ck_assert_uint_lt(strlen(result.text), sizeof(result.text));
	check_say(&result, CHECK_TOLD, "a\nb");
	ck_assert_str_eq(result.text, "a?b");
}
END_TEST

START_TEST(results_are_counted)
{
	struct check_results results = {0};
	struct check_result result = {.name = "open"};

	for (int status = 0; status < CHECK_STATUSES; status++) {
		check_say(&result, (enum check_status)status, check_status_name(status));
		for (int i = 0; i <= status; i++)
			check_results_add(&results, &result);
	}
	ck_assert_uint_eq(results.count, 10);
	ck_assert_uint_eq(results.counts[CHECK_OK], 1);
	ck_assert_uint_eq(results.counts[CHECK_FAILED], 4);
	ck_assert_str_eq(results.items[9].text, "failed");
	ck_assert(!results.short_of_memory);
	check_results_free(&results);
	ck_assert_uint_eq(results.count, 0);
}
END_TEST

int main(void)
{
	const suite_test tests[] = {a_failure_is_one_sentence, garbage_is_made_safe,
	                            results_are_counted, NULL};

	return suite_run("check_result", tests);
}
