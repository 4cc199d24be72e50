/* SPDX-License-Identifier: MIT */
/* The rows of a table: which cases of a document are shown, under which heading, in which order. */
#ifndef HEDDLE_RESULT_ROWS_H
#define HEDDLE_RESULT_ROWS_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "result.h"

enum { ROW_TITLE = 512 };

struct row {
	const json_t *of_case;                   /* borrowed from the document */
	char group[ROW_TITLE], title[ROW_TITLE]; /* clean */
	size_t index;                            /* in the document, then what rows_gather() says */
	size_t group_index;                      /* of the first row of its group */
};

/* The document's cases that the view wants, in its order; *rows is the caller's. 0 or -errno. */
int rows_collect(const json_t *document, const struct table_view *, struct row **rows,
                 size_t *count, struct hd_error *);
/* Takes the rows of each group together, in the order of their first ones; else all keep their order, which
   is their index now. 0 or -errno. */
int rows_gather(struct row *rows, size_t count, struct hd_error *err);
/* How many rows from the first one on are of its group. */
size_t rows_group(const struct row *rows, size_t count);
/* Within one group, as the view says. */
void rows_sort(struct row *rows, size_t count, const struct table_view *);

/* A member's text, "" where it is none. */
const char *row_text(const json_t *object, const char *key);
/* NAN for what is no number. */
double row_number(const json_t *value);
int row_cores(const json_t *of_case);
const json_t *row_metric(const json_t *of_case, const char *name);
double row_median(const json_t *of_case, const char *name);
/* The workload with its parameters. */
const char *row_workload(const json_t *of_case);
/* Of the model that does nothing: what it costs is told below a table, and not in a row. */
bool row_is_empty_model(const struct row *);
/* Neither that nor a case that failed. */
bool row_has_numbers(const struct row *);
/* The metric that verdicts gate on: the first. */
const char *row_gate(const json_t *of_case);
/* The metric that tells CPU time for a unit of work, or NULL. */
const char *row_cpu_metric(const json_t *of_case);

#endif
