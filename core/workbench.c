/* SPDX-License-Identifier: MIT */
#include "workbench.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "paths.h"
#include "words.h"

bool workbench_add_change(struct workbench_options *options, char *text)
{
	char *equals = strchr(text, '=');

	if (!equals || options->change_count == WORKBENCH_LIST)
		return false;
	*equals = '\0';
	options->changes[options->change_count++] =
	        (struct config_change){.place = text, .value = equals + 1};
	return true;
}

static void ask(struct model *model, void *context)
{
	struct workbench *bench = context;
	struct keeper_limits limits = {.memory_mib = bench->config.memory_mib,
	                               .threads = bench->config.threads};

	models_ask(model, &bench->keeper, &limits, bench->config.trial_timeout_s);
}

static void announce(void *context, const char *path)
{
	struct workbench *bench = context;

	keeper_announce(&bench->keeper, path);
}

static int find_models(struct workbench *bench, const struct workbench_options *options,
                       struct hd_error *err)
{
	const char *const own[] = {options->models_from, NULL}, *const others[] = {
	                                                                options->other_models_from,
	                                                                NULL};
	struct plugin_folders folders;
	int code;

	if (options->models_from) {
		code = models_find(&bench->models, own, err);
		bench->models.other = &bench->other_models;
		return code ? code : models_find(&bench->other_models, others, err);
	}
	paths_plugins(&folders, options->plugin_dirs, (int)options->plugin_dir_count);
	code = models_find(&bench->models, (const char *const *)folders.folders, err);
	paths_plugins_free(&folders);
	return code;
}

/* A bare word that names no file was meant to name an installed config. */
static int tell_configs(const char *name, struct problems *problems)
{
	char *names[WORKBENCH_LIST + 1], quoted[WORDS_QUOTE], line[WORDS_LINE];
	int count = paths_config_names(names, WORKBENCH_LIST);

	names[count] = NULL;
	problems_add(problems, "%s: no such file, and no installed config of that name; %s",
	             words_quote(name, quoted),
	             words_suggest(name, (const char *const *)names, "known", line));
	while (count)
		free(names[--count]);
	return -ENOENT;
}

static int load_config(struct workbench *bench, const struct workbench_options *options,
                       struct problems *problems)
{
	char path[PATH_MAX];

	if (paths_config(options->config, path) && !strpbrk(options->config, "/."))
		return tell_configs(options->config, problems);
	return config_load(&bench->config, path, options->changes, options->change_count, problems);
}

struct plan_filter workbench_filter(const struct workbench_options *options)
{
	return (struct plan_filter){.only = options->only,
	                            .only_count = options->only_count,
	                            .cores = options->cores,
	                            .models = options->models,
	                            .model_count = options->model_count,
	                            .with_empty = options->with_empty};
}

int workbench_open(struct workbench *bench, const struct workbench_options *options,
                   struct problems *problems, struct hd_error *err)
{
	struct plan_filter filter = workbench_filter(options);
	int code, planned;

	*bench = (struct workbench){.mode = options->mode,
	                            .keeper = {.pid = -1, .socket = -1, .proc = -1},
	                            .scratch = {.announce = announce, .context = bench}};
	/* The keeper first: it is to be as small as this process is now. */
	code = keeper_start(&bench->keeper, bench->mode, err);
	if (!code)
		code = topology_load(&bench->topology, err);
	if (!code)
		code = find_models(bench, options, err);
	if (code)
		return code;
	code = load_config(bench, options, problems);
	if (code && code != -EINVAL)
		return code;
	/* A config that is wrong is planned as well: all that is wrong with it is to be told at once. */
	planned = plan_make(&bench->plan, &bench->config, &bench->models, &bench->topology, &filter,
	                    ask, bench, problems);
	return code ? code : planned;
}

int workbench_revive_keeper(struct workbench *bench, struct hd_error *err)
{
	int code;

	if (keeper_is_there(&bench->keeper))
		return 0;
	keeper_reap(&bench->keeper);
	code = keeper_start(&bench->keeper, bench->mode, err);
	for (int i = 0; !code && i < bench->scratch.count; i++)
		keeper_announce(&bench->keeper, bench->scratch.paths[i]);
	return code;
}

void workbench_tell_protection(const struct workbench *bench, struct machine *machine)
{
	const char *why = bench->mode != KEEPER_ISOLATED ? "not wanted: --unprotected"
	                  : geteuid()                    ? "only root may make namespaces"
	                                                 : "no namespaces can be made here";

	if (bench->keeper.isolated)
		snprintf(machine->protection, sizeof(machine->protection), "namespaces");
	else
		machine_unavailable(machine, "protection", why);
}

struct trial_spec workbench_trial(struct workbench *bench, size_t index)
{
	const struct plan_case *kase = &bench->plan.cases[index];

	return (struct trial_spec){
	        .kase = plan_workload_case(&bench->plan, kase),
	        .plugin_path = kase->model->path,
	        .plugin_hash = kase->model->hash,
	        .option_specs = kase->model->options,
	        .options = kase->options,
	        .cpus = kase->cpus,
	        .sampling = kase->entry->sampling,
	        .memory_mib = bench->config.memory_mib,
	        .threads = bench->config.threads,
	        .timeout_s = bench->config.trial_timeout_s,
	        .scratch = &bench->scratch,
	        .unverified = model_is_empty(kase->model),
	};
}

void workbench_close(struct workbench *bench)
{
	scratch_remove(&bench->scratch);
	keeper_stop(&bench->keeper);
	plan_free(&bench->plan);
	config_free(&bench->config);
	models_free(&bench->models);
	models_free(&bench->other_models);
	topology_free(&bench->topology);
}
