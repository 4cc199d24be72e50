/* SPDX-License-Identifier: MIT */
/*
 * rwlock - threads; POSIX's lock for many readers or one writer.
 *
 * Readings of the same lock go on side by side, which pays when they are long: to enter and to leave is a
 * write to the lock's line, so that short readings on many cores cost what a mutex costs, or more. Writers
 * come before new readers, else a stream of readers keeps them out for good.
 */
#define _GNU_SOURCE /* PTHREAD_RWLOCK_PREFER_WRITER_NONRECURSIVE_NP */
#include <heddle/plugin.h>
#include <heddle/locks.h>

struct rwlock {
	_Alignas(HD_APART) pthread_rwlock_t lock;
};

static void take(void *memory, void *place)
{
	(void)place;
	pthread_rwlock_wrlock(memory);
}

static void take_shared(void *memory, void *place)
{
	(void)place;
	pthread_rwlock_rdlock(memory);
}

static void give(void *memory, void *place)
{
	(void)place;
	pthread_rwlock_unlock(memory);
}

static void init(void *memory)
{
	struct rwlock *lock = memory;

	lock->lock = (pthread_rwlock_t)PTHREAD_RWLOCK_WRITER_NONRECURSIVE_INITIALIZER_NP;
}

static const struct hd_lock lock = {sizeof(struct rwlock), take, give, take_shared, give, init};
HD_LOCK_MODEL("rwlock", "threads; readers share the lock, writers have it alone", lock);
