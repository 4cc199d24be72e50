/* SPDX-License-Identifier: MIT */
/* Starts a stage through the keeper, watches over its processes, and tells in words how it ended. */
#ifndef HEDDLE_STAGEHAND_H
#define HEDDLE_STAGEHAND_H

#include <stdbool.h>
#include <stdint.h>

#include "arena.h"
#include "counters.h"
#include "error.h"
#include "keeper.h"
#include "schedstat.h"
#include "status.h"

struct stagehand {
	struct keeper *keeper;
	struct arena *arena;
	pid_t pid;
	int output; /* what the stage printed: a memfd of limited size; -1: it prints by itself */
	int watched_epoll;        /* readable when a watched process has ended */
	uint32_t watched;         /* that were taken over from the board */
	int *pidfds;              /* of them */
	struct counters counters; /* over the stage and all below it; none unless asked for */
	bool ended;               /* the stage itself */
	struct keeper_end end;    /* once it has ended */
	enum status status;       /* once something went wrong; else OK */
	char reason[ARENA_REASON_BYTES]; /* with it */
};

/* Starts the stage of this arena and hands the sockets over. stagehand_finish in any case. */
int stagehand_start(struct stagehand *, struct keeper *, struct arena *, const int *sockets,
                    int count, const char *wrap, struct hd_error *);
/*
 * Waits `timeout_ns` at most, less when the stage or a watched process ends. True while all is well;
 * false once the stage has ended (well or not) or a watched process died.
 */
bool stagehand_wait(struct stagehand *, uint64_t timeout_ns);
/* Records why the trial is lost, unless that is known already. */
void stagehand_fail(struct stagehand *, enum status, const char *format, ...)
        __attribute__((format(printf, 3, 4)));
/* CPU time of the stage and all watched processes in ns; NAN where a clock cannot be read. */
double stagehand_cpu_ns(const struct stagehand *);
/* Adds the threads of the same; zero it first. */
void stagehand_schedstat(const struct stagehand *, struct schedstat *);
/*
 * Memory that the stage, all watched processes and the arena hold now, in bytes: each process's own
 * pages, those of the arena once. What cannot be read counts as nothing.
 */
uint64_t stagehand_memory_bytes(const struct stagehand *);
/* Peak resident memory of the same, VmHWM added up, in bytes; NAN where it cannot be read. */
double stagehand_peak_bytes(const struct stagehand *);
/* Ends all processes that are left, adds what the stage printed last to a reason, frees everything. */
void stagehand_finish(struct stagehand *);

#endif
