/* SPDX-License-Identifier: MIT */
/* The tables of a result, made from the document alone: what is printed and what is stored agree.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "format.h"
#include "memory.h"
#include "result_document.h"
#include "result_rows.h"
#include "stats.h"

enum { NAME_COLUMN = 17, DEFAULT_WIDTH = 80, WIDE = 100 };

struct table {
	const struct table_view *view;
	FILE *out;
	int width;
};

static void print_cell(const struct table *table, int width, const char *text)
{
	fprintf(table->out, "%*s", width > format_width(text) ? width - format_width(text) : 0, "");
	format_clean(table->out, text);
}

static bool wide(const struct table *table)
{
	return table->width >= WIDE;
}

/* "cpu/op", "cpu/mib": what CPU time is told for, from the metric's name. */
static void cost_heading(const json_t *of_case, char text[FORMAT_TEXT])
{
	const char *name = row_cpu_metric(of_case), *unit = name ? strrchr(name, '_') + 1 : NULL;

	text[0] = '\0';
	if (unit)
		snprintf(text, FORMAT_TEXT, "cpu/%.8s", strcmp(unit, "mib") ? unit : "MiB");
}

static void print_heading(const struct table *table, const struct row *row, const char *baseline)
{
	char versus[FORMAT_TEXT], cost[FORMAT_TEXT];

	cost_heading(row->of_case, cost);
	versus[0] = '\0';
	if (baseline[0])
		snprintf(versus, sizeof(versus), "vs %.15s", baseline);
	text_clean(versus);
	text_clean(cost);
	fprintf(table->out, "\n");
	if (format_width(row->group) < NAME_COLUMN + 1)
		fprintf(table->out, "%-*s", NAME_COLUMN + 1, row->group);
	else
		fprintf(table->out, "%s\n%*s", row->group, NAME_COLUMN + 1, "");
	fprintf(table->out, "cores   %10.10s 95 %% interval%21s%9s", row_gate(row->of_case), versus,
	        cost);
	if (wide(table))
		fprintf(table->out, "       p50       p99");
	fputc('\n', table->out);
}

static void print_interval(const struct table *table, const json_t *of_case, const char *gate)
{
	const json_t *pair = json_object_get(row_metric(of_case, gate), "ci95");
	struct format_scale scale = format_scale_of(row_median(of_case, gate));
	char low[FORMAT_TEXT], high[FORMAT_TEXT], text[3 * FORMAT_TEXT] = "-";

	if (json_array_size(pair) == 2)
		snprintf(text, sizeof(text), "%s %s %s",
		         format_digits(row_number(json_array_get(pair, 0)) / scale.factor, low),
		         format_range_mark(),
		         format_digits(row_number(json_array_get(pair, 1)) / scale.factor, high));
	print_cell(table, 11, text);
}

static void print_versus(const struct table *table, const json_t *of_case)
{
	const json_t *versus = json_object_get(of_case, "versus_baseline"),
	             *pair = json_object_get(versus, "ci95");
	char ratio[FORMAT_TEXT], low[FORMAT_TEXT], high[FORMAT_TEXT], text[4 * FORMAT_TEXT] = "";

	if (json_is_true(json_object_get(of_case, "baseline")))
		snprintf(text, sizeof(text), "baseline");
	else if (json_is_object(versus) && json_is_array(pair))
		snprintf(text, sizeof(text), "%sx [%s, %s]",
		         format_digits(row_number(json_object_get(versus, "ratio")), ratio),
		         format_digits(row_number(json_array_get(pair, 0)), low),
		         format_digits(row_number(json_array_get(pair, 1)), high));
	else if (json_is_object(versus))
		snprintf(text, sizeof(text), "%sx",
		         format_digits(row_number(json_object_get(versus, "ratio")), ratio));
	print_cell(table, 22, text);
}

static void print_metric_cell(const struct table *table, const json_t *of_case, const char *name,
                              int width)
{
	char text[FORMAT_TEXT];
	const json_t *of_metric = name ? row_metric(of_case, name) : NULL;

	print_cell(table, width,
	           of_metric ? format_quantity(row_median(of_case, name),
	                                       row_text(of_metric, "unit"), text)
	                     : "");
}

static bool is_empty_model(const struct row *row)
{
	return strcmp(row_text(row->of_case, "model"), "empty") == 0;
}

/* How many rows with a number carry each note; a note that all of them carry is told once, below them. */
struct common {
	json_t *counts; /* owned */
	json_int_t numbers;
};

