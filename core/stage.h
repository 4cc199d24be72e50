/* SPDX-License-Identifier: MIT */
/*
 * One trial from inside: a fresh process that loads one plugin, sets the workload up, opens the model,
 * runs the jobs and closes it. Everything that it is told and that it tells stands on the arena's board;
 * how it ends is seen by the keeper.
 *
 * Descriptor 3 is a socket over which the core hands first the arena, then the workload's sockets.
 */
#ifndef HEDDLE_STAGE_H
#define HEDDLE_STAGE_H

enum { STAGE_CHANNEL = 3, STAGE_EXIT_BROKEN = 99 /* no board could be read */ };

/* Main function of the hidden subcommand `stage`. Returns the exit status. */
int stage_main(void);

#endif
