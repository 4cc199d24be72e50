/* SPDX-License-Identifier: MIT */
#include "scaling.h"

#include <errno.h>
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "memory.h"
#include "scaling_squares.h"

/* ---- What a law says --------------------------------------------------------------------------- */

enum { RATE, CONTENTION, COHERENCE, PEAK_CORES, PEAK_RATE, AMDAHL_RATE, AMDAHL_CONTENTION, FACTS };

static double inverse(double slowness)
{
	return slowness > 0 ? 1 / slowness : INFINITY;
}

static double rate_at(const struct law *law, double cores)
{
	return inverse(scaling_slowness(law, cores) / cores);
}

/* 1/X(N) = (a - b)/N + b - c + c N, least where N^2 = (a - b)/c. */
static double peak_of(const struct law *law)
{
	double falling = law->of[0] - law->of[1], rising = law->of[2];

	if (falling <= rising)
		return 1;
	return rising > 0 ? sqrt(falling / rising) : INFINITY;
}

static double rate_at_peak(const struct law *law, double peak)
{
	return isfinite(peak) ? rate_at(law, peak) : inverse(law->of[1]);
}

static void tell(const struct law *law, const struct law *amdahl, const double *at, size_t at_count,
                 double *facts)
{
	facts[RATE] = inverse(law->of[0]);
	facts[CONTENTION] = law->of[0] > 0 ? law->of[1] / law->of[0] : INFINITY;
	facts[COHERENCE] = law->of[0] > 0 ? law->of[2] / law->of[0] : INFINITY;
	facts[PEAK_CORES] = peak_of(law);
	facts[PEAK_RATE] = rate_at_peak(law, facts[PEAK_CORES]);
	facts[AMDAHL_RATE] = inverse(amdahl->of[0]);
	facts[AMDAHL_CONTENTION] = amdahl->of[0] > 0 ? amdahl->of[1] / amdahl->of[0] : INFINITY;
	for (size_t i = 0; i < at_count; i++)
		facts[FACTS + i] = rate_at(law, at[i]);
}

/* ---- Drawing trials again ---------------------------------------------------------------------- */

/* Marsaglia's idea in Steele's, Lea's and Flood's form (2014): splitmix64. */
static uint64_t draw(uint64_t *state)
{
	uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
	return z ^ (z >> 31);
}

/* From the values themselves, so that two calls say the same and what else is fitted has no part in it. */
static uint64_t seed_of(const struct scaling_point *points, size_t count)
{
	uint64_t seed = 0, bits;

	for (size_t i = 0; i < count; i++)
		for (size_t k = 0; k < points[i].n; k++) {
			memcpy(&bits, &points[i].trials[k], sizeof(bits));
			seed ^= bits;
			seed = draw(&seed);
		}
	return seed;
}

/* All that fitting takes; the arrays are owned. */
struct work {
	size_t count, facts;
	double *cores, *sorted, *seen; /* sorted: the trials of all points, one after the other */
	size_t *n, *rank; /* of each point: its trials, and which of them bounds the interval */
	uint32_t *times;  /* that each trial of a point was drawn */
	struct curve curve;
};

/* How often each of n trials is drawn, in `times`; without a state once each. */
static void draw_trials(const struct work *work, size_t n, uint64_t *state)
{
	for (size_t i = 0; i < n; i++)
		work->times[i] = !state;
	for (size_t i = 0; state && i < n; i++)
		work->times[(size_t)(((draw(state) >> 32) * n) >> 32)]++;
}

/* Of what was drawn: the bounds of the interval, and the two in the middle or twice the one. */
struct ranked {
	double low, middle[2], high;
};

static struct ranked rank_drawn(const struct work *work, const double *sorted, size_t n,
                                size_t rank)
{
	const size_t wanted[] = {rank - 1, (n - 1) / 2, n / 2, n - rank};
	double found[4];
	size_t before = 0, k = 0;

	for (size_t i = 0; k < 4; i++)
		for (before += work->times[i]; k < 4 && wanted[k] < before; k++)
			found[k] = sorted[i];
	return (struct ranked){found[0], {found[1], found[2]}, found[3]};
}

