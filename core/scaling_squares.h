/* SPDX-License-Identifier: MIT */
/* The least squares below scaling.h: a law through one value for each core count. */
#ifndef HEDDLE_SCALING_SQUARES_H
#define HEDDLE_SCALING_SQUARES_H

#include <stdbool.h>
#include <stddef.h>

enum { SCALING_TERMS = 3 };

/* N/X(N) = first + second (N-1) + third N (N-1) */
struct law {
	double of[SCALING_TERMS]; /* 1/rate, contention/rate, coherence/rate */
};

/* What is fitted: a value for each core count, from the fewest cores to the most. */
struct curve {
	size_t count;
	const double *cores;
	double *slowness; /* N / X, X being the median */
	double *spread;   /* of the median, relative; above 0 */
	double *terms;    /* the values of each term at all counts, by scaling_terms() */
	double *weights;  /* room for one each */
};

/* Puts down `terms`, once for all curves over the same `cores`. */
void scaling_terms(struct curve *);

/* N/X(N) */
double scaling_slowness(const struct law *, double cores);
/* Without bounds; a term that is not free is 0. */
struct law scaling_fit_free(const struct curve *, bool contention, bool coherence);
/* With contention and coherence not negative: the best of those where what was negative is 0. */
struct law scaling_fit_bounded(const struct curve *, bool coherence);

#endif
