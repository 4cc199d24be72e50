/* SPDX-License-Identifier: MIT */
/*
 * spinlock - threads; a word that is looked at until it is free, then set.
 *
 * The shortest lock there is, and the fastest while sections are shorter than a wake-up and each thread has a
 * core to itself. It is not fair, and a thread that loses its core while it holds the lock makes all others
 * burn theirs: hd_spin() gives the core away after a thousand turns.
 *
 * What lost: setting without looking first moves the line between the cores that wait.
 */
#include <heddle/plugin.h>
#include <heddle/locks.h>

struct spinlock {
	_Alignas(HD_APART) uint32_t taken;
};

static void take(void *memory, void *place)
{
	struct spinlock *lock = memory;
	uint32_t turns = 0;

	(void)place;
	while (__atomic_load_n(&lock->taken, __ATOMIC_RELAXED) ||
	       __atomic_exchange_n(&lock->taken, 1, __ATOMIC_ACQUIRE))
		hd_spin(&turns);
}

static void give(void *memory, void *place)
{
	struct spinlock *lock = memory;

	(void)place;
	__atomic_store_n(&lock->taken, 0, __ATOMIC_RELEASE);
}

static const struct hd_lock lock = {sizeof(struct spinlock), take, give, NULL, NULL, NULL};
HD_LOCK_MODEL("spinlock", "threads that spin until a word is free", lock);
