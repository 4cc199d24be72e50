/* SPDX-License-Identifier: MIT */
/* A comparison as a table: what must be looked at comes first, nothing is left out. */
#include "verdict_text.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "memory.h"
#include "result_rows.h"
#include "stats.h"

enum { NAME_COLUMN = 14, MOST_NAME = 34, DEFAULT_WIDTH = 80 };

struct sheet {
	const json_t *document;
	FILE *out;
	int width, name_width;
	bool is_noise_floor; /* the same against itself */
};

/* Texts of many lengths are put together in memory, cleaned, and broken into lines. */
struct words {
	FILE *stream;
	char *text;
	size_t size;
};

static FILE *words_begin(struct words *words)
{
	*words = (struct words){0};
	words->stream = open_memstream(&words->text, &words->size);
	if (!words->stream)
		memory_count_failure();
	return words->stream;
}

/* Prints what was put together, unless it is nothing: `mark` first, further lines `indent` deep. */
static void words_end(struct words *words, const struct sheet *sheet, const char *mark, int indent)
{
	char *text = text_of(words->stream, &words->text);

	if (!text)
		memory_count_failure();
	if (text && *text) {
		fputs(mark, sheet->out);
		format_wrapped(sheet->out, sheet->width, indent, (int)strlen(mark), text);
	}
	free(text);
}

/* ---- What is said first ------------------------------------------------------------------------ */

static void print_first_line(const struct sheet *sheet)
{
	struct words words;
	FILE *line = words_begin(&words);

	if (!line)
		return;
	comparison_put_counts(sheet->document, line);
	fputs(" (", line);
	comparison_put_terms(sheet->document, line);
	fputc(')', line);
	words_end(&words, sheet, "", 2);
}

static void print_ruler(const struct sheet *sheet)
{
	struct words words;
	FILE *line = words_begin(&words);

	if (!line)
		return;
	comparison_put_ruler(sheet->document, line);
	words_end(&words, sheet, "ruler    ", 9);
}

static void print_place(const struct sheet *sheet, const char *side, const char *mark)
{
	struct words words;
	FILE *line = words_begin(&words);

	if (!line)
		return;
	comparison_put_place(sheet->document, side, line);
	words_end(&words, sheet, mark, 9);
}

/* ---- Rows -------------------------------------------------------------------------------------- */

/* A case's name is WORKLOAD[/PARAMETER]/MODEL[/OPTION]/cores=N: where the model stands in it, or NULL. */
static const char *model_in(const char *name, const char *model)
{
	size_t length = strlen(model);

	for (const char *at = name; length && (at = strstr(at, model)); at += length)
		if (at > name && at[-1] == '/' && at[length] == '/')
			return at;
	return NULL;
}

/* What stands before the model is the group. */
static void title_row(struct row *row)
{
	const json_t *verdict = row->of_case;
	const char *name = row_text(verdict, "case"), *unit = row_text(verdict, "unit");
	const char *model = model_in(name, row_text(verdict, "model"));
	const char *group = model ? name : row_text(verdict, "workload");
	size_t length = model ? (size_t)(model - name) - 1 : strlen(group);

	snprintf(row->title, ROW_TITLE, "%.*s",
	         (int)(model ? strrchr(name, '/') - model : ROW_TITLE), model ? model : name);
	snprintf(row->group, ROW_TITLE, "%.*s: %.80s%s%.40s", (int)length, group,
	         row_text(verdict, "metric"), *unit ? ", " : "", unit);
	text_clean(row->title);
	text_clean(row->group);
}

static int compare_rows(const void *a, const void *b)
{
	const struct row *left = a, *right = b;
	int difference =
	        verdict_rank(verdict_in(left->of_case)) - verdict_rank(verdict_in(right->of_case));

	if (difference)
		return difference;
	return left->index < right->index ? -1 : 1;
}

static void print_cell(const struct sheet *sheet, int width, const char *text)
{
	int room = width - format_width(text);

	fprintf(sheet->out, "%*s%s", room > 1 ? room : 1, "", text);
}

