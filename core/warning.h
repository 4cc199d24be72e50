/* SPDX-License-Identifier: MIT */
/*
 * Warnings about a run, each with an identity: what is wrong, how much it matters and what to do, told once.
 * What was silenced is stored as well: a result goes further than the one who did not want to read it.
 */
#ifndef HEDDLE_WARNING_H
#define HEDDLE_WARNING_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "error.h"

/* Their numbers stay for good: people write them into scripts. New ones come at the end. */
enum warning {
	WARNING_BUILD,        /* W01 a debug or sanitizer build */
	WARNING_THROTTLED,    /* W02 held up by the CPU quota */
	WARNING_CPU_PRESSURE, /* W03 other programs want the processors */
	WARNING_IO_PRESSURE,  /* W04 other programs wait for I/O */
	WARNING_STEAL,        /* W05 the hypervisor gives time to others */
	WARNING_SATURATED,    /* W06 the load generator is the limit */
	WARNING_SHARED,       /* W07 it shares cores with the model */
	WARNING_GOVERNOR,     /* W08 powersave */
	WARNING_NOT_STEADY,   /* W09 a trend within trials */
	WARNING_STALLED,      /* W10 windows without progress */
	WARNING_TWO_MODES,    /* W11 two clusters of trials */
	WARNING_PRECISION,    /* W12 target_ci_percent not reached */
	WARNING_UNSAFE,       /* W13 root runs what anybody may write */
	WARNINGS
};

enum { WARNING_TEXT = 512 };

/* All zero: none was raised. */
struct warnings {
	struct warning_state {
		char text[WARNING_TEXT]; /* "" while it was not raised */
		bool silenced, told;
		uint32_t cases; /* that it concerns; 0: the run as a whole */
		double worst;   /* of them, in the warning's own unit */
	} of[WARNINGS];
};

/* "W03" */
const char *warning_id(enum warning);
/* Takes "W03" or "W03,W05" (small letters too). 0, or -EINVAL where one is unknown: the error lists all. */
int warnings_silence(struct warnings *, const char *list, struct hd_error *);
/* The first text of a warning stays. */
void warnings_raise(struct warnings *, enum warning, const char *format, ...)
        __attribute__((format(printf, 3, 4)));
/* One more case. The text comes later, when all are known. */
void warnings_concern(struct warnings *, enum warning, double worst);
/* Of each the larger count and the worse value of both: the same cases, seen twice. */
void warnings_join(struct warnings *, const struct warnings *other);
/* Prints those that were raised and neither told nor silenced, wrapped at `width` columns. */
void warnings_tell(struct warnings *, FILE *, int width);

#endif
