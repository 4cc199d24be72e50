/* SPDX-License-Identifier: MIT */
/*
 * How sections travel to the process that owns the data, and how the answer comes back.
 *
 * A producer's ring is made of packets, each one cache line: a head, and messages behind it. The
 *head is written last and says which lap of the ring the packet belongs to, so a packet is
 *published by one store, for all its messages, and the owner looks at nothing but the next head:
 *one message costs one transfer of a line there and one back (the owner's `done`). The first
 *message of a request is the section itself; those behind it name the words to be worked on and
 *leave the shape as it is. Each message is read, and its section run, for itself.
 *
 * Sleeping. Both sides spin for a while and then wait on a futex, and neither pays for a fence
 *while the other is awake:
 *
 *	Whoever goes to sleep writes 1 to a word by an atomic exchange and then looks for work once
 *	more. Whoever made work and then has nothing left to do changes the same word by an atomic
 *	exchange before it goes to sleep itself. Of two exchanges on one word one comes second and
 *sees all that was written before the first: either the sleeper finds the work, or the other finds
 *the 1 and wakes it.
 *
 * So a wake-up may come late, by one spin of the side that made the work, but is never lost. Plain
 * looks at the word before that only make it earlier.
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
 * together they take as long as it takes to wake an idle core, 30 us and more. They pay even where other producers wait for the core, because a task
 * switch each request costs more; but not where the owner waits for it. Looks without a pause come in
 * the way of the line that is looked for (1.2 x the time at 1 message under way).
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
	word64 done; /* by the owner: packets (ring) or messages (pipe, mqueue) dealt with */
	char apart_done[HD_APART - sizeof(word64)];
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

