/* SPDX-License-Identifier: MIT */
#include "suite.h"

#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fake_tree.h"
#include "group.h"

enum { MIB = 1 << 20, HELD = 32 * MIB };

static char root[FAKE_TREE_PATH];

static int proc_of_root(void)
{
	char path[FAKE_TREE_PATH + 8];
	int fd;

	snprintf(path, sizeof(path), "%s/proc", root);
	fd = open(path, O_RDONLY | O_DIRECTORY);
	ck_assert_int_ge(fd, 0);
	return fd;
}

START_TEST(a_namespace_is_added_up)
{
	struct group_size size;
	int proc;

	fake_tree_make(root);
	fake_tree_put(root, "proc/1/status", "Name:\tkeeper\nRssAnon:\t 900 kB\nThreads:\t9\n");
	fake_tree_put(root, "proc/2/status", "Name:\tx\nRssAnon:\t   100 kB\nThreads:\t3\n");
	fake_tree_put(root, "proc/31/status", "Name:\ty\nRssAnon:\t   24 kB\nThreads:\t1\n");
	fake_tree_put(root, "proc/4/comm", "has just ended\n");
	fake_tree_put(root, "proc/stat", "RssAnon: 1\n");
	proc = proc_of_root();
	group_look(1, proc, 0, &size);
	ck_assert_uint_eq(size.processes, 2);
	ck_assert_uint_eq(size.threads, 4);
	ck_assert_uint_eq(size.bytes, 124 * 1024);
	group_look(1, proc, 2, &size); /* far enough to know that it is beyond */
	ck_assert_uint_gt(size.threads, 2 - 1);
	ck_assert_uint_le(size.threads, 4);
	close(proc);
	fake_tree_remove(root);
}
END_TEST

static void *nothing(void *unused)
{
	for (;;)
		pause();
	return unused;
}

/* A child of another thread's, with a child of its own. */
static void *make_family(void *unused)
{
	if (fork() == 0) {
		char *memory = malloc(HELD);
		pthread_t thread;

		memset(memory, 1, HELD);
		__asm__ volatile("" : : "r"(memory) : "memory");
		pthread_create(&thread, NULL, nothing, NULL);
		if (fork() == 0)
			nothing(NULL);
		nothing(NULL);
	}
	return unused;
}

START_TEST(all_descendants_are_found)
{
	struct group_size size = {0};
	pthread_t thread;
	pid_t family = fork();
	int status;

	if (family == 0) {
		setpgid(0, 0);
		pthread_create(&thread, NULL, make_family, NULL);
		pthread_join(thread, NULL); /* its child is the process's */
		nothing(NULL);
	}
	for (int i = 0; i < 3000 && (size.threads < 4 || size.bytes < HELD); i++) {
		usleep(10000);
		group_look(getpid(), -1, 0, &size);
	}
	ck_assert_uint_eq(size.processes, 3);
	ck_assert_uint_eq(size.threads, 4);
	ck_assert_uint_ge(size.bytes, HELD);
	group_look(getpid(), -1, 1, &size);
	ck_assert_uint_lt(size.threads, 4);
	kill(-family, SIGKILL);
	ck_assert_int_eq(waitpid(family, &status, 0), family);
}
END_TEST

START_TEST(who_is_not_there_has_nothing)
{
	struct group_size size = {.threads = 7};

	group_look(0x3fffffff, -1, 0, &size);
	ck_assert_uint_eq(size.threads, 0);
	ck_assert_uint_eq(size.bytes, 0);
}
END_TEST

int main(void)
{
	const suite_test tests[] = {a_namespace_is_added_up, all_descendants_are_found,
	                            who_is_not_there_has_nothing, NULL};

#if defined(__SANITIZE_THREAD__)
	return 77; /* it has threads of its own, and lets no child of a thread start one */
#endif
	return suite_run("group", tests);
}
