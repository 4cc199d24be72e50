/* SPDX-License-Identifier: MIT */
/* `heddle show`: the tables of a result, or of a comparison, again. */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "command.h"
#include "result.h"
#include "screen.h"
#include "verdict_show.h"
#include "words.h"

enum { ONLY = 256, SORT, BY, JSON, MOST_ONLY = 64 };

static const struct option long_options[] = {
        {"only", required_argument, NULL, ONLY}, {"sort", required_argument, NULL, SORT},
        {"by", required_argument, NULL, BY},     {"json", no_argument, NULL, JSON},
        {"help", no_argument, NULL, 'h'},        {0},
};

static int parse(const struct command *command, int argc, char **argv, struct table_view *view,
                 const char **only, bool *json)
{
	static const char *const sorts[] = {"name", "throughput", "cores", "model", NULL};
	static const char *const groups[] = {"workload", "model", "cores", NULL};
	int option;

	optind = 1;
	while ((option = getopt_long(argc, argv, ":h", long_options, NULL)) != -1) {
		switch (option) {
		case ONLY:
			if (view->only_count == MOST_ONLY || !strchr(optarg, '='))
				return command_misused(command, "--only %s: write KEY=VALUE",
				                       optarg);
			only[view->only_count++] = optarg;
			break;
		case SORT:
			if (!words_is_one_of(optarg, sorts))
				return command_misused(
				        command, "--sort %s: name, throughput, cores or model",
				        optarg);
			view->sort = optarg;
			break;
		case BY:
			if (!words_is_one_of(optarg, groups))
				return command_misused(command, "--by %s: workload, model or cores",
				                       optarg);
			view->by = optarg;
			break;
		case JSON:
			*json = true;
			break;
		case 'h':
			command_print_help(command);
			return EXIT_OK;
		default:
			return command_bad_option(command, option, argv);
		}
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
	const char *only[MOST_ONLY];
	struct table_view view = {.only = only, .width = screen_columns(STDOUT_FILENO)};
	struct hd_error err = {0};
	bool json = false;
	int code = parse(command, argc, argv, &view, only, &json);

	if (code >= 0)
		return code;
	if (json)
		result_dump(argv[optind], 2, stdout, &err);
	else
		result_show(argv[optind], &view, stdout, &err);
	if (err.code == -ENOMSG)
		show_verdicts(argv[optind], &view, json, &err);
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
                "      --json            the document, indented\n\n"
                "Exit: 0 all well, 2 usage error or no result, 6 heddle could not go on.\n",
        .run = run,
};
