/* SPDX-License-Identifier: MIT */
/* CSV as RFC 4180 has it, for spreadsheets, pandas and R: a row a trial and metric. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "export_set.h"
#include "result_rows.h"

static const char header[] =
        "result,run,started,hostname,cpu_model,kernel,heddle,name,key,workload,model,label,cores,"
        "shared,round,order,status,reason,elapsed_ns,metric,unit,better,value\r\n";

static void put_text(FILE *out, const char *text, char end)
{
	bool quoted = text[strcspn(text, "\",\r\n")];

	if (quoted)
		fputc('"', out);
	for (; *text; text++) {
		if (*text == '"')
			fputc('"', out);
		fputc(*text, out);
	}
	if (quoted)
		fputc('"', out);
	fputc(end, out);
}

/* What is null or missing is an empty field. */
static void put_number(FILE *out, const json_t *value, char end)
{
	if (json_is_integer(value))
		fprintf(out, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
	else if (json_is_real(value))
		fprintf(out, "%.12g", json_real_value(value));
	fputc(end, out);
}

static void put_member(FILE *out, const json_t *object, const char *key)
{
	const json_t *value = json_object_get(object, key);

	if (json_is_boolean(value))
		put_text(out, json_is_true(value) ? "true" : "false", ',');
	else if (json_is_number(value))
		put_number(out, value, ',');
	else
		put_text(out, row_text(object, key), ',');
}

static void put_members(FILE *out, const json_t *object, const char *const *keys)
{
	for (; *keys; keys++)
		put_member(out, object, *keys);
}

static void put_case(FILE *out, const struct export_row *row)
{
	static const char *const of_run[] = {"name", "started", NULL},
	                         *const of_machine[] = {"hostname", "cpu_model", "kernel", NULL},
	                         *const of_tool[] = {"version", NULL},
	                         *const of_case[] = {"key",   "workload", "model", "label",
	                                             "cores", "shared",   NULL};
	const json_t *document = row->source->document;

	put_text(out, row->source->path, ',');
	put_members(out, json_object_get(document, "run"), of_run);
	put_members(out, json_object_get(document, "machine"), of_machine);
	put_members(out, json_object_get(document, "tool"), of_tool);
	put_text(out, row->name, ',');
	put_members(out, row->of_case, of_case);
}

static void put_metric(FILE *out, const json_t *of_case, const char *name, size_t trial)
{
	static const char *const keys[] = {"unit", "better", NULL};
	const json_t *metric = name ? row_metric(of_case, name) : NULL;

	put_text(out, name ? name : "", ',');
	put_members(out, metric, keys);
	put_number(out, json_array_get(json_object_get(metric, "trials"), trial), '\r');
	fputc('\n', out);
}

static void put_trial(FILE *out, const struct export_row *row, size_t trial, const char *metric)
{
	static const char *const keys[] = {"round",  "order",      "status",
	                                   "reason", "elapsed_ns", NULL};

	put_case(out, row);
	put_members(out, json_array_get(json_object_get(row->of_case, "trials"), trial), keys);
	put_metric(out, row->of_case, metric, trial);
}

/* A case that was never tried has one row that says why. */
static void put_untried(FILE *out, const struct export_row *row)
{
	static const char *const keys[] = {"status", "reason", NULL};

	put_case(out, row);
	fputs(",,", out);
	put_members(out, row->of_case, keys);
	fputc(',', out);
	put_metric(out, NULL, NULL, 0);
}

static void put_trials(FILE *out, const struct export_set *set, const struct export_row *row)
{
	const struct export_options *options = set->options;
	size_t trials = json_array_size(json_object_get(row->of_case, "trials"));
	bool some = false;

	for (size_t m = 0; m < options->metric_count; m++)
		if (row_metric(row->of_case, options->metrics[m])) {
			some = true;
			for (size_t i = 0; i < trials; i++)
				put_trial(out, row, i, options->metrics[m]);
		}
	for (size_t i = 0; !some && i < trials; i++)
		put_trial(out, row, i, row->metric);
	if (!trials)
		put_untried(out, row);
}

static int write_rows(const struct export_set *set, FILE *out, struct hd_error *err)
{
	(void)err;
	fputs(header, out);
	for (size_t i = 0; i < set->row_count; i++)
		put_trials(out, set, &set->rows[i]);
	return 0;
}

const struct export_format export_csv = {
        .name = "csv",
        .help = "spreadsheets, pandas, R: a row a trial and metric,\n"
                "with the run's start and machine; failures as well",
        .traits = EXPORT_FAILURES,
        .write = write_rows,
};
