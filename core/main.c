/* SPDX-License-Identifier: MIT */
/* heddle: measures concurrency models side by side. The table of subcommands, and nothing else. */
#include <errno.h>
#include <fcntl.h>
#include <locale.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "command.h"
#include "error.h"

static const struct command *const commands[] = {
        &command_run,    &command_list, &command_topology, &command_show,    &command_plot,
        &command_report, &command_fit,  &command_ab,       &command_compare, &command_trial,
        &command_check,  &command_new,  &command_export,   &command_stage,   NULL,
};

static void print_help(FILE *out)
{
	fprintf(out,
	        "usage: heddle COMMAND [ARGUMENT]...\n\n"
	        "Measures concurrency models side by side: every model runs the same workloads\n"
	        "on the same cores, and every result is verified.\n\n");
	for (const struct command *const *c = commands; *c; c++)
		if (!(*c)->hidden)
			fprintf(out, "  %-10s %s\n", (*c)->name, (*c)->summary);
	fprintf(out,
	        "\n`heddle COMMAND --help` explains one; `heddle --version` tells the version.\n"
	        "Try: heddle run quick\n");
}

static int unknown_command(const char *name)
{
	const char *names[sizeof(commands) / sizeof(commands[0])], *near;
	int count = 0;

	for (const struct command *const *c = commands; *c; c++)
		if (!(*c)->hidden)
			names[count++] = (*c)->name;
	names[count] = NULL;
	near = nearest_name(name, names);
	fprintf(stderr, "heddle: unknown command \"%s\"%s%s%s; `heddle --help` lists them\n", name,
	        near ? "; did you mean \"" : "", near ? near : "", near ? "\"?" : "");
	return EXIT_USAGE;
}

static int dispatch(int argc, char **argv)
{
	if (argc < 2) {
		print_help(stderr);
		return EXIT_USAGE;
	}
	if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0 ||
	    strcmp(argv[1], "help") == 0) {
		print_help(stdout);
		return EXIT_OK;
	}
	if (strcmp(argv[1], "--version") == 0) {
		printf("heddle %s\n", HEDDLE_VERSION);
		return EXIT_OK;
	}
	for (const struct command *const *c = commands; *c; c++)
		if (strcmp(argv[1], (*c)->name) == 0)
			return (*c)->run(*c, argc - 1, argv + 1);
	return unknown_command(argv[1]);
}

/* What was printed may still lie in a buffer, and a full disk is noticed only now. */
static int finish(int code)
{
	errno = 0;
	if ((fflush(stdout) == 0 && !ferror(stdout)) || code == EXIT_INTERNAL)
		return code; /* well, or told already */
	fprintf(stderr, "heddle: the output could not be written%s%s\n", errno ? ": " : "",
	        errno ? strerror(errno) : "");
	return code > EXIT_SIGNAL ? code : EXIT_INTERNAL;
}

/*
 * What is opened takes the lowest free number: no file and no socket is to become the output. What is put there
 * cannot be written to, so that output which gets lost is an error.
 */
static void fill_standard_descriptors(void)
{
	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
		if (fcntl(fd, F_GETFD) < 0)
			(void)open("/dev/null", O_RDONLY);
}

int main(int argc, char **argv)
{
	fill_standard_descriptors();
	/* Only how characters are shown: numbers are written the same everywhere. */
	setlocale(LC_CTYPE, "");
	return finish(dispatch(argc, argv));
}
