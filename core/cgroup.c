/* SPDX-License-Identifier: MIT */
#include "cgroup.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
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

int cgroup_create(char *path, size_t size)
{
	static const char *const mounts[] = {"/sys/fs/cgroup", "/sys/fs/cgroup/unified"};
	char own[512], kill_file[1024];

	path[0] = '\0';
	if (!cgroup_own("", NULL, own, sizeof(own)))
		return -ENOENT;
	for (size_t i = 0; i < sizeof(mounts) / sizeof(mounts[0]); i++) {
		int length = snprintf(path, size, "%s%s/heddle-%d", mounts[i],
		                      strcmp(own, "/") ? own : "", (int)getpid());
		int folder;

		if (length < 0 || (size_t)length >= size)
			continue;
		rmdir(path); /* of a process that had this number and was killed */
		if (mkdir(path, 0755) < 0)
			continue;
		/* Before Linux 5.14, and in v1, there is no cgroup.kill. */
		snprintf(kill_file, sizeof(kill_file), "%s/cgroup.kill", path);
		folder = access(kill_file, W_OK) == 0
		                 ? open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
		                 : -1;
		if (folder >= 0) {
			leave_pressure_alone(folder);
			return folder;
		}
		rmdir(path);
	}
	path[0] = '\0';
	return -EACCES;
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
	for (int tries = 0; *path && rmdir(path) < 0 && errno == EBUSY && tries < 50; tries++)
		usleep(1000);
}
