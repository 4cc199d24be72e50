/* SPDX-License-Identifier: MIT */
#include "fit_series.h"

#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "format.h"
#include "memory.h"
#include "result_rows.h"
#include "result_value.h"
#include "scaling.h"

static const char metric[] = "throughput";

/* The core counts of a series that can be fitted, in the order of their cores once all are there. */
struct series {
	struct scaling_point points[SCALING_MOST_COUNTS]; /* trials are owned */
	size_t count;
	json_t *left_out; /* the entry's */
};

/* ---- Points ------------------------------------------------------------------------------------ */

static void leave_out(struct series *series, const json_t *of_case, const char *format, ...)
        __attribute__((format(printf, 3, 4)));

static void leave_out(struct series *series, const json_t *of_case, const char *format, ...)
{
	const json_t *cores = json_object_get(of_case, "cores");
	char reason[ROW_TITLE];
	va_list args;

	va_start(args, format);
	vsnprintf(reason, sizeof(reason), format, args);
	va_end(args);
	text_whole(reason);
	text_clean(reason);
	json_array_append_new(series->left_out,
	                      json_pack("{s:o, s:O, s:o}", "name",
	                                json_any_text(row_text(of_case, "name")), "cores",
	                                json_is_integer(cores) ? cores : json_null(), "reason",
	                                json_any_text(reason)));
}

/* The trials that were measured; NULL, with the reason told, where they cannot be fitted. */
static double *take_trials(struct series *series, const json_t *of_case, size_t *count)
{
	const json_t *list = json_object_get(row_metric(of_case, metric), "trials");
	double *trials = memory_zalloc(json_array_size(list) + 1, sizeof(*trials));
	size_t i, zeros = 0, others = 0;
	json_t *value;

	*count = 0;
	json_array_foreach(list, i, value)
	{
		double number = row_number(value);

		zeros += number <= 0;
		others += !json_is_number(value) && !json_is_null(value);
		if (trials && number > 0)
			trials[(*count)++] = number;
	}
	if (others)
		leave_out(series, of_case, "%zu of its trials are no numbers", others);
	else if (zeros)
		leave_out(series, of_case, "%zu of %zu trials are 0, which no law tells", zeros,
		          *count + zeros);
	else if (*count < SCALING_LEAST_TRIALS)
		leave_out(series, of_case, "%zu trials, at least %d are needed", *count,
		          SCALING_LEAST_TRIALS);
	else if (*count > SCALING_MOST_TRIALS)
		leave_out(series, of_case, "%zu trials, at most %d are taken", *count,
		          SCALING_MOST_TRIALS);
	else
		return trials;
	free(trials);
	return NULL;
}

static bool has_cores(const struct series *series, double cores)
{
	for (size_t i = 0; i < series->count; i++)
		if (series->points[i].cores == cores)
			return true;
	return false;
}

static void take_case(struct series *series, const json_t *of_case)
{
	double cores = row_number(json_object_get(of_case, "cores"));
	const char *status = row_text(of_case, "status");
	struct scaling_point point = {.cores = cores};

	if (!json_is_integer(json_object_get(of_case, "cores")) || cores < 1 ||
	    cores > SCALING_MOST_CORES)
		leave_out(series, of_case, "its cores are no number from 1 to %d",
		          SCALING_MOST_CORES);
	else if (strcmp(status, "ok"))
		leave_out(series, of_case, "%s: %s", status, row_text(of_case, "reason"));
	else if (json_is_true(json_object_get(of_case, "shared")))
		leave_out(series, of_case, "shares cores with the load generator");
	else if (!row_metric(of_case, metric))
		leave_out(series, of_case, "no %s was measured", metric);
	else if (has_cores(series, cores))
		leave_out(series, of_case, "there is another case with as many cores");
	else if (series->count == SCALING_MOST_COUNTS)
		leave_out(series, of_case, "there are %d core counts without it",
		          SCALING_MOST_COUNTS);
	else if ((point.trials = take_trials(series, of_case, &point.n)))
		series->points[series->count++] = point;
}

static int by_cores(const void *left, const void *right)
{
	const struct scaling_point *a = left, *b = right;

	return (a->cores > b->cores) - (a->cores < b->cores);
}

