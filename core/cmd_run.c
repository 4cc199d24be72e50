/* SPDX-License-Identifier: MIT */
/* `heddle run`: a config goes in, a result and its tables come out. */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "command_measure.h"
#include "command_workbench.h"
#include "format.h"
#include "result.h"
#include "run.h"
#include "screen.h"

struct arguments {
	struct workbench_options bench;
	const char *output;
	struct warnings warnings;
	bool dry_run, json, overwrite, has_seed;
	uint64_t seed;
};

enum { SEED = COMMAND_OWN, DRY_RUN, JSON, WITH_EMPTY, NO_WARN };

static const struct option long_options[] = {
        COMMAND_WORKBENCH_OPTIONS,
        {"output", required_argument, NULL, 'o'},
        {"force", no_argument, NULL, 'f'},
        {"seed", required_argument, NULL, SEED},
        {"dry-run", no_argument, NULL, DRY_RUN},
        {"json", no_argument, NULL, JSON},
        {"with-empty", no_argument, NULL, WITH_EMPTY},
        {"no-warn", required_argument, NULL, NO_WARN},
        {0},
};

/* -1 to go on, else an exit code. */
static int take_option(const struct command *command, int option, char **argv,
                       struct arguments *arguments)
{
	struct hd_error err = {0};

	switch (option) {
	case 'o':
		arguments->output = optarg;
		return -1;
	case 'f':
		arguments->overwrite = true;
		return -1;
	case SEED:
		arguments->has_seed = true;
		return command_take_seed(command, optarg, &arguments->seed);
	case DRY_RUN:
		arguments->dry_run = true;
		return -1;
	case JSON:
		arguments->json = true;
		return -1;
	case WITH_EMPTY:
		arguments->bench.with_empty = true;
		return -1;
	case NO_WARN:
		return warnings_silence(&arguments->warnings, optarg, &err)
		               ? command_misused(command, "%s", err.text)
		               : -1;
	default:
		return command_take_option(command, option, argv, &arguments->bench);
	}
}

static int parse(const struct command *command, int argc, char **argv, struct arguments *arguments)
{
	int option;

	optind = 1;
	while ((option = getopt_long(argc, argv, ":o:fh", long_options, NULL)) != -1) {
		int code = take_option(command, option, argv, arguments);

		if (code >= 0)
			return code;
	}
	return command_take_config(command, argc, argv, &arguments->bench);
}

static size_t count_workloads(const struct plan *plan)
{
	size_t count = 0;

	for (const struct workload *const *w = workloads; *w; w++)
		for (size_t i = 0; i < plan->count; i++)
			if (plan->cases[i].workload == *w) {
				count++;
				break;
			}
	return count;
}

static size_t count_models(const struct plan *plan)
{
	size_t count = 0;

	for (size_t i = 0; i < plan->count; i++) {
		size_t earlier = 0;

		while (earlier < i && plan->cases[earlier].model != plan->cases[i].model)
			earlier++;
		count += earlier == i;
	}
	return count;
}

static void print_plan(const struct plan *plan)
{
	size_t to_run = 0, of_workloads = count_workloads(plan), of_models = count_models(plan);
	bool may_stop = plan->config->sampling.target_ci_percent > 0;
	char duration[FORMAT_TEXT];

	for (size_t i = 0; i < plan->count; i++)
		to_run += plan->cases[i].status == STATUS_OK;
	fprintf(stderr, "plan     %zu workload%s, %zu model%s: %zu case%s", of_workloads,
	        of_workloads == 1 ? "" : "s", of_models, of_models == 1 ? "" : "s", plan->count,
	        plan->count == 1 ? "" : "s");
	if (to_run != plan->count)
		fprintf(stderr, " (%zu cannot run)", plan->count - to_run);
	fprintf(stderr, ", %s%u round%s, %s %s\n", may_stop ? "up to " : "", plan->rounds,
	        plan->rounds == 1 ? "" : "s", may_stop ? "at most" : "about",
	        format_duration(plan->expected_s, duration));
	if (plan->reduced[0])
		fprintf(stderr, "budget   %s\n", plan->reduced);
}

static int dry_run(const struct workbench *bench)
{
	char name[PLAN_NAME], duration[FORMAT_TEXT];

	for (size_t i = 0; i < bench->plan.count; i++) {
		const struct plan_case *kase = &bench->plan.cases[i];

		printf("%s%s%s%s%s\n", plan_case_name(kase, name), kase->shared ? "  (shared)" : "",
		       kase->status == STATUS_OK ? "" : "  ",
		       kase->status == STATUS_OK ? "" : status_name(kase->status),
		       kase->status == STATUS_OK ? "" : ": ");
		if (kase->status != STATUS_OK && kase->reason)
			printf("    %s\n", kase->reason);
	}
	printf("%zu cases, %u rounds, about %s; nothing was run\n", bench->plan.count,
	       bench->plan.rounds, format_duration(bench->plan.expected_s, duration));
	return EXIT_OK;
}

