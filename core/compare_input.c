/* SPDX-License-Identifier: MIT */
/* Reading what is compared: a result each, or a folder of them. */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "compare_parts.h"
#include "result_document.h"
#include "result_rows.h"
#include "stopping.h"

static void close_result(struct compare_result *result)
{
	json_decref(result->by_key);
	json_decref(result->by_name);
	json_decref(result->document);
	free(result->path);
	*result = (struct compare_result){0};
}

/* A case that could not be planned may share its key with others: then the name decides. */
static void index_cases(struct compare_result *result)
{
	json_t *of_case;
	size_t i;

	result->by_key = json_object();
	result->by_name = json_object();
	json_array_foreach(json_object_get(result->document, "cases"), i, of_case)
	{
		const char *key = row_text(of_case, "key"), *name = row_text(of_case, "name");

		if (*key && !json_object_get(result->by_key, key))
			json_object_set(result->by_key, key, of_case);
		if (!json_object_get(result->by_name, name))
			json_object_set(result->by_name, name, of_case);
	}
}

/* The windows of the trials are of no use here, and most of a document; how long they took tells the time of a run. */
static void keep_elapsed(json_t *of_case)
{
	json_t *trial;
	size_t i;

	json_array_foreach(json_object_get(of_case, "trials"), i, trial)
	{
		json_t *elapsed = json_incref(json_object_get(trial, "elapsed_ns"));

		json_object_clear(trial);
		if (elapsed)
			json_object_set_new(trial, "elapsed_ns", elapsed);
	}
}

static int open_result(struct compare_result *result, const char *path, struct hd_error *err)
{
	const json_t *run;

	*result =
	        (struct compare_result){.document = result_load_shortened(path, keep_elapsed, err)};
	if (!result->document)
		return err->code;
	result->path = strdup(path);
	index_cases(result);
	run = json_object_get(result->document, "run");
	result->looks =
	        json_is_number(json_object_get(run, "target_ci_percent")) ? STOPPING_LOOKS : 1;
	return result->path && result->by_key && result->by_name
	               ? 0
	               : hd_error(err, -ENOMEM, "out of memory");
}

static const char *started(const struct compare_result *result)
{
	return row_text(json_object_get(result->document, "run"), "started");
}

static int by_time(const void *left, const void *right)
{
	const struct compare_result *a = left, *b = right;
	int order = strcmp(started(a), started(b));

	return order ? order : strcmp(a->path, b->path);
}

void compare_drop_base(struct comparison *comparison, size_t i)
{
	close_result(&comparison->bases[i]);
	comparison->base_count--;
	memmove(comparison->bases + i, comparison->bases + i + 1,
	        (comparison->base_count - i) * sizeof(*comparison->bases));
}

static int is_json(const struct dirent *entry)
{
	size_t length = strlen(entry->d_name);

	return length > 5 && strcmp(entry->d_name + length - 5, ".json") == 0;
}

/* A file that is no result is counted, not an error: schemas and verdicts lie there as well. */
static int take_file(struct comparison *comparison, const char *name, size_t *passed_over,
                     struct hd_error *err)
{
	struct compare_result *result = &comparison->bases[comparison->base_count];
	struct hd_error why = {0};
	struct stat status;
	char *path;
	int code;

	if (asprintf(&path, "%s/%s", comparison->options->base, name) < 0)
		return hd_error(err, -ENOMEM, "out of memory");
	/* A pipe that nobody asked for would be waited for. */
	code = stat(path, &status) == 0 && S_ISREG(status.st_mode) ? open_result(result, path, &why)
	                                                           : -EINVAL;
	free(path);
	if (code) {
		close_result(result);
		++*passed_over;
		return code == -ENOMEM ? hd_error(err, code, "%s", why.text) : 0;
	}
	comparison->base_count++;
	return 0;
}

/* The folder may hold NEW itself, or a run twice; neither says anything of what came before. */
static void drop_same_runs(struct comparison *comparison)
{

	for (size_t i = comparison->base_count; i-- > 0;) {
		const json_t *document = comparison->bases[i].document;
		bool same = compare_is_same_run(document, comparison->new.document);

		for (size_t earlier = 0; !same && earlier < i; earlier++)
			same = compare_is_same_run(document, comparison->bases[earlier].document);
		if (!same)
			continue;
		problems_add(&comparison->notes, "%s: left out, it is a run that is there already",
		             comparison->bases[i].path);
		compare_drop_base(comparison, i);
	}
}

static int read_folder(struct comparison *comparison, struct hd_error *err)
{
	const char *folder = comparison->options->base;
	struct dirent **entries;
	size_t passed_over = 0;
	int count = scandir(folder, &entries, is_json, alphasort), code = 0;

	if (count < 0)
		return hd_error(err, -errno, "%s: %s", folder, strerror(errno));
	comparison->is_history = true;
	comparison->bases = calloc((size_t)count + 1, sizeof(*comparison->bases));
	if (!comparison->bases)
		code = hd_error(err, -ENOMEM, "out of memory");
	for (int i = 0; i < count; i++) {
		if (!code)
			code = take_file(comparison, entries[i]->d_name, &passed_over, err);
		free(entries[i]);
	}
	free(entries);
	if (code)
		return code;
	if (passed_over)
		problems_add(&comparison->notes,
		             "%s: %zu of %d .json files passed over: no results", folder,
		             passed_over, count);
	if (!comparison->base_count)
		return hd_error(err, -ENOENT, "%s: no result in this folder (%d .json files)",
		                folder, count);
	qsort(comparison->bases, comparison->base_count, sizeof(*comparison->bases), by_time);
	drop_same_runs(comparison);
	return 0;
}

static void note_interrupted(struct comparison *comparison, const struct compare_result *result)
{
	const json_t *run = json_object_get(result->document, "run");

	if (strcmp(row_text(run, "status"), "interrupted") == 0)
		problems_add(&comparison->notes,
		             "%s: an interrupted run, compared as far as it goes", result->path);
}

int compare_read(struct comparison *comparison, struct hd_error *err)
{
	const char *base = comparison->options->base;
	struct stat status;
	int code = open_result(&comparison->new, comparison->options->new, err);

	if (code)
		return code;
	if (stat(base, &status) == 0 && S_ISDIR(status.st_mode)) {
		code = read_folder(comparison, err);
	} else {
		comparison->bases = calloc(1, sizeof(*comparison->bases));
		comparison->base_count = comparison->bases != NULL;
		code = comparison->base_count ? open_result(comparison->bases, base, err)
		                              : hd_error(err, -ENOMEM, "out of memory");
	}
	if (code)
		return code;
	for (size_t i = 0; i < comparison->base_count; i++)
		note_interrupted(comparison, &comparison->bases[i]);
	note_interrupted(comparison, &comparison->new);
	return 0;
}

void compare_inputs_free(struct comparison *comparison)
{
	for (size_t i = 0; i < comparison->base_count; i++)
		close_result(&comparison->bases[i]);
	free(comparison->bases);
	close_result(&comparison->new);
}
