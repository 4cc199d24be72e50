/* SPDX-License-Identifier: MIT */
/*
 * How throughput grows with cores: the Universal Scalability Law and Amdahl's, fitted to trials. Pure
 * functions over numbers; the same input gives the same output to the last bit.
 *
 *   X(N) = rate * N / (1 + contention * (N - 1) + coherence * N * (N - 1))
 *
 * (Gunther, arXiv 0808.1431, where they are lambda, alpha, beta.) Amdahl's is that with coherence 0.
 *
 * The fit. N / X(N) is linear in 1/rate, contention/rate, coherence/rate, so weighted least squares has one
 * solution, found without a search. What is fitted is the median of the trials of each core count, on the
 * relative scale, as noise is relative; its weight comes from its 95 % interval by order statistics. Ten
 * trials tell an interval badly, so each variance is averaged with the mean of all, as moderated variances
 * are (Smyth 2004, with equal degrees of freedom before and after); and as the scale is relative to the
 * law's own value, weights are taken again from the fitted law (iteratively reweighted least squares).
 *
 * The intervals are percentiles of fits to trials that were drawn again, with replacement, within each core
 * count (Efron and Tibshirani 1993, stratified). Those fits are free of bounds, and only the interval is cut at
 * what contention and coherence, not negative, allow; the estimate itself keeps the bounds. With bounded
 * refits, as they are usual, the truth was missed too often where it lies at a bound, which is where the
 * bootstrap fails (Andrews 2000): of 400 tries without coherence, 10 trials and 5 % noise, the prediction for
 * 256 cores was right in 362; of 160 without contention the coherence in 146. Percentiles of means of few values
 * are too narrow (Hesterberg 2015), those of medians are not: the drawn medians of ten spread a little wider than
 * medians do. tests/test_scaling.c holds all of it to 93 in 100.
 */
#ifndef HEDDLE_SCALING_H
#define HEDDLE_SCALING_H

#include <stdbool.h>
#include <stddef.h>

#include "stats.h"

enum {
	SCALING_LEAST_COUNTS = 6,  /* distinct core counts: below there is no fit */
	SCALING_LEAST_TRIALS = 6,  /* of a core count: below there is no interval to weigh it by */
	SCALING_MOST_COUNTS = 512, /* that are taken into a fit */
	SCALING_MOST_TRIALS = 10000,  /* of a core count: no run makes more */
	SCALING_MOST_CORES = 1 << 20, /* that a count may be */
	SCALING_RESAMPLES = 2000,
};

/* The trials at one core count. Values are finite and above 0. */
struct scaling_point {
	double cores; /* from 1 */
	const double *trials;
	size_t n;
};

/* INFINITY where there is no end: no peak, nothing that bounds it. */
struct scaling_estimate {
	double value;
	struct interval ci95;
};

enum scaling_law {
	SCALING_NEITHER, /* more points miss than chance allows */
	SCALING_AMDAHL,  /* contention alone tells it as well: coherence could be 0 */
	SCALING_USL
};

struct scaling_fit {
	struct scaling_estimate rate, contention, coherence;
	/* Where throughput is highest, at least 1, and how high it is there; without a peak what it draws near. */
	struct scaling_estimate peak_cores, peak_rate;
	struct scaling_estimate amdahl_rate, amdahl_contention;
	enum scaling_law law;
	size_t missed;      /* core counts whose interval the fitted law passes by */
	size_t worst;       /* the point that it is furthest from */
	double worst_share; /* how far: 0.1 is 10 % above the law */
};

/*
 * Fits points, from the fewest cores to the most, each of its own count: SCALING_LEAST_COUNTS of
 * them or more, of SCALING_LEAST_TRIALS trials or more. predictions[i] becomes the throughput at
 * at[i] cores. 0, -ENOMEM, or -EDOM where the data give the law no rate at one core.
 */
int scaling_fit(const struct scaling_point *, size_t count, const double *at, size_t at_count,
                struct scaling_estimate *predictions, struct scaling_fit *);
/* X(N). */
double scaling_rate(const struct scaling_fit *, double cores);

#endif
