/* SPDX-License-Identifier: MIT */
/*
 * pyperf's JSON: a case is a benchmark, a trial is a run with one value, the seconds of a unit of work.
 * The windows of a trial are not its values: pyperf pools values over runs and tests them as if they
 * were independent, which those of one process are not.
 */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "export_set.h"
#include "memory.h"
#include "result_rows.h"

/* Values of metadata are numbers or one line of text that is not empty, else the file is refused. */
static void put_text(json_t *metadata, const char *key, const char *value)
{
	char *line = value ? memory_text(value) : NULL;

	if (line)
		text_clean(line);
	if (line && line[strspn(line, " ")])
		json_object_set_new(metadata, key, json_string(line));
	free(line);
}

static json_t *suite_metadata(const struct export_set *set)
{
	const json_t *document = set->sources[0].document,
	             *pus = json_object_get(json_object_get(document, "machine"), "pus_usable");
	json_t *metadata = json_object();

	put_text(metadata, "unit", "second");
	put_text(metadata, "hostname", export_machine_text(set, "hostname"));
	put_text(metadata, "cpu_model_name", export_machine_text(set, "cpu_model"));
	put_text(metadata, "platform", export_machine_text(set, "kernel"));
	if (json_is_integer(pus))
		json_object_set(metadata, "cpu_count", (json_t *)(uintptr_t)pus);
	return metadata;
}

/* "2026-01-01T00:00:00Z" as pyperf writes it; when the run began, trials carry no time of their own. */
static void put_date(json_t *metadata, const char *started)
{
	char date[] = "2026-01-01 00:00:00";

	if (strlen(started) != sizeof(date))
		return;
	memcpy(date, started, sizeof(date) - 1);
	date[10] = ' ';
	put_text(metadata, "date", date);
}

static json_t *run_json(const struct export_row *row, size_t trial, double seconds)
{
	const json_t *of_trial = json_array_get(json_object_get(row->of_case, "trials"), trial);
	double elapsed_ns = row_number(json_object_get(of_trial, "elapsed_ns"));
	json_t *metadata = json_pack("{s:I}", "loops", export_operations(row, trial));

	put_date(metadata, row_text(json_object_get(row->source->document, "run"), "started"));
	if (isfinite(elapsed_ns))
		json_object_set_new(metadata, "duration", json_real(elapsed_ns / 1e9));
	return json_pack("{s:o, s:[f]}", "metadata", metadata, "values", seconds);
}

/* The benchmark of that name: the runs of several results stand together. */
static json_t *runs_of(json_t *benchmarks, json_t *by_name, const char *name)
{
	json_t *runs = json_object_get(by_name, name);

	if (runs)
		return runs;
	runs = json_array();
	json_object_set_new(by_name, name, runs);
	json_array_append_new(benchmarks,
	                      json_pack("{s:{s:s}, s:O}", "metadata", "name", name, "runs", runs));
	return runs;
}

static void add_runs(const struct export_set *set, json_t *benchmarks, json_t *by_name,
                     const struct export_row *row)
{
	const json_t *metric = export_metric(row);
	size_t trials = json_array_size(json_object_get(metric, "trials")), lost = 0;

	for (size_t i = 0; i < trials; i++) {
		double ns = export_time_ns(row_text(metric, "unit"),
		                           export_trial_value(row->of_case, row->metric, i));

		if (isfinite(ns) && ns * 1e-9 > 0)
			json_array_append_new(runs_of(benchmarks, by_name, row->name),
			                      run_json(row, i, ns * 1e-9));
		else
			lost++;
	}
	if (lost)
		fprintf(set->told,
		        "%s: %s: %zu of %zu trials left out: no time of a unit of work\n",
		        row->source->path, row->name, lost, trials);
}

static int write_suite(const struct export_set *set, FILE *out, struct hd_error *err)
{
	json_t *benchmarks = json_array(), *by_name = json_object(), *suite;
	bool empty;
	int code;

	for (size_t i = 0; i < set->row_count; i++)
		add_runs(set, benchmarks, by_name, &set->rows[i]);
	empty = json_array_size(benchmarks) == 0;
	suite = json_pack("{s:s, s:o, s:o}", "version", "1.0", "metadata", suite_metadata(set),
	                  "benchmarks", benchmarks);
	code = empty ? hd_error(err, -EINVAL,
	                        "no trial has a time, and what reads pyperf refuses an empty file")
	             : export_dump(suite, out, err);
	json_decref(suite);
	json_decref(by_name);
	return code;
}

const struct export_format export_pyperf = {
        .name = "pyperf",
        .help = "pyperf show, compare_to, ...: a run a trial; names\n"
                "that several results hold: more runs",
        .traits = EXPORT_REPEATS | EXPORT_ONE_MACHINE | EXPORT_TIME | EXPORT_NEVER_EMPTY,
        .write = write_suite,
};
