/* SPDX-License-Identifier: MIT */
#include "stats.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "memory.h"

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
	double *copy = n ? memory_zalloc(n, sizeof(*copy)) : NULL;

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

/*
 * The lower tail of Binomial(n, 1/2), term by term: the sum of C(n, 0) ... C(n, k - 1) over 2^n. Both
 * numbers are kept times 2^-scale, as they pass the range of a double from n = 1030 on.
 */
struct tail {
	size_t n, k;
	long double coefficient; /* C(n, k) */
	long double below;
	int scale;
};

static void add_term(struct tail *tail)
{
	const long double large = 0x1p500L;

	tail->below += tail->coefficient;
	tail->coefficient *= (long double)(tail->n - tail->k) / (long double)(tail->k + 1);
	tail->k++;
	if (tail->coefficient > large) {
		tail->coefficient /= large;
		tail->below /= large;
		tail->scale += 500;
	}
}

/* n is far below INT_MAX wherever time and memory allow so many trials. */
static double probability(const struct tail *tail)
{
	return (double)ldexpl(tail->below, tail->scale - (int)tail->n);
}

size_t stats_ci_rank(size_t n, double miss)
{
	struct tail tail = {.n = n, .coefficient = 1};

	while (tail.k < n) {
		add_term(&tail);
		if (2 * probability(&tail) > miss)
			return tail.k - 1;
	}
	return 0;
}

size_t stats_ci95_rank(size_t n)
{
	return stats_ci_rank(n, 0.05);
}

double stats_sign_test(size_t below, size_t above)
{
	struct tail tail = {.n = below + above, .coefficient = 1};
	size_t fewer = below < above ? below : above;

	while (tail.k <= fewer)
		add_term(&tail);
	return fmin(1, 2 * probability(&tail));
}

struct ranked {
	double p;
	size_t index;
};

static int by_p(const void *left, const void *right)
{
	const struct ranked *a = left, *b = right;

	return (a->p > b->p) - (a->p < b->p);
}

bool stats_false_discovery(const double *p, size_t n, double *adjusted)
{
	struct ranked *ranked = memory_zalloc(n ? n : 1, sizeof(*ranked));
	size_t tested = 0;
	double least = 1;

	if (!ranked)
		return false;
	for (size_t i = 0; i < n; i++) {
		if (isnan(p[i]))
			adjusted[i] = NAN;
		else
			ranked[tested++] = (struct ranked){p[i], i};
	}
	qsort(ranked, tested, sizeof(*ranked), by_p);
	for (size_t i = tested; i-- > 0;) {
		least = fmin(least, ranked[i].p * (double)tested / (double)(i + 1));
		adjusted[ranked[i].index] = least;
	}
	free(ranked);
	return true;
}

struct interval stats_ci95(const double *values, size_t n)
{
	return stats_ci(values, n, 0.05);
}

struct interval stats_ci(const double *values, size_t n, double miss)
{
	size_t rank = stats_ci_rank(n, miss);
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
