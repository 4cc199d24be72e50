/* SPDX-License-Identifier: MIT */
#include "outfile.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "clock.h"

enum { MOST_TRIES = 100 };

/* One that a process left that was killed while it wrote: nobody holds its lock. */
static void remove_left(const char *path)
{
	int fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	struct stat status;

	if (fd < 0)
		return;
	if (fstat(fd, &status) == 0 && S_ISREG(status.st_mode) && status.st_uid == geteuid() &&
	    flock(fd, LOCK_EX | LOCK_NB) == 0)
		unlink(path);
	close(fd);
}

/* The first name is always the same, so that what is left is found again; then any. NULL: no memory. */
static char *name_beside(const char *path, int tries)
{
	uint32_t number = 0;
	char *name;

	if (tries && getrandom(&number, sizeof(number), 0) != sizeof(number))
		number = (uint32_t)clock_now_ns();
	if ((tries ? asprintf(&name, "%s.%08" PRIx32 ".heddle.tmp", path, number)
	           : asprintf(&name, "%s.heddle.tmp", path)) < 0)
		return NULL;
	return name;
}

/*
 * A file of its own beside the path, made new, so that in a folder that others may write to no link of theirs is
 * followed and no file of theirs written over. NULL with errno.
 */
static FILE *open_beside(struct outfile *file)
{
	int fd = -1;
	FILE *stream;

	for (int tries = 0; fd < 0 && tries < MOST_TRIES; tries++) {
		free(file->temporary);
		file->temporary = name_beside(file->path, tries);
		if (!file->temporary) {
			errno = ENOMEM;
			return NULL;
		}
		if (!tries)
			remove_left(file->temporary);
		fd = open(file->temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
		if (fd < 0 && errno != EEXIST)
			return NULL;
	}
	stream = fd < 0 ? NULL : fdopen(fd, "w");
	if (stream)
		(void)!flock(fd, LOCK_EX | LOCK_NB);
	if (fd >= 0 && !stream) {
		close(fd);
		unlink(file->temporary);
		errno = ENOMEM;
	}
	return stream;
}

int outfile_open(struct outfile *file, const char *path, struct hd_error *err)
{
	struct stat status;
	int code;

	*file = (struct outfile){.path = path};
	if (stat(path, &status) < 0 || S_ISREG(status.st_mode))
		file->stream = open_beside(file);
	else
		file->stream = fopen(path, "we");
	if (file->stream)
		return 0;
	code = hd_error(err, -errno, "%s: %s", path, strerror(errno));
	free(file->temporary);
	file->temporary = NULL;
	return code;
}

void outfile_sync_folder(const char *path)
{
	char *copy = strdup(path), *slash = copy ? strrchr(copy, '/') : NULL;
	int fd;

	if (slash)
		slash[slash == copy] = '\0';
	fd = open(slash ? copy : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd >= 0) {
		fsync(fd);
		close(fd);
	}
	free(copy);
}

/* Pipes and devices have nothing to sync. */
static bool sync_stream(FILE *stream)
{
	return fflush(stream) == 0 &&
	       (fsync(fileno(stream)) == 0 || errno == EINVAL || errno == EROFS);
}

int outfile_close(struct outfile *file, bool good, struct hd_error *err)
{
	int code = 0;

	if (!file->stream)
		return 0;
	if (good)
		errno = 0;
	if (!good || ferror(file->stream) || !sync_stream(file->stream))
		code = errno ? -errno : -EIO;
	if (fclose(file->stream) && !code)
		code = -errno;
	if (!code && file->temporary && rename(file->temporary, file->path) < 0)
		code = -errno;
	if (code)
		hd_error(err, code, "%s: %s", file->path, strerror(-code));
	if (code && file->temporary)
		unlink(file->temporary);
	else if (file->temporary)
		outfile_sync_folder(file->path);
	free(file->temporary);
	*file = (struct outfile){0};
	return code;
}
