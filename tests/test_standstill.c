/* SPDX-License-Identifier: MIT */
/* Who waits for whom, on fake trees whose mutexes lie in this process; and the program that unwinds. */
#include <linux/futex.h>
#include <pthread.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "clock.h"
#include "fake_tree.h"
#include "result_document.h"
#include "standstill.h"
#include "suite.h"

enum { KEEPER = 1, FIRST = 100 };

static char root[FAKE_TREE_PATH], text[512];
static struct standstill *all;

static void setup(void)
{
	fake_tree_make(root);
}

static void teardown(void)
{
	standstill_free(all);
	fake_tree_remove(root);
}

static void put(int pid, int tid, const char *name, const char *content)
{
	char path[128];

	snprintf(path, sizeof(path), "proc/%d/task/%d/%s", pid, tid, name);
	fake_tree_put(root, path, content);
}

static void put_process(int pid, int parent)
{
	char path[64], line[128];

	snprintf(path, sizeof(path), "proc/%d/stat", pid);
	snprintf(line, sizeof(line), "%d (a (b) c) S %d 0 0\n", pid, parent);
	fake_tree_put(root, path, line);
}

static void put_thread(int pid, int tid, char state, const char *call)
{
	char line[128];

	snprintf(line, sizeof(line), "%d (thread) of) %c 1 0 0\n", tid, state);
	put(pid, tid, "stat", line);
	put(pid, tid, "wchan", "0");
	if (call)
		put(pid, tid, "syscall", call);
}

/* A thread of this process, so that what it waits at can be read. */
static void put_waiter(int tid, int operation, const void *address, uint32_t value)
{
	char call[256];

	snprintf(call, sizeof(call), "%d 0x%lx 0x%x 0x%x 0x0 0x0 0x0 0x7ffd 0x7f01\n",
	         (int)SYS_futex, (unsigned long)(uintptr_t)address, operation, value);
	put_thread(getpid(), tid, 'S', call);
}

static void put_own_process(void)
{
	put_process(getpid(), KEEPER);
}

static const char *look(int stage)
{
	standstill_free(all);
	all = standstill_look(root, KEEPER, stage);
	ck_assert_ptr_nonnull(all);
	return standstill_sentence(all, text, sizeof(text));
}

static pthread_mutex_t held_by(int tid)
{
	pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;

	mutex.__data.__lock = 2;
	mutex.__data.__owner = tid;
	mutex.__data.__nusers = 1;
	return mutex;
}

/* ---- The group ------------------------------------------------------------------------------------- */

START_TEST(all_below_but_not_between)
{
	static const int wanted[] = {12, 13, 17, 14, 16};
	/* 11 is between; 14 was adopted by it, 15 is a stranger. */
	static const int processes[][2] = {{KEEPER, 5}, {5, 0},  {11, KEEPER}, {12, 11}, {13, 12},
	                                   {14, 11},    {15, 5}, {16, 14},     {17, 12}};

	for (size_t i = 0; i < sizeof(processes) / sizeof(processes[0]); i++) {
		put_process(processes[i][0], processes[i][1]);
		put_thread(processes[i][0], processes[i][0], 'R', "running\n");
	}
	look(12);
	ck_assert_uint_eq(all->count, 5);
	for (int i = 0; i < 5; i++)
		ck_assert_int_eq(all->threads[i].pid, wanted[i]);
	ck_assert(!all->more);
	/* The stage has ended: what it left is below the keeper. */
	look(99);
	ck_assert_int_eq(all->threads[0].pid, 11);
	ck_assert_uint_eq(all->count, 6);
}
END_TEST

START_TEST(nothing_there)
{
	ck_assert_ptr_null(standstill_look(root, KEEPER, 12));
	put_process(12, KEEPER);
	ck_assert_ptr_null(standstill_look(root, KEEPER, 12));
	put(12, 12, "stat", "no bracket");
	ck_assert_ptr_null(standstill_look(root, KEEPER, 12));
}
END_TEST