static void take_cases(struct series *series, const json_t *cases)
{
	json_t *of_case;
	size_t i;

	json_array_foreach(cases, i, of_case)
	{
		take_case(series, of_case);
	}
	qsort(series->points, series->count, sizeof(series->points[0]), by_cores);
}

/* ---- Numbers ----------------------------------------------------------------------------------- */

static json_t *estimate_json(const struct scaling_estimate *estimate)
{
	return json_pack("{s:o, s:o, s:o}", "value", json_number_or_null(estimate->value), "low",
	                 json_number_or_null(estimate->ci95.low), "high",
	                 json_number_or_null(estimate->ci95.high));
}

static json_t *points_json(const struct series *series, const struct scaling_fit *fit)
{
	const struct scaling_point *points = series->points;
	double one = series->count && points[0].cores == 1
	                     ? stats_median(points[0].trials, points[0].n)
	                     : NAN;
	json_t *list = json_array();

	for (size_t i = 0; i < series->count; i++) {
		double median = stats_median(points[i].trials, points[i].n);
		struct interval interval = stats_ci95(points[i].trials, points[i].n);

		json_array_append_new(
		        list,
		        json_pack("{s:I, s:I, s:o, s:o, s:o, s:o}", "cores",
		                  (json_int_t)points[i].cores, "trials", (json_int_t)points[i].n,
		                  "median", json_number_or_null(median), "ci95",
		                  json_interval_or_null(interval), "efficiency",
		                  json_number_or_null(median / one / points[i].cores), "fitted",
		                  fit ? json_number_or_null(scaling_rate(fit, points[i].cores))
		                      : json_null()));
	}
	return list;
}

static json_t *prediction_json(double cores, double largest,
                               const struct scaling_estimate *estimate)
{
	double beyond = cores / largest;
	char warning[256];

	snprintf(warning, sizeof(warning),
	         "%.*g x beyond the largest measured, %.0f core%s; holds if the law does",
	         beyond < 10 ? 2 : 7, beyond < 10 ? beyond : round(beyond), largest,
	         largest == 1 ? "" : "s");
	return json_pack("{s:I, s:o, s:o, s:o}", "cores", (json_int_t)cores, metric,
	                 estimate_json(estimate), "beyond",
	                 beyond > 1 ? json_real(beyond) : json_null(), "warning",
	                 beyond > 1 ? json_string(warning) : json_null());
}

static void put_law(json_t *entry, const struct series *series, const struct scaling_fit *fit)
{
	static const char *const laws[] = {
	        [SCALING_NEITHER] = "neither", [SCALING_AMDAHL] = "amdahl", [SCALING_USL] = "usl"};
	double largest = series->points[series->count - 1].cores;
	json_t *peak = json_object(), *amdahl = json_object();

	json_object_set_new(entry, "lambda", estimate_json(&fit->rate));
	json_object_set_new(entry, "alpha", estimate_json(&fit->contention));
	json_object_set_new(entry, "beta", estimate_json(&fit->coherence));
	json_object_set_new(peak, "cores", estimate_json(&fit->peak_cores));
	json_object_set_new(peak, metric, estimate_json(&fit->peak_rate));
	json_object_set_new(peak, "beyond", json_boolean(fit->peak_cores.value > largest));
	json_object_set_new(entry, "peak", peak);
	json_object_set_new(amdahl, "lambda", estimate_json(&fit->amdahl_rate));
	json_object_set_new(amdahl, "alpha", estimate_json(&fit->amdahl_contention));
	json_object_set_new(entry, "amdahl", amdahl);
	json_object_set_new(entry, "law", json_string(laws[fit->law]));
	json_object_set_new(entry, "missed", json_integer((json_int_t)fit->missed));
	json_object_set_new(entry, "worst",
	                    json_pack("{s:I, s:o}", "cores",
	                              (json_int_t)series->points[fit->worst].cores, "percent",
	                              json_number_or_null(100 * fit->worst_share)));
}

/* ---- An entry ---------------------------------------------------------------------------------- */

