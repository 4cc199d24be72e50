/* SPDX-License-Identifier: MIT */
/* Where a cgroup may be made; elsewhere there is only the refusal to look at. */
#include "suite.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cgroup.h"
#include "fake_tree.h"

static void join(int folder, pid_t pid)
{
	int fd = openat(folder, "cgroup.procs", O_WRONLY);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_gt(dprintf(fd, "%d", (int)pid), 0);
	close(fd);
}

START_TEST(own_group_is_found)
{
	char root[FAKE_TREE_PATH], path[64], little[4];

	fake_tree_make(root);
	ck_assert(!cgroup_own(root, NULL, path, sizeof(path)));
	fake_tree_put(root, "proc/self/cgroup",
	              "nonsense\n4:cpuset:/set\n2:cpu,cpuacct:/a b:c\n0::/user\n");
	ck_assert(cgroup_own(root, NULL, path, sizeof(path)));
	ck_assert_str_eq(path, "/user");
	ck_assert(cgroup_own(root, "cpu", path, sizeof(path)));
	ck_assert_str_eq(path, "/a b:c");
	ck_assert(!cgroup_own(root, "memory", path, sizeof(path)));
	ck_assert(!cgroup_own(root, NULL, little, sizeof(little)));
	fake_tree_remove(root);
}
END_TEST

START_TEST(all_in_it_are_killed_at_once)
{
	char path[512];
	int folder = cgroup_create(NULL, (int)getpid(), path, sizeof(path)), status;
	pid_t child;

	if (folder < 0) {
		ck_assert_str_eq(path, "");
		return;
	}
	ck_assert_ptr_nonnull(strstr(path, "/heddle-"));
	child = fork();
	if (child == 0)
		for (;;)
			pause();
	join(folder, child);
	ck_assert_int_eq(cgroup_kill(folder), 0);
	ck_assert_int_eq(waitpid(child, &status, 0), child);
	ck_assert(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
	close(folder);
	cgroup_remove(path);
	ck_assert_int_ne(access(path, F_OK), 0);
}
END_TEST

START_TEST(pressure_is_not_reckoned_up_in_it)
{
	char path[512], text[2] = "";
	int folder = cgroup_create(NULL, (int)getpid(), path, sizeof(path)), fd;

	if (folder < 0)
		return;
	fd = openat(folder, "cgroup.pressure", O_RDONLY);
	if (fd >= 0) { /* since Linux 6.1 */
		ck_assert_int_gt(read(fd, text, 1), 0);
		ck_assert_str_eq(text, "0");
		close(fd);
	}
	close(folder);
	cgroup_remove(path);
}
END_TEST

/* Core and keeper were killed at once: the next run removes what they left, and nothing that is in use. */
START_TEST(what_nobody_uses_is_removed)
{
	char left[512], used[512], path[512];
	int first = cgroup_create(NULL, 0x3ffffffd, left, sizeof(left));
	int second = cgroup_create(NULL, 0x3ffffffe, used, sizeof(used)), third;

	if (first < 0 || second < 0)
		return;
	ck_assert_int_eq(mkdirat(first, "of-a-model", 0700), 0);
	ck_assert_int_eq(mkdirat(first, "of-a-model/below", 0700), 0);
	close(first);
	ck_assert_int_eq(access(left, F_OK), 0);
	third = cgroup_create(NULL, 0x3fffffff, path, sizeof(path));
	ck_assert_int_ge(third, 0);
	ck_assert_int_ne(access(left, F_OK), 0);
	ck_assert_int_eq(access(used, F_OK), 0);
	close(second);
	close(third);
	cgroup_remove(used);
	cgroup_remove(path);
	ck_assert_int_ne(access(used, F_OK), 0);
}
END_TEST

START_TEST(what_is_none_is_refused)
{
	char tiny[4];

	ck_assert_int_lt(cgroup_kill(-1), 0);
	ck_assert_int_lt(cgroup_create(NULL, 1, tiny, sizeof(tiny)), 0);
	cgroup_remove("");
	cgroup_remove("/no/such/folder");
}
END_TEST

int main(void)
{
	const suite_test tests[] = {own_group_is_found,
	                            all_in_it_are_killed_at_once,
	                            pressure_is_not_reckoned_up_in_it,
	                            what_nobody_uses_is_removed,
	                            what_is_none_is_refused,
	                            NULL};

	return suite_run("cgroup", tests);
}
