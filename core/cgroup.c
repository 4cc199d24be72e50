/* SPDX-License-Identifier: MIT */
#include "cgroup.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sysfile.h"
#include "words.h"

/* A line is "hierarchy:controllers:path"; version 2 is hierarchy 0 without names. */
bool cgroup_own(const char *root, const char *controller, char *group, size_t size)
{
	FILE *file = sysfile_open(root, "/proc/self/cgroup");
	char *line = NULL;
	size_t room = 0;
	bool found = false;

	while (file && !found && getline(&line, &room, file) > 0) {
		char *names = strchr(line, ':');
		char *path = names ? strchr(names + 1, ':') : NULL;

		if (!path)
			continue;
		*path++ = '\0';
		path[strcspn(path, "\n")] = '\0';
		if (controller ? !words_has_item(names + 1, controller) : strcmp(line, "0:") != 0)
			continue;
		found = snprintf(group, size, "%s", path) < (int)size;
	}
	free(line);
	if (file)
		fclose(file);
	return found;
}

/*
 * Pressure would be reckoned up in this group as well at each change of tasks, which takes time that is
 * not the model's. Before Linux 6.1 it cannot be turned off.
 */
static void leave_pressure_alone(int folder)
{
	int fd = openat(folder, "cgroup.pressure", O_WRONLY | O_CLOEXEC);

	if (fd < 0)
		return;
	(void)!write(fd, "0", 1);
	close(fd);
}

/* The i-th place where the child could lie; false beyond the last. An empty path is no place. */
static bool place(const char *controller, int number, int i, char *path, size_t size)
{
	static const char *const mounts[] = {"/sys/fs/cgroup", "/sys/fs/cgroup/unified"};
	char own[512];
	int length;

	if (i >= (controller ? 1 : 2))
		return false;
	path[0] = '\0';
	/* Outside of its namespace's root a group is told by "..": such a path leads out of the mount. */
	if (!cgroup_own("", controller, own, sizeof(own)) || strstr(own, "/.."))
		return true;
	length = snprintf(path, size, "%s%s%s%s/heddle-%d", mounts[controller ? 0 : i],
	                  controller ? "/" : "", controller ? controller : "",
	                  strcmp(own, "/") ? own : "", number);
	if (length < 0 || (size_t)length >= size)
		path[0] = '\0';
	return true;
}

/* Before Linux 5.14 there is no cgroup.kill, and without it version 2 is of no use here. */
static int open_group(const char *controller, const char *path)
{
	char kill_file[1024];

	snprintf(kill_file, sizeof(kill_file), "%s/cgroup.kill", path);
	if (!controller && access(kill_file, W_OK))
		return -1;
	return open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

static int remove_one(const char *path, const struct stat *status, int kind, struct FTW *where)
{
	(void)status;
	(void)where;
	return kind == FTW_DP ? rmdir(path) : 0; /* the files of a group go with it */
}

/* With those that a model may have made below it. As rmdir. */
static int remove_group(const char *path)
{
	enum { DESCRIPTORS = 16 };

	return rmdir(path) == 0 ? 0 : nftw(path, remove_one, DESCRIPTORS, FTW_DEPTH | FTW_PHYS);
}

/* Who uses a group holds its lock, which ends with that process however it ends. */
static void remove_if_unused(const char *path)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	if (fd < 0)
		return;
	if (flock(fd, LOCK_EX | LOCK_NB) == 0)
		remove_group(path);
	close(fd);
}

/* What runs left of which core and keeper were both killed: nobody else was there to remove it. */
static void sweep(const char *path)
{
	char parent[512], child[512 + NAME_MAX + 2];
	struct dirent *entry;
	DIR *folder;
	int number, end;

	snprintf(parent, sizeof(parent), "%.*s", (int)(strrchr(path, '/') - path), path);
	folder = opendir(parent);
	while (folder && (entry = readdir(folder)))
		if (sscanf(entry->d_name, "heddle-%d%n", &number, &end) == 1 &&
		    !entry->d_name[end]) {
			snprintf(child, sizeof(child), "%s/%s", parent, entry->d_name);
			remove_if_unused(child);
		}
	if (folder)
		closedir(folder);
}

/* Another's sweep may come between the two, and take the folder away again. */
static int make_and_lock(const char *controller, const char *path)
{
	int folder;

	if (mkdir(path, 0755) < 0)
		return -1;
	folder = open_group(controller, path);
	if (folder >= 0 && flock(folder, LOCK_EX) == 0 && access(path, F_OK) == 0)
		return folder;
	if (folder >= 0)
		close(folder);
	rmdir(path);
	return -1;
}

int cgroup_create(const char *controller, int number, char *path, size_t size)
{
	for (int i = 0; place(controller, number, i, path, size); i++) {
		int folder;

		if (!*path)
			continue;
		sweep(path);
		folder = make_and_lock(controller, path);
		if (folder >= 0) {
			leave_pressure_alone(folder);
			return folder;
		}
	}
	path[0] = '\0';
	return -EACCES;
}

void cgroup_remove_left(const char *controller, int number)
{
	char path[512];

	for (int i = 0; place(controller, number, i, path, sizeof(path)); i++)
		cgroup_remove(path);
}

int cgroup_kill(int folder)
{
	int fd = openat(folder, "cgroup.kill", O_WRONLY | O_CLOEXEC);
	ssize_t written = fd >= 0 ? write(fd, "1", 1) : -1;
	int code = written == 1 ? 0 : -errno;

	if (fd >= 0)
		close(fd);
	return code;
}

void cgroup_remove(const char *path)
{
	/* A killed process leaves its cgroup a moment after it was reaped. */
	for (int tries = 0; *path && remove_group(path) < 0 && errno == EBUSY && tries < 50;
	     tries++)
		usleep(1000);
}
