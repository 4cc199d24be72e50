/* SPDX-License-Identifier: MIT */
/* Two samples without pairs: known values, and how often they cry wolf, over many draws. */
#include "suite.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

#include "unpaired.h"

enum { MOST = 64, DRAWS = 2000 };

static struct sample sample(double *values, size_t n)
{
	stats_sort(values, n);
	return (struct sample){.values = values, .n = n, .looks = 1};
}

/* first, first + 1, ... */
static struct sample ladder(double values[MOST], size_t n, double first)
{
	for (size_t i = 0; i < n; i++)
		values[i] = first + (double)i;
	return sample(values, n);
}

START_TEST(known_values)
{
	double a[MOST], b[MOST];
	struct sample base = ladder(a, 10, 100), new = ladder(b, 10, 200);
	struct estimate estimate = unpaired_estimate(&base, &new, 1);

	ck_assert_uint_eq(estimate.pairs, 10);
	ck_assert_double_eq_tol(estimate.ratio, 204.5 / 104.5, 1e-12);
	/* 2 P(Binomial(10, 1/2) < 2) = 22/1024 is within 2.5 %, so the 2nd and the 9th. */
	ck_assert_double_eq_tol(estimate.ci95.low, 201.0 / 108, 1e-12);
	ck_assert_double_eq_tol(estimate.ci95.high, 208.0 / 101, 1e-12);
	/* Apart even from the smallest to the largest: 2 * 2 / 1024. */
	ck_assert_double_eq_tol(estimate.p, 4.0 / 1024, 1e-15);
	ck_assert_double_eq_tol(estimate.smallest_change, sqrt(208.0 / 101 * 108 / 201) - 1, 1e-12);
}
END_TEST

START_TEST(overlap_raises_p)
{
	double a[MOST], b[MOST];
	struct sample base = ladder(a, 10, 100), new = ladder(b, 10, 107);

	/* 100 ... 109 and 107 ... 116: apart are [102, 107] and [109, 114], each missing with 112/1024. */
	ck_assert_double_eq_tol(unpaired_estimate(&base, &new, 1).p, 224.0 / 1024, 1e-15);
	ck_assert_double_eq_tol(unpaired_estimate(&new, &base, 1).p, 224.0 / 1024, 1e-15);
	ck_assert_double_eq(unpaired_estimate(&base, &base, 1).p, 1);
}
END_TEST

START_TEST(unequal_numbers_of_trials)
{
	double a[MOST], b[MOST];
	struct sample base = ladder(a, 7, 100), new = ladder(b, 20, 200);
	struct estimate estimate = unpaired_estimate(&base, &new, 1);

	/* 2/128 for the seven; of the twenty the 5th is the last that misses no more often: 12392/2^20. */
	ck_assert_uint_eq(estimate.pairs, 7);
	ck_assert_double_eq_tol(estimate.p, 2.0 / 128 + 12392.0 / 1048576, 1e-15);
	estimate = unpaired_estimate(&new, &base, 1);
	ck_assert_double_eq_tol(estimate.p, 2.0 / 128 + 12392.0 / 1048576, 1e-15);
	ck_assert_double_eq_tol(estimate.ci95.low, 100.0 / 215, 1e-12);
}
END_TEST

START_TEST(too_few_have_no_interval)
{
	double a[MOST], b[MOST];
	struct sample base = ladder(a, 6, 100), new = ladder(b, 20, 200);
	struct estimate estimate = unpaired_estimate(&base, &new, 1);

	ck_assert_uint_eq(estimate.pairs, 6);
	ck_assert_double_eq_tol(estimate.ratio, 209.5 / 102.5, 1e-12);
	ck_assert_double_nan(estimate.ci95.low);
	ck_assert_double_nan(estimate.p);
	ck_assert_double_nan(estimate.smallest_change);
	base.n = 0;
	estimate = unpaired_estimate(&base, &new, 1);
	ck_assert_uint_eq(estimate.pairs, 0);
	ck_assert_double_nan(estimate.ratio);
}
END_TEST

START_TEST(zeros_have_no_ratio)
{
	double a[MOST], b[MOST];
	struct sample base = ladder(a, 10, 0), new = ladder(b, 10, 200);
	struct estimate estimate = unpaired_estimate(&base, &new, 1);

	/* One trial of 0 is none of the order statistics that decide. */
	ck_assert_uint_eq(estimate.zeros, 0);
	ck_assert_double_eq_tol(estimate.ratio, 204.5 / 4.5, 1e-12);
	ck_assert_double_eq_tol(estimate.p, 4.0 / 1024, 1e-15);
	ck_assert_double_eq_tol(estimate.ci95.high, 208, 1e-12);
	a[1] = 0; /* the second is one of them */
	estimate = unpaired_estimate(&base, &new, 1);
	ck_assert_double_eq_tol(estimate.p, 4.0 / 1024, 1e-15);
	ck_assert_double_nan(estimate.ci95.low);
	ck_assert_double_nan(estimate.smallest_change);
	for (int i = 0; i < 6; i++)
		a[i] = 0;
	estimate = unpaired_estimate(&base, &new, 1);
	ck_assert_uint_eq(estimate.zeros, 1);
	ck_assert_double_nan(estimate.ratio);
	ck_assert_double_nan(estimate.p);
}
END_TEST

