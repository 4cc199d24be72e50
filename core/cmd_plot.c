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

	(void)argc;
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
        .usage = "RESULT [-o DIR]",
        .summary = "draw throughput over cores as PNG and SVG (needs matplotlib)",
        .help = "",
        .run = run,
};
