/* SPDX-License-Identifier: MIT */
#include "quota.h"

#include <limits.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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

/* "nr_throttled 3" in a file of such lines, the same in both versions; NAN where there is none. */
static double throttled_of(const char *root, const char *folder, bool v2)
{
	char path[PATH_MAX], line[128];
	double periods = NAN;
	FILE *file;

	(void)v2;
	if (snprintf(path, sizeof(path), "%s/cpu.stat", folder) >= (int)sizeof(path))
		return NAN;
	file = sysfile_open(root, path);
	while (file && isnan(periods) && fgets(line, sizeof(line), file))
		if (sscanf(line, "nr_throttled %lf", &periods) != 1)
			periods = NAN;
	if (file)
		fclose(file);
	return periods;
}

/* What is asked of each group, and what the answers come to; NAN: no group has said. */
struct question {
	double (*of)(const char *root, const char *folder, bool v2);
	double (*join)(double all, double one); /* either may be NAN */
};

static double sum_of_known(double all, double one)
{
	return isnan(all) ? one : isnan(one) ? all : all + one;
}

static const struct question least_limit = {limit_of, fmin};
static const struct question all_throttled = {throttled_of, sum_of_known};

/*
 * From the own group up to the mount point. Folders that are not there are passed over: inside a
 * container the group's path may be the host's, while the mount shows less.
 */
static double ask_upwards(const struct question *question, const char *root,
                          const struct mount *mount, const char *group)
{
	double all = NAN;
	char folder[PATH_MAX];
	size_t shown = strcmp(mount->shown, "/") == 0 ? 0 : strlen(mount->shown);
	size_t top = strlen(mount->point);
	bool below = strncmp(group, mount->shown, shown) == 0 &&
	             (group[shown] == '/' || !group[shown]) && !strstr(group, "/..");

	if (snprintf(folder, sizeof(folder), "%s%s", mount->point, below ? group + shown : "") >=
	    (int)sizeof(folder))
		return NAN;
	for (;;) {
		char *last;

		all = question->join(all, question->of(root, folder, mount->v2));
		last = strrchr(folder, '/');
		if (!last || (size_t)(last - folder) < top)
			return all;
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

static double ask_all(const struct question *question, const char *root)
{
	FILE *file = sysfile_open(root, "/proc/self/mountinfo");
	char group[PATH_MAX];
	char *line = NULL;
	double all = NAN;
	size_t room = 0;

	while (file && getline(&line, &room, file) > 0) {
		struct mount mount = {0};

		if (parse_mount(line, &mount) &&
		    cgroup_own(root, mount.v2 ? NULL : "cpu", group, sizeof(group)))
			all = question->join(all, ask_upwards(question, root, &mount, group));
	}
	free(line);
	if (file)
		fclose(file);
	return all;
}

double quota_cpus(const char *root)
{
	return ask_all(&least_limit, root);
}

double quota_throttled_periods(const char *root)
{
	return ask_all(&all_throttled, root);
}
