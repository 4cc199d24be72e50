/* SPDX-License-Identifier: MIT */
/* What `ab` and `compare` have in common: options for verdicts and their printing, and the exit code. */
#ifndef HEDDLE_COMMAND_VERDICT_H
#define HEDDLE_COMMAND_VERDICT_H

#include <stdbool.h>
#include <stddef.h>

#include "command.h"
#include "verdict_show.h"

enum { VERDICT_METRICS = 16, VERDICT_MARGIN_PERCENT = 5 /* unless it is given */ };

struct verdict_options {
	double margin;                        /* a part of 1; 0: not given */
	const char *metrics[VERDICT_METRICS]; /* asked for beside the one that gates */
	size_t metric_count;
	bool strict, overwrite;
	const char *output;       /* where the document goes, NULL: not given */
	struct verdict_view view; /* its width is the caller's */
};

/* Values of getopt_long for the options below. */
enum {
	COMMAND_MARGIN = 512,
	COMMAND_METRIC,
	COMMAND_STRICT,
	COMMAND_JSON,
	COMMAND_MARKDOWN,
	COMMAND_JUNIT,
	COMMAND_ANNOTATIONS
};

/* Rows of a command's table of long options, and its short ones. */
/* clang-format off */
#define COMMAND_VERDICT_OPTIONS \
	{"margin", required_argument, NULL, COMMAND_MARGIN}, \
	{"metric", required_argument, NULL, COMMAND_METRIC}, \
	{"strict", no_argument, NULL, COMMAND_STRICT}, \
	{"json", no_argument, NULL, COMMAND_JSON}, \
	{"markdown", no_argument, NULL, COMMAND_MARKDOWN}, \
	{"junit", required_argument, NULL, COMMAND_JUNIT}, \
	{"annotations", no_argument, NULL, COMMAND_ANNOTATIONS}, \
	{"output", required_argument, NULL, 'o'}, \
	{"force", no_argument, NULL, 'f'}
/* clang-format on */
#define COMMAND_VERDICT_SHORT "o:f"
/* The same for a command's help. */
#define COMMAND_VERDICT_HELP                                                                     \
	"      --margin PERCENT  changes within it do not matter (5%); above 0, up to 100\n"     \
	"      --metric NAME     judge it too, beside the one that gates; more than once\n"      \
	"      --strict          exit 4 where a verdict is inconclusive or contaminated\n"       \
	"      --json            the document, in place of the table\n"                          \
	"      --markdown        for GitHub's step summary, in place of the table\n"             \
	"      --junit FILE      write JUnit XML there too\n"                                    \
	"      --annotations     GitHub's annotations, ten at most; behind the table, else on\n" \
	"                        stderr\n"                                                       \
	"  -o, --output FILE     where the document goes\n"                                      \
	"  -f, --force           write over a file that exists\n"

/* Whether the option is one of these. */
bool command_is_verdict_option(int option);
/* Takes it, with getopt's optarg. -1 to go on, else an exit code. */
int command_take_verdict_option(const struct command *, int option, struct verdict_options *);
/* The exit code of a comparison that ended by itself. */
enum exit_code command_verdict_code(const struct verdict_outcome *, bool strict);

#endif
