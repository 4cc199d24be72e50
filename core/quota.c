/* SPDX-License-Identifier: MIT */
#include "quota.h"

#include <fcntl.h>
#include <limits.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cgroup.h"
#include "sysfile.h"
#include "words.h"

/* One line of mountinfo that shows control groups with the CPU controller. */
struct mount {
	const char *shown; /* the group that the mount point shows */
	const char *point;
	bool v2;
};

/* Spaces and the like stand in mountinfo as \040: three octal digits. */
static void unescape(char *text)
{
	char *to = text;

	for (const char *from = text; *from; to++) {
		unsigned value;

		if (*from == '\\' && sscanf(from + 1, "%3o", &value) == 1) {
			*to = (char)value;
			from += 4;
		} else {
			*to = *from++;
		}
	}
	*to = '\0';
}

static bool read_numbers(const char *root, const char *folder, const char *name, int count,
                         double *numbers)
{
	char path[PATH_MAX];
	FILE *file;
	int got;

	if (snprintf(path, sizeof(path), "%s/%s", folder, name) >= (int)sizeof(path))
		return false;
	file = sysfile_open(root, path);
	if (!file)
		return false;
	got = count == 2 ? fscanf(file, "%lf %lf", &numbers[0], &numbers[1])
	                 : fscanf(file, "%lf", &numbers[0]);
	fclose(file);
	return got == count;
}

/* What one group grants, NAN for all it wants: version 2 says "max", version 1 a negative number.
 */
static double limit_of(const char *root, const char *folder, bool v2)
{
	double numbers[2];
	bool known;

	if (v2)
		known = read_numbers(root, folder, "cpu.max", 2, numbers);
	else
		known = read_numbers(root, folder, "cpu.cfs_quota_us", 1, &numbers[0]) &&
		        read_numbers(root, folder, "cpu.cfs_period_us", 1, &numbers[1]);
	return known && numbers[0] > 0 && numbers[1] > 0 ? numbers[0] / numbers[1] : NAN;
}

typedef void visitor(void *context, const char *root, const char *folder, bool v2);

/*
 * From the own group up to the mount point. Folders that are not there are passed over: inside a
 * container the group's path may be the host's, while the mount shows less.
 */
static void visit_upwards(const char *root, const struct mount *mount, const char *group,
                          visitor *visit, void *context)
{
	char folder[PATH_MAX];
	size_t shown = strcmp(mount->shown, "/") == 0 ? 0 : strlen(mount->shown);
	size_t top = strlen(mount->point);
	bool below = strncmp(group, mount->shown, shown) == 0 &&
	             (group[shown] == '/' || !group[shown]) && !strstr(group, "/..");

	if (snprintf(folder, sizeof(folder), "%s%s", mount->point, below ? group + shown : "") >=
	    (int)sizeof(folder))
		return;
	for (;;) {
		char *last;

		visit(context, root, folder, mount->v2);
		last = strrchr(folder, '/');
		if (!last || (size_t)(last - folder) < top)
			return;
		*last = '\0';
	}
}

/* "36 35 98:0 SHOWN POINT options [more] - TYPE source super-options"; cut up in place. */
static bool parse_mount(char *line, struct mount *mount)
{
	char *tail = strstr(line, " - ");
	char *save, *word = NULL, *type, *options;

	if (!tail)
		return false;
	*tail = '\0';
	type = strtok_r(tail + 3, " \n", &save);
	strtok_r(NULL, " \n", &save);
	options = strtok_r(NULL, " \n", &save);
	if (!type || !options)
		return false;
	mount->v2 = strcmp(type, "cgroup2") == 0;
	if (!mount->v2 && (strcmp(type, "cgroup") != 0 || !words_has_item(options, "cpu")))
		return false;
	for (int i = 0; i < 5; i++) {
		word = strtok_r(i ? NULL : line, " ", &save);
		if (!word)
			return false;
		if (i >= 3)
			unescape(word);
		if (i == 3)
			mount->shown = word;
	}
	mount->point = word;
	return true;
}

/* All groups whose limits hold for this process. */
static void visit_groups(const char *root, visitor *visit, void *context)
{
	FILE *file = sysfile_open(root, "/proc/self/mountinfo");
	char group[PATH_MAX];
	char *line = NULL;
	size_t room = 0;

	while (file && getline(&line, &room, file) > 0) {
		struct mount mount = {0};

		if (parse_mount(line, &mount) &&
		    cgroup_own(root, mount.v2 ? NULL : "cpu", group, sizeof(group)))
			visit_upwards(root, &mount, group, visit, context);
	}
	free(line);
	if (file)
		fclose(file);
}

static void take_least(void *context, const char *root, const char *folder, bool v2)
{
	double *least = context;

	*least = fmin(*least, limit_of(root, folder, v2)); /* the number, where one is NAN */
}

double quota_cpus(const char *root)
{
	double least = NAN;

	visit_groups(root, take_least, &least);
	return least;
}

/* "nr_throttled 3", a line among others; NAN where there is none. */
static double read_throttled(int file)
{
	char text[2048];
	ssize_t length = pread(file, text, sizeof(text) - 1, 0);
	const char *line;
	double periods;

	text[length > 0 ? length : 0] = '\0';
	line = strstr(text, "nr_throttled ");
	return line && sscanf(line, "nr_throttled %lf", &periods) == 1 ? periods : NAN;
}

static bool is_open(const struct quota_counts *counts, int file)
{
	struct stat one, other;

	for (int i = 0; i < counts->count; i++)
		if (fstat(file, &one) == 0 && fstat(counts->files[i], &other) == 0 &&
		    one.st_dev == other.st_dev && one.st_ino == other.st_ino)
			return true;
	return false;
}

static void add_count(void *context, const char *root, const char *folder, bool v2)
{
	struct quota_counts *counts = context;
	char path[PATH_MAX];
	int file;

	(void)v2; /* the same line in both */
	if (counts->count == QUOTA_COUNTS ||
	    snprintf(path, sizeof(path), "%s%s/cpu.stat", root, folder) >= (int)sizeof(path))
		return;
	file = open(path, O_RDONLY | O_CLOEXEC);
	if (file < 0)
		return;
	/* A root group counts nothing; a group may be mounted in two places. */
	if (isnan(read_throttled(file)) || is_open(counts, file))
		close(file);
	else
		counts->files[counts->count++] = file;
}

void quota_counts_open(struct quota_counts *counts, const char *root)
{
	*counts = (struct quota_counts){0};
	visit_groups(root, add_count, counts);
}

double quota_counts_throttled(const struct quota_counts *counts)
{
	double sum = counts->count ? 0 : NAN;

	for (int i = 0; i < counts->count; i++)
		sum += read_throttled(counts->files[i]);
	return sum;
}

void quota_counts_close(struct quota_counts *counts)
{
	while (counts->count)
		close(counts->files[--counts->count]);
}
