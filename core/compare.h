/* SPDX-License-Identifier: MIT */
/*
 * Two results, or one and its history: which cases both have, whether they may be compared at all, and a
 * verdict for each. Weaker than pairs of trials (`heddle ab`), and the document says so.
 */
#ifndef HEDDLE_COMPARE_H
#define HEDDLE_COMPARE_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "error.h"

struct compare_options {
	const char *base; /* a result, or a folder of them: the history */
	const char *new;
	double margin_percent;      /* of cases that carry none */
	const char *const *metrics; /* judged beside the one that gates */
	size_t metric_count;
	const char *by; /* groups: "workload", "model", "cores"; NULL: none */
	bool force;     /* compare what differs as well, joined by name */
};

struct compared {
	json_t *document; /* a heddle-verdict; NULL where nothing was judged */
	/* What forbids a comparison, one a line; with options.force it is in the document's notes. */
	struct problems differences;
};

/*
 * 0: either the document is there, or differences are. -errno: bad input, told in the error; nothing was
 * judged. compared_free() in each case.
 */
int compare(const struct compare_options *, struct compared *, struct hd_error *);
void compared_free(struct compared *);

#endif
