/* SPDX-License-Identifier: MIT */
/* What download.h says of names. Part by part, so that no kernel is too old and no link is ever followed. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "download.h"

/* One name of a path. "" stands before the first slash of an absolute one, and between two. */
static int take_part(const char *name, size_t length, char part[NAME_MAX + 1])
{
	if (length > NAME_MAX)
		return -ENAMETOOLONG;
	memcpy(part, name, length);
	part[length] = '\0';
	return length == 0 || strcmp(part, ".") == 0 || strcmp(part, "..") == 0 ? -EACCES : 0;
}

/* O_NONBLOCK: a pipe would hold up whoever opens it. It goes, as rings take it for "do not wait for the disk". */
static int check_file(int fd, uint64_t *bytes)
{
	struct stat status;

	if (fstat(fd, &status) < 0 || fcntl(fd, F_SETFL, 0) < 0)
		return -errno;
	*bytes = (uint64_t)status.st_size;
	return S_ISREG(status.st_mode) ? 0 : -EACCES;
}

int download_open(int folder, const char *name, size_t length, uint64_t *bytes)
{
	const int step = O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
	const int last = O_RDONLY | O_NONBLOCK | O_NOCTTY | O_NOFOLLOW | O_CLOEXEC;
	const char *end = name + length, *slash;
	int at = folder, code = 0;

	if (length > DOWNLOAD_NAME_MOST)
		return -ENAMETOOLONG;
	if (memchr(name, '\0', length))
		return -EINVAL;
	do {
		char part[NAME_MAX + 1];
		int next = -1;

		slash = memchr(name, '/', (size_t)(end - name));
		code = take_part(name, (size_t)((slash ? slash : end) - name), part);
		if (!code) {
			next = openat(at, part, slash ? step : last);
			code = next < 0 ? -errno : 0;
		}
		if (at != folder)
			close(at);
		if (code)
			return code;
		at = next;
		name = slash ? slash + 1 : end;
	} while (slash);
	code = check_file(at, bytes);
	if (code)
		close(at);
	return code ? code : at;
}
