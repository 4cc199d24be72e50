/* SPDX-License-Identifier: MIT */
#include "suite.h"

#include <math.h>

#include "verdict.h"

enum { PAIRS = 20 };

static const struct verdict_rule higher = {.margin = 0.05}, lower = {.margin = 0.05, .lower = true};

/* Pairs whose ratios go from `from` to `to` in even steps of their logs. */
static struct estimate ramp(double from, double to, size_t n, size_t judged)
{
	double base[64], new[64];

	for (size_t i = 0; i < n; i++) {
		base[i] = 100 + (double)i;
		new[i] = base[i] * exp(log(from) + log(to / from) * (double)i / (double)(n - 1));
	}
	return verdict_estimate(base, new, n, judged);
}

START_TEST(names_go_both_ways)
{
	for (int v = VERDICT_NONE; v <= VERDICT_REGRESSION; v++)
		ck_assert_int_eq(verdict_find(verdict_name((enum verdict)v)), v);
	ck_assert_int_eq(verdict_find("Regression"), -1);
	ck_assert_int_eq(verdict_find(""), -1);
}
END_TEST

START_TEST(an_estimate_is_the_median_of_ratios)
{
	static const double base[] = {1, 1, 1, 1, 1, 1, 1, 1, 1, 1};
	static const double new[] = {1.3, 0.5, 0.7, 0.9, 0.6, 0.8, 1.1, 1.2, 1.4, 0.4};
	struct estimate estimate = verdict_estimate(base, new, 10, 1);

	/* Sorted: .4 .5 .6 .7 .8 .9 1.1 1.2 1.3 1.4; the ranks of ten are 2 and 9. */
	ck_assert_uint_eq(estimate.pairs, 10);
	ck_assert_uint_eq(estimate.zeros, 0);
	ck_assert_double_eq_tol(estimate.ratio, sqrt(0.8 * 0.9), 1e-12);
	ck_assert_double_eq_tol(estimate.ci95.low, 0.5, 1e-12);
	ck_assert_double_eq_tol(estimate.ci95.high, 1.3, 1e-12);
	/* Six below, four above: 2 P(X <= 4) = 2 (1 + 10 + 45 + 120 + 210) / 1024. */
	ck_assert_double_eq_tol(estimate.p, 772.0 / 1024, 1e-12);
	ck_assert_double_eq_tol(estimate.smallest_change, sqrt(1.3 / 0.5) - 1, 1e-12);
}
END_TEST

START_TEST(the_smallest_change_is_at_the_level_of_all_verdicts)
{
	/* Among ten the level is 0.005: of 20, 2 P(X < 4) = 0.0026, 2 P(X < 5) = 0.012: the rank is 4. */
	struct estimate one = ramp(0.9, 1.1, PAIRS, 1), ten = ramp(0.9, 1.1, PAIRS, 10);
	double step = log(1.1 / 0.9) / (PAIRS - 1);

	ck_assert_double_eq_tol(one.smallest_change, expm1(step * (20 - 1 - 2 * (6 - 1)) / 2),
	                        1e-12);
	ck_assert_double_eq_tol(ten.smallest_change, expm1(step * (20 - 1 - 2 * (4 - 1)) / 2),
	                        1e-12);
	ck_assert_double_eq_tol(one.ci95.low, ten.ci95.low, 1e-15);
	/* Ten pairs cannot reach the level of a thousand. */
	ck_assert(isnan(ramp(0.9, 1.1, 10, 1000).smallest_change));
}
END_TEST

START_TEST(what_was_not_measured_is_no_pair)
{
	double base[] = {1, NAN, 1, 1, 1, 1, 1, 0, 2, 1}, new[] = {2, 2, 2, NAN, 2, 2, 2, 2, -1, 0};
	struct estimate estimate = verdict_estimate(base, new, 10, 1);

	ck_assert_uint_eq(estimate.pairs, 5);
	ck_assert_uint_eq(estimate.zeros, 3);
	ck_assert_double_eq_tol(estimate.ratio, 2, 1e-12);
	ck_assert(isnan(estimate.ci95.low) && isnan(estimate.ci95.high) && isnan(estimate.p));
	ck_assert(isnan(estimate.smallest_change));
	estimate = verdict_estimate(base, new, 0, 1);
	ck_assert_uint_eq(estimate.pairs, 0);
	ck_assert(isnan(estimate.ratio) && isnan(estimate.p));
}
END_TEST

START_TEST(fewer_than_six_pairs_have_no_interval)
{
	ck_assert(isnan(ramp(0.8, 0.9, 5, 1).ci95.low));
	ck_assert(!isnan(ramp(0.8, 0.9, 6, 1).ci95.low));
	ck_assert_double_eq_tol(ramp(0.8, 0.9, 6, 1).p, 1.0 / 32, 1e-15);
}
END_TEST

