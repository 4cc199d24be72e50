/* SPDX-License-Identifier: MIT */
#include "command_workbench.h"

#include <getopt.h>
#include <stdio.h>
#include <string.h>

static int add(const struct command *command, const char **list, size_t *count, const char *text)
{
	if (*count == WORKBENCH_LIST)
		return command_misused(command, "%s: too many of these", text);
	list[(*count)++] = text;
	return -1;
}

int command_take_option(const struct command *command, int option, char **argv,
                        struct workbench_options *options)
{
	char *value = optarg;

	switch (option) {
	case COMMAND_ONLY:
		return add(command, options->only, &options->only_count, value);
	case COMMAND_MODEL:
		return add(command, options->models, &options->model_count, value);
	case COMMAND_PLUGIN_DIR:
		return add(command, options->plugin_dirs, &options->plugin_dir_count, value);
	case COMMAND_SET:
		if (workbench_add_change(options, value))
			return -1;
		return command_misused(command, "--set %s: %s", value,
		                       options->change_count == WORKBENCH_LIST
		                               ? "too many of these"
		                               : "write PLACE=VALUE");
	case COMMAND_UNPROTECTED:
		if (options->mode == KEEPER_ISOLATED)
			options->mode = KEEPER_OPEN;
		return -1;
	case COMMAND_CORES:
		options->cores = value;
		return -1;
	case 'h':
		command_print_help(command);
		return EXIT_OK;
	default:
		return command_bad_option(command, option, argv);
	}
}

int command_take_config(const struct command *command, int argc, char **argv,
                        struct workbench_options *options)
{
	if (optind != argc - 1)
		return command_misused(command,
		                       optind == argc ? "no config" : "one config at a time");
	options->config = argv[optind];
	return -1;
}

static int print_problems(const struct problems *problems)
{
	for (size_t i = 0; i < problems->count; i++)
		fprintf(stderr, "%s\n", problems->lines[i]);
	fprintf(stderr, "%zu error%s, nothing was run\n", problems->count,
	        problems->count == 1 ? "" : "s");
	return EXIT_USAGE;
}

int command_with_workbench(const struct command *command, const struct workbench_options *options,
                           int (*use)(struct workbench *, const void *context), const void *context)
{
	struct problems problems = {0};
	struct hd_error err = {0};
	struct workbench bench;
	int code = workbench_open(&bench, options, &problems, &err);

	if (problems.count) {
		code = print_problems(&problems);
	} else if (code) {
		fprintf(stderr, "heddle %s: %s\n", command->name,
		        err.code ? err.text : strerror(-code));
		code = EXIT_INTERNAL;
	} else {
		code = use(&bench, context);
	}
	workbench_close(&bench);
	problems_free(&problems);
	return code;
}
