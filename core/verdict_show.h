/* SPDX-License-Identifier: MIT */
/*
 * What is printed of a comparison, made from its document alone: a table, GitHub's step summary, the
 * document itself; JUnit XML to a file; GitHub's annotations.
 */
#ifndef HEDDLE_VERDICT_SHOW_H
#define HEDDLE_VERDICT_SHOW_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "error.h"

enum { VERDICT_ANNOTATIONS = 10 /* at most: GitHub shows no more of a step */ };

struct verdict_view {
	enum { VERDICT_AS_TABLE, VERDICT_AS_JSON, VERDICT_AS_MARKDOWN } form;
	int width;         /* columns of a table; 0: 80 */
	const char *junit; /* a file to write, or NULL */
	/* Printed behind a table; on stderr where a program, or GitHub's summary, reads the rest. */
	bool annotations;
};

struct verdict_outcome {
	bool interrupted;
	uint32_t cases, judged;
	uint32_t regressions, inconclusive, contaminated;
	uint32_t failed; /* on the new side, by itself or like the base */
};

/* Reads a document and prints it. 0 or -errno; nothing is printed where it cannot be read. */
int verdict_show(const char *path, const struct verdict_view *, FILE *, struct verdict_outcome *,
                 struct hd_error *);

#endif
