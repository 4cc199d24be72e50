/* SPDX-License-Identifier: MIT */
/* The words for what threads wait for. */
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>

#include "error.h"
#include "standstill.h"

enum { MOST_LINKS = 6, MOST_NUMBERS = 4, MOST_GROUPS = 3, PHRASE = 192 };

/* Calls that programs stand still in. */
static const struct {
	long call;
	const char *name;
} calls[] = {
        {SYS_futex, "futex"},
        {SYS_read, "read"},
        {SYS_write, "write"},
        {SYS_pread64, "pread"},
        {SYS_pwrite64, "pwrite"},
        {SYS_readv, "readv"},
        {SYS_writev, "writev"},
        {SYS_accept, "accept"},
        {SYS_accept4, "accept4"},
        {SYS_connect, "connect"},
        {SYS_recvfrom, "recvfrom"},
        {SYS_recvmsg, "recvmsg"},
        {SYS_recvmmsg, "recvmmsg"},
        {SYS_sendto, "sendto"},
        {SYS_sendmsg, "sendmsg"},
        {SYS_openat, "openat"},
        {SYS_fsync, "fsync"},
        {SYS_fdatasync, "fdatasync"},
        {SYS_flock, "flock"},
        {SYS_fcntl, "fcntl"},
        {SYS_ppoll, "ppoll"},
        {SYS_pselect6, "pselect"},
        {SYS_epoll_pwait, "epoll_pwait"},
#ifdef SYS_pause
        {SYS_pause, "pause"},
        {SYS_poll, "poll"},
        {SYS_select, "select"},
        {SYS_epoll_wait, "epoll_wait"},
        {SYS_open, "open"},
#endif
        {SYS_nanosleep, "nanosleep"},
        {SYS_clock_nanosleep, "clock_nanosleep"},
        {SYS_restart_syscall, "restart_syscall"},
        {SYS_rt_sigsuspend, "sigsuspend"},
        {SYS_rt_sigtimedwait, "sigtimedwait"},
        {SYS_wait4, "wait4"},
        {SYS_waitid, "waitid"},
        {SYS_sched_yield, "sched_yield"},
        {SYS_semop, "semop"},
        {SYS_semtimedop, "semtimedop"},
        {SYS_msgrcv, "msgrcv"},
        {SYS_msgsnd, "msgsnd"},
        {SYS_mq_timedreceive, "mq_timedreceive"},
        {SYS_mq_timedsend, "mq_timedsend"},
        {SYS_io_uring_enter, "io_uring_enter"},
        {SYS_io_getevents, "io_getevents"},
#ifdef SYS_vfork
        {SYS_vfork, "vfork"},
#endif
        {SYS_clone, "clone"},
        {SYS_clone3, "clone3"},
};

const char *standstill_call_name(long call, char text[STANDSTILL_NAME])
{
	for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++)
		if (calls[i].call == call)
			return calls[i].name;
	snprintf(text, STANDSTILL_NAME, "system call %ld", call);
	return text;
}

/* Of one thread, or of several. */
static void describe(const struct standstill_thread *thread, bool several, char *text, size_t size)
{
	const char *s = several ? "" : "s", *call;
	char name[STANDSTILL_NAME];

	text[0] = '\0';
	switch (thread->wait) {
	case WAIT_STOPPED:
		text_add(text, size, "", "%s stopped by a signal", several ? "are" : "is");
		return;
	case WAIT_VFORK:
		text_add(text, size, "", "wait%s for the child of a vfork()", s);
		return;
	case WAIT_NOTHING:
		text_add(text, size, "", "run%s", s);
		return;
	case WAIT_MUTEX:
		text_add(text, size, "", "wait%s for a mutex held by thread %d", s,
		         thread->holder + 1);
		return;
	case WAIT_JOIN:
		text_add(text, size, "", "wait%s for thread %d to end", s, thread->holder + 1);
		return;
	case WAIT_LOCK:
		text_add(text, size, "", "wait%s to be woken", s);
		return;
	case WAIT_CALL:
		call = standstill_call_name(thread->call, name);
		text_add(text, size, "", "wait%s in %s%s", s, call, strchr(call, ' ') ? "" : "()");
		return;
	case WAIT_ENDED:
		text_add(text, size, "", "%s ended", several ? "have" : "has");
		return;
	case WAIT_UNKNOWN:
		text_add(text, size, "", "sleep%s", s);
		if (thread->kernel[0])
			text_add(text, size, "", " in the kernel's %s", thread->kernel);
		return;
	}
}

char *standstill_phrase(const struct standstill *all, uint32_t i, char *text, size_t size)
{
	describe(&all->threads[i], false, text, size);
	return text;
}

/* " in transfer()"; the names of C++ have their arguments already. */
static void add_function(const struct standstill_thread *thread, char *text, size_t size)
{
	if (thread->function[0])
		text_add(text, size, "", " in %s%s", thread->function,
		         strchr(thread->function, ')') ? "" : "()");
}