START_TEST(what_each_does)
{
	static const char *const wanted[] = {"runs",
	                                     "is stopped by a signal",
	                                     "has ended",
	                                     "waits in ppoll()",
	                                     "sleeps in the kernel's do_nanosleep",
	                                     "waits in system call 987"};

	put_process(12, KEEPER);
	put_thread(12, 12, 'R', "running\n");
	put_thread(12, 13, 'T', "34 0x0 0x0 0x0 0x0 0x0 0x0 0x7ffd 0x7f01\n");
	put_thread(12, 14, 'Z', NULL);
	snprintf(text, sizeof(text), "%d 0x0 0x0 0x0 0x0 0x0 0x0 0x7ffd 0x7f01\n", (int)SYS_ppoll);
	put_thread(12, 15, 'S', text);
	put_thread(12, 16, 'S', "-1 0x7ffd 0x7f01\n");
	put(12, 16, "wchan", "do_nanosleep");
	put_thread(12, 17, 'S', "987 0x1 0x2 0x3 0x4 0x5 0x6 0x7ffd 0x7f01\n");
	look(12);
	ck_assert_uint_eq(all->count, 6);
	for (uint32_t i = 0; i < all->count; i++)
		ck_assert_str_eq(standstill_phrase(all, i, text, sizeof(text)), wanted[i]);
	ck_assert_str_eq(all->threads[0].name, "thread) of");
	ck_assert_uint_eq(all->threads[5].arguments[5], 6);
	ck_assert_str_eq(look(12), "thread 2 is stopped by a signal; thread 1 runs; thread 4 waits "
	                           "in ppoll(); 3 more");
}
END_TEST

START_TEST(calls_that_are_not_told)
{
	put_process(12, KEEPER);
	put_thread(12, 12, 'S', NULL);
	put(12, 12, "syscall/folder", "");
	ck_assert_str_eq(look(12), "thread 1 sleeps");
	ck_assert_str_eq(all->calls_unknown, "/proc/PID/syscall: Is a directory");
	ck_assert_int_eq(all->threads[0].wait, WAIT_UNKNOWN);
}
END_TEST

/* ---- Who holds what -------------------------------------------------------------------------------- */

START_TEST(circles)
{
	pthread_mutex_t a = held_by(FIRST + 1), b = held_by(FIRST + 2), c = held_by(FIRST);

	put_own_process();
	put_waiter(FIRST, FUTEX_WAIT_PRIVATE, &a, 2);
	put_waiter(FIRST + 1, FUTEX_WAIT_PRIVATE, &b, 2);
	put_waiter(FIRST + 2, FUTEX_WAIT_BITSET_PRIVATE | FUTEX_CLOCK_REALTIME, &c, 2);
	put_waiter(FIRST + 3, FUTEX_WAIT, &c, 2);
	ck_assert_str_eq(look(getpid()),
	                 "thread 1 waits for a mutex held by thread 2, which waits for one held by "
	                 "thread 3, which waits for one held by thread 1: a deadlock");
	ck_assert_str_eq(standstill_phrase(all, 3, text, sizeof(text)),
	                 "waits for a mutex held by thread 1");
	/* The circle begins behind a thread that only waits for it. */
	a = held_by(FIRST + 2);
	c = held_by(FIRST + 1);
	b = held_by(FIRST + 1);
	ck_assert_str_eq(look(getpid()),
	                 "thread 2 waits for a mutex that it holds itself: a deadlock");
}
END_TEST

START_TEST(a_long_circle_is_cut)
{
	pthread_mutex_t mutexes[20];

	put_own_process();
	for (int i = 0; i < 20; i++) {
		mutexes[i] = held_by(FIRST + (i + 1) % 20);
		put_waiter(FIRST + i, FUTEX_WAIT_PRIVATE, &mutexes[i], 2);
	}
	look(getpid());
	ck_assert_ptr_nonnull(strstr(text, "held by thread 7, and so on in a circle of 20 threads: "
	                                   "a deadlock"));
	standstill_sentence(all, text, 40); /* whatever room there is */
	ck_assert_uint_eq(strlen(text), 39);
}
END_TEST

