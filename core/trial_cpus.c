/* SPDX-License-Identifier: MIT */
/* Whether the case's PUs are there: one may be taken offline, or out of the cpuset, while a run goes on. */
#include <sched.h>
#include <stdlib.h>

#include "trial_parts.h"

enum { MOST_PUS = 16384 };

/*
 * The core was never narrowed by a plugin, and what the kernel tells of it leaves out what is offline. A stage that
 * binds to PUs of which some are gone is bound to the rest, without an error.
 */
int trial_missing_cpu(const struct trial *trial)
{
	size_t size = CPU_ALLOC_SIZE(MOST_PUS);
	cpu_set_t *set = CPU_ALLOC(MOST_PUS);
	int missing = -1;

	if (!set)
		return -1;
	CPU_ZERO_S(size, set);
	if (sched_getaffinity(0, size, set) == 0)
		for (uint32_t i = 0; missing < 0 && i < trial->spec->kase.cores; i++)
			if (!CPU_ISSET_S((size_t)trial->spec->cpus[i], size, set))
				missing = trial->spec->cpus[i];
	CPU_FREE(set);
	return missing;
}
