/* SPDX-License-Identifier: MIT */
/*
 * ticket-lock - threads; who comes draws a number, and waits until it is called.
 *
 * Fair: first come, first served. The price is that the next one has to be there: with more threads than cores it may
 * be without one, and all wait for it. So who has spun for longer than any holder on a core takes goes to sleep, and
 * is woken when its number is called. All wait on one line, so each call costs as many misses as there are waiters;
 * `mcs-lock` mends that.
 *
 * What lost: the system calls within take() and give(), which then had to save registers: 26 to 33 % at batch 64 on
 * one core.
 */
#define _GNU_SOURCE /* syscall() */
#include <heddle/plugin.h>
#include <heddle/locks.h>
#include <limits.h>
#include <linux/futex.h>
#include <sys/syscall.h>
#include <time.h>

#define PATIENCE \
	256 /* turns of a wait before it sleeps: 6 us or so, less than a time slice by far */
#define NAP_NS 1000000

struct tickets {
	_Alignas(HD_APART) uint32_t drawn;
	_Alignas(HD_APART)
	        uint32_t called; /* not beside it: drawing would disturb those that look */
	uint32_t sleepers;
};

/* Of all that sleep those whose numbers are alike in their last five bits: a call wakes few in vain. */
static uint32_t bit_of(uint32_t number)
{
	return UINT32_C(1) << number % 32;
}

/* Not for long: a call at this very moment may not see the sleeper. Only a barrier in each call would. */
__attribute__((noinline, cold)) static void sleep_until_called(struct tickets *lock, uint32_t mine)
{
	struct timespec until;
	uint32_t called;

	__atomic_fetch_add(&lock->sleepers, 1, __ATOMIC_SEQ_CST);
	while ((called = __atomic_load_n(&lock->called, __ATOMIC_ACQUIRE)) != mine) {
		clock_gettime(CLOCK_MONOTONIC, &until);
		until.tv_nsec += NAP_NS;
		until.tv_sec += until.tv_nsec / 1000000000;
		until.tv_nsec %= 1000000000;
		syscall(SYS_futex, &lock->called, FUTEX_WAIT_BITSET_PRIVATE, called, &until, NULL,
		        bit_of(mine));
	}
	__atomic_fetch_sub(&lock->sleepers, 1, __ATOMIC_RELAXED);
}

static void take(void *memory, void *place)
{
	struct tickets *lock = memory;
	uint32_t mine = __atomic_fetch_add(&lock->drawn, 1, __ATOMIC_RELAXED), turns = 0;

	(void)place;
	while (__builtin_expect(__atomic_load_n(&lock->called, __ATOMIC_ACQUIRE) != mine, 0)) {
		if (turns == PATIENCE) {
			sleep_until_called(lock, mine);
			return;
		}
		hd_spin(&turns);
	}
}

__attribute__((noinline, cold)) static void wake(struct tickets *lock, uint32_t number)
{
	syscall(SYS_futex, &lock->called, FUTEX_WAKE_BITSET_PRIVATE, INT_MAX, NULL, NULL,
	        bit_of(number));
}

static void give(void *memory, void *place)
{
	struct tickets *lock = memory;
	uint32_t next = lock->called + 1;

	(void)place;
	__atomic_store_n(&lock->called, next, __ATOMIC_RELEASE);
	if (__builtin_expect(__atomic_load_n(&lock->sleepers, __ATOMIC_RELAXED) != 0, 0))
		wake(lock, next);
}

static const struct hd_lock lock = {sizeof(struct tickets), take, give, NULL, NULL, NULL};
HD_LOCK_MODEL("ticket-lock", "threads that draw tickets and spin until theirs is called", lock);
