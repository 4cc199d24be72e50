/* SPDX-License-Identifier: MIT */
/* One case of a result: the statistics of its trials, and what the table should tell about them. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "result_document.h"
#include "result_value.h"
#include "stats.h"
#include "stopping.h"

static json_t *values_json(const struct hd_option *options, const struct value *values)
{
	json_t *object = json_object();

	for (int i = 0; options && options[i].name && values; i++) {
		json_t *value = option_is_text(&options[i]) ? json_any_text(values[i].text)
		                : options[i].kind == HD_OPTION_FLAG
		                        ? json_boolean(values[i].number)
		                        : json_integer(values[i].number);

		json_object_set_new(object, options[i].name, value);
	}
	return object;
}

/* The trials' values of one metric; NULLs are left out of `values`. Returns how many there are. */
static size_t collect(json_t *const *lines, uint32_t count, const char *metric, double *values)
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
	size_t n = collect(lines, count, metric->name, values);
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

/* Window rates of one trial line. Returns how many. */
static size_t window_rates(json_t *line, double **rates)
{
	json_t *trial = json_object_get(line, "trial"), *ns = json_object_get(trial, "window_ns");
	json_t *ops = json_object_get(trial, "window_ops");
	size_t n = json_array_size(ns);

	*rates = calloc(n ? n : 1, sizeof(**rates));
	for (size_t i = 0; *rates && i < n; i++)
		(*rates)[i] = (double)json_integer_value(json_array_get(ops, i)) * 1e9 /
		              (double)json_integer_value(json_array_get(ns, i));
	return *rates ? n : 0;
}

/* How the trials were inside. */
struct inside {
	uint64_t stalled, windows;
	double spread; /* median over trials of the windows' MAD over their median */
	double trend;  /* median over trials of last third over first third, less 1 */
	struct interval trend_ci;
};

static double third(const double *rates, size_t n, bool last)
{
	size_t part = n / 3;
	double sum = 0;

	for (size_t i = 0; i < part; i++)
		sum += rates[last ? n - 1 - i : i];
	return sum / (double)part;
}

static struct inside look_inside(json_t *const *lines, uint32_t count)
{
	double *spreads = calloc(count + 1, sizeof(double)),
	       *trends = calloc(count + 1, sizeof(double));
	struct inside inside = {.spread = NAN, .trend = NAN};
	size_t spread_count = 0, trend_count = 0;

	for (uint32_t i = 0; spreads && trends && i < count; i++) {
		double *rates, median;
		size_t n = window_rates(lines[i], &rates);

		for (size_t w = 0; w < n; w++)
			inside.stalled += rates[w] <= 0;
		inside.windows += n;
		median = stats_median(rates, n);
		if (n && median > 0)
			spreads[spread_count++] = stats_mad(rates, n) / median;
		if (n >= 6 && third(rates, n, false) > 0)
			trends[trend_count++] = third(rates, n, true) / third(rates, n, false) - 1;
		free(rates);
	}
	if (spread_count)
		inside.spread = stats_median(spreads, spread_count);
	if (trend_count)
		inside.trend = stats_median(trends, trend_count);
	inside.trend_ci = stats_ci95(trends, trend_count);
	free(spreads);
	free(trends);
	return inside;
}

