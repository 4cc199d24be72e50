/* SPDX-License-Identifier: MIT */
/*
 * github-action-benchmark's own formats: a row a case, and the direction belongs to the file, so what is
 * better higher and what is better lower are two exports.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "export_set.h"
#include "format.h"
#include "result_rows.h"

/*
 * "± 512000". Read with a pattern that wants a digit and at least one character more, and then as one
 * number: never a lone digit, no blanks between thousands.
 */
static void put_range(json_t *entry, double low, double high)
{
	double half = (high - low) / 2;

	if (isfinite(half))
		json_object_set_new(entry, "range",
		                    half >= 1000 ? json_sprintf("\u00b1 %.0f", half)
		                                 : json_sprintf("\u00b1 %#.4g", half));
}

static void add_line(json_t *lines, json_t *line)
{
	json_array_append_new(lines, line);
}

static json_t *joined(const json_t *lines)
{
	json_t *text = json_string(""), *line, *longer;
	size_t i;

	json_array_foreach(lines, i, line)
	{
		longer = json_sprintf("%s%s%s", json_string_value(text), i ? "\n" : "",
		                      json_string_value(line));
		json_decref(text);
		text = longer;
	}
	return text;
}

/* What the tooltip says. */
static json_t *extra_json(const struct export_row *row)
{
	const json_t *metric = export_metric(row), *interval = json_object_get(metric, "ci95"),
	             *notes = json_object_get(row->of_case, "notes");
	const char *unit = row_text(metric, "unit");
	char low[FORMAT_TEXT], high[FORMAT_TEXT];
	json_t *lines = json_array(), *text, *note;
	size_t i;

	add_line(lines, json_sprintf("metric: %s", row->metric));
	add_line(lines,
	         json_sprintf("trials: %zu", json_array_size(json_object_get(metric, "trials"))));
	if (json_array_size(interval) == 2)
		add_line(lines,
		         json_sprintf("ci95: %s..%s",
		                      format_quantity(row_number(json_array_get(interval, 0)), unit,
		                                      low),
		                      format_quantity(row_number(json_array_get(interval, 1)), unit,
		                                      high)));
	json_array_foreach(notes, i, note) if (json_is_string(note)) json_array_append(lines, note);
	text = joined(lines);
	json_decref(lines);
	return text;
}

static json_t *entry_json(const struct export_row *row)
{
	const json_t *metric = export_metric(row), *interval = json_object_get(metric, "ci95");
	json_t *entry =
	        json_pack("{s:s, s:s, s:f}", "name", row->name, "unit", row_text(metric, "unit"),
	                  "value", row_median(row->of_case, row->metric));

	if (json_array_size(interval) == 2)
		put_range(entry, row_number(json_array_get(interval, 0)),
		          row_number(json_array_get(interval, 1)));
	json_object_set_new(entry, "extra", extra_json(row));
	return entry;
}

static int write_entries(const struct export_set *set, FILE *out, struct hd_error *err)
{
	json_t *entries = json_array();
	int code;

	for (size_t i = 0; i < set->row_count; i++)
		json_array_append_new(entries, entry_json(&set->rows[i]));
	code = export_dump(entries, out, err);
	json_decref(entries);
	return code;
}

const struct export_format export_github_bigger = {
        .name = "github-action-bigger",
        .help = "github-action-benchmark's tool customBiggerIsBetter:\n"
                "of each case the first metric that is better higher",
        .traits = EXPORT_ONE_ROW | EXPORT_NEVER_EMPTY,
        .better = "higher",
        .write = write_entries,
};

const struct export_format export_github_smaller = {
        .name = "github-action-smaller",
        .help = "its tool customSmallerIsBetter: of each case the\n"
                "first metric that is better lower",
        .traits = EXPORT_ONE_ROW | EXPORT_NEVER_EMPTY,
        .better = "lower",
        .write = write_entries,
};
