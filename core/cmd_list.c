/* SPDX-License-Identifier: MIT */
/* `heddle list`: the models that were found and what they can, the workloads and their parameters. */
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "command.h"
#include "keeper.h"
#include "list_json.h"
#include "models.h"
#include "option.h"
#include "paths.h"
#include "request.h"
#include "workload.h"

enum { JSON = 256, PLUGIN_DIR, MOST_DIRS = 32, ASK_S = 10 };

static void print_option(const struct hd_option *option)
{
	char value[MODEL_CHOICES], range[MODEL_CHOICES] = "";

	option_print(option, option_default(option), value, sizeof(value));
	if (option->kind == HD_OPTION_INT)
		snprintf(range, sizeof(range), "%" PRId64 " to %" PRId64 "%s%.200s", option->min,
		         option->max, option_has_words(option) ? ", " : "",
		         option_has_words(option) ? option->choices : "");
	else if (option->kind == HD_OPTION_CHOICE)
		snprintf(range, sizeof(range), "%s", option->choices);
	printf("      %s = %s%s%s%s\n          %s\n", option->name, *value ? value : "\"\"",
	       *range ? "  (" : "", range, *range ? ")" : "", option->help ? option->help : "");
}

static void print_model(const struct model *model)
{
	char ops[REQUEST_NAMES];

	if (model->status != STATUS_OK) {
		printf("  %-22s cannot be used: %s: %s\n", model->name, status_name(model->status),
		       model->reason);
		return;
	}
	printf("  %-22s %s\n", model->name, model->info.summary);
	if (model->info.unsupported[0])
		printf("      cannot run here: %s\n", model->info.unsupported);
	printf("      interprets %s\n", request_names(model->info.ops, ops));
	for (const struct hd_option *option = model->options; option->name; option++)
		print_option(option);
}

static void print_workload(const struct workload *workload)
{
	char ops[REQUEST_NAMES];

	printf("  %-22s %s\n      asks for %s\n", workload->name, workload->summary,
	       request_names(workload->ops, ops));
	for (const struct hd_option *param = workload->params; param->name; param++)
		print_option(param);
	for (const struct workload_metric *metric = workload->metrics; metric->name; metric++)
		printf("      %s %s, %s: %s\n",
		       metric == workload->metrics ? "gates:  " : "metric: ", metric->name,
		       metric->unit, metric->help);
}

static void print_all(const struct models *models)
{
	puts("Models");
	for (size_t i = 0; i < models->count; i++)
		print_model(models->items[i]);
	for (size_t i = 0; i < models->missing_count; i++)
		printf("  %-22s not built: %s\n", models->missing[i].name,
		       models->missing[i].reason);
	if (!models->count)
		puts("  none was found; --plugin-dir or HEDDLE_PLUGIN_PATH name folders");
	puts("\nWorkloads");
	for (const struct workload *const *w = workloads; *w; w++)
		print_workload(*w);
}

static int list(const char *const *dirs, int dir_count, bool json)
{
	struct hd_error err = {0};
	struct plugin_folders folders;
	struct models models = {0};
	const struct keeper_limits limits = {.memory_mib = 4096, .threads = 1024};
	struct keeper keeper;
	int code = keeper_start(&keeper, KEEPER_ISOLATED, &err);

	paths_plugins(&folders, dirs, dir_count);
	if (!code)
		code = models_find(&models, (const char *const *)folders.folders, &err);
	for (size_t i = 0; !code && i < models.count; i++)
		models_ask(models.items[i], &keeper, &limits, ASK_S);
	if (!code && json)
		code = list_print_json(&models, stdout);
	else if (!code)
		print_all(&models);
	keeper_stop(&keeper);
	models_free(&models);
	paths_plugins_free(&folders);
	if (code)
		fprintf(stderr, "heddle list: %s\n", err.code ? err.text : strerror(-code));
	return code ? EXIT_INTERNAL : EXIT_OK;
}

static int run(const struct command *command, int argc, char **argv)
{
	static const struct option options[] = {{"json", no_argument, NULL, JSON},
	                                        {"plugin-dir", required_argument, NULL, PLUGIN_DIR},
	                                        {"help", no_argument, NULL, 'h'},
	                                        {0}};
	const char *dirs[MOST_DIRS];
	int option, dir_count = 0;
	bool json = false;

	optind = 1;
	while ((option = getopt_long(argc, argv, ":h", options, NULL)) != -1) {
		switch (option) {
		case JSON:
			json = true;
			break;
		case PLUGIN_DIR:
			if (dir_count == MOST_DIRS)
				return command_misused(command, "--plugin-dir: too many of these");
			dirs[dir_count++] = optarg;
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
	return list(dirs, dir_count, json);
}

const struct command command_list = {
        .name = "list",
        .usage = "[--json] [--plugin-dir DIR]",
        .summary = "the models that were found, and the workloads",
        .help = "      --json            for programs\n"
                "      --plugin-dir DIR  look for models there first; more than once for several\n",
        .run = run,
};
