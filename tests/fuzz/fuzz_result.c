/* SPDX-License-Identifier: MIT */
/*
 * A result, through all that reads one: the tables, the document itself, the scalability fit, the formats of other
 * tools, and comparisons with the second part of the input, the verdicts of which are printed in all forms. All parts but the
 * first are its history as well, in a folder.
 */
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "compare.h"
#include "export.h"
#include "fit.h"
#include "fuzz.h"
#include "result.h"
#include "verdict_document.h"

static void check_clean(const char *text, size_t size)
{
	for (size_t i = 0; i < size; i++)
		if (((unsigned char)text[i] < 0x20 && !strchr("\t\r\n", text[i])) ||
		    text[i] == 0x7f)
			fuzz_fail("a control character is printed");
}

static void show(const char *path)
{
	static const char *const sorts[] = {NULL, "name", "throughput", "cores"};
	static const char *const groups[] = {NULL, "model", "cores", "workload"};
	static const char *const only[] = {"workload=counter", "batch=1", "cores=2"};
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	if (!out)
		fuzz_fail("out of memory");
	for (size_t i = 0; i < 4; i++) {
		struct table_view view = {.sort = sorts[i],
		                          .by = groups[i],
		                          .width = i % 2 ? 132 : 80,
		                          .bars = i % 2,
		                          .scaling = i != 1,
		                          .only = only,
		                          .only_count = i == 3 ? 3 : 0};
		struct hd_error err = {0};

		result_show(path, &view, out, &err);
		check_clean(err.text, strlen(err.text));
	}
	fclose(out);
	check_clean(text, size);
	free(text);
	result_dump(path, 2, fuzz_nowhere(), &(struct hd_error){0});
}

/* Each entry holds the law whole, or why there is none. */
static void check_fits(const json_t *document)
{
	json_t *entry;
	size_t i;

	json_array_foreach(json_object_get(document, "fits"), i, entry)
	{
		if (json_is_string(json_object_get(entry, "reason")) ==
		    json_is_string(json_object_get(entry, "law")))
			fuzz_fail("a fit with both or neither of a law and a reason");
		if (json_is_string(json_object_get(entry, "law")) &&
		    (!json_is_object(json_object_get(entry, "worst")) ||
		     json_array_size(json_object_get(entry, "predictions")) != 2))
			fuzz_fail("a fit that is not whole");
	}
}

static void fit(const char *path)
{
	const struct fit_options options = {.path = path, .at = {3, 1 << 20}, .at_count = 2};
	struct hd_error err = {0};
	json_t *document = fit_document(&options, &err);
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	if (!out)
		fuzz_fail("out of memory");
	if (!document && !err.code)
		fuzz_fail("a fit fails without a word");
	if (document) {
		check_fits(document);
		fit_print(document, 80, out);
	}
	fclose(out);
	check_clean(text, size);
	free(text);
	json_decref(document);
}

/* Readers of google-benchmark's format want the times in every row. */
static void check_rows(const json_t *document)
{
	json_t *row;
	size_t i;

	json_array_foreach(json_object_get(document, "benchmarks"), i, row)
	{
		if (!json_is_number(json_object_get(row, "real_time")) ||
		    !json_is_number(json_object_get(row, "cpu_time")))
			fuzz_fail("a row has no time");
	}
}

/* What the formats that are JSON come to must be JSON. */
static void check_json(const char *format, const char *text, size_t size)
{
	json_t *json;

	if (strcmp(format, "csv") == 0 || strcmp(format, "markdown") == 0 ||
	    strcmp(format, "benchfmt") == 0)
		return;
	json = json_loadb(text, size, JSON_REJECT_DUPLICATES, NULL);
	if (!json)
		fuzz_fail("an export is no JSON");
	if (strncmp(format, "google", 6) == 0)
		check_rows(json);
	json_decref(json);
}

static void export_all(const char *const *paths, size_t count)
{
	const struct export_options options = {.paths = paths, .path_count = count};
	const char *name;

	for (size_t i = 0; (name = export_name(i)); i++) {
		struct hd_error err = {0};
		size_t size;
		char *text;

		if (export_text(export_find(name, &err), &options, &text, &size, fuzz_nowhere(),
		                &err) == 0)
			check_json(name, text, size);
		else if (!err.code)
			fuzz_fail("an export fails without a word");
		free(text);
	}
}

static void print_verdicts(const json_t *document)
{
	for (int form = 0; form < 3; form++) {
		struct verdict_view view = {.form = form, .annotations = form == 0};

		verdict_print(document, &view, fuzz_nowhere(), &(struct hd_error){0});
	}
	verdict_outcome(document);
}

static void compare_both(const char *base, const char *new, bool force)
{
	static const char *const metrics[] = {"cpu_per_op"};
	const struct compare_options options = {.base = base,
	                                        .new = new,
	                                        .margin_percent = 5,
	                                        .metrics = metrics,
	                                        .metric_count = force,
	                                        .by = force ? "model" : NULL,
	                                        .force = force};
	struct hd_error err = {0};
	struct compared compared;
	int code = compare(&options, &compared, &err);

	if (code && !err.code)
		fuzz_fail("a comparison fails without a word");
	if (!code && !compared.document && !compared.differences.count)
		fuzz_fail("neither verdicts nor differences");
	if (compared.document)
		print_verdicts(compared.document);
	compared_free(&compared);
}

/* All parts but the first in a folder of results, which are the first one's history. */
static void compare_with_history(const char *new, const struct fuzz_parts *parts)
{
	char name[32], folder[4096];

	for (size_t i = 1; i < FUZZ_PARTS; i++) {
		snprintf(name, sizeof(name), "/history/%zu.json", i);
		fuzz_put(name, i < parts->count ? parts->texts[i] : "",
		         i < parts->count ? parts->sizes[i] : 0);
	}
	snprintf(folder, sizeof(folder), "%s/history", fuzz_root());
	for (int force = 0; force < 2; force++)
		compare_both(folder, new, force);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_parts parts;
	const char *paths[2];

	fuzz_split(&parts, data, size);
	paths[0] = fuzz_file(0, parts.texts[0], parts.sizes[0]);
	show(paths[0]);
	fit(paths[0]);
	export_all(paths, 1);
	if (parts.count > 1) {
		paths[1] = fuzz_file(1, parts.texts[1], parts.sizes[1]);
		export_all(paths, 2);
		for (int force = 0; force < 2; force++) {
			compare_both(paths[0], paths[1], force);
			compare_both(paths[1], paths[0], force);
		}
		compare_with_history(paths[0], &parts);
	}
	fuzz_parts_free(&parts);
	return 0;
}
