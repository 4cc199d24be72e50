/* SPDX-License-Identifier: MIT */
/* The caller's cgroup, and one (v2) of the run's own where it may be made: it ends all in it at once. */
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
/* Makes a child of the caller's cgroup. Returns a descriptor of its folder and its path, or -errno. */
int cgroup_create(char *path, size_t size);
/* Kills all processes in it. 0 or -errno. */
int cgroup_kill(int folder);
/* Removes it once it is empty. */
void cgroup_remove(const char *path);

#endif
