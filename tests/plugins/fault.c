/* SPDX-License-Identifier: MIT */
/*
 * fault - wrong: does FAULT when it reaches PHASE, one of CONSTRUCTOR, UNSUPPORTED, OPEN, RUN,
 * CLOSE, DESTRUCTOR, and TASK, which is a request of a job in a thread. Right in all others.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE 1
#endif
#define PERFORM faulting
#include "broken.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <ucontext.h>

#define CONSTRUCTOR 1
#define UNSUPPORTED 2
#define OPEN 3
#define RUN 4
#define CLOSE 5
#define DESTRUCTOR 6
#define TASK 7

/* Named in the reason, so not to be merged with its caller. */
#define WRONG_ON_PURPOSE __attribute__((unused, noinline)) static

static volatile int zero;
__attribute__((
        unused)) static char *volatile newest; /* or a compiler leaves out what nobody sees */

WRONG_ON_PURPOSE void crash(void)
{
	volatile uintptr_t nowhere = 16;

	*(volatile int *)nowhere = 1;
}

WRONG_ON_PURPOSE void give_up(void)
{
	abort();
}

WRONG_ON_PURPOSE void divide(void)
{
	zero = 1000 / zero; /* compilers know of 1 / x without dividing */
}

WRONG_ON_PURPOSE void illegal(void)
{
	__builtin_trap();
}

/* A file that has no bytes where it is mapped. */
WRONG_ON_PURPOSE void read_cut_file(void)
{
	int fd = memfd_create("cut", 0);
	volatile char *bytes = (char *)mmap(NULL, 4096, PROT_READ, MAP_SHARED, fd, 0);

	zero = bytes[0];
}

WRONG_ON_PURPOSE void call_nothing(void)
{
	void (*volatile missing)(void) = NULL;

	missing();
	zero = 0; /* it is no tail call */
}

/* Each frame is the next one's business, so there have to be as many. */
WRONG_ON_PURPOSE int recurse(const volatile char *outer)
{
	volatile char frame[512];

	frame[0] = outer[0];
	return zero ? 0 : recurse(frame) + frame[0];
}

WRONG_ON_PURPOSE void overflow(void)
{
	zero = recurse("");
}

WRONG_ON_PURPOSE void overflow_coroutine(void)
{
	ucontext_t here, there;
	char *memory = (char *)mmap(NULL, 5 * 4096, PROT_READ | PROT_WRITE,
	                            MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	mprotect(memory, 4096, PROT_NONE);
	getcontext(&there);
	there.uc_stack.ss_sp = memory + 4096;
	there.uc_stack.ss_size = 4 * 4096;
	there.uc_link = &here;
	makecontext(&there, overflow, 0);
	swapcontext(&here, &there);
}

__attribute__((unused)) static void *in_thread(void *does)
{
	((void (*)(void))does)();
	return NULL;
}

WRONG_ON_PURPOSE void in_stranger(void (*does)(void))
{
	pthread_t thread;

	if (pthread_create(&thread, NULL, in_thread, (void *)does) == 0)
		pthread_join(thread, NULL);
}

/* In a thread that the host does not know of. */
WRONG_ON_PURPOSE void crash_stranger(void)
{
	in_stranger(crash);
}

WRONG_ON_PURPOSE void overflow_stranger(void)
{
	in_stranger(overflow);
}

WRONG_ON_PURPOSE void smash(void)
{
	volatile char small[8];
	volatile int length = 64;

	for (int i = 0; i < length; i++)
		small[i] = 'x';
	zero = small[0] - 'x';
}

WRONG_ON_PURPOSE void kill_itself(void)
{
	kill(getpid(), SIGKILL);
}

WRONG_ON_PURPOSE void hang(void)
{
	for (;;)
		pause();
}

WRONG_ON_PURPOSE void spin(void)
{
	for (volatile unsigned turns = 0;; turns++)
		;
}

WRONG_ON_PURPOSE void exit_0(void)
{
	exit(0);
}

WRONG_ON_PURPOSE void exit_5(void)
{
	exit(5);
}

WRONG_ON_PURPOSE void exit_at_once_0(void)
{
	_exit(0);
}

WRONG_ON_PURPOSE void exit_at_once_3(void)
{
	_exit(3);
}

WRONG_ON_PURPOSE void print_and_abort(void)
{
	puts("first words");
	puts("last words\t\033[31m");
	fflush(stdout);
	abort();
}

/* Both stay within what a machine bears, also where no limit meets them. */
WRONG_ON_PURPOSE void take_memory(void)
{
	for (int piece = 0; piece < 128; piece++) {
		newest = malloc(8 << 20);
		if (newest)
			memset(newest, 1, 8 << 20);
		usleep(2000);
	}
	pause();
}

WRONG_ON_PURPOSE void swarm(void)
{
	for (int child = 0; child < 200; child++)
		if (fork() == 0) {
			pause();
			_exit(0);
		}
	pause();
}

static void reached(int phase)
{
	if (phase == PHASE)
		FAULT();
}

#if PHASE == CONSTRUCTOR
__attribute__((constructor)) static void construct(void)
{
	reached(CONSTRUCTOR);
}
#endif

#if PHASE == DESTRUCTOR
__attribute__((destructor)) static void destruct(void)
{
	reached(DESTRUCTOR);
}
#endif

static int64_t faulting(void *state, struct hd_request *request)
{
	reached(TASK);
	return base_perform(state, request);
}

static const char *fault_unsupported(const struct hd_host *host)
{
	(void)host;
	reached(UNSUPPORTED);
	return NULL;
}

static int fault_open(const struct hd_host *host, void **state)
{
	reached(OPEN);
	return base_open(host, state);
}

static int fault_run(void *state, const struct hd_jobs *jobs)
{
	reached(RUN);
	return base_run(state, jobs);
}

static void fault_close(void *state)
{
	reached(CLOSE);
	base_close(state);
}

HD_EXPORT const struct hd_model heddle_model = {
        BASE_HEAD,          BASE_TEXTS,       .unsupported = fault_unsupported,
        .open = fault_open, .run = fault_run, .close = fault_close};
