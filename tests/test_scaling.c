/* SPDX-License-Identifier: MIT */
/* The law from data that was made with it: how often the truth lies within the intervals, and what stands at the ends. */
#include <errno.h>
#include <math.h>
#include <stdint.h>
#include <string.h>

#include "scaling.h"
#include "suite.h"

enum { COUNTS = 7, MOST_TRIALS = 20, TRIES = 400, FEWER = 120 };

static const double cores[COUNTS] = {1, 2, 4, 8, 16, 32, 64};

struct truth {
	double contention, coherence;
};

struct data {
	double values[COUNTS][MOST_TRIALS];
	struct scaling_point points[COUNTS];
};

static double uniform(uint64_t *state)
{
	*state = *state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return ((double)(*state >> 11) + 0.5) / 0x1p53;
}

static double normal(uint64_t *state)
{
	double radius = sqrt(-2 * log(uniform(state)));

	return radius * cos(2 * M_PI * uniform(state));
}

static double law(struct truth truth, double n)
{
	return 1e6 * n / (1 + truth.contention * (n - 1) + truth.coherence * n * (n - 1));
}

static void make(struct data *data, struct truth truth, size_t trials, double noise, uint64_t seed)
{
	uint64_t state = seed * 7919 + 1;

	uniform(&state);
	for (size_t i = 0; i < COUNTS; i++) {
		for (size_t k = 0; k < trials; k++)
			data->values[i][k] = law(truth, cores[i]) * exp(noise * normal(&state));
		data->points[i] = (struct scaling_point){cores[i], data->values[i], trials};
	}
}

static double peak_of(struct truth truth)
{
	if (truth.contention >= 1)
		return 1;
	return truth.coherence > 0 ? sqrt((1 - truth.contention) / truth.coherence) : INFINITY;
}

/* An end that is exact may differ in its last digit. */
static bool holds(struct scaling_estimate estimate, double truth)
{
	return estimate.ci95.low <= truth * (1 + 1e-9) && truth * (1 - 1e-9) <= estimate.ci95.high;
}

static void expect_covered(struct truth truth, size_t trials, double noise, int tries)
{
	static const char *const names[] = {"rate", "contention", "coherence", "peak", "at 256"};
	static const double at[] = {256};
	int covered[5] = {0};

	for (uint64_t seed = 1; seed <= (uint64_t)tries; seed++) {
		struct scaling_estimate predicted;
		struct scaling_fit fit;
		struct data data;

		make(&data, truth, trials, noise, seed);
		ck_assert_int_eq(scaling_fit(data.points, COUNTS, at, 1, &predicted, &fit), 0);
		covered[0] += holds(fit.rate, 1e6);
		covered[1] += holds(fit.contention, truth.contention);
		covered[2] += holds(fit.coherence, truth.coherence);
		covered[3] += holds(fit.peak_cores, peak_of(truth));
		covered[4] += holds(predicted, law(truth, 256));
	}
	for (int i = 0; i < 5; i++)
		ck_assert_msg(covered[i] * 100 >= 93 * tries,
		              "%s: in %d of %d tries, %zu trials, contention %g, coherence %g",
		              names[i], covered[i], tries, trials, truth.contention,
		              truth.coherence);
}

START_TEST(covers_as_the_default_measures)
{
	expect_covered((struct truth){0.05, 0.0005}, 10, 0.05, TRIES);
}
END_TEST

START_TEST(covers_retrograde)
{
	expect_covered((struct truth){0.9, 0.012}, 10, 0.05, TRIES);
}
END_TEST

START_TEST(covers_without_coherence)
{
	expect_covered((struct truth){0.03, 0}, 10, 0.05, TRIES);
}
END_TEST

START_TEST(covers_without_contention)
{
	expect_covered((struct truth){0, 0.001}, 10, 0.05, FEWER);
}
END_TEST

START_TEST(covers_linear)
{
	expect_covered((struct truth){0, 0}, 10, 0.05, FEWER);
}
END_TEST

START_TEST(covers_with_few_trials)
{
	expect_covered((struct truth){0.05, 0.0005}, 6, 0.05, FEWER);
}
END_TEST

START_TEST(covers_with_many_noisy_trials)
{
	expect_covered((struct truth){0.1, 0.002}, 20, 0.2, FEWER);
}
END_TEST

START_TEST(finds_what_has_no_noise)
{
	const struct truth truth = {0.05, 0.0005};
	const double at[] = {8, 128};
	struct scaling_estimate predicted[2];
	struct scaling_fit fit;
	struct data data;

	make(&data, truth, 10, 0, 1);
	ck_assert_int_eq(scaling_fit(data.points, COUNTS, at, 2, predicted, &fit), 0);
	ck_assert_double_eq_tol(fit.rate.value, 1e6, 1e-3);
	ck_assert_double_eq_tol(fit.contention.value, 0.05, 1e-9);
	ck_assert_double_eq_tol(fit.coherence.value, 0.0005, 1e-11);
	ck_assert_double_eq_tol(fit.peak_cores.value, sqrt(0.95 / 0.0005), 1e-6);
	ck_assert_double_eq_tol(fit.peak_rate.value, law(truth, sqrt(0.95 / 0.0005)), 1);
	ck_assert_double_eq_tol(predicted[0].value, law(truth, 8), 1);
	ck_assert_double_eq_tol(predicted[1].value, law(truth, 128), 1);
	ck_assert_int_eq(fit.law, SCALING_USL);
}
END_TEST

