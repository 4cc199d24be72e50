/* SPDX-License-Identifier: MIT */
/*
 * Counters of the processor and of the kernel over a process and all that it creates from then on
 * (perf_event_open, inherited by threads and children). The kernel stops and starts them at each switch of
 * such a thread: they are not free.
 */
#ifndef HEDDLE_COUNTERS_H
#define HEDDLE_COUNTERS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

enum counter {
	COUNTER_CYCLES,
	COUNTER_INSTRUCTIONS,
	COUNTER_CACHE_MISSES, /* of the last level */
	COUNTER_SWITCHES,
	COUNTER_MIGRATIONS,
	COUNTERS
};

/* All zero: none is counted. */
struct counters {
	bool opened;
	int fds[COUNTERS];    /* -1: not counted */
	int errors[COUNTERS]; /* the errno of why not; 0 */
	bool user_only; /* those of the processor: the kernel's part may not be counted here */
};

/* Opens what can be, stopped. Never fails: what cannot be is in `errors`. */
void counters_open(struct counters *, pid_t pid);
void counters_start(const struct counters *);
void counters_stop(const struct counters *);
/*
 * Totals, of children that live and that have ended. Where the processor had fewer counters than were
 * wanted and took turns, the value is scaled to the whole time. NAN: not counted.
 */
void counters_read(const struct counters *, double values[COUNTERS]);
void counters_close(struct counters *);

/* total * enabled / running; NAN where it never ran. */
double counters_scale(double total, double enabled_ns, double running_ns);
/* Why a counter could not be opened, for people. `root` as in sysfile.h. Returns text. */
const char *counters_explain(int error, const char *root, char *text, size_t size);

#endif
