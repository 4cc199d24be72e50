/* SPDX-License-Identifier: MIT */
/*
 * The statistics of one run: pure functions over arrays of doubles. Nothing here assumes a
 * distribution. NAN stands for "cannot be told", also where memory ran out.
 */
#ifndef HEDDLE_STATS_H
#define HEDDLE_STATS_H

#include <stdbool.h>
#include <stddef.h>

struct interval {
	double low, high;
};

/* Sorts in place, smallest first. No NANs. */
void stats_sort(double *values, size_t n);
/* Of values in any order; n = 0 gives NAN. Mean of the two middle ones where n is even. */
double stats_median(const double *values, size_t n);
/* Median absolute deviation from the median, unscaled. */
double stats_mad(const double *values, size_t n);
/*
 * The rank k, from 1, such that the k-th smallest and the k-th largest of n values enclose the
 * distribution's median with probability >= 0.95: the largest k with 2 * P(Binomial(n, 1/2) < k) <=
 * 0.05. 0 for n < 6, where there is none. (Exact; n=10: 2, 20: 6, 30: 10, 40: 14.)
 */
size_t stats_ci95_rank(size_t n);
/* The same for an interval that misses the median with probability `miss` at most, 0 < miss < 1. */
size_t stats_ci_rank(size_t n, double miss);
/* That interval; {NAN, NAN} for n < 6. */
struct interval stats_ci95(const double *values, size_t n);
/* The same that misses the median with a probability of `miss` at most. */
struct interval stats_ci(const double *values, size_t n, double miss);
/*
 * The two-sided p-value of the exact sign test: how likely `below` and `above`, or a split less even, are
 * where each difference is as likely below as above 0. Differences that are 0 are left out. 1 for none.
 */
double stats_sign_test(size_t below, size_t above);
/*
 * Benjamini and Hochberg (1995): for each of n p-values the least rate of false discoveries at which it is
 * one; adjusted[i] belongs to p[i] and may be its place. A p that is NAN was not tested: it stays NAN and
 * is not counted. False where memory ran out.
 */
bool stats_false_discovery(const double *p, size_t n, double *adjusted);
/*
 * Jain's index of fairness: (sum x)^2 / (n * sum x^2); 1 where all are equal, 1/n where one has
 * all. NAN where all are 0 or n is.
 */
double stats_jain(const double *values, size_t n);
/*
 * Whether the values, which are not negative, look like draws from two separate clusters, so that
 * their median is a number that nobody ever sees: the widest gap between neighbours that leaves at
 * least 20 % on both sides is wider than 60 % of the whole range and than 10 % of the value above
 * it, and each side lies within 15 % of its own median. n < 8: false. Meant to keep quiet: normal
 * noise is called bimodal in less than 1 % of samples of 8, 0.2 % of 10.
 */
bool stats_two_modes(const double *values, size_t n);

#endif