START_TEST(keeps_the_bounds)
{
	int pinned = 0;

	for (uint64_t seed = 1; seed <= 20; seed++) {
		struct scaling_fit fit;
		struct data data;

		make(&data, (struct truth){0, 0}, 10, 0.05, seed);
		ck_assert_int_eq(scaling_fit(data.points, COUNTS, NULL, 0, NULL, &fit), 0);
		ck_assert_double_ge(fit.contention.value, 0);
		ck_assert_double_ge(fit.coherence.value, 0);
		ck_assert_double_ge(fit.contention.ci95.low, 0);
		ck_assert_double_ge(fit.coherence.ci95.low, 0);
		ck_assert_double_le(fit.coherence.ci95.low, fit.coherence.value);
		ck_assert_double_ge(fit.coherence.ci95.high, fit.coherence.value);
		pinned += fit.coherence.value == 0;
	}
	ck_assert_int_gt(pinned, 3); /* unbounded, half of them would be below 0 */
}
END_TEST

START_TEST(names_the_law)
{
	struct scaling_fit fit;
	struct data data;

	make(&data, (struct truth){0.1, 0}, 10, 0.02, 3);
	ck_assert_int_eq(scaling_fit(data.points, COUNTS, NULL, 0, NULL, &fit), 0);
	ck_assert_int_eq(fit.law, SCALING_AMDAHL);
	ck_assert_double_eq_tol(fit.amdahl_contention.value, 0.1, 0.01);
	make(&data, (struct truth){0.1, 0.01}, 10, 0.02, 3);
	ck_assert_int_eq(scaling_fit(data.points, COUNTS, NULL, 0, NULL, &fit), 0);
	ck_assert_int_eq(fit.law, SCALING_USL);
	/* A step, as between two packages, is no such law. */
	for (size_t i = 4; i < COUNTS; i++)
		for (size_t k = 0; k < 10; k++)
			data.values[i][k] *= 4;
	ck_assert_int_eq(scaling_fit(data.points, COUNTS, NULL, 0, NULL, &fit), 0);
	ck_assert_int_eq(fit.law, SCALING_NEITHER);
	ck_assert_uint_ge(fit.missed, 3);
	ck_assert_double_gt(fabs(fit.worst_share), 0.2);
}
END_TEST

START_TEST(same_bits_twice)
{
	struct scaling_fit first, second;
	struct data data;

	make(&data, (struct truth){0.05, 0.0005}, 10, 0.05, 9);
	ck_assert_int_eq(scaling_fit(data.points, COUNTS, NULL, 0, NULL, &first), 0);
	ck_assert_int_eq(scaling_fit(data.points, COUNTS, NULL, 0, NULL, &second), 0);
	ck_assert_double_eq(first.rate.ci95.low, second.rate.ci95.low);
	ck_assert_double_eq(first.peak_cores.ci95.high, second.peak_cores.ci95.high);
}
END_TEST

START_TEST(extreme_sizes)
{
	static const double scales[] = {1e-300, 1e-3, 1e290};

	for (size_t s = 0; s < 3; s++) {
		struct scaling_fit fit;
		struct data data;

		make(&data, (struct truth){0.05, 0.0005}, 10, 0.01, 4);
		for (size_t i = 0; i < COUNTS; i++)
			for (size_t k = 0; k < 10; k++)
				data.values[i][k] *= scales[s];
		ck_assert_int_eq(scaling_fit(data.points, COUNTS, NULL, 0, NULL, &fit), 0);
		ck_assert_double_eq_tol(fit.rate.value / scales[s], 1e6, 3e4);
	}
}
END_TEST

/* Values that lie so far apart that no weight holds them: refused, or told without a NAN. */
START_TEST(nothing_like_a_law)
{
	struct scaling_fit fit;
	struct data data;
	int code;

	make(&data, (struct truth){0.05, 0.0005}, 10, 0.01, 4);
	for (size_t k = 0; k < 10; k++) {
		data.values[0][k] = 1e-310;
		data.values[1][k] = 1e300;
	}
	code = scaling_fit(data.points, COUNTS, NULL, 0, NULL, &fit);
	ck_assert(code == -EDOM ||
	          (code == 0 && !isnan(fit.rate.value) && !isnan(fit.peak_cores.ci95.low)));
	/* One core was so slow that the law would have it at less than nothing. */
	make(&data, (struct truth){0, 0}, 10, 0, 4);
	for (size_t k = 0; k < 10; k++)
		data.values[COUNTS - 1][k] *= 1e-4;
	code = scaling_fit(data.points, COUNTS, NULL, 0, NULL, &fit);
	ck_assert(code == -EDOM || (code == 0 && fit.law == SCALING_NEITHER));
}
END_TEST

int main(void)
{
	const suite_test tests[] = {covers_as_the_default_measures,
	                            covers_retrograde,
	                            covers_without_coherence,
	                            covers_without_contention,
	                            covers_linear,
	                            covers_with_few_trials,
	                            covers_with_many_noisy_trials,
	                            finds_what_has_no_noise,
	                            keeps_the_bounds,
	                            names_the_law,
	                            same_bits_twice,
	                            extreme_sizes,
	                            nothing_like_a_law,
	                            NULL};

	return suite_run("scaling", tests);
}
