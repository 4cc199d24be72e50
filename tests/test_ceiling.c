/* SPDX-License-Identifier: MIT */
/* What is written and read in a control group, in a folder that only looks like one; and one where it may be made. */
#include "suite.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fake_tree.h"
#include "ceiling.h"

static char root[FAKE_TREE_PATH];

static int fake_group(void)
{
	char path[FAKE_TREE_PATH + 8];

	fake_tree_make(root);
	fake_tree_put(root, "group/pids.max", "");
	fake_tree_put(root, "group/pids.events", "max 5\n");
	fake_tree_put(root, "group/memory.max", "");
	fake_tree_put(root, "group/memory.events", "low 0\nhigh 0\nmax 9\noom 3\noom_kill 2\n");
	snprintf(path, sizeof(path), "%s/group", root);
	return open(path, O_RDONLY | O_DIRECTORY);
}

static void check_file(int folder, const char *name, const char *wanted)
{
	char text[64] = "";
	int fd = openat(folder, name, O_RDONLY);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_ge(read(fd, text, sizeof(text) - 1), 0);
	close(fd);
	ck_assert_str_eq(text, wanted);
}

START_TEST(limits_are_written_and_hits_are_counted)
{
	int group = fake_group();
	struct ceiling ceiling = {.group = group, .threads = group, .memory = true};
	struct ceiling_hits hits;

	ceiling_set(&ceiling, 64, UINT64_C(128) << 20);
	check_file(group, "pids.max", "64");
	check_file(group, "memory.max", "134217728");
	hits = ceiling_hit(&ceiling);
	ck_assert_uint_eq(hits.forks_refused, 0); /* those of before are others' */
	ck_assert_uint_eq(hits.killed_for_memory, 0);
	fake_tree_put(root, "group/pids.events", "max 7\n");
	fake_tree_put(root, "group/memory.events", "oom 9\noom_kill 3\n");
	hits = ceiling_hit(&ceiling);
	ck_assert_uint_eq(hits.forks_refused, 2);
	ck_assert_uint_eq(hits.killed_for_memory, 1);
	close(group);
	fake_tree_remove(root);
}
END_TEST

START_TEST(no_limit_is_written_as_such)
{
	int group = fake_group();
	struct ceiling ceiling = {.group = group, .threads = group, .memory = true};

	ceiling_set(&ceiling, 64, 1 << 20);
	fake_tree_put(root, "group/pids.max", "");
	fake_tree_put(root, "group/memory.max", "");
	ceiling_set(&ceiling, 0, 0);
	check_file(group, "pids.max", "max");
	check_file(group, "memory.max", "max");
	close(group);
	fake_tree_remove(root);
}
END_TEST

START_TEST(without_a_group_nothing_is_hit)
{
	struct ceiling ceiling = {.group = -1, .threads = -1};
	struct ceiling_hits hits;

	ceiling_set(&ceiling, 64, 1);
	hits = ceiling_hit(&ceiling);
	ck_assert_uint_eq(hits.forks_refused, 0);
	ck_assert_uint_eq(hits.killed_for_memory, 0);
	ceiling_close(&ceiling);
	ceiling_remove_left(0x3fffffff);
}
END_TEST

/* A sanitizer that has a thread in each process is counted with it. */
#if defined(__SANITIZE_THREAD__)
#define EXTRA_THREAD 1
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define EXTRA_THREAD 1
#endif
#endif
#ifndef EXTRA_THREAD
#define EXTRA_THREAD 0
#endif

/* In a process of its own: it enters the group. Its exit status tells where it went wrong. */
static int refuse_forks(void)
{
	enum { MOST = 8, TRIED = 16 };
	struct ceiling ceiling;
	char path[CEILING_PATH];
	pid_t pids[TRIED];
	int made = 0;

	ceiling_open(&ceiling, (int)getpid(), false);
	if (ceiling.threads < 0 || ceiling.threads == ceiling.group)
		return 0; /* not here */
	snprintf(path, sizeof(path), "%s", ceiling.threads_path);
	ceiling_set(&ceiling, MOST, 0);
	for (int i = 0; i < TRIED; i++) {
		pids[made] = fork();
		if (pids[made] == 0) {
			pause();
			_exit(0);
		}
		made += pids[made] > 0;
	}
	if (made != MOST)
		return 1;
	if (ceiling_hit(&ceiling).forks_refused != TRIED - MOST)
		return 2;
	for (int i = 0; i < made; i++) {
		kill(pids[i], SIGKILL);
		waitpid(pids[i], NULL, 0);
	}
	ceiling_close(&ceiling);
	return access(path, F_OK) == 0 ? 3 : 0;
}

START_TEST(the_kernel_refuses_what_is_beyond)
{
	pid_t pid;
	int status;

	if (EXTRA_THREAD)
		return;
	pid = fork();
	if (pid == 0)
		_exit(refuse_forks());
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_int_eq(status, 0);
}
END_TEST

int main(void)
{
	const suite_test tests[] = {limits_are_written_and_hits_are_counted,
	                            no_limit_is_written_as_such, without_a_group_nothing_is_hit,
	                            the_kernel_refuses_what_is_beyond, NULL};

	return suite_run("ceiling", tests);
}