static const json_t *notes_of(const struct row *row)
{
	return json_object_get(row->of_case, "notes");
}

static struct common count_notes(const struct row *rows, size_t count)
{
	struct common common = {.counts = json_object()};

	for (size_t i = 0; i < count; i++) {
		json_t *note;
		size_t n;

		common.numbers += !is_empty_model(&rows[i]) &&
		                  strcmp(row_text(rows[i].of_case, "status"), "ok") == 0;
		json_array_foreach(notes_of(&rows[i]), n, note)
		{
			const char *text = json_string_value(note);
			json_t *known = text ? json_object_get(common.counts, text) : NULL;

			if (text)
				json_object_set_new(common.counts, text,
				                    json_integer(json_integer_value(known) + 1));
		}
	}
	return common;
}

static bool is_common(const struct common *common, const char *note)
{
	return common->numbers > 1 &&
	       json_integer_value(json_object_get(common->counts, note)) == common->numbers;
}

static void print_common_notes(const struct table *table, const struct row *rows, size_t count,
                               const struct common *common)
{
	json_t *note;
	size_t n;

	for (size_t i = 0; i < count; i++) {
		if (strcmp(row_text(rows[i].of_case, "status"), "ok"))
			continue;
		json_array_foreach(notes_of(&rows[i]), n, note)
		{
			const char *text = json_string_value(note);

			if (!text || !is_common(common, text))
				continue;
			fputs("  all: ", table->out);
			format_wrapped(table->out, table->width, 7, 7, text);
		}
		return;
	}
}

static void print_notes(const struct table *table, const struct row *row,
                        const struct common *common)
{
	char text[4 * ROW_TITLE] = "";
	size_t i, length = 0;
	json_t *note;

	if (strcmp(row_text(row->of_case, "status"), "ok"))
		return;
	if (json_is_true(json_object_get(row->of_case, "shared")))
		length += (size_t)snprintf(text, sizeof(text), "shares cores with the generator");
	json_array_foreach(notes_of(row), i, note)
	{
		const char *told = json_string_value(note);

		if (told && length < sizeof(text) && !is_common(common, told))
			length += (size_t)snprintf(text + length, sizeof(text) - length, "%s%s",
			                           length ? "; " : "", told);
	}
	if (!text[0])
		return;
	text_whole(text);
	fprintf(table->out, "      ");
	format_wrapped(table->out, table->width, 6, 6, text);
}

static void print_row(const struct table *table, const struct row *row)
{
	const json_t *of_case = row->of_case;
	const char *status = row_text(of_case, "status"), *gate = row_gate(of_case);
	int title = format_width(row->title);
	char text[FORMAT_TEXT];

	if (title <= NAME_COLUMN - 1)
		fprintf(table->out, "  %s%*s", row->title, NAME_COLUMN - title, "");
	else
		fprintf(table->out, "  %s\n  %*s", row->title, NAME_COLUMN, "");
	fprintf(table->out, "%4d  ", row_cores(of_case));
	if (strcmp(status, "ok")) {
		char reason[4 * ROW_TITLE];

		snprintf(reason, sizeof(reason), "%s%s: %s", status,
		         strcmp(row_text(of_case, "expect"), status) == 0 ? " (as expected)" : "",
		         row_text(of_case, "reason"));
		format_wrapped(table->out, table->width, NAME_COLUMN + 8, NAME_COLUMN + 8, reason);
		return;
	}
	print_cell(table, 11,
	           format_quantity(row_median(of_case, gate),
	                           row_text(row_metric(of_case, gate), "unit"), text));
	fputs("  ", table->out);
	print_interval(table, of_case, gate);
	print_versus(table, of_case);
	print_metric_cell(table, of_case, row_cpu_metric(of_case), 9);
	if (wide(table)) {
		print_metric_cell(table, of_case, "latency_p50", 10);
		print_metric_cell(table, of_case, "latency_p99", 10);
	}
	fputc('\n', table->out);
}

/* What the harness itself takes of each operation, where the model that does nothing was run. */
static void print_own_share(const struct table *table, const struct row *row)
{
	const char *unit = row_text(row_metric(row->of_case, row_gate(row->of_case)), "unit");
	double rate = row_median(row->of_case, row_gate(row->of_case));
	bool bytes = strcmp(unit, "bytes/s") == 0;
	char text[FORMAT_TEXT];

	if (strcmp(row_text(row->of_case, "status"), "ok") || !(rate > 0))
		return;
	fprintf(table->out, "  harness: %s of each %s at cores=%d (model empty, not verified)\n",
	        format_quantity((bytes ? 1024 * 1024 : 1) * row_cores(row->of_case) * 1e9 / rate,
	                        "ns", text),
	        bytes ? "MiB" : "operation", row_cores(row->of_case));
}

