/* SPDX-License-Identifier: MIT */
#include "result_columns.h"

#include <math.h>
#include <string.h>

#include "bars.h"
#include "format.h"

enum { INDENT = 2, LEAST_BAR = 5, MOST_NAME = 40, LATENCY = 10 };

/* Of a case's bar: the same for all whose lengths may be compared. */
static void scale_name(const json_t *of_case, char text[2 * ROW_TITLE])
{
	snprintf(text, 2 * ROW_TITLE, "%.500s\n%.500s", row_workload(of_case), row_gate(of_case));
	text_whole(text);
}

static double full_of(const struct columns *columns, const json_t *of_case)
{
	char name[2 * ROW_TITLE];

	scale_name(of_case, name);
	return row_number(json_object_get(columns->full, name));
}

static void find_full(struct columns *columns, const struct row *rows, size_t count)
{
	columns->full = json_object();
	for (size_t i = 0; i < count; i++) {
		double median = row_median(rows[i].of_case, row_gate(rows[i].of_case));
		char name[2 * ROW_TITLE];

		if (!row_has_numbers(&rows[i]) || !(median > 0) ||
		    median <= full_of(columns, rows[i].of_case))
			continue;
		scale_name(rows[i].of_case, name);
		json_object_set_new(columns->full, name, json_real(median));
	}
}

/* A column that there is room for, behind what stands there already. */
static int take(int *taken, int width, int wanted)
{
	if (*taken + wanted > width)
		return 0;
	*taken += wanted;
	return wanted;
}

static int lesser(int a, int b)
{
	return a < b ? a : b;
}

int columns_for_names(const struct row *rows, size_t count, int least, int most)
{
	int columns = least;

	for (size_t i = 0; i < count; i++) {
		int wanted = INDENT + format_width(rows[i].title) + 1;

		if (wanted > columns && wanted <= lesser(most, MOST_NAME))
			columns = wanted;
	}
	return columns;
}

void columns_begin(struct columns *columns, const struct table_view *view, const struct row *rows,
                   size_t count, int width, FILE *out)
{
	bool bars = view->bars;
	int taken;

	*columns = (struct columns){.out = out, .width = width, .cores = 4};
	columns->name = bars ? 17 : 19;
	columns->rate = bars ? 12 : 13;
	columns->bar = bars ? LEAST_BAR : 0;
	taken = columns->name + columns->cores + columns->rate + columns->bar;
	/* Without bars the heading of the interval ends one column behind it. */
	if ((columns->interval = take(&taken, bars ? width : width - 1, bars ? 11 : 13)) &&
	    (columns->versus = take(&taken, width, bars ? 19 : 22)) &&
	    (columns->cost = take(&taken, width, 9)))
		columns->latency = take(&taken, width, 2 * LATENCY) / 2;
	if (!bars)
		return;
	taken -= columns->name;
	columns->name = columns_for_names(rows, count, columns->name, width - taken);
	columns->bar += lesser(width - taken - columns->name, BARS_MOST + 1 - LEAST_BAR);
	find_full(columns, rows, count);
}

void columns_free(struct columns *columns)
{
	json_decref(columns->full);
}

void columns_cell(FILE *out, int width, const char *text)
{
	int taken = format_width(text);

	fprintf(out, "%*s", width > taken ? width - taken : 0, "");
	format_clean(out, text);
}

static void put_name(FILE *out, int width, int indent, int column, const char *name)
{
	int taken = indent + format_width(name);

	fprintf(out, "%*s", indent, "");
	if (taken < column) {
		fprintf(out, "%s%*s", name, column - taken, "");
		return;
	}
	format_wrapped(out, width, indent, indent, name);
	fprintf(out, "%*s", column, "");
}

void columns_name(FILE *out, int width, int column, const char *name)
{
	put_name(out, width, INDENT, column, name);
}

/* ---- The heading ----------------------------------------------------------------------------- */

/* "cpu/op", "cpu/mib": what CPU time is told for, from the metric's name. */
static void cost_heading(const json_t *of_case, char text[FORMAT_TEXT])
{
	const char *name = row_cpu_metric(of_case), *unit = name ? strrchr(name, '_') + 1 : NULL;

	text[0] = '\0';
	if (unit)
		snprintf(text, FORMAT_TEXT, "cpu/%.8s", strcmp(unit, "mib") ? unit : "MiB");
}

void columns_heading(const struct columns *columns, const struct row *row, const char *baseline)
{
	int beyond = columns->full ? 0 : 1;
	char versus[FORMAT_TEXT] = "", cost[FORMAT_TEXT], gate[FORMAT_TEXT];
	FILE *out = columns->out;

	cost_heading(row->of_case, cost);
	if (baseline[0])
		snprintf(versus, sizeof(versus), "vs %.15s", baseline);
	snprintf(gate, sizeof(gate), "%.10s", row_gate(row->of_case));
	fputc('\n', out);
	put_name(out, columns->width, 0, columns->name - 1, row->group);
	fprintf(out, "%*s", columns->cores + 1, "cores");
	columns_cell(out, columns->rate, gate);
	if (columns->interval)
		columns_cell(out, columns->bar + columns->interval + beyond, "95 % interval");
	if (columns->versus)
		columns_cell(out, columns->versus - beyond, versus);
	if (columns->cost)
		columns_cell(out, columns->cost, cost);
	if (columns->latency)
		fprintf(out, "%*s%*s", columns->latency, "p50", columns->latency, "p99");
	fputc('\n', out);
}