START_TEST(the_family_widens_the_smallest_change)
{
	double a[MOST], b[MOST];
	struct sample base = ladder(a, 20, 100), new = ladder(b, 20, 100);

	ck_assert_double_lt(unpaired_estimate(&base, &new, 1).smallest_change,
	                    unpaired_estimate(&base, &new, 20).smallest_change);
	ck_assert_double_nan(unpaired_estimate(&base, &new, 1000000).smallest_change);
	base = ladder(a, 10, 100);
	new = ladder(b, 10,
	             200); /* 5 %, halved for two verdicts and halved for two medians: the ends */
	ck_assert_double_eq_tol(unpaired_estimate(&base, &new, 2).smallest_change,
	                        sqrt(209.0 / 100 * 109 / 200) - 1, 1e-12);
}
END_TEST

START_TEST(looks_split_the_error)
{
	double a[MOST], b[MOST];
	struct sample base = ladder(a, 10, 100), new = ladder(b, 10, 200);
	struct estimate estimate;

	base.looks = new.looks = 3;
	estimate = unpaired_estimate(&base, &new, 1);
	ck_assert_double_eq_tol(estimate.p, 12.0 / 1024, 1e-15);
	ck_assert_double_eq_tol(estimate.ci95.low, 200.0 / 109, 1e-12);
}
END_TEST

START_TEST(joined_says_what_holds_against_each)
{
	double a[MOST], b[MOST], c[MOST];
	struct sample near = ladder(a, 10, 190), far = ladder(b, 10, 100), new = ladder(c, 10, 195);
	struct estimate all = unpaired_estimate(&far, &new, 1),
	                another = unpaired_estimate(&near, &new, 1);

	unpaired_join(&all, &another);
	ck_assert_double_eq(all.ratio, another.ratio);
	ck_assert_double_eq(all.p, another.p);
	ck_assert_double_eq(all.ci95.low, another.ci95.low);
	ck_assert_double_eq_tol(all.ci95.high, 203.0 / 101, 1e-12);
	ck_assert_double_gt(all.smallest_change, another.smallest_change);
}
END_TEST

START_TEST(between_two_there_is_no_change)
{
	double a[MOST], b[MOST], c[MOST];
	struct sample low = ladder(a, 10, 100), high = ladder(b, 10, 300), new = ladder(c, 10, 200);
	struct estimate all = unpaired_estimate(&low, &new, 1),
	                another = unpaired_estimate(&high, &new, 1);

	unpaired_join(&all, &another);
	ck_assert_double_eq(all.ratio, 1);
	ck_assert_double_lt(all.ci95.low, 1);
	ck_assert_double_gt(all.ci95.high, 1);
	high.n = 3; /* one that says nothing takes the others' word away */
	another = unpaired_estimate(&high, &new, 1);
	unpaired_join(&all, &another);
	ck_assert_double_nan(all.p);
	ck_assert_double_nan(all.ci95.low);
	ck_assert_uint_eq(all.pairs, 3);
}
END_TEST

/* Draws. The same sequence everywhere: xorshift64*, in (0, 1]. */
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

/* Around 100, all with that median. */
static double three_percent(uint64_t *state)
{
	return 100 * exp(0.03 * normal(state));
}

/* Cauchy: tails without a mean. */
static double heavy_tails(uint64_t *state)
{
	return 100 * exp(0.01 * tan(3.141592653589793 * (uniform(state) - 0.5)));
}

/* Five values. */
static double many_ties(uint64_t *state)
{
	return 100 + round(fmax(-2, fmin(2, normal(state))));
}

static double skewed(uint64_t *state)
{
	return 100 * (1 + 0.2 * (-log(uniform(state)) - 0.6931471805599453));
}

/* Two modes each, those of the second above those of the first, and one median. */
static double outer_modes(uint64_t *state)
{
	return uniform(state) < 0.5 ? 10 : 100;
}

static double inner_modes(uint64_t *state)
{
	return uniform(state) < 0.5 ? 60 : 200;
}

typedef double draw(uint64_t *state);

static struct sample drawn(double values[MOST], size_t n, draw *next, uint64_t *state)
{
	for (size_t i = 0; i < n; i++)
		values[i] = next(state);
	return sample(values, n);
}

