/* SPDX-License-Identifier: MIT */
/*
 * A comparison as JSON: what `ab` and `compare` write, and what is printed of it. Described in
 * results/verdict.schema.json. New references unless it says otherwise.
 */
#ifndef HEDDLE_VERDICT_DOCUMENT_H
#define HEDDLE_VERDICT_DOCUMENT_H

#include <jansson.h>

#include "judgement.h"
#include "verdict_show.h"

#define VERDICT_FORMAT "heddle-verdict"
enum { VERDICT_VERSION = 1 };

/* Why a case has no verdict. */
enum unjudged { UNJUDGED_NEW, UNJUDGED_REMOVED, UNJUDGED_FAILED, UNJUDGED_SKIPPED };

/* One of the document's "verdicts". */
json_t *judgement_json(const struct judgement *);
/* One of its "unjudged": a case as a result has it; `side` is "base", "new" or "both". */
json_t *unjudged_json(const json_t *of_case, enum unjudged, const char *side, const char *reason);
json_t *ruler_json(const struct ruler_summary *);
/* Counts over both arrays. */
json_t *verdict_summary(const json_t *verdicts, const json_t *unjudged);

/* Prints a document; see verdict_show.h. 0 or -errno. */
int verdict_print(const json_t *document, const struct verdict_view *, FILE *, struct hd_error *);
/* What a document came to. */
struct verdict_outcome verdict_outcome(const json_t *document);

#endif
