/* SPDX-License-Identifier: MIT */
/*
 * Limits that the kernel keeps on a trial's processes, by a control group where one with such a controller may
 * be made: pids of version 2 or 1, memory of version 2. Version 1 has memory too, but moving there what another
 * group accounts for is not ours to do. Where there is none, whoever watches the trial has to look: group.h.
 */
#ifndef HEDDLE_CEILING_H
#define HEDDLE_CEILING_H

#include <stdbool.h>
#include <stdint.h>

enum { CEILING_PATH = 512 };

/* What the kernel refused or ended, so far. */
struct ceiling_hits {
	uint64_t forks_refused, killed_for_memory;
};

struct ceiling {
	int group;   /* of version 2, that stages are started in; -1: none. Owned */
	int threads; /* the group that counts them: `group`, or one of version 1; -1: none */
	bool memory; /* `group` counts memory */
	char path[CEILING_PATH], threads_path[CEILING_PATH]; /* "" where there is none */
	uint32_t threads_set;                                /* what is in force */
	uint64_t bytes_set;
	struct ceiling_hits before;
};

/*
 * Makes the groups, called by the process that is to start the stages: in version 1 it belongs to the group
 * itself. `number` is its own in the outermost namespace. `kill`: a group is wanted that all in it can be
 * killed by, whatever it counts.
 */
void ceiling_open(struct ceiling *, int number, bool kill);
/* In force from now on; 0: no limit. And what was hit counts from now on. */
void ceiling_set(struct ceiling *, uint32_t threads, uint64_t bytes);
/* What was hit since. */
struct ceiling_hits ceiling_hit(const struct ceiling *);
/* After cgroup_kill(): a new group in the place of that of version 2. Limits are to be set again. */
void ceiling_renew(struct ceiling *, int number);
/* Leaves the groups and removes them. */
void ceiling_close(struct ceiling *);
/* Removes what a process of this number left that was killed. */
void ceiling_remove_left(int number);

#endif
