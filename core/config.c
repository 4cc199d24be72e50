/* SPDX-License-Identifier: MIT */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "config_read.h"
#include "memory.h"
#include "nesting.h"

enum { MOST_BYTES = 1 << 20, MOST_NAME = 64 };

static int refuse_file(struct reader *reader, int code, const char *why)
{
	read_problem(reader, "", "%s", why);
	return code;
}

/* A pipe has no size beforehand, so any file is read until it ends or is too much. */
static int read_bytes(struct reader *reader, int fd, char *bytes, size_t *size)
{
	for (*size = 0; *size <= MOST_BYTES;) {
		ssize_t got = read(fd, bytes + *size, MOST_BYTES + 1 - *size);

		if (got == 0)
			return 0;
		if (got < 0 && errno != EINTR)
			return refuse_file(reader, -errno, strerror(errno));
		*size += got > 0 ? (size_t)got : 0;
	}
	return refuse_file(reader, -EFBIG, "larger than 1 MiB; not a config");
}

static int read_file(struct reader *reader, char **bytes, size_t *size)
{
	int fd = open(reader->config->path, O_RDONLY | O_CLOEXEC), code;
	struct stat seen;

	if (fd < 0)
		return refuse_file(reader, -errno, strerror(errno));
	if (fstat(fd, &seen) == 0 && S_ISDIR(seen.st_mode)) {
		close(fd);
		return refuse_file(reader, -EISDIR, "a folder; must be a file");
	}
	*bytes = malloc(MOST_BYTES + 1);
	code = *bytes ? read_bytes(reader, fd, *bytes, size)
	              : refuse_file(reader, -ENOMEM, strerror(ENOMEM));
	close(fd);
	return code;
}

/* jansson quotes the input near the error, which may be anything, and names its own flags. */
static void clean(char *text)
{
	static const char flag[] = " without JSON_ALLOW_NUL";
	char *found = strstr(text, flag);

	if (found)
		memmove(found, found + strlen(flag), strlen(found + strlen(flag)) + 1);
	for (unsigned char *c = (unsigned char *)text; *c; c++)
		if (*c < 0x20 || *c >= 0x7f)
			*c = '?';
}

static json_t *parse(struct reader *reader, const char *bytes, size_t size)
{
	json_error_t error;
	struct nesting nesting = {0};
	const char *refused;
	json_t *root;
	size_t blank = 0;
	bool comment;

	while (blank < size && strchr(" \t\r\n", bytes[blank]) && bytes[blank])
		blank++;
	if (blank == size) {
		read_problem(reader, "", "empty; must be a JSON object");
		return NULL;
	}
	refused = nesting_refuses(&nesting, bytes, size);
	if (refused) {
		read_problem(reader, "", "%s; not a config", refused);
		return NULL;
	}
	root = json_loadb(bytes, size, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &error);
	if (root || memory_failures() != reader->failures)
		return root;
	clean(error.text);
	comment = error.position > 0 && (size_t)error.position <= size &&
	          strchr("/#", bytes[error.position - 1]) && bytes[error.position - 1];
	problems_add(reader->problems, "%s:%d:%d: %s%s", reader->config->path, error.line,
	             error.column, error.text,
	             comment ? "; JSON has no comments, any object may have an \"about\"" : "");
	reader->told++;
	return NULL;
}

static char *folder_of(struct pool *pool, const char *path)
{
	char *copy = pool_text(pool, path), *slash = copy ? strrchr(copy, '/') : NULL;
	char resolved[PATH_MAX];

	if (slash)
		slash[slash == copy] = '\0';
	return pool_text(pool, realpath(slash ? copy : ".", resolved) ? resolved : ".");
}

/* The name becomes a part of the result's file name, so it must not lead elsewhere. */
static bool is_name(const char *name)
{
	size_t length = strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
	                             "0123456789._-");

	return length >= 1 && length <= MOST_NAME && !name[length] && name[0] != '.' &&
	       name[0] != '-';
}

