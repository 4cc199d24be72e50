/* SPDX-License-Identifier: MIT */
#include "command_ab.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "command_measure.h"
#include "format.h"
#include "pairs.h"
#include "run.h"
#include "screen.h"

enum { BASE, NEW, SIDES = AB_SIDES };
_Static_assert((int)VERDICT_METRICS <= (int)PAIRS_METRICS, "all that --metric takes can be judged");

static int choose_output(const struct command *command, struct ab_arguments *arguments,
                         const char *name)
{
	static const char *const sides[] = {"base", "new"};
	char of_ab[PATH_MAX];

	snprintf(of_ab, sizeof(of_ab), "%.200s-ab", name);
	if (arguments->verdict.output)
		snprintf(arguments->path, PATH_MAX, "%s", arguments->verdict.output);
	else
		command_default_output(of_ab, arguments->path);
	for (int side = 0; side < SIDES; side++)
		snprintf(arguments->journals[side], sizeof(arguments->journals[side]),
		         "%s.%s.journal", arguments->path, sides[side]);
	return command_check_output(command, arguments->path, arguments->verdict.overwrite);
}

static struct side_journal journal_of(const struct ab_arguments *arguments, int side)
{
	return (struct side_journal){.path = arguments->journals[side],
	                             .overwrite = arguments->verdict.overwrite};
}

static bool against_itself(const struct ab_arguments *arguments)
{
	return !arguments->places[BASE] && !arguments->programs[BASE];
}

static int show(const struct command *command, const struct ab_arguments *arguments)
{
	struct verdict_view view = arguments->verdict.view;
	struct verdict_outcome outcome;
	struct hd_error err = {0};

	view.width = screen_columns(STDOUT_FILENO);
	if (verdict_show(arguments->path, &view, stdout, &outcome, &err)) {
		fprintf(stderr, "heddle %s: %s\n", command->name, err.text);
		return EXIT_INTERNAL;
	}
	if (against_itself(arguments))
		outcome.regressions = 0; /* a false one, as the table says */
	fflush(stdout);
	fprintf(stderr, "\nverdict  %s%s\n", arguments->path,
	        outcome.interrupted ? " (interrupted)" : "");
	return (int)command_verdict_code(&outcome, arguments->verdict.strict);
}

static int tell_error(const struct command *command, const struct hd_error *err)
{
	fprintf(stderr, "heddle %s: %s\n", command->name, err->text);
	return err->code == -EINVAL || err->code == -EEXIST ? EXIT_USAGE : EXIT_INTERNAL;
}

/* On stdout, but where that is for a document. */
static int tell_nothing_differs(const struct ab_arguments *arguments)
{
	bool json = arguments->verdict.view.form == VERDICT_AS_JSON;

	fprintf(json ? stderr : stdout, "nothing differs: %s and %s run the same bytes\n",
	        arguments->places[BASE] ? arguments->places[BASE] : arguments->programs[BASE],
	        arguments->places[NEW] ? arguments->places[NEW] : arguments->programs[NEW]);
	return EXIT_INCOMPARABLE;
}

static int run_pairs(const struct command *command, struct side *sides,
                     struct ab_arguments *arguments, const struct pairs_options *options)
{
	char duration[FORMAT_TEXT];
	struct hd_error err = {0};
	enum pairs_end end;
	double expected_s;

	if (pairs_check(sides, options, &expected_s, &err)) {
		fprintf(stderr, "heddle %s: %s. Nothing was run\n", command->name, err.text);
		return err.code == -EINVAL ? EXIT_USAGE : EXIT_INTERNAL;
	}
	fprintf(stderr, "plan     %u pairs, about %s; what seems changed is tried again\n",
	        options->pairs, format_duration(expected_s, duration));
	for (int side = 0; side < SIDES; side++)
		if (sides[side].kind->begin(&sides[side], &err))
			return tell_error(command, &err);
	if (pairs_run(sides, options, &end, &err)) {
		arguments->only_in_journals = true;
		fprintf(stderr, "heddle %s: %s; what was measured is in %s and %s\n", command->name,
		        err.text, arguments->journals[BASE], arguments->journals[NEW]);
		return EXIT_INTERNAL;
	}
	if (end == PAIRS_NOTHING_DIFFERS)
		return tell_nothing_differs(arguments);
	if (end == PAIRS_INTERRUPTED) {
		show(command, arguments);
		return EXIT_SIGNAL + *options->signal;
	}
	return show(command, arguments);
}

/* What both kinds of sides have besides. */
struct surroundings {
	const struct topology *topology;
	struct machine machine;
	const char *name;                /* of the config */
	const struct plan *plans[SIDES]; /* NULL where they are another program's */
};

