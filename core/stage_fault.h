/* SPDX-License-Identifier: MIT */
/*
 * Last words: a process that dies of a fault, or of exit() in the middle of a trial, writes down where it was.
 * Installed once a stage, inherited by all that the model forks. Nothing is named here, where the heap may
 * be broken and locks may be held: the core does that afterwards (fault.h).
 *
 * A handler that is there already stays: a sanitizer's, a tool's. What dies still dies of the same signal, with
 * its core dump.
 */
#ifndef HEDDLE_STAGE_FAULT_H
#define HEDDLE_STAGE_FAULT_H

#include "arena.h"

/* Before the plugin is loaded. What cannot be installed is left out: a death is told without its place. */
void stage_fault_prepare(struct arena_board *);
/*
 * Gives the calling thread a stack for handlers where it has none, so that an overflow of its own can be told.
 * Gone with the thread. Does nothing before stage_fault_prepare().
 */
void stage_fault_give_stack(void);

#endif
