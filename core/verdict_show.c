/* SPDX-License-Identifier: MIT */
#include "verdict_show.h"

#include <errno.h>
#include <string.h>

#include "result_document.h"
#include "result_rows.h"
#include "verdict_document.h"
#include "verdict_text.h"

static uint32_t count_in(const json_t *document, const char *key)
{
	const json_t *summary = json_object_get(document, "summary");

	return (uint32_t)json_integer_value(json_object_get(summary, key));
}

struct verdict_outcome verdict_outcome(const json_t *document)
{
	const json_t *unjudged = json_object_get(document, "unjudged");
	const char *status = row_text(json_object_get(document, "run"), "status");
	struct verdict_outcome outcome = {
	        .interrupted = strcmp(status, "interrupted") == 0,
	        .cases = count_in(document, "cases"),
	        .judged = count_in(document, "judged"),
	        .regressions = count_in(document, "regression"),
	        .inconclusive = count_in(document, "inconclusive"),
	        .contaminated = count_in(document, "contaminated"),
	};
	json_t *item;
	size_t i;

	json_array_foreach(unjudged, i, item) outcome.failed += unjudged_fails(document, item);
	return outcome;
}

static int print_form(const json_t *document, const struct verdict_view *view, FILE *out,
                      struct hd_error *err)
{
	switch (view->form) {
	case VERDICT_AS_TABLE:
		return verdict_table(document, view->width, out, err);
	case VERDICT_AS_MARKDOWN:
		return verdict_markdown(document, out, err);
	case VERDICT_AS_JSON:
		break;
	}
	if (json_dumpf(document, out, JSON_REAL_PRECISION(RESULT_DIGITS) | JSON_INDENT(2)) ||
	    fputc('\n', out) == EOF)
		return hd_error(err, -EIO, "the document could not be printed");
	return 0;
}

int verdict_print(const json_t *document, const struct verdict_view *view, FILE *out,
                  struct hd_error *err)
{
	int code = print_form(document, view, out, err);

	if (!code && view->annotations)
		code = verdict_annotations(document, view->form == VERDICT_AS_TABLE ? out : stderr,
		                           err);
	if (!code && view->junit)
		code = verdict_junit(document, view->junit, err);
	return code;
}

int verdict_show(const char *path, const struct verdict_view *view, FILE *out,
                 struct verdict_outcome *outcome, struct hd_error *err)
{
	json_t *document = document_load(path, VERDICT_FORMAT, VERDICT_VERSION, err);
	int code = document ? verdict_print(document, view, out, err) : err->code;

	if (!code && outcome)
		*outcome = verdict_outcome(document);
	json_decref(document);
	return code;
}