static int judge(const struct command *command, struct side *sides, struct ab_arguments *arguments,
                 struct surroundings *around)
{
	int columns = screen_columns(STDERR_FILENO), code;
	struct warnings warnings = arguments->warnings;
	struct plan_filter filter = workbench_filter(&arguments->bench);
	struct pairs_options options = {
	        .output = arguments->path,
	        .against_itself = against_itself(arguments),
	        .seed = arguments->seed,
	        .pairs = arguments->pairs,
	        .metrics = arguments->verdict.metrics,
	        .metric_count = arguments->verdict.metric_count,
	        .margin_percent = arguments->verdict.margin ? 100 * arguments->verdict.margin
	                                                    : VERDICT_MARGIN_PERCENT,
	        .name = around->name,
	        .filter = &filter,
	        .warnings = &warnings,
	        .machine = &around->machine,
	        .topology = around->topology,
	        .signal = command_catch_signals(),
	};

	for (int side = 0; side < SIDES; side++)
		run_find_warnings(&warnings, around->plans[side], &around->machine);
	warnings_tell(&warnings, stderr, columns);
	code = run_pairs(command, sides, arguments, &options);
	warnings_tell(&warnings, stderr, columns);
	return code;
}

/* ---- Two folders, two files, or one build against itself --------------------------------------- */

struct two_benches {
	const struct command *command;
	struct ab_arguments *arguments;
	struct workbench *base;
};

static int use_both(struct workbench *new, const void *context)
{
	const struct two_benches *two = context;
	struct ab_arguments *arguments = two->arguments;
	struct workbench *benches[SIDES] = {two->base ? two->base : new, new};
	struct side sides[SIDES] = {{0}};
	struct surroundings around = {.topology = &new->topology,
	                              .name = new->config.name,
	                              .plans = {&benches[BASE]->plan, &new->plan}};
	struct hd_error err = {0};
	int code = command_check_machine(two->command, new);

	if (code < 0)
		code = choose_output(two->command, arguments, new->config.name);
	if (code >= 0)
		return code;
	run_read_machine(&around.machine, &new->topology, &new->plan);
	workbench_tell_protection(benches[BASE], &around.machine);
	command_print_machine(new, &around.machine);
	benches[BASE]->scratch.seed = arguments->seed;
	for (int side = 0; code < 0 && side < SIDES; side++) {
		struct side_journal journal = journal_of(arguments, side);

		if (side_open_bench(&sides[side], benches[side], benches[BASE], &journal, &err))
			code = tell_error(two->command, &err);
		sides[side].place = arguments->places[side];
	}
	if (code < 0)
		code = judge(two->command, sides, arguments, &around);
	for (int side = 0; side < SIDES; side++)
		side_close(&sides[side], !arguments->only_in_journals);
	return code;
}

static struct workbench_options options_of(const struct ab_arguments *arguments, int side)
{
	struct workbench_options options = arguments->bench;

	if (arguments->folders[side][0]) {
		options.models_from = arguments->folders[side];
		options.other_models_from = arguments->folders[!side];
	} else if (arguments->places[side]) {
		options.models[options.model_count++] = arguments->places[side];
	}
	return options;
}

static int use_base(struct workbench *base, const void *context)
{
	struct two_benches two = *(const struct two_benches *)context;
	struct workbench_options options = options_of(two.arguments, NEW);

	two.base = base;
	return command_with_workbench(two.command, &options, use_both, &two);
}

int command_ab_benches(const struct command *command, struct ab_arguments *arguments)
{
	struct two_benches two = {.command = command, .arguments = arguments};
	struct workbench_options options = options_of(arguments, BASE);

	return command_with_workbench(command, &options,
	                              arguments->places[BASE] ? use_base : use_both, &two);
}

/* ---- Two programs ------------------------------------------------------------------------------ */

int command_ab_programs(const struct command *command, struct ab_arguments *arguments)
{
	struct run_show show = {.signal = command_catch_signals()};
	struct side sides[SIDES] = {{0}};
	struct topology topology = {0};
	struct surroundings around = {.topology = &topology};
	struct hd_error err = {0};
	const char *slash = strrchr(arguments->bench.config, '/');
	char name[256];
	int code;

	snprintf(name, sizeof(name), "%s", slash ? slash + 1 : arguments->bench.config);
	name[strcspn(name, ".")] = '\0';
	around.name = name;
	code = choose_output(command, arguments, name);
	if (code < 0 && topology_load(&topology, &err))
		code = tell_error(command, &err);
	if (code < 0) {
		run_read_machine(&around.machine, &topology, NULL);
		fprintf(stderr, "looking at what each program has: one round of both\n");
	}
	for (int side = 0; code < 0 && side < SIDES; side++) {
		struct side_journal journal = journal_of(arguments, side);

		if (side_open_program(&sides[side], arguments->programs[side], &arguments->bench,
		                      &journal, &show, &err))
			code = *show.signal ? EXIT_SIGNAL + *show.signal
			                    : tell_error(command, &err);
		sides[side].place = arguments->programs[side];
	}
	if (code < 0)
		code = judge(command, sides, arguments, &around);
	for (int side = 0; side < SIDES; side++)
		side_close(&sides[side], !arguments->only_in_journals);
	topology_free(&topology);
	return code;
}
