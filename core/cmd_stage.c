/* SPDX-License-Identifier: MIT */
/* The hidden subcommand that the keeper executes: one trial from inside. */
#include <stdio.h>
#include <sys/stat.h>

#include "command.h"
#include "stage.h"

static int run(const struct command *command, int argc, char **argv)
{
	struct stat status;

	(void)argv;
	if (argc > 1 || fstat(STAGE_CHANNEL, &status) < 0 || !S_ISSOCK(status.st_mode))
		return command_misused(command, "is started by heddle itself, for one trial");
	return stage_main();
}

const struct command command_stage = {
        .name = "stage",
        .usage = "",
        .summary = "one trial from inside",
        .help = "",
        .hidden = true,
        .run = run,
};
