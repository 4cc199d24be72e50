/* SPDX-License-Identifier: MIT */
#include "ceiling.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cgroup.h"

static int write_text(int folder, const char *name, const char *text)
{
	int fd = openat(folder, name, O_WRONLY | O_CLOEXEC), code = 0;

	if (fd < 0)
		return -errno;
	if (write(fd, text, strlen(text)) < 0)
		code = -errno;
	close(fd);
	return code;
}

static void set(int folder, const char *name, uint64_t value)
{
	char text[32] = "max";

	if (value)
		snprintf(text, sizeof(text), "%" PRIu64, value);
	write_text(folder, name, text);
}

/* Lines are "key number". */
static uint64_t read_event(int folder, const char *name, const char *key)
{
	char text[512];
	int fd = folder >= 0 ? openat(folder, name, O_RDONLY | O_CLOEXEC) : -1;
	ssize_t length = fd >= 0 ? read(fd, text, sizeof(text) - 1) : -1;
	char *rest = NULL;

	if (fd >= 0)
		close(fd);
	text[length > 0 ? length : 0] = '\0';
	for (char *line = strtok_r(text, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
		size_t size = strlen(key);

		if (strncmp(line, key, size) == 0 && line[size] == ' ')
			return strtoull(line + size, NULL, 10);
	}
	return 0;
}

static bool counts(int folder, const char *file)
{
	return folder >= 0 && faccessat(folder, file, W_OK, 0) == 0;
}

/* Children belong to the group of their parent: no stage has to be moved, which takes milliseconds. */
static int enter_own(struct ceiling *ceiling, int number)
{
	int folder =
	        cgroup_create("pids", number, ceiling->threads_path, sizeof(ceiling->threads_path));

	if (folder < 0)
		return -1;
	if (counts(folder, "pids.max") && write_text(folder, "cgroup.procs", "0") == 0)
		return folder;
	close(folder);
	cgroup_remove(ceiling->threads_path);
	ceiling->threads_path[0] = '\0';
	return -1;
}

static void make_group(struct ceiling *ceiling, int number)
{
	ceiling->group = cgroup_create(NULL, number, ceiling->path, sizeof(ceiling->path));
	ceiling->memory = counts(ceiling->group, "memory.max");
}

void ceiling_open(struct ceiling *ceiling, int number, bool kill)
{
	*ceiling = (struct ceiling){.group = -1, .threads = -1};
	make_group(ceiling, number);
	if (counts(ceiling->group, "pids.max"))
		ceiling->threads = ceiling->group;
	else
		ceiling->threads = enter_own(ceiling, number);
	/* One that counts nothing only costs time. */
	if (ceiling->group >= 0 && !kill && !ceiling->memory &&
	    ceiling->threads != ceiling->group) {
		close(ceiling->group);
		cgroup_remove(ceiling->path);
		ceiling->path[0] = '\0';
		ceiling->group = -1;
	}
}

static struct ceiling_hits hits(const struct ceiling *ceiling)
{
	return (struct ceiling_hits){
	        .forks_refused = read_event(ceiling->threads, "pids.events", "max"),
	        .killed_for_memory =
	                ceiling->memory ? read_event(ceiling->group, "memory.events", "oom_kill")
	                                : 0};
}

void ceiling_set(struct ceiling *ceiling, uint32_t threads, uint64_t bytes)
{
	bool own = ceiling->threads >= 0 && ceiling->threads != ceiling->group;

	if (ceiling->threads >= 0 && ceiling->threads_set != threads)
		set(ceiling->threads, "pids.max", threads ? (uint64_t)threads + own : 0);
	if (ceiling->memory && ceiling->bytes_set != bytes)
		set(ceiling->group, "memory.max", bytes);
	ceiling->threads_set = threads;
	ceiling->bytes_set = bytes;
	ceiling->before = hits(ceiling);
}

struct ceiling_hits ceiling_hit(const struct ceiling *ceiling)
{
	struct ceiling_hits now = hits(ceiling);

	now.forks_refused -= ceiling->before.forks_refused;
	now.killed_for_memory -= ceiling->before.killed_for_memory;
	return now;
}

void ceiling_renew(struct ceiling *ceiling, int number)
{
	bool counted = ceiling->threads == ceiling->group;

	close(ceiling->group);
	cgroup_remove(ceiling->path);
	make_group(ceiling, number);
	ceiling->bytes_set = 0; /* a new one has no limits */
	if (counted) {
		ceiling->threads = ceiling->group;
		ceiling->threads_set = 0;
	}
}

void ceiling_close(struct ceiling *ceiling)
{
	char parent[CEILING_PATH + 4];

	if (ceiling->threads >= 0 && ceiling->threads != ceiling->group) {
		int folder;

		snprintf(parent, sizeof(parent), "%s/..", ceiling->threads_path);
		folder = open(parent, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		if (folder >= 0) {
			write_text(folder, "cgroup.procs", "0");
			close(folder);
		}
		close(ceiling->threads);
	}
	if (ceiling->group >= 0)
		close(ceiling->group);
	cgroup_remove(ceiling->threads_path);
	cgroup_remove(ceiling->path);
	*ceiling = (struct ceiling){.group = -1, .threads = -1};
}

void ceiling_remove_left(int number)
{
	cgroup_remove_left(NULL, number);
	cgroup_remove_left("pids", number);
}