/* How far the numbers of this table can be told apart. */
static void print_spread(const struct table *table, const struct row *rows, size_t count)
{
	static const char *const keys[] = {"between_trials_percent", "within_trials_percent",
	                                   "smallest_change_percent"};
	double most[3] = {NAN, NAN, NAN}, *values = memory_zalloc(count + 1, sizeof(*values)),
	       middle[3];
	char text[6][FORMAT_TEXT], line[8 * FORMAT_TEXT];

	for (int k = 0; values && k < 3; k++) {
		size_t n = 0;

		for (size_t i = 0; i < count; i++) {
			double value = row_number(json_object_get(
			        json_object_get(rows[i].of_case, "spread"), keys[k]));

			if (isfinite(value) && !is_empty_model(&rows[i]))
				values[n++] = value;
		}
		middle[k] = stats_median(values, n);
		for (size_t i = 0; i < n; i++)
			most[k] = fmax(most[k], values[i]);
		format_digits(middle[k], text[2 * k]);
		format_digits(most[k], text[2 * k + 1]);
	}
	if (values && isfinite(middle[2])) {
		snprintf(line, sizeof(line),
		         "spread: trials %s %% (worst %s), windows %s %% (%s); smallest change "
		         "seen: "
		         "%s %% (%s)",
		         text[0], text[1], text[2], text[3], text[4], text[5]);
		fputs("  ", table->out);
		format_wrapped(table->out, table->width, 4, 2, line);
	}
	if (values && isfinite(middle[0]) && !isfinite(middle[2]))
		fprintf(table->out, "  too few trials for intervals: at least 6 are needed\n");
	free(values);
}

static const char *baseline_of(const struct row *rows, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (json_is_true(json_object_get(rows[i].of_case, "baseline")))
			return row_text(rows[i].of_case, "model");
	return "";
}

static void print_group(struct table *table, struct row *rows, size_t count)
{
	struct common common = count_notes(rows, count);

	print_heading(table, rows, baseline_of(rows, count));
	rows_sort(rows, count, table->view);
	for (size_t i = 0; i < count; i++)
		if (!is_empty_model(&rows[i])) {
			print_row(table, &rows[i]);
			print_notes(table, &rows[i], &common);
		}
	print_common_notes(table, rows, count, &common);
	json_decref(common.counts);
	for (size_t i = 0; i < count; i++)
		if (is_empty_model(&rows[i]))
			print_own_share(table, &rows[i]);
	print_spread(table, rows, count);
}

/* Documents of before this was known do not tell it. */
static void print_protection(const struct table *table, const json_t *document)
{
	const json_t *machine = json_object_get(document, "machine");
	const char *why = json_string_value(
	        json_object_get(json_object_get(machine, "unavailable"), "protection"));
	char text[256];

	if (!json_is_null(json_object_get(machine, "protection")))
		return;
	snprintf(text, sizeof(text),
	         "unprotected: models could signal and trace what else ran here (%s)",
	         why ? why : "why is not told");
	text_whole(text);
	fputc('\n', table->out);
	format_wrapped(table->out, table->width, 2, 0, text);
}

/* Nobody is to take numbers for measured that were made up. */
static void print_simulated(const struct table *table, const json_t *document)
{
	const char *text = row_text(json_object_get(document, "machine"), "simulated");

	if (!*text)
		return;
	fputs("simulated  ", table->out);
	format_wrapped(table->out, table->width, 11, 11, text);
}

int result_print(const json_t *document, const struct table_view *view, FILE *out,
                 struct hd_error *err)
{
	struct table table = {
	        .view = view, .out = out, .width = view->width ? view->width : DEFAULT_WIDTH};
	struct row *rows;
	size_t count;
	int code = rows_collect(document, view, &rows, &count, err);

	if (!code)
		code = rows_gather(rows, count, err);
	if (!code)
		print_simulated(&table, document);
	for (size_t i = 0; !code && i < count;) {
		size_t group = rows_group(rows + i, count - i);

		print_group(&table, rows + i, group);
		i += group;
	}
	if (!code)
		print_protection(&table, document);
	free(rows);
	return code;
}
