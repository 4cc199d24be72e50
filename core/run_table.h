/* SPDX-License-Identifier: MIT */
/*
 * The table of a run that goes on: a line a case with the median so far and how many of its trials have been made, in
 * the plan's order. Where not all cases fit on the screen it is those that were tried last.
 */
#ifndef HEDDLE_RUN_TABLE_H
#define HEDDLE_RUN_TABLE_H

#include <stddef.h>
#include <stdio.h>

#include "plan.h"
#include "progress.h"
#include "result.h"

struct run_table {
	const struct plan *plan;       /* both must outlive it */
	const struct journal *journal; /* what has been measured */
	size_t to_be_run;
	int widest;                                  /* name of a case, in columns */
	size_t latest[PROGRESS_LINES], latest_count; /* cases, each once, the last at the end */
};

void run_table_begin(struct run_table *, const struct plan *, const struct journal *);
/* A trial of the case has been made. */
void run_table_note(struct run_table *, size_t index);
/* As struct progress_table wants it; `table` is a struct run_table. */
void run_table_put(const void *table, FILE *, int width, int most);

#endif
