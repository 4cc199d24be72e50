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

/* Makes the journal of an open, locked file, which it owns then, also after a failure. 0 or -errno. */
int journal_attach(struct journal *, int fd, const char *path, const struct plan *,
                   struct hd_error *);
/* Appends a line, whose reference it takes, and syncs. 0 or -errno. */
int journal_put(struct journal *, json_t *line, struct hd_error *);
/* What of a trial is kept in memory. */
struct journal_trial {
	uint64_t offset; /* of its line */
	uint32_t round;
	enum status status;
	double gate; /* the gating metric */
};
int journal_note(struct journal *, size_t index, const struct journal_trial *, struct hd_error *);
/* What a run can be told from another one by, as the first line of its journal. */
json_t *journal_head(const struct plan *, const struct result_run *);
/* Adds what differs in what must not: "config.sampling.rounds: 3 then, 6 now". Either may be of any shape that is not
   deeper than NESTING_MOST. */
void journal_compare_heads(json_t *then, json_t *now, struct problems *);
/* What a document may hold. Ours stay far below: 100000 cases are the most that a plan has. */
enum {
	DOCUMENT_MOST_BYTES = 1 << 30,
	DOCUMENT_MOST_CASES = PLAN_CASES,
	DOCUMENT_LONGEST_NAME = 2 * PLAN_NAME,
};

/* A line of a journal as it stands in the file; all zero at first, its text is to be freed. */
enum { JOURNAL_LONGEST_LINE = 16 << 20 /* bytes; ours are below one MiB */ };
struct journal_line {
	char *text;
	size_t length, room; /* with the end of the line; 0: the end of the file */
};
/* Reads the next line, which begins at that byte. `value` is a new reference, NULL where it is no JSON or has no end.
   0, -ENOMEM, -EIO, or -EINVAL where it is longer or deeper than any that a run writes. */
int journal_next_line(FILE *, struct journal_line *, const char *path, uint64_t at, json_t **value,
                      struct hd_error *);
/* The i-th line of a case as it was written, or NULL. */
json_t *journal_read(struct journal *, size_t index, uint32_t i);
/* result_standstill.c: what the threads of a trial that timed out waited for. */
json_t *standstill_json(const struct standstill *);
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
json_t *result_filter_json(const struct plan_filter *); /* NULL: all cases of the config */
/* Reads a document of that format ("heddle-result") and version. NULL with the error: -ENOMSG where the
   file is JSON, but of another format. */
json_t *document_load(const char *path, const char *format, int version, struct hd_error *);
/* Prints a document and the end of a line; `indent` 0: as short as can be. 0, -EIO or -ENOMEM. */
int document_print(const json_t *document, int indent, FILE *, struct hd_error *);
/* 0 where the document's list `key` is no longer than DOCUMENT_MOST_CASES, and no name of an item is longer
   than DOCUMENT_LONGEST_NAME; else -EFBIG. */
int document_check_list(const json_t *document, const char *key, const char *name_key,
                        const char *path, struct hd_error *err);
/* Reads a result. NULL with the error. */
json_t *result_load(const char *path, struct hd_error *);
/* Takes away what is not wanted of a case, which is an object with anything in it. */
typedef void result_shorten(json_t *of_case);
/* The same, each case shortened before the next is read: of 20 000 trials no more is held at a time than those of
   one case. NULL: not shortened. */
json_t *result_load_shortened(const char *path, result_shorten *, struct hd_error *);
/* What was seen in each trial. The values of its metrics stay. */
void result_forget_trials(json_t *of_case);
/* The tables of a document. */
int result_print(const json_t *document, const struct table_view *, FILE *, struct hd_error *);

#endif
