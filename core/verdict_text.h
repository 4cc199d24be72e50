/* SPDX-License-Identifier: MIT */
/*
 * The forms of verdict_show.h, one file each, and what they have in common: the words for a comparison's
 * parts, read out of its document. A document may come from anywhere: a member that is missing or of
 * another type is told as one that was not measured. Texts are as they stand there, each form cleans them
 * for its reader.
 */
#ifndef HEDDLE_VERDICT_TEXT_H
#define HEDDLE_VERDICT_TEXT_H

#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>

#include "format.h"
#include "verdict.h"
#include "verdict_show.h"

enum comparison { COMPARISON_AB, COMPARISON_AA, COMPARISON_COMPARE };
enum comparison comparison_kind(const json_t *document);
/* "judged 12 of 20 cases: 1 regression, 10 same, 1 inconclusive" */
void comparison_put_counts(const json_t *document, FILE *);
/* "margin 5 %, 20 pairs", and what else is to be known of all verdicts. */
void comparison_put_terms(const json_t *document, FILE *);
/* How the machine held still, a sentence; false, and nothing, where a comparison has no ruler. */
bool comparison_put_ruler(const json_t *document, FILE *);
/* Where one side came from: `side` is "base" or "new". False, and nothing, where it is not told. */
bool comparison_put_place(const json_t *document, const char *side, FILE *);

/* How "-14.2" is told of a ratio of 0.858; "-" for NAN. In percent. */
const char *change_text(double ratio, char text[FORMAT_TEXT]);
/* "[-16.0, -11.9]" of an interval of ratios; "-" where there is none. */
const char *change_interval(const json_t *ci95, char text[2 * FORMAT_TEXT]);
/* "0.004", "<.001", "-" */
const char *chance_text(double q, char text[FORMAT_TEXT]);

/* "71.2 Mops/s" of its "base" or "new". A unit that no program of ours has written is left out. */
const char *verdict_quantity(const json_t *verdict, const char *key, char text[FORMAT_TEXT]);
/* "margin 5 %" */
void margin_put(double percent, FILE *);

enum verdict verdict_in(const json_t *verdict);
/* From what must be looked at first, 0, to what need not be. */
int verdict_rank(enum verdict);
/* "-14.2 % [-16.0, -11.9], q 0.004", or that there is none. */
void verdict_put_change(const json_t *verdict, FILE *);
/* What else is to be said of one, parts behind "; ": why, whether confirmed, how many pairs would settle it. */
void verdict_put_notes(const json_t *document, const json_t *verdict, FILE *);

/* How a case without a verdict ended on a side that it names: "crashed", or its state. */
const char *unjudged_status(const json_t *document, const json_t *unjudged);
/* Whether it failed where the new side is, and not as the config expects. */
bool unjudged_fails(const json_t *document, const json_t *unjudged);
/* "crashed on the new side: died of signal 11"; "new"; "skipped: no io_uring" */
void unjudged_put(const json_t *document, const json_t *unjudged, FILE *);

/* The text of a stream that open_memstream() made, NULL where memory ran out; closes it. The caller's. */
char *text_of(FILE *, char **text);

/* The forms. 0 or -errno. */
int verdict_table(const json_t *document, int width, FILE *, struct hd_error *);
int verdict_markdown(const json_t *document, FILE *, struct hd_error *);
/* Written to `path`, whole or not at all. */
int verdict_junit(const json_t *document, const char *path, struct hd_error *);
int verdict_annotations(const json_t *document, FILE *, struct hd_error *);

#endif
