/* SPDX-License-Identifier: MIT */
/* The side of the queue that owns the data and answers: see process_pool_queue.h. */
#ifndef HEDDLE_PROCESS_POOL_OWNER_H
#define HEDDLE_PROCESS_POOL_OWNER_H

#include "process_pool_queue.h"

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
		             packet->first.next + (messages - 1));
	if (messages == FIRST_MESSAGES)
		*section = packet->first.section;
}

/* The same for readings: how many saw half a change. */
static __attribute__((noinline)) uint64_t packet_read(const struct packet *packet, uint64_t head,
                                                      struct hd_section *section)
{
	if (head & PACKET_FIRST)
		*section = packet->first.section;
	return hd_section_read_times(section, head % PACKET_FIRST);
}

static inline bool packet_reads(const struct packet *packet, uint64_t head,
                                const struct hd_section *section)
{
	return ((head & PACKET_FIRST ? packet->first.section.flags : section->flags) &
	        SECTION_READ) != 0;
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
		if (__builtin_expect(packet_reads(packet, head, &inlet->section), 0))
			ring->torn += packet_read(packet, head, &inlet->section);
		else
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
