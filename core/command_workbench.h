/* SPDX-License-Identifier: MIT */
/* What `run` and `trial` have in common: options that pick and change cases, and the workbench. */
#ifndef HEDDLE_COMMAND_WORKBENCH_H
#define HEDDLE_COMMAND_WORKBENCH_H

#include "command.h"
#include "workbench.h"

/* Values of getopt_long for the options below; a command's own begin at COMMAND_OWN. */
enum {
	COMMAND_ONLY = 256,
	COMMAND_SET,
	COMMAND_CORES,
	COMMAND_MODEL,
	COMMAND_PLUGIN_DIR,
	COMMAND_UNPROTECTED,
	COMMAND_OWN
};

/* Rows of a command's table of long options. */
/* clang-format off */
#define COMMAND_WORKBENCH_OPTIONS \
	{"only", required_argument, NULL, COMMAND_ONLY}, \
	{"set", required_argument, NULL, COMMAND_SET}, \
	{"cores", required_argument, NULL, COMMAND_CORES}, \
	{"model", required_argument, NULL, COMMAND_MODEL}, \
	{"plugin-dir", required_argument, NULL, COMMAND_PLUGIN_DIR}, \
	{"unprotected", no_argument, NULL, COMMAND_UNPROTECTED}, \
	{"help", no_argument, NULL, 'h'}
/* clang-format on */

/* Takes one option that the command has no case for, what getopt_long refused among them. -1 to go
   on, else an exit code. */
int command_take_option(const struct command *, int option, char **argv,
                        struct workbench_options *);
/* Takes the config, the one argument behind the options. -1 to go on, else an exit code. */
int command_take_config(const struct command *, int argc, char **argv, struct workbench_options *);
/* Opens the workbench, tells what is wrong with the input, else calls `use`. An exit code. */
int command_with_workbench(const struct command *, const struct workbench_options *,
                           int (*use)(struct workbench *, const void *context),
                           const void *context);

#endif
