/* SPDX-License-Identifier: MIT */
/*
 * The scalability fit of a result: a document, format "heddle-fit", that results/fit.schema.json describes, and what
 * is printed of it. An entry for each series of each workload, over the cases that differ in cores only; it
 * holds either the law or the reason why there is none.
 */
#ifndef HEDDLE_FIT_H
#define HEDDLE_FIT_H

#include <jansson.h>
#include <stddef.h>
#include <stdio.h>

#include "error.h"

enum { FIT_VERSION = 1, FIT_MOST_AT = 128 };

struct fit_options {
	const char *path;        /* of the result */
	const char *const *only; /* KEY=VALUE as in `heddle show` */
	size_t only_count;
	double at[FIT_MOST_AT]; /* cores to predict the throughput for: whole numbers from 1 */
	size_t at_count;
};

/* A new reference, or NULL with the error: -ENOMEM, or what the result cannot be. */
json_t *fit_document(const struct fit_options *, struct hd_error *);
/* As people read it, `width` columns. */
void fit_print(const json_t *document, int width, FILE *);

#endif
