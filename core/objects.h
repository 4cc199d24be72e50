/* SPDX-License-Identifier: MIT */
/*
 * The objects that a process has mapped: the program, the plugin, libraries, each with the SHA-256 of its
 * file. What two builds differ in is told by these, not by the plugins' files alone.
 */
#ifndef HEDDLE_OBJECTS_H
#define HEDDLE_OBJECTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "digest.h"

enum { OBJECTS_OF_PROCESS = 256 /* at most; further ones are counted, not told */ };

struct object {
	char *path;               /* as the kernel has it; owned */
	char sha256[DIGEST_TEXT]; /* "" where the file cannot be read, or is another one by now */
	uint64_t device, inode;
};

/* All that were ever seen, each once. Zeroed at first. */
struct objects {
	size_t count;
	struct object *items; /* owned */
};

/* What one process had: places in struct objects, ascending. */
struct object_set {
	uint32_t count, left_out;
	uint32_t items[OBJECTS_OF_PROCESS];
};

/*
 * Reads /proc/PID/maps below `root` ("" but in tests): files that are mapped to be executed. Digests are
 * made once a file. 0 or -errno, with an empty set.
 */
int objects_of_process(struct objects *, const char *root, pid_t pid, struct object_set *);
/* Whether two processes ran the same bytes, wherever they lay: equal digests on both sides. */
bool objects_equal(const struct objects *, const struct object_set *, const struct objects *,
                   const struct object_set *);
void objects_free(struct objects *);

#endif