/* ---- A circle -------------------------------------------------------------------------------------- */

static uint32_t length_of_circle(const struct standstill *all, int first)
{
	uint32_t length = 1;

	for (int i = all->threads[first].holder; i != first; i = all->threads[i].holder)
		length++;
	return length;
}

static void add_link(const struct standstill *all, int i, bool first, char *text, size_t size)
{
	const struct standstill_thread *thread = &all->threads[i];

	if (first)
		text_add(text, size, "", "thread %d", i + 1);
	else
		text_add(text, size, "", ", which");
	add_function(thread, text, size);
	if (thread->wait == WAIT_JOIN)
		text_add(text, size, "", " waits for thread %d to end", thread->holder + 1);
	else if (thread->holder == i)
		text_add(text, size, "", " waits for a mutex that it holds itself");
	else
		text_add(text, size, "", " waits for %s held by thread %d",
		         first ? "a mutex" : "one", thread->holder + 1);
}

static void tell_circle(const struct standstill *all, int first, char *text, size_t size)
{
	uint32_t length = length_of_circle(all, first);
	int i = first;

	for (uint32_t links = 0; links < length && links < MOST_LINKS; links++) {
		add_link(all, i, links == 0, text, size);
		i = all->threads[i].holder;
	}
	if (length > MOST_LINKS)
		text_add(text, size, "", ", and so on in a circle of %u threads", length);
	text_add(text, size, "", ": a deadlock");
}

/* ---- Threads that do the same ----------------------------------------------------------------------- */

static bool do_the_same(const struct standstill_thread *a, const struct standstill_thread *b)
{
	return a->wait == b->wait && a->holder == b->holder &&
	       (a->wait != WAIT_CALL || a->call == b->call) &&
	       (a->wait != WAIT_UNKNOWN || strcmp(a->kernel, b->kernel) == 0) &&
	       strcmp(a->function, b->function) == 0;
}

static bool is_first_of_group(const struct standstill *all, uint32_t i)
{
	for (uint32_t k = 0; k < i; k++)
		if (do_the_same(&all->threads[k], &all->threads[i]))
			return false;
	return true;
}

static uint32_t group_size(const struct standstill *all, uint32_t first)
{
	uint32_t count = 0;

	for (uint32_t i = first; i < all->count; i++)
		count += do_the_same(&all->threads[i], &all->threads[first]);
	return count;
}

/* "thread 2", "threads 2, 3 and 5", "12 threads". */
static void add_numbers(const struct standstill *all, uint32_t first, uint32_t count, char *text,
                        size_t size)
{
	uint32_t told = 0;

	if (count > MOST_NUMBERS) {
		text_add(text, size, "", "%u threads", count);
		return;
	}
	text_add(text, size, "", count > 1 ? "threads" : "thread");
	for (uint32_t i = first; i < all->count; i++) {
		if (!do_the_same(&all->threads[i], &all->threads[first]))
			continue;
		text_add(text, size, "", "%s %u",
		         told == 0           ? ""
		         : told + 1 == count ? " and"
		                             : ",",
		         i + 1);
		told++;
	}
}

static void add_group(const struct standstill *all, uint32_t first, char *text, size_t size)
{
	uint32_t count = group_size(all, first);
	char phrase[PHRASE];

	add_numbers(all, first, count, text, size);
	add_function(&all->threads[first], text, size);
	describe(&all->threads[first], count > 1, phrase, sizeof(phrase));
	text_add(text, size, "", " %s", phrase);
}

/* What tells most comes first: the order of enum standstill_wait, then of the threads. */
static void tell_groups(const struct standstill *all, char *text, size_t size)
{
	uint32_t told = 0, left = 0;

	for (int wait = WAIT_STOPPED; wait <= WAIT_ENDED; wait++)
		for (uint32_t i = 0; i < all->count; i++) {
			if ((int)all->threads[i].wait != wait || !is_first_of_group(all, i))
				continue;
			if (told == MOST_GROUPS) {
				left += group_size(all, i);
				continue;
			}
			if (told++)
				text_add(text, size, "", "; ");
			add_group(all, i, text, size);
		}
	if (left)
		text_add(text, size, "", "; %u more", left);
}

/* Nobody who could still do it: a wake-up came too early, or was never sent. */
static bool nobody_wakes(const struct standstill *all)
{
	for (uint32_t i = 0; i < all->count; i++)
		if (all->threads[i].wait != WAIT_LOCK)
			return false;
	return !all->more;
}

char *standstill_sentence(const struct standstill *all, char *text, size_t size)
{
	int first = standstill_circle(all);

	text[0] = '\0';
	if (first >= 0) {
		tell_circle(all, first, text, size);
		return text;
	}
	tell_groups(all, text, size);
	if (nobody_wakes(all))
		text_add(text, size, "", ", and none is left to do it");
	return text;
}
