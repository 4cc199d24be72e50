/* SPDX-License-Identifier: MIT */
/*
 * A log-linear histogram of nanoseconds: 128 linear steps in each power of two, so that a value is kept
 * within 1/128 of itself, from 0 to 2^40 ns (18 minutes); longer ones fall into the last bucket, the
 * exact maximum is kept beside. Plain data that may lie in shared memory; one writer, but where said.
 */
#ifndef HEDDLE_HISTOGRAM_H
#define HEDDLE_HISTOGRAM_H

#include <stdint.h>

enum { HISTOGRAM_STEP_BITS = 7, HISTOGRAM_TOP_BITS = 40 };
enum { HISTOGRAM_BUCKETS = (HISTOGRAM_TOP_BITS - HISTOGRAM_STEP_BITS + 1) << HISTOGRAM_STEP_BITS };

struct histogram {
	uint64_t total, max_ns;
	uint64_t counts[HISTOGRAM_BUCKETS];
};

void histogram_add(struct histogram *, uint64_t ns);
/* The same, where others add to it at the same time, in this process or another. */
void histogram_add_shared(struct histogram *, uint64_t ns);
void histogram_merge(struct histogram *into, const struct histogram *from);
/*
 * The value below which a share `p` (0 ... 1) of all lies: the middle of its bucket. NAN where fewer than
 * 10 / (1 - p) values are in it: a percentile is told only from enough of them. p = 1 is the maximum.
 */
double histogram_percentile(const struct histogram *, double p);

#endif
