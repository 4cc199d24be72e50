/* SPDX-License-Identifier: MIT */
/* The verdicts over the pairings, by the same rule as pairs of trials: judgement.h. */
#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "compare_parts.h"
#include "result_rows.h"
#include "unpaired.h"
#include "verdict_document.h"

/* One metric of one pairing. */
struct judged {
	const struct compare_pairing *pairing;
	const char *metric;
	size_t results;                /* of the history that count; 1 without one */
	size_t old_trials, new_trials; /* of the newest that counts, and of NEW */
};

struct judged_all {
	struct judged *of; /* owned, as are the judgements; `count` each */
	struct judgement *judgements;
	size_t count;
};

/* Metrics: which a case is judged by. */

static bool both_have(const struct compare_pairing *pairing, const char *metric)
{
	for (size_t i = 0; i < pairing->old_count; i++)
		if (!row_metric(pairing->old[i].of_case, metric))
			return false;
	return row_metric(pairing->new_case, metric) != NULL;
}

/* "cpu_per_op fairness throughput": what the pairings have and is better one way. */
static void known_metrics(const struct comparison *comparison, char *text, size_t size)
{
	json_t *names = json_object(), *metrics, *value;
	const char *name;
	size_t at = 0;

	for (size_t i = 0; i < comparison->pairing_count; i++) {
		metrics = json_object_get(comparison->pairings[i].new_case, "metrics");
		json_object_foreach(metrics, name, value)
		{
			if (json_is_string(json_object_get(value, "better")))
				json_object_set_new(names, name, json_true());
		}
	}
	text[0] = '\0';
	json_object_foreach(names, name, value)
	{
		if (at < size)
			at += (size_t)snprintf(text + at, size - at, "%s%s", at ? " " : "", name);
	}
	json_decref(names);
}

static int check_metric(const struct comparison *comparison, const char *metric,
                        struct hd_error *err)
{
	char known[512];

	for (size_t i = 0; i < comparison->pairing_count; i++) {
		const struct compare_pairing *pairing = &comparison->pairings[i];

		if (!both_have(pairing, metric))
			continue;
		if (json_is_string(
		            json_object_get(row_metric(pairing->new_case, metric), "better")))
			return 0;
		return hd_error(err, -EINVAL,
		                "--metric %s: neither more nor less of it is better, so there is "
		                "no verdict on it",
		                metric);
	}
	known_metrics(comparison, known, sizeof(known));
	return hd_error(err, -EINVAL, "--metric %.100s: no case has it in both (known: %s)", metric,
	                known);
}

/* Rows: the gating metric of each pairing first, then those asked for. */

static double margin_of(const struct comparison *comparison, const json_t *of_case)
{
	double own = row_number(json_object_get(of_case, "margin_percent"));

	return (own > 0 ? own : comparison->options->margin_percent) / 100;
}

static double elapsed_of(const json_t *of_case)
{
	double elapsed_ns = 0;
	json_t *trial;
	size_t i;

	json_array_foreach(json_object_get(of_case, "trials"), i, trial)
	{
		elapsed_ns += row_number(json_object_get(trial, "elapsed_ns"));
	}
	return i ? elapsed_ns / 1e9 : NAN;
}

static void add_row(const struct comparison *comparison, struct judged_all *rows,
                    const struct compare_pairing *pairing, const char *metric)
{
	const json_t *of_case = pairing->new_case, *of_metric = row_metric(of_case, metric);

	rows->of[rows->count] = (struct judged){.pairing = pairing, .metric = metric};
	rows->judgements[rows->count++] = (struct judgement){
	        .name = row_text(of_case, "name"),
	        .workload = row_text(of_case, "workload"),
	        .model = row_text(of_case, "model"),
	        .metric = metric,
	        .unit = row_text(of_metric, "unit"),
	        .cores = (uint32_t)row_cores(of_case),
	        .gates = strcmp(metric, row_gate(of_case)) == 0,
	        .rule = {.margin = margin_of(comparison, of_case),
	                 .lower = strcmp(row_text(of_metric, "better"), "lower") == 0},
	        .elapsed_s = elapsed_of(of_case),
	        .q = NAN,
	        .second_q = NAN,
	};
}

