/* SPDX-License-Identifier: MIT */
/* `counter` on one core without any exclusion: a volatile word is increased in a loop. */
#include "reference.h"

static void work(struct board *board, uint64_t task)
{
	volatile uint64_t *counter = &board->counter;

	while (!stopping(board)) {
		for (int i = 0; i < CHUNK; i++)
			*counter = *counter + 1;
		count(&board->slots[task], CHUNK);
	}
}

int main(int argc, char **argv)
{
	struct options options = read_options(argc, argv);
	struct board *board = shared(sizeof *board);
	double rate;

	if (options.tasks != 1)
		fail("%s: one task: nothing keeps two from losing updates", argv[0]);
	rate = run_threads(&options, board, work);
	return tell(rate, board->counter, total(board, 1));
}
