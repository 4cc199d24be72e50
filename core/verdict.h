/* SPDX-License-Identifier: MIT */
/*
 * Verdicts over pairs of trials: pure functions over numbers. Of a metric's pairs comes an estimate (the
 * median log ratio, its exact interval, the sign test), of all estimates together a verdict each. Nothing
 * assumes a distribution. NAN stands for "cannot be told".
 */
#ifndef HEDDLE_VERDICT_H
#define HEDDLE_VERDICT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "stats.h"

/* The rate of false discoveries that is allowed over all verdicts of a comparison. */
#define VERDICT_Q 0.05

enum { VERDICT_LEAST_PAIRS = 6 /* below there is no 95 % interval */ };

enum verdict {
	VERDICT_NONE, /* not judged */
	VERDICT_SAME,
	VERDICT_INCONCLUSIVE,
	VERDICT_CONTAMINATED,
	VERDICT_IMPROVEMENT,
	VERDICT_REGRESSION
};

/* "regression" */
const char *verdict_name(enum verdict);
/* The verdict called so, or -1. */
int verdict_find(const char *name);

/* What the pairs of one metric say. */
struct estimate {
	size_t pairs;           /* with a ratio: both numbers were measured and are above 0 */
	size_t zeros;           /* pairs that have none, because a number is 0 or below */
	double ratio;           /* new over base: exp of the median log ratio; NAN without pairs */
	struct interval ci95;   /* of the ratio; NANs below VERDICT_LEAST_PAIRS */
	double p;               /* of "no change", two-sided; NAN where there is no interval */
	double smallest_change; /* a part of 1: half the interval's width at the level that the
	                           verdicts of `judged` metrics ask for; NAN where there is none */
};

/* `base` and `new` hold n numbers, pair by pair, NAN for what was not measured. `judged`: how many
   estimates the false discoveries are controlled over, at least 1. */
struct estimate verdict_estimate(const double *base, const double *new, size_t n, size_t judged);

/* What is judged, and by which rule. */
struct verdict_rule {
	double margin; /* a part of 1 above 0: 0.05 */
	bool lower;    /* whether lower is better */
};

/*
 * The verdict of one estimate, before it is confirmed. `q` is its p-value after Benjamini and Hochberg
 * (stats_false_discovery). Regression and improvement: q <= VERDICT_Q and the ratio beyond 1 -+ margin;
 * same: the interval within 1 -+ margin; else inconclusive.
 */
enum verdict verdict_of(const struct estimate *, double q, const struct verdict_rule *);
/*
 * How many pairs would settle an inconclusive one, should the spread stay: n (h/d)^2 with h half of the
 * interval's width and d the way from the estimate to the nearest decision, both in logs (an interval
 * shrinks by the square root of n). 0 where that cannot be told.
 */
uint64_t verdict_pairs_needed(const struct estimate *, const struct verdict_rule *);
/*
 * The fewest pairs with which a verdict can be reached among `judged` where all pairs agree: the sign test
 * gives 2^(1 - pairs) at least, and the first of `judged` discoveries must be below VERDICT_Q / judged.
 */
size_t verdict_fewest_pairs(size_t judged);

#endif
