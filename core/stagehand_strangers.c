/* SPDX-License-Identifier: MIT */
/* Processes of a model that the core was not told of: what they take is in no clock that it reads. */
#include <stdio.h>
#include <string.h>

#include "stagehand.h"
#include "sysfile.h"

/* Of children that have ended and were waited for, in clock ticks: fields 16 and 17, the second is in brackets. */
static unsigned long long reaped_ticks(pid_t pid)
{
	unsigned long long user = 0, kernel = 0;
	char path[64], line[1024];
	const char *fields;

	snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	sysfile_line("", path, line, sizeof(line));
	fields = strrchr(line, ')');
	if (!fields ||
	    sscanf(fields, ") %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %*u %*u %llu %llu", &user,
	           &kernel) != 2)
		return 0;
	return user + kernel;
}

struct stagehand_strangers stagehand_strangers(const struct stagehand *hand)
{
	struct group_size size;
	uint32_t known = 1 + hand->watched;

	group_look(hand->keeper->pid, hand->keeper->proc, 0, &size);
	return (struct stagehand_strangers){
	        .processes = size.processes > known ? size.processes - known : 0,
	        .reaped_ticks = reaped_ticks(hand->pid)};
}
