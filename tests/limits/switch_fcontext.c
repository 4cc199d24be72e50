/* SPDX-License-Identifier: MIT */
/*
 * `switch` with nothing but the jump: `--tasks` contexts on one core hand the core round in a ring by
 * Boost's jump_fcontext. No queue, no scheduler: the floor for every scheduler that stands on it.
 */
#include "reference.h"

#define MOST_CONTEXTS 8192
#define STACK_BYTES (16u << 10)

struct transfer {
	void *context, *data;
};
void *make_fcontext(void *top, size_t size, void (*entry)(struct transfer));
struct transfer jump_fcontext(void *to, void *data);

static struct board *board;
static void **contexts;       /* where each goes on */
static uint64_t *chunks;      /* of turns that each has had */
static uint64_t tasks, chunk; /* chunk: turns of each between two looks at the stop flag */

/* Whoever arrives keeps where the one who left goes on: `data` is the number of that one. */
static void arrive(struct transfer from)
{
	contexts[(uintptr_t)from.data] = from.context;
}

static void work(struct transfer from)
{
	static uint64_t started;
	uintptr_t self = started++, next = self + 1 < tasks ? self + 1 : 0;

	arrive(from);
	while (self || !stopping(board)) {
		for (uint64_t i = 0; i < chunk; i++)
			arrive(jump_fcontext(contexts[next], (void *)self));
		chunks[self]++;
		/* Meanwhile all others have had as many turns. */
		if (self == 0)
			count(&board->slots[0], chunk * tasks);
	}
	jump_fcontext(contexts[tasks], (void *)self);
}

static void run(struct board *unused, uint64_t task)
{
	uint64_t apart = STACK_BYTES + 64; /* not all in the same sets of the caches */
	char *stacks = mmap(NULL, tasks * apart, PROT_READ | PROT_WRITE,
	                    MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);

	(void)unused;
	(void)task;
	if (stacks == MAP_FAILED)
		fail("no memory for the stacks");
	for (uint64_t i = 0; i < tasks; i++)
		contexts[i] = make_fcontext(stacks + i * apart + STACK_BYTES, STACK_BYTES, work);
	arrive(jump_fcontext(contexts[0], (void *)tasks));
}

int main(int argc, char **argv)
{
	struct options options = read_options(argc, argv);
	uint64_t turns = 0;
	double rate;

	tasks = options.tasks;
	chunk = tasks > 16 ? 64 : CHUNK; /* a round of many takes long enough */
	options.tasks = 1;               /* one thread */
	if (tasks < 2 || tasks > MOST_CONTEXTS)
		fail("--tasks: 2 to %d contexts", MOST_CONTEXTS);
	board = shared(sizeof *board);
	contexts = calloc(tasks + 1, sizeof *contexts);
	chunks = calloc(tasks, sizeof *chunks);
	rate = run_threads(&options, board, run);
	/* The last chunk of the others lacks the turns that they were not given back. */
	for (uint64_t i = 0; i < tasks; i++)
		turns += (chunks[i] + (chunks[i] + 1 == chunks[0])) * chunk;
	return tell(rate, turns, total(board, 1));
}
