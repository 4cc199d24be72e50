/* SPDX-License-Identifier: MIT */
/* Whether a copy equals its source: names, kinds, permissions, links, lengths and every byte. */
#ifndef HEDDLE_COPY_CHECK_H
#define HEDDLE_COPY_CHECK_H

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

#include "copy_tree.h"

/* What a source file hashed to; good for as long as the file looks the same. All zero at first. */
struct copy_known {
	uint64_t hash, inode, bytes;
	struct timespec modified, changed;
	bool valid;
};

enum { COPY_DIFFERENCE = 400 };

struct copy_difference {
	uint64_t count; /* entries that differ, are missing, or should not be there */
	char first[COPY_DIFFERENCE];
};

/*
 * Compares the tree below `copy` with the one below `source`, which was walked as `tree`; `known` has
 * one for each of its entries. 0 and the differences, or -errno where they could not be looked for.
 */
int copy_check(const struct copy_tree *tree, struct copy_known *known, const char *source,
               const char *copy, struct copy_difference *, struct hd_error *);

#endif
