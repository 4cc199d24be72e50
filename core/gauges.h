/* SPDX-License-Identifier: MIT */
/* What is read beside each trial: the names under which a result tells it, and why it cannot be read here. */
#ifndef HEDDLE_GAUGES_H
#define HEDDLE_GAUGES_H

#include <stdbool.h>
#include <stdint.h>

#include "machine.h"

/* All from the first window's begin to the last's end; NAN: not measured. */
enum gauge {
	GAUGE_OBSERVED, /* ns: how long that was */
	/* Of the model's processes: ns waited for a processor; times that they were given one, or moved.
	   Where threads make them NAN, `threads_unknown` of the trial says why. */
	GAUGE_RUN_DELAY,
	GAUGE_SWITCHES,
	GAUGE_MIGRATIONS,
	GAUGE_OTHERS_CPU, /* ns: CPU time on the case's PUs that was none of theirs, nor interrupts' */
	GAUGE_FREQUENCY_BEFORE, /* Hz, mean of the case's PUs, while the model was at work */
	GAUGE_FREQUENCY_AFTER,
	GAUGE_CYCLES, /* of the model's processes; only where counters are asked for */
	GAUGE_INSTRUCTIONS,
	GAUGE_CACHE_MISSES,
	GAUGES
};

const char *gauge_name(enum gauge);
void gauges_init(double values[GAUGES]);

/*
 * Tries on this process which gauges can be read and adds why not to `unavailable` of the machine, those of
 * noise.h among them. `cpus`: OS indexes of the run; `counted`: counters were asked for.
 */
void gauges_probe(struct machine *, const char *root, const int *cpus, uint32_t count,
                  bool counted);

#endif
