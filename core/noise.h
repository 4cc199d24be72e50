/* SPDX-License-Identifier: MIT */
/*
 * What took processors away from a trial: totals that the kernel keeps, read before and after, so that
 * the difference is the trial's. NAN stands for what cannot be read here.
 */
#ifndef HEDDLE_NOISE_H
#define HEDDLE_NOISE_H

#include <stdint.h>

#include "quota.h"

struct noise {
	double steal_ns; /* of the PUs asked for: time that the hypervisor gave to others */
	/* Of the same: time at work, for whomever. Steal is none of it, nor are interrupts: whether a kernel
	   counts them with the process that they came upon depends on how it was built. */
	double busy_ns;
	/* PSI, "some": time in which a task of this machine waited for a CPU, or for I/O. */
	double cpu_pressure_ns, io_pressure_ns;
	/* Of the control groups whose quota this process is under: times that they were held up. */
	double throttled_periods;
};

/*
 * Never fails. `cpus`: OS indexes, `count` of them. `quota`: of this process. `root` is "" or a fake file
 * tree's path for tests.
 */
void noise_read(struct noise *, const char *root, const int *cpus, uint32_t count,
                const struct quota_counts *quota);
/* What came between two readings. A total that went backwards is NAN. */
struct noise noise_between(const struct noise *before, const struct noise *after);

#endif
