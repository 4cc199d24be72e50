/* SPDX-License-Identifier: MIT */
/* What all processes of a trial take together, those included that nobody was told of. */
#ifndef HEDDLE_GROUP_H
#define HEDDLE_GROUP_H

#include <stdint.h>
#include <sys/types.h>

struct group_size {
	uint32_t processes, threads;
	uint64_t
	        bytes; /* resident, of their own: what they share with others or read from files is not in it */
};

/*
 * Adds up all processes below `keeper`, which is not counted. `proc` is a descriptor of the /proc of a PID
 * namespace of which it is process 1 and that holds no others; -1: the kernel's lists of children are
 * followed. Ends early beyond `most` threads (0: never). What cannot be read counts as nothing.
 */
void group_look(pid_t keeper, int proc, uint32_t most, struct group_size *);

#endif
