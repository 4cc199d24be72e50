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

/* The normal equations, each term as a share of its largest value so that their sizes are alike. */
static struct law solve(const struct curve *curve, const bool free_terms[SCALING_TERMS],
                        const struct law *before)
{
	long double rows[SCALING_TERMS][SCALING_TERMS + 1] = {{0}};
	double most = curve->cores[curve->count - 1], share[SCALING_TERMS];
	const double largest[SCALING_TERMS] = {1, term(most, 1), term(most, 2)};
	struct law law;

	for (size_t n = 0; n < curve->count; n++) {
		double slowness = curve->slowness[n], cores = curve->cores[n];
		/* A law that dives below 0 says nothing of how large the error there may be. */
		double size =
		        before ? fmax(scaling_slowness(before, cores), slowness / 5) : slowness;
		double off = size * curve->spread[n], weight = 1 / (off * off);

		for (int i = 0; i < SCALING_TERMS; i++)
			share[i] = term(cores, i) / largest[i];
		for (int i = 0; i < SCALING_TERMS; i++) {
			for (int j = 0; j < SCALING_TERMS; j++)
				rows[i][j] += weight * share[i] * share[j];
			rows[i][SCALING_TERMS] += weight * share[i] * slowness;
		}
	}
	for (int i = 0; i < SCALING_TERMS; i++)
		for (int j = 0; j <= SCALING_TERMS; j++)
			if (!free_terms[i] || (j < SCALING_TERMS && !free_terms[j]))
				rows[i][j] = i == j;
	eliminate(rows, law.of);
	for (int i = 0; i < SCALING_TERMS; i++)
		law.of[i] /= largest[i];
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
