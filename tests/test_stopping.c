/* SPDX-License-Identifier: MIT */
#include <math.h>

#include "stats.h"
#include "stopping.h"
#include "suite.h"

START_TEST(three_looks)
{
	size_t looks = 0;

	for (size_t n = 0; n <= 1000; n++)
		looks += stopping_is_look(n);
	ck_assert_uint_eq(looks, STOPPING_LOOKS);
	ck_assert(stopping_is_look(10) && stopping_is_look(20) && stopping_is_look(40));
	ck_assert_double_eq_tol(STOPPING_LOOKS * stopping_error(2), 0.05, 1e-12);
	ck_assert_double_eq(stopping_error(0), 0.05);
}
END_TEST

/*
 * By hand: 2 * P(Binomial(10, 1/2) < 1) = 0.2 %, < 2 would be 2.1 %; at 20: < 5 is 1.18 %, < 6 is 4.1 %;
 * at 40: < 13 is 1.66 %, < 14 is 3.8 %. A look may err by 1.67 %.
 */
START_TEST(ranks_of_the_looks)
{
	double error = stopping_error(1);

	ck_assert_uint_eq(stats_ci_rank(10, error), 1);
	ck_assert_uint_eq(stats_ci_rank(20, error), 5);
	ck_assert_uint_eq(stats_ci_rank(40, error), 13);
	ck_assert_uint_eq(stats_ci_rank(6, error), 0);
	ck_assert_uint_eq(stats_ci_rank(7, error), 1);
	/* The usual interval is the same function. */
	for (size_t n = 0; n < 100; n++)
		ck_assert_uint_eq(stats_ci_rank(n, 0.05), stats_ci95_rank(n));
}
END_TEST

START_TEST(half_width)
{
	double values[20], few[6] = {1, 1, 1, 1, 1, 1}, zeros[10] = {0};

	for (int i = 0; i < 20; i++)
		values[i] = 100 + i; /* ranks 5 and 16: 104 and 115; the median is 109.5 */
	ck_assert_double_eq_tol(stopping_half_width_percent(values, 20), 100 * 5.5 / 109.5, 1e-9);
	ck_assert_double_eq_tol(stopping_half_width_percent(values, 10), 100 * 4.5 / 104.5, 1e-9);
	ck_assert_double_nan(stopping_half_width_percent(few, 6));
	ck_assert_double_nan(stopping_half_width_percent(zeros, 10));
	ck_assert_double_nan(stopping_half_width_percent(values, 0));
}
END_TEST

int main(void)
{
	const suite_test tests[] = {three_looks, ranks_of_the_looks, half_width, NULL};

	return suite_run("stopping", tests);
}
