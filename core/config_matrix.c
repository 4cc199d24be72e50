/* SPDX-License-Identifier: MIT */
/* The lists of a config: models and workloads. */
#include "config_read.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

static char *text_of_key(struct reader *reader, const char *place, const json_t *object,
                         const char *key)
{
	const json_t *json = json_object_get(object, key);
	char where[PLACE];

	return json ? read_text(reader, place_of_key(where, place, key), json) : NULL;
}

/* Relative paths start at the config's folder, wherever heddle was started. */
static char *absolute(struct reader *reader, char *path)
{
	if (!path || path[0] == '/')
		return path;
	return pool_format(&reader->config->pool, "%s/%s", reader->config->folder, path);
}

/* The name of a plugin that is given by its path: the file's, without .so. */
static char *name_of_plugin(struct reader *reader, const char *place, const char *path)
{
	const char *slash = strrchr(path, '/'), *file = slash ? slash + 1 : path;
	size_t length = strlen(file);
	char where[PLACE], found[WORDS_QUOTE];
	char *name;

	if (length < 4 || strcmp(file + length - 3, ".so") != 0) {
		read_problem(reader, place_of_key(where, place, "plugin"),
		             "%s; must be the path of a file that ends with .so",
		             words_quote(path, found));
		return NULL;
	}
	name = pool_text(&reader->config->pool, file);
	if (name)
		name[length - 3] = '\0';
	return name;
}

/* Of a model whose plugin is not written right nothing more is asked: its name is cleared. */
static void read_plugin(struct reader *reader, const json_t *json, struct config_model *model)
{
	char *path = text_of_key(reader, model->place, json, "plugin");
	char place[PLACE], found[WORDS_QUOTE];
	char *name = path ? name_of_plugin(reader, model->place, path) : NULL;
	char *given = model->model;

	model->model = name;
	if (!name)
		return;
	model->plugin = absolute(reader, path);
	if (!given || strcmp(given, name) == 0)
		return;
	read_problem(reader, place_of_key(place, model->place, "plugin"),
	             "is the file of \"%.64s\", the model is called %s", name,
	             words_quote(given, found));
	model->model = model->plugin = NULL;
}

static void read_model(struct reader *reader, const char *place, const json_t *json,
                       struct config_model *model)
{
	static const char *const reserved[] = {"model", "plugin", "label", NULL};
	struct pool *pool = &reader->config->pool;
	char where[PLACE], found[WORDS_QUOTE];

	model->place = pool_text(pool, place);
	model->name_place = model->place;
	if (!model->place)
		return;
	if (json_is_string(json)) {
		model->model = read_text(reader, place, json);
		return;
	}
	if (!json_is_object(json)) {
		read_problem(reader, place, "%s; must be the name of a model or an object",
		             read_describe(json, found));
		return;
	}
	model->name_place = pool_text(pool, place_of_key(where, place, "model"));
	model->model = text_of_key(reader, place, json, "model");
	model->label = text_of_key(reader, place, json, "label");
	if (json_object_get(json, "plugin"))
		read_plugin(reader, json, model);
	if (!json_object_get(json, "model") && !json_object_get(json, "plugin"))
		read_problem(reader, place, "has no \"model\"; must name one");
	read_settings(reader, place, json, reserved, &model->options);
}

/* A label is a name of its own: what is said of it must not be meant for another. */
static void check_labels(struct reader *reader, const struct config_models *models)
{
	for (size_t i = 0; i < models->count; i++) {
		const struct config_model *model = models->items + i, *other;
		char where[PLACE], found[WORDS_QUOTE];

		if (!model->label)
			continue;
		place_of_key(where, model->place, "label");
		words_quote(model->label, found);
		if (strlen(model->label) > 64)
			read_problem(reader, where, "%s; at most 64 bytes", found);
		for (size_t j = 0; j < models->count; j++) {
			other = models->items + j;
			if (j < i && other->label && strcmp(other->label, model->label) == 0)
				read_problem(reader, where, "%s is the label of %s as well", found,
				             other->place);
			else if (other->model && strcmp(other->model, model->label) == 0)
				read_problem(reader, where, "%s is the name of the model at %s",
				             found, other->place);
		}
	}
}

void read_models(struct reader *reader, const char *place, const json_t *list,
                 struct config_models *models)
{
	char where[PLACE];
	const json_t *item;
	size_t i;

	if (!read_is_list(reader, place, list))
		return;
	models->items =
	        pool_zalloc(&reader->config->pool, json_array_size(list), sizeof(*models->items));
	if (!models->items)
		return;
	json_array_foreach(list, i, item)
	        read_model(reader, place_of_item(where, place, i), item, models->items + i);
	models->count = json_array_size(list);
	check_labels(reader, models);
}

static void read_workload(struct reader *reader, const char *place, const json_t *json,
                          struct config_workload *workload)
{
	static const char *const reserved[] = {"workload", "models",         "cores",  "pus",
	                                       "sampling", "margin_percent", "expect", NULL};
	char where[PLACE], found[WORDS_QUOTE];
	const json_t *models;

	workload->sampling = reader->config->sampling;
	workload->place = pool_text(&reader->config->pool, place);
	if (!json_is_object(json)) {
		read_problem(reader, place, "%s; must be an object with a \"workload\"",
		             read_describe(json, found));
		return;
	}
	if (!json_object_get(json, "workload"))
		read_problem(reader, place, "has no \"workload\"; must name one");
	workload->workload = text_of_key(reader, place, json, "workload");
	workload->expect = text_of_key(reader, place, json, "expect");
	models = json_object_get(json, "models");
	if (models)
		read_models(reader, place_of_key(where, place, "models"), models,
		            &workload->models);
	else if (reader->config->models.count == 0)
		read_problem(reader, place, "has no \"models\", nor has the config");
	read_cores(reader, place, json, &workload->cores);
	read_sampling(reader, place, json, true, &workload->sampling);
	read_margin(reader, place, json, &workload->margin_percent);
	read_settings(reader, place, json, reserved, &workload->params);
}

void read_workloads(struct reader *reader, const json_t *root)
{
	const json_t *list = json_object_get(root, "workloads"), *item;
	struct config *config = reader->config;
	double margin = 5;
	char place[PLACE];
	size_t i;

	read_margin(reader, "", root, &margin);
	if (!list) {
		read_problem(reader, "", "has no \"workloads\"; must list at least one");
		return;
	}
	if (!read_is_list(reader, "workloads", list))
		return;
	config->workloads =
	        pool_zalloc(&config->pool, json_array_size(list), sizeof(*config->workloads));
	if (!config->workloads)
		return;
	json_array_foreach(list, i, item)
	{
		config->workloads[i].margin_percent = margin;
		read_workload(reader, place_of_item(place, "workloads", i), item,
		              config->workloads + i);
	}
	config->workload_count = json_array_size(list);
}
