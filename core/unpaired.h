/* SPDX-License-Identifier: MIT */
/*
 * Two samples that were not taken in pairs: pure functions over numbers, exact, and without a distribution.
 * Weaker than pairs by nature: whatever changed between the two samples is in the ratio.
 */
#ifndef HEDDLE_UNPAIRED_H
#define HEDDLE_UNPAIRED_H

#include <stddef.h>

#include "verdict.h"

enum {
	UNPAIRED_LEAST = 7 /* values: below there is no interval that misses with 2.5 % or less */
};

/* The trials of one metric in one result. */
struct sample {
	double *values; /* sorted, smallest first */
	size_t n;
	size_t looks; /* at which the trials could have been stopped; 1: their number was fixed */
};

/*
 * The ratio of the medians, new over base. Both medians lie within their order-statistic intervals at once
 * with 95 % or more where each misses with 2.5 % at most (Bonferroni), so the ratio lies between the
 * quotients of their far ends.
 *
 * p: let I(a) and J(a) be the two intervals that each miss with a/2 at most. They shrink as a grows, so
 * there is one a from which on they are apart, and p is the probability, by the binomial distribution, that
 * I(a) or J(a) misses. Were the medians equal, intervals that are apart could not both hold it: p or less is
 * seen with probability p at most. The least over all pairs of ranks would not do: those intervals are not
 * nested, and could err twice as often as they say. Without assuming a shape there is little to be gained
 * on the sum: two modes each, those of one distribution a little above those of the other, make half of it.
 *
 * `pairs` is the smaller number of trials; below UNPAIRED_LEAST interval and p are NAN. `zeros` counts the
 * medians that are 0 or below: then there is no ratio, and all is NAN. A single trial of 0 does no harm; where
 * one is the end of an interval, that of the ratio is NAN. A sample that could be stopped at several looks has
 * its error split over them. `judged`: how many estimates the false discoveries are controlled over.
 */
struct estimate unpaired_estimate(const struct sample *base, const struct sample *new,
                                  size_t judged);
/*
 * Joins to `all` what another base says of the same new sample, so that a verdict over `all` is one that
 * holds against each base: ratio is the one against the nearest, 1 where the new one lies between two; p the
 * largest (to refute that it is equal to any, each has to be refuted: Berger 1982, no correction is needed);
 * the interval encloses all, and half its width is the least of the smallest changes.
 */
void unpaired_join(struct estimate *all, const struct estimate *another);

#endif
