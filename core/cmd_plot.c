/* SPDX-License-Identifier: MIT */
/* `heddle plot`: the script beside the program draws; it needs Python and matplotlib. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "command.h"
#include "paths.h"

static int run(const struct command *command, int argc, char **argv)
{
	char path[PATH_MAX];

	if (argc == 2 && (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0)) {
		command_print_help(command);
		return EXIT_OK;
	}
	if (paths_script(command->name, path)) {
		fprintf(stderr, "heddle %s: the script heddle-%s is not installed\n", command->name,
		        command->name);
		return EXIT_INTERNAL;
	}
	argv[0] = path;
	execv(path, argv);
	fprintf(stderr, "heddle %s: %s: %s%s\n", command->name, path, strerror(errno),
	        errno == ENOENT ? " (it needs /usr/bin/python3)" : "");
	return EXIT_INTERNAL;
}

const struct command command_plot = {
        .name = "plot",
        .usage = "RESULT|FOLDER [-o DIR]",
        .summary = "draw throughput over cores, or of a folder over time (needs matplotlib)",
        .help = "  -o, --output DIR      where the figures go; else next to the result\n",
        .run = run,
};
