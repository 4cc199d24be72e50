/* SPDX-License-Identifier: MIT */
/*
 * `counter` by messages to a process that owns the counter: a ring in shared memory for each producer,
 * `--batch` messages under way, the next ones sent when all were answered. The owner is on the last
 * CPU; a producer there sleeps until it is answered, all others spin.
 *
 * A message is four bytes, which word to increase; fifteen of them and the head that publishes them
 * fill a cache line. Lines are published in groups, and the owner fetches all of a group at once.
 *
 * What lost at batch 1024: no such fetching (1.2 x the time), a line at a time (1.1 x), groups that
 * grow half as fast (1.1 x), the counter's address changed and not indexed (2 x); at batch 1: looks without
 * a pause between them (1.25 x).
 */
#include "reference_processes.h"

#include <limits.h>
#include <linux/futex.h>
#include <sys/syscall.h>

#define MESSAGES 15u
#define PACKETS 256u
#define GROUP 16u
#define LAP 1024u
#define HOLD 64u       /* rounds before a producer on the owner's core is woken */
#define GROUP_GROWS 2u /* packets after which a group has one more */
#define GROUP_MOST 16u

struct packet {
	_Atomic uint32_t
	        head; /* LAP times the lap + GROUP times the packets published with it + messages */
	uint32_t messages[MESSAGES];
};

struct ring {
	_Alignas(APART) _Atomic uint64_t done;
	_Alignas(APART) _Atomic uint32_t asleep;
	_Atomic bool over; /* the producer has ended */
	_Alignas(APART) struct packet packets[PACKETS];
};

static struct ring *rings;
static struct options options;

static uint32_t lap_of(uint64_t at)
{
	return (uint32_t)(at / PACKETS + 1) * LAP;
}

static void fill(struct packet *packet, uint64_t messages)
{
	for (uint64_t i = 0; i < messages; i++)
		packet->messages[i] = 0;
}

/* `batch` messages in packets that are published in growing groups, each group's first one last. */
static uint64_t send(struct ring *ring, uint64_t at, uint64_t batch)
{
	for (uint64_t began = at; batch;) {
		uint64_t group = (at - began) / GROUP_GROWS + 1, first = at;
		struct packet *packet = &ring->packets[at % PACKETS];
		uint64_t some = batch < MESSAGES ? batch : MESSAGES;
		uint32_t head = lap_of(at) | (uint32_t)some;

		if (group > GROUP_MOST)
			group = GROUP_MOST;
		fill(packet, some);
		batch -= some;
		for (at++; batch && at < first + group; at++) {
			struct packet *next = &ring->packets[at % PACKETS];

			some = batch < MESSAGES ? batch : MESSAGES;
			fill(next, some);
			batch -= some;
			atomic_store_explicit(&next->head, lap_of(at) | (uint32_t)some,
			                      memory_order_relaxed);
		}
		atomic_store_explicit(&packet->head, head + GROUP * (uint32_t)(at - first - 1),
		                      memory_order_release);
	}
	return at;
}

/* Looking without a pause holds up the line that is looked for. */
static void pause_a_little(void)
{
#if defined(__x86_64__)
	__builtin_ia32_pause();
#endif
}

static void await(struct ring *ring, uint64_t target, bool sleeps)
{
	while (atomic_load_explicit(&ring->done, memory_order_acquire) < target) {
		if (!sleeps) {
			pause_a_little();
			continue;
		}
		atomic_store(&ring->asleep, 1);
		if (atomic_load(&ring->done) < target)
			syscall(SYS_futex, &ring->asleep, FUTEX_WAIT, 1, NULL, NULL, 0);
		atomic_store_explicit(&ring->asleep, 0, memory_order_relaxed);
	}
}

static void produce(struct board *board, uint64_t task)
{
	struct ring *ring = &rings[task];
	uint64_t at = 0, cpus = (uint64_t)options.cpu_count;
	bool sleeps = task % cpus == cpus - 1;

	while (!stopping(board)) {
		at = send(ring, at, options.batch);
		await(ring, at, sleeps);
		count(&board->slots[task], options.batch);
	}
	atomic_store(&ring->over, true);
}

static bool all_over(void)
{
	uint64_t over = 0;

	for (uint64_t i = 0; i < options.tasks; i++)
		over += atomic_load(&rings[i].over);
	return over == options.tasks;
}

static void run(struct board *board, const struct packet *packet, uint32_t messages)
{
	volatile uint64_t *counter = &board->counter;

	for (uint32_t i = 0; i < messages; i++) {
		uint32_t word = packet->messages[i];

		if (__builtin_expect(word, 0))
			counter[word] = counter[word] + 1;
		else
			*counter = *counter + 1;
	}
}

/* Returns whether there was anything. */
static bool serve(struct board *board, struct ring *ring, uint64_t *at, bool hold)
{
	uint64_t began = *at;

	for (; *at < began + PACKETS / 4; ++*at) {
		const struct packet *packet = &ring->packets[*at % PACKETS];
		uint32_t head = atomic_load_explicit(&packet->head, memory_order_acquire);

		if (head / LAP * LAP != lap_of(*at))
			break;
		for (uint32_t i = head / GROUP % (LAP / GROUP); i; i--)
			__builtin_prefetch(&ring->packets[(*at + i) % PACKETS]);
		run(board, packet, head % GROUP);
	}
	if (*at != began)
		atomic_store_explicit(&ring->done, *at, memory_order_release);
	if (!hold && atomic_load_explicit(&ring->asleep, memory_order_relaxed) &&
	    atomic_exchange(&ring->asleep, 0))
		syscall(SYS_futex, &ring->asleep, FUTEX_WAKE, 1, NULL, NULL, 0);
	return *at != began;
}

/* Waking a producer on this core costs the core, so others are served some rounds more first. */
static void own(struct board *board, uint64_t unused)
{
	uint64_t at[MOST_TASKS] = {0}, cpus = (uint64_t)options.cpu_count;

	(void)unused;
	for (uint32_t held = 0, idle = 0; !stopping(board) || !all_over();) {
		bool any = false, hold = held < HOLD && idle < 50;

		for (uint64_t i = 0; i < options.tasks; i++)
			any |= serve(board, &rings[i], &at[i], hold && i % cpus == cpus - 1);
		if (any)
			held = hold ? held + 1 : 0;
		idle = any ? 0 : idle + 1;
	}
}

int main(int argc, char **argv)
{
	struct board *board = shared(sizeof *board);
	double rate;
	pid_t owner;

	options = read_options(argc, argv);
	if (options.batch > PACKETS * MESSAGES / 2)
		fail("--batch: at most %u", PACKETS * MESSAGES / 2);
	limit_tasks(&options);
	rings = shared(options.tasks * sizeof *rings);
	owner = start_process(options.cpus[options.cpu_count - 1], own, board, 0);
	rate = run_processes(&options, board, produce);
	await_process(owner);
	return tell(rate, board->counter, total(board, options.tasks));
}