START_TEST(verdicts_by_direction_and_margin)
{
	struct estimate down = ramp(0.85, 0.87, PAIRS, 1), up = ramp(1.15, 1.17, PAIRS, 1);
	struct estimate little = ramp(0.96, 0.98, PAIRS, 1), wide = ramp(0.7, 1.35, PAIRS, 1);
	struct verdict_rule narrow = {.margin = 0.01}, loose = {.margin = 0.2};

	ck_assert_int_eq(verdict_of(&down, 0.01, &higher), VERDICT_REGRESSION);
	ck_assert_int_eq(verdict_of(&down, 0.01, &lower), VERDICT_IMPROVEMENT);
	ck_assert_int_eq(verdict_of(&up, 0.01, &higher), VERDICT_IMPROVEMENT);
	ck_assert_int_eq(verdict_of(&up, 0.01, &lower), VERDICT_REGRESSION);
	/* Significant and small is "same"; beyond the margin and not significant is not known. */
	ck_assert_int_eq(verdict_of(&little, 0.001, &higher), VERDICT_SAME);
	ck_assert_int_eq(verdict_of(&little, 0.001, &narrow), VERDICT_REGRESSION);
	ck_assert_int_eq(verdict_of(&down, 0.0501, &higher), VERDICT_INCONCLUSIVE);
	ck_assert_int_eq(verdict_of(&down, VERDICT_Q, &higher), VERDICT_REGRESSION);
	ck_assert_int_eq(verdict_of(&down, 0.001, &loose), VERDICT_SAME);
	ck_assert_int_eq(verdict_of(&wide, 1, &higher), VERDICT_INCONCLUSIVE);
	ck_assert_int_eq(verdict_of(&down, NAN, &higher), VERDICT_INCONCLUSIVE);
}
END_TEST

START_TEST(nothing_measured_is_inconclusive)
{
	struct estimate none = verdict_estimate(NULL, NULL, 0, 1);

	ck_assert_int_eq(verdict_of(&none, NAN, &higher), VERDICT_INCONCLUSIVE);
	ck_assert_uint_eq(verdict_pairs_needed(&none, &higher), 0);
}
END_TEST

/* n (h/d)^2 with numbers that can be followed by hand. */
START_TEST(how_many_pairs_would_settle_it)
{
	struct estimate estimate = {.pairs = 20, .ratio = 1, .ci95 = {exp(-0.1), exp(0.1)}};
	double bound = log(0.95); /* the estimate is in the middle, above it lies log(1.05) */

	ck_assert_uint_eq(verdict_pairs_needed(&estimate, &higher),
	                  (uint64_t)ceil(20 * (0.1 / bound) * (0.1 / bound)));
	/* Beyond the margin 0 is to be left out: (0.12 / 0.1)^2 of 20 is 28.8. */
	estimate.ratio = exp(-0.1);
	estimate.ci95 = (struct interval){exp(-0.22), exp(0.02)};
	ck_assert_uint_eq(verdict_pairs_needed(&estimate, &higher), 29);
	/* What is nearly settled needs one more at least. */
	estimate.ci95 = (struct interval){exp(-0.15), exp(-0.05)};
	ck_assert_uint_eq(verdict_pairs_needed(&estimate, &higher), 21);
	/* Within the margin, hard at its bound, no number of pairs would do. */
	estimate.ratio = 1 + higher.margin - 1e-9;
	ck_assert_uint_eq(verdict_pairs_needed(&estimate, &higher), 0);
}
END_TEST

START_TEST(the_fewest_pairs_that_can_tell)
{
	ck_assert_uint_eq(verdict_fewest_pairs(1), 6);
	ck_assert_uint_eq(verdict_fewest_pairs(2), 7);
	ck_assert_uint_eq(verdict_fewest_pairs(10), 9);
	ck_assert_uint_eq(verdict_fewest_pairs(60), 12);
}
END_TEST

int main(void)
{
	const suite_test tests[] = {names_go_both_ways,
	                            an_estimate_is_the_median_of_ratios,
	                            the_smallest_change_is_at_the_level_of_all_verdicts,
	                            what_was_not_measured_is_no_pair,
	                            fewer_than_six_pairs_have_no_interval,
	                            verdicts_by_direction_and_margin,
	                            nothing_measured_is_inconclusive,
	                            how_many_pairs_would_settle_it,
	                            the_fewest_pairs_that_can_tell,
	                            NULL};

	return suite_run("verdict", tests);
}