static int print_result(const char *path, bool as_json)
{
	struct table_view view = {.width = screen_columns(STDOUT_FILENO)};
	struct hd_error err = {0};

	if (as_json ? result_dump(path, 0, stdout, &err) : result_show(path, &view, stdout, &err)) {
		fprintf(stderr, "heddle run: %s\n", err.text);
		return EXIT_INTERNAL;
	}
	return EXIT_OK;
}

static int measure(struct workbench *bench, const struct arguments *arguments,
                   struct warnings *warnings)
{
	struct run_options options = {.overwrite = arguments->overwrite,
	                              .warnings = warnings,
	                              .signal = command_catch_signals()};
	struct run_outcome outcome = {0};
	struct hd_error err = {0};
	char path[PATH_MAX];
	int code;

	if (arguments->output)
		snprintf(path, sizeof(path), "%s", arguments->output);
	else
		command_default_output(bench->config.name, path);
	options.output = path;
	options.seed = arguments->has_seed ? arguments->seed : command_random_seed();
	code = command_check_output(&command_run, path, arguments->overwrite);
	if (code >= 0)
		return code;
	code = run_all(bench, &options, &outcome, &err);
	/* Another run took the same name within the same moment. */
	for (int tries = 0; code == -EEXIST && !arguments->output && tries < 20; tries++) {
		command_default_output(bench->config.name, path);
		err = (struct hd_error){0};
		code = run_all(bench, &options, &outcome, &err);
	}
	if (code) {
		fprintf(stderr, "heddle run: %s\n", err.text);
		return EXIT_INTERNAL;
	}
	code = print_result(path, arguments->json);
	fflush(stdout); /* the tables stand before what is said of them, also where both go to one file */
	fprintf(stderr, "\nresult   %s%s\n", path, outcome.interrupted ? " (interrupted)" : "");
	warnings_tell(warnings, stderr, screen_columns(STDERR_FILENO));
	if (code)
		return code;
	if (outcome.unexpected)
		fprintf(stderr, "%u case%s did not end as expected\n", outcome.unexpected,
		        outcome.unexpected == 1 ? "" : "s");
	if (outcome.interrupted)
		return EXIT_SIGNAL + *options.signal;
	if (outcome.cases_tried == 0)
		fprintf(stderr, "no case could be tried: nothing was measured\n");
	return outcome.unexpected || outcome.cases_tried == 0 ? EXIT_CASE_FAILED : EXIT_OK;
}

static int use(struct workbench *bench, const void *context)
{
	const struct arguments *arguments = context;
	struct warnings warnings = arguments->warnings;
	struct machine machine;
	int code;

	if (arguments->dry_run)
		return dry_run(bench);
	if ((code = command_check_machine(&command_run, bench)) >= 0)
		return code;
	machine_read(&machine, "");
	command_print_machine(bench, &machine);
	print_plan(&bench->plan);
	run_find_warnings(&warnings, &bench->plan, &machine);
	warnings_tell(&warnings, stderr, screen_columns(STDERR_FILENO));
	return measure(bench, arguments, &warnings);
}

static int run(const struct command *command, int argc, char **argv)
{
	struct arguments arguments = {0};
	int code = parse(command, argc, argv, &arguments);

	return code >= 0 ? code
	                 : command_with_workbench(command, &arguments.bench, use, &arguments);
}

const struct command command_run = {
        .name = "run",
        .usage = "CONFIG [OPTION]...",
        .summary = "run a config: every model, workload and core count, verified",
        .help = "CONFIG is a file, or the name of an installed config (quick, default).\n\n"
                "  -o, --output FILE     write the result there; else results/NAME-TIME.json in a\n"
                "                        checkout, NAME-TIME.json elsewhere\n"
                "  -f, --force           write over a result that exists\n"
                "      --only KEY=VALUE  only cases with it: workload, model, cores, a parameter;\n"
                "                        one key twice: either; two keys: both\n"
                "      --set PLACE=VALUE change the config: sampling.rounds=6\n"
                "      --cores LIST      in place of the config's: 1,2,max or pow2 or 50%\n"
                "      --model NAME|FILE.so\n"
                "                        in place of the config's; more than once for several\n"
                "      --plugin-dir DIR  look for models there first\n"
                "      --with-empty      run the model that does nothing as well: the harness's "
                "share\n"
                "      --no-warn W03,... do not tell these warnings; heddle(1) lists them\n"
                "      --seed N          of the order and of generated data\n"
                "      --dry-run         print the cases and the expected time, run nothing\n"
                "      --json            print the result document in place of the tables\n\n"
                "Exit: 0 all well, 2 usage or config error, 3 a case failed or none could be\n"
                "tried, 6 heddle could not go on, 129, 130, 143 interrupted (what was measured is\n"
                "saved).\n",
        .run = run,
};
