/* SPDX-License-Identifier: MIT */
#include "verdict_text.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "result_rows.h"

enum { LONGEST_UNIT = 20, MOST_NEEDED = 1000 /* pairs that anybody would run */ };

static json_int_t count_in(const json_t *object, const char *key)
{
	return json_integer_value(json_object_get(object, key));
}

static double number_in(const json_t *object, const char *key)
{
	return row_number(json_object_get(object, key));
}

enum comparison comparison_kind(const json_t *document)
{
	const char *kind = row_text(document, "kind");

	return strcmp(kind, "aa") == 0        ? COMPARISON_AA
	       : strcmp(kind, "compare") == 0 ? COMPARISON_COMPARE
	                                      : COMPARISON_AB;
}

/* ---- The whole --------------------------------------------------------------------------------- */

/* "2 regressions", behind a comma where it is not the first. */
static void put_count(FILE *out, json_int_t count, const char *what, const char *plural,
                      bool *first)
{
	if (!count)
		return;
	fprintf(out, "%s%" JSON_INTEGER_FORMAT " %s%s", *first ? "" : ", ", count, what,
	        count == 1 ? "" : plural);
	*first = false;
}

void comparison_put_counts(const json_t *document, FILE *out)
{
	const json_t *summary = json_object_get(document, "summary");
	json_int_t changes = count_in(summary, "regression") + count_in(summary, "improvement");
	size_t verdicts = json_array_size(json_object_get(document, "verdicts"));
	json_int_t judged = count_in(summary, "judged"), cases = count_in(summary, "cases");
	bool first = true;

	fprintf(out, "judged %" JSON_INTEGER_FORMAT " of %" JSON_INTEGER_FORMAT " case%s", judged,
	        cases, cases == 1 ? "" : "s");
	if (comparison_kind(document) == COMPARISON_AA)
		fprintf(out, " against %s", cases == 1 ? "itself" : "themselves");
	if ((json_int_t)verdicts != judged)
		fprintf(out, ", %zu verdicts", verdicts);
	fputs(": ", out);
	if (comparison_kind(document) == COMPARISON_AA) {
		fprintf(out, "%" JSON_INTEGER_FORMAT " false verdict%s", changes,
		        changes == 1 ? "" : "s");
		first = false;
	} else {
		put_count(out, count_in(summary, "regression"), "regression", "s", &first);
		put_count(out, count_in(summary, "improvement"), "improvement", "s", &first);
	}
	put_count(out, count_in(summary, "same"), "same", "", &first);
	put_count(out, count_in(summary, "inconclusive"), "inconclusive", "", &first);
	put_count(out, count_in(summary, "contaminated"), "contaminated", "", &first);
	if (first)
		fputs("no verdict", out);
}

void margin_put(double percent, FILE *out)
{
	fprintf(out, isfinite(percent) ? "margin %.4g %%" : "margin not told", percent);
}

void comparison_put_terms(const json_t *document, FILE *out)
{
	const json_t *run = json_object_get(document, "run");

	margin_put(number_in(document, "margin_percent"), out);
	if (json_is_integer(json_object_get(run, "pairs")))
		fprintf(out, ", %" JSON_INTEGER_FORMAT " pairs", count_in(run, "pairs"));
	if (strcmp(row_text(run, "status"), "interrupted") == 0)
		fputs(", interrupted", out);
	if (comparison_kind(document) == COMPARISON_COMPARE)
		fputs("; weaker than pairs: the machine may have changed between the two results",
		      out);
}

bool comparison_put_ruler(const json_t *document, FILE *out)
{
	const json_t *ruler = json_object_get(document, "ruler"),
	             *pair = json_object_get(ruler, "ci95");
	double taken = number_in(ruler, "taken_percent");
	char low[FORMAT_TEXT], high[FORMAT_TEXT], share[FORMAT_TEXT];

	if (!json_is_object(ruler))
		return false;
	if (json_array_size(pair) == 2)
		fprintf(out,
		        "the same work, timed in each of %" JSON_INTEGER_FORMAT
		        " rounds, moved by %s to %s %%",
		        count_in(ruler, "rounds"),
		        change_text(row_number(json_array_get(pair, 0)), low),
		        change_text(row_number(json_array_get(pair, 1)), high));
	else
		fprintf(out,
		        "%" JSON_INTEGER_FORMAT
		        " rounds are too few to say how far the machine moved",
		        count_in(ruler, "rounds"));
	if (isfinite(taken))
		fprintf(out, "; others took %s %% of a processor", format_digits(taken, share));
	return true;
}

