/* SPDX-License-Identifier: MIT */
/* Commands that are scripts beside the program: they need Python. */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "command.h"
#include "paths.h"

/* Scripts ask the program that started them, in HEDDLE, for what is not theirs to compute. */
static void tell_program(void)
{
	char own[PATH_MAX];
	ssize_t length = readlink("/proc/self/exe", own, sizeof(own) - 1);

	if (length <= 0)
		return;
	own[length] = '\0';
	setenv("HEDDLE", own, 1);
}

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
	tell_program();
	argv[0] = path;
	execv(path, argv);
	fprintf(stderr, "heddle %s: %s: %s%s\n", command->name, path, strerror(errno),
	        errno == ENOENT ? " (it needs /usr/bin/python3)" : "");
	return EXIT_INTERNAL;
}

const struct command command_plot = {
        .name = "plot",
        .usage = "RESULT...|FOLDER [OPTION]...",
        .summary = "draw results, or a folder of them over time (needs matplotlib)",
        .help = "  -o, --output DIR      where the figures go; else beside the first result\n"
                "      --format FORMAT   png (default), svg or pdf\n"
                "      --x FIELD         one figure of one's own: over cores, a parameter, an "
                "option\n"
                "      --y METRIC        of this metric; else of the one that gates\n"
                "      --series FIELD    a line for each of its values; else for each model\n"
                "      --only KEY=VALUE  only cases with it: workload, model, cores, a parameter\n"
                "      --paper           sizes for a printed page, 7 inches wide\n\n"
                "Without --x, --y and --series: throughput over cores with the ideal and the fit "
                "of\n"
                "`heddle fit`, efficiency, CPU time per operation, latency by percentile, "
                "fairness,\n"
                "a map of all cases, and the trials in their order. What has nothing to show is "
                "left\n"
                "out, and that is said. Results of one machine are lines of one panel, several\n"
                "machines panels side by side. Of a folder: throughput, or --y, over time.\n\n"
                "Exit: 0, 2 where something is wrong, and nothing is drawn then, 6 the script "
                "broke.\n",
        .run = run,
};

const struct command command_report = {
        .name = "report",
        .usage = "RESULT...|FOLDER [-o FILE.html]",
        .summary = "one page that tells all of a result, or of a comparison",
        .help = "  -o, --output FILE     where the page goes; else beside the first result\n"
                "  -f, --force           write over a file that is no such page\n\n"
                "One HTML file that needs no network and no other file. Of several results, or a\n"
                "folder of them, the newest in full, and lines over time. A comparison of "
                "`heddle ab`\n"
                "or `heddle compare` is told alone.\n\n"
                "Exit: 0, 2 where something is wrong, and nothing is written then.\n",
        .run = run,
};
