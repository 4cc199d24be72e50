/* SPDX-License-Identifier: MIT */
#include "result_scaling.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "bars.h"
#include "fit_series.h"
#include "format.h"
#include "memory.h"
#include "result_columns.h"
#include "scaling.h"

enum { NAME = 17, NUMBER = 6, PEAK = 9 };

struct sheet {
	FILE *out;
	int width, name;
	bool bars;
	json_t *series; /* cases by title; of those that a line is made for */
	json_t *peaks;  /* texts by title */
	int *counts;    /* of cores in all of them, from the fewest */
	size_t count;
};

/* ---- Which series there are ------------------------------------------------------------------ */

/* NAN where it does not count. */
static double rate_of(const json_t *of_case)
{
	double rate = row_median(of_case, "throughput");

	if (strcmp(row_text(of_case, "status"), "ok") ||
	    !json_is_true(json_object_get(of_case, "verified")) ||
	    json_is_true(json_object_get(of_case, "shared")) || row_cores(of_case) < 1)
		return NAN;
	return rate > 0 ? rate : NAN;
}

/* NAN where the series has none there. */
static double rate_at(const json_t *cases, int cores)
{
	json_t *of_case;
	size_t i;

	json_array_foreach(cases, i, of_case)
	{
		if (row_cores(of_case) == cores && isfinite(rate_of(of_case)))
			return rate_of(of_case);
	}
	return NAN;
}

/* The core counts that count, each once, from the fewest; `counts` has room for all cases. */
static size_t counts_of(const json_t *cases, int *counts)
{
	json_t *of_case;
	size_t i, n = 0;

	json_array_foreach(cases, i, of_case)
	{
		if (isfinite(rate_of(of_case)))
			counts[n++] = row_cores(of_case);
	}
	return n;
}

static int by_number(const void *left, const void *right)
{
	const int *a = left, *b = right;

	return (*a > *b) - (*a < *b);
}

static size_t sort_once(int *counts, size_t count)
{
	size_t n = 0;

	if (count)
		qsort(counts, count, sizeof(*counts), by_number);
	for (size_t i = 0; i < count; i++)
		if (!n || counts[n - 1] != counts[i])
			counts[n++] = counts[i];
	return n;
}

/* A load that was planned does not grow with the cores. */
static bool is_planned(const json_t *of_case)
{
	return json_integer_value(json_object_get(json_object_get(of_case, "params"), "rate")) > 0;
}

static json_t *gather(const struct row *rows, size_t count)
{
	json_t *series = json_object();

	for (size_t i = 0; i < count; i++) {
		json_t *cases = json_object_get(series, rows[i].title);

		if (is_planned(rows[i].of_case))
			continue;
		if (!cases) {
			cases = json_array();
			json_object_set_new_nocheck(series, rows[i].title, cases);
		}
		json_array_append(cases, (json_t *)(uintptr_t)rows[i].of_case);
	}
	return series;
}

/* ---- The peak -------------------------------------------------------------------------------- */

static const char *peak_text(const json_t *fit, char text[FORMAT_TEXT])
{
	const json_t *peak = json_object_get(fit, "peak"), *cores = json_object_get(peak, "cores"),
	             *points = json_object_get(fit, "points");
	double value = row_number(json_object_get(cores, "value")),
	       low = row_number(json_object_get(cores, "low")),
	       high = row_number(json_object_get(cores, "high"));
	json_t *last = json_array_get(points, json_array_size(points) - 1);

	if (!json_is_object(peak))
		return memcpy(text, "-", 2);
	if (strcmp(row_text(fit, "law"), "neither") == 0)
		snprintf(text, FORMAT_TEXT, "no law");
	else if (!isfinite(low))
		snprintf(text, FORMAT_TEXT, "none");
	else if (!isfinite(value) || !isfinite(high))
		snprintf(text, FORMAT_TEXT, "from %.0f", low);
	else if (json_is_true(json_object_get(peak, "beyond")))
		snprintf(text, FORMAT_TEXT, "> %d", row_cores(last));
	else
		snprintf(text, FORMAT_TEXT, "%.0f", value);
	return text;
}

/* A fit costs a while: only where there are core counts enough for one. */
static void take_peak(struct sheet *sheet, const char *title, const json_t *cases, size_t counts)
{
	static const struct fit_options options = {0};
	char text[FORMAT_TEXT];
	json_t *fit;

	if (counts < SCALING_LEAST_COUNTS)
		return;
	fit = fit_series(cases, &options);
	json_object_set_new_nocheck(sheet->peaks, title, json_string(peak_text(fit, text)));
	json_decref(fit);
}

/* ---- Lines ----------------------------------------------------------------------------------- */

