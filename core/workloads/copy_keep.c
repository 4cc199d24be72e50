/* SPDX-License-Identifier: MIT */
#include "copy_keep.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* `inner` is `outer` or lies in it; both are absolute and without links. */
static bool lies_in(const char *inner, const char *outer)
{
	size_t length = strlen(outer);

	if (strcmp(outer, "/") == 0)
		return true;
	return strncmp(inner, outer, length) == 0 && (inner[length] == '/' || !inner[length]);
}

int copy_keep_refuse_inside(const char *place, const char *source, struct hd_error *err)
{
	char *real = realpath(source, NULL);
	int code = 0;

	if (!real)
		return hd_error(err, -errno, "source: %s: %s", source, strerror(errno));
	if (lies_in(place, real))
		code = hd_error(err, -EINVAL, "work_dir: %s lies in the source %s; choose another",
		                place, source);
	free(real);
	return code;
}

int copy_keep_need_disk(const char *place, const char *source, struct hd_error *err)
{
	const char *where = *source ? source : place;
	char name[32];

	if (!scratch_in_memory(where))
		return 0;
	scratch_file_system(where, name, sizeof(name));
	return hd_error(
	        err, -EINVAL,
	        "cache: cold is impossible: the source lies in %s, which is %s: there is no disk "
	        "below%s",
	        where, name, *source ? "" : "; set work_dir");
}

static void destroy_source(void *value)
{
	struct copy_source *source = value;

	copy_tree_free(&source->tree);
	free(source->known);
	free(source);
}

static int join(char path[SCRATCH_PATH], const char *folder, const char *name, struct hd_error *err)
{
	if (snprintf(path, SCRATCH_PATH, "%s/%s", folder, name) >= SCRATCH_PATH)
		return hd_error(err, -ENAMETOOLONG, "%s: %s", folder, strerror(ENAMETOOLONG));
	return 0;
}

/* A new folder of a name of its own. */
static int make_folder(char path[SCRATCH_PATH], const char *folder, const char *name,
                       struct hd_error *err)
{
	int code = join(path, folder, name, err);

	if (!code && !mkdtemp(path))
		code = hd_error(err, -errno, "%s: %s", path, strerror(errno));
	return code;
}

static int generate(struct copy_source *source, const struct workload_trial *trial,
                    struct hd_error *err)
{
	uint64_t files = (uint64_t)workload_int(trial->kase, "files");
	uint64_t file_kib = (uint64_t)workload_int(trial->kase, "file_kib");
	const char *folder;
	char made[SCRATCH_PATH];
	int code;

	code = scratch_folder(trial->scratch, workload_text(trial->kase, "work_dir"),
	                      2 * copy_keep_bytes(files, file_kib), &folder, err);
	if (!code)
		code = make_folder(made, folder, "generated-XXXXXX", err);
	if (!code)
		code = join(source->path, made, "tree", err);
	if (code)
		return code;
	code = copy_tree_generate(source->path, files, file_kib * 1024, trial->scratch->seed, err);
	if (code)
		scratch_remove_tree(made); /* half a tree takes the room that the next try needs */
	return code;
}

static int locate(struct copy_source *source, const char *given, struct hd_error *err)
{
	char *real = realpath(given, NULL);
	int code = real ? 0 : -errno;

	if (real && strlen(real) >= SCRATCH_PATH)
		code = -ENAMETOOLONG;
	if (code)
		hd_error(err, code, "source: %s: %s", given, strerror(-code));
	else
		snprintf(source->path, sizeof(source->path), "%s", real);
	free(real);
	return code;
}

/* A list in a file, so that stages map it rather than walk the tree again. */
static int list_files(struct copy_source *source, const char *folder, struct hd_error *err)
{
	struct copy_tree tree;
	char made[SCRATCH_PATH];
	int code = copy_tree_scan(&tree, source->path, err);

	if (!code && tree.totals.bytes == 0)
		code = hd_error(err, -EINVAL, "source: %s: %s", source->path,
		                tree.totals.files ? "all its files are empty" : "no files to copy");
	if (!code)
		code = make_folder(made, folder, "list-XXXXXX", err);
	if (!code)
		code = join(source->list, made, "files", err);
	if (!code)
		code = copy_tree_save(&tree, source->list, err);
	copy_tree_free(&tree);
	return code ? code : copy_tree_load(&source->tree, source->list, err);
}

