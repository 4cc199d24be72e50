/* SPDX-License-Identifier: MIT */
#include "export_set.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "result_document.h"
#include "result_rows.h"

/* ---- Numbers --------------------------------------------------------------------------------- */

const json_t *export_metric(const struct export_row *row)
{
	return row->metric ? row_metric(row->of_case, row->metric) : NULL;
}

double export_trial_value(const json_t *of_case, const char *metric, size_t trial)
{
	return row_number(
	        json_array_get(json_object_get(row_metric(of_case, metric), "trials"), trial));
}

bool export_is_rate(const char *unit)
{
	size_t length = strlen(unit);

	return length > 2 && strcmp(unit + length - 2, "/s") == 0;
}

double export_time_ns(const char *unit, double value)
{
	double ns = NAN;

	if (strcmp(unit, "ns") == 0)
		ns = value;
	else if (strcmp(unit, "bytes/s") == 0)
		ns = 1024 * 1024 * 1e9 / value;
	else if (export_is_rate(unit))
		ns = 1e9 / value;
	return isfinite(ns) && ns > 0 ? ns : NAN;
}

json_int_t export_operations(const struct export_row *row, size_t trial)
{
	const json_t *of_case = row->of_case;
	const json_t *windows = json_object_get(
	        json_array_get(json_object_get(of_case, "trials"), trial), "window_ns");
	bool rate = export_is_rate(row_text(export_metric(row), "unit"));
	const char *metric = rate ? row->metric : row_gate(of_case);
	const char *unit = row_text(row_metric(of_case, metric), "unit");
	double one = export_time_ns(unit, export_trial_value(of_case, metric, trial));
	double all = 0;

	for (size_t i = 0; i < json_array_size(windows); i++)
		all += row_number(json_array_get(windows, i));
	return export_is_rate(unit) && all / one >= 1 && all / one < 1e18 ? llround(all / one) : 1;
}

const char *export_machine_text(const struct export_set *set, const char *key)
{
	const char *text = NULL;

	for (size_t i = 0; i < set->source_count; i++) {
		const char *here =
		        row_text(json_object_get(set->sources[i].document, "machine"), key);

		if (!*here || (text && strcmp(here, text)))
			return NULL;
		text = here;
	}
	return text;
}

int export_dump(const json_t *value, FILE *out, struct hd_error *err)
{
	if (!value || json_dumpf(value, out, JSON_INDENT(1) | JSON_REAL_PRECISION(RESULT_DIGITS)))
		return hd_error(err, -ENOMEM, "out of memory");
	fputc('\n', out);
	return 0;
}

/* ---- Reading --------------------------------------------------------------------------------- */

/* The same run twice would count its trials twice. */
static int check_source(const struct export_set *set, size_t index, struct hd_error *err)
{
	const json_t *run = json_object_get(set->sources[index].document, "run");

	for (size_t i = 0; i < index; i++)
		if (json_object_size(run) &&
		    json_equal(run, json_object_get(set->sources[i].document, "run")))
			return hd_error(err, -EINVAL, "%s: the same run as %s",
			                set->sources[index].path, set->sources[i].path);
	return 0;
}

static int open_sources(struct export_set *set, struct hd_error *err)
{
	const struct export_options *options = set->options;

	set->sources = calloc(options->path_count + 1, sizeof(*set->sources));
	if (!set->sources)
		return hd_error(err, -ENOMEM, "out of memory");
	for (size_t i = 0; i < options->path_count; i++) {
		set->sources[i].path = options->paths[i];
		set->sources[i].document = result_load(options->paths[i], err);
		set->source_count++;
		if (!set->sources[i].document)
			return err->code;
		if (check_source(set, i, err))
			return err->code;
	}
	return 0;
}

static char *row_name(const struct export_set *set, const json_t *of_case)
{
	char *name = set->format->row_name ? set->format->row_name(of_case)
	                                   : strdup(row_text(of_case, "name"));

	if (name)
		text_clean(name);
	return name;
}

static int take_case(struct export_set *set, const struct export_source *source,
                     const struct row *from, struct hd_error *err)
{
	struct export_row *row = &set->rows[set->row_count];

	row->source = source;
	row->of_case = from->of_case;
	row->name = row_name(set, from->of_case);
	if (!row->name)
		return hd_error(err, -ENOMEM, "out of memory");
	set->row_count++;
	if (!*row_text(from->of_case, "name"))
		return hd_error(err, -EINVAL, "%s: cases[%zu]: has no name", source->path,
		                from->index);
	if (strlen(row->name) > EXPORT_NAME)
		return hd_error(err, -EINVAL, "%s: cases[%zu]: a name of %zu bytes, %s takes %d",
		                source->path, from->index, strlen(row->name), set->format->name,
		                EXPORT_NAME);
	return 0;
}

static int take_cases(struct export_set *set, const struct export_source *source,
                      struct hd_error *err)
{
	const struct table_view view = {.only = set->options->only,
	                                .only_count = set->options->only_count};
	struct export_row *more;
	struct row *rows;
	size_t count;
	int code = rows_collect(source->document, &view, &rows, &count, err);

	more = code ? NULL : realloc(set->rows, (set->row_count + count + 1) * sizeof(*more));
	if (!code && !more)
		code = hd_error(err, -ENOMEM, "out of memory");
	if (more) {
		set->rows = more;
		memset(more + set->row_count, 0, (count + 1) * sizeof(*more));
	}
	for (size_t i = 0; !code && i < count; i++)
		code = take_case(set, source, &rows[i], err);
	free(rows);
	return code;
}

/* A key that one result does not know is another's: only where none has a case it is an error. */
static int take_all_cases(struct export_set *set, struct hd_error *err)
{
	struct hd_error unknown = {0};

	for (size_t i = 0; i < set->source_count; i++) {
		struct hd_error here = {0};
		size_t before = set->row_count;
		int code = take_cases(set, &set->sources[i], &here);

		if (code &&
		    (code != -EINVAL || set->row_count > before || set->options->only_count == 0))
			return hd_error(err, code, "%s", here.text);
		if (code)
			hd_error(&unknown, code, "%s", here.text);
	}
	if (set->row_count == 0 && unknown.code)
		return hd_error(err, unknown.code, "%s", unknown.text);
	return 0;
}

/* ---- The whole ------------------------------------------------------------------------------- */

int export_set_open(struct export_set *set, const struct export_format *format,
                    const struct export_options *options, FILE *told, struct hd_error *err)
{
	int code;

	*set = (struct export_set){.format = format, .options = options, .told = told};
	code = open_sources(set, err);
	if (!code)
		code = take_all_cases(set, err);
	if (!code)
		code = export_set_pick(set, err);
	return code ? code : export_set_check(set, err);
}

void export_set_close(struct export_set *set)
{
	for (size_t i = 0; i < set->row_count; i++) {
		free(set->rows[i].name);
		free(set->rows[i].why);
	}
	for (size_t i = 0; i < set->source_count; i++)
		json_decref(set->sources[i].document);
	free(set->rows);
	free(set->sources);
}
