/* SPDX-License-Identifier: MIT */
#include "stats.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static int compare(const void *left, const void *right)
{
	double a, b;

	memcpy(&a, left, sizeof(a));
	memcpy(&b, right, sizeof(b));
	return (a > b) - (a < b);
}

void stats_sort(double *values, size_t n)
{
	if (n > 1)
		qsort(values, n, sizeof(*values), compare);
}

/* Sorted, to be freed; NULL for n = 0 and where memory ran out. */
static double *sorted_copy(const double *values, size_t n)
{
	double *copy = n ? malloc(n * sizeof(*copy)) : NULL;

	if (!copy)
		return NULL;
	memcpy(copy, values, n * sizeof(*copy));
	stats_sort(copy, n);
	return copy;
}

static double median_of_sorted(const double *sorted, size_t n)
{
	/* Halves first: the sum of two large values could overflow. */
	return n % 2 ? sorted[n / 2] : sorted[n / 2 - 1] / 2 + sorted[n / 2] / 2;
}

double stats_median(const double *values, size_t n)
{
	double *sorted = sorted_copy(values, n);
	double median = sorted ? median_of_sorted(sorted, n) : NAN;

	free(sorted);
	return median;
}

double stats_mad(const double *values, size_t n)
{
	double *away = sorted_copy(values, n);
	double median, mad;

	if (!away)
		return NAN;
	median = median_of_sorted(away, n);
	for (size_t i = 0; i < n; i++)
		away[i] = fabs(away[i] - median);
	stats_sort(away, n);
	mad = median_of_sorted(away, n);
	free(away);
	return mad;
}

size_t stats_ci95_rank(size_t n)
{
	/*
	 * P(Binomial(n, 1/2) < k) is the sum of the binomial coefficients C(n, 0) ... C(n, k-1)
	 * over 2^n. Both are kept as a double times 2^scale, as they pass the range of a double
	 * from n = 1030 on.
	 */
	double coefficient = 1, below = 0;
	const double large = 0x1p500;
	int scale = 0;

	for (size_t k = 0; k < n; k++) {
		below += coefficient; /* of k + 1 */
		/* n is far below INT_MAX wherever time and memory allow so many trials. */
		if (2 * ldexp(below, scale - (int)n) > 0.05)
			return k;
		coefficient *= (double)(n - k) / (double)(k + 1);
		if (coefficient > large) {
			coefficient /= large;
			below /= large;
			scale += 500;
		}
	}
	return 0;
}

struct interval stats_ci95(const double *values, size_t n)
{
	size_t rank = stats_ci95_rank(n);
	double *sorted = rank ? sorted_copy(values, n) : NULL;
	struct interval interval = {NAN, NAN};

	if (sorted)
		interval = (struct interval){sorted[rank - 1], sorted[n - rank]};
	free(sorted);
	return interval;
}

double stats_jain(const double *values, size_t n)
{
	double largest = 0, sum = 0, squares = 0;

	/* Shares of the largest, so that squares neither overflow nor vanish. */
	for (size_t i = 0; i < n; i++)
		largest = fmax(largest, fabs(values[i]));
	if (largest == 0)
		return NAN;
	for (size_t i = 0; i < n; i++) {
		double share = values[i] / largest;

		sum += share;
		squares += share * share;
	}
	return sum * sum / ((double)n * squares);
}

/* Each value within 15 % of the median of them. */
static bool is_close(const double *sorted, size_t n)
{
	double median = median_of_sorted(sorted, n), reach = 0.15 * fabs(median);

	return median - sorted[0] <= reach && sorted[n - 1] - median <= reach;
}

bool stats_two_modes(const double *values, size_t n)
{
	size_t few = (n + 4) / 5, split = 0;
	double *sorted, gap = 0;
	bool two = false;

	if (n < 8)
		return false;
	sorted = sorted_copy(values, n);
	if (!sorted)
		return false;
	for (size_t i = few; i <= n - few; i++) {
		if (sorted[i] - sorted[i - 1] > gap) {
			gap = sorted[i] - sorted[i - 1];
			split = i;
		}
	}
	if (split)
		two = gap > 0.6 * (sorted[n - 1] - sorted[0]) && gap > 0.1 * sorted[split] &&
		      is_close(sorted, split) && is_close(sorted + split, n - split);
	free(sorted);
	return two;
}
