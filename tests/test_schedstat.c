/* SPDX-License-Identifier: MIT */
#include <math.h>
#include <pthread.h>
#include <stdatomic.h>

#include "clock.h"
#include "fake_tree.h"
#include "schedstat.h"
#include "suite.h"

static char root[FAKE_TREE_PATH];
static struct schedstat before, after;

static void setup(void)
{
	fake_tree_make(root);
}

static void teardown(void)
{
	fake_tree_remove(root);
}

static void put(int pid, int tid, const char *schedstat, const char *migrations)
{
	char path[128], text[256];

	snprintf(path, sizeof(path), "proc/%d/task/%d/schedstat", pid, tid);
	fake_tree_put(root, path, schedstat);
	snprintf(path, sizeof(path), "proc/%d/task/%d/sched", pid, tid);
	snprintf(text, sizeof(text),
	         "worker (%d, #threads: 2)\n-----\nse.vruntime    :   3.5\n%s%s\n", tid,
	         *migrations ? "se.nr_migrations    :    " : "", migrations);
	fake_tree_put(root, path, text);
}

static struct schedstat_change change(void)
{
	return schedstat_between(&before, &after);
}

START_TEST(all_threads_of_all_processes)
{
	put(10, 10, "900 100 5\n", "1");
	put(10, 11, "900 200 6\n", "2");
	put(20, 20, "900 300 7\n", "3");
	schedstat_look(&before, root, 10);
	schedstat_look(&before, root, 20);
	ck_assert_uint_eq(before.count, 3);
	put(10, 11, "950 250 8\n", "2");
	put(20, 20, "950 1300 17\n", "7");
	put(20, 21, "50 40 3\n", "1"); /* a new one counts from its begin */
	schedstat_look(&after, root, 10);
	schedstat_look(&after, root, 20);
	ck_assert_double_eq(change().delay_ns, 50 + 1000 + 40);
	ck_assert_double_eq(change().switches, 2 + 10 + 3);
	ck_assert_double_eq(change().migrations, 0 + 4 + 1);
}
END_TEST

START_TEST(a_thread_that_ended_is_lost)
{
	put(10, 10, "900 100 5\n", "1");
	put(10, 11, "900 200 6\n", "2");
	schedstat_look(&before, root, 10);
	schedstat_look(&after, root, 10);
	ck_assert_double_eq(change().switches, 0);
	after.count--;
	ck_assert_double_nan(change().delay_ns);
	ck_assert_double_nan(change().switches);
	ck_assert_double_nan(change().migrations);
	ck_assert_str_eq(change().unknown, "one of its threads ended within the windows");
}
END_TEST

START_TEST(what_cannot_be_read_is_nan)
{
	schedstat_look(&before, root, 10);
	ck_assert_str_eq(before.incomplete, "no /proc/PID/task of one of its processes");
	ck_assert_double_nan(change().delay_ns);
	ck_assert_ptr_eq(change().unknown, before.incomplete);
	before = (struct schedstat){0};
	put(10, 10, "900 100 5\n", ""); /* a kernel that does not tell migrations */
	schedstat_look(&before, root, 10);
	schedstat_look(&after, root, 10);
	ck_assert_double_eq(change().delay_ns, 0);
	ck_assert_double_nan(change().migrations);
	ck_assert_ptr_null(change().unknown);
	put(10, 10, "nothing of use\n", "4");
	after = (struct schedstat){0};
	schedstat_look(&after, root, 10);
	ck_assert_double_nan(change().delay_ns);
	ck_assert_double_nan(change().switches);
	/* Totals do not go backwards. */
	put(10, 10, "900 90 4\n", "4");
	after = (struct schedstat){0};
	schedstat_look(&after, root, 10);
	ck_assert_double_nan(change().delay_ns);
	ck_assert_double_nan(change().switches);
}
END_TEST

START_TEST(too_many_threads)
{
	for (int i = 0; i < SCHEDSTAT_THREADS; i++)
		put(10, 1000 + i, "1 2 3\n", "4");
	schedstat_look(&before, root, 10);
	ck_assert_ptr_null(before.incomplete);
	ck_assert_uint_eq(before.count, SCHEDSTAT_THREADS);
	after = before;
	ck_assert_double_eq(change().delay_ns, 0);
	put(11, 11, "1 2 3\n", "4");
	schedstat_look(&after, root, 11);
	ck_assert_str_eq(change().unknown, "more threads than are looked at");
	ck_assert_double_nan(change().delay_ns);
}
END_TEST

static atomic_int naps, enough;

static void *nap(void *unused)
{
	for (; !atomic_load(&enough); atomic_fetch_add(&naps, 1))
		clock_sleep_until(clock_now_ns() + 100000);
	return unused;
}

/* On this machine, where it has both files: a thread that sleeps is given a processor each time. */
START_TEST(this_machine)
{
	pthread_t thread;

	schedstat_look(&before, "", getpid());
	ck_assert_int_eq(pthread_create(&thread, NULL, nap, NULL), 0);
	while (atomic_load(&naps) < 50)
		usleep(1000);
	schedstat_look(&after, "", getpid());
	atomic_store(&enough, 1);
	pthread_join(thread, NULL);
	ck_assert_uint_gt(after.count, before.count); /* a sanitizer has a thread of its own */
	if (isnan(change().switches))
		return; /* a kernel without them: the fake trees have to do */
	ck_assert_double_ge(change().switches, 50);
	ck_assert_double_ge(change().delay_ns, 0);
}
END_TEST

int main(void)
{
	const suite_test tests[] = {all_threads_of_all_processes,
	                            a_thread_that_ended_is_lost,
	                            what_cannot_be_read_is_nan,
	                            too_many_threads,
	                            this_machine,
	                            NULL};

	return suite_run_with("schedstat", tests, setup, teardown);
}
