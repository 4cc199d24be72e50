/* SPDX-License-Identifier: MIT */
/* What each thread waits for, and who holds it. */
#include <errno.h>
#include <linux/futex.h>
#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/uio.h>

#include "standstill.h"

enum {
	CONTENDED =
	        2, /* what glibc waits for a plain mutex with, and what the mutex holds meanwhile */
	MOST_USERS = 1 << 20,
	MOST_KIND = 0x3ff, /* types and flags of a mutex */
	LEAST_BYTES = offsetof(pthread_mutex_t, __data.__kind) + sizeof(int),
};

/* What lies at a futex's address; zero beyond what could be read. */
union seen {
	pthread_mutex_t mutex;
	uint32_t word;
	uint64_t wide[sizeof(pthread_mutex_t) / 8];
};

static bool see(const struct standstill_thread *thread, uint64_t address, union seen *seen)
{
	struct iovec here = {.iov_base = seen, .iov_len = sizeof(*seen)};
	struct iovec there = {.iov_base = (void *)(uintptr_t)address, .iov_len = sizeof(*seen)};

	memset(seen, 0, sizeof(*seen));
	return process_vm_readv(thread->pid, &here, 1, &there, 1, 0) >= (ssize_t)LEAST_BYTES;
}

/* `pid`: only of this process; 0: of any. -1: it is no thread of the group. */
static int find_thread(const struct standstill *all, int own_tid, pid_t pid)
{
	for (uint32_t i = 0; own_tid > 0 && i < all->count; i++)
		if (all->threads[i].own_tid == own_tid && (!pid || all->threads[i].pid == pid))
			return (int)i;
	return -1;
}

static bool looks_like_a_mutex(const pthread_mutex_t *mutex)
{
	return mutex->__data.__nusers >= 1 && mutex->__data.__nusers < MOST_USERS &&
	       mutex->__data.__kind >= 0 && mutex->__data.__kind <= MOST_KIND;
}

/*
 * The holder of the mutex behind a futex, or -1. A mutex with priority inheritance, and a robust one, has
 * the holder's number in the word itself; of the plain kinds the word says that it is contended, and the
 * number stands beside it.
 */
static int holder_of(const struct standstill *all, const struct standstill_thread *thread,
                     const union seen *seen, int command)
{
	pid_t pid = thread->shared ? 0 : thread->pid;
	uint32_t wanted = (uint32_t)thread->arguments[2];

	if (command == FUTEX_LOCK_PI || command == FUTEX_LOCK_PI2)
		return find_thread(all, (int)(seen->word & FUTEX_TID_MASK), pid);
	if (!looks_like_a_mutex(&seen->mutex) || wanted != seen->word)
		return -1;
	if (wanted & FUTEX_WAITERS)
		return find_thread(all, (int)(wanted & FUTEX_TID_MASK), pid);
	return wanted == CONTENDED ? find_thread(all, seen->mutex.__data.__owner, pid) : -1;
}

/*
 * pthread_join() waits until the kernel clears the thread's number in glibc's struct pthread. Behind it, at
 * 16 bytes, begins the list of robust mutexes, which is its own end while it is empty.
 */
static int joined_by(const struct standstill *all, const struct standstill_thread *thread,
                     const union seen *seen)
{
	uint32_t wanted = (uint32_t)thread->arguments[2];

	if (wanted != seen->word || seen->wide[2] != thread->lock + 16)
		return -1;
	return find_thread(all, (int)wanted, thread->pid);
}

static bool is_wait(int command)
{
	return command == FUTEX_WAIT || command == FUTEX_WAIT_BITSET || command == FUTEX_LOCK_PI ||
	       command == FUTEX_LOCK_PI2 || command == FUTEX_WAIT_REQUEUE_PI;
}

static void look_at_futex(const struct standstill *all, struct standstill_thread *thread)
{
	int operation = (int)thread->arguments[1], command = operation & FUTEX_CMD_MASK;
	union seen seen;

	if (!is_wait(command))
		return;
	thread->wait = WAIT_LOCK;
	thread->lock = thread->arguments[0];
	thread->shared = !(operation & FUTEX_PRIVATE_FLAG);
	if (sizeof(void *) != 8 || !see(thread, thread->lock, &seen))
		return;
	thread->holder = joined_by(all, thread, &seen);
	if (thread->holder >= 0) {
		thread->wait = WAIT_JOIN;
		return;
	}
	thread->holder = holder_of(all, thread, &seen, command);
	if (thread->holder >= 0)
		thread->wait = WAIT_MUTEX;
}

static bool is_vfork(const struct standstill_thread *thread)
{
	uint64_t flags = thread->arguments[0];
	union seen seen;

#ifdef SYS_vfork
	if (thread->call == SYS_vfork)
		return true;
#endif
	if (thread->call == SYS_clone3)
		flags = see(thread, thread->arguments[0], &seen) ? seen.wide[0] : 0;
	return (thread->call == SYS_clone || thread->call == SYS_clone3) && (flags & CLONE_VFORK);
}

static void look_at_call(const struct standstill *all, struct standstill_thread *thread)
{
	thread->wait = thread->call >= 0 ? WAIT_CALL : WAIT_UNKNOWN;
	if (thread->state == 'T' || thread->state == 't')
		thread->wait = WAIT_STOPPED;
	else if (thread->state == 'Z' || thread->state == 'X')
		thread->wait = WAIT_ENDED;
	else if (thread->state == 'R')
		thread->wait = WAIT_NOTHING;
	else if (thread->call == SYS_futex)
		look_at_futex(all, thread);
	else if (is_vfork(thread))
		thread->wait = WAIT_VFORK;
}

void standstill_find_holders(struct standstill *all)
{
	for (uint32_t i = 0; i < all->count; i++)
		look_at_call(all, &all->threads[i]);
}

int standstill_circle(const struct standstill *all)
{
	for (uint32_t i = 0; i < all->count; i++) {
		int at = (int)i;

		for (uint32_t steps = 0; at >= 0 && steps < all->count; steps++) {
			at = all->threads[at].holder;
			if (at == (int)i)
				return at;
		}
	}
	return -1;
}
