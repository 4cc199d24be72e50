/* SPDX-License-Identifier: MIT */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "pairs_parts.h"
#include "result_rows.h"

static bool has_failed(const struct pair_case *pair)
{
	return pair->status[BASE] != STATUS_OK || pair->status[NEW] != STATUS_OK;
}

/* The median of what was measured. */
static double median(const double *values, size_t n)
{
	double *kept = calloc(n ? n : 1, sizeof(*kept)), result;
	size_t count = 0;

	for (size_t i = 0; kept && i < n; i++)
		if (isfinite(values[i]))
			kept[count++] = values[i];
	result = stats_median(kept, count);
	free(kept);
	return result;
}

static void fill(struct pairs *pairs, struct judgement *judgement, const struct pair_case *pair,
                 const struct pair_metric *metric)
{
	const json_t *of_case = pair->of_case[NEW];
	const json_t *of_metric = row_metric(of_case, metric->name);
	uint32_t rounds = pairs->pairs_done[0];
	double margin = row_number(json_object_get(of_case, "margin_percent"));

	*judgement = (struct judgement){
	        .name = pair->name,
	        .workload = row_text(of_case, "workload"),
	        .model = row_text(of_case, "model"),
	        .metric = metric->name,
	        .unit = row_text(of_metric, "unit"),
	        .cores = (uint32_t)row_cores(of_case),
	        .gates = metric == pair->metrics,
	        .rule = {.margin =
	                         (margin > 0 && isfinite(margin) ? margin
	                                                         : pairs->options->margin_percent) /
	                         100,
	                 .lower = strcmp(row_text(of_metric, "better"), "lower") == 0},
	        .base = median(metric->values[BASE], rounds),
	        .new = median(metric->values[NEW], rounds),
	        .first = verdict_estimate(metric->values[BASE], metric->values[NEW], rounds,
	                                  pairs->judgement_count),
	        .second_q = NAN,
	        .elapsed_s = pair->elapsed_s};
}

/* Calls `use` for each metric of each case that has not failed, in the order of the judgements. */
static size_t each_judged(struct pairs *pairs,
                          void (*use)(struct pairs *, struct judgement *, const struct pair_case *,
                                      const struct pair_metric *))
{
	size_t n = 0;

	for (size_t i = 0; i < pairs->count; i++) {
		const struct pair_case *pair = &pairs->cases[i];

		for (size_t m = 0; pair->tried && !has_failed(pair) && m < pair->metric_count; m++)
			use(pairs, &pairs->judgements[n++], pair, &pair->metrics[m]);
	}
	return n;
}

static void flag_cases(struct pairs *pairs)
{
	size_t n = 0;

	for (size_t i = 0; i < pairs->count; i++) {
		struct pair_case *pair = &pairs->cases[i];

		for (size_t m = 0; pair->tried && !has_failed(pair) && m < pair->metric_count; m++)
			pair->flagged |= judgement_is_flagged(&pairs->judgements[n++]);
	}
}

bool pairs_judge(struct pairs *pairs)
{
	pairs->judgement_count = each_judged(pairs, fill);
	if (!judge(pairs->judgements, pairs->judgement_count))
		return false;
	flag_cases(pairs);
	return true;
}

static bool is_of_failed(const struct pairs *pairs, const struct judgement *judgement)
{
	for (size_t i = 0; i < pairs->count; i++)
		if (pairs->cases[i].name == judgement->name)
			return has_failed(&pairs->cases[i]);
	return false;
}

/* A case that failed in the second block has no verdict any more. */
static void drop_failed(struct pairs *pairs)
{
	size_t kept = 0;

	for (size_t i = 0; i < pairs->judgement_count; i++)
		if (!is_of_failed(pairs, &pairs->judgements[i]))
			pairs->judgements[kept++] = pairs->judgements[i];
	pairs->judgement_count = kept;
}

static void fill_second(struct pairs *pairs, struct judgement *judgement,
                        const struct pair_case *pair, const struct pair_metric *metric)
{
	uint32_t room = pairs->options->pairs;

	judgement->elapsed_s = pair->elapsed_s;
	if (judgement_is_flagged(judgement))
		judgement->second =
		        verdict_estimate(metric->values[BASE] + room, metric->values[NEW] + room,
		                         pairs->pairs_done[1], 1);
}

bool pairs_judge_again(struct pairs *pairs)
{
	drop_failed(pairs);
	each_judged(pairs, fill_second);
	return judge_again(pairs->judgements, pairs->judgement_count);
}

/* Fixed numbers of pairs are what the rule was made for: fewer give no verdict. */
static void leave_open(struct pairs *pairs)
{
	bool first = pairs->pairs_done[0] < pairs->options->pairs;

	for (size_t i = 0; i < pairs->judgement_count; i++) {
		struct judgement *judgement = &pairs->judgements[i];

		if (!first && !judgement_is_flagged(judgement))
			continue;
		snprintf(judgement->reason, sizeof(judgement->reason),
		         "interrupted after %u of %u pairs%s", pairs->pairs_done[!first],
		         pairs->options->pairs, first ? "" : " of the second block");
		judgement->verdict = VERDICT_INCONCLUSIVE;
		judgement->pairs_needed = 0;
	}
}

void pairs_judge_rest(struct pairs *pairs)
{
	const struct pair_metric *ruler = &pairs->ruler.metrics[0];
	/* The second block begins where a whole first one ends. */
	uint32_t rounds = pairs->pairs_done[0] + pairs->pairs_done[1];

	drop_failed(pairs);
	if (pairs->interrupted)
		leave_open(pairs);
	pairs->ruler_summary = (struct ruler_summary){
	        .estimate = verdict_estimate(ruler->values[BASE], ruler->values[NEW],
	                                     PAIRS_RULER * rounds, 1),
	        .taken = stats_median(pairs->taken, pairs->taken_count),
	        .rounds = pairs->ruler_cpu_count ? rounds : 0};
	judge_machine(pairs->judgements, pairs->judgement_count, &pairs->ruler_summary);
}
