/* SPDX-License-Identifier: MIT */
/* `heddle check`: whether one plugin keeps what plugin.h asks of it. */
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "check_json.h"
#include "check_model.h"
#include "clock.h"
#include "command.h"
#include "keeper.h"
#include "models.h"
#include "paths.h"
#include "topology.h"
#include "words.h"

enum { JSON = 256, ONLY, PLUGIN_DIR, MOST = 64, MOST_DIRS = 32, ASK_S = 10 };

static const struct option long_options[] = {
        {"json", no_argument, NULL, JSON},
        {"only", required_argument, NULL, ONLY},
        {"plugin-dir", required_argument, NULL, PLUGIN_DIR},
        {"help", no_argument, NULL, 'h'},
        {0},
};

struct arguments {
	const char *plugin; /* a file, or the name of a model */
	const char *only[MOST], *dirs[MOST_DIRS];
	int only_count, dir_count;
	bool json;
};

/* What is shown, and kept for the document, while it goes. */
struct showing {
	struct check_results results;
	bool json;
};

static int known_property(const struct command *command, const char *name)
{
	const char *names[MOST] = {"option"};
	char line[WORDS_LINE];
	int count = 1;

	if (check_find(name) || strcmp(name, "option") == 0)
		return -1;
	for (const struct check_property *p = check_properties; p->name; p++)
		names[count++] = p->name;
	return command_misused(command, "--only %s: no such property; %s", name,
	                       words_suggest(name, names, "known", line));
}

static int take_option(const struct command *command, int option, char **argv,
                       struct arguments *arguments)
{
	switch (option) {
	case JSON:
		arguments->json = true;
		return -1;
	case ONLY:
		if (arguments->only_count == MOST)
			return command_misused(command, "--only: at most %d times", MOST);
		arguments->only[arguments->only_count++] = optarg;
		return known_property(command, optarg);
	case PLUGIN_DIR:
		if (arguments->dir_count == MOST_DIRS)
			return command_misused(command, "--plugin-dir: too many of these");
		arguments->dirs[arguments->dir_count++] = optarg;
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
		return command_misused(command, "%s",
		                       optind == argc ? "no plugin is given"
		                                      : "one plugin at a time");
	arguments->plugin = argv[optind];
	return -1;
}

/* A file where it looks like one or is there, else a model by its name. */
static struct model *find_model(struct models *models, const char *plugin)
{
	size_t length = strlen(plugin);
	bool is_file = strchr(plugin, '/') || access(plugin, F_OK) == 0 ||
	               (length > 3 && strcmp(plugin + length - 3, ".so") == 0);

	return is_file ? models_add_file(models, plugin) : models_get(models, plugin);
}

static int unknown_model(const struct models *models, const char *plugin)
{
	const char **names = calloc(models->count + 1, sizeof(*names));
	char line[WORDS_LINE] = "", quoted[WORDS_QUOTE];

	for (size_t i = 0; names && i < models->count; i++)
		names[i] = models->items[i]->name;
	fprintf(stderr, "heddle check: unknown model %s; %s\n", words_quote(plugin, quoted),
	        names ? words_suggest(plugin, names, "known", line) : "");
	free(names);
	return EXIT_USAGE;
}

static void tell(void *data, const struct check_result *result)
{
	struct showing *showing = data;
	char name[CHECK_WITH + 16];

	check_results_add(&showing->results, result);
	if (showing->json)
		return;
	snprintf(name, sizeof(name), "%s%s%s", result->name, *result->with ? " " : "",
	         result->with);
	printf("%-16s  %s: %s\n", name, check_status_name(result->status), result->text);
	fflush(stdout);
}

static void print_end(const struct check_results *results, uint64_t elapsed_ns)
{
	const uint32_t *counts = results->counts;

	printf("%zu properties: %u ok, %u failed, %u told, %u skipped; %.1f s\n", results->count,
	       counts[CHECK_OK], counts[CHECK_FAILED], counts[CHECK_TOLD], counts[CHECK_SKIPPED],
	       (double)elapsed_ns / 1e9);
}

static int check_on(const struct topology *topology, const struct arguments *arguments,
                    struct model *model, bool does_nothing, struct keeper *keeper,
                    struct hd_error *err)
{
	int count = topology->pus_usable, *cpus = calloc((size_t)count, sizeof(*cpus)), code;
	struct showing showing = {.json = arguments->json};
	struct check_spec spec = {.model = model,
	                          .does_nothing = does_nothing,
	                          .cpus = cpus,
	                          .cpu_count = (uint32_t)count,
	                          .only = arguments->only,
	                          .only_count = (uint32_t)arguments->only_count};
	uint64_t began = clock_now_ns();

