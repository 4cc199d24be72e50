/* SPDX-License-Identifier: MIT */
#include "models.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "arena.h"
#include "clock.h"
#include "stagehand.h"
#include "standstill.h"

static const char suffix[] = ".so";

static int by_name(const void *a, const void *b)
{
	const struct model *const *left = a, *const *right = b;

	return strcmp((*left)->name, (*right)->name);
}

static struct model *add(struct models *models, const char *path)
{
	struct model **items = realloc(models->items, (models->count + 1) * sizeof(struct model *));
	struct model *model = calloc(1, sizeof(*model));
	const char *slash = strrchr(path, '/'), *file = slash ? slash + 1 : path;
	size_t length = strlen(file);

	if (items)
		models->items = items;
	if (!items || !model || !(model->path = realpath(path, NULL) ?: strdup(path))) {
		free(model);
		return NULL;
	}
	if (length > strlen(suffix) && strcmp(file + length - strlen(suffix), suffix) == 0)
		length -= strlen(suffix);
	snprintf(model->name, sizeof(model->name), "%.*s", (int)length, file);
	items[models->count++] = model;
	return model;
}

struct model *models_get(const struct models *models, const char *name)
{
	for (size_t i = 0; i < models->count; i++)
		if (strcmp(models->items[i]->name, name) == 0)
			return models->items[i];
	return NULL;
}

struct model *models_add_file(struct models *models, const char *path)
{
	char *real = realpath(path, NULL);
	struct model *model = NULL;

	for (size_t i = 0; i < models->count && !model; i++)
		if (strcmp(models->items[i]->path, real ? real : path) == 0)
			model = models->items[i];
	free(real);
	if (model)
		return model;
	model = add(models, path);
	if (model) {
		model->by_path = true; /* to the front */
		memmove(models->items + 1, models->items,
		        (models->count - 1) * sizeof(struct model *));
		models->items[0] = model;
	}
	return model;
}

/* The list that the build leaves beside the plugins: a name, a blank, the reason. */
static void read_missing(struct models *models, const char *folder)
{
	char path[PATH_MAX], line[MODEL_LINE + MODEL_NAME];
	struct model_missing *grown;
	FILE *file;

	snprintf(path, sizeof(path), "%s/not-built.txt", folder);
	file = fopen(path, "re");
	while (file && fgets(line, sizeof(line), file)) {
		size_t name = strcspn(line, " ");

		line[strcspn(line, "\n")] = '\0';
		if (!line[0] || line[name] != ' ')
			continue;
		grown = realloc(models->missing, (models->missing_count + 1) * sizeof(*grown));
		if (!grown)
			break;
		models->missing = grown;
		grown += models->missing_count++;
		snprintf(grown->name, sizeof(grown->name), "%.*s", (int)name, line);
		snprintf(grown->reason, sizeof(grown->reason), "%.*s", MODEL_LINE - 1,
		         line + name + 1);
	}
	if (file)
		fclose(file);
}

static int is_plugin(const struct dirent *entry)
{
	size_t length = strlen(entry->d_name);

	return entry->d_name[0] != '.' && length > strlen(suffix) && length < MODEL_NAME &&
	       strcmp(entry->d_name + length - strlen(suffix), suffix) == 0;
}

static int find_in(struct models *models, const char *folder, size_t known)
{
	struct dirent **entries = NULL;
	char path[PATH_MAX];
	int count = scandir(folder, &entries, is_plugin, alphasort), code = 0;

	for (int i = 0; i < count; i++) {
		char name[MODEL_NAME];
		bool taken = false;

		snprintf(name, sizeof(name), "%.*s",
		         (int)(strlen(entries[i]->d_name) - strlen(suffix)), entries[i]->d_name);
		for (size_t k = 0; k < known; k++)
			taken = taken || strcmp(models->items[k]->name, name) == 0;
		snprintf(path, sizeof(path), "%s/%s", folder, entries[i]->d_name);
		if (!taken && !add(models, path))
			code = -ENOMEM;
		free(entries[i]);
	}
	free(entries);
	read_missing(models, folder);
	return code;
}

int models_find(struct models *models, const char *const *folders, struct hd_error *err)
{
	*models = (struct models){0};
	for (; *folders; folders++)
		if (find_in(models, *folders, models->count))
			return hd_error(err, -ENOMEM, "out of memory");
	if (models->count)
		qsort(models->items, models->count, sizeof(struct model *), by_name);
	return 0;
}

