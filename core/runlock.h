/* SPDX-License-Identifier: MIT */
/*
 * One measurement at a time for each user on a machine: two at once would measure each other. The lock is
 * flock() on $XDG_RUNTIME_DIR/heddle.lock, else /tmp/heddle-UID.lock; it ends with its holder, however that ends.
 * The file stays, and says who held it last. Another user's file in its place, a link or a pipe is no lock, and
 * nobody waits for it.
 */
#ifndef HEDDLE_RUNLOCK_H
#define HEDDLE_RUNLOCK_H

enum { RUNLOCK_TEXT = 256 };

struct runlock {
	int fd; /* -1: not held */
};

/*
 * 0: it is held, and the file tells this process, `what` and since when. -EWOULDBLOCK: another one has it, `text`
 * says which; other -errno: no lock can be had, `text` says why.
 */
int runlock_try(struct runlock *, const char *what, char text[RUNLOCK_TEXT]);
void runlock_release(struct runlock *);

#endif
