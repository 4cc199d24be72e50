/* SPDX-License-Identifier: MIT */
/*
 * futex - threads; a lock of one word: free, taken, or taken with somebody asleep.
 *
 * What pthread_mutex_t is made of, without its owner, kinds and robustness: the kernel is called only by
 * who has to sleep, and by who leaves somebody asleep (Drepper, "Futexes Are Tricky", mutex2).
 */
#define _GNU_SOURCE /* syscall() */
#include <heddle/plugin.h>
#include <heddle/locks.h>
#include <linux/futex.h>
#include <sys/syscall.h>

enum { FREE, TAKEN, AWAITED };

struct futex {
	_Alignas(HD_APART) uint32_t word;
};

static void take(void *memory, void *place)
{
	struct futex *lock = memory;
	uint32_t seen = FREE;

	(void)place;
	if (__atomic_compare_exchange_n(&lock->word, &seen, TAKEN, 0, __ATOMIC_ACQUIRE,
	                                __ATOMIC_RELAXED))
		return;
	/* Whoever has slept cannot know whether others do: it leaves the word as awaited. */
	while (__atomic_exchange_n(&lock->word, AWAITED, __ATOMIC_ACQUIRE) != FREE)
		syscall(SYS_futex, &lock->word, FUTEX_WAIT_PRIVATE, AWAITED, NULL, NULL, 0);
}

static void give(void *memory, void *place)
{
	struct futex *lock = memory;

	(void)place;
	if (__atomic_exchange_n(&lock->word, FREE, __ATOMIC_RELEASE) == AWAITED)
		syscall(SYS_futex, &lock->word, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0);
}

static const struct hd_lock lock = {sizeof(struct futex), take, give, NULL, NULL, NULL};
HD_LOCK_MODEL("futex", "threads; a word of three states, asleep in the kernel while it is taken",
              lock);
