/* SPDX-License-Identifier: MIT */
/*
 * The ruler: a fixed piece of work that no build changes, so that what it shows is the machine's doing. In a
 * fresh process a thread on each PU computes, one step after the other and several at once, and takes a lock that
 * nobody else wants.
 */
#ifndef HEDDLE_RULER_H
#define HEDDLE_RULER_H

#include <stdint.h>

#include "error.h"

enum { RULER_MS = 20 };

struct ruler_look {
	double rate;  /* pieces of work a second, of the slowest thread */
	double taken; /* the largest share of a PU that its thread did not get, 0 ... 1 */
};

/* Measures once on these PUs (OS indexes, `count` of them). 0, -EINTR where a signal ended it, or -errno. */
int ruler_measure(const int *cpus, uint32_t count, struct ruler_look *, struct hd_error *);

#endif