static int fill_source(struct copy_source *source, const struct workload_trial *trial,
                       struct hd_error *err)
{
	const char *given = workload_text(trial->kase, "source"), *folder;
	int code = *given ? locate(source, given, err) : generate(source, trial, err);

	if (!code)
		code = scratch_folder(trial->scratch, workload_text(trial->kase, "work_dir"), 0,
		                      &folder, err);
	if (!code && *given)
		code = copy_keep_refuse_inside(folder, source->path, err);
	if (!code)
		code = list_files(source, folder, err);
	if (code)
		return code;
	source->known = calloc(source->tree.totals.entries, sizeof(*source->known));
	return source->known ? 0 : hd_error(err, -ENOMEM, "%s", strerror(ENOMEM));
}

/* What makes two cases share a source, and with create and the copy's place a target. */
static int make_key(const struct workload_trial *trial, const char *kind, char **key,
                    struct hd_error *err)
{
	const struct workload_case *kase = trial->kase;
	int length = asprintf(key, "copy %s\n%s\n%s\n%" PRId64 "\n%" PRId64, kind,
	                      workload_text(kase, "source"), workload_text(kase, "work_dir"),
	                      workload_int(kase, "files"), workload_int(kase, "file_kib"));

	return length < 0 ? hd_error(err, -ENOMEM, "%s", strerror(ENOMEM)) : 0;
}

static int find_source(const struct workload_trial *trial, struct copy_source **found,
                       struct hd_error *err)
{
	struct copy_source *source;
	char *key;
	int code = make_key(trial, "source", &key, err);

	if (code)
		return code;
	*found = scratch_find(trial->scratch, key);
	if (!*found) {
		source = calloc(1, sizeof(*source));
		code = source ? fill_source(source, trial, err)
		              : hd_error(err, -ENOMEM, "%s", strerror(ENOMEM));
		if (!code)
			code = scratch_keep(trial->scratch, key, source, destroy_source, err);
		if (!code)
			*found = source;
		else if (source)
			destroy_source(source);
	}
	free(key);
	return code;
}

static int fill_target(struct copy_target *target, const struct workload_trial *trial,
                       const struct copy_source *source, struct hd_error *err)
{
	const char *folder;
	int code = scratch_folder(trial->scratch, workload_text(trial->kase, "work_dir"),
	                          source->tree.totals.room, &folder, err);

	return code ? code : make_folder(target->path, folder, "copy-XXXXXX", err);
}

static int find_target(const struct workload_trial *trial, const struct copy_source *source,
                       struct copy_target **found, struct hd_error *err)
{
	struct copy_target *target;
	char *key;
	int code = make_key(trial, workload_text(trial->kase, "create"), &key, err);

	if (code)
		return code;
	*found = scratch_find(trial->scratch, key);
	if (!*found) {
		target = calloc(1, sizeof(*target));
		code = target ? fill_target(target, trial, source, err)
		              : hd_error(err, -ENOMEM, "%s", strerror(ENOMEM));
		if (!code)
			code = scratch_keep(trial->scratch, key, target, free, err);
		if (!code)
			*found = target;
		else
			free(target);
	}
	free(key);
	return code;
}

int copy_keep_find(const struct workload_trial *trial, struct copy_state *state,
                   struct hd_error *err)
{
	int code = find_source(trial, &state->source, err);

	return code ? code : find_target(trial, state->source, &state->target, err);
}

int copy_keep_clean(const struct copy_state *state, struct hd_error *err)
{
	const struct copy_target *target = state->target;
	int fd = open(target->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC), code;

	if (fd < 0)
		return hd_error(err, -errno, "%s: %s", target->path, strerror(errno));
	code = scratch_empty(fd);
	if (code)
		hd_error(err, code, "%s: %s", target->path, strerror(-code));
	else
		code = copy_tree_make_folders(&state->source->tree, fd, err);
	close(fd);
	return code;
}
