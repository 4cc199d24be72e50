/* SPDX-License-Identifier: MIT */
#include "runlock.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "error.h"

/* The user's own folder, that nobody else may write. */
static bool is_private(const char *folder)
{
	struct stat status;

	return folder && folder[0] == '/' && lstat(folder, &status) == 0 &&
	       S_ISDIR(status.st_mode) && status.st_uid == geteuid() &&
	       !(status.st_mode & (S_IWGRP | S_IWOTH));
}

static void find_path(char path[PATH_MAX])
{
	const char *folder = getenv("XDG_RUNTIME_DIR");

	if (!is_private(folder) || snprintf(path, PATH_MAX, "%s/heddle.lock", folder) >= PATH_MAX)
		snprintf(path, PATH_MAX, "/tmp/heddle-%u.lock", (unsigned)geteuid());
}

/* A folder that all may write can hold anything under this name. */
static int open_own(const char *path)
{
	int fd =
	        open(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC, 0600);
	struct stat status;

	if (fd < 0)
		return -errno;
	if (fstat(fd, &status) == 0 && S_ISREG(status.st_mode) && status.st_uid == geteuid() &&
	    status.st_nlink <= 1)
		return fd;
	close(fd);
	return -EPERM;
}

/* It wrote its words when it took the lock: the file's time is since when. */
static void read_holder(int fd, char text[RUNLOCK_TEXT])
{
	char words[RUNLOCK_TEXT - 32], since[16] = "?";
	ssize_t got = pread(fd, words, sizeof(words) - 1, 0);
	struct stat status;
	struct tm local;

	words[got > 0 ? got : 0] = '\0';
	words[strcspn(words, "\n")] = '\0';
	text_clean(words);
	if (fstat(fd, &status) == 0 && localtime_r(&status.st_mtime, &local))
		strftime(since, sizeof(since), "%H:%M:%S", &local);
	snprintf(text, RUNLOCK_TEXT, "%s, since %s", words[0] ? words : "another one", since);
}

static void write_holder(int fd, const char *what)
{
	if (ftruncate(fd, 0) == 0)
		dprintf(fd, "%s (process %d)\n", what, (int)getpid());
}

int runlock_try(struct runlock *lock, const char *what, char text[RUNLOCK_TEXT])
{
	char path[PATH_MAX];
	int code;

	find_path(path);
	lock->fd = open_own(path);
	if (lock->fd < 0) {
		code = lock->fd;
		lock->fd = -1;
		snprintf(text, RUNLOCK_TEXT, "%.150s: %s", path,
		         code == -EPERM ? "not this user's own file" : strerror(-code));
		return code;
	}
	if (flock(lock->fd, LOCK_EX | LOCK_NB) == 0) {
		write_holder(lock->fd, what);
		return 0;
	}
	code = -errno;
	if (code == -EWOULDBLOCK)
		read_holder(lock->fd, text);
	else
		snprintf(text, RUNLOCK_TEXT, "%.150s: %s", path, strerror(-code));
	runlock_release(lock);
	return code;
}

void runlock_release(struct runlock *lock)
{
	if (lock->fd >= 0)
		close(lock->fd);
	lock->fd = -1;
}
