/* SPDX-License-Identifier: MIT */
#include "suite.h"

#include <string.h>

#include "heddle/plugin.h"
#include "request.h"

START_TEST(requests_have_names)
{
	ck_assert_str_eq(request_name(HD_EXCLUSIVE), "EXCLUSIVE");
	ck_assert_str_eq(request_name(HD_WAIT), "WAIT");
	ck_assert_ptr_null(request_name(HD_WAIT + 1));
	ck_assert_ptr_null(request_name(UINT32_MAX));
}
END_TEST

START_TEST(sets_are_told)
{
	char text[REQUEST_NAMES];

	ck_assert_str_eq(request_names(0, text), "nothing");
	ck_assert_str_eq(request_names(HD_CAN(HD_READ) | HD_CAN(HD_YIELD), text), "READ YIELD");
	request_names(UINT64_MAX, text); /* the longest fits, what nobody knows is left out */
	ck_assert_ptr_nonnull(strstr(text, "EXCLUSIVE SHARED"));
	ck_assert_str_eq(text + strlen(text) - 5, " WAIT");
}
END_TEST

int main(void)
{
	const suite_test tests[] = {requests_have_names, sets_are_told, NULL};

	return suite_run("request", tests);
}
