/* SPDX-License-Identifier: MIT */
#include <check.h>
#include <math.h>
#include <stdint.h>
#include <stdlib.h>

#include "stats.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

START_TEST(sort_orders)
{
	double values[] = {3, -1, 2, 2, INFINITY, 0, -INFINITY};

	stats_sort(values, COUNT(values));
	for (size_t i = 1; i < COUNT(values); i++)
		ck_assert_double_le(values[i - 1], values[i]);
	stats_sort(values, 0);
	stats_sort(values, 1);
}
END_TEST

START_TEST(median_of_odd_and_even)
{
	const double values[] = {9, 1, 5, 3};
	const double large[] = {1.6e308, 1.6e308};

	ck_assert_double_nan(stats_median(values, 0));
	ck_assert_double_eq(stats_median(values, 1), 9);
	ck_assert_double_eq(stats_median(values, 2), 5);
	ck_assert_double_eq(stats_median(values, 3), 5);
	ck_assert_double_eq(stats_median(values, 4), 4);
	ck_assert_double_eq(stats_median(large, 2), 1.6e308);
	ck_assert_double_eq(values[0], 9); /* the input stays as it was */
}
END_TEST

START_TEST(mad_ignores_an_outlier)
{
	const double values[] = {1, 1, 2, 2, 4, 6, 900};

	ck_assert_double_eq(stats_mad(values, COUNT(values)), 1);
	ck_assert_double_eq(stats_mad(values, 1), 0);
	ck_assert_double_nan(stats_mad(values, 0));
}
END_TEST

START_TEST(rank_is_exact)
{
	/* Against sums of binomial coefficients in whole numbers; also scipy.stats.binom.ppf(.025,
	 * n, .5). */
	static const size_t ranks[][2] = {{0, 0},      {1, 0},      {5, 0},      {6, 1},
	                                  {7, 1},      {8, 1},      {9, 2},      {10, 2},
	                                  {11, 2},     {12, 3},     {20, 6},     {30, 10},
	                                  {40, 14},    {50, 18},    {100, 40},   {400, 180},
	                                  {1000, 469}, {1100, 518}, {2000, 956}, {10000, 4902}};

	for (size_t i = 0; i < COUNT(ranks); i++)
		ck_assert_uint_eq(stats_ci95_rank(ranks[i][0]), ranks[i][1]);
}
END_TEST

START_TEST(ci95_takes_order_statistics)
{
	const double ten[] = {10, 9, 8, 7, 6, 5, 4, 3, 2, 1};
	const double ties[] = {5, 5, 5, 5, 5, 5};
	struct interval interval = stats_ci95(ten, 10);

	ck_assert_double_eq(interval.low, 2);
	ck_assert_double_eq(interval.high, 9);
	interval = stats_ci95(ten, 6);
	ck_assert_double_eq(interval.low, 5);
	ck_assert_double_eq(interval.high, 10);
	interval = stats_ci95(ties, 6);
	ck_assert_double_eq(interval.low, 5);
	ck_assert_double_eq(interval.high, 5);
	interval = stats_ci95(ten, 5);
	ck_assert_double_nan(interval.low);
	ck_assert_double_nan(interval.high);
}
END_TEST

START_TEST(jain_from_fair_to_unfair)
{
	const double fair[] = {7, 7, 7, 7};
	const double one[] = {0, 0, 9, 0};
	const double tiny[] = {1e-300, 1e-300};
	const double huge[] = {1e300, 1e300};

	ck_assert_double_eq_tol(stats_jain(fair, 4), 1, 1e-12);
	ck_assert_double_eq_tol(stats_jain(one, 4), 0.25, 1e-12);
	ck_assert_double_eq_tol(stats_jain(tiny, 2), 1, 1e-12);
	ck_assert_double_eq_tol(stats_jain(huge, 2), 1, 1e-12);
	ck_assert_double_nan(stats_jain(one, 2));
	ck_assert_double_nan(stats_jain(one, 0));
}
END_TEST

START_TEST(two_modes_are_seen)
{
	const double semaphore[] = {5.1, 71, 70.2, 4.9, 5.0, 72, 71.5, 5.2, 69.9, 5.05};
	const double stalled[] = {0, 0, 0, 50, 51, 49, 50, 50};

	ck_assert(stats_two_modes(semaphore, 10));
	ck_assert(stats_two_modes(stalled, 8));
	ck_assert(!stats_two_modes(semaphore, 7));
}
END_TEST

START_TEST(two_modes_keep_quiet)
{
	const double outlier[] = {5, 5.1, 4.9, 5, 5.2, 5.1, 4.8, 5, 5, 71};
	const double equal[] = {5, 5, 5, 5, 5, 5, 5, 5};
	const double near[] = {100, 100, 100, 100, 101, 101, 101, 101};
	const double wide[] = {1, 2, 3, 4, 70, 90, 110, 130};

	ck_assert(!stats_two_modes(outlier, 10));
	ck_assert(!stats_two_modes(equal, 8));
	ck_assert(!stats_two_modes(near, 8));
	ck_assert(!stats_two_modes(wide, 8));
	ck_assert(!stats_two_modes(equal, 0));
}
END_TEST

/* (0, 1], the same sequence everywhere: xorshift64*. */
static double uniform(uint64_t *state)
{
	*state ^= *state >> 12;
	*state ^= *state << 25;
	*state ^= *state >> 27;
	return (double)(((*state * UINT64_C(2685821657736338717)) >> 11) + 1) * 0x1p-53;
}

