/* SPDX-License-Identifier: MIT */
#include "outfile.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

int outfile_open(struct outfile *file, const char *path, struct hd_error *err)
{
	const char *name = path;
	struct stat status;
	int code;

	*file = (struct outfile){.path = path};
	if (stat(path, &status) < 0 || S_ISREG(status.st_mode)) {
		if (asprintf(&file->temporary, "%s.tmp", path) < 0) {
			file->temporary = NULL;
			return hd_error(err, -ENOMEM, "out of memory");
		}
		name = file->temporary;
	}
	file->stream = fopen(name, "we");
	if (file->stream)
		return 0;
	code = hd_error(err, -errno, "%s: %s", path, strerror(errno));
	free(file->temporary);
	file->temporary = NULL;
	return code;
}

/* A rename lasts only once its folder has been synced. */
static void sync_folder_of(const char *path)
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
	const char *name = file->temporary ? file->temporary : file->path;
	int code = 0;

	if (!file->stream)
		return 0;
	if (good)
		errno = 0;
	if (!good || ferror(file->stream) || !sync_stream(file->stream))
		code = errno ? -errno : -EIO;
	if (fclose(file->stream) && !code)
		code = -errno;
	if (!code && file->temporary && rename(file->temporary, file->path) < 0) {
		code = -errno;
		name = file->path;
	}
	if (code)
		hd_error(err, code, "%s: %s", name, strerror(-code));
	if (code && file->temporary)
		unlink(file->temporary);
	else if (file->temporary)
		sync_folder_of(file->path);
	free(file->temporary);
	*file = (struct outfile){0};
	return code;
}
