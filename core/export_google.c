/* SPDX-License-Identifier: MIT */
/*
 * What google-benchmark's JSON reporter writes: every trial as a repetition for compare.py, or a median a
 * case for readers that take a name once (github-action-benchmark's googlecpp, Bencher's cpp_google).
 *
 * real_time is wall time over the work of all tasks, which is the inverse of the throughput; cpu_time is
 * CPU time for the same unit of work.
 */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "export_set.h"
#include "result_rows.h"

#define MEDIAN_SUFFIX "_median"

/* ---- The context ----------------------------------------------------------------------------- */

static void put_governor(json_t *context, const char *governor)
{
	if (governor)
		json_object_set_new(context, "cpu_scaling_enabled",
		                    json_boolean(strcmp(governor, "performance")));
}

/* What a result does not tell (a cache's type and who shares it, clock, address randomisation) is left out; readers
   want the array. */
static json_t *context_json(const struct export_set *set)
{
	const json_t *document = set->sources[0].document,
	             *machine = json_object_get(document, "machine"),
	             *tool = json_object_get(document, "tool");
	const char *host = export_machine_text(set, "hostname");
	json_t *context = json_object(), *load = json_object_get(machine, "load_1min"),
	       *pus = json_object_get(machine, "pus_usable");

	json_object_set_new(context, "date",
	                    json_string(row_text(json_object_get(document, "run"), "started")));
	if (host)
		json_object_set_new(context, "host_name", json_string(host));
	json_object_set_new(context, "executable", json_string("heddle"));
	if (json_is_integer(pus))
		json_object_set(context, "num_cpus", pus);
	put_governor(context, export_machine_text(set, "governor"));
	json_object_set_new(context, "caches", json_array());
	json_object_set_new(context, "load_avg",
	                    json_is_number(load) ? json_pack("[O]", load) : json_array());
	json_object_set_new(context, "library_version",
	                    json_sprintf("heddle-%s", row_text(tool, "version")));
	json_object_set_new(
	        context, "library_build_type",
	        json_string(strcmp(row_text(tool, "build_type"), "Debug") ? "release" : "debug"));
	json_object_set_new(context, "json_schema_version", json_integer(1));
	return context;
}

static int write_document(const struct export_set *set, json_t *rows, FILE *out,
                          struct hd_error *err)
{
	json_t *document =
	        json_pack("{s:o, s:o}", "context", context_json(set), "benchmarks", rows);
	int code = export_dump(document, out, err);

	json_decref(document);
	return code;
}

/* ---- Rows ------------------------------------------------------------------------------------ */

/* "UNIT/s" has a place in a row that is its own. */
static void put_rate(json_t *row, const char *unit, double value)
{
	if (export_is_rate(unit))
		json_object_set_new(
		        row, strcmp(unit, "bytes/s") ? "items_per_second" : "bytes_per_second",
		        json_real(value));
}

static json_t *row_json(const struct export_row *from, size_t family, const char *type,
                        size_t suffix)
{
	return json_pack("{s:s, s:I, s:i, s:s%, s:s, s:i}", "name", from->name, "family_index",
	                 (json_int_t)family, "per_family_instance_index", 0, "run_name", from->name,
	                 strlen(from->name) - suffix, "run_type", type, "threads",
	                 row_cores(from->of_case));
}

/*
 * CPU time is measured for the unit of work of the metric that gates. Another rate's unit is as much more
 * work as it takes longer.
 */
static double cpu_ns(double cpu, const char *unit, double real, double real_of_gate)
{
	return export_is_rate(unit) && real_of_gate > 0 ? cpu * (real / real_of_gate) : cpu;
}

static void put_times(json_t *row, double real_ns, double cpu_ns)
{
	json_object_set_new(row, "real_time", json_real(real_ns));
	json_object_set_new(row, "cpu_time", json_real(cpu_ns));
	json_object_set_new(row, "time_unit", json_string("ns"));
}

/* Readers want the times in every row; those of a row with an error mean nothing. */
static void put_error(json_t *row, const char *why)
{
	json_object_set_new(row, "error_occurred", json_true());
	json_object_set_new(row, "error_message", json_string(why));
	json_object_set_new(row, "iterations", json_integer(0));
	put_times(row, 0, 0);
}

static void put_trial(json_t *row, const struct export_row *from, size_t trial)
{
	const char *unit = row_text(export_metric(from), "unit"), *gate = row_gate(from->of_case);
	double value = export_trial_value(from->of_case, from->metric, trial);
	double real = export_time_ns(unit, value);
	double cpu = cpu_ns(export_trial_value(from->of_case, row_cpu_metric(from->of_case), trial),
	                    unit, real,
	                    export_time_ns(row_text(row_metric(from->of_case, gate), "unit"),
	                                   export_trial_value(from->of_case, gate, trial)));

	if (!isfinite(real) || !isfinite(cpu)) {
		put_error(row, isfinite(real) ? "CPU time was not measured in this trial"
		                              : "no time of a unit of work in this trial");
		return;
	}
	json_object_set_new(row, "iterations", json_integer(export_operations(from, trial)));
	put_times(row, real, cpu);
	put_rate(row, unit, value);
}