static double normal(uint64_t *state)
{
	double radius = sqrt(-2 * log(uniform(state)));

	return radius * cos(6.283185307179586 * uniform(state));
}

START_TEST(two_modes_rarely_in_noise)
{
	static const double spreads[] = {0.01, 0.05, 0.1, 0.3, 0.6};
	uint64_t state = 42;

	for (size_t s = 0; s < COUNT(spreads); s++) {
		int in_normal = 0, in_lognormal = 0;

		for (int sample = 0; sample < 1000; sample++) {
			double plain[10], skewed[10];

			for (int i = 0; i < 10; i++) {
				plain[i] = fmax(0, 1 + spreads[s] * normal(&state));
				skewed[i] = exp(spreads[s] * normal(&state));
			}
			in_normal += stats_two_modes(plain, 10);
			in_lognormal += stats_two_modes(skewed, 10);
		}
		ck_assert_int_lt(in_normal, 10);
		ck_assert_int_lt(in_lognormal, 10);
	}
}
END_TEST

/* The interval must hold the true median in 95 % of samples or more; exactly, 97.9 % for ten. */
START_TEST(ci95_covers)
{
	uint64_t state = 7;
	int covered = 0;

	for (int sample = 0; sample < 4000; sample++) {
		struct interval interval;
		double values[10];

		for (int i = 0; i < 10; i++)
			values[i] = exp(normal(&state));
		interval = stats_ci95(values, 10);
		covered += interval.low <= 1 && 1 <= interval.high;
	}
	ck_assert_int_ge(covered, 3880);
	ck_assert_int_le(covered, 3950);
}
END_TEST

static void ck_near(double found, double wanted)
{
	ck_assert_double_le(fabs(found - wanted), 1e-12 * fmax(1e-300, fabs(wanted)));
}

/* The values are SciPy's binomtest(below, below + above). */
START_TEST(sign_test_is_exact)
{
	static const struct {
		size_t below, above;
		double p;
	} known[] = {
	        {0, 0, 1},
	        {1, 0, 1},
	        {10, 10, 1},
	        {0, 6, 0.03125},
	        {3, 17, 0.0025768280029296875},
	        {15, 5, 0.04138946533203125},
	        {480, 520, 0.2174482932041409},
	};

	for (size_t i = 0; i < COUNT(known); i++)
		ck_near(stats_sign_test(known[i].below, known[i].above), known[i].p);
	/* Beyond the range of a double's exponent; SciPy's own value has 12 digits. */
	ck_assert_double_le(fabs(stats_sign_test(2600, 2400) - 0.00488364973751758), 1e-12);
}
END_TEST

START_TEST(rank_follows_the_allowed_miss)
{
	/* n = 20: 2 * P(< 4) = 0.0026, 2 * P(< 5) = 0.0118, 2 * P(< 6) = 0.0414, 2 * P(< 7) = 0.115. */
	static const struct {
		size_t n;
		double miss;
		size_t rank;
	} known[] = {{20, 0.0025, 3}, {20, 0.0026, 4}, {20, 0.01, 4}, {20, 0.05, 6},
	             {20, 0.12, 7},   {5, 0.05, 0},    {5, 0.07, 1}};

	for (size_t i = 0; i < COUNT(known); i++)
		ck_assert_uint_eq(stats_ci_rank(known[i].n, known[i].miss), known[i].rank);
}
END_TEST

START_TEST(false_discoveries_are_counted)
{
	static const double p[] = {.01, .04, .03, .005, .2, .03};
	static const double wanted[] = {.03, .048, .045, .03, .2, .045};
	static const double gaps[] = {.2, NAN, .01, NAN, .04};
	double adjusted[COUNT(p)], one = .7;

	ck_assert(stats_false_discovery(p, COUNT(p), adjusted));
	for (size_t i = 0; i < COUNT(p); i++)
		ck_near(adjusted[i], wanted[i]);
	ck_assert(stats_false_discovery(&one, 1, &one)); /* in place, and nothing to adjust */
	ck_near(one, .7);
	ck_assert(stats_false_discovery(NULL, 0, NULL));
	ck_assert(stats_false_discovery(gaps, COUNT(gaps), adjusted));
	ck_near(adjusted[0], .2);
	ck_assert_double_nan(adjusted[1]);
	ck_near(adjusted[2], .03);
	ck_assert_double_nan(adjusted[3]);
	ck_near(adjusted[4], .06);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("stats");
	TCase *tests = tcase_create("stats");
	SRunner *runner = srunner_create(suite);
	int failed;

	suite_add_tcase(suite, tests);
	tcase_add_test(tests, sort_orders);
	tcase_add_test(tests, median_of_odd_and_even);
	tcase_add_test(tests, mad_ignores_an_outlier);
	tcase_add_test(tests, rank_is_exact);
	tcase_add_test(tests, ci95_takes_order_statistics);
	tcase_add_test(tests, jain_from_fair_to_unfair);
	tcase_add_test(tests, two_modes_are_seen);
	tcase_add_test(tests, two_modes_keep_quiet);
	tcase_add_test(tests, two_modes_rarely_in_noise);
	tcase_add_test(tests, ci95_covers);
	tcase_add_test(tests, sign_test_is_exact);
	tcase_add_test(tests, rank_follows_the_allowed_miss);
	tcase_add_test(tests, false_discoveries_are_counted);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
