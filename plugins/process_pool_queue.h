/* SPDX-License-Identifier: MIT */
/*
 * How sections travel to the process that owns the data, and how the answer comes back: what both sides
 * keep to. process_pool_producer.h is the one side, process_pool_owner.h the other.
 *
 * A producer's ring is made of packets, each one cache line: a head, and messages behind it. The head is
 * written last and says which lap of the ring the packet belongs to, so a packet is published by one
 * store, for all its messages, and the owner looks at nothing but the next head: one message costs one
 * transfer of a line there and one back (the owner's `done`). The first message of a request is the
 * section itself; those behind it name the words to be worked on and leave the shape as it is. Each
 * message is read, and its section run, for itself.
 *
 * Sleeping. Both sides spin for a while and then wait on a futex, and neither pays for a fence while the
 * other is awake:
 *
 *	Whoever goes to sleep writes 1 to a word by an atomic exchange and then looks for work once more.
 *	Whoever made work and then has nothing left to do changes the same word by an atomic exchange
 *	before it goes to sleep itself. Of two exchanges on one word one comes second and sees all that
 *	was written before the first: either the sleeper finds the work, or the other finds the 1 and
 *	wakes it.
 *
 * So a wake-up may come late, by one spin of the side that made the work, but is never lost. Plain looks
 * at the word before that only make it earlier.
 */
#ifndef HEDDLE_PROCESS_POOL_QUEUE_H
#define HEDDLE_PROCESS_POOL_QUEUE_H

#include <limits.h>
#include <linux/futex.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <sys/syscall.h>

#include <heddle/plugin.h>
#include <heddle/threads.h>

typedef _Atomic uint32_t word32;
typedef _Atomic uint64_t word64;

/* ---- Futexes ------------------------------------------------------------------------------------
 */

/* Sleeps while *word is `value`. `until`: NULL or a CLOCK_MONOTONIC time. 0, -EAGAIN, -EINTR,
 * -ETIMEDOUT. */
static inline int futex_wait(word32 *word, uint32_t value, const struct timespec *until)
{
	return syscall(SYS_futex, word, FUTEX_WAIT_BITSET, value, until, NULL,
	               FUTEX_BITSET_MATCH_ANY)
	               ? -errno
	               : 0;
}

static inline void futex_wake(word32 *word, uint32_t sleepers)
{
	syscall(SYS_futex, word, FUTEX_WAKE, sleepers < INT_MAX ? sleepers : INT_MAX, NULL, NULL,
	        0);
}

/*
 * How long to spin, in looks at one ring with a pause between two (the owner pauses once for all rings):
 * together they take as long as it takes to wake an idle core, 30 us and more. They pay even where other
 * producers wait for the core, because a task switch each request costs more; but not where the owner
 * waits for it. Looks without a pause come in the way of the line that is looked for (1.2 x the time at 1
 * message under way).
 */
#define SPIN_ALL 1500u

static inline void relax(void)
{
#if defined(__x86_64__) || defined(__i386__)
	__builtin_ia32_pause();
#elif defined(__aarch64__) || defined(__arm__)
	__asm__ volatile("yield" : : : "memory");
#else
	__asm__ volatile("" : : : "memory");
#endif
}

/* ---- The shared memory --------------------------------------------------------------------------
 */

/*
 * The first message of a request is a section. Each further one is a number: run that section on
 * the words so many lines behind the first one's.
 */
typedef uint32_t message;

/* In the flags of a section that travels: it is read and not changed. */
#define SECTION_READ 1u

#define PACKET_MESSAGES 14u
#define FIRST_MESSAGES 9u /* the section and eight more */
/*
 * A head: how many messages, whether the section is among them, how many packets behind this one were
 * published with it, and the lap, which counts from 1: zeroed memory is no packet.
 */
#define PACKET_FIRST 16u
#define PACKET_BEHIND 32u
#define PACKET_LAP 1024u

struct packet {
	word64 head;
	union {
		message next[PACKET_MESSAGES]; /* of a packet that goes on with a request */
		struct {
			struct hd_section section;
			message next[FIRST_MESSAGES - 1];
		} first;
	};
};
_Static_assert(sizeof(struct packet) == 64, "a packet is a cache line");

/* One a producer. What one side writes stands apart from what the other writes. */
struct ring {
	word64 done;   /* by the owner: packets (ring) or messages (pipe, mqueue) dealt with */
	uint64_t torn; /* by the owner, before `done`: readings that saw half a change */
	char apart_done[HD_APART - sizeof(word64) - sizeof(uint64_t)];
	word64 target;  /* by the producer: it sleeps until `done` is as much */
	word32 waiting; /* 1: the producer sleeps */
	char apart_target[HD_APART - sizeof(word64) - sizeof(word64)];
	struct packet packets[];
};

struct owner {
	word32 sleeping; /* 1: the owner sleeps, or is about to */
	char apart_sleeping[HD_APART - sizeof(word32)];
	word32 quit;
	char apart_quit[HD_APART - sizeof(word32)];
};

/* What every process knows of the queue; the same in all after the fork. */
struct queue {
	struct owner *owner;
	char *rings;
	uint64_t ring_bytes;
	uint64_t packets; /* of a ring: 2 to the power of packet_bits, as divisions take time */
	uint32_t packet_bits;
	uint32_t producers;
};

static inline struct ring *queue_ring(const struct queue *queue, uint32_t i)
{
	return (struct ring *)(void *)(queue->rings + i * queue->ring_bytes);
}

/* 0 or -ENOMEM. */
static inline int queue_open(struct queue *queue, const struct hd_host *host, bool packets)
{
	/* Many producers have few messages each under way on few cores; 16 KiB each would add up.
	 */
	queue->packet_bits = host->in_flight <= 64 ? 8 : 5;
	queue->packets = packets ? UINT64_C(1) << queue->packet_bits : 0;
	queue->producers = host->in_flight;
	queue->ring_bytes = sizeof(struct ring) + queue->packets * sizeof(struct packet);
	queue->owner = host->shared_alloc(host, sizeof *queue->owner);
	queue->rings = host->shared_alloc(host, queue->ring_bytes * queue->producers);
	return queue->owner && queue->rings ? 0 : -ENOMEM;
}

static inline uint64_t queue_lap(const struct queue *queue, uint64_t at)
{
	return (at >> queue->packet_bits) + 1;
}

#endif
