/* SPDX-License-Identifier: MIT */
/* `heddle ab`: two builds, judged by pairs of trials. */
#include <errno.h>
#include <getopt.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "command_ab.h"
#include "command_measure.h"
#include "pairs.h"
#include "paths.h"
#include "verdict.h"

enum { OF_BASE = COMMAND_OWN, OF_NEW, BASE_PROGRAM, NEW_PROGRAM, PAIRS, SEED, NO_WARN, NO_LOCK };

enum { BASE, NEW, SIDES = AB_SIDES };

static const struct option long_options[] = {
        COMMAND_WORKBENCH_OPTIONS,
        COMMAND_VERDICT_OPTIONS,
        {"base", required_argument, NULL, OF_BASE},
        {"new", required_argument, NULL, OF_NEW},
        {"base-program", required_argument, NULL, BASE_PROGRAM},
        {"new-program", required_argument, NULL, NEW_PROGRAM},
        {"pairs", required_argument, NULL, PAIRS},
        {"seed", required_argument, NULL, SEED},
        {"no-warn", required_argument, NULL, NO_WARN},
        {"no-lock", no_argument, NULL, NO_LOCK},
        {0},
};

/* ---- What is asked --------------------------------------------------------------------------- */

static int take_pairs(const struct command *command, const char *text, uint32_t *pairs)
{
	char *end;
	unsigned long value = strtoul(text, &end, 10);

	*pairs = (uint32_t)value;
	if (*text >= '0' && *text <= '9' && !*end && value >= VERDICT_LEAST_PAIRS &&
	    value <= PAIRS_MOST)
		return -1;
	return command_misused(command, "--pairs %s: %d to %d", text, VERDICT_LEAST_PAIRS,
	                       PAIRS_MOST);
}

static int take_option(const struct command *command, int option, char **argv,
                       struct ab_arguments *arguments)
{
	struct hd_error err = {0};

	switch (option) {
	case OF_BASE:
	case OF_NEW:
		arguments->places[option - OF_BASE] = optarg;
		return -1;
	case BASE_PROGRAM:
	case NEW_PROGRAM:
		arguments->programs[option - BASE_PROGRAM] = optarg;
		return -1;
	case PAIRS:
		return take_pairs(command, optarg, &arguments->pairs);
	case SEED:
		return command_take_seed(command, optarg, &arguments->seed);
	case NO_LOCK:
		arguments->no_lock = true;
		return -1;
	case NO_WARN:
		return warnings_silence(&arguments->warnings, optarg, &err)
		               ? command_misused(command, "%s", err.text)
		               : -1;
	default:
		return command_is_verdict_option(option)
		               ? command_take_verdict_option(command, option, &arguments->verdict)
		               : command_take_option(command, option, argv, &arguments->bench);
	}
}

/* A folder with plugins in it, a build's or an installation's top, or one plugin. */
static int check_place(const struct command *command, struct ab_arguments *arguments, int side)
{
	const char *place = arguments->places[side], *option = side == BASE ? "--base" : "--new";
	struct stat status;

	if (stat(place, &status) < 0)
		return command_misused(command, "%s %s: %s", option, place, strerror(errno));
	if (S_ISREG(status.st_mode))
		return -1;
	if (!S_ISDIR(status.st_mode))
		return command_misused(command, "%s %s: a folder with plugins, or one plugin",
		                       option, place);
	if (paths_plugins_in(place, arguments->folders[side]) == 0)
		return -1;
	return command_misused(command, "%s %s: no plugin (*.so) in it", option, place);
}

static const char *file_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

static int check_places(const struct command *command, struct ab_arguments *arguments)
{
	const char *const *places = arguments->places;

	if (!places[BASE] != !places[NEW])
		return command_misused(command, "--base and --new go together");
	if (!places[BASE])
		return -1;
	if (arguments->bench.plugin_dir_count)
		return command_misused(command,
		                       "--plugin-dir: models are found in --base and --new");
	for (int side = 0; side < SIDES; side++) {
		int code = check_place(command, arguments, side);

		if (code >= 0)
			return code;
	}
	if (!arguments->folders[BASE][0] != !arguments->folders[NEW][0])
		return command_misused(command, "--base and --new: two folders, or two files");
	if (arguments->folders[BASE][0])
		return -1;
	if (strcmp(file_name(places[BASE]), file_name(places[NEW])))
		return command_misused(command,
		                       "--base %s, --new %s: a model is called as its file, and "
		                       "these are two",
		                       file_name(places[BASE]), file_name(places[NEW]));
	if (arguments->bench.model_count)
		return command_misused(command, "--model: --base and --new name the one already");
	return -1;
}

