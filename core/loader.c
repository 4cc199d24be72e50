/* SPDX-License-Identifier: MIT */
#include "loader.h"

#include <dlfcn.h>
#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "option.h"

/* Reads a field that an older plugin's struct may not have: what it lacks stays zero. */
static void copy_model(struct hd_model *to, const struct hd_model *from)
{
	size_t size = from->size < sizeof(*to) ? from->size : sizeof(*to);

	memset(to, 0, sizeof(*to));
	memcpy(to, from, size);
}

/* What the first release had: an older plugin lacks what was added behind. */
enum {
	FIRST_MODEL_BYTES = offsetof(struct hd_model, close) + sizeof(void (*)(void)),
	FIRST_OPTION_BYTES = offsetof(struct hd_option, help) + sizeof(char *)
};

static int check_versions(const struct hd_model *model, const char *path, struct hd_error *err)
{
	if (model->magic != HD_PLUGIN_MAGIC)
		return hd_error(
		        err, -EINVAL,
		        "%s: heddle_model is no Heddle model: magic 0x%08x, expected 0x%08x", path,
		        model->magic, HD_PLUGIN_MAGIC);
	if (model->abi != HD_PLUGIN_ABI)
		return hd_error(err, -EINVAL,
		                "%s: built for %s plugin interface %u, this heddle has %u; %s",
		                path, model->abi < HD_PLUGIN_ABI ? "the older" : "the newer",
		                model->abi, HD_PLUGIN_ABI,
		                model->abi < HD_PLUGIN_ABI ? "rebuild the plugin"
		                                           : "use a newer heddle");
	if (model->size < FIRST_MODEL_BYTES)
		return hd_error(err, -EINVAL,
		                "%s: struct hd_model of %u bytes, at least %d are needed: built "
		                "with a broken header or a wrong size",
		                path, model->size, (int)FIRST_MODEL_BYTES);
	if (model->options && model->option_size < FIRST_OPTION_BYTES)
		return hd_error(err, -EINVAL,
		                "%s: struct hd_option of %u bytes, at least %d are needed", path,
		                model->option_size, (int)FIRST_OPTION_BYTES);
	return 0;
}

/* The name must be the file's, so that a name in a config or a result leads to one file. */
static int check_name(const struct hd_model *model, const char *path, struct hd_error *err)
{
	const char *slash = strrchr(path, '/'), *file = slash ? slash + 1 : path;
	size_t length;

	if (!model->name || !*model->name)
		return hd_error(err, -EINVAL, "%s: the model has no name", path);
	length = strspn(model->name, "abcdefghijklmnopqrstuvwxyz0123456789-");
	if (model->name[length] || length >= MODEL_NAME)
		return hd_error(err, -EINVAL,
		                "%s: name \"%.64s\": only a-z, 0-9 and - are allowed, less than "
		                "%d of them",
		                path, model->name, MODEL_NAME);
	if (strncmp(file, model->name, length) || strcmp(file + length, ".so"))
		return hd_error(err, -EINVAL,
		                "%s: the model calls itself \"%s\"; the file must be %s.so", path,
		                model->name, model->name);
	return 0;
}

static int check_functions(const struct hd_model *model, const char *path, struct hd_error *err)
{
	const char *missing = !model->open    ? "open"
	                      : !model->run   ? "run"
	                      : !model->close ? "close"
	                                      : NULL;

	if (missing)
		return hd_error(err, -EINVAL, "%s: the model has no %s(), which is required", path,
		                missing);
	return 0;
}

const struct hd_option *loader_option(const struct loaded *loaded, uint32_t i)
{
	const char *first = (const char *)loaded->model.options;

	return (const struct hd_option *)(const void *)(first +
	                                                (size_t)i * loaded->model.option_size);
}

static int check_options(const struct loaded *loaded, const char *path, struct hd_error *err)
{
	const struct hd_option *option;
	char allowed[MODEL_LINE];

	if (!loaded->model.options)
		return 0;
	for (uint32_t i = 0; (option = loader_option(loaded, i))->name; i++) {
		const char *name = option->name;

		if (i == MODEL_OPTIONS)
			return hd_error(err, -EINVAL, "%s: more than %d options", path,
			                MODEL_OPTIONS);
		if (!*name || name[strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_")])
			return hd_error(err, -EINVAL,
			                "%s: option \"%.64s\": only a-z, 0-9 and _ are allowed",
			                path, name);
		if (option->kind < HD_OPTION_INT || option->kind > HD_OPTION_TEXT)
			return hd_error(err, -EINVAL, "%s: option %s: unknown kind %u", path, name,
			                option->kind);
		if (option_is_text(option) && !option->text)
			return hd_error(err, -EINVAL, "%s: option %s: no default text", path, name);
		if (option_refuses(option, option_default(option), allowed, sizeof(allowed)))
			return hd_error(err, -EINVAL,
			                "%s: option %s: its default is not allowed: %s", path, name,
			                allowed);
	}
	return 0;
}

static int check(struct loaded *loaded, const struct hd_model *model, const char *path,
                 struct hd_error *err)
{
	int code = check_versions(model, path, err);

	if (code)
		return code;
	copy_model(&loaded->model, model);
	code = check_functions(&loaded->model, path, err);
	if (!code)
		code = check_name(&loaded->model, path, err);
	return code ? code : check_options(loaded, path, err);
}

int loader_open(struct loaded *loaded, const char *path, struct hd_error *err)
{
	const struct hd_model *model;
	int code;

	*loaded = (struct loaded){0};
	code = loader_look(path, err);
	if (code)
		return code;
	loaded->handle = dlopen(path, RTLD_NOW | RTLD_LOCAL);
	if (!loaded->handle) {
		const char *why = dlerror();
		size_t length = strlen(path);

		/* glibc puts the path in front of most of its sentences, not of all. */
		if (why && strncmp(why, path, length) == 0 && why[length] == ':')
			why += length + 1 + (why[length + 1] == ' ');
		return hd_error(err, -ENOEXEC, "%s: cannot be loaded: %s", path,
		                why ? why : "no reason given");
	}
	model = dlsym(loaded->handle, "heddle_model");
	if (!model)
		code = hd_error(err, -ENOENT, "%s: no symbol heddle_model", path);
	else
		code = check(loaded, model, path, err);
	if (code) {
		dlclose(loaded->handle);
		loaded->handle = NULL;
	}
	return code;
}

static void copy_text(char *to, size_t size, const char *from)
{
	snprintf(to, size, "%s", from ? from : "");
}

void loader_describe(const struct loaded *loaded, struct model_info *info)
{
	const struct hd_model *model = &loaded->model;
	const struct hd_option *from;

	memset(info, 0, sizeof(*info));
	copy_text(info->name, sizeof(info->name), model->name);
	copy_text(info->summary, sizeof(info->summary), model->summary);
	copy_text(info->build, sizeof(info->build), model->build);
	info->abi = model->abi;
	info->ops = model->ops;
	for (uint32_t i = 0; model->options && (from = loader_option(loaded, i))->name; i++) {
		struct model_option *to = &info->options[info->option_count++];

		copy_text(to->name, sizeof(to->name), from->name);
		copy_text(to->text, sizeof(to->text), from->text);
		copy_text(to->choices, sizeof(to->choices), from->choices);
		copy_text(to->help, sizeof(to->help), from->help);
		to->kind = from->kind;
		to->value = from->value;
		to->min = from->min;
		to->max = from->max;
	}
}
