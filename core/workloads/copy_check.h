/* SPDX-License-Identifier: MIT */
/*
 * Whether a copy equals its source: names, kinds, permissions, links, lengths and every byte. The core
 * compares the whole tree after a trial; the stage compares the files of each pass before the next
 * one, so that no pass counts unseen.
 *
 * Sources are hashed once and again where they changed, copies are read and hashed (XXH3, 64 bits)
 * each time. That takes half as long as to map and memcmp() both. On one core, warm, in a VM, beside
 * the pass itself (read and write, by one thread): 200 files of 256 KiB 15 ms to 24 in tmpfs, 12 to 14
 * on ext4; 200 of 64 KiB 2.8 to 4.6; 22 000 of /usr/include 180 to 250. The first check of a trial
 * takes about twice as long.
 */
#ifndef HEDDLE_COPY_CHECK_H
#define HEDDLE_COPY_CHECK_H

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

#include "../arena.h"
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
/*
 * The same for the tree's files only, below two open folders: no model makes folders or links. Takes
 * two descriptors at a time, however many files there are, and beats (arena.h) for each.
 */
int copy_check_files(const struct copy_tree *tree, struct copy_known *known, int source, int copy,
                     struct arena_board *, struct copy_difference *, struct hd_error *);

#endif
