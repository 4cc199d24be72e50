/* SPDX-License-Identifier: MIT */
/* A table a result, for a step summary, an issue or a page. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "export_set.h"
#include "format.h"
#include "result_rows.h"

enum { STEP_SUMMARY = 1024 * 1024 /* bytes that GitHub takes of one step */ };

/* What Markdown or HTML reads as its own is escaped; what would end a row is a blank. */
static void put_text(FILE *out, const char *text)
{
	for (; *text; text++)
		switch (*text) {
		case '<':
			fputs("&lt;", out);
			break;
		case '>':
			fputs("&gt;", out);
			break;
		case '&':
			fputs("&amp;", out);
			break;
		case '\\':
		case '`':
		case '*':
		case '_':
		case '[':
		case ']':
		case '#':
		case '|':
		case '~':
			fprintf(out, "\\%c", *text);
			break;
		default:
			fputc((unsigned char)*text < 0x20 || *text == 0x7f ? ' ' : *text, out);
		}
}

static void put_fact(FILE *out, const char *before, const json_t *object, const char *key)
{
	if (!*row_text(object, key))
		return;
	fputs(before, out);
	put_text(out, row_text(object, key));
}

/* "60 cases: 58 ok, 2 crashed" */
static void put_counts(FILE *out, const struct export_row *rows, size_t count)
{
	json_t *statuses = json_object(), *number;
	const char *status, *before = ": ";

	for (size_t i = 0; i < count; i++) {
		status = row_text(rows[i].of_case, "status");
		number = json_object_get(statuses, status);
		json_object_set_new(statuses, status, json_integer(json_integer_value(number) + 1));
	}
	fprintf(out, ", %zu case%s", count, count == 1 ? "" : "s");
	json_object_foreach(statuses, status, number)
	{
		fprintf(out, "%s%" JSON_INTEGER_FORMAT " ", before, json_integer_value(number));
		put_text(out, *status ? status : "without a status");
		before = ", ";
	}
	json_decref(statuses);
}

static void put_heading(FILE *out, const struct export_source *source,
                        const struct export_row *rows, size_t count)
{
	const json_t *machine = json_object_get(source->document, "machine"),
	             *run = json_object_get(source->document, "run");

	fputs("### heddle", out);
	put_fact(out, ": ", run, "name");
	put_counts(out, rows, count);
	fputs("\n\n", out);
	put_text(out, source->path);
	put_fact(out, ", ", run, "started");
	put_fact(out, ", ", machine, "cpu_model");
	put_fact(out, ", ", machine, "virtualisation");
	put_fact(out, ", Linux ", machine, "kernel");
	put_fact(out, "; heddle ", json_object_get(source->document, "tool"), "version");
	fputs("\n\n| case | metric | median | 95 % interval | CPU | vs baseline | trials | notes "
	      "|\n"
	      "|:--|:--|--:|--:|--:|--:|--:|:--|\n",
	      out);
}

static void put_interval(FILE *out, const json_t *metric)
{
	const json_t *interval = json_object_get(metric, "ci95");
	const char *unit = row_text(metric, "unit");
	char low[FORMAT_TEXT], high[FORMAT_TEXT];

	if (json_array_size(interval) != 2)
		return;
	put_text(out, format_quantity(row_number(json_array_get(interval, 0)), unit, low));
	fputs(" to ", out);
	put_text(out, format_quantity(row_number(json_array_get(interval, 1)), unit, high));
}

static void put_versus(FILE *out, const json_t *of_case)
{
	double ratio =
	        row_number(json_object_get(json_object_get(of_case, "versus_baseline"), "ratio"));
	char digits[FORMAT_TEXT];

	if (json_is_true(json_object_get(of_case, "baseline")))
		fputs("baseline", out);
	else if (isfinite(ratio))
		fprintf(out, "%sx", format_digits(ratio, digits));
}

static void put_quantity(FILE *out, const json_t *of_case, const char *metric)
{
	char text[FORMAT_TEXT];

	if (metric && isfinite(row_median(of_case, metric)))
		put_text(out, format_quantity(row_median(of_case, metric),
		                              row_text(row_metric(of_case, metric), "unit"), text));
}

static void put_notes(FILE *out, const struct export_row *row)
{
	const json_t *notes = json_object_get(row->of_case, "notes");
	json_t *note;
	size_t i;

	if (row->why) {
		fputs("**", out);
		put_text(out, row->why);
		fputs("**", out);
		return;
	}
	json_array_foreach(notes, i, note)
	{
		fputs(i ? "; " : "", out);
		put_text(out, json_is_string(note) ? json_string_value(note) : "");
	}
}

static void put_row(FILE *out, const struct export_row *row)
{
	const json_t *metric = export_metric(row);

	fputs("| ", out);
	put_text(out, row->name);
	fputs(" | ", out);
	put_text(out, row->metric ? row->metric : "");
	fputs(" | ", out);
	put_quantity(out, row->of_case, row->metric);
	fputs(" | ", out);
	put_interval(out, metric);
	fputs(" | ", out);
	put_quantity(out, row->of_case, row_cpu_metric(row->of_case));
	fputs(" | ", out);
	put_versus(out, row->of_case);
	fprintf(out, " | %zu | ", json_array_size(json_object_get(row->of_case, "trials")));
	put_notes(out, row);
	fputs(" |\n", out);
}

static int write_tables(const struct export_set *set, FILE *out, struct hd_error *err)
{
	const struct export_row *row = set->rows, *end = set->rows + set->row_count;

	(void)err;
	for (size_t i = 0; i < set->source_count; i++) {
		const struct export_row *first = row;

		while (row < end && row->source == &set->sources[i])
			row++;
		fputs(i ? "\n" : "", out);
		put_heading(out, &set->sources[i], first, (size_t)(row - first));
		for (; first < row; first++)
			put_row(out, first);
	}
	if (ftell(out) > STEP_SUMMARY)
		fprintf(set->told,
		        "%ld bytes of Markdown: a step summary on GitHub holds %d; choose with "
		        "--only\n",
		        ftell(out), STEP_SUMMARY);
	return 0;
}

const struct export_format export_markdown = {
        .name = "markdown",
        .help = "a table a result, for $GITHUB_STEP_SUMMARY, an\n"
                "issue or a page; failures as well",
        .traits = EXPORT_FAILURES,
        .write = write_tables,
};
