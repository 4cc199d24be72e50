/* SPDX-License-Identifier: MIT */
/*
 * fault - wrong: does FAULT when it reaches PHASE, one of CONSTRUCTOR, UNSUPPORTED, OPEN, RUN,
 * CLOSE and DESTRUCTOR. Right in all others.
 */
#include "broken.h"

#include <stdio.h>

#define CONSTRUCTOR 1
#define UNSUPPORTED 2
#define OPEN 3
#define RUN 4
#define CLOSE 5
#define DESTRUCTOR 6

__attribute__((unused)) static void crash(void)
{
	volatile uintptr_t nowhere = 16;

	*(volatile int *)nowhere = 1;
}

__attribute__((unused)) static void hang(void)
{
	for (;;)
		pause();
}

__attribute__((unused)) static void spin(void)
{
	for (volatile unsigned turns = 0;; turns++)
		;
}

__attribute__((unused)) static void exit_0(void)
{
	exit(0);
}

__attribute__((unused)) static void exit_at_once_0(void)
{
	_exit(0);
}

__attribute__((unused)) static void exit_at_once_3(void)
{
	_exit(3);
}

__attribute__((unused)) static void print_and_abort(void)
{
	puts("first words");
	puts("last words\t\033[31m");
	fflush(stdout);
	abort();
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