/* Without a name, the file's: "mine" of ../mine.json. */
static char *name_of_file(struct pool *pool, const char *path)
{
	const char *slash = strrchr(path, '/');
	char *name = pool_text(pool, slash ? slash + 1 : path);
	size_t length = name ? strlen(name) : 0;

	if (length > 5 && strcmp(name + length - 5, ".json") == 0)
		name[length - 5] = '\0';
	return name && is_name(name) ? name : pool_text(pool, "config");
}

static void read_name(struct reader *reader, const json_t *root)
{
	const json_t *json = json_object_get(root, "name");
	struct config *config = reader->config;
	char found[WORDS_QUOTE];

	if (!json) {
		config->name = name_of_file(&config->pool, config->path);
		return;
	}
	config->name = read_text(reader, "name", json);
	if (config->name && !is_name(config->name))
		read_problem(
		        reader, "name",
		        "%s; must be 1 to 64 letters, digits, \".\", \"_\" or \"-\", the first one "
		        "no \".\" or \"-\"",
		        words_quote(config->name, found));
}

static void read_root(struct reader *reader, const json_t *root)
{
	static const char *const known[] = {
	        "name",   "models",         "baseline",        "cores",
	        "pus",    "placement",      "workloads",       "sampling",
	        "limits", "margin_percent", "generator_cores", NULL};
	struct config *config = reader->config;
	const json_t *models = json_object_get(root, "models");
	const json_t *baseline = json_object_get(root, "baseline");
	char found[WORDS_QUOTE];

	if (!json_is_object(root)) {
		read_problem(reader, "", "%s; must be a JSON object", read_describe(root, found));
		return;
	}
	read_refuse_unknown(reader, "", root, known);
	read_name(reader, root);
	if (models)
		read_models(reader, "models", models, &config->models);
	if (baseline)
		config->baseline = read_text(reader, "baseline", baseline);
	config->baseline_place = pool_text(&config->pool, "baseline");
	read_cores(reader, "", root, &config->cores);
	if (!config->cores.place)
		config->cores.place = pool_text(&config->pool, "cores");
	read_placement(reader, root);
	read_sampling(reader, "", root, false, &config->sampling);
	read_limits(reader, root);
	read_workloads(reader, root);
}

static int read_document(struct reader *reader, json_t *root, const struct config_change *change,
                         size_t changes)
{
	struct config *config = reader->config;
	size_t before = reader->problems->count;

	for (size_t i = 0; i < changes; i++) {
		if (json_is_object(root))
			read_change(root, change + i, reader->problems);
	}
	read_root(reader, root);
	config->incomplete = reader->problems->count > before;
	if (!config->incomplete)
		config->json = memory_dump(root, JSON_COMPACT);
	return config->incomplete ? -EINVAL : 0;
}

/* What was left out for want of memory may have been a key, or what was wrong with one. */
static int check_memory(struct reader *reader, int code)
{
	if (memory_failures() == reader->failures && !reader->config->pool.failed)
		return code;
	reader->config->incomplete = true;
	read_problem(reader, "", "%s", strerror(ENOMEM));
	return -ENOMEM;
}

int config_load(struct config *config, const char *path, const struct config_change *change,
                size_t changes, struct problems *problems)
{
	struct reader reader = {
	        .config = config, .problems = problems, .failures = memory_failures()};
	char *bytes = NULL;
	size_t size = 0;
	json_t *root;
	int code;

	*config = (struct config){
	        .sampling = {.rounds = 10,
	                     .warmup_ms = 50,
	                     .window_ms = 20,
	                     .windows = 10,
	                     .drain_ms = 1000},
	        .incomplete = true, /* until it was read */
	        .trial_timeout_s = 10,
	        .memory_mib = 4096,
	        .threads = 16384,
	};
	config->path = pool_text(&config->pool, path);
	config->folder = folder_of(&config->pool, path);
	if (!config->path || !config->folder) {
		problems_add(problems, "%s: %s", path, strerror(ENOMEM));
		return -ENOMEM;
	}
	code = read_file(&reader, &bytes, &size);
	if (code == 0) {
		root = parse(&reader, bytes, size);
		code = root ? read_document(&reader, root, change, changes) : -EINVAL;
		json_decref(root);
	}
	free(bytes);
	return check_memory(&reader, code);
}

void config_free(struct config *config)
{
	free(config->json);
	pool_free(&config->pool);
	*config = (struct config){0};
}
