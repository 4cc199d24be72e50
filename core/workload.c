/* SPDX-License-Identifier: MIT */
#include "workload.h"

#include <string.h>

const struct workload *const workloads[] = {&counter_workload,
                                            &copy_workload,
                                            &echo_workload,
                                            &download_workload,
                                            &switch_workload,
                                            &spawn_workload,
                                            &queue_workload,
                                            &lookup_workload,
                                            &timers_workload,
                                            &wake_workload,
                                            NULL};

const struct workload *workload_find(const char *name)
{
	for (const struct workload *const *w = workloads; *w; w++)
		if (strcmp((*w)->name, name) == 0)
			return *w;
	return NULL;
}

int64_t workload_int(const struct workload_case *kase, const char *name)
{
	return kase->params[option_find(kase->workload->params, name)].number;
}

const char *workload_text(const struct workload_case *kase, const char *name)
{
	return kase->params[option_find(kase->workload->params, name)].text;
}