START_TEST(robust_and_priority_inheriting)
{
	pthread_mutex_t mutex = held_by(0);

	put_own_process();
	put_thread(getpid(), FIRST, 'R', "running\n");
	mutex.__data.__lock = (int)(FIRST | FUTEX_WAITERS);
	put_waiter(FIRST + 1, FUTEX_WAIT_PRIVATE, &mutex, FIRST | FUTEX_WAITERS);
	put_waiter(FIRST + 2, FUTEX_LOCK_PI_PRIVATE, &mutex, 0);
	ck_assert_str_eq(look(getpid()),
	                 "thread 1 runs; threads 2 and 3 wait for a mutex held by thread 1");
}
END_TEST

START_TEST(own_numbers_of_a_namespace)
{
	pthread_mutex_t mutex = held_by(3);

	put_own_process();
	put_thread(getpid(), FIRST, 'R', "running\n");
	put(getpid(), FIRST, "status", "Name:\tx\nNSpid:\t100\t3\n");
	put_waiter(FIRST + 1, FUTEX_WAIT_PRIVATE, &mutex, 2);
	look(getpid());
	ck_assert_int_eq(all->threads[0].own_tid, 3);
	ck_assert_int_eq(all->threads[1].holder, 0);
}
END_TEST

/* A name can hold what looks like the end of a name, and lines: nothing in it is a state. */
START_TEST(a_name_that_lies)
{
	put_process(FIRST, KEEPER);
	put(FIRST, FIRST, "stat", "100 (a) Z 1 (\nb) S 1 0 0\n");
	put(FIRST, FIRST, "wchan", "0");
	look(FIRST);
	ck_assert_int_eq(all->count, 1);
	ck_assert_int_eq(all->threads[0].state, 'S');
	ck_assert_str_eq(all->threads[0].name, "a) Z 1 (?b");
}
END_TEST

/* Another process's thread of that number cannot hold what only this one can see. */
START_TEST(private_and_shared)
{
	pthread_mutex_t mutex = held_by(FIRST);

	put_own_process();
	put_process(getpid() + 1, getpid());
	put_thread(getpid() + 1, FIRST, 'R', "running\n");
	put_waiter(FIRST + 1, FUTEX_WAIT_PRIVATE, &mutex, 2);
	put_waiter(FIRST + 2, FUTEX_WAIT, &mutex, 2);
	look(getpid());
	ck_assert_int_eq(all->threads[0].wait, WAIT_LOCK);
	ck_assert_int_eq(all->threads[1].holder, 2);
}
END_TEST

static void expect_unbelieved(const void *address, int operation, uint32_t value)
{
	put_waiter(FIRST + 1, operation, address, value);
	look(getpid());
	ck_assert_int_eq(all->threads[1].wait, WAIT_LOCK);
	ck_assert_int_eq(all->threads[1].holder, -1);
	ck_assert_uint_eq(all->threads[1].lock, (uintptr_t)address);
}

START_TEST(what_is_not_believed)
{
	pthread_mutex_t good = held_by(FIRST), mutex = held_by(FIRST + 77);

	put_own_process();
	put_thread(getpid(), FIRST, 'R', "running\n");
	put_waiter(FIRST + 1, FUTEX_WAIT_PRIVATE, &good, 2);
	look(getpid());
	ck_assert_int_eq(all->threads[1].holder, 0);
	expect_unbelieved(&mutex, FUTEX_WAIT_PRIVATE, 2); /* no thread of the group */
	expect_unbelieved(&good, FUTEX_WAIT_PRIVATE, 1);  /* not what a mutex is waited for with */
	mutex = good;
	mutex.__data.__nusers = 0;
	expect_unbelieved(&mutex, FUTEX_WAIT_PRIVATE, 2);
	mutex = good;
	mutex.__data.__kind = 0x12345;
	expect_unbelieved(&mutex, FUTEX_WAIT_PRIVATE, 2);
	mutex = good;
	mutex.__data.__lock = 1;
	expect_unbelieved(&mutex, FUTEX_WAIT_PRIVATE, 2);
	expect_unbelieved((void *)16, FUTEX_WAIT_PRIVATE, 2); /* nothing there */
	put_waiter(FIRST + 1, FUTEX_WAKE, &good, 2);
	look(getpid());
	ck_assert_int_eq(all->threads[1].wait, WAIT_CALL);
}
END_TEST

