/* SPDX-License-Identifier: MIT */
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <math.h>
#include <pthread.h>
#include <sched.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "clock.h"
#include "counters.h"
#include "fake_tree.h"
#include "suite.h"

START_TEST(turns_are_scaled_to_the_whole_time)
{
	ck_assert_double_eq(counters_scale(100, 50, 50), 100);
	ck_assert_double_eq(counters_scale(100, 50, 25), 200);
	ck_assert_double_nan(counters_scale(0, 50, 0)); /* never its turn: no zero */
}
END_TEST

/* As a container does: perf_event_open fails with `error`. */
static void forbid(int error)
{
	struct sock_filter filter[] = {
	        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
	        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_perf_event_open, 0, 1),
	        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | (uint32_t)error),
	        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = {.len = sizeof(filter) / sizeof(filter[0]), .filter = filter};

	ck_assert_int_eq(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), 0);
	if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program))
		exit(0); /* this kernel has no filters */
}

static void check_refused(int error)
{
	struct counters counters;
	double values[COUNTERS];

	forbid(error);
	counters_open(&counters, 0);
	counters_start(&counters);
	counters_stop(&counters);
	counters_read(&counters, values);
	for (int i = 0; i < COUNTERS; i++) {
		ck_assert_int_eq(counters.fds[i], -1);
		ck_assert_int_eq(counters.errors[i], error);
		ck_assert_double_nan(values[i]);
	}
	ck_assert(!counters.user_only);
	counters_close(&counters);
}

/* Each test is a process of its own: the filters add up otherwise. */
START_TEST(refused_with_eacces)
{
	check_refused(EACCES);
}
END_TEST

START_TEST(refused_with_eperm)
{
	check_refused(EPERM);
}
END_TEST

START_TEST(refused_with_enosys)
{
	check_refused(ENOSYS);
}
END_TEST

START_TEST(why_not)
{
	char root[FAKE_TREE_PATH], text[128];

	fake_tree_make(root);
	ck_assert_str_eq(counters_explain(ENOSYS, root, text, sizeof(text)),
	                 "this kernel has no perf_event_open");
	ck_assert_str_eq(counters_explain(ENOENT, root, text, sizeof(text)),
	                 "this machine has no such counter");
	ck_assert_str_eq(counters_explain(EMFILE, root, text, sizeof(text)),
	                 "perf_event_open: Too many open files");
	ck_assert_str_eq(counters_explain(EPERM, root, text, sizeof(text)),
	                 "perf_event_open is not permitted here");
	fake_tree_put(root, "proc/sys/kernel/perf_event_paranoid", "4\n");
	ck_assert_str_eq(counters_explain(EACCES, root, text, sizeof(text)),
	                 "perf_event_open is not permitted here; kernel.perf_event_paranoid is 4");
	fake_tree_remove(root);
}
END_TEST

/* A child that is told when to begin, and has a thread and a child of its own that sleep as often. */
enum { SLEEPS = 30 };

static void *sleep_often(void *unused)
{
	for (int i = 0; i < SLEEPS; i++)
		clock_sleep_until(clock_now_ns() + 200000);
	return unused;
}

static void family(int begin)
{
	pthread_t thread;
	char byte;
	pid_t child;

	if (read(begin, &byte, 1) != 1)
		_exit(1);
	child = fork();
	if (child == 0) {
		sleep_often(NULL);
		_exit(0);
	}
	pthread_create(&thread, NULL, sleep_often, NULL);
	sleep_often(NULL);
	pthread_join(thread, NULL);
	waitpid(child, NULL, 0);
	if (read(begin, &byte, 1) != 1) /* still alive while it is read */
		_exit(1);
	_exit(0);
}

START_TEST(threads_and_children_count)
{
	struct counters counters;
	double values[COUNTERS];
	int begin[2];
	pid_t pid;

	ck_assert_int_eq(pipe(begin), 0);
	pid = fork();
	if (pid == 0)
		family(begin[0]);
	counters_open(&counters, pid);
	counters_start(&counters);
	ck_assert_int_eq(write(begin[1], "b", 1), 1);
	usleep(200000);
	counters_stop(&counters);
	counters_read(&counters, values);
	ck_assert_int_eq(write(begin[1], "e", 1), 1);
	waitpid(pid, NULL, 0);
	if (counters.fds[COUNTER_SWITCHES] >= 0) {
		ck_assert_double_ge(values[COUNTER_SWITCHES], 3 * SLEEPS);
		ck_assert_double_ge(values[COUNTER_MIGRATIONS], 0);
	} else {
		ck_assert_int_ne(counters.errors[COUNTER_SWITCHES], 0);
	}
	/* Where the processor has counters, a few million cycles were not zero. */
	if (counters.fds[COUNTER_CYCLES] >= 0)
		ck_assert(isnan(values[COUNTER_CYCLES]) || values[COUNTER_CYCLES] > 1000);
	else
		ck_assert_int_ne(counters.errors[COUNTER_CYCLES], 0);
	counters_close(&counters);
	ck_assert(!counters.opened);
	counters_read(&counters, values); /* as a struct of zeros */
	ck_assert_double_nan(values[COUNTER_SWITCHES]);
	close(begin[0]);
	close(begin[1]);
}
END_TEST

/* What happens before the start and after the stop is not counted. */
START_TEST(only_between_start_and_stop)
{
	struct counters counters;
	double values[COUNTERS];

	counters_open(&counters, 0);
	sleep_often(NULL);
	counters_start(&counters);
	counters_stop(&counters);
	sleep_often(NULL);
	counters_read(&counters, values);
	if (counters.fds[COUNTER_SWITCHES] >= 0)
		ck_assert(isnan(values[COUNTER_SWITCHES]) || values[COUNTER_SWITCHES] < SLEEPS);
	counters_close(&counters);
}
END_TEST

START_TEST(a_process_that_is_gone)
{
	struct counters counters;
	pid_t pid = fork();

	if (pid == 0)
		_exit(0);
	waitpid(pid, NULL, 0);
	counters_open(&counters, pid);
	for (int i = 0; i < COUNTERS; i++) {
		ck_assert_int_eq(counters.fds[i], -1);
		ck_assert_int_ne(counters.errors[i], 0);
	}
	counters_close(&counters);
}
END_TEST

int main(void)
{
	const suite_test tests[] = {turns_are_scaled_to_the_whole_time,
	                            refused_with_eacces,
	                            refused_with_eperm,
	                            refused_with_enosys,
	                            why_not,
	                            threads_and_children_count,
	                            only_between_start_and_stop,
	                            a_process_that_is_gone,
	                            NULL};

	return suite_run("counters", tests);
}
