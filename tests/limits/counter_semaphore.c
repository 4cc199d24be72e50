/* SPDX-License-Identifier: MIT */
/* `counter` under a binary sem_t: wait, increment, post, inlined in pinned threads. */
#include "reference.h"

#include <semaphore.h>

static struct {
	_Alignas(APART) sem_t free;
} lock;

static uint64_t batch;

static void work(struct board *board, uint64_t task)
{
	while (!stopping(board)) {
		for (uint64_t i = 0; i < batch; i++) {
			while (sem_wait(&lock.free))
				;
			board->counter++;
			sem_post(&lock.free);
		}
		count(&board->slots[task], batch);
	}
}

int main(int argc, char **argv)
{
	struct options options = read_options(argc, argv);
	struct board *board = shared(sizeof *board);
	double rate;

	sem_init(&lock.free, 0, 1);
	batch = options.batch;
	rate = run_threads(&options, board, work);
	return tell(rate, board->counter, total(board, options.tasks));
}