/* A producer's own part. */
struct producer {
	struct queue *queue;
	struct ring *ring;
	uint64_t sent; /* packets published (ring), notes sent (pipe, mqueue) */
	uint64_t room; /* packets that may be published before `done` is looked at again */
	uint32_t spins;
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

/* ---- Producers ----------------------------------------------------------------------------------
 */

static inline void owner_wake(struct owner *owner)
{
	if (atomic_exchange(&owner->sleeping, 0))
		futex_wake(&owner->sleeping, 1);
}

/* Returns when `done` has reached the target. */
static inline void producer_wait(struct producer *producer, uint64_t target)
{
	struct ring *ring = producer->ring;

	for (uint32_t i = 0; i < producer->spins; i++) {
		if (atomic_load_explicit(&ring->done, memory_order_acquire) >= target)
			return;
		relax();
	}
	owner_wake(producer->queue->owner);
	atomic_store_explicit(&ring->target, target, memory_order_relaxed);
	for (;;) {
		atomic_exchange(&ring->waiting, 1);
		if (atomic_load(&ring->done) >= target)
			break;
		futex_wait(&ring->waiting, 1, NULL);
	}
	atomic_store_explicit(&ring->waiting, 0, memory_order_relaxed);
}

/* Waits until the owner has made room for half a ring, so that both sides have something to do. */
static inline void producer_make_room(struct producer *producer)
{
	uint64_t packets = producer->queue->packets, done;

	producer_wait(producer, producer->sent - packets / 2);
	done = atomic_load_explicit(&producer->ring->done, memory_order_acquire);
	producer->room = done + packets - producer->sent;
}

static inline struct packet *producer_packet(const struct producer *producer, uint64_t at)
{
	return &producer->ring->packets[at & (producer->queue->packets - 1)];
}

/* Fills the next packet with `messages` and returns its head, which is yet to be written. */
static inline uint64_t producer_fill(struct producer *producer, const struct hd_section *section,
                                     uint64_t messages)
{
	struct packet *packet = producer_packet(producer, producer->sent);
	uint64_t lap = queue_lap(producer->queue, producer->sent);
	message *place = packet->next, *end = place + messages;

	if (section) {
		packet->first.section = *section;
		place = packet->first.next;
		end = place + messages - 1;
	}
	while (place < end)
		*place++ = 0;
	producer->sent++;
	producer->room--;
	return lap * PACKET_LAP + (section ? PACKET_FIRST : 0) + messages;
}

/*
 * At most `packets`, published at once: the owner reads no further than the first, so that one's
 * head is written last. `section`: NULL where the request goes on. Returns how many messages are
 * sent, `left` at most.
 */
static inline uint64_t producer_group(struct producer *producer, const struct hd_section *section,
                                      uint64_t left, uint64_t packets)
{
	uint64_t most = section ? FIRST_MESSAGES : PACKET_MESSAGES,
	         sent = left < most ? left : most;
	struct packet *first = producer_packet(producer, producer->sent);
	uint64_t head = producer_fill(producer, section, sent);

	for (; --packets && sent < left; head += PACKET_BEHIND) {
		struct packet *packet = producer_packet(producer, producer->sent);
		uint64_t more = left - sent < PACKET_MESSAGES ? left - sent : PACKET_MESSAGES;

		atomic_store_explicit(&packet->head, producer_fill(producer, NULL, more),
		                      memory_order_relaxed);
		sent += more;
	}
	atomic_store_explicit(&first->head, head, memory_order_release);
	return sent;
}

/* Packets after which groups grow by one, and their end. */
#define GROUP_GROWS 2u
#define GROUP_MOST 16u
_Static_assert(GROUP_MOST <= PACKET_LAP / PACKET_BEHIND, "a head has room for the size of a group");

/*
 * `times` messages, each for one section. Returns when the owner has run them all. The owner begins
 * with the first packet while the next are written; later ones come in growing groups, because a
 * line that one side reads while the other still writes costs both.
 */
static inline void producer_ask(struct producer *producer, const struct hd_section *section,
                                uint64_t times)
{
	struct owner *owner = producer->queue->owner;
	uint64_t began = producer->sent;

	for (uint64_t left = times; left; section = NULL) {
		uint64_t packets = (producer->sent - began) / GROUP_GROWS + 1;

		if (packets > GROUP_MOST)
			packets = GROUP_MOST;
		if (producer->room == 0)
			producer_make_room(producer);
		if (packets > producer->room)
			packets = producer->room;
		left -= producer_group(producer, section, left, packets);
		if (producer->spins && atomic_load_explicit(&owner->sleeping, memory_order_relaxed))
			owner_wake(owner);
	}
	producer_wait(producer, producer->sent);
}

/* ---- The owner ----------------------------------------------------------------------------------
 */

/* Packets taken from one ring before the next is looked at. */
#define OWNER_TURN 64u

/*
 * Waking a producer on the owner's own core costs the owner the core, so it goes on for a while as
 * long as others keep it busy: this many rounds with something to do in them.
 */
#define OWNER_HOLD 64u
#define OWNER_HOLD_IDLE 50u /* looks in vain: nobody keeps it busy */

/* The owner's own part, one a ring. */
struct inlet {
	uint64_t at;               /* the packet to be read next */
	struct hd_section section; /* of the request under way */
	bool near;                 /* the producer shares the owner's core */
};

/* `plain`: a constant; with it the section's shape is one, too, and nothing is looked at. */
static inline __attribute__((always_inline)) void section_run(struct hd_section section, bool plain)
{
	if (plain) {
		section.lines = 1;
		section.turns = 0;
	}
	hd_section_run(&section);
}

/*
 * `plain`: true where a section is one increment and nothing else; tested once for all messages (1.2 x
 * the time at 1 024 where each tests it). The first words' address stays as it is, so that increments
 * follow each other: see hd_section_run().
 */
static inline __attribute__((always_inline)) void
messages_run(struct hd_section section, const message *next, const message *end, bool plain)
{
	struct hd_section other = section;

	for (; next < end; next++) {
		if (__builtin_expect(*next == 0, 1)) {
			section_run(section, plain);
		} else {
			other.words = section.words + (uint64_t)*next * HD_LINE_WORDS;
			section_run(other, plain);
		}
	}
}

static inline void packet_go_on(const struct hd_section *section, const message *next,
                                const message *end)
{
	if (section->lines == 1 && section->turns == 0)
		messages_run(*section, next, end, true);
	else
		messages_run(*section, next, end, false);
}

/* `section`: of the request under way. It is kept only where the request may go on in another packet. */
static inline void packet_run(const struct packet *packet, uint64_t head,
                              struct hd_section *section)
{
	uint64_t messages = head % PACKET_FIRST;

