/* SPDX-License-Identifier: MIT */
#include "suite.h"

#include <errno.h>
#include <fenv.h>
#include <locale.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "stage_traces.h"

static struct stage_traces before;
static char text[512];

static void take(void)
{
	stage_traces_take(&before);
}

static void check(const char *wanted)
{
	stage_traces_tell(&before, text, sizeof(text));
	ck_assert_str_eq(text, wanted);
}

static void handle(int number)
{
	(void)number;
}

START_TEST(nothing_is_told_where_nothing_changed)
{
	check("");
}
END_TEST

START_TEST(everything_is_told_at_once)
{
	sigset_t set;

	ck_assert_int_eq(chdir("/usr"), 0);
	setenv("HEDDLE_TRACES", "1", 1);
	signal(SIGRTMIN + 3, handle);
	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	pthread_sigmask(SIG_BLOCK, &set, NULL);
	fesetround(FE_DOWNWARD);
	close(STDIN_FILENO);
	stage_traces_tell(&before, text, sizeof(text));
	fesetround(FE_TONEAREST);
	ck_assert_str_eq(text, "the directory, the environment, the handler of a real-time signal, "
	                       "the signals that are blocked, the rounding mode, standard input");
}
END_TEST

START_TEST(a_value_that_comes_back_is_no_change)
{
	setenv("HEDDLE_TRACES", "1", 1);
	check("the environment");
	unsetenv("HEDDLE_TRACES");
	check("");
	signal(SIGHUP, handle);
	check("the handler of SIGHUP");
	signal(SIGUSR2, SIG_IGN);
	check("the handlers of 2 signals");
	signal(SIGHUP, SIG_DFL);
	signal(SIGUSR2, SIG_DFL);
	check("");
}
END_TEST

START_TEST(little_room_cuts_the_text)
{
	char little[16];

	ck_assert_int_eq(chdir("/usr"), 0);
	setenv("HEDDLE_TRACES", "1", 1);
	stage_traces_tell(&before, little, sizeof(little));
	ck_assert_str_eq(little, "the director...");
}
END_TEST

static struct arena arena;
static struct hd_error err;

/* A case of the first PU that this test may use. Returns how many there are. */
static int make_case(void)
{
	struct arena_sizes sizes = {.tasks = 1};
	cpu_set_t set;

	ck_assert_int_eq(arena_create(&arena, &sizes, NULL), 0);
	ck_assert_int_eq(sched_getaffinity(0, sizeof(set), &set), 0);
	arena.board->cores = 1;
	while (!CPU_ISSET(arena.board->cpus[0], &set))
		arena.board->cpus[0]++;
	return CPU_COUNT(&set);
}

static void bind_to_case(void)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(arena.board->cpus[0], &set);
	ck_assert_int_eq(sched_setaffinity(0, sizeof(set), &set), 0);
}

START_TEST(a_thread_on_other_processors_is_found)
{
	int usable = make_case();

	if (usable > 1) {
		ck_assert_int_eq(stage_traces_check_cpus(arena.board, &err), -EXDEV);
		ck_assert_ptr_nonnull(strstr(err.text, "a thread of the model may run on PU "));
	}
	bind_to_case();
	ck_assert_int_eq(stage_traces_check_cpus(arena.board, NULL), 0);
	arena_destroy(&arena);
}
END_TEST

START_TEST(a_worker_on_other_processors_is_found)
{
	int usable = make_case();
	pid_t worker = fork();

	if (worker == 0)
		for (;;)
			pause();
	bind_to_case();
	atomic_store(&arena.board->watched, 2);
	atomic_store(&arena.board->watched_pids[0], 0x3fffffff); /* has ended */
	ck_assert_int_eq(stage_traces_check_cpus(arena.board, NULL), 0);
	atomic_store(&arena.board->watched_pids[1], worker);
	ck_assert_int_eq(stage_traces_check_cpus(arena.board, NULL), usable > 1 ? -EXDEV : 0);
	kill(worker, SIGKILL);
	ck_assert_int_eq(waitpid(worker, NULL, 0), worker);
	arena_destroy(&arena);
}
END_TEST

int main(void)
{
	const suite_test tests[] = {nothing_is_told_where_nothing_changed,
	                            everything_is_told_at_once,
	                            a_value_that_comes_back_is_no_change,
	                            little_room_cuts_the_text,
	                            a_thread_on_other_processors_is_found,
	                            a_worker_on_other_processors_is_found,
	                            NULL};

#if defined(__SANITIZE_THREAD__)
	return 77; /* it has a thread of its own, which may run everywhere */
#endif
	return suite_run_with("stage_traces", tests, take, NULL);
}
