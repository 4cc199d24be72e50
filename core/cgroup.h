/* SPDX-License-Identifier: MIT */
/* The caller's cgroups, and those of the run's own where they may be made. */
#ifndef HEDDLE_CGROUP_H
#define HEDDLE_CGROUP_H

#include <stdbool.h>
#include <stddef.h>

/*
 * The path of the caller's own group as /proc/self/cgroup has it: in the hierarchy of a controller of
 * version 1, or in version 2 for NULL. False where there is none, or it is longer than `size`.
 * `root` is "" or a fake file tree's path.
 */
bool cgroup_own(const char *root, const char *controller, char *group, size_t size);
/*
 * Makes the child `number` of the caller's group: of version 2 for NULL, where all in one can be killed at once,
 * else in the hierarchy of a controller of version 1. Returns a descriptor of its folder and its path, or -errno.
 * It is in use until the descriptor is closed; groups beside it that nobody uses any more are removed on the way.
 */
int cgroup_create(const char *controller, int number, char *path, size_t size);
/* Kills all processes in it. 0 or -errno. */
int cgroup_kill(int folder);
/* Removes it once it is empty. */
void cgroup_remove(const char *path);
/* Removes what cgroup_create() made for a process that was killed; no matter if there is none. */
void cgroup_remove_left(const char *controller, int number);

#endif
