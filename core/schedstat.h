/* SPDX-License-Identifier: MIT */
/*
 * What the scheduler did with the threads of some processes, as /proc tells it of each. To read it takes
 * nothing from the threads, unlike a counter that the kernel must stop and start at each switch.
 */
#ifndef HEDDLE_SCHEDSTAT_H
#define HEDDLE_SCHEDSTAT_H

#include <stdint.h>

enum { SCHEDSTAT_THREADS = 256 };

/* Totals since the thread began; NAN: the kernel does not tell. */
struct schedstat_thread {
	int tid;
	double delay_ns;   /* waited for a processor while it could have run */
	double switches;   /* times that it was given one */
	double migrations; /* times that it was moved to another one */
};

/* One look at them. Zero it first. */
struct schedstat {
	uint32_t count;
	const char *incomplete; /* why it is: a constant; NULL where it is not */
	struct schedstat_thread threads[SCHEDSTAT_THREADS];
};

/* Adds the threads of a process. `root` is "" or a fake file tree's path for tests. */
void schedstat_look(struct schedstat *, const char *root, int pid);

struct schedstat_change {
	double delay_ns, switches, migrations;
	const char *unknown; /* why all three are NAN: a constant, or NULL */
};

/*
 * What came between two looks, all threads together; new ones count from their begin. Unknown where a look
 * was incomplete, or where a thread has ended between them: what it took is lost.
 */
struct schedstat_change schedstat_between(const struct schedstat *before,
                                          const struct schedstat *after);

#endif
