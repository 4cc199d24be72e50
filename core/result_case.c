/* SPDX-License-Identifier: MIT */
/* One case of a result: the statistics of its trials. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "format.h"
#include "memory.h"
#include "result_document.h"
#include "result_value.h"
#include "stats.h"
#include "stopping.h"

/* "max-under" is text, 99.9 a number. */
static json_t *word_json(const char *word, size_t length)
{
	json_t *number = json_loadb(word, length, JSON_DECODE_ANY, NULL);

	return number ? number : json_stringn(word, length);
}

static json_t *values_json(const struct hd_option *options, const struct value *values)
{
	json_t *object = json_object();

	for (int i = 0; options && options[i].name && values; i++) {
		const char *word;
		int length = option_word(&options[i], values[i], &word);
		json_t *value = option_is_text(&options[i]) ? json_any_text(values[i].text)
		                : length                    ? word_json(word, (size_t)length)
		                : options[i].kind == HD_OPTION_FLAG
		                        ? json_boolean(values[i].number)
		                        : json_integer(values[i].number);

		json_object_set_new(object, options[i].name, value);
	}
	return object;
}

size_t result_collect(json_t *const *lines, uint32_t count, const char *metric, double *values)
{
	size_t n = 0;

	for (uint32_t i = 0; i < count; i++) {
		json_t *value = json_object_get(json_object_get(lines[i], "metrics"), metric);

		if (json_is_number(value))
			values[n++] = json_number_value(value);
	}
	return n;
}

/* Where trials stop as soon as they are precise enough, an interval has less to err with. */
static double error_of(const struct plan *plan)
{
	return stopping_error(plan->config->sampling.target_ci_percent);
}

static json_t *metric_json(const struct workload_metric *metric, json_t *const *lines,
                           uint32_t count, bool ok, double error, double *values)
{
	size_t n = result_collect(lines, count, metric->name, values);
	struct interval interval = stats_ci(values, n, error);
	json_t *trials = json_array();

	for (uint32_t i = 0; i < count; i++) {
		json_t *value = json_object_get(json_object_get(lines[i], "metrics"), metric->name);

		json_array_append(trials, value ? value : json_null());
	}
	return json_pack("{s:s, s:o, s:o, s:o, s:o, s:o}", "unit", metric->unit, "better",
	                 json_text_or_null(metric->better), "median",
	                 ok && n ? json_number_or_null(stats_median(values, n)) : json_null(),
	                 "ci95", ok ? json_interval_or_null(interval) : json_null(), "mad",
	                 ok && n ? json_number_or_null(stats_mad(values, n)) : json_null(),
	                 "trials", trials);
}

/* By rounds: both numbers of a pair were taken within the same minutes. */
static json_t *versus_json(const struct journal *journal, const struct plan *plan, size_t index,
                           bool ok)
{
	const struct plan_case *kase = &plan->cases[index];
	const struct journal_case *mine = &journal->cases[index], *base;
	struct interval interval;
	json_t *versus = NULL;
	double *logs;
	size_t n = 0;

	if (!ok || kase->baseline == PLAN_NO_BASELINE || kase->baseline == index)
		return json_null();
	base = &journal->cases[kase->baseline];
	if (base->status != STATUS_OK)
		return json_null();
	logs = memory_zalloc(mine->rounds + 1, sizeof(*logs));
	if (logs)
		n = result_log_ratios(mine, base, logs);
	if (n) {
		interval = stats_ci(logs, n, error_of(plan));
		interval.low = exp(interval.low);
		interval.high = exp(interval.high);
		versus = json_pack("{s:o, s:o, s:i}", "ratio",
		                   json_number_or_null(exp(stats_median(logs, n))), "ci95",
		                   json_interval_or_null(interval), "pairs", (int)n);
	}
	free(logs);
	return versus ? versus : json_null();
}

/* The reason of the first trial that has the case's status. */
static json_t *reason_json(const struct plan_case *kase, json_t *const *lines, uint32_t count,
                           enum status status)
{
	if (kase->reason && kase->reason[0])
		return json_any_text(kase->reason);
	for (uint32_t i = 0; i < count; i++) {
		json_t *trial = json_object_get(lines[i], "trial");
		const char *reason = json_string_value(json_object_get(trial, "reason"));

		if (reason &&
		    status_find(json_string_value(json_object_get(trial, "status"))) == (int)status)
			return json_sprintf(
			        "%s, round %d", reason,
			        (int)json_integer_value(json_object_get(trial, "round")));
	}
	return json_null();
}

