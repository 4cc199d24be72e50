/* SPDX-License-Identifier: MIT */
/* Where a run takes place, and where its result goes. */
#include <errno.h>
#include <stdbool.h>
#include <sys/stat.h>

#include "gauges.h"
#include "run.h"

/* A device or a pipe would be replaced by a file. */
int run_check_output(const char *path, struct hd_error *err)
{
	struct stat status;

	if (!*path)
		return hd_error(err, -EINVAL, "an empty name for the result");
	if (lstat(path, &status) < 0 || S_ISREG(status.st_mode))
		return 0;
	return hd_error(err, -EINVAL, "%s: no regular file; --json prints the result", path);
}

static bool counters_are_wanted(const struct plan *plan)
{
	for (size_t i = 0; i < plan->count; i++)
		if (plan->cases[i].entry->sampling.counters)
			return true;
	return false;
}

void run_read_machine(struct machine *machine, const struct topology *topology,
                      const struct plan *plan)
{
	machine_read(machine, "");
	gauges_probe(machine, "", &topology->usable[0].os_index, 1,
	             plan && counters_are_wanted(plan));
	if (!topology->cache_count)
		machine_unavailable(machine, "caches", "hwloc finds none");
}