bool comparison_put_place(const json_t *document, const char *side, FILE *out)
{
	const json_t *of_side = json_object_get(document, side);
	const json_t *result, *results = json_object_get(of_side, "results");
	size_t i;

	if (*row_text(of_side, "place")) {
		fputs(row_text(of_side, "place"), out);
		return true;
	}
	json_array_foreach(results, i, result)
	{
		if (i == 0)
			fprintf(out, "%s (%s, %s)", row_text(result, "path"),
			        row_text(result, "name"), row_text(result, "started"));
	}
	if (json_array_size(results) > 1)
		fprintf(out, " and %zu more", json_array_size(results) - 1);
	return json_array_size(results);
}

/* ---- Numbers ----------------------------------------------------------------------------------- */

const char *change_text(double ratio, char text[FORMAT_TEXT])
{
	double percent = 100 * (ratio - 1);

	if (!isfinite(percent))
		return memcpy(text, "-", 2);
	if (fabs(percent) < 0.05)
		return memcpy(text, "0.0", 4); /* neither more nor less */
	snprintf(text, FORMAT_TEXT, "%+.*f", fabs(percent) < 99.95 ? 1 : 0, percent);
	return text;
}

const char *change_interval(const json_t *ci95, char text[2 * FORMAT_TEXT])
{
	double low = row_number(json_array_get(ci95, 0)),
	       high = row_number(json_array_get(ci95, 1));
	char from[FORMAT_TEXT], to[FORMAT_TEXT];

	if (!isfinite(low) || !isfinite(high))
		return memcpy(text, "-", 2);
	snprintf(text, (size_t)2 * FORMAT_TEXT, "[%.60s, %.60s]", change_text(low, from),
	         change_text(high, to));
	return text;
}

const char *chance_text(double q, char text[FORMAT_TEXT])
{
	if (!isfinite(q))
		return memcpy(text, "-", 2);
	if (q < 0.0005)
		return memcpy(text, "<.001", 6);
	snprintf(text, FORMAT_TEXT, q < 0.9995 ? "%.3f" : "%.0f", q);
	return text;
}

/* ---- One verdict ------------------------------------------------------------------------------- */

enum verdict verdict_in(const json_t *verdict)
{
	int found = verdict_find(row_text(verdict, "verdict"));

	return found < 0 ? VERDICT_NONE : (enum verdict)found;
}

int verdict_rank(enum verdict verdict)
{
	static const int ranks[] = {
	        [VERDICT_REGRESSION] = 0,  [VERDICT_CONTAMINATED] = 1, [VERDICT_INCONCLUSIVE] = 2,
	        [VERDICT_IMPROVEMENT] = 3, [VERDICT_NONE] = 4,         [VERDICT_SAME] = 5,
	};

	return ranks[verdict];
}

const char *verdict_quantity(const json_t *verdict, const char *key, char text[FORMAT_TEXT])
{
	const char *unit = row_text(verdict, "unit");

	/* What is longer would be cut, maybe within a character. */
	return format_quantity(number_in(verdict, key), strlen(unit) <= LONGEST_UNIT ? unit : "",
	                       text);
}

void verdict_put_change(const json_t *verdict, FILE *out)
{
	double ratio = number_in(verdict, "ratio");
	char change[FORMAT_TEXT], interval[2 * FORMAT_TEXT], q[FORMAT_TEXT];

	if (isfinite(ratio))
		fprintf(out, "%s %% %s, q %s", change_text(ratio, change),
		        change_interval(json_object_get(verdict, "ci95"), interval),
		        chance_text(number_in(verdict, "q"), q));
	else
		fputs("no ratio", out);
}

/* What stands between two notes. */
static const char *next(bool *first)
{
	const char *mark = *first ? "" : "; ";

	*first = false;
	return mark;
}

static void put_confirmation(const json_t *verdict, FILE *out, bool *first)
{
	const json_t *second = json_object_get(verdict, "confirmation");
	enum verdict kind = verdict_in(verdict);

	if (!json_is_object(second))
		return;
	fprintf(out, "%s%s %" JSON_INTEGER_FORMAT " more pairs: ", next(first),
	        kind == VERDICT_REGRESSION || kind == VERDICT_IMPROVEMENT ? "confirmed by"
	                                                                  : "after",
	        count_in(second, "pairs"));
	verdict_put_change(second, out);
}

