/* SPDX-License-Identifier: MIT */
#include "histogram.h"

#include <math.h>
#include <stdbool.h>

enum { STEPS = 1 << HISTOGRAM_STEP_BITS };

/* Below STEPS a bucket holds one value; above, the highest bits after the leading one are the step. */
static uint32_t bucket_of(uint64_t ns)
{
	uint32_t power;

	if (ns < STEPS)
		return (uint32_t)ns;
	if (ns >> HISTOGRAM_TOP_BITS)
		return HISTOGRAM_BUCKETS - 1;
	power = 63 - (uint32_t)__builtin_clzll(ns);
	return ((power - HISTOGRAM_STEP_BITS + 1) << HISTOGRAM_STEP_BITS) |
	       ((uint32_t)(ns >> (power - HISTOGRAM_STEP_BITS)) & (STEPS - 1));
}

/* The mean of the smallest and the largest integer that fall into the bucket. */
static double middle_of(uint32_t bucket)
{
	uint32_t shift;
	uint64_t width;

	if (bucket < STEPS)
		return bucket;
	shift = (bucket >> HISTOGRAM_STEP_BITS) - 1;
	width = UINT64_C(1) << shift;
	return (double)((uint64_t)(STEPS + bucket % STEPS) << shift) + (double)(width - 1) / 2;
}

void histogram_add(struct histogram *histogram, uint64_t ns)
{
	histogram->counts[bucket_of(ns)]++;
	histogram->total++;
	if (ns > histogram->max_ns)
		histogram->max_ns = ns;
}

void histogram_add_shared(struct histogram *histogram, uint64_t ns)
{
	uint64_t most = __atomic_load_n(&histogram->max_ns, __ATOMIC_RELAXED);

	__atomic_fetch_add(&histogram->counts[bucket_of(ns)], 1, __ATOMIC_RELAXED);
	__atomic_fetch_add(&histogram->total, 1, __ATOMIC_RELAXED);
	while (ns > most && !__atomic_compare_exchange_n(&histogram->max_ns, &most, ns, true,
	                                                 __ATOMIC_RELAXED, __ATOMIC_RELAXED))
		;
}

void histogram_merge(struct histogram *into, const struct histogram *from)
{
	for (uint32_t i = 0; i < HISTOGRAM_BUCKETS; i++)
		into->counts[i] += from->counts[i];
	into->total += from->total;
	if (from->max_ns > into->max_ns)
		into->max_ns = from->max_ns;
}

double histogram_percentile(const struct histogram *histogram, double p)
{
	double total = (double)histogram->total, rank;
	uint64_t below = 0;
	uint32_t i;

	if (histogram->total == 0 || !(p >= 0 && p <= 1))
		return NAN;
	if (p == 1)
		return (double)histogram->max_ns;
	/* 10 / (1 - p) without its rounding: 100 values are enough for p = 0.9. */
	if (total * (1 - p) < 10 - 1e-6)
		return NAN;
	rank = fmax(1, ceil(p * total - 1e-6));
	for (i = 0; i < HISTOGRAM_BUCKETS - 1; i++) {
		below += histogram->counts[i];
		if ((double)below >= rank)
			break;
	}
	/* The last bucket has no upper end: what is known of it is the maximum. */
	if (i == HISTOGRAM_BUCKETS - 1)
		return (double)histogram->max_ns;
	return fmin(middle_of(i), (double)histogram->max_ns);
}
