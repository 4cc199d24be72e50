/* SPDX-License-Identifier: MIT */
/* The models that a config names: found, asked, their options checked. */
#include "plan_make.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "request.h"

enum { MOST_KNOWN = 255 };

static const char empty_model[] =
        "empty"; /* answers without doing: nothing can be compared with it */

static bool is_called(const struct config_model *model, const char *name)
{
	return (model->model && strcmp(model->model, name) == 0) ||
	       (model->label && strcmp(model->label, name) == 0);
}

static void ask_once(struct maker *maker, struct model *model)
{
	for (size_t i = 0; i < maker->asked_count; i++)
		if (maker->asked[i] == model)
			return;
	maker->asked[maker->asked_count++] = model;
	maker->ask(model, maker->context);
}

/* As it was written, where it is relative to the config. */
static const char *shown_path(const struct maker *maker, const char *path)
{
	size_t length = strlen(maker->config->folder);

	return strncmp(path, maker->config->folder, length) == 0 && path[length] == '/'
	               ? path + length + 1
	               : path;
}

static struct model *find_file(struct maker *maker, const struct config_model *entry)
{
	char place[WORDS_QUOTE], found[WORDS_QUOTE];
	bool of_config = entry->place[0] != '-';
	struct stat seen;

	snprintf(place, sizeof(place), "%s%s", entry->place, of_config ? ".plugin" : "");
	if (stat(entry->plugin, &seen) != 0 || !S_ISREG(seen.st_mode)) {
		plan_problem(maker, place, "%s is not there, or no file",
		             words_quote(shown_path(maker, entry->plugin), found));
		return NULL;
	}
	return models_add_file(maker->models, entry->plugin);
}

static void add_once(const char *name, const char **known, size_t *count)
{
	size_t same = 0;

	while (name && same < *count && strcmp(known[same], name) != 0)
		same++;
	if (name && same == *count && *count < MOST_KNOWN)
		known[(*count)++] = name;
}

static void add_found(const struct models *models, const char **known, size_t *count)
{
	for (size_t i = 0; i < models->count; i++)
		add_once(models->items[i]->name, known, count);
}

static struct model *find_named(struct maker *maker, const struct config_model *entry)
{
	struct model *model = models_get(maker->models, entry->model);
	const struct models *other = maker->models->other;
	const char *known[MOST_KNOWN + 1];
	char found[WORDS_QUOTE], hint[WORDS_LINE];
	size_t count = 0;

	if (model || (other && models_get(other, entry->model)))
		return model;
	words_quote(entry->model, found);
	for (size_t i = 0; i < maker->models->missing_count; i++) {
		if (strcmp(maker->models->missing[i].name, entry->model) != 0)
			continue;
		plan_problem(maker, entry->name_place, "%s: %s", found,
		             maker->models->missing[i].reason);
		return NULL;
	}
	add_found(maker->models, known, &count);
	if (other)
		add_found(other, known, &count);
	known[count] = NULL;
	plan_problem(maker, entry->name_place, "unknown model %s; %s", found,
	             words_suggest(entry->model, known, "known", hint));
	return NULL;
}

static bool find_model(struct maker *maker, const struct config_model *entry,
                       struct plan_model *found)
{
	static const char *const keys[] = {"label", "plugin", NULL};
	static const struct config_settings none;
	struct matrix_names names = {.place = entry->place, .kind = "option", .keys = keys};
	struct model *model = NULL;

	if (entry->plugin && !maker->models->other)
		model = find_file(maker, entry);
	else if (entry->model)
		model = find_named(maker, entry);
	if (!model)
		return false;
	ask_once(maker, model);
	found->model = model;
	found->config = entry;
	names.owner = model->name;
	/* Of a plugin that could not be asked no option is known, right or wrong. */
	if (model->status != STATUS_OK)
		return plan_matrix(maker, NULL, &none, &names, &found->options);
	return plan_matrix(maker, model->options, &entry->options, &names, &found->options);
}

static bool ends_with_so(const char *name)
{
	size_t length = strlen(name);

	return length > 3 && strcmp(name + length - 3, ".so") == 0;
}

/* An entry that the command line adds: a file, or the name of a model. */
static const struct config_model *bare(struct maker *maker, const char *name, const char *place)
{
	struct config_model *entry = pool_zalloc(maker->pool, 1, sizeof(*entry));
	char resolved[PATH_MAX];
	const char *slash = strrchr(name, '/');

	if (!entry)
		return NULL;
	entry->place = entry->name_place = pool_text(maker->pool, place);
	entry->model = pool_text(maker->pool, slash ? slash + 1 : name);
	if (slash || ends_with_so(name))
		entry->plugin = pool_text(maker->pool, realpath(name, resolved) ? resolved : name);
	if (entry->model && ends_with_so(entry->model))
		entry->model[strlen(entry->model) - 3] = '\0';
	return maker->pool->failed ? NULL : entry;
}

/* Whether any entry of the list was found under this name. */
static size_t add_called(struct maker *maker, const struct config_models *list, const char *name,
                         const struct config_model **wanted)
{
	size_t count = 0;

	for (size_t i = 0; i < list->count; i++)
		if (is_called(list->items + i, name))
			wanted[count++] = list->items + i;
	if (count)
		return count;
	wanted[0] = bare(maker, name, "--model");
	return wanted[0] ? 1 : 0;
}

