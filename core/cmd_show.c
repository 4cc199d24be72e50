/* SPDX-License-Identifier: MIT */
/* `heddle show`: the tables of a result, or of a comparison, again. */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "command.h"
#include "result.h"
#include "verdict_show.h"
#include "words.h"

enum { ONLY = 256, SORT, BY, BARS, JSON, MOST_ONLY = 64 };

static const struct option long_options[] = {
        {"only", required_argument, NULL, ONLY},
        {"sort", required_argument, NULL, SORT},
        {"by", required_argument, NULL, BY},
        {"bars", required_argument, NULL, BARS},
        {"json", no_argument, NULL, JSON},
        {"help", no_argument, NULL, 'h'},
        {0},
};

struct arguments {
	const char *only[MOST_ONLY];
	struct table_view view;
	bool json;
};

/* -1 to go on, else an exit code. */
static int take_option(const struct command *command, int option, char **argv,
                       struct arguments *arguments)
{
	static const char *const sorts[] = {"name", "throughput", "cores", "model", NULL};
	static const char *const groups[] = {"workload", "model", "cores", NULL};
	static const char *const whens[] = {"auto", "always", "never", NULL};
	struct table_view *view = &arguments->view;

	switch (option) {
	case ONLY:
		if (view->only_count == MOST_ONLY || !strchr(optarg, '='))
			return command_misused(command, "--only %s: write KEY=VALUE", optarg);
		arguments->only[view->only_count++] = optarg;
		return -1;
	case SORT:
		view->sort = optarg;
		return words_is_one_of(optarg, sorts)
		               ? -1
		               : command_misused(command,
		                                 "--sort %s: name, throughput, cores or model",
		                                 optarg);
	case BY:
		view->by = optarg;
		return words_is_one_of(optarg, groups)
		               ? -1
		               : command_misused(command, "--by %s: workload, model or cores",
		                                 optarg);
	case BARS:
		if (!words_is_one_of(optarg, whens))
			return command_misused(command, "--bars %s: auto, always or never", optarg);
		command_take_screen(view);
		if (strcmp(optarg, "auto"))
			view->bars = view->scaling = strcmp(optarg, "always") == 0;
		return -1;
	case JSON:
		arguments->json = true;
		return -1;
	case 'h':
		command_print_help(command);
		return EXIT_OK;
	default:
		return command_bad_option(command, option, argv);
	}
}

static int parse(const struct command *command, int argc, char **argv, struct arguments *arguments)
{
	int option;

	optind = 1;
	while ((option = getopt_long(argc, argv, ":h", long_options, NULL)) != -1) {
		int code = take_option(command, option, argv, arguments);

		if (code >= 0)
			return code;
	}
	if (optind != argc - 1)
		return command_misused(command,
		                       optind == argc ? "no result" : "one result at a time");
	return -1;
}

/* What the file holds, if it is a comparison. -ENOMSG, and nothing is printed, where it is none. */
static int show_verdicts(const char *path, const struct table_view *of_result, bool json,
                         struct hd_error *err)
{
	struct verdict_view view = {.form = json ? VERDICT_AS_JSON : VERDICT_AS_TABLE,
	                            .width = of_result->width};
	struct hd_error why = {0};
	int code;

	if (of_result->only_count || of_result->sort || of_result->by) {
		*err = (struct hd_error){0};
		return hd_error(err, -EINVAL,
		                "%s: --only, --sort and --by are for results, and this is none",
		                path);
	}
	code = verdict_show(path, &view, stdout, NULL, &why);
	if (code != -ENOMSG)
		*err = why;
	return code;
}

static int run(const struct command *command, int argc, char **argv)
{
	struct arguments arguments = {.view.only = arguments.only};
	const struct table_view *view = &arguments.view;
	struct hd_error err = {0};
	int code;

	command_take_screen(&arguments.view);
	code = parse(command, argc, argv, &arguments);
	if (code >= 0)
		return code;
	if (arguments.json)
		result_dump(argv[optind], 2, stdout, &err);
	else
		result_show(argv[optind], view, stdout, &err);
	if (err.code == -ENOMSG)
		show_verdicts(argv[optind], view, arguments.json, &err);
	if (!err.code)
		return EXIT_OK;
	fprintf(stderr, "heddle show: %s\n", err.text);
	return err.code == -ENOMEM ? EXIT_INTERNAL : EXIT_USAGE;
}

const struct command command_show = {
        .name = "show",
        .usage = "RESULT [OPTION]...",
        .summary = "print the tables of a result, or of a comparison, again",
        .help = "      --only KEY=VALUE  only cases with it: workload, model, status, cores, a "
                "parameter\n"
                "      --sort KEY        name, throughput, cores or model; else the config's "
                "order\n"
                "      --by KEY          a table for each workload (default), model or cores\n"
                "      --bars WHEN       bars in the rows, and below each table how every series "
                "scales:\n"
                "                        auto (default: on a terminal), always or never\n"
                "      --json            the document, indented\n\n"
                "Exit: 0 all well, 2 usage error or no result, 6 heddle could not go on.\n",
        .run = run,
};
