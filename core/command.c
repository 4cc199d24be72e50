/* SPDX-License-Identifier: MIT */
#include "command.h"

#include <getopt.h>
#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

#include "result.h"
#include "screen.h"

int command_misused(const struct command *command, const char *format, ...)
{
	va_list args;

	fprintf(stderr, "heddle %s: ", command->name);
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fprintf(stderr, "\nusage: heddle %s %s\n`heddle %s --help` explains the options\n",
	        command->name, command->usage, command->name);
	return EXIT_USAGE;
}

int command_bad_option(const struct command *command, int found, char **argv)
{
	const char *word = argv[optind - 1];

	return found == ':' ? command_misused(command, "%s needs a value", word)
	                    : command_misused(command, "unknown option %s", word);
}

void command_print_help(const struct command *command)
{
	printf("usage: heddle %s %s\n\n%s.\n\n%s", command->name, command->usage, command->summary,
	       command->help);
}

void command_take_screen(struct table_view *view)
{
	view->width = screen_columns(STDOUT_FILENO);
	view->scaling = isatty(STDOUT_FILENO);
	view->bars = screen_is_capable(STDOUT_FILENO) && screen_shows_utf8();
}
