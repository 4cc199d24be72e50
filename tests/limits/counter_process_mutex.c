/* SPDX-License-Identifier: MIT */
/* `counter` in pinned processes under a process-shared pthread mutex in shared memory. */
#include "reference_processes.h"

static struct {
	_Alignas(APART) pthread_mutex_t mutex;
} * lock;

static uint64_t batch;

static void work(struct board *board, uint64_t task)
{
	while (!stopping(board)) {
		for (uint64_t i = 0; i < batch; i++) {
			pthread_mutex_lock(&lock->mutex);
			board->counter++;
			pthread_mutex_unlock(&lock->mutex);
		}
		count(&board->slots[task], batch);
	}
}

int main(int argc, char **argv)
{
	struct options options = read_options(argc, argv);
	struct board *board = shared(sizeof *board);
	pthread_mutexattr_t attr;
	double rate;

	lock = shared(sizeof *lock);
	pthread_mutexattr_init(&attr);
	pthread_mutexattr_setpshared(&attr, PTHREAD_PROCESS_SHARED);
	pthread_mutex_init(&lock->mutex, &attr);
	batch = options.batch;
	rate = run_processes(&options, board, work);
	return tell(rate, board->counter, total(board, options.tasks));
}
