/* SPDX-License-Identifier: MIT */
/* A cgroup (v2) of the run's own, where one may be made: it ends everything in it at once. */
#ifndef HEDDLE_CGROUP_H
#define HEDDLE_CGROUP_H

#include <stddef.h>

/* Makes a child of the caller's cgroup. Returns a descriptor of its folder and its path, or -errno. */
int cgroup_create(char *path, size_t size);
/* Kills all processes in it. 0 or -errno. */
int cgroup_kill(int folder);
/* Removes it once it is empty. */
void cgroup_remove(const char *path);

#endif
