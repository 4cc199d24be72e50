/* SPDX-License-Identifier: MIT */
#include "status.h"

#include <string.h>

static const char *const names[STATUSES] = {"ok",        "skipped", "failed",
                                            "timed-out", "crashed", "wrong-result"};

const char *status_name(enum status status)
{
	return names[status];
}

int status_find(const char *name)
{
	for (int i = 0; i < STATUSES; i++)
		if (strcmp(names[i], name) == 0)
			return i;
	return -1;
}
