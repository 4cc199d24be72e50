/* SPDX-License-Identifier: MIT */
/*
 * The private folders of a run: made when a workload first asks, in a file system of its choice, gone
 * after the run however it ended (the keeper removes them where the core could not). Beside them lies
 * what workloads keep in memory from one trial of the run to the next.
 */
#ifndef HEDDLE_SCRATCH_H
#define HEDDLE_SCRATCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "error.h"

enum { SCRATCH_FOLDERS = 8, SCRATCH_PATH = 4096 };

/* Something that lives as long as the run's folders. */
struct scratch_item {
	struct scratch_item *next;
	char *key; /* owned */
	void *value;
	void (*destroy)(void *value); /* may be NULL */
};

/* All zero at first. */
struct scratch {
	/* Told of each folder before it is made, so that another process can remove it; may be NULL. */
	void (*announce)(void *context, const char *path);
	void *context;
	int count;
	char *parents[SCRATCH_FOLDERS], *paths[SCRATCH_FOLDERS]; /* owned */
	uint64_t seed; /* of the run: what workloads generate is the same in all its trials */
	struct scratch_item *items; /* owned */
};

/*
 * The run's folder PARENT/heddle-NUMBER, mode 0700, the same one for the same parent. With parent ""
 * the first of /dev/shm, $TMPDIR, /tmp that is writable and has room for `bytes`. Checks in any case
 * that `bytes` are free. Returns 0 and the path, absolute and without links, or -errno (-ENOSPC where
 * there is no room).
 */
int scratch_folder(struct scratch *, const char *parent, uint64_t bytes, const char **path,
                   struct hd_error *);
/* Which parent scratch_folder() would take now, without making anything. */
int scratch_choose(const char *parent, uint64_t bytes, char chosen[SCRATCH_PATH],
                   struct hd_error *);
/*
 * Bytes that may still be written below `path`. In a file system that lives in memory no more than the
 * memory that is available: filling /dev/shm to its nominal size gets processes killed.
 */
uint64_t scratch_room(const char *path);

/* What was kept under this key, or NULL. */
void *scratch_find(const struct scratch *, const char *key);
/*
 * Keeps a value until scratch_remove(), which calls destroy with it. The key is copied. 0, or -ENOMEM
 * and the value stays the caller's.
 */
int scratch_keep(struct scratch *, const char *key, void *value, void (*destroy)(void *value),
                 struct hd_error *);

/* Removes the folders with all that is in them, and what was kept. The struct may be used again. */
void scratch_remove(struct scratch *);
/*
 * Removes one tree, links are removed, never followed; folders that forbid it are opened up first.
 * Goes on after a failure. 0 or -errno of the first one; nothing there is not a failure.
 */
int scratch_remove_tree(const char *path);
/* Removes all that is in an open folder, but not the folder: its descriptor stays good. */
int scratch_empty(int folder);

/* The name of the file system that holds `path`: "tmpfs", "ext4", "0x9123683e" where unknown. */
void scratch_file_system(const char *path, char *text, size_t size);
/* True where files live in memory only: there is no disk below to read them from again. */
bool scratch_in_memory(const char *path);
/* "1.5 GiB". Returns text. */
const char *scratch_print_bytes(uint64_t bytes, char *text, size_t size);

#endif
