/* SPDX-License-Identifier: MIT */
/*
 * Namespaces around the stages of a run, where they may be made (as root): a plugin that signals or traces
 * whatever it finds finds its own processes only, and what it mounts or leaves in System V IPC is gone with
 * it. The keeper is process 1 in there, which nothing inside can kill; when it ends, the kernel ends the rest.
 */
#ifndef HEDDLE_ISOLATION_H
#define HEDDLE_ISOLATION_H

/*
 * In the core: the next child is process 1 of a new PID namespace. Returns a descriptor for
 * isolation_end(), which has to follow that fork at once, or -errno: it cannot be had here.
 */
int isolation_begin(void);
/* Children belong to the namespace of their parent again. Closes the descriptor. 0 or -errno. */
int isolation_end(int own);
/* In that child: mounts of its own, with the /proc of its namespace. 0 or -errno. */
int isolation_enter(void);
/*
 * In a stage before it is executed: mounts and IPC that end with it; it cannot trace the keeper, and control groups
 * are read-only. 0 or -errno.
 */
int isolation_of_stage(void);

#endif