/* ---- A repetition a trial -------------------------------------------------------------------- */

static size_t trials_of(const struct export_row *row)
{
	return row->why ? 1 : json_array_size(json_object_get(export_metric(row), "trials"));
}

/* Rows of one name are repetitions of one family, also where several results hold them. */
struct families {
	json_t *by_name;          /* name: index of the first row with it */
	size_t *first;            /* for each row */
	json_int_t *total, *next; /* repetitions: by the first row's index */
};

static bool families_open(struct families *families, const struct export_set *set)
{
	*families = (struct families){
	        .by_name = json_object(),
	        .first = calloc(set->row_count + 1, sizeof(*families->first)),
	        .total = calloc(set->row_count + 1, sizeof(*families->total)),
	        .next = calloc(set->row_count + 1, sizeof(*families->next)),
	};
	if (!families->by_name || !families->first || !families->total || !families->next)
		return false;
	for (size_t i = 0; i < set->row_count; i++) {
		const json_t *known = json_object_get(families->by_name, set->rows[i].name);

		families->first[i] = known ? (size_t)json_integer_value(known) : i;
		families->total[families->first[i]] += (json_int_t)trials_of(&set->rows[i]);
		if (!known && json_object_set_new(families->by_name, set->rows[i].name,
		                                  json_integer((json_int_t)i)))
			return false;
	}
	return true;
}

static void families_close(struct families *families)
{
	json_decref(families->by_name);
	free(families->first);
	free(families->total);
	free(families->next);
}

static int write_trials(const struct export_set *set, FILE *out, struct hd_error *err)
{
	struct families families;
	json_t *rows = json_array();
	int code;

	if (!families_open(&families, set)) {
		families_close(&families);
		json_decref(rows);
		return hd_error(err, -ENOMEM, "out of memory");
	}
	for (size_t i = 0; i < set->row_count; i++)
		for (size_t trial = 0; trial < trials_of(&set->rows[i]); trial++) {
			size_t family = families.first[i];
			json_t *row = row_json(&set->rows[i], family, "iteration", 0);

			json_object_set_new(row, "repetitions",
			                    json_integer(families.total[family]));
			json_object_set_new(row, "repetition_index",
			                    json_integer(families.next[family]++));
			if (set->rows[i].why)
				put_error(row, set->rows[i].why);
			else
				put_trial(row, &set->rows[i], trial);
			json_array_append_new(rows, row);
		}
	code = write_document(set, rows, out, err);
	families_close(&families);
	return code;
}

/* ---- A median a case ------------------------------------------------------------------------- */

static char *median_name(const json_t *of_case)
{
	char *name;

	return asprintf(&name, "%s" MEDIAN_SUFFIX, row_text(of_case, "name")) < 0 ? NULL : name;
}

static json_t *median_json(const struct export_row *from, size_t family)
{
	const char *unit = row_text(export_metric(from), "unit"), *gate = row_gate(from->of_case);
	double median = row_median(from->of_case, from->metric);
	double real = export_time_ns(unit, median), cpu;
	json_t *row = row_json(from, family, "aggregate", strlen(MEDIAN_SUFFIX));
	json_int_t trials =
	        (json_int_t)json_array_size(json_object_get(export_metric(from), "trials"));

	json_object_set_new(row, "aggregate_name", json_string("median"));
	json_object_set_new(row, "aggregate_unit", json_string("time"));
	json_object_set_new(row, "repetitions", json_integer(trials));
	json_object_set_new(row, "iterations", json_integer(trials));
	cpu = cpu_ns(row_median(from->of_case, row_cpu_metric(from->of_case)), unit, real,
	             export_time_ns(row_text(row_metric(from->of_case, gate), "unit"),
	                            row_median(from->of_case, gate)));
	if (!isfinite(cpu)) {
		put_error(row, "CPU time is no number");
		return row;
	}
	put_times(row, real, cpu);
	put_rate(row, unit, median);
	return row;
}

static int write_medians(const struct export_set *set, FILE *out, struct hd_error *err)
{
	json_t *rows = json_array();

	for (size_t i = 0; i < set->row_count; i++)
		json_array_append_new(rows, median_json(&set->rows[i], i));
	return write_document(set, rows, out, err);
}

const struct export_format export_google_benchmark = {
        .name = "google-benchmark",
        .help = "google-benchmark's compare.py: a repetition a trial;\n"
                "names that several results hold: more repetitions",
        .traits = EXPORT_REPEATS | EXPORT_ONE_MACHINE | EXPORT_FAILURES | EXPORT_TIME |
                  EXPORT_CPU_TIME,
        .write = write_trials,
};

const struct export_format export_googlecpp_summary = {
        .name = "googlecpp-summary",
        .help = "github-action-benchmark's tool googlecpp, Bencher's\n"
                "adapter cpp_google: a median a case",
        .traits = EXPORT_ONE_ROW | EXPORT_ONE_MACHINE | EXPORT_TIME | EXPORT_CPU_TIME |
                  EXPORT_NEVER_EMPTY,
        .row_name = median_name,
        .write = write_medians,
};
