/* SPDX-License-Identifier: MIT */
/* Last words of processes that die in each way, without a stage around them. */
#include "suite.h"
#include "trial_rig.h"

#include <pthread.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include "stage_fault.h"

static struct arena arena;
static struct arena_fault *left;

static void setup(void)
{
	struct arena_sizes sizes = {.tasks = 1};
	struct hd_error err = {0};

	ck_assert_msg(arena_create(&arena, &sizes, &err) == 0, "%s", err.text);
	left = &arena.board->fault;
}

static void teardown(void)
{
	arena_destroy(&arena);
}

/* Runs it in a process of its own. Returns the wait status. */
static int die_of(void (*fault)(void))
{
	struct rlimit no_core = {0, 0};
	pid_t child = fork();
	int status;

	if (child == 0) {
		setrlimit(RLIMIT_CORE, &no_core);
		stage_fault_prepare(arena.board);
		fault();
		_exit(66);
	}
	ck_assert_int_eq(waitpid(child, &status, 0), child);
	return status;
}

static void expect(void (*fault)(void), int signal)
{
	int status = die_of(fault);

	ck_assert_msg(WIFSIGNALED(status) && WTERMSIG(status) == signal, "status 0x%x", status);
	ck_assert_int_eq(left->signal, signal);
	ck_assert_int_ne(left->thread, 0);
	ck_assert_int_ne(left->pid, 0);
	ck_assert_uint_ge(left->frames, 1);
	ck_assert_uint_ge(left->objects, 1);
}

static void send_itself_sys(void)
{
	raise(SIGSYS);
}

static void send_itself_trap(void)
{
	raise(SIGTRAP);
}

static void be_sent_segv(void)
{
	kill(getpid(), SIGSEGV);
	pause();
}

START_TEST(signals_that_are_sent_kill_as_well)
{
	expect(send_itself_sys, SIGSYS);
	ck_assert_int_le(left->code, 0);
	ck_assert_uint_eq(left->address, 0);
	left->thread = 0;
	expect(send_itself_trap, SIGTRAP);
	if (RIG_SANITIZER)
		return;
	left->thread = 0;
	expect(be_sent_segv, SIGSEGV);
	ck_assert_uint_eq(left->stack_overflow, 0);
}
END_TEST

#if defined(__x86_64__) && !RIG_SANITIZER
static void lose_the_stack(void)
{
	__asm__ volatile("mov $4096, %rsp\n\tmov $4096, %rbp\n\tud2");
}

/* The handler itself cannot read the stack: what kills is the first signal, and its place is known. */
START_TEST(a_fault_within_the_handler)
{
	expect(lose_the_stack, SIGILL);
	ck_assert_uint_eq(left->frames, 1);
}
END_TEST

static void jump_nowhere(void)
{
	__asm__ volatile("mov $4096, %rsp\n\txor %eax, %eax\n\tjmp *%rax");
}

START_TEST(a_jump_nowhere_without_a_stack)
{
	int status = die_of(jump_nowhere);

	ck_assert_msg(WIFSIGNALED(status) && WTERMSIG(status) == SIGSEGV, "status 0x%x", status);
	ck_assert_uint_eq(left->frames, 1);
	ck_assert_uint_eq(left->frame[0].address, 0);
}
END_TEST
#endif

static void own_handler(int signal)
{
	(void)signal;
	_exit(44);
}

START_TEST(a_handler_that_is_there_stays)
{
	int status;

	signal(SIGABRT, own_handler);
	status = die_of(abort);
	signal(SIGABRT, SIG_DFL);
	ck_assert_msg(WIFEXITED(status) && WEXITSTATUS(status) == 44, "status 0x%x", status);
	ck_assert_int_eq(left->thread, 0);
}
END_TEST

START_TEST(the_first_one_of_a_trial_stays)
{
	left->thread = 12345;
	left->signal = SIGFPE;
	ck_assert(WIFSIGNALED(die_of(abort)));
	ck_assert_int_eq(left->thread, 12345);
	ck_assert_int_eq(left->signal, SIGFPE);
	ck_assert_uint_eq(left->frames, 0);
}
END_TEST

static void exit_with_7(void)
{
	exit(7);
}

static void exit_at_the_end(void)
{
	atomic_store(&arena.board->phase, PHASE_UNLOAD);
	exit(0);
}

static void exit_in_a_child(void)
{
	pid_t child = fork();

	if (child == 0)
		exit(0);
	waitpid(child, NULL, 0);
}

START_TEST(exit_is_written_down_where_it_is_none_of_the_plan)
{
	ck_assert_int_eq(WEXITSTATUS(die_of(exit_in_a_child)), 66);
	ck_assert_int_eq(left->thread, 0);
	ck_assert_int_eq(WEXITSTATUS(die_of(exit_with_7)), 7);
	ck_assert_int_ne(left->thread, 0);
	ck_assert_int_eq(left->signal, 0);
	ck_assert_uint_ge(left->frames, 2);
	left->thread = 0;
	ck_assert_int_eq(WEXITSTATUS(die_of(exit_at_the_end)), 0);
	ck_assert_int_eq(left->thread, 0);
}
END_TEST

static int mappings(void)
{
	FILE *file = fopen("/proc/self/statm", "re");
	int pages = 0;

	ck_assert_int_eq(fscanf(file, "%d", &pages), 1);
	fclose(file);
	return pages;
}

static void *take_a_stack(void *unused)
{
	stage_fault_give_stack();
	stage_fault_give_stack(); /* it has one */
	return unused;
}

static void live_and_die(int threads)
{
	pthread_t thread;

	for (int i = 0; i < threads; i++)
		if (pthread_create(&thread, NULL, take_a_stack, NULL) == 0)
			pthread_join(thread, NULL);
}

/* 200 of them would be 12.5 MiB. */
static void threads_come_and_go(void)
{
	int before;

	live_and_die(2); /* one stack is kept by the C library */
	before = mappings();
	live_and_die(200);
	_exit(mappings() - before < 100 ? 33 : 34);
}

START_TEST(stacks_go_with_their_threads)
{
	if (!RIG_SANITIZER) /* they give stacks of their own */
		ck_assert_int_eq(WEXITSTATUS(die_of(threads_come_and_go)), 33);
}
END_TEST

static void *die_late(void *unused)
{
	usleep(1000);
	raise(SIGABRT);
	return unused;
}

static void die_together(void)
{
	pthread_t threads[4];

	for (int i = 0; i < 4; i++)
		pthread_create(&threads[i], NULL, die_late, NULL);
	pause();
}

START_TEST(threads_that_die_at_once_leave_one_record)
{
	for (int i = 0; i < 20; i++) {
		left->thread = 0;
		expect(die_together, SIGABRT);
		for (uint32_t k = 0; k < left->frames; k++)
			ck_assert_uint_ne(left->frame[k].address, 0);
	}
}
END_TEST

int main(void)
{
	const suite_test tests[] = {
		signals_that_are_sent_kill_as_well,
#if defined(__x86_64__) && !RIG_SANITIZER
		a_fault_within_the_handler,
		a_jump_nowhere_without_a_stack,
#endif
		a_handler_that_is_there_stays,
		the_first_one_of_a_trial_stays,
		exit_is_written_down_where_it_is_none_of_the_plan,
		stacks_go_with_their_threads,
		threads_that_die_at_once_leave_one_record,
		NULL
	};

	return suite_run_with("stage_fault", tests, setup, teardown);
}