static void make_rows(const struct comparison *comparison, struct judged_all *rows)
{
	const struct compare_options *options = comparison->options;

	for (size_t i = 0; i < comparison->pairing_count; i++) {
		const struct compare_pairing *pairing = &comparison->pairings[i];
		const char *gate = row_gate(pairing->new_case);

		add_row(comparison, rows, pairing, gate);
		for (size_t k = 0; k < options->metric_count; k++) {
			const char *metric = options->metrics[k];
			bool again = strcmp(metric, gate) == 0;

			for (size_t earlier = 0; earlier < k; earlier++)
				again |= strcmp(metric, options->metrics[earlier]) == 0;
			if (!again && both_have(pairing, metric))
				add_row(comparison, rows, pairing, metric);
		}
	}
}

/* Estimates. */

/* The trials that were measured, sorted. `values` is owned, NULL where memory ran out. */
static struct sample sample_of(const json_t *of_case, const char *metric, size_t looks)
{
	const json_t *trials = json_object_get(row_metric(of_case, metric), "trials");
	struct sample sample = {.looks = looks};
	json_t *value;
	size_t i;

	sample.values = calloc(json_array_size(trials) + 1, sizeof(*sample.values));
	json_array_foreach(trials, i, value)
	{
		if (sample.values && json_is_number(value))
			sample.values[sample.n++] = json_number_value(value);
	}
	if (sample.values)
		stats_sort(sample.values, sample.n);
	return sample;
}

static size_t count_trials(const json_t *of_case, const char *metric)
{
	const json_t *trials = json_object_get(row_metric(of_case, metric), "trials");
	json_t *value;
	size_t count = 0, i;

	json_array_foreach(trials, i, value)
	{
		count += json_is_number(value);
	}
	return count;
}

/* Of a history those results count that have enough trials; without one of them, the newest. */
static bool counts(const struct judged *row, size_t i)
{
	const struct compare_pairing *pairing = row->pairing;
	bool any = false;

	if (count_trials(pairing->old[i].of_case, row->metric) >= UNPAIRED_LEAST)
		return true;
	for (size_t k = 0; k < pairing->old_count; k++)
		any |= count_trials(pairing->old[k].of_case, row->metric) >= UNPAIRED_LEAST;
	return !any && i == pairing->old_count - 1;
}

/* False where memory ran out. */
static bool estimate_one(struct judged *row, struct judgement *judgement, const struct sample *new,
                         double *medians, size_t judged)
{
	if (!new->values)
		return false;
	for (size_t i = 0; i < row->pairing->old_count; i++) {
		const struct compare_old *old = &row->pairing->old[i];
		struct estimate estimate;
		struct sample sample;

		if (!counts(row, i))
			continue;
		sample = sample_of(old->of_case, row->metric, old->looks);
		if (!sample.values)
			return false;
		estimate = unpaired_estimate(&sample, new, judged);
		medians[row->results] = stats_median(sample.values, sample.n);
		row->old_trials = sample.n;
		free(sample.values);
		if (row->results++ == 0)
			judgement->first = estimate;
		else
			unpaired_join(&judgement->first, &estimate);
	}
	judgement->base = stats_median(medians, row->results);
	judgement->new = stats_median(new->values, new->n);
	row->new_trials = new->n;
	return true;
}

static bool estimate_all(const struct comparison *comparison, const struct judged_all *rows)
{
	double *medians = calloc(comparison->base_count + 1, sizeof(*medians));
	bool good = medians != NULL;

	for (size_t i = 0; good && i < rows->count; i++) {
		struct sample new = sample_of(rows->of[i].pairing->new_case, rows->of[i].metric,
		                              comparison->new.looks);

		good = estimate_one(&rows->of[i], &rows->judgements[i], &new, medians, rows->count);
		free(new.values);
	}
	free(medians);
	return good;
}

/* Reasons: what no pair of numbers says. */

static void say(struct judgement *judgement, const char *format, ...)
        __attribute__((format(printf, 2, 3)));
static void say(struct judgement *judgement, const char *format, ...)
{
	size_t at = strlen(judgement->reason);
	va_list args;

	if (at)
		at += (size_t)snprintf(judgement->reason + at, sizeof(judgement->reason) - at,
		                       "; ");
	if (at >= sizeof(judgement->reason))
		return;
	va_start(args, format);
	vsnprintf(judgement->reason + at, sizeof(judgement->reason) - at, format, args);
	va_end(args);
}

