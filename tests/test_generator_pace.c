/* SPDX-License-Identifier: MIT */
/* Planned times. What the generator makes of them is in test_generator.c. */
#include "generator_pace.h"
#include "suite.h"

#include <math.h>
#include <stdlib.h>

enum { MANY = 100000 };

static const struct pace even = {.gap_ns = 1600000}, poisson = {.gap_ns = 1600000, .poisson = true};

START_TEST(even_plans_have_one_gap)
{
	uint64_t random = pace_seed(42, 3), unused = 0;
	double first = pace_first(&even, &random), ns = first;

	ck_assert(first >= 0 && first < even.gap_ns);
	for (int i = 1; i <= MANY; i++)
		ns = pace_after(&even, &unused, ns);
	/* Nothing drifts: 160 s later to the ns. */
	ck_assert_double_eq_tol(ns, first + MANY * even.gap_ns, 1);
	ck_assert_uint_eq(unused, 0);
}
END_TEST

/* Mean and standard deviation of exponential gaps are both the gap; a share 1/e is longer. */
START_TEST(poisson_plans_have_exponential_gaps)
{
	uint64_t random = pace_seed(42, 3);
	double ns = pace_first(&poisson, &random), sum = 0, squares = 0, longer = 0;

	for (int i = 0; i < MANY; i++) {
		double next = pace_after(&poisson, &random, ns), gap = (next - ns) / poisson.gap_ns;

		ck_assert(gap >= 0 && isfinite(gap));
		sum += gap;
		squares += gap * gap;
		longer += gap > 1;
		ns = next;
	}
	ck_assert_double_eq_tol(sum / MANY, 1, 0.02);
	ck_assert_double_eq_tol(sqrt(squares / MANY - sum / MANY * sum / MANY), 1, 0.02);
	ck_assert_double_eq_tol(longer / MANY, exp(-1), 0.01);
}
END_TEST

/* Phases lie everywhere in the gap, and a poisson plan begins as it goes on. */
START_TEST(connections_begin_apart)
{
	double sum = 0, sum_poisson = 0, least = INFINITY, most = 0;

	for (uint32_t c = 0; c < 10000; c++) {
		uint64_t random = pace_seed(7, c), other = random;
		double phase = pace_first(&even, &random) / even.gap_ns;

		sum += phase;
		sum_poisson += pace_first(&poisson, &other) / poisson.gap_ns;
		least = fmin(least, phase);
		most = fmax(most, phase);
	}
	ck_assert_double_eq_tol(sum / 10000, 0.5, 0.02);
	ck_assert_double_eq_tol(sum_poisson / 10000, 1, 0.05);
	ck_assert(least < 0.01 && most > 0.99);
}
END_TEST

START_TEST(a_seed_gives_one_plan)
{
	uint64_t one = pace_seed(1, 5), same = pace_seed(1, 5);

	ck_assert_double_eq(pace_first(&poisson, &one), pace_first(&poisson, &same));
	ck_assert_double_eq(pace_after(&poisson, &one, 3), pace_after(&poisson, &same, 3));
	ck_assert_uint_ne(pace_seed(1, 5), pace_seed(2, 5));
	ck_assert_uint_ne(pace_seed(1, 5), pace_seed(1, 6));
}
END_TEST

int main(void)
{
	const suite_test tests[] = {even_plans_have_one_gap, poisson_plans_have_exponential_gaps,
	                            connections_begin_apart, a_seed_gives_one_plan, NULL};

	return suite_run("generator_pace", tests);
}