/* Room for so many of the core counts, two at least. */
static size_t shown_counts(const struct sheet *sheet)
{
	int room = sheet->width - NAME - (json_object_size(sheet->peaks) ? PEAK : 0);
	size_t most = room < 2 * (NUMBER + 1) ? 2 : (size_t)(room / (NUMBER + sheet->bars));

	return most < sheet->count ? most : sheet->count;
}

/* Evenly spread over all of them, the first and the last among them. */
static int shown_count(const struct sheet *sheet, size_t i, size_t shown)
{
	return sheet->counts[shown < 2 ? 0 : i * (sheet->count - 1) / (shown - 1)];
}

static void put_heading(const struct sheet *sheet, size_t shown)
{
	fprintf(sheet->out, "  %-*s", sheet->name - 2, "speedup, cores");
	for (size_t i = 0; i < shown; i++)
		fprintf(sheet->out, "%*d%s", NUMBER, shown_count(sheet, i, shown),
		        sheet->bars ? " " : "");
	if (json_object_size(sheet->peaks))
		fprintf(sheet->out, "%*s", PEAK, "peak");
	fputc('\n', sheet->out);
}

static void put_speedup(const struct sheet *sheet, double speedup, double ideal)
{
	char text[FORMAT_TEXT];

	columns_cell(sheet->out, NUMBER, format_digits(speedup, text));
	if (sheet->bars)
		fputs(bars_up(speedup / ideal), sheet->out);
}

static void put_line(const struct sheet *sheet, const char *title, const json_t *cases,
                     size_t shown)
{
	const char *peak = json_string_value(json_object_get(sheet->peaks, title));
	double first = NAN;
	int fewest = 0;

	for (size_t i = 0; i < sheet->count && !isfinite(first); i++) {
		fewest = sheet->counts[i];
		first = rate_at(cases, fewest);
	}
	columns_name(sheet->out, sheet->width, sheet->name, title);
	for (size_t i = 0; i < shown; i++) {
		int cores = shown_count(sheet, i, shown);

		put_speedup(sheet, rate_at(cases, cores) / first, (double)cores / fewest);
	}
	if (json_object_size(sheet->peaks))
		columns_cell(sheet->out, PEAK, peak ? peak : "-");
	fputc('\n', sheet->out);
}

static void put_lines(struct sheet *sheet, const struct row *rows, size_t count)
{
	size_t shown = shown_counts(sheet);
	int numbers =
	        (int)shown * (NUMBER + sheet->bars) + (json_object_size(sheet->peaks) ? PEAK : 0);
	const char *title;
	json_t *cases;

	sheet->name = columns_for_names(rows, count, NAME, sheet->width - numbers);
	put_heading(sheet, shown);
	json_object_foreach(sheet->series, title, cases)
	{
		put_line(sheet, title, cases, shown);
	}
	if (shown < sheet->count)
		fprintf(sheet->out, "  %zu of %zu core counts are shown\n", shown, sheet->count);
}

/* Takes the series that have two core counts or more. */
static void take_series(struct sheet *sheet, const struct row *rows, size_t count)
{
	const char *title;
	json_t *cases;
	void *next;

	sheet->series = gather(rows, count);
	sheet->peaks = json_object();
	json_object_foreach_safe(sheet->series, next, title, cases)
	{
		int *counts = sheet->counts + sheet->count;
		size_t n = sort_once(counts, counts_of(cases, counts));

		if (n > 1) {
			take_peak(sheet, title, cases, n);
			sheet->count += n;
		} else {
			json_object_del(sheet->series, title);
		}
	}
	sheet->count = sort_once(sheet->counts, sheet->count);
}

void scaling_lines(const struct row *rows, size_t count, bool bars, int width, FILE *out,
                   struct scaling_told *told)
{
	struct sheet sheet = {.out = out, .width = width, .bars = bars};

	sheet.counts = memory_zalloc(count + 1, sizeof(*sheet.counts));
	if (!sheet.counts)
		return;
	take_series(&sheet, rows, count);
	if (sheet.count)
		put_lines(&sheet, rows, count);
	told->speedups |= sheet.count > 0;
	told->peaks |= json_object_size(sheet.peaks) > 0;
	json_decref(sheet.series);
	json_decref(sheet.peaks);
	free(sheet.counts);
}

void scaling_legend(const struct scaling_told *told, bool bars, int width, FILE *out)
{
	char text[256];

	if (!told->speedups)
		return;
	snprintf(text, sizeof(text), "throughput over that with the fewest cores%s%s",
	         bars ? "; its bar is full where it grows as the cores do" : "",
	         told->peaks ? ". peak: cores with the highest, by the law of `heddle fit`" : "");
	fputs("\nspeedup  ", out);
	format_wrapped(out, width, 9, 9, text);
}
