/* SPDX-License-Identifier: MIT */
/* What `copy` keeps from trial to trial of a run: sources, walked or generated once, and copies. */
#ifndef HEDDLE_COPY_KEEP_H
#define HEDDLE_COPY_KEEP_H

#include <stdbool.h>

#include "copy_check.h"
#include "copy_tree.h"
#include "scratch.h"
#include "workload.h"

/* A tree to be copied, given or generated. */
struct copy_source {
	char path[SCRATCH_PATH], list[SCRATCH_PATH];
	struct copy_tree tree; /* mapped from the list */
	struct copy_known *known;
};

/* Where it is copied to. */
struct copy_target {
	char path[SCRATCH_PATH];
	bool clean; /* the last trial verified it: it holds the folders, and nothing it should not */
};

struct copy_state {
	struct copy_source *source;
	struct copy_target *target;
};

/* Finds the source and the target of a case in the run's scratch, or makes them. 0 or -errno. */
int copy_keep_find(const struct workload_trial *, struct copy_state *, struct hd_error *);
/* Empties a target and makes the source's folders and links in it. */
int copy_keep_clean(const struct copy_state *, struct hd_error *);
/* Refuses a place for copies that lies in the source: they would be copied in turn. */
int copy_keep_refuse_inside(const char *place, const char *source, struct hd_error *);
/* Refuses a cold cache where there is no disk to read from: of the source, or with "" of `place`. */
int copy_keep_need_disk(const char *place, const char *source, struct hd_error *);
/* How large the generated tree is. */
static inline uint64_t copy_keep_bytes(uint64_t files, uint64_t file_kib)
{
	return files * file_kib * 1024;
}

#endif
