/* SPDX-License-Identifier: MIT */
/*
 * What the threads of a trial wait for when it stands still: all that /proc tells of each, who holds the
 * mutexes that they want, and their stacks where eu-stack (elfutils) is there. Nothing in it fails: what
 * cannot be read is left out, and why is told.
 *
 * A futex's address is an argument of the call that a thread waits in (/proc/PID/task/TID/syscall). What
 * lies there is read with process_vm_readv(), and is a mutex where it has the shape that glibc gives
 * one and its owner is a thread of the same group; nothing else that a plugin may have there is believed.
 *
 * Sources: proc(5), futex(2); the members of pthread_mutex_t are those of <bits/struct_mutex.h>.
 */
#ifndef HEDDLE_STANDSTILL_H
#define HEDDLE_STANDSTILL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

enum {
	STANDSTILL_PROCESSES = 512,
	STANDSTILL_THREADS = 4096, /* that are looked at */
	STANDSTILL_TOLD = 64,      /* of them, in a result; those of a deadlock are among them */
	STANDSTILL_FRAMES = 24,    /* of a stack, from its top */
	STANDSTILL_NAME = 64,      /* of a function, a library, a place in the kernel */
	STANDSTILL_WHY = 128,
	STANDSTILL_UNWIND_S = 5,
};

enum standstill_wait {
	WAIT_STOPPED, /* by a signal */
	WAIT_VFORK,   /* for its child */
	WAIT_NOTHING, /* it runs */
	WAIT_MUTEX,   /* that `holder` holds */
	WAIT_JOIN,    /* for `holder` to end */
	WAIT_LOCK, /* at a futex: a condition variable, a semaphore, a lock that nobody is known to hold */
	WAIT_CALL,    /* in another system call */
	WAIT_UNKNOWN, /* it sleeps, the kernel does not say where */
	WAIT_ENDED,   /* and nobody has asked how */
};

struct standstill_frame {
	char function[STANDSTILL_NAME]; /* an address where it has no name */
	char module[STANDSTILL_NAME];   /* the file it is from, without folders; "" */
};

/* Its number, in the words of the reason, is its place in the list, from 1. */
struct standstill_thread {
	pid_t pid, tid;
	pid_t own_tid; /* as it knows it itself: another number in a PID namespace */
	char name[STANDSTILL_NAME], state;
	char kernel[STANDSTILL_NAME]; /* where it waits there (wchan), "" */
	long call;                    /* the system call that it is in; -1: none, or not known */
	uint64_t arguments[6];        /* of that */
	enum standstill_wait wait;
	uint64_t lock; /* the address of MUTEX, JOIN and LOCK; 0 */
	bool shared;   /* that address means the same in all processes */
	int holder;    /* place of another thread; -1: none is known */
	bool told;
	char function[STANDSTILL_NAME]; /* of the plugin, the innermost; "" */
	uint32_t frame_count;
	struct standstill_frame *frames; /* owned */
};

struct standstill {
	uint32_t count;
	struct standstill_thread *threads;
	bool more;                           /* than were looked at */
	char calls_unknown[STANDSTILL_WHY];  /* why what some threads wait in is not known, or "" */
	char frames_unknown[STANDSTILL_WHY]; /* why some have no frames, or "" */
};

/*
 * All of the below: looks, unwinds for STANDSTILL_UNWIND_S at most, and adds ": " and the sentence to
 * `reason`, a buffer of `size` bytes. Free what it returns; NULL where there is nothing to tell.
 */
struct standstill *standstill_tell(pid_t above, pid_t stage, const char *plugin_path, char *reason,
                                   size_t size);

/*
 * Looks at all threads of the processes below `above`, but for those between it and `stage`, which
 * comes first. `root` is "", or a fake tree for tests. NULL: none is there, or no memory.
 */
struct standstill *standstill_look(const char *root, pid_t above, pid_t stage);
/* standstill_locks.c: sets wait, lock and holder of each. */
void standstill_find_holders(struct standstill *);
/* A thread of a circle of threads that wait for each other, or -1. */
int standstill_circle(const struct standstill *);
/* standstill_unwind.c: frames of the threads that are told, by the program eu-stack. */
void standstill_unwind(struct standstill *, const char *plugin_path, uint64_t timeout_ns);
/* standstill_words.c: one sentence without its end: who waits for whom. Returns text. */
char *standstill_sentence(const struct standstill *, char *text, size_t size);
/* What thread `i` does: "waits for a mutex held by thread 3". Returns text. */
char *standstill_phrase(const struct standstill *, uint32_t i, char *text, size_t size);
/* "futex", or "system call 999", which is written into text. */
const char *standstill_call_name(long call, char text[STANDSTILL_NAME]);
void standstill_free(struct standstill *);

#endif
