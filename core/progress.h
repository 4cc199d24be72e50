/* SPDX-License-Identifier: MIT */
/*
 * What a run says on stderr while it goes on: on a terminal one live line, under a table that is drawn again with it,
 * and elsewhere, also where $CI is set, a plain line a round. The table is drawn between trials only, the line within
 * them once a second: whoever draws takes a processor for a moment.
 */
#ifndef HEDDLE_PROGRESS_H
#define HEDDLE_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

enum { PROGRESS_LINES = 64 /* that are drawn at most, with the live line */ };

/* Lines that stand above the live line. */
struct progress_table {
	/* Writes `most` lines at most, none empty, each no wider than `width` columns. NULL: no table. */
	void (*put)(const void *context, FILE *, int width, int most);
	const void *context;
};

struct progress {
	bool live; /* stderr is a terminal that can draw */
	struct progress_table table;
	uint32_t round, rounds;
	uint64_t done, total, began_ns;
	uint64_t shown_ns; /* when the live line was last drawn */
	double expected_s; /* before the first trial */
	/* What stands on the terminal now: the columns that each line took, the live line last. */
	int width, drawn[PROGRESS_LINES], height;
};

void progress_begin(struct progress *, uint32_t rounds, uint64_t total, double expected_s);
void progress_round(struct progress *, uint32_t round);
/* The trial of `name` is about to begin. */
void progress_trial(struct progress *, const char *name);
/* It goes on; `fraction` is the share of its work done where that is known, else NAN. */
void progress_within(struct progress *, const char *name, double fraction);
void progress_done(struct progress *);
/* A line of its own that stays, above the table and the live line. */
void progress_say(struct progress *, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* What was drawn goes. */
void progress_end(struct progress *);

#endif