/* Halfway between each interval's own width and what all say together. */
static void moderate(struct curve *curve)
{
	double mean = 0;

	for (size_t i = 0; i < curve->count; i++)
		mean += curve->spread[i] * curve->spread[i] / (double)curve->count;
	for (size_t i = 0; i < curve->count; i++)
		curve->spread[i] =
		        mean > 0 ? sqrt((curve->spread[i] * curve->spread[i] + mean) / 2) : 1;
}

/* The curve of the trials as they are, or, with a state, as they are drawn. */
static void take_curve(struct work *work, uint64_t *state)
{
	const double *sorted = work->sorted;

	for (size_t i = 0; i < work->count; i++) {
		size_t n = work->n[i];
		struct ranked ranked;

		draw_trials(work, n, state);
		ranked = rank_drawn(work, sorted, n, work->rank[i]);
		work->curve.slowness[i] =
		        work->cores[i] / (ranked.middle[0] / 2 + ranked.middle[1] / 2);
		work->curve.spread[i] = log(ranked.high / ranked.low) / 2;
		sorted += n;
	}
	moderate(&work->curve);
}

/* work->seen: the facts of each resample, one fact's beside each other. */
static void resample(struct work *work, uint64_t state, const double *at)
{
	double *facts = work->seen + work->facts * SCALING_RESAMPLES;

	for (size_t r = 0; r < SCALING_RESAMPLES; r++) {
		struct law law, amdahl;

		take_curve(work, &state);
		law = scaling_fit_free(&work->curve, true, true);
		amdahl = scaling_fit_free(&work->curve, true, false);
		tell(&law, &amdahl, at, work->facts - FACTS, facts);
		for (size_t f = 0; f < work->facts; f++)
			work->seen[f * SCALING_RESAMPLES + r] = facts[f];
	}
}

/* 95 % of the resamples lie within; the estimate does in any case, which its bounds may have moved. */
static struct scaling_estimate estimate(struct work *work, size_t fact, double value, double scale)
{
	double *seen = work->seen + fact * SCALING_RESAMPLES;
	size_t rank = SCALING_RESAMPLES / 40;

	stats_sort(seen, SCALING_RESAMPLES);
	return (struct scaling_estimate){
	        .value = value * scale,
	        .ci95 = {fmin(seen[rank - 1], value) * scale,
	                 fmax(seen[SCALING_RESAMPLES - rank], value) * scale}};
}

static void cut_at_zero(struct scaling_estimate *estimate)
{
	estimate->ci95.low = fmax(estimate->ci95.low, 0);
	estimate->ci95.high = fmax(estimate->ci95.high, 0);
}

/* ---- How well it fits -------------------------------------------------------------------------- */

/* The probability that `missed` or more of `count` intervals miss, each with 5 %. */
static double chance_of(size_t missed, size_t count)
{
	double each = pow(0.95, (double)count), below = 0;

	for (size_t k = 0; k < missed; k++) {
		below += each;
		each *= 0.05 / 0.95 * (double)(count - k) / (double)(k + 1);
	}
	return 1 - below;
}

static void judge(const struct scaling_point *points, size_t count, struct scaling_fit *fit)
{
	double furthest = -1;

	for (size_t i = 0; i < count; i++) {
		double law = scaling_rate(fit, points[i].cores),
		       off = stats_median(points[i].trials, points[i].n) / law;
		struct interval interval = stats_ci95(points[i].trials, points[i].n);

		/* An interval without width may differ from the law in its last digit. */
		fit->missed += law < interval.low * (1 - 1e-9) || law > interval.high * (1 + 1e-9);
		if (fabs(log(off)) > furthest) {
			furthest = fabs(log(off));
			fit->worst = i;
			fit->worst_share = off - 1;
		}
	}
	fit->law = fit->coherence.ci95.low > 0 ? SCALING_USL : SCALING_AMDAHL;
	if (chance_of(fit->missed, count) < 0.01)
		fit->law = SCALING_NEITHER;
}

double scaling_rate(const struct scaling_fit *fit, double cores)
{
	return fit->rate.value * cores /
	       (1 + fit->contention.value * (cores - 1) +
	        fit->coherence.value * cores * (cores - 1));
}

/* ---- All of it --------------------------------------------------------------------------------- */

