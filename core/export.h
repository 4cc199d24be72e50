/* SPDX-License-Identifier: MIT */
/*
 * Results in the formats of other tools. A format is one const struct in a file export_NAME.c and a row
 * of the table in export.c. The text is made in memory: where something is wrong, nothing is written.
 */
#ifndef HEDDLE_EXPORT_H
#define HEDDLE_EXPORT_H

#include <stddef.h>
#include <stdio.h>

#include "error.h"

struct export_format;

struct export_options {
	const char *const *paths; /* of results, in the order of the rows */
	size_t path_count;
	/* In the order of preference: what one row a case is made of is the first that the case has.
	   None: the metric that gates, or the first in the format's direction. */
	const char *const *metrics;
	size_t metric_count;
	const char *const *only; /* KEY=VALUE as in struct table_view */
	size_t only_count;
};

/* The format of that name, or NULL with an error that tells the nearest and all of them. */
const struct export_format *export_find(const char *name, struct hd_error *);
/* The i-th name, NULL behind the last. */
const char *export_name(size_t i);
/* A line or two for each format, as help has them. */
void export_print_formats(FILE *);
/*
 * Makes the text; *text is the caller's to free. Cases that the format cannot hold are told on `told`,
 * a line each. 0, -ENOMEM, or -EINVAL: a result cannot be read, the results do not go together, or
 * nothing is left for a format whose readers refuse an empty file.
 */
int export_text(const struct export_format *, const struct export_options *, char **text,
                size_t *size, FILE *told, struct hd_error *);

#endif
