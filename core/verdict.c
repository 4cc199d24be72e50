/* SPDX-License-Identifier: MIT */
#include "verdict.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "memory.h"

static const char *const names[] = {
        [VERDICT_NONE] = "not judged",           [VERDICT_SAME] = "same",
        [VERDICT_INCONCLUSIVE] = "inconclusive", [VERDICT_CONTAMINATED] = "contaminated",
        [VERDICT_IMPROVEMENT] = "improvement",   [VERDICT_REGRESSION] = "regression",
};
enum { NAMES = sizeof(names) / sizeof(names[0]) };

const char *verdict_name(enum verdict verdict)
{
	return names[verdict];
}

int verdict_find(const char *name)
{
	for (int i = 0; i < NAMES; i++)
		if (strcmp(names[i], name) == 0)
			return i;
	return -1;
}

/* log(new / base) of the pairs that have a ratio. */
static double *log_ratios(const double *base, const double *new, size_t n,
                          struct estimate *estimate)
{
	double *logs = memory_zalloc(n ? n : 1, sizeof(*logs));

	for (size_t i = 0; logs && i < n; i++) {
		if (isnan(base[i]) || isnan(new[i]))
			continue;
		if (base[i] > 0 && new[i] > 0)
			logs[estimate->pairs++] = log(new[i] / base[i]);
		else
			estimate->zeros++;
	}
	return logs;
}

static double sign_test(const double *logs, size_t n)
{
	size_t below = 0, above = 0;

	for (size_t i = 0; i < n; i++) {
		below += logs[i] < 0;
		above += logs[i] > 0;
	}
	return stats_sign_test(below, above);
}

struct estimate verdict_estimate(const double *base, const double *new, size_t n, size_t judged)
{
	struct estimate estimate = {
	        .ratio = NAN, .ci95 = {NAN, NAN}, .p = NAN, .smallest_change = NAN};
	double *logs = log_ratios(base, new, n, &estimate);
	size_t pairs = estimate.pairs, rank = stats_ci_rank(pairs, VERDICT_Q / (double)judged);

	if (!logs)
		return estimate;
	stats_sort(logs, pairs);
	estimate.ratio = exp(stats_median(logs, pairs));
	if (pairs >= VERDICT_LEAST_PAIRS) {
		estimate.ci95 = stats_ci95(logs, pairs);
		estimate.ci95.low = exp(estimate.ci95.low);
		estimate.ci95.high = exp(estimate.ci95.high);
		estimate.p = sign_test(logs, pairs);
	}
	if (rank)
		estimate.smallest_change = expm1((logs[pairs - rank] - logs[rank - 1]) / 2);
	free(logs);
	return estimate;
}

/* Whether the new one is beyond the margin on the worse, or on the better side. */
static bool is_worse(double ratio, const struct verdict_rule *rule)
{
	return rule->lower ? ratio > 1 + rule->margin : ratio < 1 - rule->margin;
}

static bool is_better(double ratio, const struct verdict_rule *rule)
{
	return rule->lower ? ratio < 1 - rule->margin : ratio > 1 + rule->margin;
}

enum verdict verdict_of(const struct estimate *estimate, double q, const struct verdict_rule *rule)
{
	if (q <= VERDICT_Q && is_worse(estimate->ratio, rule))
		return VERDICT_REGRESSION;
	if (q <= VERDICT_Q && is_better(estimate->ratio, rule))
		return VERDICT_IMPROVEMENT;
	if (estimate->ci95.low >= 1 - rule->margin && estimate->ci95.high <= 1 + rule->margin)
		return VERDICT_SAME;
	return VERDICT_INCONCLUSIVE;
}

uint64_t verdict_pairs_needed(const struct estimate *estimate, const struct verdict_rule *rule)
{
	double half = log(estimate->ci95.high / estimate->ci95.low) / 2;
	double change = log(estimate->ratio), away = fabs(change);
	double bound = fabs(log1p(change > 0 ? rule->margin : -rule->margin));
	/* Beyond the margin "no change" is to be refuted, within it the bound not to be reached. */
	double way = away > bound ? away : bound - away;
	double needed = ceil((double)estimate->pairs * (half / way) * (half / way));

	if (!isfinite(needed) || needed > 1e6)
		return 0;
	return (uint64_t)fmax(needed, (double)estimate->pairs + 1);
}

size_t verdict_fewest_pairs(size_t judged)
{
	size_t pairs = VERDICT_LEAST_PAIRS;

	while (ldexp(1, 1 - (int)pairs) > VERDICT_Q / (double)judged)
		pairs++;
	return pairs;
}
