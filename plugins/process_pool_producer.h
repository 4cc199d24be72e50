/* SPDX-License-Identifier: MIT */
/* The side of the queue that asks: see process_pool_queue.h. */
#ifndef HEDDLE_PROCESS_POOL_PRODUCER_H
#define HEDDLE_PROCESS_POOL_PRODUCER_H

#include "process_pool_queue.h"

/* A producer's own part. */
struct producer {
	struct queue *queue;
	struct ring *ring;
	uint64_t sent; /* packets published (ring), notes sent (pipe, mqueue) */
	uint64_t room; /* packets that may be published before `done` is looked at again */
	uint32_t spins;
};

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

#endif
