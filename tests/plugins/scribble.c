/* SPDX-License-Identifier: MIT */
/*
 * scribble - writes over all memory that it shares with the core, and goes on. BYTE is what it writes everywhere, once;
 * -1: anything, for as long as it runs; -2: 0xff everywhere, and it exits as if all were well.
 */
#define _GNU_SOURCE
#include <stdio.h>
#include <string.h>

#include "broken.h"

#ifndef BYTE
#define BYTE 0
#endif

enum { PARTS = 16 };

static struct {
	unsigned char *begin;
	size_t bytes;
} parts[PARTS];
static int part_count;

static void find_parts(void)
{
	FILE *file = fopen("/proc/self/maps", "re");
	unsigned long begin, end;
	char line[512];

	while (file && part_count < PARTS && fgets(line, sizeof(line), file))
		if (strstr(line, "memfd:heddle-trial") && strstr(line, "rw-s") &&
		    sscanf(line, "%lx-%lx", &begin, &end) == 2) {
			parts[part_count].begin = (unsigned char *)begin; // NOLINT: an address
			parts[part_count++].bytes = end - begin;
		}
	if (file)
		fclose(file);
}

static void fill(int byte)
{
	for (int i = 0; i < part_count; i++)
		memset(parts[i].begin, byte, parts[i].bytes);
}

static void *scribble(void *unused)
{
	uint64_t random = 88172645463325252U;

	for (int i = 0; part_count; i = (i + 1) % part_count) {
		random ^= random << 13;
		random ^= random >> 7;
		random ^= random << 17;
		memcpy(parts[i].begin + random % (parts[i].bytes / 8) * 8, &random, sizeof(random));
	}
	return unused;
}

static int scribble_run(void *state, const struct hd_jobs *jobs)
{
	pthread_t thread;

	find_parts();
	if (BYTE >= 0)
		fill(BYTE);
	if (BYTE == -1 && pthread_create(&thread, NULL, scribble, NULL) == 0)
		pthread_detach(thread);
	if (BYTE == -2) {
		fill(0xff);
		_exit(0);
	}
	return base_run(state, jobs);
}

HD_EXPORT const struct hd_model heddle_model = {BASE_HEAD, BASE_TEXTS, .open = base_open,
                                                .run = scribble_run, .close = base_close};
