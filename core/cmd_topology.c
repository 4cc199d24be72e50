/* SPDX-License-Identifier: MIT */
/* `heddle topology`: what the machine has, what may be used, the order and the sweep. */
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "command.h"
#include "topology.h"
#include "topology_json.h"
#include "topology_print.h"

static int print(bool json)
{
	struct hd_error err = {0};
	struct topology topology;
	json_t *object;

	if (topology_load(&topology, &err)) {
		fprintf(stderr, "heddle topology: %s\n", err.text);
		return EXIT_INTERNAL;
	}
	if (json) {
		object = topology_to_json(&topology);
		json_dumpf(object, stdout, JSON_INDENT(2));
		putchar('\n');
		json_decref(object);
	} else {
		topology_print(&topology, stdout);
	}
	topology_free(&topology);
	return EXIT_OK;
}

static int run(const struct command *command, int argc, char **argv)
{
	static const struct option options[] = {
	        {"json", no_argument, NULL, 'j'}, {"help", no_argument, NULL, 'h'}, {0}};
	bool json = false;
	int option;

	optind = 1;
	while ((option = getopt_long(argc, argv, ":h", options, NULL)) != -1) {
		switch (option) {
		case 'j':
			json = true;
			break;
		case 'h':
			command_print_help(command);
			return EXIT_OK;
		default:
			return command_bad_option(command, option, argv);
		}
	}
	if (optind != argc)
		return command_misused(command, "it takes no arguments");
	return print(json);
}

const struct command command_topology = {
        .name = "topology",
        .usage = "[--json]",
        .summary = "what the machine has, what may be used, in which order",
        .help = "      --json   for programs\n\n"
                "HWLOC_SYNTHETIC and HWLOC_XMLFILE are honoured, so that other machines can be "
                "looked "
                "at.\n",
        .run = run,
};