	if (!cpus)
		return hd_error(err, -ENOMEM, "out of memory");
	topology_order(topology, TOPOLOGY_NEAR, cpus, count);
	code = check_model(&spec, keeper, tell, &showing, err);
	if (!code && arguments->json)
		code = check_print_json(model, &showing.results, clock_now_ns() - began, stdout);
	else if (!code)
		print_end(&showing.results, clock_now_ns() - began);
	if (!code && showing.results.short_of_memory)
		code = hd_error(err, -ENOMEM, "out of memory");
	free(cpus);
	if (code)
		fprintf(stderr, "heddle check: %s\n", err->code ? err->text : strerror(-code));
	code = code                                   ? EXIT_INTERNAL
	       : showing.results.counts[CHECK_FAILED] ? EXIT_CASE_FAILED
	                                              : EXIT_OK;
	check_results_free(&showing.results);
	return code;
}

/* Where it cannot be asked what it is, or cannot run here, there is nothing to check. */
static int check_asked(const struct arguments *arguments, struct models *models,
                       struct model *model, struct keeper *keeper, struct hd_error *err)
{
	const struct model *empty = models_get(models, "empty");
	const struct keeper_limits limits = {.memory_mib = 4096, .threads = 1024};
	struct topology topology;
	int code;

	models_ask(model, keeper, &limits, ASK_S);
	if (model->status != STATUS_OK || model->info.unsupported[0]) {
		fprintf(stderr, "heddle check: %s%s%s; nothing was checked\n",
		        model->status != STATUS_OK ? "" : model->name,
		        model->status != STATUS_OK ? "" : " cannot run here: ",
		        model->status != STATUS_OK ? model->reason : model->info.unsupported);
		return EXIT_USAGE;
	}
	code = topology_load(&topology, err);
	if (code) {
		fprintf(stderr, "heddle check: %s\n", err->text);
		return EXIT_USAGE;
	}
	if (topology.is_this_system) {
		code = check_on(&topology, arguments, model,
		                empty && strcmp(empty->path, model->path) == 0, keeper, err);
	} else {
		fputs("heddle check: the topology is not this machine's; nothing was checked\n",
		      stderr);
		code = EXIT_USAGE;
	}
	topology_free(&topology);
	return code;
}

static int check(const struct arguments *arguments)
{
	struct hd_error err = {0};
	struct plugin_folders folders;
	struct models models = {0};
	struct model *model = NULL;
	struct keeper keeper;
	int code = keeper_start(&keeper, KEEPER_ISOLATED, &err);

	paths_plugins(&folders, arguments->dirs, arguments->dir_count);
	if (!code)
		code = models_find(&models, (const char *const *)folders.folders, &err);
	if (code) {
		fprintf(stderr, "heddle check: %s\n", err.text);
		code = EXIT_INTERNAL;
	} else if ((model = find_model(&models, arguments->plugin))) {
		code = check_asked(arguments, &models, model, &keeper, &err);
	} else {
		code = unknown_model(&models, arguments->plugin);
	}
	keeper_stop(&keeper);
	models_free(&models);
	paths_plugins_free(&folders);
	return code;
}

static int run(const struct command *command, int argc, char **argv)
{
	struct arguments arguments = {0};
	int code = parse(command, argc, argv, &arguments);

	return code >= 0 ? code : check(&arguments);
}

const struct command command_check = {
        .name = "check",
        .usage = "PLUGIN.so [--only PROPERTY]... [--json]",
        .summary = "whether a plugin keeps the contract of its interface",
        .help = "      PLUGIN.so         a file, or the name of a model\n"
                "      --only PROPERTY   this one only; more than once for several\n"
                "      --json            one document in place of a line for each property\n"
                "      --plugin-dir DIR  look for models there first\n"
                "\nExit: 0 it passes, 3 it fails, 2 it cannot be loaded or cannot run here.\n",
        .run = run,
};
