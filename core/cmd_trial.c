/* SPDX-License-Identifier: MIT */
/* `heddle trial`: one trial in the foreground, under a tool, without a deadline. */
#include <getopt.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "command.h"
#include "format.h"
#include "workbench.h"

enum { ONLY = 256, SET, CORES, MODEL, PLUGIN_DIR, WRAP };

static const struct option long_options[] = {
        {"only", required_argument, NULL, ONLY},
        {"set", required_argument, NULL, SET},
        {"cores", required_argument, NULL, CORES},
        {"model", required_argument, NULL, MODEL},
        {"wrap", required_argument, NULL, WRAP},
        {"plugin-dir", required_argument, NULL, PLUGIN_DIR},
        {"help", no_argument, NULL, 'h'},
        {0},
};

struct arguments {
	struct workbench_options bench;
	const char *wrap;
};

static int parse(const struct command *command, int argc, char **argv, struct arguments *arguments)
{
	struct workbench_options *bench = &arguments->bench;
	int option;

	optind = 1;
	while ((option = getopt_long(argc, argv, "h", long_options, NULL)) != -1) {
		if (bench->only_count == WORKBENCH_LIST || bench->model_count == WORKBENCH_LIST ||
		    bench->plugin_dir_count == WORKBENCH_LIST)
			return command_misused(command, "too many options");
		switch (option) {
		case ONLY:
			bench->only[bench->only_count++] = optarg;
			break;
		case MODEL:
			bench->models[bench->model_count++] = optarg;
			break;
		case PLUGIN_DIR:
			bench->plugin_dirs[bench->plugin_dir_count++] = optarg;
			break;
		case CORES:
			bench->cores = optarg;
			break;
		case WRAP:
			arguments->wrap = optarg;
			break;
		case SET:
			if (!workbench_add_change(bench, optarg))
				return command_misused(command, "--set %s: write PLACE=VALUE",
				                       optarg);
			break;
		case 'h':
			command_print_help(command);
			return EXIT_OK;
		default:
			return command_misused(command, "unknown option");
		}
	}
	if (optind != argc - 1)
		return command_misused(command,
		                       optind == argc ? "no config" : "one config at a time");
	bench->config = argv[optind];
	bench->foreground = true;
	return -1;
}

static void print_metrics(const struct workload *workload, const struct trial_result *result)
{
	char text[FORMAT_TEXT];

	for (int i = 0; workload->metrics[i].name; i++)
		if (isfinite(result->metrics[i]))
			printf("  %-26s %s\n", workload->metrics[i].name,
			       format_quantity(result->metrics[i], workload->metrics[i].unit,
			                       text));
}

static int run_one(struct workbench *bench, const char *wrap)
{
	struct trial_spec spec = workbench_trial(bench, 0);
	const struct plan_case *kase = &bench->plan.cases[0];
	struct trial_result result;
	char name[PLAN_NAME];

	/* A debugger may hold it for as long as it takes. */
	spec.timeout_s = 0;
	spec.wrap = wrap ? wrap : "";
	spec.seed = 1;
	signal(SIGPIPE, SIG_IGN);
	trial_run(&spec, &bench->keeper, &result);
	printf("%s: %s%s%s\n", plan_case_name(kase, name), status_name(result.status),
	       result.reason[0] ? ": " : "", result.reason);
	if (result.status == STATUS_OK)
		print_metrics(kase->workload, &result);
	if (result.note[0])
		printf("  %s\n", result.note);
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

static int with_workbench(struct workbench *bench, const char *wrap, int code,
                          const struct problems *problems, const struct hd_error *err)
{
	const struct plan_case *kase;

	for (size_t i = 0; i < problems->count; i++)
		fprintf(stderr, "%s\n", problems->lines[i]);
	if (problems->count)
		return EXIT_USAGE;
	if (code) {
		fprintf(stderr, "heddle trial: %s\n", err->code ? err->text : strerror(-code));
		return EXIT_INTERNAL;
	}
	if (bench->plan.count != 1)
		return refuse_many(&bench->plan);
	kase = &bench->plan.cases[0];
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
	struct arguments arguments = {0};
	struct problems problems = {0};
	struct hd_error err = {0};
	struct workbench bench;
	int code = parse(command, argc, argv, &arguments);

	if (code >= 0)
		return code;
	code = workbench_open(&bench, &arguments.bench, &problems, &err);
	code = with_workbench(&bench, arguments.wrap, code, &problems, &err);
	workbench_close(&bench);
	problems_free(&problems);
	return code;
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