/* The fewest trials of each with which one of `tested` could stand alone; see unpaired.h for the least p. */
static uint64_t fewest_trials(const struct comparison *comparison, const struct judged *row,
                              size_t tested)
{
	const struct compare_pairing *pairing = row->pairing;
	size_t looks = comparison->new.looks + pairing->old[pairing->old_count - 1].looks;
	uint64_t trials = UNPAIRED_LEAST;

	while ((double)looks * ldexp(1, 1 - (int)trials) > VERDICT_Q / (double)tested)
		trials++;
	return trials;
}

static void explain_inconclusive(const struct comparison *comparison, const struct judged *row,
                                 struct judgement *judgement, size_t tested)
{
	const struct estimate *first = &judgement->first;
	uint64_t fewest = fewest_trials(comparison, row, tested);

	if (first->zeros)
		say(judgement, "a median is 0: there is no ratio");
	else if (first->pairs < UNPAIRED_LEAST)
		say(judgement, "%zu trials in BASE and %zu in NEW, %d of each are needed",
		    row->old_trials, row->new_trials, UNPAIRED_LEAST);
	else if (first->pairs < fewest)
		say(judgement, "one of %zu verdicts cannot stand alone with %zu trials, %llu can",
		    tested, first->pairs, (unsigned long long)fewest);
	else if (row->results > 1)
		say(judgement, "within the spread of %zu results, or too near to it", row->results);
	if (first->zeros || first->pairs < UNPAIRED_LEAST || row->results > 1)
		judgement->pairs_needed = 0; /* more trials do not help, or it is said already */
	else if (judgement->pairs_needed < fewest && judgement->pairs_needed)
		judgement->pairs_needed = fewest;
}

static void explain(const struct comparison *comparison, const struct judged *row,
                    struct judgement *judgement, size_t tested)
{
	judgement->reason[0] = '\0'; /* judge() speaks of pairs */
	if (comparison->machines_differ)
		say(judgement, "forced: the machines differ");
	if (row->pairing->forced[0])
		say(judgement, "forced: %s", row->pairing->forced);
	if (judgement->verdict == VERDICT_INCONCLUSIVE)
		explain_inconclusive(comparison, row, judgement, tested);
	else if (row->results > 1)
		say(judgement, "against each of %zu results", row->results);
	if (judgement_is_flagged(judgement))
		say(judgement, "unconfirmed, `heddle ab` can confirm it");
}

static int judge_rows(struct comparison *comparison, struct judged_all *rows, struct hd_error *err)
{
	size_t tested = 0;

	if (!estimate_all(comparison, rows) || !judge(rows->judgements, rows->count))
		return hd_error(err, -ENOMEM, "out of memory");
	for (size_t i = 0; i < rows->count; i++)
		tested += !isnan(rows->judgements[i].first.p);
	for (size_t i = 0; i < rows->count; i++) {
		struct judgement *judgement = &rows->judgements[i];

		explain(comparison, &rows->of[i], judgement, tested);
		/* The rule looked at the nearest of a history; what is told is the middle. */
		if (rows->of[i].results > 1 && !judgement->first.zeros)
			judgement->first.ratio = judgement->new / judgement->base;
		json_array_append_new(comparison->verdicts, judgement_json(judgement));
	}
	return 0;
}

int compare_judge(struct comparison *comparison, struct hd_error *err)
{
	size_t most = comparison->pairing_count * (comparison->options->metric_count + 1);
	struct judged_all rows = {.of = calloc(most + 1, sizeof(*rows.of)),
	                          .judgements = calloc(most + 1, sizeof(*rows.judgements))};
	int code = 0;

	if (!rows.of || !rows.judgements)
		code = hd_error(err, -ENOMEM, "out of memory");
	for (size_t i = 0; !code && i < comparison->options->metric_count; i++)
		code = check_metric(comparison, comparison->options->metrics[i], err);
	if (!code) {
		make_rows(comparison, &rows);
		code = judge_rows(comparison, &rows, err);
	}
	free(rows.of);
	free(rows.judgements);
	return code;
}