static int check_programs(const struct command *command, const struct ab_arguments *arguments)
{
	if (!arguments->programs[BASE] != !arguments->programs[NEW])
		return command_misused(command, "--base-program and --new-program go together");
	if (!arguments->programs[BASE])
		return -1;
	if (arguments->places[BASE])
		return command_misused(command, "--base and --base-program: a program brings its "
		                                "own plugins");
	if (arguments->bench.plugin_dir_count)
		return command_misused(command, "--plugin-dir: a program brings its own plugins");
	return -1;
}

static int set(const struct command *command, struct workbench_options *bench, const char *place,
               const char *value)
{
	if (bench->change_count == WORKBENCH_LIST)
		return command_misused(command, "--set: too many of these");
	bench->changes[bench->change_count++] =
	        (struct config_change){.place = place, .value = value};
	return -1;
}

/* A margin is the config's; what a workload says of its own stands. A budget would take cases away. */
static int set_config(const struct command *command, struct ab_arguments *arguments)
{
	int code = set(command, &arguments->bench, "sampling.budget_s", "0");

	if (code >= 0 || !arguments->verdict.margin)
		return code;
	snprintf(arguments->margin, sizeof(arguments->margin), "%.10g",
	         100 * arguments->verdict.margin);
	return set(command, &arguments->bench, "margin_percent", arguments->margin);
}

static int parse(const struct command *command, int argc, char **argv,
                 struct ab_arguments *arguments)
{
	int option, code = -1;

	optind = 1;
	arguments->pairs = PAIRS_USUAL;
	arguments->seed = command_random_seed();
	while (code < 0 && (option = getopt_long(argc, argv, ":h" COMMAND_VERDICT_SHORT,
	                                         long_options, NULL)) != -1)
		code = take_option(command, option, argv, arguments);
	if (code < 0)
		code = command_take_config(command, argc, argv, &arguments->bench);
	if (code < 0)
		code = check_places(command, arguments);
	if (code < 0)
		code = check_programs(command, arguments);
	return code < 0 ? set_config(command, arguments) : code;
}

/* ---- The command ------------------------------------------------------------------------------ */

static int run(const struct command *command, int argc, char **argv)
{
	struct ab_arguments arguments = {0};
	struct runlock lock;
	int code = parse(command, argc, argv, &arguments);

	if (code >= 0)
		return code;
	(void)command_catch_signals(); /* they end the wait, too */
	code = command_lock(&lock, command, arguments.bench.config, arguments.no_lock);
	if (code < 0)
		code = arguments.programs[BASE] ? command_ab_programs(command, &arguments)
		                                : command_ab_benches(command, &arguments);
	runlock_release(&lock);
	return code;
}

const struct command command_ab = {
        .name = "ab",
        .usage = "CONFIG [--base DIR|FILE --new DIR|FILE] [OPTION]...",
        .summary = "judge two builds by pairs of trials; alone: the noise floor",
        .help = "Each case of CONFIG runs from both builds back to back, again and again; what\n"
                "comes out as changed is tried in a second block before it is believed. Without\n"
                "--base and --new the models are judged against themselves: what the verdicts\n"
                "could see here, and how often they are wrong.\n\n"
                "      --base DIR|FILE   plugins of the one build: a folder, or one plugin\n"
                "      --new DIR|FILE    and of the other; models are found there by file name\n"
                "      --base-program HEDDLE\n"
                "      --new-program HEDDLE\n"
                "                        judge two whole builds instead, each with its plugins\n"
                "      --pairs N         of a block (20); rounds and budget_s are not "
                "used\n" COMMAND_VERDICT_HELP
                "      --only, --set, --cores, --model, --plugin-dir, --seed, --no-warn,\n"
                "      --no-lock         as in `heddle run`\n\n"
                "Exit: 0 no regression, 1 a regression, 2 usage or config error, 3 a case failed\n"
                "or none was judged, 4 inconclusive or contaminated with --strict, 5 nothing\n"
                "differs, 6 heddle could not go on, 129, 130, 143 interrupted.\n",
        .run = run,
};
