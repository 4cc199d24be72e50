/* SPDX-License-Identifier: MIT */
/* The JSON behind result.h, shared by the files that read documents. New references unless it says otherwise. */
#ifndef HEDDLE_RESULT_DOCUMENT_H
#define HEDDLE_RESULT_DOCUMENT_H

#include <jansson.h>
#include <stdio.h>

#include "error.h"
#include "plan.h"
#include "result.h"

enum { RESULT_DIGITS = 12 }; /* of a real number as it is written */

/* The i-th line of a case as it was written, or NULL. */
json_t *journal_read(struct journal *, size_t index, uint32_t i);
/* One case of the document, from its plan and its lines, or NULL. What of it gives rise to warnings is
   counted in them, where they are not NULL. */
json_t *result_case(struct journal *, const struct plan *, size_t index, struct warnings *);
/* The values of one metric in a case's lines; nulls are left out. Returns how many there are. */
size_t result_collect(json_t *const *lines, uint32_t count, const char *metric, double *values);
/* result_notes.c: a case's notes, the warnings that concern it (counted in the last argument, which may be
   NULL), and the spread that stands beside them. */
void result_tell_about(json_t *of_case, const struct plan *, const struct plan_case *,
                       json_t *const *lines, uint32_t count, bool ok, struct warnings *);

/* result_warnings.c: the warnings that concern one case. */
struct concern {
	json_t *ids;            /* of them; the case's */
	struct warnings *tally; /* or NULL */
};
void concern_add(struct concern *, enum warning, double worst);
/* Those that the trials' gauges give rise to. */
void concern_trials(struct concern *, const struct plan_case *, json_t *const *lines,
                    uint32_t count);
json_t *warnings_json(const struct warnings *);
/* Logarithms of mine over base in the rounds that both have, mine->rounds at most. How many. */
size_t result_log_ratios(const struct journal_case *mine, const struct journal_case *base,
                         double *logs);
/* Whether the case's batch takes more than half of what a request costs away, told in `text`: "batch 1024
   amortises: 31x the rate of batch 1". False where the same case was not run at batch 1. */
bool result_amortised(const struct journal *, const struct plan *, size_t index, char *text,
                      size_t size);
/* The document's members "tool" and "machine", and the run's "plugins". */
json_t *result_tool_json(void);
json_t *result_machine_json(const struct machine *, const struct topology *);
json_t *result_plugins_json(const struct plan *);
/* Reads a document of that format ("heddle-result") and version. NULL with the error: -ENOMSG where the
   file is JSON, but of another format. */
json_t *document_load(const char *path, const char *format, int version, struct hd_error *);
/* Reads a result. NULL with the error. */
json_t *result_load(const char *path, struct hd_error *);
/* The tables of a document. */
int result_print(const json_t *document, const struct table_view *, FILE *, struct hd_error *);

#endif
