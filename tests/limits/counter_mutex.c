/* SPDX-License-Identifier: MIT */
/*
 * `counter` under a pthread mutex: lock, increment, unlock, inlined in pinned threads. The counter has
 * a line of its own, as it would have by chance or by an engineer's care.
 */
#include "reference.h"

static struct {
	_Alignas(APART) pthread_mutex_t mutex;
} lock = {PTHREAD_MUTEX_INITIALIZER};

static uint64_t batch;

static void work(struct board *board, uint64_t task)
{
	while (!stopping(board)) {
		for (uint64_t i = 0; i < batch; i++) {
			pthread_mutex_lock(&lock.mutex);
			board->counter++;
			pthread_mutex_unlock(&lock.mutex);
		}
		count(&board->slots[task], batch);
	}
}

int main(int argc, char **argv)
{
	struct options options = read_options(argc, argv);
	struct board *board = shared(sizeof *board);
	double rate;

	batch = options.batch;
	rate = run_threads(&options, board, work);
	return tell(rate, board->counter, total(board, options.tasks));
}