static void print_heading(const struct sheet *sheet, const struct row *row)
{
	fprintf(sheet->out, "\n%s\n%*s", row->group, sheet->name_width + 6, "cores");
	fputs(sheet->is_noise_floor ? "    median     noise floor %  smallest %  verdict\n"
	                            : "    base     new    +-%   95 % interval      q  verdict\n",
	      sheet->out);
}

/* A number without its unit, which stands above. */
static void print_number(const struct sheet *sheet, int width, const json_t *verdict,
                         const char *key)
{
	const char *unit = row_text(verdict, "unit");
	bool is_share = strcmp(unit, "1") == 0 || strcmp(unit, "percent") == 0;
	char text[FORMAT_TEXT];

	print_cell(sheet, width,
	           format_quantity(row_number(json_object_get(verdict, key)), is_share ? "1" : "",
	                           text));
}

static void print_change(const struct sheet *sheet, const json_t *verdict)
{
	char text[2 * FORMAT_TEXT];

	print_number(sheet, 8, verdict, "base");
	print_number(sheet, 8, verdict, "new");
	print_cell(sheet, 7, change_text(row_number(json_object_get(verdict, "ratio")), text));
	print_cell(sheet, 16, change_interval(json_object_get(verdict, "ci95"), text));
	print_cell(sheet, 7, chance_text(row_number(json_object_get(verdict, "q")), text));
}

static void print_noise(const struct sheet *sheet, const json_t *verdict)
{
	double smallest = row_number(json_object_get(verdict, "smallest_change_percent"));
	char text[2 * FORMAT_TEXT];

	print_number(sheet, 10, verdict, "base");
	print_cell(sheet, 18, change_interval(json_object_get(verdict, "ci95"), text));
	if (isfinite(smallest))
		snprintf(text, sizeof(text), "%.1f", smallest);
	print_cell(sheet, 12, isfinite(smallest) ? text : "-");
}

static const char *mark_of(enum verdict verdict)
{
	return verdict == VERDICT_REGRESSION    ? "!"
	       : verdict == VERDICT_IMPROVEMENT ? "+"
	       : verdict == VERDICT_SAME        ? " "
	                                        : "?";
}

static void print_row(const struct sheet *sheet, const struct row *row)
{
	const json_t *verdict = row->of_case;
	enum verdict found = verdict_in(verdict);
	int title = format_width(row->title);
	struct words words;
	FILE *notes;

	fprintf(sheet->out, "%s %s", mark_of(found), row->title);
	if (title > sheet->name_width - 1)
		fprintf(sheet->out, "\n%*s", sheet->name_width + 2, "");
	else
		fprintf(sheet->out, "%*s", sheet->name_width - title, "");
	fprintf(sheet->out, "%4d", row_cores(verdict));
	if (sheet->is_noise_floor)
		print_noise(sheet, verdict);
	else
		print_change(sheet, verdict);
	fprintf(sheet->out, "  %s\n", verdict_name(found));
	notes = words_begin(&words);
	if (!notes)
		return;
	verdict_put_notes(sheet->document, verdict, notes);
	words_end(&words, sheet, "      ", 6);
}

/* How small a change these rows could have told. */
static void print_smallest(const struct sheet *sheet, const struct row *rows, size_t count)
{
	double *values = memory_zalloc(count + 1, sizeof(*values)), most = 0;
	size_t n = 0;

	for (size_t i = 0; values && i < count; i++) {
		double value =
		        row_number(json_object_get(rows[i].of_case, "smallest_change_percent"));

		if (!isfinite(value))
			continue;
		values[n++] = value;
		most = fmax(most, value);
	}
	if (n == 1)
		fprintf(sheet->out, "  smallest change seen: %.1f %%\n", most);
	else if (n)
		fprintf(sheet->out, "  smallest change seen: %.1f %% (worst %.1f)\n",
		        stats_median(values, n), most);
	free(values);
}