static void put_needed(const json_t *document, const json_t *verdict, FILE *out, bool *first)
{
	bool compared = comparison_kind(document) == COMPARISON_COMPARE;
	const char *what = compared ? "trials of each" : "pairs";
	json_int_t needed = count_in(verdict, "pairs_needed");

	if (!json_is_integer(json_object_get(verdict, "pairs_needed")))
		return;
	if (needed > MOST_NEEDED)
		fprintf(out, "%smore than %d %s would be needed", next(first), MOST_NEEDED, what);
	else
		fprintf(out, "%sabout %" JSON_INTEGER_FORMAT " %s would settle it", next(first),
		        needed, what);
}

void verdict_put_notes(const json_t *document, const json_t *verdict, FILE *out)
{
	json_int_t planned = count_in(json_object_get(document, "run"), "pairs");
	double margin = number_in(verdict, "margin_percent");
	double smallest = number_in(verdict, "smallest_change_percent");
	bool is_settled = verdict_in(verdict) != VERDICT_INCONCLUSIVE, first = true;
	json_int_t pairs = count_in(verdict, "pairs");

	if (*row_text(verdict, "reason"))
		fprintf(out, "%s%s", next(&first), row_text(verdict, "reason"));
	put_confirmation(verdict, out, &first);
	put_needed(document, verdict, out, &first);
	if (pairs >= VERDICT_LEAST_PAIRS && planned > pairs)
		fprintf(out, "%s%" JSON_INTEGER_FORMAT " of %" JSON_INTEGER_FORMAT " pairs",
		        next(&first), pairs, planned);
	if (isfinite(margin) && margin != number_in(document, "margin_percent")) {
		fputs(next(&first), out);
		margin_put(margin, out);
	}
	if (isfinite(smallest) && !is_settled && comparison_kind(document) != COMPARISON_AA)
		fprintf(out, "%ssmallest change seen %.1f %%", next(&first), smallest);
}

/* ---- One case without a verdict ----------------------------------------------------------------- */

static const json_t *case_of(const json_t *document, const char *side, const json_t *unjudged)
{
	const json_t *cases = json_object_get(json_object_get(document, side), "cases");
	json_t *of_case;
	size_t i;

	json_array_foreach(cases, i, of_case)
	{
		if (strcmp(row_text(of_case, "name"), row_text(unjudged, "case")) == 0)
			return of_case;
	}
	return NULL;
}

/* The side that failed; the new one where both did. */
static const json_t *case_that_failed(const json_t *document, const json_t *unjudged)
{
	bool base = strcmp(row_text(unjudged, "side"), "base") == 0;

	return case_of(document, base ? "base" : "new", unjudged);
}

const char *unjudged_status(const json_t *document, const json_t *unjudged)
{
	const char *state = row_text(unjudged, "state"), *status;

	if (strcmp(state, "failed"))
		return state;
	status = row_text(case_that_failed(document, unjudged), "status");
	return *status && strcmp(status, "ok") ? status : state;
}

bool unjudged_fails(const json_t *document, const json_t *unjudged)
{
	const char *expected = row_text(case_that_failed(document, unjudged), "expect");

	return strcmp(row_text(unjudged, "state"), "failed") == 0 &&
	       strcmp(row_text(unjudged, "side"), "base") &&
	       strcmp(unjudged_status(document, unjudged), expected);
}

void unjudged_put(const json_t *document, const json_t *unjudged, FILE *out)
{
	const char *side = row_text(unjudged, "side"), *reason = row_text(unjudged, "reason");
	const char *status = unjudged_status(document, unjudged);
	const char *expected = row_text(case_that_failed(document, unjudged), "expect");
	bool both = strcmp(side, "both") == 0;

	fputs(status, out);
	if (strcmp(row_text(unjudged, "state"), "failed") == 0) {
		fputs(strcmp(status, expected) ? "" : " (as expected)", out);
		fprintf(out, both ? " on %s sides" : " on the %s side", side);
	}
	if (*reason)
		fprintf(out, ": %s", reason);
}

/* ---- Texts ------------------------------------------------------------------------------------- */

char *text_of(FILE *stream, char **text)
{
	bool good = !ferror(stream);

	if (fclose(stream) == 0 && good)
		return *text;
	free(*text);
	return *text = NULL;
}