static bool prepare(struct work *work, const struct scaling_point *points, size_t count,
                    double scale)
{
	size_t trials = 0, most = 0;
	double *sorted;

	for (size_t i = 0; i < count; i++) {
		trials += points[i].n;
		most = points[i].n > most ? points[i].n : most;
	}
	work->count = count;
	work->cores = memory_zalloc((4 + SCALING_TERMS) * count, sizeof(double));
	work->n = memory_zalloc(2 * count, sizeof(*work->n));
	work->sorted = memory_zalloc(trials, sizeof(double));
	work->times = memory_zalloc(most, sizeof(*work->times));
	work->seen = memory_zalloc(work->facts * (SCALING_RESAMPLES + 1), sizeof(double));
	if (!work->cores || !work->n || !work->sorted || !work->times || !work->seen)
		return false;
	work->rank = work->n + count;
	work->curve = (struct curve){.count = count,
	                             .cores = work->cores,
	                             .slowness = work->cores + count,
	                             .spread = work->cores + 2 * count,
	                             .weights = work->cores + 3 * count,
	                             .terms = work->cores + 4 * count};
	sorted = work->sorted;
	for (size_t i = 0; i < count; i++) {
		work->cores[i] = points[i].cores;
		work->n[i] = points[i].n;
		work->rank[i] = stats_ci95_rank(points[i].n);
		for (size_t k = 0; k < points[i].n; k++)
			sorted[k] = points[i].trials[k] / scale;
		stats_sort(sorted, points[i].n);
		sorted += points[i].n;
	}
	scaling_terms(&work->curve);
	return true;
}

static void release(struct work *work)
{
	free(work->cores);
	free(work->n);
	free(work->sorted);
	free(work->times);
	free(work->seen);
}

/* The largest trial, so that all are fitted as shares of it: none of their squares overflows. */
static double largest(const struct scaling_point *points, size_t count)
{
	double most = 0;

	for (size_t i = 0; i < count; i++)
		for (size_t k = 0; k < points[i].n; k++)
			most = fmax(most, points[i].trials[k]);
	return most;
}

static void conclude(struct work *work, const double *facts, double scale,
                     struct scaling_estimate *predictions, const double *at,
                     struct scaling_fit *fit)
{
	*fit = (struct scaling_fit){
	        .rate = estimate(work, RATE, facts[RATE], scale),
	        .contention = estimate(work, CONTENTION, facts[CONTENTION], 1),
	        .coherence = estimate(work, COHERENCE, facts[COHERENCE], 1),
	        .peak_cores = estimate(work, PEAK_CORES, facts[PEAK_CORES], 1),
	        .peak_rate = estimate(work, PEAK_RATE, facts[PEAK_RATE], scale),
	        .amdahl_rate = estimate(work, AMDAHL_RATE, facts[AMDAHL_RATE], scale),
	        .amdahl_contention = estimate(work, AMDAHL_CONTENTION, facts[AMDAHL_CONTENTION], 1),
	};
	cut_at_zero(&fit->contention);
	cut_at_zero(&fit->coherence);
	cut_at_zero(&fit->amdahl_contention);
	for (size_t i = 0; FACTS + i < work->facts; i++) {
		predictions[i] = estimate(work, FACTS + i, facts[FACTS + i], scale);
		/* Nothing is quicker than N times one core. */
		predictions[i].ci95.high =
		        fmin(predictions[i].ci95.high, fit->rate.ci95.high * at[i]);
	}
}

int scaling_fit(const struct scaling_point *points, size_t count, const double *at, size_t at_count,
                struct scaling_estimate *predictions, struct scaling_fit *fit)
{
	struct work work = {.facts = FACTS + at_count};
	double scale = largest(points, count), *facts;
	struct law law, amdahl;
	int code = -ENOMEM;

	if (!prepare(&work, points, count, scale))
		goto done;
	take_curve(&work, NULL);
	code = -EDOM;
	if (!(scaling_fit_free(&work.curve, true, true).of[0] > 0))
		goto done;
	law = scaling_fit_bounded(&work.curve, true);
	amdahl = scaling_fit_bounded(&work.curve, false);
	resample(&work, seed_of(points, count), at);
	facts = work.seen + work.facts * SCALING_RESAMPLES;
	tell(&law, &amdahl, at, at_count, facts);
	conclude(&work, facts, scale, predictions, at, fit);
	judge(points, count, fit);
	code = 0;
done:
	release(&work);
	return code;
}