/* The share of draws in which p is 5 % or less. */
static double rejected(draw *base_draw, size_t base_n, draw *new_draw, size_t new_n)
{
	uint64_t state = 12345;
	double a[MOST], b[MOST];
	int count = 0;

	for (int i = 0; i < DRAWS; i++) {
		struct sample base = drawn(a, base_n, base_draw, &state),
		              new = drawn(b, new_n, new_draw, &state);

		count += unpaired_estimate(&base, &new, 1).p <= 0.05;
	}
	return (double)count / DRAWS;
}

START_TEST(no_change_is_rejected_in_5_percent_at_most)
{
	static draw *const draws[] = {three_percent, heavy_tails, many_ties, skewed, outer_modes};
	static const size_t sizes[][2] = {{7, 7}, {10, 10}, {20, 20}, {40, 40}, {7, 40}, {10, 20}};

	for (size_t i = 0; i < sizeof(draws) / sizeof(draws[0]); i++)
		for (size_t k = 0; k < sizeof(sizes) / sizeof(sizes[0]); k++) {
			double share = rejected(draws[i], sizes[k][0], draws[i], sizes[k][1]);

			ck_assert_msg(share <= 0.05, "draw %zu, %zu and %zu trials: %.3f", i,
			              sizes[k][0], sizes[k][1], share);
		}
}
END_TEST

/* The bound of 20 and 20 trials is 2 * 12392/2^20 = 2.4 %, and two modes make half of it. */
START_TEST(the_worst_shapes_come_near_the_bound)
{
	double share = rejected(outer_modes, 20, inner_modes, 20),
	       wide = rejected(three_percent, 20, heavy_tails, 10);

	ck_assert_msg(share <= 0.024 && share > 0.008, "%.4f", share);
	ck_assert_msg(wide <= 0.05, "%.4f", wide);
}
END_TEST

static double tenth_slower(uint64_t *state)
{
	return 0.9 * three_percent(state);
}

START_TEST(a_change_of_10_percent_is_found)
{
	double share = rejected(three_percent, 20, tenth_slower, 20);

	ck_assert_msg(share >= 0.95, "%.3f", share);
}
END_TEST

START_TEST(the_interval_holds_the_ratio)
{
	uint64_t state = 777;
	double a[MOST], b[MOST];
	int held = 0;

	for (int i = 0; i < DRAWS; i++) {
		struct sample base = drawn(a, 20, heavy_tails, &state),
		              new = drawn(b, 10, heavy_tails, &state);
		struct estimate estimate = unpaired_estimate(&base, &new, 1);

		held += estimate.ci95.low <= 1 && estimate.ci95.high >= 1;
	}
	ck_assert_msg(held >= 0.95 * DRAWS, "%d of %d", held, DRAWS);
}
END_TEST

/* Runs that differ as a whole by 6 %, nothing changed: how often NEW looks changed beyond 5 % against each
   of `results` runs. */
static double cried_wolf(size_t results)
{
	uint64_t state = 4242;
	double a[MOST], b[MOST];
	int count = 0;

	for (int i = 0; i < DRAWS; i++) {
		double level = exp(0.06 * normal(&state));
		struct sample new = drawn(b, 10, three_percent, &state);
		struct estimate all = {0};

		for (size_t k = 0; k < new.n; k++)
			b[k] *= level;
		for (size_t run = 0; run < results; run++) {
			struct sample base = drawn(a, 10, three_percent, &state);
			struct estimate one;

			level = exp(0.06 * normal(&state));
			for (size_t k = 0; k < base.n; k++)
				a[k] *= level;
			one = unpaired_estimate(&base, &new, 1);
			if (run == 0)
				all = one;
			else
				unpaired_join(&all, &one);
		}
		count += all.p <= 0.05 && fabs(all.ratio - 1) > 0.05;
	}
	return (double)count / DRAWS;
}

START_TEST(a_history_cries_wolf_less_with_each_result)
{
	double one = cried_wolf(1), six = cried_wolf(6), twelve = cried_wolf(12);

	ck_assert_msg(one > 0.2, "the weakness of two results: %.3f", one);
	ck_assert_msg(six < one / 4 && six <= 0.08, "%.3f", six);
	ck_assert_msg(twelve < six && twelve <= 0.03, "%.3f", twelve);
}
END_TEST

int main(void)
{
	return suite_run("unpaired", (const suite_test[]){
	                                     known_values,
	                                     overlap_raises_p,
	                                     unequal_numbers_of_trials,
	                                     too_few_have_no_interval,
	                                     zeros_have_no_ratio,
	                                     the_family_widens_the_smallest_change,
	                                     looks_split_the_error,
	                                     joined_says_what_holds_against_each,
	                                     between_two_there_is_no_change,
	                                     no_change_is_rejected_in_5_percent_at_most,
	                                     the_worst_shapes_come_near_the_bound,
	                                     a_change_of_10_percent_is_found,
	                                     the_interval_holds_the_ratio,
	                                     a_history_cries_wolf_less_with_each_result,
	                                     NULL,
	                             });
}