static int print_verdicts(const struct sheet *sheet)
{
	const json_t *verdicts = json_object_get(sheet->document, "verdicts");
	size_t count = json_array_size(verdicts);
	struct row *rows = calloc(count + 1, sizeof(*rows));

	if (!rows)
		return -ENOMEM;
	for (size_t i = 0; i < count; i++) {
		rows[i].of_case = json_array_get(verdicts, i);
		rows[i].index = i;
		title_row(&rows[i]);
	}
	qsort(rows, count, sizeof(*rows), compare_rows);
	if (rows_gather(rows, count, NULL)) {
		free(rows);
		return -ENOMEM;
	}
	for (size_t i = 0; i < count;) {
		size_t group = rows_group(rows + i, count - i);

		print_heading(sheet, rows + i);
		for (size_t k = i; k < i + group; k++)
			print_row(sheet, rows + k);
		print_smallest(sheet, rows + i, group);
		i += group;
	}
	free(rows);
	return 0;
}

/* ---- The rest ---------------------------------------------------------------------------------- */

static void print_groups(const struct sheet *sheet)
{
	const json_t *groups = json_object_get(sheet->document, "groups");
	json_t *group;
	size_t i;

	if (json_array_size(groups))
		fputs("\ngeometric means over the cases in both\n", sheet->out);
	json_array_foreach(groups, i, group)
	{
		json_int_t cases = json_integer_value(json_object_get(group, "cases"));
		char change[FORMAT_TEXT];
		struct words words;
		FILE *line = words_begin(&words);

		if (!line)
			continue;
		fprintf(line, "%s: %s %% over %" JSON_INTEGER_FORMAT " case%s",
		        row_text(group, "name"),
		        change_text(row_number(json_object_get(group, "ratio")), change), cases,
		        cases == 1 ? "" : "s");
		words_end(&words, sheet, "  ", 4);
	}
}

/* What stands in the heading is not said again. */
static void put_unjudged(const struct sheet *sheet, const json_t *item, FILE *line)
{
	bool failed = strcmp(row_text(item, "state"), "failed") == 0;

	fputs(row_text(item, "case"), line);
	if (failed || *row_text(item, "reason"))
		fputs(": ", line);
	if (failed)
		unjudged_put(sheet->document, item, line);
	else
		fputs(row_text(item, "reason"), line);
}

static void print_state(const struct sheet *sheet, const char *state)
{
	const json_t *unjudged = json_object_get(sheet->document, "unjudged");
	bool any = false;
	json_t *item;
	size_t i;

	json_array_foreach(unjudged, i, item)
	{
		struct words words;
		FILE *line;

		if (strcmp(row_text(item, "state"), state) || !(line = words_begin(&words)))
			continue;
		if (!any)
			fprintf(sheet->out, "\nnot judged, %s\n", state);
		any = true;
		put_unjudged(sheet, item, line);
		words_end(&words, sheet, unjudged_fails(sheet->document, item) ? "! " : "  ", 4);
	}
}

int verdict_table(const json_t *document, int width, FILE *out, struct hd_error *err)
{
	static const char *const states[] = {"failed", "removed", "new", "skipped"};
	struct sheet sheet = {.document = document,
	                      .out = out,
	                      .width = width ? width : DEFAULT_WIDTH,
	                      .is_noise_floor = comparison_kind(document) == COMPARISON_AA};

	sheet.name_width = NAME_COLUMN;
	if (sheet.width > DEFAULT_WIDTH)
		sheet.name_width += sheet.width - DEFAULT_WIDTH;
	if (sheet.name_width > MOST_NAME)
		sheet.name_width = MOST_NAME;
	print_first_line(&sheet);
	print_place(&sheet, "base", "base     ");
	print_place(&sheet, "new", "new      ");
	print_ruler(&sheet);
	if (print_verdicts(&sheet))
		return hd_error(err, -ENOMEM, "out of memory");
	print_groups(&sheet);
	for (size_t i = 0; i < sizeof(states) / sizeof(states[0]); i++)
		print_state(&sheet, states[i]);
	return 0;
}
