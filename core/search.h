/* SPDX-License-Identifier: MIT */
/*
 * The highest rate that a case holds under its goal. A closed loop tells where to begin; from half of its
 * rate on, rates are tried upwards by 1.4 or downwards by 2 until one is held and one is not, then
 * between them, until they are 5 % apart. Each probe is a trial of its own. The first rate that is not held
 * is tried again, since all that follows is below it.
 *
 * A rate is held where 99 % of what was planned came back in the windows (WORKLOAD_SHARE_HELD) and the response time
 * at the case's percentile is within the goal. The lowest rate that is tried is the one at which the windows
 * hold enough messages to tell that percentile.
 */
#ifndef HEDDLE_SEARCH_H
#define HEDDLE_SEARCH_H

#include "keeper.h"
#include "trial.h"

/* Trials of a search as most are, for the plan: 5 to 13. */
enum { SEARCH_TYPICAL_PROBES = 10 };

/*
 * As trial_run(), which it calls once where the case asks for no search. Else the result is that of the
 * probe at the highest rate that was held, with that rate as its first metric and all probes in it. A
 * case that holds no rate has failed; so has one of whose probes one did, with its status.
 */
void search_run(const struct trial_spec *, struct keeper *, struct trial_result *);
/* How many trials search_run() is expected to make of the case. */
uint32_t search_trials(const struct workload_case *);

#endif
