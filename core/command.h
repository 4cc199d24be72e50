/* SPDX-License-Identifier: MIT */
/* A subcommand: one file, one const struct, one row in main.c. */
#ifndef HEDDLE_COMMAND_H
#define HEDDLE_COMMAND_H

#include <stdbool.h>

/* Of several the worst is returned: INTERNAL, USAGE, INCOMPARABLE, FAILED, REGRESSION, INCONCLUSIVE. */
enum exit_code {
	EXIT_OK = 0,
	EXIT_REGRESSION = 1,
	EXIT_USAGE = 2,       /* usage or config error: nothing was run */
	EXIT_CASE_FAILED = 3, /* a case failed that was not expected to */
	EXIT_INCONCLUSIVE = 4,
	EXIT_INCOMPARABLE = 5,
	EXIT_INTERNAL = 6, /* heddle itself could not go on */
	EXIT_SIGNAL = 128  /* + number of the signal that interrupted */
};

struct command {
	const char *name;
	const char *usage;   /* behind "heddle NAME" */
	const char *summary; /* one line for `heddle --help` */
	const char *help;    /* the options, one line each, for `heddle NAME --help` */
	bool hidden;         /* not in the list: for heddle's own use */
	int (*run)(const struct command *, int argc,
	           char **argv); /* argv[0] is the name; an exit code */
};

extern const struct command command_run, command_list, command_topology, command_show, command_ab,
        command_compare, command_trial, command_check, command_new, command_plot, command_report,
        command_fit, command_export, command_stage;

/* Prints "heddle NAME: what", and where the help is. Returns EXIT_USAGE. */
int command_misused(const struct command *, const char *format, ...)
        __attribute__((format(printf, 2, 3)));
/* What getopt_long() found wrong (its string begins with ':'): '?' or ':'. Returns EXIT_USAGE. */
int command_bad_option(const struct command *, int found, char **argv);
void command_print_help(const struct command *);
/* What tables have on stdout: its width; bars and lines of scaling where it is a terminal that can. */
struct table_view;
void command_take_screen(struct table_view *);

#endif
