/* SPDX-License-Identifier: MIT */
/* `heddle trial`: one trial in the foreground, under a tool, without a deadline. */
#include <getopt.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "command_workbench.h"
#include "format.h"
#include "search.h"

enum { WRAP = COMMAND_OWN };

static const struct option long_options[] = {
        COMMAND_WORKBENCH_OPTIONS,
        {"wrap", required_argument, NULL, WRAP},
        {0},
};

static int parse(const struct command *command, int argc, char **argv,
                 struct workbench_options *options, const char **wrap)
{
	int option, code = -1;

	optind = 1;
	while (code < 0 && (option = getopt_long(argc, argv, ":h", long_options, NULL)) != -1) {
		if (option == WRAP)
			*wrap = optarg;
		else
			code = command_take_option(command, option, argv, options);
	}
	return code < 0 ? command_take_config(command, argc, argv, options) : code;
}

static void print_metrics(const struct workload *workload, const struct trial_result *result)
{
	char text[FORMAT_TEXT];

	/* What does not apply to the case is left out; the first one always does. */
	if (!isfinite(result->metrics[0]))
		printf("  %-26s not measured\n", workload->metrics[0].name);
	for (int i = 0; workload->metrics[i].name; i++)
		if (isfinite(result->metrics[i]))
			printf("  %-26s %s\n", workload->metrics[i].name,
			       format_quantity(result->metrics[i], workload->metrics[i].unit,
			                       text));
}

static void print_probe(const struct trial_probe *probe)
{
	char rate[FORMAT_TEXT], achieved[FORMAT_TEXT], response[FORMAT_TEXT];

	if (probe->rate > 0)
		printf("  probe %12s/s  %12s/s came back  %10s  %s\n",
		       format_count((uint64_t)probe->rate, rate),
		       isfinite(probe->achieved) ? format_count((uint64_t)probe->achieved, achieved)
		                                 : "-",
		       format_quantity(probe->response, "ns", response),
		       probe->held ? "held" : "not held");
	else if (isfinite(probe->achieved))
		printf("  closed loop         %12s/s\n",
		       format_count((uint64_t)probe->achieved, achieved));
}

static int run_one(struct workbench *bench, const char *wrap)
{
	struct trial_spec spec = workbench_trial(bench, 0);
	const struct plan_case *kase = &bench->plan.cases[0];
	struct trial_result result;
	char name[PLAN_NAME];

	/* A debugger may hold it for as long as it takes. */
	spec.timeout_s = 0;
	spec.wrap = wrap;
	spec.seed = 1;
	signal(SIGPIPE, SIG_IGN);
	search_run(&spec, &bench->keeper, &result);
	printf("%s: %s%s%s\n", plan_case_name(kase, name), status_name(result.status),
	       result.reason[0] ? ": " : "", result.reason);
	for (uint32_t i = 0; i < result.probe_count; i++)
		print_probe(&result.probes[i]);
	if (result.status == STATUS_OK)
		print_metrics(kase->workload, &result);
	if (result.note[0])
		printf("  %s\n", result.note);
	if (result.changed[0])
		printf("  changed %s\n", result.changed);
	trial_free(&result);
	return result.status == STATUS_OK ? EXIT_OK : EXIT_CASE_FAILED;
}

static int refuse_many(const struct plan *plan)
{
	char name[PLAN_NAME];

	fprintf(stderr, "heddle trial: %zu cases are left; --only, --model and --cores pick one:\n",
	        plan->count);
	for (size_t i = 0; i < plan->count && i < 20; i++)
		fprintf(stderr, "  %s\n", plan_case_name(&plan->cases[i], name));
	return EXIT_USAGE;
}

static int use(struct workbench *bench, const void *wrap)
{
	const struct plan_case *kase = &bench->plan.cases[0];

	if (bench->plan.count != 1)
		return refuse_many(&bench->plan);
	if (kase->status != STATUS_OK) {
		fprintf(stderr, "heddle trial: %s: %s\n", status_name(kase->status), kase->reason);
		return EXIT_CASE_FAILED;
	}
	if (!bench->topology.is_this_system) {
		fprintf(stderr, "heddle trial: the topology is not this machine's\n");
		return EXIT_USAGE;
	}
	return run_one(bench, wrap);
}

static int run(const struct command *command, int argc, char **argv)
{
	struct workbench_options options = {.mode = KEEPER_FOREGROUND};
	const char *wrap = "";
	int code = parse(command, argc, argv, &options, &wrap);

	return code >= 0 ? code : command_with_workbench(command, &options, use, wrap);
}

const struct command command_trial = {
        .name = "trial",
        .usage = "CONFIG --only KEY=VALUE... [--wrap 'TOOL ARGUMENT...']",
        .summary = "one trial in the foreground, under a tool, without a deadline",
        .help = "      --only KEY=VALUE  one case must be left of the config\n"
                "      --wrap 'WORDS'    put in front of the stage's command: 'perf record -g',\n"
                "                        'gdb --args', 'valgrind', 'strace -f -c'\n"
                "      --set PLACE=VALUE, --cores LIST, --model NAME|FILE.so, --plugin-dir DIR\n"
                "                        as in `heddle run`\n",
        .run = run,
};
