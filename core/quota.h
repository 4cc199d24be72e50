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
 * In how many periods these groups were held up because their quota was used up, all of them together.
 * To find the groups takes longer than to ask them: their files stay open from one reading to the next.
 */
enum { QUOTA_COUNTS = 16 /* groups at most; a deeper one's topmost are left out */ };
struct quota_counts {
	int count;
	int files[QUOTA_COUNTS];
};

void quota_counts_open(struct quota_counts *, const char *root);
/* Until now. NAN where no group keeps count. */
double quota_counts_throttled(const struct quota_counts *);
/* Harmless where it is zeroed. */
void quota_counts_close(struct quota_counts *);

#endif
