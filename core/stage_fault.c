/* SPDX-License-Identifier: MIT */
#include "stage_fault.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "stage_trace.h"

enum {
	/* For the kernel's frame (11 KiB with all registers there are) and the unwinder. */
	HANDLER_STACK_BYTES = 64 << 10,
	WAIT_S = 1,
};

static const int deadly[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGTRAP, SIGSYS};

/* A handler is told nothing but the signal: what it works on lies here. */
static struct arena_board *the_board;
static pid_t stage_pid;
static pthread_key_t stack_key;
static _Atomic int32_t writer; /* the thread of this process that died first */
static int first_signal;       /* of it */
static bool claimed, traced;   /* by it */

static bool claim(struct arena_fault *fault)
{
	int32_t none = 0;

	claimed = atomic_compare_exchange_strong(&fault->thread, &none, gettid());
	if (claimed)
		fault->pid = getpid();
	return claimed;
}

static bool happens_again(int signal, const siginfo_t *info)
{
	return info->si_code > 0 &&
	       (signal == SIGSEGV || signal == SIGBUS || signal == SIGFPE || signal == SIGILL);
}

/* By the default action, where the fault was, so that a core dump shows that place. */
static void die(int signal, bool again)
{
	struct sigaction action = {.sa_handler = SIG_DFL};
	sigset_t unblocked;

	sigaction(signal, &action, NULL);
	if (again)
		return;
	sigemptyset(&unblocked);
	sigaddset(&unblocked, signal);
	pthread_sigmask(SIG_UNBLOCK, &unblocked, NULL);
	tgkill(getpid(), gettid(), signal);
}

static void write_objects_once(struct arena_fault *fault)
{
	if (claimed && !traced) {
		traced = true;
		stage_trace_objects(fault);
	}
}

static void on_signal(int signal, siginfo_t *info, void *context)
{
	const struct timespec while_it_writes = {.tv_sec = WAIT_S};
	struct arena_fault *fault = &the_board->fault;
	int32_t first = 0;

	if (atomic_compare_exchange_strong(&writer, &first, gettid())) {
		first_signal = signal;
		if (claim(fault))
			stage_trace_interrupted(fault, signal, info, context);
		write_objects_once(fault);
	} else if (first == gettid()) {
		/* A fault in the handler: the stack is broken, its frames end here. */
		write_objects_once(fault);
		die(first_signal, false);
	} else {
		nanosleep(&while_it_writes, NULL);
	}
	die(signal, happens_again(signal, info));
}

/* A child that calls it goes home, or is told by its parent. */
static void on_exit_of_stage(void)
{
	struct arena_fault *fault = &the_board->fault;

	if (getpid() != stage_pid || atomic_load(&the_board->phase) >= PHASE_UNLOAD ||
	    !claim(fault))
		return;
	stage_trace_caller(fault);
	stage_trace_objects(fault);
}

static void give_back_stack(void *memory)
{
	stack_t none = {.ss_flags = SS_DISABLE};

	sigaltstack(&none, NULL);
	munmap(memory, HANDLER_STACK_BYTES);
}

void stage_fault_give_stack(void)
{
	stack_t stack;
	void *memory;

	if (!the_board || sigaltstack(NULL, &stack) < 0 || !(stack.ss_flags & SS_DISABLE))
		return;
	memory = mmap(NULL, HANDLER_STACK_BYTES, PROT_READ | PROT_WRITE,
	              MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (memory == MAP_FAILED)
		return;
	stack = (stack_t){.ss_sp = memory, .ss_size = HANDLER_STACK_BYTES};
	if (pthread_setspecific(stack_key, memory) || sigaltstack(&stack, NULL) < 0) {
		pthread_setspecific(stack_key, NULL);
		munmap(memory, HANDLER_STACK_BYTES);
	}
}

void stage_fault_prepare(struct arena_board *board)
{
	struct sigaction action = {.sa_sigaction = on_signal,
	                           .sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER};
	struct sigaction old;

	if (pthread_key_create(&stack_key, give_back_stack))
		return;
	the_board = board;
	stage_pid = getpid();
	stage_fault_give_stack();
	sigemptyset(&action.sa_mask);
	for (size_t i = 0; i < sizeof(deadly) / sizeof(deadly[0]); i++)
		if (sigaction(deadly[i], NULL, &old) == 0 && !(old.sa_flags & SA_SIGINFO) &&
		    old.sa_handler == SIG_DFL)
			sigaction(deadly[i], &action, NULL);
	atexit(on_exit_of_stage);
}
