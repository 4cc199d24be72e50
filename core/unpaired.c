/* SPDX-License-Identifier: MIT */
#include "unpaired.h"

#include <math.h>
#include <stdbool.h>

/* The probability that [x(rank), x(n + 1 - rank)] misses the median, at whichever look it is taken. */
static double missed(const struct sample *sample, size_t rank)
{
	return (double)sample->looks * stats_sign_test(rank - 1, sample->n - rank + 1);
}

static size_t rank_at(const struct sample *sample, double miss)
{
	return stats_ci_rank(sample->n, miss / (double)sample->looks);
}

static struct interval between(const struct sample *sample, size_t rank)
{
	return (struct interval){sample->values[rank - 1], sample->values[sample->n - rank]};
}

static bool are_apart(struct interval a, struct interval b)
{
	return a.high < b.low || b.high < a.low;
}

/* NANs where the ranks are 0, as there are no such intervals, or an end is: nothing bounds the ratio then. */
static struct interval ratio_between(const struct sample *base, size_t base_rank,
                                     const struct sample *new, size_t new_rank)
{
	struct interval of_base, of_new;

	if (!base_rank || !new_rank)
		return (struct interval){NAN, NAN};
	of_base = between(base, base_rank);
	of_new = between(new, new_rank);
	if (of_base.low <= 0 || of_new.low <= 0)
		return (struct interval){NAN, NAN};
	return (struct interval){of_new.low / of_base.high, of_new.high / of_base.low};
}

static struct interval ratio_at(const struct sample *base, const struct sample *new, double miss)
{
	return ratio_between(base, rank_at(base, miss), new, rank_at(new, miss));
}

/* The least p at the levels where the interval of `stepping` shrinks, that of `other` following. */
static double least_p(const struct sample *stepping, const struct sample *other)
{
	for (size_t rank = 1; 2 * rank <= stepping->n; rank++) {
		double miss = missed(stepping, rank);
		size_t follows = rank_at(other, miss);

		if (follows && are_apart(between(stepping, rank), between(other, follows)))
			return fmin(1, miss + missed(other, follows));
	}
	return 1;
}

static double half_width(struct interval ratio)
{
	return expm1(log(ratio.high / ratio.low) / 2);
}

struct estimate unpaired_estimate(const struct sample *base, const struct sample *new,
                                  size_t judged)
{
	struct estimate estimate = {
	        .pairs = base->n < new->n ? base->n : new->n,
	        .ratio = NAN,
	        .ci95 = {NAN, NAN},
	        .p = NAN,
	        .smallest_change = NAN,
	};
	double base_median = stats_median(base->values, base->n),
	       new_median = stats_median(new->values, new->n);
	struct interval of_family;

	estimate.zeros = (base_median <= 0) + (new_median <= 0);
	if (estimate.zeros || !estimate.pairs)
		return estimate;
	estimate.ratio = new_median / base_median;
	if (estimate.pairs < UNPAIRED_LEAST)
		return estimate;
	estimate.ci95 = ratio_at(base, new, 0.05 / 2);
	estimate.p = fmin(least_p(base, new), least_p(new, base));
	of_family = ratio_at(base, new, VERDICT_Q / (double)judged / 2);
	estimate.smallest_change = half_width(of_family);
	return estimate;
}

/* fmax() and fmin() would drop a NAN, and with it that one base says nothing. */
static double largest(double a, double b)
{
	return isnan(a) || isnan(b) ? NAN : fmax(a, b);
}

static double nearest_to_1(double a, double b)
{
	if (isnan(a) || isnan(b))
		return NAN;
	if ((a < 1) != (b < 1))
		return 1;
	return fabs(log(a)) < fabs(log(b)) ? a : b;
}

void unpaired_join(struct estimate *all, const struct estimate *another)
{
	all->pairs = all->pairs < another->pairs ? all->pairs : another->pairs;
	all->zeros += another->zeros;
	all->ratio = nearest_to_1(all->ratio, another->ratio);
	all->ci95.low = -largest(-all->ci95.low, -another->ci95.low);
	all->ci95.high = largest(all->ci95.high, another->ci95.high);
	all->p = largest(all->p, another->p);
	all->smallest_change = largest(all->smallest_change, another->smallest_change);
	all->smallest_change = largest(all->smallest_change, half_width(all->ci95));
}