	if (!(head & PACKET_FIRST)) {
		packet_go_on(section, packet->next, packet->next + messages);
		return;
	}
	hd_section_run(&packet->first.section);
	if (messages > 1)
		packet_go_on(&packet->first.section, packet->first.next,
		             packet->first.next + messages - 1);
	if (messages == FIRST_MESSAGES)
		*section = packet->first.section;
}

static inline uint64_t ring_next(const struct queue *queue, struct ring *ring, uint64_t at,
                                 struct packet **packet)
{
	uint64_t head;

	*packet = &ring->packets[at & (queue->packets - 1)];
	head = atomic_load_explicit(&(*packet)->head, memory_order_acquire);
	return head / PACKET_LAP == queue_lap(queue, at) ? head % PACKET_LAP : 0;
}

/* All of a group is on its way to this core at the same time, so that one waits for it once. */
static inline void ring_prefetch(const struct queue *queue, const struct ring *ring, uint64_t at,
                                 uint64_t head)
{
	for (uint64_t behind = head / PACKET_BEHIND; behind; behind--)
		__builtin_prefetch(&ring->packets[(at + behind) & (queue->packets - 1)]);
}

/* Wakes a producer that was seen asleep if it has what it waits for. */
static inline void ring_answer(struct ring *ring, uint64_t done)
{
	if (done < atomic_load_explicit(&ring->target, memory_order_relaxed))
		return;
	if (atomic_exchange(&ring->waiting, 0))
		futex_wake(&ring->waiting, 1);
}

/* A turn for one producer. Returns whether there was anything. */
static inline bool owner_serve(const struct queue *queue, uint32_t i, struct inlet *inlet,
                               bool hold)
{
	struct ring *ring = queue_ring(queue, i);
	uint64_t at = inlet->at, head;
	struct packet *packet;

	while (at - inlet->at < OWNER_TURN && (head = ring_next(queue, ring, at, &packet))) {
		ring_prefetch(queue, ring, at, head);
		packet_run(packet, head, &inlet->section);
		at++;
	}
	if (at != inlet->at)
		atomic_store_explicit(&ring->done, at, memory_order_release);
	if (!(hold && inlet->near) && atomic_load_explicit(&ring->waiting, memory_order_acquire))
		ring_answer(ring, at);
	if (at == inlet->at)
		return false;
	inlet->at = at;
	return true;
}

static inline bool owner_round(const struct queue *queue, struct inlet *inlets, bool hold)
{
	bool any = false;

	for (uint32_t i = 0; i < queue->producers; i++)
		any |= owner_serve(queue, i, &inlets[i], hold);
	return any;
}

/* Nothing to do: tells producers that fell asleep meanwhile, then sleeps itself. */
static inline void owner_sleep(const struct queue *queue, struct inlet *inlets)
{
	struct owner *owner = queue->owner;

	for (uint32_t i = 0; i < queue->producers; i++) {
		struct ring *ring = queue_ring(queue, i);

		if (atomic_fetch_or(&ring->waiting, 0))
			ring_answer(ring, inlets[i].at);
	}
	atomic_exchange(&owner->sleeping, 1);
	if (!owner_round(queue, inlets, false) && !atomic_load(&owner->quit))
		futex_wait(&owner->sleeping, 1, NULL);
	atomic_store_explicit(&owner->sleeping, 0, memory_order_relaxed);
}

/* Until told to quit. `spins`: looks at a ring in vain before it goes to sleep. */
static inline void owner_work(const struct queue *queue, struct inlet *inlets, uint32_t spins)
{
	uint32_t idle = 0, held = 0;

	while (!atomic_load_explicit(&queue->owner->quit, memory_order_relaxed)) {
		bool hold = held < OWNER_HOLD && idle < OWNER_HOLD_IDLE;

		if (owner_round(queue, inlets, hold)) {
			held = hold ? held + 1 : 0;
			idle = 0;
			continue;
		}
		idle += queue->producers;
		if (idle >= spins) {
			owner_sleep(queue, inlets);
			idle = 0;
		} else {
			relax();
		}
	}
}

#endif
