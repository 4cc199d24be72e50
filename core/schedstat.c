/* SPDX-License-Identifier: MIT */
#include "schedstat.h"

#include <ctype.h>
#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Empty where it cannot be read. Without stdio: there may be hundreds of threads, and the model is at work. */
static void read_text(int folder, const char *tid, const char *name, char *text, size_t size)
{
	char path[NAME_MAX + 16];
	ssize_t length = -1;
	int fd;

	snprintf(path, sizeof(path), "%s/%s", tid, name);
	fd = openat(folder, path, O_RDONLY | O_CLOEXEC);
	if (fd >= 0) {
		length = read(fd, text, size - 1);
		close(fd);
	}
	text[length > 0 ? length : 0] = '\0';
}

/* schedstat: "time on a processor, time waited for one, times that it got one". sched: "key : value". */
static struct schedstat_thread read_thread(int folder, const char *tid)
{
	static const char key[] = "\nse.nr_migrations";
	struct schedstat_thread thread = {
	        .tid = atoi(tid), .delay_ns = NAN, .switches = NAN, .migrations = NAN};
	char text[4096];
	const char *value;

	read_text(folder, tid, "schedstat", text, sizeof(text));
	if (sscanf(text, "%*u %lf %lf", &thread.delay_ns, &thread.switches) != 2)
		thread.delay_ns = thread.switches = NAN;
	read_text(folder, tid, "sched", text, sizeof(text));
	value = strstr(text, key);
	if (!value || sscanf(value + strlen(key), " : %lf", &thread.migrations) != 1)
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
			queue->threads[queue->count++] = read_thread(dirfd(folder), entry->d_name);
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
