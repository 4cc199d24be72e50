/* SPDX-License-Identifier: MIT */
#include "run_table.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "format.h"
#include "memory.h"
#include "result_columns.h"
#include "stats.h"

enum {
	INDENT = 2,
	CORES = 6,
	MEDIAN = 13,
	INTERVAL = 14,
	TRIALS = 9,
	LEAST_CASE = 20 /* columns: with less the interval is left out */
};

struct layout {
	FILE *out;
	int name, interval;
};

static void name_case(const struct plan_case *kase, char title[PLAN_NAME], char series[PLAN_NAME])
{
	plan_case_title(kase, title);
	plan_case_series(kase, series);
	text_clean(title);
	text_clean(series);
}

void run_table_begin(struct run_table *table, const struct plan *plan,
                     const struct journal *journal)
{
	char title[PLAN_NAME], series[PLAN_NAME];

	*table = (struct run_table){.plan = plan, .journal = journal};
	for (size_t i = 0; i < plan->count; i++) {
		int width;

		if (plan->cases[i].status != STATUS_OK)
			continue;
		name_case(&plan->cases[i], title, series);
		width = format_width(title) + 1 + format_width(series);
		table->widest = width > table->widest ? width : table->widest;
		table->to_be_run++;
	}
}

void run_table_note(struct run_table *table, size_t index)
{
	size_t kept = 0;

	for (size_t i = 0; i < table->latest_count; i++)
		if (table->latest[i] != index)
			table->latest[kept++] = table->latest[i];
	if (kept == PROGRESS_LINES)
		memmove(table->latest, table->latest + 1, --kept * sizeof(table->latest[0]));
	table->latest[kept++] = index;
	table->latest_count = kept;
}

/* ---- A line ---------------------------------------------------------------------------------- */

/* The model is told in any case; it is the workload's part that is cut. */
static void put_name(const struct layout *layout, const struct plan_case *kase)
{
	char title[PLAN_NAME], series[PLAN_NAME], text[2 * PLAN_NAME];
	int room = layout->name - INDENT;

	name_case(kase, title, series);
	format_cut(series, sizeof(series), room);
	if (format_width(series) + 4 < room)
		format_cut(title, sizeof(title), room - 1 - format_width(series));
	else
		title[0] = '\0';
	snprintf(text, sizeof(text), "%s%s%s", title, *title ? " " : "", series);
	fprintf(layout->out, "%*s%s%*s", INDENT, "", text, room - format_width(text), "");
}

static void put_numbers(const struct layout *layout, const struct plan_case *kase,
                        const double *values, size_t n)
{
	double median = n ? stats_median(values, n) : NAN;
	struct interval interval = stats_ci95(values, n);
	char text[FORMAT_RANGE];

	columns_cell(layout->out, MEDIAN,
	             format_quantity(median, kase->workload->metrics[0].unit, text));
	if (layout->interval)
		columns_cell(layout->out, layout->interval,
		             format_range(interval.low, interval.high, format_scale_of(median), " ",
		                          text));
}

static void put_case(const struct run_table *table, const struct layout *layout, size_t index)
{
	const struct plan_case *kase = &table->plan->cases[index];
	const struct journal_case *of_case = &table->journal->cases[index];
	double *values = memory_zalloc(of_case->rounds + 1, sizeof(*values));
	char text[FORMAT_TEXT];
	size_t n = 0;

	for (uint32_t i = 0; values && i < of_case->rounds; i++)
		if (isfinite(of_case->gate[i]))
			values[n++] = of_case->gate[i];
	put_name(layout, kase);
	fprintf(layout->out, "%*u", CORES, kase->cores);
	if (of_case->failures)
		fprintf(layout->out, "%*s%*s", MEDIAN, status_name(of_case->status),
		        layout->interval, "");
	else
		put_numbers(layout, kase, values, n);
	snprintf(text, sizeof(text), "%u/%u", of_case->count, table->plan->rounds);
	columns_cell(layout->out, TRIALS, text);
	fputc('\n', layout->out);
	free(values);
}

static void put_heading(const struct run_table *table, const struct layout *layout, size_t shown)
{
	char text[FORMAT_TEXT] = "so far";

	if (shown < table->to_be_run)
		snprintf(text, sizeof(text), "so far, last %zu of %zu", shown, table->to_be_run);
	format_cut(text, sizeof(text), layout->name);
	fprintf(layout->out, "%s%*s%*s%*s", text, layout->name - format_width(text), "", CORES,
	        "cores", MEDIAN, "median");
	if (layout->interval)
		fprintf(layout->out, "%*s", layout->interval, "95 % interval");
	fprintf(layout->out, "%*s\n", TRIALS, "trials");
}

static int by_index(const void *left, const void *right)
{
	const size_t *a = left, *b = right;

	return (*a > *b) - (*a < *b);
}

/* All that are to be run where there is room for them; else the latest, in the plan's order. How many. */
static size_t choose(const struct run_table *table, size_t room, size_t chosen[PROGRESS_LINES])
{
	size_t n = 0;

	if (table->to_be_run <= room) {
		for (size_t i = 0; i < table->plan->count; i++)
			if (table->plan->cases[i].status == STATUS_OK)
				chosen[n++] = i;
		return n;
	}
	n = table->latest_count < room ? table->latest_count : room;
	memcpy(chosen, table->latest + table->latest_count - n, n * sizeof(chosen[0]));
	qsort(chosen, n, sizeof(chosen[0]), by_index);
	return n;
}

void run_table_put(const void *context, FILE *out, int width, int most)
{
	const struct run_table *table = context;
	size_t chosen[PROGRESS_LINES], count = choose(table, (size_t)most - 1, chosen);
	struct layout layout = {.out = out};

	if (!count)
		return;
	layout.name = width - CORES - MEDIAN - TRIALS;
	if (layout.name - INTERVAL >= LEAST_CASE) {
		layout.interval = INTERVAL;
		layout.name -= INTERVAL;
	}
	/* No wider than it must be: a terminal that is made narrower has less to break. */
	if (layout.name > INDENT + table->widest && INDENT + table->widest >= LEAST_CASE)
		layout.name = INDENT + table->widest;
	put_heading(table, &layout, count);
	for (size_t i = 0; i < count; i++)
		put_case(table, &layout, chosen[i]);
}
