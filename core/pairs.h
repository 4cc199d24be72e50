/* SPDX-License-Identifier: MIT */
/*
 * Two builds judged by pairs of trials: the same case from both, back to back, the order random within
 * blocks of ABBA or BAAB, every case once a round, a ruler beside them. What comes out as changed is tried
 * again in a second block of as many pairs before it is believed.
 */
#ifndef HEDDLE_PAIRS_H
#define HEDDLE_PAIRS_H

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>

#include "error.h"
#include "result.h"
#include "side.h"

enum { PAIRS_USUAL = 20, PAIRS_MOST = 1000, PAIRS_METRICS = 16 };

struct pairs_options {
	const char *output;  /* path of the document */
	bool against_itself; /* both sides are the same: this is the noise floor */
	uint64_t seed;
	uint32_t pairs;             /* of a block */
	const char *const *metrics; /* judged besides the gating ones, at most PAIRS_METRICS */
	size_t metric_count;
	double margin_percent; /* the usual one, for the document; the cases carry their own */
	const char *name;      /* of the config */
	const struct plan_filter *filter; /* of the plans, for who repeats the pairs; NULL: none */
	struct warnings *warnings;        /* what is known by then; the pairs add to it */
	struct machine *machine;          /* its load at the end is read */
	const struct topology *topology;
	const volatile sig_atomic_t *signal;
};

enum pairs_end { PAIRS_DONE, PAIRS_INTERRUPTED, PAIRS_NOTHING_DIFFERS };

/*
 * Looks at what would be judged, before anything runs. -EINVAL with the reason: no case is on both sides, a
 * metric that no case has, too few pairs for a verdict. *expected_s: of the first block.
 */
int pairs_check(struct side sides[2], const struct pairs_options *, double *expected_s,
                struct hd_error *);
/*
 * Runs the pairs and writes the document; none is written where nothing differs. 0, also where cases failed
 * or the user interrupted; -errno where heddle itself could not go on.
 */
int pairs_run(struct side sides[2], const struct pairs_options *, enum pairs_end *,
              struct hd_error *);

#endif