START_TEST(joins)
{
	/* As in glibc: number, unused, two pointers of a list that is its own end. */
	uint64_t thread[3] = {FIRST, 0, 0};

	put_own_process();
	put_thread(getpid(), FIRST, 'R', "running\n");
	thread[2] = (uintptr_t)&thread[2];
	put_waiter(FIRST + 1, FUTEX_WAIT_BITSET | FUTEX_CLOCK_REALTIME, thread, FIRST);
	ck_assert_str_eq(look(getpid()), "thread 1 runs; thread 2 waits for thread 1 to end");
	thread[2]++;
	ck_assert_str_eq(look(getpid()), "thread 1 runs; thread 2 waits to be woken");
}
END_TEST

START_TEST(vforks)
{
	struct clone_args_begin {
		uint64_t flags;
		char rest[80];
	} arguments = {.flags = 0x4000};
	char call[256];

	put_own_process();
	snprintf(call, sizeof(call), "%d 0x4111 0x0 0x0 0x0 0x0 0x0 0x7ffd 0x7f01\n",
	         (int)SYS_clone);
	put_thread(getpid(), FIRST, 'D', call);
	snprintf(call, sizeof(call), "%d 0x%lx 0x58 0x0 0x0 0x0 0x0 0x7ffd 0x7f01\n",
	         (int)SYS_clone3, (unsigned long)(uintptr_t)&arguments);
	put_thread(getpid(), FIRST + 1, 'D', call);
	ck_assert_str_eq(look(getpid()), "threads 1 and 2 wait for the child of a vfork()");
	arguments.flags = 0;
	look(getpid());
	ck_assert_int_eq(all->threads[1].wait, WAIT_CALL);
}
END_TEST

/* ---- Words, and what a result holds ------------------------------------------------------------------ */

START_TEST(threads_that_do_the_same_are_told_once)
{
	uint64_t a[3] = {0}, b[3] = {0};

	put_own_process();
	for (int i = 0; i < 3; i++)
		put_waiter(FIRST + i, FUTEX_WAIT_PRIVATE, i ? a : b, 0);
	ck_assert_str_eq(look(getpid()),
	                 "threads 1, 2 and 3 wait to be woken, and none is left to do it");
	put_thread(getpid(), FIRST + 3, 'R', "running\n");
	ck_assert_str_eq(look(getpid()), "thread 4 runs; threads 1, 2 and 3 wait to be woken");
	strcpy(all->threads[3].function, "spin");
	strcpy(all->threads[0].function, "take(int)");
	ck_assert_str_eq(
	        standstill_sentence(all, text, sizeof(text)),
	        "thread 4 in spin() runs; thread 1 in take(int) waits to be woken; threads "
	        "2 and 3 wait to be woken");
	for (int i = 4; i < 10; i++)
		put_thread(getpid(), FIRST + i, 'R', "running\n");
	ck_assert_str_eq(look(getpid()), "7 threads run; threads 1, 2 and 3 wait to be woken");
}
END_TEST

