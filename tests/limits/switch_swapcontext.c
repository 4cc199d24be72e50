/* SPDX-License-Identifier: MIT */
/* `switch` between two contexts of glibc: each swapcontext() is a system call for the signal mask. */
#include "reference.h"

#include <ucontext.h>

static struct board *board;
static ucontext_t contexts[2];

static void answer(void)
{
	for (;;)
		swapcontext(&contexts[1], &contexts[0]);
}

static void run(struct board *unused, uint64_t task)
{
	static char stack[64 << 10];

	(void)unused;
	(void)task;
	getcontext(&contexts[1]);
	contexts[1].uc_stack.ss_sp = stack;
	contexts[1].uc_stack.ss_size = sizeof stack;
	makecontext(&contexts[1], answer, 0);
	while (!stopping(board)) {
		for (int i = 0; i < CHUNK / 2; i++) {
			swapcontext(&contexts[0], &contexts[1]);
			board->counter += 2; /* there and back */
		}
		count(&board->slots[0], CHUNK);
	}
}

int main(int argc, char **argv)
{
	struct options options = read_options(argc, argv);
	double rate;

	options.tasks = 1;
	board = shared(sizeof *board);
	rate = run_threads(&options, board, run);
	return tell(rate, board->counter, total(board, 1));
}
