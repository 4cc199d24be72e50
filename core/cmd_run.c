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
#include "result.h"
#include "run.h"
#include "screen.h"

struct arguments {
	struct workbench_options bench;
	const char *output, *resume_from;
	struct warnings warnings;
	bool dry_run, json, overwrite, has_seed, no_lock;
	uint64_t seed;
	const char *const *words; /* of the command line; NULL at their end */
	struct resume *resume;    /* NULL, or the run to go on with */
};

enum { SEED = COMMAND_OWN, DRY_RUN, JSON, WITH_EMPTY, NO_WARN, RESUME, NO_LOCK };

static const struct option long_options[] = {
        COMMAND_WORKBENCH_OPTIONS,
        {"output", required_argument, NULL, 'o'},
        {"force", no_argument, NULL, 'f'},
        {"seed", required_argument, NULL, SEED},
        {"dry-run", no_argument, NULL, DRY_RUN},
        {"json", no_argument, NULL, JSON},
        {"with-empty", no_argument, NULL, WITH_EMPTY},
        {"no-warn", required_argument, NULL, NO_WARN},
        {"resume", required_argument, NULL, RESUME},
        {"no-lock", no_argument, NULL, NO_LOCK},
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
	case RESUME:
		arguments->resume_from = optarg;
		return -1;
	case NO_LOCK:
		arguments->no_lock = true;
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

	optind = 0; /* from the beginning, also a second time */
	while ((option = getopt_long(argc, argv, ":o:fh", long_options, NULL)) != -1) {
		int code = take_option(command, option, argv, arguments);

		if (code >= 0)
			return code;
	}
	if (arguments->resume_from && (arguments->output || arguments->has_seed))
		return command_misused(command, "--resume: result and seed are those of the run");
	if (arguments->resume_from && optind == argc)
		return -1; /* the config is in the journal */
	return command_take_config(command, argc, argv, &arguments->bench);
}

static int print_result(const char *path, bool as_json)
{
	struct table_view view = {0};
	struct hd_error err = {0};

	command_take_screen(&view);
	if (as_json ? result_dump(path, 0, stdout, &err) : result_show(path, &view, stdout, &err)) {
		fprintf(stderr, "heddle run: %s\n", err.text);
		return EXIT_INTERNAL;
	}
	return EXIT_OK;
}

/* What is said once the document stands. */
static void tell_result(const char *path, const struct run_outcome *outcome,
                        struct warnings *warnings)
{
	fprintf(stderr, "\nresult   %s%s\n", path, outcome->interrupted ? " (interrupted)" : "");
	if (outcome->journal_stays)
		fprintf(stderr, "         heddle run --resume %s\n         goes on with it\n",
		        path);
	warnings_tell(warnings, stderr, screen_columns(STDERR_FILENO));
	if (outcome->unexpected)
		fprintf(stderr, "%u case%s did not end as expected\n", outcome->unexpected,
		        outcome->unexpected == 1 ? "" : "s");
	if (!outcome->interrupted && outcome->cases_tried == 0)
		fprintf(stderr, "no case could be tried: nothing was measured\n");
}

static int check_output(const struct arguments *arguments, const char *path)
{
	struct hd_error err = {0};

	if (!arguments->resume)
		return command_check_output(&command_run, path, arguments->overwrite);
	if (arguments->overwrite || resume_check_output(arguments->resume, &err) == 0)
		return -1;
	fprintf(stderr, "heddle run: %s. Nothing was run\n", err.text);
	return EXIT_USAGE;
}

static int run_to(char path[PATH_MAX], struct workbench *bench, const struct arguments *arguments,
                  struct run_options *options, struct run_outcome *outcome, struct hd_error *err)
{
	bool is_named = arguments->output || arguments->resume;
	int code;

	options->output = path;
	code = run_all(bench, options, outcome, err);
	/* Another run took the same name within the same moment. */
	for (int tries = 0; code == -EEXIST && !is_named && tries < 20; tries++) {
		command_default_output(bench->config.name, path);
		*err = (struct hd_error){0};
		code = run_all(bench, options, outcome, err);
	}
	return code;
}

static int measure(struct workbench *bench, const struct arguments *arguments,
                   struct run_options *options)
{
	struct run_outcome outcome = {0};
	struct hd_error err = {0};
	char path[PATH_MAX];
	int code;

	if (arguments->resume)
		snprintf(path, sizeof(path), "%s", arguments->resume->output);
	else if (arguments->output)
		snprintf(path, sizeof(path), "%s", arguments->output);
	else
		command_default_output(bench->config.name, path);
	code = check_output(arguments, path);
	if (code >= 0)
		return code;
	if (run_to(path, bench, arguments, options, &outcome, &err)) {
		fprintf(stderr, "heddle run: %s\n", err.text);
		return EXIT_INTERNAL;
	}
	code = print_result(path, arguments->json);
	fflush(stdout); /* the tables stand before what is said of them, also where both go to one file */
	tell_result(path, &outcome, options->warnings);
	if (code)
		return code;
	if (outcome.interrupted)
		return EXIT_SIGNAL + *options->signal;
	return outcome.unexpected || outcome.cases_tried == 0 ? EXIT_CASE_FAILED : EXIT_OK;
}