/* The settings that all cases have in common: some follow the cores, as the number of tasks. */
static json_t *common_settings(const json_t *cases, const char *key)
{
	json_t *common = json_copy(json_object_get(json_array_get(cases, 0), key)), *of_case,
	       *value;
	const char *name;
	void *next;
	size_t i;

	if (!json_is_object(common)) {
		json_decref(common);
		return json_object();
	}
	json_array_foreach(cases, i, of_case)
	{
		const json_t *mine = json_object_get(of_case, key);

		json_object_foreach_safe(common, next, name,
		                         value) if (!json_equal(value, json_object_get(mine, name)))
		        json_object_del(common, name);
	}
	return common;
}

/* Why there can be no law, whatever the points are; "" where there can. */
static void refuse(const struct series *series, const json_t *params, char text[ROW_TITLE])
{
	json_int_t rate = json_integer_value(json_object_get(params, "rate"));
	size_t length;

	text[0] = '\0';
	if (rate > 0) {
		snprintf(text, ROW_TITLE,
		         "the load was planned (rate=%" JSON_INTEGER_FORMAT
		         "): it does not grow with the cores",
		         rate);
	} else if (series->count < SCALING_LEAST_COUNTS) {
		length = (size_t)snprintf(text, ROW_TITLE, "%zu core count%s", series->count,
		                          series->count == 1 ? "" : "s");
		for (size_t i = 0; i < series->count; i++)
			length += (size_t)snprintf(text + length, ROW_TITLE - length, "%s%.0f",
			                           i ? ", " : " (", series->points[i].cores);
		snprintf(text + length, ROW_TITLE - length, "%s; at least %d are needed",
		         series->count ? ")" : "", SCALING_LEAST_COUNTS);
	}
}

static void put_no_law(json_t *entry)
{
	static const char *const keys[] = {"lambda", "alpha", "beta",   "peak",
	                                   "amdahl", "law",   "missed", "worst"};

	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		json_object_set_new(entry, keys[i], json_null());
}

/* The law and what it predicts; or the reason. */
static void fit_points(json_t *entry, const struct series *series,
                       const struct fit_options *options)
{
	struct scaling_estimate predicted[FIT_MOST_AT];
	json_t *predictions = json_array();
	struct scaling_fit fit;
	char reason[ROW_TITLE];
	int code;

	refuse(series, json_object_get(entry, "params"), reason);
	code = reason[0] ? -EINVAL
	                 : scaling_fit(series->points, series->count, options->at,
	                               options->at_count, predicted, &fit);
	if (code == -EDOM)
		snprintf(reason, sizeof(reason),
		         "the core counts measured do not tell the rate at one core");
	json_object_set_new(entry, "points", points_json(series, code ? NULL : &fit));
	json_object_set_new(entry, "reason", json_text_or_null(reason));
	if (code)
		put_no_law(entry);
	else
		put_law(entry, series, &fit);
	for (size_t i = 0; !code && i < options->at_count; i++)
		json_array_append_new(predictions,
		                      prediction_json(options->at[i],
		                                      series->points[series->count - 1].cores,
		                                      &predicted[i]));
	json_object_set_new(entry, "predictions", predictions);
}

json_t *fit_series(const json_t *cases, const struct fit_options *options)
{
	const json_t *first = json_array_get(cases, 0);
	struct series *series = memory_zalloc(1, sizeof(*series));
	json_t *entry = json_object();

	if (!series) {
		json_decref(entry);
		return NULL;
	}
	series->left_out = json_array();
	take_cases(series, cases);
	json_object_set_new(entry, "workload", json_any_text(row_text(first, "workload")));
	json_object_set_new(entry, "title", json_any_text(row_text(first, "title")));
	json_object_set_new(entry, "series", json_any_text(row_text(first, "series")));
	json_object_set_new(entry, "model", json_any_text(row_text(first, "model")));
	json_object_set_new(entry, "label", json_text_or_null(row_text(first, "label")));
	json_object_set_new(entry, "params", common_settings(cases, "params"));
	json_object_set_new(entry, "options", common_settings(cases, "options"));
	json_object_set_new(entry, "metric", json_string(metric));
	json_object_set_new(entry, "unit",
	                    json_any_text(row_text(row_metric(first, metric), "unit")));
	fit_points(entry, series, options);
	json_object_set_new(entry, "left_out", series->left_out);
	for (size_t i = 0; i < series->count; i++)
		free((void *)(uintptr_t)series->points[i].trials);
	free(series);
	return entry;
}
