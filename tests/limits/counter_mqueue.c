/* SPDX-License-Identifier: MIT */
/*
 * `counter` by messages through a POSIX message queue to a process that owns the counter: `--batch`
 * messages of four bytes as one of the queue's, an empty one back through another queue. One producer.
 */
#include "reference_processes.h"

#include <fcntl.h>
#include <mqueue.h>

#define MOST_MESSAGES 1024u
#define MOST_BYTES (MOST_MESSAGES * sizeof(uint32_t))

static mqd_t there, back;
static uint64_t batch;

static mqd_t open_queue(const char *way)
{
	struct mq_attr attr = {.mq_maxmsg = 10, .mq_msgsize = MOST_BYTES};
	char name[64];
	mqd_t queue;

	snprintf(name, sizeof name, "/limits-%s-%ld", way, (long)getpid());
	queue = mq_open(name, O_RDWR | O_CREAT | O_EXCL, 0600, &attr);
	mq_unlink(name);
	if (queue < 0)
		fail("mq_open: %s", strerror(errno));
	return queue;
}

static ssize_t receive(mqd_t queue, uint32_t *messages)
{
	ssize_t bytes = mq_receive(queue, (char *)messages, MOST_BYTES, NULL);

	if (bytes < 0)
		fail("mq_receive: %s", strerror(errno));
	return bytes;
}

static void send(mqd_t queue, const uint32_t *messages, uint64_t count_of)
{
	if (mq_send(queue, (const char *)messages, count_of * sizeof *messages, 0))
		fail("mq_send: %s", strerror(errno));
}

static void produce(struct board *board, uint64_t task)
{
	uint32_t messages[MOST_MESSAGES] = {0}, answer[MOST_MESSAGES];

	while (!stopping(board)) {
		send(there, messages, batch);
		receive(back, answer);
		count(&board->slots[task], batch);
	}
	send(there, messages, 0); /* that was all */
}

static void own(struct board *board, uint64_t unused)
{
	uint32_t messages[MOST_MESSAGES];
	ssize_t bytes;

	(void)unused;
	while ((bytes = receive(there, messages)) > 0) {
		for (size_t i = 0; i < (size_t)bytes / sizeof *messages; i++)
			(&board->counter)[messages[i]]++;
		send(back, messages, 0);
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
		fail("--batch: at most %u", MOST_MESSAGES);
	there = open_queue("there");
	back = open_queue("back");
	owner = start_process(options.cpus[options.cpu_count - 1], own, board, 0);
	rate = run_processes(&options, board, produce);
	await_process(owner);
	return tell(rate, board->counter, total(board, 1));
}
