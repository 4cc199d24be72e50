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

#include "error.h"

struct keeper {
	pid_t pid;
	int socket; /* SOCK_SEQPACKET */
};

struct keeper_stage {
	int channel;      /* becomes the stage's descriptor 3 */
	int output;       /* becomes its stdout and stderr; -1: the caller's own */
	const char *wrap; /* NULL, or words to put in front of the stage's command: "perf record" */
};

/* How a stage ended, and what it and those of its processes that it waited for took from first to last. */
struct keeper_end {
	int status; /* as of waitpid */
	double user_ns, system_ns;
	int64_t voluntary_switches, involuntary_switches, minor_faults, major_faults;
};

/* `foreground`: stages stay in the caller's process group and on its terminal, for tools. */
int keeper_start(struct keeper *, bool foreground, struct hd_error *);
/* Starts a stage. Returns its pid or -errno. One at a time: keeper_clean() comes before the next. */
int keeper_stage(struct keeper *, const struct keeper_stage *, struct hd_error *);
/*
 * Waits for the stage's end, `timeout_ns` at most. 1: it ended, *end is filled; 0: not yet, or the
 * descriptor `also` (-1: none) became readable, or a signal came; -errno: the keeper is gone.
 */
int keeper_wait(struct keeper *, struct keeper_end *end, uint64_t timeout_ns, int also);
/* Ends everything that the stage left, itself included. How many processes it was, or -errno. */
int keeper_clean(struct keeper *, struct hd_error *);
/* The keeper removes this folder should the core die. */
void keeper_announce(struct keeper *, const char *folder);
/* Ends what still runs and the keeper itself. Announced folders stay: they are the core's to remove. */
void keeper_stop(struct keeper *);

#endif
