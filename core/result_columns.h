/* SPDX-License-Identifier: MIT */
/* The columns of a table: which there is room for, what stands in its heading and in a row. */
#ifndef HEDDLE_RESULT_COLUMNS_H
#define HEDDLE_RESULT_COLUMNS_H

#include "result_rows.h"

/* Widths with the gap in front of each; 0: there is no room for it, or it is not wanted. */
struct columns {
	FILE *out;
	int width; /* of the whole table */
	int name, cores, rate, bar, interval, versus, cost, latency;
	json_t *full; /* with bars: what a full one is, of each workload and metric. Owned */
};

/* `columns` wide, with bars for these rows where the view wants them. columns_free in any case. */
void columns_begin(struct columns *, const struct table_view *, const struct row *rows,
                   size_t count, int width, FILE *);
void columns_free(struct columns *);
/* `baseline`: the model that the rows are compared with, or "". */
void columns_heading(const struct columns *, const struct row *, const char *baseline);
void columns_row(const struct columns *, const struct row *);
/* Says what a full bar is in a table of these rows, where there is one. */
void columns_legend(const struct columns *, const struct row *rows, size_t count);

/* A name in the first `column` columns of a line; one that is too wide has lines of its own, `width` columns. */
void columns_name(FILE *out, int width, int column, const char *name);
/* Columns that hold as many of the rows' names as can be: `least`, up to `most`, and to what a name may take. */
int columns_for_names(const struct row *rows, size_t count, int least, int most);
/* At the right end of so many columns. */
void columns_cell(FILE *out, int width, const char *text);

#endif
