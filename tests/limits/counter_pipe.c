/* SPDX-License-Identifier: MIT */
/*
 * `counter` by messages through a pipe to a process that owns the counter: `--batch` messages of four
 * bytes in one write, one byte back through another pipe when all were dealt with. One producer.
 */
#include "reference_processes.h"

#include <limits.h>

#define MOST_MESSAGES (PIPE_BUF / sizeof(uint32_t))

static int there[2], back[2];
static uint64_t batch;

static void produce(struct board *board, uint64_t task)
{
	uint32_t messages[MOST_MESSAGES] = {0};
	char answer;

	while (!stopping(board)) {
		if (write(there[1], messages, batch * sizeof *messages) < 0 ||
		    read(back[0], &answer, 1) != 1)
			fail("pipe: %s", strerror(errno));
		count(&board->slots[task], batch);
	}
	close(there[1]); /* the owner's end of stream */
}

static void own(struct board *board, uint64_t unused)
{
	uint32_t messages[MOST_MESSAGES];
	ssize_t bytes;

	(void)unused;
	close(there[1]);
	while ((bytes = read(there[0], messages, sizeof messages)) > 0) {
		for (size_t i = 0; i < (size_t)bytes / sizeof *messages; i++)
			(&board->counter)[messages[i]]++;
		if (write(back[1], "", 1) != 1)
			fail("pipe: %s", strerror(errno));
	}
}

int main(int argc, char **argv)
{
	struct options options = read_options(argc, argv);
	struct board *board = shared(sizeof *board);
	double rate;
	pid_t owner;

	batch = options.batch;
	options.tasks = 1;
	if (batch > MOST_MESSAGES)
		fail("--batch: at most %zu", MOST_MESSAGES);
	if (pipe(there) || pipe(back))
		fail("pipe: %s", strerror(errno));
	owner = start_process(options.cpus[options.cpu_count - 1], own, board, 0);
	close(there[0]);
	close(back[1]);
	rate = run_processes(&options, board, produce);
	close(there[1]);
	await_process(owner);
	return tell(rate, board->counter, total(board, 1));
}
