/* SPDX-License-Identifier: MIT */
/*
 * What a model has changed about the process that it was loaded into. Such a change may be meant, and may be why
 * a number differs from another's: it is told. Processors that are not the case's are an error.
 */
#ifndef HEDDLE_STAGE_TRACES_H
#define HEDDLE_STAGE_TRACES_H

#include <signal.h>
#include <stdint.h>
#include <sys/stat.h>

#include "arena.h"
#include "error.h"

enum { TRACES_SIGNALS = 65, TRACES_LOCALE = 256, TRACES_OUTPUTS = 3 };

struct stage_traces {
	struct stat directory, outputs[TRACES_OUTPUTS]; /* zero where there is none */
	uint64_t environment;                           /* a sum over all of it */
	void (*handlers[TRACES_SIGNALS])(int);
	sigset_t blocked;
	char locale[TRACES_LOCALE];
	int rounding;
};

/* How the calling thread and its process are now. */
void stage_traces_take(struct stage_traces *);
/* Writes what is different now: "the environment, the locale"; "" where nothing is. */
void stage_traces_tell(const struct stage_traces *before, char *text, size_t size);
/*
 * 0, or an error that names a PU, which is none of the case's, on which a thread of this process or a process
 * that is watched may run. In the stage, while the model is open.
 */
int stage_traces_check_cpus(const struct arena_board *, struct hd_error *);

#endif
