/* SPDX-License-Identifier: MIT */
#include "scaling_squares.h"

#include <math.h>
#include <string.h>

enum { ROUNDS = 3 /* of reweighting; the first two do nearly all */ };

static double term(double cores, int which)
{
	return which == 0 ? 1 : which == 1 ? cores - 1 : cores * (cores - 1);
}

double scaling_slowness(const struct law *law, double cores)
{
	double sum = 0;

	for (int i = 0; i < SCALING_TERMS; i++)
		sum += law->of[i] * term(cores, i);
	return sum;
}

static void swap_rows(long double rows[SCALING_TERMS][SCALING_TERMS + 1], int a, int b)
{
	long double row[SCALING_TERMS + 1];

	memcpy(row, rows[a], sizeof(row));
	memcpy(rows[a], rows[b], sizeof(row));
	memcpy(rows[b], row, sizeof(row));
}

/* Gauss with the largest pivot; what is not free has a row of its own that says 0. */
static void eliminate(long double rows[SCALING_TERMS][SCALING_TERMS + 1], double of[SCALING_TERMS])
{
	for (int i = 0; i < SCALING_TERMS; i++) {
		int pivot = i;

		for (int k = i + 1; k < SCALING_TERMS; k++)
			if (fabsl(rows[k][i]) > fabsl(rows[pivot][i]))
				pivot = k;
		swap_rows(rows, i, pivot);
		for (int k = i + 1; k < SCALING_TERMS; k++) {
			long double share = rows[k][i] / rows[i][i];

			for (int j = i; j <= SCALING_TERMS; j++)
				rows[k][j] -= share * rows[i][j];
		}
	}
	for (int i = SCALING_TERMS; i-- > 0;) {
		long double rest = rows[i][SCALING_TERMS];

		for (int j = i + 1; j < SCALING_TERMS; j++)
			rest -= rows[i][j] * (long double)of[j];
		of[i] = (double)(rest / rows[i][i]);
	}
}

/* Each as a share of its largest value, so that their sizes are alike. */
void scaling_terms(struct curve *curve)
{
	double most = curve->cores[curve->count - 1];

	for (int i = 0; i < SCALING_TERMS; i++)
		for (size_t n = 0; n < curve->count; n++)
			curve->terms[(size_t)i * curve->count + n] =
			        term(curve->cores[n], i) / term(most, i);
}

/* Errors are relative: to what was measured, or to the law that was fitted before. */
static void weigh(const struct curve *curve, const struct law *before)
{
	for (size_t n = 0; n < curve->count; n++) {
		double size = curve->slowness[n], off;

		/* A law that dives below 0 says nothing of how large the error there may be. */
		if (before)
			size = fmax(scaling_slowness(before, curve->cores[n]), size / 5);
		off = size * curve->spread[n];
		curve->weights[n] = 1 / (off * off);
	}
}

/* Entry by entry, so that each sum stays in a register: most of the time of a fit goes by here. */
static void sum_up(const struct curve *curve, long double rows[SCALING_TERMS][SCALING_TERMS + 1])
{
	const size_t count = curve->count;
	const double *columns[SCALING_TERMS + 1] = {curve->terms, curve->terms + count,
	                                            curve->terms + 2 * count, curve->slowness};

	for (int i = 0; i < SCALING_TERMS; i++)
		for (int j = 0; j <= SCALING_TERMS; j++) {
			long double sum = 0;

			for (size_t n = 0; n < count; n++)
				sum += curve->weights[n] * columns[i][n] * columns[j][n];
			rows[i][j] = sum;
		}
}

/* By the normal equations. */
static struct law solve(const struct curve *curve, const bool free_terms[SCALING_TERMS],
                        const struct law *before)
{
	long double rows[SCALING_TERMS][SCALING_TERMS + 1];
	double most = curve->cores[curve->count - 1];
	struct law law;

	weigh(curve, before);
	sum_up(curve, rows);
	for (int i = 0; i < SCALING_TERMS; i++)
		for (int j = 0; j <= SCALING_TERMS; j++)
			if (!free_terms[i] || (j < SCALING_TERMS && !free_terms[j]))
				rows[i][j] = i == j;
	eliminate(rows, law.of);
	for (int i = 0; i < SCALING_TERMS; i++)
		law.of[i] /= term(most, i);
	return law;
}

struct law scaling_fit_free(const struct curve *curve, bool contention, bool coherence)
{
	const bool free_terms[SCALING_TERMS] = {true, contention, coherence};
	struct law law = solve(curve, free_terms, NULL);

	for (int i = 1; i < ROUNDS; i++)
		law = solve(curve, free_terms, &law);
	return law;
}

static double error_of(const struct curve *curve, const struct law *law)
{
	double sum = 0;

	for (size_t n = 0; n < curve->count; n++) {
		double off = scaling_slowness(law, curve->cores[n]) / curve->slowness[n] - 1;

		sum += off * off / (curve->spread[n] * curve->spread[n]);
	}
	return sum;
}

struct law scaling_fit_bounded(const struct curve *curve, bool coherence)
{
	struct law best = scaling_fit_free(curve, true, coherence);
	double least = INFINITY;

	if (best.of[1] >= 0 && best.of[2] >= 0)
		return best;
	for (int which = 0; which < (coherence ? 3 : 1); which++) {
		struct law law = scaling_fit_free(curve, which == 1, which == 2);
		double error = error_of(curve, &law);

		if (law.of[0] > 0 && law.of[1] >= 0 && law.of[2] >= 0 && error < least) {
			best = law;
			least = error;
		}
	}
	return best;
}
