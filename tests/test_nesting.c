/* SPDX-License-Identifier: MIT */
#include "suite.h"

#include <string.h>

#include "nesting.h"

static bool is_shallow(const char *text)
{
	struct nesting nesting = {0};

	return !nesting_refuses(&nesting, text, strlen(text));
}

START_TEST(levels_are_counted)
{
	char text[2 * NESTING_MOST + 8];

	memset(text, '[', sizeof(text));
	text[NESTING_MOST] = '\0';
	ck_assert(is_shallow(text));
	text[NESTING_MOST] = '{';
	text[NESTING_MOST + 1] = '\0';
	ck_assert(!is_shallow(text));
	for (size_t i = 0; i < sizeof(text) - 1; i++)
		text[i] = i % 2 ? ']' : '[';
	text[sizeof(text) - 1] = '\0';
	ck_assert(is_shallow(text));
	ck_assert(is_shallow("]]]}}}"));
}
END_TEST

START_TEST(strings_are_passed_over)
{
	char text[4 * NESTING_MOST] = "[\"";

	memset(text + 2, '[', 2 * NESTING_MOST);
	ck_assert(is_shallow(text)); /* and it does not end */
	memcpy(text + 2, "\\\"", 2);
	ck_assert(is_shallow(text));
	memcpy(text + 2, "\\\\\"", 3);
	ck_assert(!is_shallow(text));
}
END_TEST

START_TEST(pieces_are_one_text)
{
	struct nesting nesting = {0};
	bool shallow = true;

	for (int i = 0; i < NESTING_MOST; i++)
		shallow &= !nesting_refuses(&nesting, "{\"a[\\\"[\": ", 10);
	ck_assert(shallow);
	ck_assert_str_eq(nesting_refuses(&nesting, "[", 1), "nested more than 64 deep");
	ck_assert_ptr_nonnull(
	        nesting_refuses(&nesting, "]", 1)); /* it was too deep, and stays so */
}
END_TEST

START_TEST(strings_have_a_length)
{
	static char text[NESTING_STRING];
	struct nesting nesting = {0};

	memset(text, 'x', sizeof(text));
	ck_assert_ptr_null(nesting_refuses(&nesting, "\"", 1));
	ck_assert_ptr_null(nesting_refuses(&nesting, text, sizeof(text) - 1));
	ck_assert_ptr_null(nesting_refuses(&nesting, "\"", 1));
	ck_assert_ptr_null(nesting_refuses(&nesting, ",\"", 2)); /* another one */
	ck_assert_ptr_null(nesting_refuses(&nesting, text, sizeof(text)));
	ck_assert_str_eq(nesting_refuses(&nesting, "\"", 1), "a string longer than 64 KiB");
}
END_TEST

int main(void)
{
	const suite_test tests[] = {strings_have_a_length, levels_are_counted,
	                            strings_are_passed_over, pieces_are_one_text, NULL};

	return suite_run("nesting", tests);
}
