/* SPDX-License-Identifier: MIT */
/*
 * Where a dying thread was: its innermost frames and the files that they lie in, written down without names. For
 * signal handlers: no heap, no locks of ours, little stack.
 */
#ifndef HEDDLE_STAGE_TRACE_H
#define HEDDLE_STAGE_TRACE_H

#include <signal.h>
#include <stdbool.h>
#include <ucontext.h>

#include "arena.h"

/* Takes signal, address and frames of the thread that the calling handler interrupted. `context` is as before
   when it returns. */
void stage_trace_interrupted(struct arena_fault *, int signal, const siginfo_t *, ucontext_t *);
/* Takes the caller's own frames. */
void stage_trace_caller(struct arena_fault *);
/* Takes the files of the frames that were taken. Once a process. */
void stage_trace_objects(struct arena_fault *);

#endif
