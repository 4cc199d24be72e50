/* SPDX-License-Identifier: MIT */
/* What the table should tell about a case: how its trials were inside, remarks, and which warnings concern it. */
#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "memory.h"
#include "result_document.h"
#include "result_value.h"
#include "stats.h"
#include "stopping.h"

enum { FULL_WINDOW = 10 }; /* operations: with so many on average chance leaves none out */

/* Window rates of one trial line. Returns how many. */
static size_t window_rates(json_t *line, double **rates)
{
	json_t *trial = json_object_get(line, "trial"), *ns = json_object_get(trial, "window_ns");
	json_t *ops = json_object_get(trial, "window_ops");
	size_t n = json_array_size(ns);

	*rates = memory_zalloc(n ? n : 1, sizeof(**rates));
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

/* Windows without progress; where the fullest holds a few operations only, an empty one is no stall. */
static uint64_t stalls(json_t *line, size_t n)
{
	json_t *ops = json_object_get(json_object_get(line, "trial"), "window_ops");
	json_int_t most = 0;
	uint64_t empty = 0;

	for (size_t i = 0; i < n; i++) {
		json_int_t count = json_integer_value(json_array_get(ops, i));

		most = count > most ? count : most;
		empty += count <= 0;
	}
	return most >= FULL_WINDOW || most == 0 ? empty : 0;
}

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
	double *spreads = memory_zalloc(count + 1, sizeof(double)),
	       *trends = memory_zalloc(count + 1, sizeof(double));
	struct inside inside = {.spread = NAN, .trend = NAN};
	size_t spread_count = 0, trend_count = 0;

	for (uint32_t i = 0; spreads && trends && i < count; i++) {
		double *rates, median;
		size_t n = window_rates(lines[i], &rates);

		inside.stalled += stalls(lines[i], n);
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
		json_array_foreach(json_object_get(lines[k], "notes"), n, remark)
		{
			const char *text = json_string_value(remark);

			if (!text || !alike(text, wanted))
				continue;
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
			bool last = false;
			uint32_t with = text ? count_alike(lines, count, text, i, &last) : 0;

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

void result_tell_about(json_t *of_case, const struct plan *plan, const struct plan_case *kase,
                       json_t *const *lines, uint32_t count, bool ok, struct warnings *tally)
{
	double *gate = memory_zalloc(count + 1, sizeof(*gate));
	double target = plan->config->sampling.target_ci_percent;
	size_t n = gate ? result_collect(lines, count, kase->workload->metrics[0].name, gate) : 0;
	struct concern concern = {.ids = json_array(), .tally = tally};
	struct inside inside = look_inside(lines, count);
	json_t *notes = json_array();

	if (kase->note && kase->note[0])
		note(notes, "%s", kase->note);
	if (ok) {
		take_notes(notes, lines, count);
		concern_trials(&concern, kase, lines, count);
	}
	if (ok && gate && count && !n)
		note(notes, "%s was not measured: too little was done in the windows",
		     kase->workload->metrics[0].name);
	if (ok && n) {
		if (stats_two_modes(gate, n)) {
			concern_add(&concern, WARNING_TWO_MODES, NAN);
			note(notes, "two modes");
		}
		note_inside(notes, kase, &inside, &concern);
		note_precision(notes, target, gate, n, &concern);
	}
	json_object_set_new(of_case, "notes", notes);
	json_object_set_new(of_case, "warnings", concern.ids);
	json_object_set_new(of_case, "spread",
	                    ok && n ? spread_json(gate, n, &inside, stopping_error(target))
	                            : json_null());
	json_object_set_new(of_case, "stalled_windows", json_integer((json_int_t)inside.stalled));
	free(gate);
}
