/* SPDX-License-Identifier: MIT */
#include "cgroup.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* The caller's cgroup in the v2 hierarchy: "/" + what stands behind "0::" in /proc/self/cgroup. */
static int own_cgroup(char *path, size_t size)
{
	FILE *file = fopen("/proc/self/cgroup", "re");
	char line[512];
	int code = -ENOENT;

	if (!file)
		return -errno;
	while (code && fgets(line, sizeof(line), file)) {
		if (strncmp(line, "0::/", 4))
			continue;
		line[strcspn(line, "\n")] = '\0';
		snprintf(path, size, "%s", line + 3);
		code = 0;
	}
	fclose(file);
	return code;
}

int cgroup_create(char *path, size_t size)
{
	static const char *const mounts[] = {"/sys/fs/cgroup", "/sys/fs/cgroup/unified"};
	char own[512], kill_file[1024];

	path[0] = '\0';
	if (own_cgroup(own, sizeof(own)))
		return -ENOENT;
	for (size_t i = 0; i < sizeof(mounts) / sizeof(mounts[0]); i++) {
		int length = snprintf(path, size, "%s%s/heddle-%d", mounts[i],
		                      strcmp(own, "/") ? own : "", (int)getpid());
		int folder;

		if (length < 0 || (size_t)length >= size || mkdir(path, 0755) < 0)
			continue;
		/* Before Linux 5.14, and in v1, there is no cgroup.kill. */
		snprintf(kill_file, sizeof(kill_file), "%s/cgroup.kill", path);
		folder = access(kill_file, W_OK) == 0
		                 ? open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
		                 : -1;
		if (folder >= 0)
			return folder;
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
