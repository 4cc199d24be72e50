/* SPDX-License-Identifier: MIT */
/*
 * A comparison as Markdown for GitHub's step summary: the verdict, a table of what matters, the rest
 * folded. GitHub refuses a summary above 1024 KiB as a whole: rows that would not fit are counted, and that
 * is said.
 */
#include "verdict_text.h"

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "memory.h"
#include "result_rows.h"

enum { MOST_BYTES = 1000 * 1024 /* of rows: the rest is for headings and for what is left out */ };

struct page {
	const json_t *document;
	FILE *out;
	size_t bytes, left_out;
	bool is_noise_floor;
};

/*
 * Markdown takes a character that is written by its number for text, whatever it would have begun: a cell,
 * code, HTML, emphasis, a link, a formula, a mention.
 */
static void put_text(FILE *out, const char *text)
{
	for (const unsigned char *c = (const unsigned char *)text; *c; c++)
		if (iscntrl(*c))
			fputc('?', out);
		else if (isascii(*c) && !isalnum(*c) && !strchr(" /=.,;-+%()?'", *c))
			fprintf(out, "&#%d;", *c);
		else
			fputc(*c, out);
}

/* ---- Rows -------------------------------------------------------------------------------------- */

/* A row is put together first: it is printed whole, or counted. */
struct page_row {
	FILE *stream;
	char *text;
	size_t size;
};

static FILE *row_begin(struct page_row *row)
{
	*row = (struct page_row){0};
	row->stream = open_memstream(&row->text, &row->size);
	return row->stream;
}

static int row_end(struct page_row *row, struct page *page)
{
	if (!text_of(row->stream, &row->text))
		return -ENOMEM;
	if (page->bytes + row->size > MOST_BYTES) {
		page->left_out++;
	} else {
		fputs(row->text, page->out);
		page->bytes += row->size;
	}
	free(row->text);
	return 0;
}

typedef void put_function(const json_t *document, const json_t *item, FILE *);

/* What `put` writes, as text. */
static void put_words(const struct page *page, const json_t *item, FILE *out, put_function *put)
{
	char *text = NULL;
	size_t size;
	FILE *words = open_memstream(&text, &size);

	if (words)
		put(page->document, item, words);
	if (words && text_of(words, &text))
		put_text(out, text);
	else
		memory_count_failure();
	free(text);
}

static void put_quantity(const json_t *verdict, const char *key, FILE *out)
{
	char text[FORMAT_TEXT];

	put_text(out, verdict_quantity(verdict, key, text));
	fputs(" | ", out);
}

static void put_change(const struct page *page, const json_t *verdict, const char *strong,
                       FILE *out)
{
	double smallest = row_number(json_object_get(verdict, "smallest_change_percent"));
	double ratio = row_number(json_object_get(verdict, "ratio"));
	char change[FORMAT_TEXT], interval[2 * FORMAT_TEXT], q[FORMAT_TEXT];

	if (!page->is_noise_floor && isfinite(ratio))
		fprintf(out, "%s%s %%%s ", strong, change_text(ratio, change), strong);
	fprintf(out, "%s | ", change_interval(json_object_get(verdict, "ci95"), interval));
	if (!page->is_noise_floor)
		put_text(out, chance_text(row_number(json_object_get(verdict, "q")), q));
	else
		fprintf(out, isfinite(smallest) ? "%.1f" : "-", smallest);
	fputs(" | ", out);
}

static int print_verdict(struct page *page, const json_t *verdict)
{
	enum verdict found = verdict_in(verdict);
	const char *strong = found == VERDICT_REGRESSION ? "**" : "";
	struct page_row row;
	FILE *out = row_begin(&row);

	if (!out)
		return -ENOMEM;
	fputs("| ", out);
	put_text(out, row_text(verdict, "case"));
	if (json_is_false(json_object_get(verdict, "gates"))) {
		fputs(", ", out);
		put_text(out, row_text(verdict, "metric"));
	}
	fputs(" | ", out);
	put_quantity(verdict, "base", out);
	put_quantity(verdict, "new", out);
	put_change(page, verdict, strong, out);
	fprintf(out, "%s%s%s | ", strong, verdict_name(found), strong);
	put_words(page, verdict, out, verdict_put_notes);
	fputs(" |\n", out);
	return row_end(&row, page);
}

static int print_unjudged(struct page *page, const json_t *unjudged)
{
	struct page_row row;
	FILE *out = row_begin(&row);

	if (!out)
		return -ENOMEM;
	fputs("| ", out);
	put_text(out, row_text(unjudged, "case"));
	fputs(" | ", out);
	put_words(page, unjudged, out, unjudged_put);
	fputs(" |\n", out);
	return row_end(&row, page);
}

/* ---- Tables ------------------------------------------------------------------------------------ */