/* The entries in force: the list's own, or what the command line has in their place. */
static const struct config_model **choose(struct maker *maker, const struct config_models *list,
                                          size_t *count)
{
	const struct plan_filter *filter = maker->filter;
	size_t room = list->count * (filter->model_count + 1) + filter->model_count + 1;
	const struct config_model **wanted = pool_zalloc(maker->pool, room, sizeof(*wanted));
	bool has_empty = false;

	*count = 0;
	if (!wanted)
		return NULL;
	for (size_t i = 0; i < filter->model_count; i++)
		*count += add_called(maker, list, filter->models[i], wanted + *count);
	for (size_t i = 0; filter->model_count == 0 && i < list->count; i++)
		wanted[(*count)++] = list->items + i;
	for (size_t i = 0; i < *count; i++)
		has_empty |= is_called(wanted[i], empty_model);
	if (filter->with_empty && !has_empty) {
		wanted[*count] = bare(maker, empty_model, "--with-empty");
		*count += wanted[*count] != NULL;
	}
	return wanted;
}

static bool make_room_to_ask(struct maker *maker, size_t more)
{
	struct model **asked = pool_zalloc(maker->pool, maker->asked_count + more, sizeof(*asked));

	if (!asked)
		return false;
	if (maker->asked_count)
		memcpy(asked, maker->asked, maker->asked_count * sizeof(*asked));
	maker->asked = asked;
	return true;
}

bool plan_find_models(struct maker *maker, const struct config_models *list,
                      struct plan_models *found)
{
	size_t count, before = maker->problems->count;
	const struct config_model **wanted = choose(maker, list, &count);

	found->items = pool_zalloc(maker->pool, count, sizeof(*found->items));
	if (!wanted || !found->items || !make_room_to_ask(maker, count))
		return false;
	for (size_t i = 0; i < count; i++)
		found->count += find_model(maker, wanted[i], found->items + found->count);
	return maker->problems->count == before;
}

static void add_known(const struct config_models *list, const char **known, size_t *count)
{
	for (size_t i = 0; i < list->count; i++) {
		const struct config_model *model = list->items + i;

		add_once(model->label ? model->label : model->model, known, count);
	}
}

static bool any_is_called(const struct config_models *list, const char *name)
{
	for (size_t i = 0; i < list->count; i++)
		if (is_called(list->items + i, name))
			return true;
	return false;
}

void plan_check_baseline(struct maker *maker)
{
	const struct config *config = maker->config;
	const char *known[MOST_KNOWN + 1], *name = config->baseline;
	char found[WORDS_QUOTE], hint[WORDS_LINE];
	bool there;
	size_t count = 0;

	if (!name)
		return;
	there = any_is_called(&config->models, name);
	for (size_t i = 0; i < config->workload_count; i++)
		there |= any_is_called(&config->workloads[i].models, name);
	if (there && strcmp(name, empty_model) != 0)
		return;
	add_known(&config->models, known, &count);
	for (size_t i = 0; i < config->workload_count; i++)
		add_known(&config->workloads[i].models, known, &count);
	known[count] = NULL;
	words_quote(name, found);
	if (count == 0)
		return; /* the lists themselves are wrong, which is told */
	if (there)
		plan_problem(maker, config->baseline_place,
		             "%s does nothing; nothing can be compared with it", found);
	else
		plan_problem(maker, config->baseline_place, "%s is none of the models; %s", found,
		             words_suggest(name, known, "known", hint));
}

const struct plan_model *plan_baseline_of(const struct maker *maker, const struct plan_models *list)
{
	const char *name = maker->config->baseline;
	const struct plan_model *called = NULL, *first = NULL, *plain = NULL;

	for (size_t i = list->count; i-- > 0;) {
		const struct config_model *model = list->items[i].config;

		if (!is_called(model, empty_model))
			first = list->items + i;
		if (name && model->label && strcmp(model->label, name) == 0)
			return list->items + i;
		if (name && model->model && strcmp(model->model, name) == 0)
			called = list->items + i;
		if (called == list->items + i && !model->label)
			plain = called;
	}
	return !name ? first : plain ? plain : called;
}

enum status plan_verdict(const struct model *model, const char **reason)
{
	*reason = NULL;
	if (model->status != STATUS_OK) {
		*reason = model->reason;
		return model->status;
	}
	if (model->info.unsupported[0]) {
		*reason = model->info.unsupported;
		return STATUS_SKIPPED;
	}
	return STATUS_OK;
}

const char *plan_missing(struct maker *maker, const struct workload *workload,
                         const struct value *params, const struct model *model)
{
	uint64_t asked = workload->asks ? workload->asks(params) : workload->ops;
	uint64_t missing = asked & ~(model->info.ops | HD_CAN(HD_DONE));
	char names[REQUEST_NAMES];

	return missing ? pool_format(maker->pool, "does not interpret %s",
	                             request_names(missing, names))
	               : NULL;
}