START_TEST(json_of_it)
{
	pthread_mutex_t mutex = held_by(FIRST);
	json_t *json, *thread, *lock;

	put_own_process();
	put_thread(getpid(), FIRST, 'R', "running\n");
	put_waiter(FIRST + 1, FUTEX_WAIT_PRIVATE, &mutex, 2);
	put(getpid(), FIRST + 1, "wchan", "futex_wait_queue");
	put_waiter(FIRST + 2, FUTEX_WAIT_PRIVATE, &mutex, 2);
	look(getpid());
	json = standstill_json(all);
	ck_assert_uint_eq(json_array_size(json_object_get(json, "stacks")), 3);
	thread = json_array_get(json_object_get(json, "stacks"), 1);
	ck_assert_int_eq(json_integer_value(json_object_get(thread, "thread")), 2);
	ck_assert_int_eq(json_integer_value(json_object_get(thread, "tid")), FIRST + 1);
	ck_assert_int_eq(json_integer_value(json_object_get(thread, "holder")), 1);
	ck_assert_str_eq(json_string_value(json_object_get(thread, "call")), "futex");
	ck_assert_str_eq(json_string_value(json_object_get(thread, "kernel")), "futex_wait_queue");
	ck_assert(json_is_null(json_object_get(thread, "frames")));
	ck_assert_uint_eq(json_array_size(json_object_get(json, "locks")), 1);
	lock = json_array_get(json_object_get(json, "locks"), 0);
	snprintf(text, sizeof(text), "0x%lx", (unsigned long)(uintptr_t)&mutex);
	ck_assert_str_eq(json_string_value(json_object_get(lock, "address")), text);
	ck_assert_int_eq(json_integer_value(json_object_get(lock, "holder")), 1);
	ck_assert_uint_eq(json_array_size(json_object_get(lock, "waiters")), 2);
	ck_assert(json_is_null(json_object_get(json, "frames_unknown")));
	json_decref(json);
}
END_TEST

/* Of many threads those that matter are told. */
START_TEST(told_are_the_deadlocked)
{
	pthread_mutex_t a = held_by(FIRST + 180), b = held_by(FIRST + 190);
	json_t *json;

	put_own_process();
	for (int i = 0; i < 200; i++)
		put_thread(getpid(), FIRST + i, 'R', "running\n");
	put_waiter(FIRST + 180, FUTEX_WAIT_PRIVATE, &b, 2);
	put_waiter(FIRST + 190, FUTEX_WAIT_PRIVATE, &a, 2);
	look(getpid());
	json = standstill_json(all);
	ck_assert_uint_eq(json_array_size(json_object_get(json, "stacks")), STANDSTILL_TOLD);
	ck_assert_int_eq(json_integer_value(json_object_get(json, "not_told")),
	                 200 - STANDSTILL_TOLD);
	ck_assert(all->threads[180].told && all->threads[190].told && !all->threads[62].told);
	json_decref(json);
}
END_TEST

/* ---- The program that unwinds ------------------------------------------------------------------------ */

static void put_unwinder(const char *script)
{
	char path[128];

	fake_tree_put(root, "bin/eu-stack", script);
	snprintf(path, sizeof(path), "%s/bin/eu-stack", root);
	ck_assert_int_eq(chmod(path, 0700), 0);
	snprintf(path, sizeof(path), "%s/bin", root);
	setenv("PATH", path, 1);
}

static void unwind(const char *script, uint64_t timeout_ns)
{
	put_process(12, KEEPER);
	put_thread(12, 12, 'S', "-1 0x7ffd 0x7f01\n");
	put_thread(12, 13, 'S', "-1 0x7ffd 0x7f01\n");
	look(12);
	put_unwinder(script);
	standstill_unwind(all, "/some/where/mine.so", timeout_ns);
	/* It is gone, in any case. */
	ck_assert(waitpid(-1, NULL, WNOHANG) < 0 && errno == ECHILD);
}

