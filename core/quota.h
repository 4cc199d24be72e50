/* SPDX-License-Identifier: MIT */
/* The CPU time that control groups grant to this process, version 1 and 2, side by side too. */
#ifndef HEDDLE_QUOTA_H
#define HEDDLE_QUOTA_H

/*
 * How many CPUs' worth of time the process gets a period: the least of the limits of its own group
 * and of all above it, as far up as the mounted file trees show. NAN where there is none or none
 * can be read. `root` is "" or a fake file tree's path for tests.
 */
double quota_cpus(const char *root);
/*
 * In how many periods these groups were held up until now because their quota was used up, all of them
 * together. NAN where none keeps count.
 */
double quota_throttled_periods(const char *root);

#endif
