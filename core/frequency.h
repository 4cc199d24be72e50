/* SPDX-License-Identifier: MIT */
/* How fast cores run at the moment. */
#ifndef HEDDLE_FREQUENCY_H
#define HEDDLE_FREQUENCY_H

#include <stdint.h>

/*
 * The mean of some PUs (OS indexes) in Hz: as cpufreq tells, else by /proc/cpuinfo where the processor
 * counts what it really ran at (aperfmperf); without that, as in most guests, the number there is the
 * nominal one, and no measurement. 0, or -errno with NAN. `root` as in sysfile.h.
 */
int frequency_read(const char *root, const int *cpus, uint32_t count, double *hz);

#endif
