/* SPDX-License-Identifier: MIT */
/* Where namespaces may be made; elsewhere there is only the refusal to look at. */
#include "suite.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "isolation.h"

static ino_t namespace_of(const char *name)
{
	char path[64];
	struct stat status;

	snprintf(path, sizeof(path), "/proc/self/ns/%s", name);
	ck_assert_int_eq(stat(path, &status), 0);
	return status.st_ino;
}

/* In the new namespace. The status tells where it went wrong; 77 where there are no mounts. */
static int look_around(ino_t outer_pid, ino_t outer_mounts)
{
	char text[16] = "";

	if (getpid() != 1)
		return 1;
	if (isolation_enter())
		return 77;
	if (readlink("/proc/self", text, sizeof(text) - 1) != 1 || strcmp(text, "1") != 0)
		return 2;
	if (namespace_of("pid") == outer_pid || namespace_of("mnt") == outer_mounts)
		return 3;
	if (kill(-1, 0) == 0 || errno != ESRCH)
		return 4; /* somebody else is in reach */
	return mount("heddle-isolation", "/tmp", "tmpfs", 0, "size=64k") ? 5 : 0;
}

static int end_of(pid_t pid)
{
	int status;

	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static bool is_mounted(const char *what)
{
	char text[65536];
	int fd = open("/proc/self/mounts", O_RDONLY);
	ssize_t length = read(fd, text, sizeof(text) - 1);

	close(fd);
	text[length > 0 ? length : 0] = '\0';
	return strstr(text, what) != NULL;
}

START_TEST(the_child_is_alone)
{
	ino_t pids = namespace_of("pid"), mounts = namespace_of("mnt");
	int own = isolation_begin(), status;
	pid_t child;

	if (own < 0)
		return;
	child = fork();
	if (child == 0)
		_exit(look_around(pids, mounts));
	ck_assert_int_eq(isolation_end(own), 0);
	status = end_of(child);
	ck_assert_msg(status == 0 || status == 77, "%d", status);
	ck_assert(!is_mounted("heddle-isolation"));
}
END_TEST

START_TEST(children_after_it_are_as_before)
{
	ino_t pids = namespace_of("pid");
	int own = isolation_begin();
	pid_t child;

	if (own < 0)
		return;
	child = fork();
	if (child == 0)
		_exit(0);
	ck_assert_int_eq(isolation_end(own), 0);
	ck_assert_int_eq(end_of(child), 0);
	child = fork();
	if (child == 0)
		_exit(namespace_of("pid") == pids && getpid() != 1 ? 0 : 1);
	ck_assert_int_eq(end_of(child), 0);
}
END_TEST

START_TEST(an_ordinary_user_is_refused)
{
	pid_t child = fork();

	if (child == 0) {
		if (geteuid() == 0 && setuid(65534))
			_exit(1);
		_exit(isolation_begin() == -EPERM && isolation_of_stage() == -EPERM ? 0 : 2);
	}
	ck_assert_int_eq(end_of(child), 0);
}
END_TEST

START_TEST(only_process_1_enters)
{
	ck_assert_int_eq(isolation_enter(), -EINVAL);
	ck_assert_int_eq(isolation_end(-1), -EBADF);
}
END_TEST

int main(void)
{
	const suite_test tests[] = {the_child_is_alone, children_after_it_are_as_before,
	                            an_ordinary_user_is_refused, only_process_1_enters, NULL};

	return suite_run("isolation", tests);
}