static void note(json_t *notes, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void note(json_t *notes, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	json_array_append_new(notes, json_vsprintf(format, args));
	va_end(args);
}

/* What happens in the windows of a copy is one file after the other: only streams are looked into. */
static void note_inside(json_t *notes, const struct plan_case *kase, const struct inside *inside,
                        struct concern *concern)
{
	if (kase->workload->finite)
		return;
	if (inside->stalled) {
		concern_add(concern, WARNING_STALLED,
		            100 * (double)inside->stalled / (double)inside->windows);
		note(notes, "%llu of %llu windows stalled", (unsigned long long)inside->stalled,
		     (unsigned long long)inside->windows);
	}
	if (fabs(inside->trend) > 0.05 && (inside->trend_ci.low > 0 || inside->trend_ci.high < 0)) {
		concern_add(concern, WARNING_NOT_STEADY, 100 * fabs(inside->trend));
		note(notes, "not steady: %+.0f %% over the trial; raise warmup_ms",
		     inside->trend * 100);
	}
}

static void note_precision(json_t *notes, double target, const double *gate, size_t n,
                           struct concern *concern)
{
	double half_width = stopping_half_width_percent(gate, n);

	if (!(target > 0) || half_width <= target)
		return;
	concern_add(concern, WARNING_PRECISION, half_width);
	if (isfinite(half_width))
		note(notes, "precision not reached: ±%.1f %%", half_width);
	else
		note(notes, "precision not reached: too few trials for an interval");
}

/* The same remark, whatever the numbers in it. */
static bool alike(const char *a, const char *b)
{
	for (;; a++, b++) {
		a += strspn(a, "0123456789 ");
		b += strspn(b, "0123456789 ");
		if (*a != *b || !*a)
			return *a == *b;
	}
}

/* How many trials had such a remark; whether none after trial `i` had it. */
static uint32_t count_alike(json_t *const *lines, uint32_t count, const char *wanted, uint32_t i,
                            bool *last)
{
	uint32_t with = 0;
	json_t *remark;
	size_t n;

	*last = true;
	for (uint32_t k = 0; k < count; k++)
		json_array_foreach(json_object_get(lines[k], "notes"), n,
		                   remark) if (alike(json_string_value(remark), wanted))
		{
			with++;
			*last = *last && k <= i;
		}
	return with;
}

/* What workload and model had to tell of the trials: each remark once, as it was made last. */
static void take_notes(json_t *notes, json_t *const *lines, uint32_t count)
{
	json_t *remark;
	size_t n;

	for (uint32_t i = 0; i < count; i++)
		json_array_foreach(json_object_get(lines[i], "notes"), n, remark)
		{
			const char *text = json_string_value(remark);
			bool last;
			uint32_t with = count_alike(lines, count, text, i, &last);

			if (last && with == count)
				note(notes, "%s", text);
			else if (last)
				note(notes, "%s (%u of %u trials)", text, with, count);
		}
}

static json_t *spread_json(const double *gate, size_t n, const struct inside *inside, double error)
{
	struct interval interval = stats_ci(gate, n, error);
	double median = stats_median(gate, n),
	       smallest = (interval.high - interval.low) / 2 / median;

	/* The difference of two medians is as uncertain as both: sqrt(2) of one half-width. */
	return json_pack("{s:o, s:o, s:o}", "between_trials_percent",
	                 json_number_or_null(n ? 100 * stats_mad(gate, n) / median : NAN),
	                 "within_trials_percent", json_number_or_null(100 * inside->spread),
	                 "smallest_change_percent", json_number_or_null(100 * sqrt(2) * smallest));
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
	logs = calloc(mine->rounds + 1, sizeof(*logs));
	for (uint32_t i = 0; logs && i < mine->rounds && i < base->rounds; i++)
		if (mine->gate[i] > 0 && base->gate[i] > 0)
			logs[n++] = log(mine->gate[i] / base->gate[i]);
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
	double *values = calloc(count + 1, sizeof(*values)), error = error_of(plan);
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

/* Notes, the warnings that concern it, and the spread that stands beside them. */
static void tell_about(json_t *of_case, const struct plan *plan, const struct plan_case *kase,
                       json_t *const *lines, uint32_t count, bool ok, struct warnings *tally)
{
	double *gate = calloc(count + 1, sizeof(*gate));
	size_t n = gate ? collect(lines, count, kase->workload->metrics[0].name, gate) : 0;
	struct concern concern = {.ids = json_array(), .tally = tally};
	struct inside inside = look_inside(lines, count);
	json_t *notes = json_array();

	if (kase->note && kase->note[0])
		note(notes, "%s", kase->note);
	if (ok) {
		take_notes(notes, lines, count);
		concern_trials(&concern, kase, lines, count);
	}
	if (ok && n) {
		if (stats_two_modes(gate, n)) {
			concern_add(&concern, WARNING_TWO_MODES, NAN);
			note(notes, "two modes");
		}
		note_inside(notes, kase, &inside, &concern);
		note_precision(notes, plan->config->sampling.target_ci_percent, gate, n, &concern);
	}
	json_object_set_new(of_case, "notes", notes);
	json_object_set_new(of_case, "warnings", concern.ids);
	json_object_set_new(of_case, "spread",
	                    ok && n ? spread_json(gate, n, &inside, error_of(plan)) : json_null());
	json_object_set_new(of_case, "stalled_windows", json_integer((json_int_t)inside.stalled));
	free(gate);
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
	json_t *of_case;

	of_case = json_pack(
	        "{s:s, s:s, s:s, s:s, s:s, s:o, s:s, s:o, s:o, s:i, s:o, s:o, s:b, s:s, s:o, s:o, "
	        "s:s, s:o}",
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
	        "expect", kase->entry->expect ? kase->entry->expect : "ok", "metrics",
	        metrics_json(plan, kase, lines, count, ok));
	if (!of_case)
		return NULL;
	tell_about(of_case, plan, kase, lines, count, ok, tally);
	json_object_set_new(of_case, "baseline", json_boolean(kase->baseline == index));
	json_object_set_new(of_case, "versus_baseline", versus_json(journal, plan, index, ok));
	json_object_set_new(of_case, "trials", trials_json(lines, count));
	return of_case;
}

json_t *result_case(struct journal *journal, const struct plan *plan, size_t index,
                    struct warnings *tally)
{
	uint32_t count = journal->cases[index].count, got = 0;
	json_t **lines = calloc(count + 1, sizeof(json_t *)), *of_case = NULL;

	while (lines && got < count && (lines[got] = journal_read(journal, index, got)))
		got++;
	if (lines && got == count)
		of_case = case_json(journal, plan, index, lines, tally);
	for (uint32_t i = 0; i < got; i++)
		json_decref(lines[i]);
	free(lines);
	return of_case;
}
