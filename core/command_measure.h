/* SPDX-License-Identifier: MIT */
/* What the commands that measure have in common: signals, seeds, where the output goes, the machine's lines. */
#ifndef HEDDLE_COMMAND_MEASURE_H
#define HEDDLE_COMMAND_MEASURE_H

#include <limits.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>

#include "command.h"
#include "machine.h"
#include "runlock.h"
#include "workbench.h"

/*
 * Takes over the signals that end a command. The number of the one that came, 0 before. A second one, half a
 * second later or more, ends the program at once: what is on disk by then is valid.
 */
const volatile sig_atomic_t *command_catch_signals(void);
/*
 * Waits until no other run of the user's measures, and says for whom; not with `skip` or $HEDDLE_NO_LOCK. Where
 * there can be no lock that is told and no reason to stop. -1 to go on, else an exit code: the user wants an end.
 */
int command_lock(struct runlock *, const struct command *, const char *config, bool skip);
/* Reads --seed: a number below 2^53, as other tools read JSON. -1 to go on, else an exit code. */
int command_take_seed(const struct command *, const char *text, uint64_t *seed);
uint64_t command_random_seed(void);
/* NAME-TIME.json in the results folder of the checkout, else here; a second one within the same second gets
   a number. */
void command_default_output(const char *name, char path[PATH_MAX]);
/* -1 where the file may be written, else an exit code: it exists and is not to be written over. */
int command_check_output(const struct command *, const char *path, bool overwrite);
/* -1 where the topology is this machine's, else an exit code. */
int command_check_machine(const struct command *, const struct workbench *);
/* Two lines on stderr. */
void command_print_machine(const struct workbench *, const struct machine *);
/* command_plan.c: how much it is, on stderr. */
void command_print_plan(const struct plan *);
/* Each case on stdout, and nothing is run. An exit code. */
int command_dry_run(const struct workbench *);

#endif