/* -1 where the run can be gone on with as it was begun, else an exit code. */
static int check_resume(const struct workbench *bench, const struct run_options *options,
                        const struct machine *machine)
{
	struct problems problems = {0};
	struct result_run facts;
	int code = -1;

	if (!options->resume)
		return -1;
	run_facts(&facts, bench, machine, options);
	if (resume_check(options->resume, &bench->plan, &facts, &problems)) {
		fprintf(stderr, "heddle run: out of memory\n");
		code = EXIT_INTERNAL;
	}
	for (size_t i = 0; i < problems.count; i++)
		fprintf(stderr, "heddle run: %s: %s\n", options->resume->journal,
		        problems.lines[i]);
	if (problems.count && code < 0) {
		fprintf(stderr, "%zu difference%s, nothing was run\n", problems.count,
		        problems.count == 1 ? "" : "s");
		code = EXIT_USAGE;
	}
	problems_free(&problems);
	return code;
}

static int use_locked(struct workbench *bench, const struct arguments *arguments,
                      const volatile sig_atomic_t *signal)
{
	struct warnings warnings = arguments->warnings;
	struct plan_filter filter = workbench_filter(&arguments->bench);
	struct machine machine;
	struct run_options options = {.overwrite = arguments->overwrite,
	                              .machine = &machine,
	                              .seed = arguments->has_seed ? arguments->seed
	                                                          : command_random_seed(),
	                              .arguments = arguments->words,
	                              .filter = &filter,
	                              .resume = arguments->resume,
	                              .warnings = &warnings,
	                              .signal = signal};
	int code;

	run_read_machine(&machine, &bench->topology, &bench->plan);
	workbench_tell_protection(bench, &machine);
	code = check_resume(bench, &options, &machine);
	if (code >= 0)
		return code;
	command_print_machine(bench, &machine);
	command_print_plan(&bench->plan);
	run_find_warnings(&warnings, &bench->plan, &machine);
	warnings_tell(&warnings, stderr, screen_columns(STDERR_FILENO));
	return measure(bench, arguments, &options);
}

static int use(struct workbench *bench, const void *context)
{
	const struct arguments *arguments = context;
	const volatile sig_atomic_t *signal;
	struct runlock lock;
	int code;

	if (arguments->dry_run)
		return command_dry_run(bench);
	if ((code = command_check_machine(&command_run, bench)) >= 0)
		return code;
	signal = command_catch_signals();
	code = command_lock(&lock, &command_run, arguments->bench.config, arguments->no_lock);
	if (code < 0)
		code = use_locked(bench, arguments, signal);
	runlock_release(&lock);
	return code;
}

/* The run's own command line and folder, where this one names no config. */
static int take_words(const struct command *command, struct resume *resume,
                      struct arguments *arguments)
{
	struct arguments again = {.resume_from = arguments->resume_from,
	                          .json = arguments->json,
	                          .dry_run = arguments->dry_run,
	                          .no_lock = arguments->no_lock,
	                          .overwrite = arguments->overwrite,
	                          .warnings = arguments->warnings};
	struct arguments then = {.warnings = arguments->warnings};
	int code;

	if (!resume->own)
		return command_misused(command,
		                       "--resume %s: somebody else may write it; name the config",
		                       arguments->resume_from);
	if (chdir(resume->folder) < 0)
		return command_misused(command, "--resume %s: %s, where the run was begun: %s",
		                       arguments->resume_from, resume->folder, strerror(errno));
	if ((code = parse(command, resume->argument_count, resume->arguments, &then)) >= 0)
		return code;
	again.bench = then.bench;
	again.warnings = then.warnings;
	*arguments = again;
	return -1;
}

static int resume_run(const struct command *command, struct arguments *arguments)
{
	struct resume resume;
	struct hd_error err = {0};
	int code = -1;

	if (resume_open(&resume, arguments->resume_from, &err)) {
		fprintf(stderr, "heddle run: %s. Nothing was run\n", err.text);
		code = EXIT_USAGE;
	}
	if (code < 0 && !arguments->bench.config)
		code = take_words(command, &resume, arguments);
	arguments->resume = &resume;
	if (code < 0)
		code = command_with_workbench(command, &arguments->bench, use, arguments);
	resume_close(&resume);
	return code;
}

/* Options are cut and sorted while they are read: these are the words as they were. */
static char **copy_words(int argc, char **argv)
{
	char **words = calloc((size_t)argc + 1, sizeof(*words));

	for (int i = 0; words && i < argc; i++)
		words[i] = strdup(argv[i]);
	return words;
}

static int run(const struct command *command, int argc, char **argv)
{
	char **words = copy_words(argc, argv);
	struct arguments arguments = {.words = (const char *const *)words};
	int code = parse(command, argc, argv, &arguments);

	if (code < 0)
		code = arguments.resume_from
		               ? resume_run(command, &arguments)
		               : command_with_workbench(command, &arguments.bench, use, &arguments);
	for (int i = 0; words && i < argc; i++)
		free(words[i]);
	free(words);
	return code;
}

const struct command command_run = {
        .name = "run",
        .usage = "CONFIG [OPTION]... | --resume FILE",
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
                "      --unprotected     as root: no namespaces around the models\n"
                "      --with-empty      run the model that does nothing as well: the harness's "
                "share\n"
                "      --no-warn W03,... do not tell these warnings; heddle(1) lists them\n"
                "      --seed N          of the order and of generated data\n"
                "      --resume FILE     go on with a run that ended early: its result's path or "
                "its\n"
                "                        journal; what was measured is not measured again\n"
                "      --no-lock         do not wait for another run of yours on this machine\n"
                "      --dry-run         print the cases and the expected time, run nothing\n"
                "      --json            print the result document in place of the tables\n\n"
                "Exit: 0 all well, 2 usage or config error, 3 a case failed or none could be\n"
                "tried, 6 heddle could not go on, 129, 130, 143 interrupted (what was measured is\n"
                "saved; a second time, half a second later or more, ends at once).\n",
        .run = run,
};
