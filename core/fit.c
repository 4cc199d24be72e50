/* SPDX-License-Identifier: MIT */
#include "fit.h"

#include <errno.h>
#include <stdlib.h>

#include "fit_series.h"
#include "memory.h"
#include "result_document.h"
#include "result_rows.h"
#include "result_value.h"
#include "scaling.h"

/* What of a case a fit never looks at, forgotten before the next is read. */
static void shorten(json_t *of_case)
{
	json_t *throughput =
	        json_incref(json_object_get(json_object_get(of_case, "metrics"), "throughput"));

	result_forget_trials(of_case);
	if (throughput)
		json_object_set_new(of_case, "metrics",
		                    json_pack("{s:o}", "throughput", throughput));
}

static void add_member(json_t *object, const json_t *from, const char *key)
{
	json_t *value = json_object_get(from, key);

	json_object_set(object, key, value ? value : json_null());
}

/* The result that it is made from, so that what is drawn from a fit alone can say so. */
static json_t *source(const json_t *result)
{
	const json_t *run = json_object_get(result, "run"),
	             *machine = json_object_get(result, "machine");
	json_t *object = json_object();

	add_member(object, run, "name");
	add_member(object, run, "started");
	add_member(object, run, "status");
	add_member(object, machine, "cpu_model");
	add_member(object, machine, "cores_usable");
	add_member(object, machine, "simulated");
	return object;
}

/* The rows of each series, under its title and name, in the order of their first ones. */
static json_t *gather(const struct row *rows, size_t count)
{
	json_t *all = json_object();
	char name[2 * ROW_TITLE];

	for (size_t i = 0; i < count; i++) {
		json_t *cases;

		snprintf(name, sizeof(name), "%s\n%s", rows[i].group, rows[i].title);
		cases = json_object_get(all, name);
		if (!cases) {
			cases = json_array();
			json_object_set_new_nocheck(all, name, cases);
		}
		json_array_append(cases, (json_t *)(uintptr_t)rows[i].of_case);
	}
	return all;
}

static json_t *fits_of(const struct row *rows, size_t count, const struct fit_options *options)
{
	json_t *all = gather(rows, count), *fits = json_array(), *cases;
	const char *name;

	json_object_foreach(all, name, cases)
	{
		json_array_append_new(fits, fit_series(cases, options));
	}
	json_decref(all);
	return fits;
}

static json_t *make(const json_t *result, const struct fit_options *options, struct hd_error *err)
{
	const struct table_view view = {.only = options->only, .only_count = options->only_count};
	json_t *document = NULL;
	struct row *rows;
	size_t count;

	if (!rows_collect(result, &view, &rows, &count, err) && !count)
		hd_error(err, -EINVAL, "%s: no case%s", options->path,
		         options->only_count ? " is left by --only" : "");
	else if (!err->code && !rows_gather(rows, count, err))
		document = json_pack("{s:s, s:i, s:o, s:{s:i, s:i, s:i}, s:o}", "format",
		                     "heddle-fit", "version", FIT_VERSION, "result", source(result),
		                     "method", "least_core_counts", SCALING_LEAST_COUNTS,
		                     "least_trials", SCALING_LEAST_TRIALS, "resamples",
		                     SCALING_RESAMPLES, "fits", fits_of(rows, count, options));
	free(rows);
	return document;
}

json_t *fit_document(const struct fit_options *options, struct hd_error *err)
{
	size_t failures = memory_failures();
	json_t *result = result_load_shortened(options->path, shorten, err), *document = NULL;

	if (result)
		document = make(result, options, err);
	json_decref(result);
	if (memory_failures() == failures)
		return document;
	json_decref(document);
	hd_error(err, -ENOMEM, "out of memory");
	return NULL;
}
