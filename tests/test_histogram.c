/* SPDX-License-Identifier: MIT */
#include "histogram.h"

#include <check.h>
#include <math.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

static struct histogram histogram, other;

static void setup(void)
{
	memset(&histogram, 0, sizeof(histogram));
	memset(&other, 0, sizeof(other));
}

START_TEST(empty_tells_nothing)
{
	ck_assert(isnan(histogram_percentile(&histogram, 0.5)));
	ck_assert(isnan(histogram_percentile(&histogram, 1)));
}
END_TEST

START_TEST(small_values_are_exact)
{
	for (uint64_t i = 0; i < 100; i++)
		histogram_add(&histogram, i);
	ck_assert_double_eq(histogram_percentile(&histogram, 0.5), 49);
	ck_assert_double_eq(histogram_percentile(&histogram, 0.9), 89);
	ck_assert_double_eq(histogram_percentile(&histogram, 0), 0);
	ck_assert_double_eq(histogram_percentile(&histogram, 1), 99);
}
END_TEST

/* Every value alone is told within 1/128 of itself, and no bucket lies outside of the array. */
START_TEST(values_are_kept_within_a_step)
{
	for (unsigned power = 0; power < HISTOGRAM_TOP_BITS; power++) {
		for (int side = -1; side <= 1; side++) {
			uint64_t ns = (UINT64_C(1) << power) + (uint64_t)(int64_t)side;
			double told;

			setup();
			for (int i = 0; i < 20; i++)
				histogram_add(&histogram, ns);
			histogram_add(&histogram, UINT64_C(1) << 41);
			told = histogram_percentile(&histogram, 0.5);
			ck_assert_double_le(fabs(told - (double)ns), (double)ns / 128);
		}
	}
}
END_TEST

START_TEST(random_values_match_a_sorted_array)
{
	enum { COUNT = 20000 };
	uint64_t *values = malloc(COUNT * sizeof(*values)), state = 42;
	const double shares[] = {0.1, 0.5, 0.9, 0.99, 0.999};

	for (int i = 0; i < COUNT; i++) {
		state = state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
		values[i] = (state >> 33) % (UINT64_C(1) << (10 + state % 25));
		histogram_add(&histogram, values[i]);
	}
	for (size_t s = 0; s < sizeof(shares) / sizeof(shares[0]); s++) {
		double told = histogram_percentile(&histogram, shares[s]);
		int below = 0, above = 0;

		for (int i = 0; i < COUNT; i++) {
			below += (double)values[i] <= told * (1 + 1.0 / 128) + 1;
			above += (double)values[i] >= told * (1 - 1.0 / 128) - 1;
		}
		ck_assert_int_ge(below, (int)(shares[s] * COUNT));
		ck_assert_int_ge(above, (int)((1 - shares[s]) * COUNT));
	}
	free(values);
}
END_TEST

START_TEST(a_percentile_needs_ten_beyond_it)
{
	for (int i = 0; i < 99; i++)
		histogram_add(&histogram, 5);
	ck_assert(!isnan(histogram_percentile(&histogram, 0.5)));
	ck_assert(isnan(histogram_percentile(&histogram, 0.9)));
	histogram_add(&histogram, 5);
	ck_assert_double_eq(histogram_percentile(&histogram, 0.9), 5);
	ck_assert(isnan(histogram_percentile(&histogram, 0.99)));
	for (int i = 0; i < 899; i++)
		histogram_add(&histogram, 5);
	ck_assert(isnan(histogram_percentile(&histogram, 0.99)));
	histogram_add(&histogram, 5);
	ck_assert_double_eq(histogram_percentile(&histogram, 0.99), 5);
	ck_assert(isnan(histogram_percentile(&histogram, 0.999)));
}
END_TEST

START_TEST(a_share_that_is_none_is_refused)
{
	histogram_add(&histogram, 5);
	ck_assert(isnan(histogram_percentile(&histogram, -0.1)));
	ck_assert(isnan(histogram_percentile(&histogram, 1.1)));
	ck_assert(isnan(histogram_percentile(&histogram, NAN)));
}
END_TEST

START_TEST(too_long_ones_keep_their_maximum)
{
	for (int i = 0; i < 20; i++)
		histogram_add(&histogram, UINT64_MAX - 7);
	ck_assert_double_eq(histogram_percentile(&histogram, 0.5), (double)(UINT64_MAX - 7));
	ck_assert_uint_eq(histogram.max_ns, UINT64_MAX - 7);
}
END_TEST

START_TEST(no_percentile_is_above_the_maximum)
{
	for (int i = 0; i < 20; i++)
		histogram_add(&histogram, UINT64_C(1) << 30);
	ck_assert_double_eq(histogram_percentile(&histogram, 0.5), (double)(UINT64_C(1) << 30));
}
END_TEST

START_TEST(merging_adds_up)
{
	for (uint64_t i = 0; i < 50; i++) {
		histogram_add(&histogram, i);
		histogram_add(&other, 50 + i);
	}
	histogram_merge(&histogram, &other);
	ck_assert_uint_eq(histogram.total, 100);
	ck_assert_uint_eq(histogram.max_ns, 99);
	ck_assert_double_eq(histogram_percentile(&histogram, 0.5), 49);
	ck_assert_double_eq(histogram_percentile(&histogram, 0.9), 89);
}
END_TEST

enum { ADDED = 20000 };

static void *add_some(void *from)
{
	for (uint64_t i = 0; i < ADDED; i++)
		histogram_add_shared(&histogram, *(uint64_t *)from + i % 100);
	return NULL;
}

/* Two at a time: nothing is lost, and all is as if one had added it. */
START_TEST(shared_ones_add_up)
{
	uint64_t from[] = {0, 50};
	pthread_t thread;

	for (uint64_t i = 0; i < ADDED; i++)
		for (int k = 0; k < 2; k++)
			histogram_add(&other, from[k] + i % 100);
	ck_assert_int_eq(pthread_create(&thread, NULL, add_some, &from[0]), 0);
	add_some(&from[1]);
	pthread_join(thread, NULL);
	ck_assert_mem_eq(&histogram, &other, sizeof(histogram));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("histogram");
	TCase *tcase = tcase_create("histogram");
	SRunner *runner = srunner_create(suite);
	int failures;

	tcase_add_checked_fixture(tcase, setup, NULL);
	tcase_add_test(tcase, empty_tells_nothing);
	tcase_add_test(tcase, small_values_are_exact);
	tcase_add_test(tcase, values_are_kept_within_a_step);
	tcase_add_test(tcase, random_values_match_a_sorted_array);
	tcase_add_test(tcase, a_percentile_needs_ten_beyond_it);
	tcase_add_test(tcase, a_share_that_is_none_is_refused);
	tcase_add_test(tcase, too_long_ones_keep_their_maximum);
	tcase_add_test(tcase, no_percentile_is_above_the_maximum);
	tcase_add_test(tcase, merging_adds_up);
	tcase_add_test(tcase, shared_ones_add_up);
	suite_add_tcase(suite, tcase);
	srunner_run_all(runner, CK_NORMAL);
	failures = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failures ? EXIT_FAILURE : EXIT_SUCCESS;
}