START_TEST(frames_are_read)
{
	static const char script[] =
	        "#!/bin/sh\n"
	        "[ \"$*\" = '-m -n 24 -p 12' ] || exit 1\n"
	        "[ -z \"$DEBUGINFOD_URLS\" ] || exit 1\n"
	        "echo eu-stack: tid 12: no matching address range\n"
	        "echo 'PID 12 - process'\n"
	        "echo 'TID 12:'\n"
	        "echo '#0  0x00007f01 wait@@GLIBC_2.3.2 - /lib/libc.so.6'\n"
	        "echo '#1  0x00007f02 - /some/where/mine.so'\n"
	        "echo '#2  0x00007f03 take - /some/where/mine.so'\n"
	        "echo '#3  0x00007f04 go(int, a - b) - /some/where/mine.so'\n"
	        "echo '#4  0x00007f05'\n"
	        "echo 'TID 99:'\n"
	        "echo '#0  0x00007f06 strange'\n"
	        "echo 'TID 13:'\n"
	        "for i in 1 2 3 4 5 6 7 8 9 10; do\n"
	        "echo \"#$i 0x01 f\"; echo \"#$i 0x01 f\"; echo \"#$i 0x01 f\"\n"
	        "done\n";
	const struct standstill_frame *frames;

	setenv("DEBUGINFOD_URLS", "http://127.0.0.1:1", 1);
	unwind(script, 60 * NS_PER_S);
	ck_assert_str_eq(all->frames_unknown, "");
	ck_assert_uint_eq(all->threads[0].frame_count, 5);
	frames = all->threads[0].frames;
	ck_assert_str_eq(frames[0].function, "wait");
	ck_assert_str_eq(frames[0].module, "libc.so.6");
	ck_assert_str_eq(frames[1].function, "0x00007f02");
	ck_assert_str_eq(frames[3].function, "go(int, a - b)");
	ck_assert_str_eq(frames[3].module, "mine.so");
	ck_assert_str_eq(frames[4].module, "");
	ck_assert_str_eq(all->threads[0].function, "take");
	ck_assert_uint_eq(all->threads[1].frame_count, STANDSTILL_FRAMES);
	ck_assert_str_eq(all->threads[1].function, "");
	ck_assert_str_eq(standstill_sentence(all, text, sizeof(text)),
	                 "thread 1 in take() sleeps; thread 2 sleeps");
}
END_TEST

START_TEST(an_unwinder_that_fails)
{
	unwind("#!/bin/sh\necho /usr/bin/eu-stack: dwfl_linux_proc_attach pid 12: Operation not "
	       "permitted >&2\nexit 1\n",
	       60 * NS_PER_S);
	ck_assert_str_eq(all->frames_unknown,
	                 "eu-stack: dwfl_linux_proc_attach pid 12: Operation not permitted");
	ck_assert_uint_eq(all->threads[0].frame_count, 0);
}
END_TEST

START_TEST(an_unwinder_that_does_not_end)
{
	uint64_t began = clock_now_ns();

	unwind("#!/bin/sh\necho 'TID 13:'\necho '#0 0x1 f'\nexec /bin/sleep 100\n", NS_PER_S);
	ck_assert_str_eq(all->frames_unknown, "eu-stack had not ended in time");
	ck_assert_uint_lt(clock_now_ns() - began, 50 * NS_PER_S);
	ck_assert_uint_eq(all->threads[1].frame_count, 1); /* what it said counts */
}
END_TEST

START_TEST(an_unwinder_that_prints_without_end)
{
	unwind("#!/bin/sh\nwhile :; do echo 'TID 1234567890: 1234567890 1234567890 1234567890 "
	       "1234567890 1234567890 1234567890 1234567890 1234567890 1234567890'; done\n",
	       60 * NS_PER_S);
	ck_assert_str_eq(all->frames_unknown, "eu-stack printed too much");
}
END_TEST

START_TEST(no_unwinder)
{
	put_process(12, KEEPER);
	put_thread(12, 12, 'S', "-1 0x7ffd 0x7f01\n");
	look(12);
	setenv("PATH", root, 1);
	standstill_unwind(all, "mine.so", NS_PER_S);
	ck_assert_str_eq(all->frames_unknown, "eu-stack (elfutils) is not installed");
}
END_TEST