static void print_heading(const struct page *page)
{
	fputs(page->is_noise_floor
	              ? "\n| case | one way | the other | noise floor, % | smallest change, % | "
	                "verdict | notes |\n"
	              : "\n| case | base | new | change [95 % interval] | q | verdict | notes |\n",
	      page->out);
	fputs("|:--|--:|--:|--:|--:|:--|:--|\n", page->out);
}

/* The verdicts that matter, or those that are "same", worst first; a heading where there is one. */
static int print_verdicts(struct page *page, int from, int to)
{
	const json_t *verdicts = json_object_get(page->document, "verdicts");
	bool any = false;
	json_t *verdict;
	size_t i;

	for (int rank = from; rank <= to; rank++) {
		json_array_foreach(verdicts, i, verdict)
		{
			if (verdict_rank(verdict_in(verdict)) != rank)
				continue;
			if (!any)
				print_heading(page);
			any = true;
			if (print_verdict(page, verdict))
				return -ENOMEM;
		}
	}
	return 0;
}

static int print_states(struct page *page, const char *const *states)
{
	const json_t *unjudged = json_object_get(page->document, "unjudged");
	bool any = false;
	json_t *item;
	size_t i;

	for (; *states; states++) {
		json_array_foreach(unjudged, i, item)
		{
			if (strcmp(row_text(item, "state"), *states))
				continue;
			if (!any)
				fputs("\n| not judged | why |\n|:--|:--|\n", page->out);
			any = true;
			if (print_unjudged(page, item))
				return -ENOMEM;
		}
	}
	return 0;
}

static int print_groups(struct page *page)
{
	const json_t *groups = json_object_get(page->document, "groups");
	json_t *group;
	size_t i;

	if (json_array_size(groups))
		fputs("\n| geometric mean over the cases in both | change | cases "
		      "|\n|:--|--:|--:|\n",
		      page->out);
	json_array_foreach(groups, i, group)
	{
		char change[FORMAT_TEXT];
		struct page_row row;
		FILE *out = row_begin(&row);

		if (!out)
			return -ENOMEM;
		fputs("| ", out);
		put_text(out, row_text(group, "name"));
		fprintf(out, " | %s %% | %" JSON_INTEGER_FORMAT " |\n",
		        change_text(row_number(json_object_get(group, "ratio")), change),
		        json_integer_value(json_object_get(group, "cases")));
		if (row_end(&row, page))
			return -ENOMEM;
	}
	return 0;
}

/* ---- The page ---------------------------------------------------------------------------------- */

static void put_places(const json_t *document, const json_t *nothing, FILE *out)
{
	(void)nothing;
	if (comparison_kind(document) == COMPARISON_AA)
		return;
	fputs("base ", out);
	comparison_put_place(document, "base", out);
	fputs("; new ", out);
	comparison_put_place(document, "new", out);
}

static int print_folded(struct page *page)
{
	static const char *const states[] = {"removed", "new", "skipped", NULL};
	const json_t *summary = json_object_get(page->document, "summary");
	int code;

	fprintf(page->out, "\n<details><summary>all else: %" JSON_INTEGER_FORMAT " same",
	        json_integer_value(json_object_get(summary, "same")));
	for (const char *const *state = states; *state; state++)
		fprintf(page->out, ", %" JSON_INTEGER_FORMAT " %s",
		        json_integer_value(json_object_get(summary, *state)), *state);
	fputs("</summary>\n", page->out);
	code = print_verdicts(page, verdict_rank(VERDICT_SAME), verdict_rank(VERDICT_SAME));
	if (!code)
		code = print_groups(page);
	if (!code)
		code = print_states(page, states);
	fputs("\n", page->out);
	comparison_put_ruler(page->document, page->out);
	fputs("\n\n</details>\n", page->out);
	return code;
}

int verdict_markdown(const json_t *document, FILE *out, struct hd_error *err)
{
	static const char *const failed[] = {"failed", NULL};
	struct page page = {.document = document,
	                    .out = out,
	                    .is_noise_floor = comparison_kind(document) == COMPARISON_AA};
	int code;

	fputs("### heddle: ", out);
	comparison_put_counts(document, out);
	fputs(" (", out);
	comparison_put_terms(document, out);
	fputs(")\n\n", out);
	put_words(&page, NULL, out, put_places);
	fputc('\n', out);
	code = print_verdicts(&page, 0, verdict_rank(VERDICT_SAME) - 1);
	if (!code)
		code = print_states(&page, failed);
	if (!code)
		code = print_folded(&page);
	if (page.left_out)
		fprintf(out, "\n%zu row%s left out: GitHub takes 1024 KiB; the document has all.\n",
		        page.left_out, page.left_out == 1 ? " is" : "s are");
	return code ? hd_error(err, code, "out of memory") : 0;
}
