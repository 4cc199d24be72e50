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
#include "workbench.h"

/* Takes over the signals that end a command. The number of the one that came, 0 before. */
const volatile sig_atomic_t *command_catch_signals(void);
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

#endif
