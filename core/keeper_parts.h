/* SPDX-License-Identifier: MIT */
/* What the core (keeper.c) and the keeper (keeper_process.c) say to each other. */
#ifndef HEDDLE_KEEPER_PARTS_H
#define HEDDLE_KEEPER_PARTS_H

#include "keeper.h"
#include "scratch.h"

enum keeper_message_kind {
	KEEPER_STAGE = 1,
	KEEPER_FIND,
	KEEPER_CLEAN,
	KEEPER_ANNOUNCE,
	KEEPER_STOP,
	/* answers: */
	KEEPER_READY,
	KEEPER_STARTED,
	KEEPER_FOUND,
	KEEPER_ENDED,
	KEEPER_CLEANED
};

struct keeper_message {
	enum keeper_message_kind kind;
	int value;                   /* a pid, -errno, or a number of processes */
	struct keeper_limits limits; /* with STAGE */
	struct keeper_end end;       /* with ENDED */
	struct ceiling_hits hits;    /* with ENDED, CLEANED */
	int pids[KEEPER_FOUND_AT_ONCE]; /* with FIND, `value` of them; with FOUND 0 or -errno for each */
	char text[SCRATCH_PATH];        /* wrap, or a folder */
};

/*
 * Never returns. `isolated`: this is to be process 1 of a namespace; tells the core whether it is. `core` is
 * the pid of the core in its own namespace.
 */
_Noreturn void keeper_main(int socket, enum keeper_mode, bool isolated, pid_t core);

#endif
