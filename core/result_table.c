/* SPDX-License-Identifier: MIT */
/* The tables of a result, made from the document alone: what is printed and what is stored agree.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "format.h"
#include "memory.h"
#include "result_columns.h"
#include "result_document.h"
#include "result_scaling.h"
#include "stats.h"

enum { DEFAULT_WIDTH = 80 };

struct table {
	const struct table_view *view;
	FILE *out;
	int width;
	struct columns columns;
	struct scaling_told told;
};

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

		common.numbers += row_has_numbers(&rows[i]);
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

/* A line below the rows. */
static void print_line(const struct table *table, const char *text)
{
	fputs("  ", table->out);
	format_wrapped(table->out, table->width, 4, 2, text);
}

/* What the harness itself takes of each operation, where the model that does nothing was run. */
static void print_own_share(const struct table *table, const struct row *row)
{
	const char *unit = row_text(row_metric(row->of_case, row_gate(row->of_case)), "unit");
	double rate = row_median(row->of_case, row_gate(row->of_case));
	bool bytes = strcmp(unit, "bytes/s") == 0;
	char share[FORMAT_TEXT], text[4 * FORMAT_TEXT];

	if (strcmp(row_text(row->of_case, "status"), "ok") || !(rate > 0))
		return;
	format_quantity((bytes ? 1024 * 1024 : 1) * row_cores(row->of_case) * 1e9 / rate, "ns",
	                share);
	snprintf(text, sizeof(text),
	         "harness: %s of each %s at cores=%d (model empty, not verified)", share,
	         bytes ? "MiB" : "operation", row_cores(row->of_case));
	print_line(table, text);
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

			if (isfinite(value) && !row_is_empty_model(&rows[i]))
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
		print_line(table, line);
	}
	if (values && isfinite(middle[0]) && !isfinite(middle[2]))
		print_line(table, "too few trials for intervals: at least 6 are needed");
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

	columns_heading(&table->columns, rows, baseline_of(rows, count));
	rows_sort(rows, count, table->view);
	for (size_t i = 0; i < count; i++)
		if (!row_is_empty_model(&rows[i])) {
			columns_row(&table->columns, &rows[i]);
			print_notes(table, &rows[i], &common);
		}
	print_common_notes(table, rows, count, &common);
	json_decref(common.counts);
	for (size_t i = 0; i < count; i++)
		if (row_is_empty_model(&rows[i]))
			print_own_share(table, &rows[i]);
	print_spread(table, rows, count);
	columns_legend(&table->columns, rows, count);
	if (table->view->scaling)
		scaling_lines(rows, count, table->view->bars, table->width, table->out,
		              &table->told);
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
	columns_begin(&table.columns, view, rows, code ? 0 : count, table.width, out);
	if (!code)
		print_simulated(&table, document);
	for (size_t i = 0; !code && i < count;) {
		size_t group = rows_group(rows + i, count - i);

		print_group(&table, rows + i, group);
		i += group;
	}
	scaling_legend(&table.told, view->bars, table.width, out);
	if (!code)
		print_protection(&table, document);
	columns_free(&table.columns);
	free(rows);
	return code;
}
