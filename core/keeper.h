/* SPDX-License-Identifier: MIT */
/*
 * The keeper: a small process, forked from the core before it grows, that loads nothing. It starts
 * stages, is the subreaper of all below it, and ends them all when a trial is over, when the core says
 * so, or when the core dies (the end of their socket). It also removes the run's private folders when
 * the core is no longer there to do it.
 */
#ifndef HEDDLE_KEEPER_H
#define HEDDLE_KEEPER_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "ceiling.h"
#include "error.h"

enum keeper_mode {
	KEEPER_ISOLATED, /* in namespaces of its own where they may be made: isolation.h */
	KEEPER_FOREGROUND, /* stages stay in the caller's process group and on its terminal, for tools */
	KEEPER_OPEN,       /* no namespaces */
};

enum { KEEPER_FOUND_AT_ONCE = 128 };

/* On all processes of a stage together; 0: none. By the kernel where it does: ceiling.h. */
struct keeper_limits {
	uint32_t threads, memory_mib;
};

struct keeper_stage {
	int channel;      /* becomes the stage's descriptor 3 */
	int output;       /* becomes its stdout and stderr; -1: the caller's own */
	const char *wrap; /* NULL, or words to put in front of the stage's command: "perf record" */
	struct keeper_limits limits;
};

/* How a stage ended, and what it and those of its processes that it waited for took from first to last. */
struct keeper_end {
	int status; /* as of waitpid */
	double user_ns, system_ns;
	int64_t voluntary_switches, involuntary_switches, minor_faults, major_faults;
};

struct keeper {
	pid_t pid;
	int socket;    /* SOCK_SEQPACKET */
	bool isolated; /* it is process 1 of a PID namespace: nothing outside is in a plugin's reach */
	int proc;      /* of that namespace: its /proc; else -1 */
	struct ceiling_hits hits; /* of the last one, known once it has ended or was cleaned up */
	bool ended;               /* `end` came and was not asked for yet */
	bool gone;  /* its end of the socket is closed: it was killed; or it is stuck */
	bool stuck; /* with processes below it that cannot be ended: it cannot end either */
	struct keeper_end end;
};

/* A process that a stage started, as the core sees it. */
struct keeper_process {
	int fd;    /* a pidfd of the caller's, or -errno: -ESRCH, it is no more */
	pid_t pid; /* in the caller's PID namespace; -1: not known */
};

int keeper_start(struct keeper *, enum keeper_mode, struct hd_error *);
/* Starts a stage. Returns its pid here or -errno. One at a time: keeper_clean() comes before the next. */
int keeper_stage(struct keeper *, const struct keeper_stage *, struct hd_error *);
/*
 * Looks `count` processes up, at most KEEPER_FOUND_AT_ONCE, by the numbers that they have for each other, which
 * need not be the caller's. 0, or -EPIPE: the keeper is gone.
 */
int keeper_find(struct keeper *, const int *pids, int count, struct keeper_process *found);
/*
 * Waits for the stage's end, `timeout_ns` at most. 1: it ended, *end is filled; 0: not yet, or the
 * descriptor `also` (-1: none) became readable, or a signal came; -errno: the keeper is gone.
 */
int keeper_wait(struct keeper *, struct keeper_end *end, uint64_t timeout_ns, int also);
/*
 * Ends everything that the stage left, itself included. How many processes it was, or -errno; -EBUSY after 5 s: some
 * cannot be ended, and another keeper is needed.
 */
int keeper_clean(struct keeper *, struct hd_error *);
/* The keeper removes this folder should the core die. */
void keeper_announce(struct keeper *, const char *folder);
/* Ends what still runs and the keeper itself. Announced folders stay: they are the core's to remove. */
void keeper_stop(struct keeper *);
bool keeper_is_there(const struct keeper *);
/* What is left to do once a keeper was killed: frees what the core has of it. */
void keeper_reap(struct keeper *);

#endif
