/* SPDX-License-Identifier: MIT */
#include "suite.h"

#include "status.h"

START_TEST(names_lead_back)
{
	for (int i = 0; i < STATUSES; i++)
		ck_assert_int_eq(status_find(status_name((enum status)i)), i);
	ck_assert_int_eq(status_find("fine"), -1);
	ck_assert_int_eq(status_find(""), -1);
	ck_assert_str_eq(status_name(STATUS_WRONG_RESULT), "wrong-result");
}
END_TEST

START_TEST(worse_is_greater)
{
	ck_assert_int_eq(STATUS_OK, 0);
	ck_assert_int_gt(STATUS_CRASHED, STATUS_FAILED);
	ck_assert_int_gt(STATUS_WRONG_RESULT, STATUS_CRASHED);
}
END_TEST

int main(void)
{
	const suite_test tests[] = {names_lead_back, worse_is_greater, NULL};

	return suite_run("status", tests);
}
