/* SPDX-License-Identifier: MIT */
/*
 * Below a table: how each of its series grows with cores. A series are cases that differ in cores only; what counts of
 * it is throughput that was measured and verified, on cores that are not the load generator's, of no planned load.
 */
#ifndef HEDDLE_RESULT_SCALING_H
#define HEDDLE_RESULT_SCALING_H

#include <stdbool.h>

#include "result_rows.h"

/* What was told of all tables so far; zeroed before. */
struct scaling_told {
	bool speedups, peaks;
};

/* Lines for the rows of one group, `width` columns; nothing where no series has two core counts. */
void scaling_lines(const struct row *rows, size_t count, bool bars, int width, FILE *,
                   struct scaling_told *);
/* What the lines say, once for all tables; nothing where there were none. */
void scaling_legend(const struct scaling_told *, bool bars, int width, FILE *);

#endif
