/* SPDX-License-Identifier: MIT */
#include "verdict_show.h"

#include <errno.h>
#include <string.h>

#include "memory.h"
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
	return document_print(document, 2, out, err);
}

int verdict_print(const json_t *document, const struct verdict_view *view, FILE *out,
                  struct hd_error *err)
{
	size_t failures = memory_failures();
	int code = print_form(document, view, out, err);

	if (!code && view->annotations)
		code = verdict_annotations(document, view->form == VERDICT_AS_TABLE ? out : stderr,
		                           err);
	if (!code && view->junit)
		code = verdict_junit(document, view->junit, err);
	if (!code && memory_failures() != failures)
		code = hd_error(err, -ENOMEM, "out of memory, what is printed is not whole");
	return code;
}

static int check_lists(const json_t *document, const char *path, struct hd_error *err)
{
	int code = document_check_list(document, "verdicts", "case", path, err);

	return code ? code : document_check_list(document, "unjudged", "case", path, err);
}

int verdict_show(const char *path, const struct verdict_view *view, FILE *out,
                 struct verdict_outcome *outcome, struct hd_error *err)
{
	json_t *document = document_load(path, VERDICT_FORMAT, VERDICT_VERSION, err);
	int code = document ? 0 : err->code;

	if (!code)
		code = check_lists(document, path, err);
	if (!code)
		code = verdict_print(document, view, out, err);
	if (!code && outcome)
		*outcome = verdict_outcome(document);
	json_decref(document);
	return code;
}
