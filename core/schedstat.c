/* SPDX-License-Identifier: MIT */
#include "schedstat.h"

#include <ctype.h>
#include <dirent.h>
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "sysfile.h"

/* schedstat: "time on a processor, time waited for one, times that it got one". */
static struct schedstat_thread read_thread(const char *root, int pid, int tid)
{
	struct schedstat_thread thread = {
	        .tid = tid, .delay_ns = NAN, .switches = NAN, .migrations = NAN};
	char path[96], text[128];

	snprintf(path, sizeof(path), "/proc/%d/task/%d/schedstat", pid, tid);
	if (sysfile_line(root, path, text, sizeof(text)) ||
	    sscanf(text, "%*u %lf %lf", &thread.delay_ns, &thread.switches) != 2)
		thread.delay_ns = thread.switches = NAN;
	snprintf(path, sizeof(path), "/proc/%d/task/%d/sched", pid, tid);
	if (sysfile_key(root, path, "se.nr_migrations", text, sizeof(text)) ||
	    sscanf(text, "%lf", &thread.migrations) != 1)
		thread.migrations = NAN;
	return thread;
}

void schedstat_look(struct schedstat *queue, const char *root, int pid)
{
	char path[PATH_MAX];
	struct dirent *entry;
	uint32_t before = queue->count;
	DIR *folder;

	folder = snprintf(path, sizeof(path), "%s/proc/%d/task", root, pid) < (int)sizeof(path)
	                 ? opendir(path)
	                 : NULL;
	while (folder && !queue->incomplete && (entry = readdir(folder))) {
		if (!isdigit((unsigned char)entry->d_name[0]))
			continue;
		if (queue->count == SCHEDSTAT_THREADS)
			queue->incomplete = "more threads than are looked at";
		else
			queue->threads[queue->count++] =
			        read_thread(root, pid, atoi(entry->d_name));
	}
	if (folder)
		closedir(folder);
	if (!queue->incomplete && queue->count == before)
		queue->incomplete = "no /proc/PID/task of one of its processes";
}

/* Both looks list threads in the same order; `*at` is where the search goes on. */
static const struct schedstat_thread *find(const struct schedstat *queue, int tid, uint32_t *at)
{
	for (uint32_t tries = 0; tries < queue->count; tries++) {
		const struct schedstat_thread *thread = &queue->threads[*at];

		*at = (*at + 1) % queue->count;
		if (thread->tid == tid)
			return thread;
	}
	return NULL;
}

static void add(struct schedstat_change *sum, const struct schedstat_thread *thread, double sign)
{
	sum->delay_ns += sign * thread->delay_ns;
	sum->switches += sign * thread->switches;
	sum->migrations += sign * thread->migrations;
}

static struct schedstat_change unknown(const char *why)
{
	return (struct schedstat_change){NAN, NAN, NAN, why};
}

static double not_negative(double value)
{
	return value >= 0 ? value : NAN;
}

struct schedstat_change schedstat_between(const struct schedstat *before,
                                          const struct schedstat *after)
{
	struct schedstat_change sum = {0};
	uint32_t at = 0;

	if (before->incomplete || after->incomplete)
		return unknown(before->incomplete ? before->incomplete : after->incomplete);
	for (uint32_t i = 0; i < before->count; i++) {
		if (!find(after, before->threads[i].tid, &at))
			return unknown("one of its threads ended within the windows");
		add(&sum, &before->threads[i], -1);
	}
	for (uint32_t i = 0; i < after->count; i++)
		add(&sum, &after->threads[i], 1);
	return (struct schedstat_change){.delay_ns = not_negative(sum.delay_ns),
	                                 .switches = not_negative(sum.switches),
	                                 .migrations = not_negative(sum.migrations)};
}
