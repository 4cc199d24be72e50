/* SPDX-License-Identifier: MIT */
/* Starts a stage through the keeper, watches over its processes, and tells in words how it ended. */
#ifndef HEDDLE_STAGEHAND_H
#define HEDDLE_STAGEHAND_H

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>

#include "arena.h"
#include "counters.h"
#include "error.h"
#include "fault.h"
#include "group.h"
#include "keeper.h"
#include "schedstat.h"
#include "status.h"

enum { STAGEHAND_OUTPUT = 1024 };

struct stagehand {
	struct keeper *keeper;
	struct keeper_limits limits;
	struct arena *arena;
	pid_t pid;
	uint64_t next_size_ns; /* when its processes are to be added up again */
	int output; /* what the stage printed: a memfd of limited size; -1: it prints by itself */
	int watched_epoll;              /* readable when a watched process has ended */
	uint32_t watched;               /* that were taken over from the board */
	struct keeper_process *workers; /* of them */
	struct counters counters;       /* over the stage and all below it; none unless asked for */
	char plugin[PATH_MAX];          /* its path, as the core wrote it on the board */
	bool ran;                       /* its run() was seen to begin */
	bool ended;                     /* the stage itself */
	struct keeper_end end;          /* once it has ended */
	enum status status;             /* once something went wrong; else OK */
	char reason[ARENA_REASON_BYTES]; /* with it */
	struct fault *fault; /* where one of the processes died, or NULL; the caller's to free() */
	bool fault_told;     /* in the reason */
	char tail[STAGEHAND_OUTPUT]; /* what was printed last; filled in by stagehand_finish() */
	uint32_t left_behind;        /* processes that were there after the stage's end; the same */
};

/* Starts the stage of this arena and hands the sockets over. stagehand_finish in any case. */
int stagehand_start(struct stagehand *, struct keeper *, const struct keeper_limits *,
                    struct arena *, const int *sockets, int count, const char *wrap,
                    struct hd_error *);
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
 * stagehand_limits.c: whether the stage and all below it, watched or not, keep within its limits; the reason is recorded
 * where they do not. It costs a few system calls for each process: looks at most 10 times a second, with many
 * of them more rarely.
 */
bool stagehand_in_limits(struct stagehand *);
/* What the kernel refused or ended is the cause of whatever followed. */
void stagehand_blame_limits(struct stagehand *);
/* Peak resident memory of the same, VmHWM added up, in bytes; NAN where it cannot be read. */
double stagehand_peak_bytes(const struct stagehand *);

/* Processes below the keeper that are neither the stage nor watched. */
struct stagehand_strangers {
	uint32_t processes; /* that are there now */
	unsigned long long
	        reaped_ticks; /* CPU time of those that the stage waited for; 0: not known */
};

/* stagehand_strangers.c: a few system calls for each process. */
struct stagehand_strangers stagehand_strangers(const struct stagehand *);

/*
 * Ends all processes that are left, adds to a reason what it can: a death that nobody saw, what the stage printed
 * last. Frees everything but `fault`, which is NULL where all went well.
 */
void stagehand_finish(struct stagehand *);

#endif