/* ---- A row ----------------------------------------------------------------------------------- */

static void print_bar(const struct columns *columns, const json_t *of_case)
{
	double share = row_median(of_case, row_gate(of_case)) / full_of(columns, of_case);
	char text[BARS_TEXT];

	if (columns->bar)
		fprintf(columns->out, " %s", bars_across(share, columns->bar - 1, text));
}

/* Beside a bar there is no room for blanks. */
static void print_interval(const struct columns *columns, const json_t *of_case)
{
	const char *gate = row_gate(of_case);
	const json_t *pair = json_object_get(row_metric(of_case, gate), "ci95");
	struct format_scale scale = format_scale_of(row_median(of_case, gate));
	char text[FORMAT_RANGE];

	columns_cell(columns->out, columns->interval,
	             format_range(row_number(json_array_get(pair, 0)),
	                          row_number(json_array_get(pair, 1)), scale,
	                          columns->full ? "" : " ", text));
}

static void print_versus(const struct columns *columns, const json_t *of_case)
{
	const json_t *versus = json_object_get(of_case, "versus_baseline"),
	             *pair = json_object_get(versus, "ci95");
	char ratio[FORMAT_TEXT], low[FORMAT_TEXT], high[FORMAT_TEXT], text[4 * FORMAT_TEXT] = "";

	format_digits(row_number(json_object_get(versus, "ratio")), ratio);
	format_digits(row_number(json_array_get(pair, 0)), low);
	format_digits(row_number(json_array_get(pair, 1)), high);
	if (json_is_true(json_object_get(of_case, "baseline")))
		snprintf(text, sizeof(text), "baseline");
	else if (json_is_array(pair) && columns->full)
		snprintf(text, sizeof(text), "%sx %s%s%s", ratio, low, format_range_mark(), high);
	else if (json_is_array(pair))
		snprintf(text, sizeof(text), "%sx [%s, %s]", ratio, low, high);
	else if (json_is_object(versus))
		snprintf(text, sizeof(text), "%sx", ratio);
	columns_cell(columns->out, columns->versus, text);
}

static void print_metric(const struct columns *columns, const json_t *of_case, const char *name,
                         int width)
{
	const json_t *of_metric = name ? row_metric(of_case, name) : NULL;
	char text[FORMAT_TEXT] = "";

	if (of_metric)
		format_quantity(row_median(of_case, name), row_text(of_metric, "unit"), text);
	columns_cell(columns->out, width, text);
}

static void print_reason(const struct columns *columns, const json_t *of_case)
{
	const char *status = row_text(of_case, "status");
	int indent = columns->name + columns->cores + 2;
	char text[4 * ROW_TITLE];

	snprintf(text, sizeof(text), "%s%s: %s", status,
	         strcmp(row_text(of_case, "expect"), status) == 0 ? " (as expected)" : "",
	         row_text(of_case, "reason"));
	fputs("  ", columns->out);
	format_wrapped(columns->out, columns->width, indent, indent, text);
}

void columns_row(const struct columns *columns, const struct row *row)
{
	const json_t *of_case = row->of_case;

	columns_name(columns->out, columns->width, columns->name, row->title);
	fprintf(columns->out, "%*d", columns->cores, row_cores(of_case));
	if (strcmp(row_text(of_case, "status"), "ok")) {
		print_reason(columns, of_case);
		return;
	}
	print_metric(columns, of_case, row_gate(of_case), columns->rate);
	print_bar(columns, of_case);
	if (columns->interval)
		print_interval(columns, of_case);
	if (columns->versus)
		print_versus(columns, of_case);
	if (columns->cost)
		print_metric(columns, of_case, row_cpu_metric(of_case), columns->cost);
	if (columns->latency) {
		print_metric(columns, of_case, "latency_p50", columns->latency);
		print_metric(columns, of_case, "latency_p99", columns->latency);
	}
	fputc('\n', columns->out);
}

/* ---- The legend ------------------------------------------------------------------------------ */

void columns_legend(const struct columns *columns, const struct row *rows, size_t count)
{
	const json_t *shown = NULL;
	bool of_one = true;
	char text[4 * FORMAT_TEXT], full[FORMAT_TEXT];

	for (size_t i = 0; columns->full && i < count; i++) {
		if (!isfinite(full_of(columns, rows[i].of_case)))
			continue;
		of_one &= !shown || strcmp(row_workload(shown), row_workload(rows[i].of_case)) == 0;
		shown = rows[i].of_case;
	}
	if (!shown)
		return;
	if (of_one) {
		const json_t *metric = row_metric(shown, row_gate(shown));

		snprintf(text, sizeof(text), "a full bar: %s%s",
		         format_quantity(full_of(columns, shown), row_text(metric, "unit"), full),
		         strcmp(row_text(metric, "better"), "lower") == 0 ? "; shorter is better"
		                                                          : "");
	} else {
		snprintf(text, sizeof(text), "a full bar: the largest of its workload");
	}
	fputs("  ", columns->out);
	format_wrapped(columns->out, columns->width, 2, 2, text);
}