static json_t *metrics_json(const struct plan *plan, const struct plan_case *kase,
                            json_t *const *lines, uint32_t count, bool ok)
{
	const struct workload_metric *own = kase->workload->metrics,
	                             *per_op = per_op_metrics(kase->workload);
	double *values = memory_zalloc(count + 1, sizeof(*values)), error = error_of(plan);
	json_t *metrics = json_object();

	for (int i = 0; values && own[i].name; i++)
		json_object_set_new(metrics, own[i].name,
		                    metric_json(&own[i], lines, count, ok, error, values));
	for (int i = 0; values && per_op[i].name; i++)
		json_object_set_new(metrics, per_op[i].name,
		                    metric_json(&per_op[i], lines, count, ok, error, values));
	free(values);
	return metrics;
}

static json_t *trials_json(json_t *const *lines, uint32_t count)
{
	json_t *trials = json_array();

	for (uint32_t i = 0; i < count; i++)
		json_array_append(trials, json_object_get(lines[i], "trial"));
	return trials;
}

static json_t *case_json(struct journal *journal, const struct plan *plan, size_t index,
                         json_t *const *lines, struct warnings *tally)
{
	const struct plan_case *kase = &plan->cases[index];
	const struct journal_case *of_journal = &journal->cases[index];
	uint32_t count = of_journal->count;
	enum status status =
	        count || kase->status != STATUS_OK ? of_journal->status : STATUS_SKIPPED;
	bool ok = status == STATUS_OK, network = kase->workload->network;
	char name[PLAN_NAME], title[PLAN_NAME], series[PLAN_NAME], key[PLAN_KEY];
	char text[4 * FORMAT_TEXT];
	json_t *of_case;

	of_case = json_pack(
	        "{s:s, s:s, s:s, s:s, s:s, s:o, s:s, s:o, s:o, s:i, s:o, s:o, s:b, s:s, s:o, s:o, "
	        "s:s, s:f, s:o}",
	        "name", plan_case_name(kase, name), "title", plan_case_title(kase, title), "series",
	        plan_case_series(kase, series), "key", plan_case_key(kase, key), "workload",
	        kase->workload->name, "params", values_json(kase->workload->params, kase->params),
	        "model", kase->model->name, "label", json_text_or_null(kase->label), "options",
	        values_json(kase->model->options, kase->options), "cores", (int)kase->cores, "cpus",
	        json_cpus(kase->cpus, kase->cores), "generator_cpus",
	        network ? json_cpus(plan->generator_cpus, plan->generator_cores) : json_null(),
	        "shared", kase->shared, "status", status_name(status), "reason",
	        ok ? json_null()
	        : !count && kase->status == STATUS_OK
	                ? json_string("the run ended before its first trial")
	                : reason_json(kase, lines, count, status),
	        "verified",
	        ok ? model_is_empty(kase->model) ? json_null() : json_true()
	        : status == STATUS_WRONG_RESULT ? json_false()
	                                        : json_null(),
	        "expect", kase->entry->expect ? kase->entry->expect : "ok", "margin_percent",
	        kase->entry->margin_percent, "metrics", metrics_json(plan, kase, lines, count, ok));
	if (!of_case)
		return NULL;
	result_tell_about(of_case, plan, kase, lines, count, ok, tally);
	if (ok && result_amortised(journal, plan, index, text, sizeof(text)))
		json_array_append_new(json_object_get(of_case, "notes"), json_string(text));
	json_object_set_new(of_case, "baseline", json_boolean(kase->baseline == index));
	json_object_set_new(of_case, "versus_baseline", versus_json(journal, plan, index, ok));
	json_object_set_new(of_case, "trials", trials_json(lines, count));
	return of_case;
}

json_t *result_case(struct journal *journal, const struct plan *plan, size_t index,
                    struct warnings *tally)
{
	uint32_t count = journal->cases[index].count, got = 0;
	json_t **lines = memory_zalloc(count + 1, sizeof(json_t *)), *of_case = NULL;

	while (lines && got < count && (lines[got] = journal_read(journal, index, got)))
		got++;
	if (lines && got == count)
		of_case = case_json(journal, plan, index, lines, tally);
	for (uint32_t i = 0; i < got; i++)
		json_decref(lines[i]);
	free(lines);
	return of_case;
}
