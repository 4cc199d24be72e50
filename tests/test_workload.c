/* SPDX-License-Identifier: MIT */
/* What every workload of the table must have. */
#include "suite.h"

#include <string.h>

#include "workload.h"

START_TEST(each_is_whole_and_found_by_its_name)
{
	int count = 0;

	for (const struct workload *const *w = workloads; *w; w++, count++) {
		ck_assert_ptr_eq(workload_find((*w)->name), *w);
		ck_assert((*w)->summary && (*w)->params && (*w)->metrics && (*w)->op_unit);
		ck_assert((*w)->needs && (*w)->setup && (*w)->verify && (*w)->measure);
		ck_assert((*w)->ops || (*w)->finite); /* without one it would never end */
		ck_assert_uint_lt(option_count((*w)->params), ARENA_VALUES);
	}
	ck_assert_int_eq(count, 10);
	ck_assert_ptr_null(workload_find("count"));
}
END_TEST

START_TEST(each_metric_has_unit_and_direction)
{
	for (const struct workload *const *w = workloads; *w; w++) {
		int count = 0;

		for (const struct workload_metric *m = (*w)->metrics; m->name; m++, count++) {
			ck_assert(m->unit && m->help);
			ck_assert(!m->better || !strcmp(m->better, "higher") ||
			          !strcmp(m->better, "lower"));
		}
		ck_assert_int_ge(count, 1);
		ck_assert_int_le(count, WORKLOAD_METRICS);
		ck_assert_ptr_nonnull((*w)->metrics[0].better); /* verdicts gate on it */
	}
}
END_TEST

START_TEST(each_default_is_allowed)
{
	char allowed[256];

	for (const struct workload *const *w = workloads; *w; w++)
		for (const struct hd_option *p = (*w)->params; p->name; p++) {
			ck_assert_ptr_nonnull(p->help);
			ck_assert_msg(
			        !option_refuses(p, option_default(p), allowed, sizeof(allowed)),
			        "%s: %s", p->name, allowed);
		}
}
END_TEST

START_TEST(values_are_read_by_name)
{
	struct value params[16];
	struct workload_case kase = {.workload = &echo_workload, .params = params};

	for (int i = 0; echo_workload.params[i].name; i++)
		params[i] = option_default(&echo_workload.params[i]);
	ck_assert_int_eq(workload_int(&kase, "message_bytes"), 64);
	ck_assert_str_eq(workload_text(&kase, "transport"), "tcp");
}
END_TEST

int main(void)
{
	const suite_test tests[] = {each_is_whole_and_found_by_its_name,
	                            each_metric_has_unit_and_direction, each_default_is_allowed,
	                            values_are_read_by_name, NULL};

	return suite_run("workload", tests);
}
