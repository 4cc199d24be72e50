/* SPDX-License-Identifier: MIT */
/* What a run says on stderr while it goes on: one live line on a terminal, a plain line a round elsewhere. */
#ifndef HEDDLE_PROGRESS_H
#define HEDDLE_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

struct progress {
	bool live; /* stderr is a terminal */
	int width; /* its columns */
	uint32_t round, rounds;
	uint64_t done, total, began_ns;
	uint64_t shown_ns; /* when the live line was last drawn */
	double expected_s; /* before the first trial */
};

void progress_begin(struct progress *, uint32_t rounds, uint64_t total, double expected_s);
void progress_round(struct progress *, uint32_t round);
/* The trial of `name` begins; `fraction` is the share of its work done where that is known, else NAN. */
void progress_trial(struct progress *, const char *name, double fraction);
void progress_done(struct progress *);
/* A line of its own that stays, above the live line. */
void progress_say(struct progress *, const char *format, ...) __attribute__((format(printf, 2, 3)));
void progress_end(struct progress *);

#endif