START_TEST(of_many_processes_some)
{
	for (int i = 0; i < 20; i++) {
		put_process(20 + i, i ? 20 : KEEPER);
		put_thread(20 + i, 20 + i, 'S', "-1 0x7ffd 0x7f01\n");
	}
	look(20);
	ck_assert_uint_eq(all->count, 20);
	put_unwinder("#!/bin/sh\necho \"TID $5:\"\necho '#0 0x1 f'\n");
	standstill_unwind(all, "mine.so", 60 * NS_PER_S);
	ck_assert_str_eq(all->frames_unknown, "more than 16 processes");
	ck_assert_uint_eq(all->threads[15].frame_count, 1);
	ck_assert_uint_eq(all->threads[16].frame_count, 0);
}
END_TEST

START_TEST(what_cannot_be_stopped_is_let_be)
{
	put_process(12, KEEPER);
	put_thread(12, 12, 'D', "-1 0x7ffd 0x7f01\n");
	put_process(14, 12);
	put_thread(14, 14, 'S', "-1 0x7ffd 0x7f01\n");
	look(12);
	put_unwinder("#!/bin/sh\necho \"TID $5:\"\necho '#0 0x1 f'\n");
	standstill_unwind(all, "mine.so", 60 * NS_PER_S);
	ck_assert_uint_eq(all->threads[0].frame_count, 0);
	ck_assert_uint_eq(all->threads[1].frame_count, 1);
	ck_assert_str_eq(all->frames_unknown, "a thread in state D cannot be stopped");
}
END_TEST

/* ---- This machine -------------------------------------------------------------------------------------- */

static void *wait_for(void *mutex)
{
	pthread_mutex_lock(mutex);
	pthread_mutex_unlock(mutex);
	return NULL;
}

/* Nothing fake: a child of this test is seen to wait for a mutex that its main thread holds. */
START_TEST(a_real_process)
{
	pid_t child = fork();
	char reason[256] = "";

	if (child == 0) {
		pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
		pthread_t thread;

		pthread_mutex_lock(&mutex);
		pthread_create(&thread, NULL, wait_for, &mutex);
		for (;;)
			pause();
	}
	setenv("PATH", root, 1);
	for (int looks = 0; looks < 6000 && !strstr(reason, "held by thread 1"); looks++) {
		usleep(10000);
		standstill_free(all);
		snprintf(reason, sizeof(reason), "late");
		all = standstill_tell(getpid(), child, "mine.so", reason, sizeof(reason));
		ck_assert_ptr_nonnull(all);
		if (all->calls_unknown[0])
			break;
	}
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
	if (!all->calls_unknown[0])
		ck_assert_ptr_nonnull(strstr(reason, " waits for a mutex held by thread 1"));
	ck_assert_int_eq(strncmp(reason, "late: ", 6), 0);
}
END_TEST

int main(void)
{
	const suite_test tests[] = {all_below_but_not_between,
	                            nothing_there,
	                            what_each_does,
	                            calls_that_are_not_told,
	                            circles,
	                            a_long_circle_is_cut,
	                            robust_and_priority_inheriting,
	                            own_numbers_of_a_namespace,
	                            a_name_that_lies,
	                            private_and_shared,
	                            what_is_not_believed,
	                            joins,
	                            vforks,
	                            threads_that_do_the_same_are_told_once,
	                            json_of_it,
	                            told_are_the_deadlocked,
	                            frames_are_read,
	                            an_unwinder_that_fails,
	                            an_unwinder_that_does_not_end,
	                            an_unwinder_that_prints_without_end,
	                            no_unwinder,
	                            of_many_processes_some,
	                            what_cannot_be_stopped_is_let_be,
	                            a_real_process,
	                            NULL};

	return suite_run_with("standstill", tests, setup, teardown);
}
