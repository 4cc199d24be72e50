/* SPDX-License-Identifier: MIT */
/*
 * A folder's tree as a list: walked once, kept in a file so that another process can map it, made
 * anew elsewhere, or generated.
 */
#ifndef HEDDLE_COPY_TREE_H
#define HEDDLE_COPY_TREE_H

#include <stddef.h>
#include <stdint.h>

#include "error.h"

enum copy_kind { COPY_FILE = 1, COPY_FOLDER, COPY_LINK };

struct copy_entry {
	uint64_t size;   /* of a file, when it was walked */
	uint32_t path;   /* relative to the root, a place in text */
	uint32_t target; /* of a link, a place in text */
	uint32_t kind;   /* enum copy_kind */
	uint32_t mode;   /* permissions, 0777 */
};

struct copy_totals {
	uint64_t entries, files, folders, links;
	uint64_t special; /* pipes, sockets and devices: counted and left */
	uint64_t bytes;   /* of all files */
	uint64_t room;    /* what a copy takes up, in whole pages */
	uint64_t text_bytes;
};

/* Entries are in the order of strcmp() of their paths: a folder stands before what is in it. */
struct copy_tree {
	struct copy_totals totals;
	struct copy_entry *entries;
	char *text;
	void *map; /* where it was loaded from a file; else entries and text are malloc'ed */
	size_t map_bytes;
};

static inline const char *copy_path(const struct copy_tree *tree, const struct copy_entry *entry)
{
	return tree->text + entry->path;
}

/*
 * Walks a tree without following links. What cannot be read is an error that names it: a copy that
 * leaves files out would be measured as if it were whole. copy_tree_free() in any case.
 */
int copy_tree_scan(struct copy_tree *, const char *root, struct hd_error *);
int copy_tree_save(const struct copy_tree *, const char *path, struct hd_error *);
/* Maps a list that was saved; read-only. */
int copy_tree_load(struct copy_tree *, const char *path, struct hd_error *);
void copy_tree_free(struct copy_tree *);

/* Makes the folders and links of a tree below an open folder; those that are there already are left. */
int copy_tree_make_folders(const struct copy_tree *, int root, struct hd_error *);
/* What a folder's copy is allowed: its owner can always write into it, else it could not be filled. */
static inline uint32_t copy_folder_mode(uint32_t mode)
{
	return mode | 0700;
}

/* The name of a generated tree's file, relative to its root. */
void copy_tree_name(char name[64], uint64_t index);
/* Makes `root` with `files` files of `file_bytes` random bytes, COPY_FOLDER_FILES to a folder. */
enum { COPY_FOLDER_FILES = 100 };
int copy_tree_generate(const char *root, uint64_t files, uint64_t file_bytes, uint64_t seed,
                       struct hd_error *);

/* splitmix64: every input gives another output, all bits of which depend on all bits of the input. */
static inline uint64_t copy_mix(uint64_t x)
{
	x += UINT64_C(0x9e3779b97f4a7c15);
	x = (x ^ (x >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	x = (x ^ (x >> 27)) * UINT64_C(0x94d049bb133111eb);
	return x ^ (x >> 31);
}

/*
 * A file's name as one line of valid UTF-8: control characters and stray bytes as \n or \x1b, of a
 * long one the end. Returns text.
 */
enum { COPY_SHOWN = 256 };
const char *copy_shown(const char *name, char text[COPY_SHOWN]);

#endif