static void make_safe(char *text, size_t size)
{
	text[size - 1] = '\0';
	text_clean(text);
}

/* A plugin can write what it likes into the arena: what came is made safe before it is believed. */
static void take_description(struct model *model, const struct model_info *from)
{
	struct model_info *info = &model->info;

	*info = *from;
	make_safe(info->name, sizeof(info->name));
	make_safe(info->summary, sizeof(info->summary));
	make_safe(info->build, sizeof(info->build));
	make_safe(info->unsupported, sizeof(info->unsupported));
	if (info->option_count > MODEL_OPTIONS)
		info->option_count = MODEL_OPTIONS;
	for (uint32_t i = 0; i < info->option_count; i++) {
		struct model_option *option = &info->options[i];

		make_safe(option->name, sizeof(option->name));
		make_safe(option->text, sizeof(option->text));
		make_safe(option->choices, sizeof(option->choices));
		make_safe(option->help, sizeof(option->help));
		if (option->kind < HD_OPTION_INT || option->kind > HD_OPTION_TEXT)
			option->kind = HD_OPTION_INT; /* the loader has let through none of them */
		model->options[i] = (struct hd_option){.name = option->name,
		                                       .kind = option->kind,
		                                       .value = option->value,
		                                       .min = option->min,
		                                       .max = option->max,
		                                       .text = option->text,
		                                       .choices = option->choices,
		                                       .help = option->help};
	}
}

/* It is asked as if for a case of one core and one task. */
static void fill_board(struct arena_board *board, const char *path)
{
	board->describe = 1;
	board->cores = 1;
	board->locks = 1;
	board->plugin_path = arena_put_text(board, path);
}

static void wait_for_description(struct model *model, struct stagehand *hand, uint32_t timeout_s)
{
	uint64_t deadline = clock_now_ns() + timeout_s * NS_PER_S;

	while (!hand->ended && hand->status == STATUS_OK) {
		stagehand_wait(hand, 20 * NS_PER_MS);
		if (!hand->ended && stagehand_in_limits(hand) && clock_now_ns() > deadline)
			stagehand_fail(hand, STATUS_TIMED_OUT, "not loaded within %u s", timeout_s);
	}
	if (hand->ended && hand->status == STATUS_OK)
		take_description(model, arena_workload(hand->arena));
}

void models_ask(struct model *model, struct keeper *keeper, const struct keeper_limits *limits,
                uint32_t timeout_s)
{
	struct arena_sizes sizes = {.tasks = 1, .workload_bytes = sizeof(struct model_info)};
	struct hd_error err = {0};
	struct stagehand hand;
	struct arena arena;
	int code = 0;

	if (model->asked)
		return;
	model->asked = true;
	code = loader_look(model->path, &err);
	if (!code && (code = loader_hash(model->path, &model->hash)))
		hd_error(&err, code, "%s: %s", model->path, strerror(-code));
	if (!code)
		digest_file(model->path, model->sha256);
	if (code || arena_create(&arena, &sizes, &err)) {
		model->status = STATUS_FAILED;
		snprintf(model->reason, sizeof(model->reason), "%.*s", MODEL_REASON - 1, err.text);
		return;
	}
	fill_board(arena.board, model->path);
	if (stagehand_start(&hand, keeper, limits, &arena, NULL, 0, NULL, &err))
		stagehand_fail(&hand, STATUS_FAILED, "%.*s", ARENA_REASON_BYTES - 1, err.text);
	else
		wait_for_description(model, &hand, timeout_s);
	if (hand.status == STATUS_TIMED_OUT)
		standstill_free(standstill_tell(keeper->pid, hand.pid, model->path, hand.reason,
		                                sizeof(hand.reason)));
	stagehand_finish(&hand);
	free(hand.fault);
	model->status = hand.status;
	snprintf(model->reason, sizeof(model->reason), "%s", hand.reason);
	arena_destroy(&arena);
}

bool model_is_empty(const struct model *model)
{
	return strcmp(model->name, "empty") == 0 && !model->by_path;
}

void models_free(struct models *models)
{
	for (size_t i = 0; i < models->count; i++) {
		free(models->items[i]->path);
		free(models->items[i]);
	}
	free(models->items);
	free(models->missing);
	*models = (struct models){0};
}
