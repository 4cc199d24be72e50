/* SPDX-License-Identifier: MIT */
/* The text that Go's benchmarks print, for benchstat: a line a trial. */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "export_set.h"
#include "memory.h"
#include "result_rows.h"

/* ---- Names ----------------------------------------------------------------------------------- */

/* Bytes of the blank that the text begins with, as Unicode counts blanks; 0 where it is none. */
static size_t blank(const char *text)
{
	static const char *const wide[] = {
	        "\xc2\x85",     "\xc2\xa0",     "\xe1\x9a\x80", "\xe2\x80\x80", "\xe2\x80\x81",
	        "\xe2\x80\x82", "\xe2\x80\x83", "\xe2\x80\x84", "\xe2\x80\x85", "\xe2\x80\x86",
	        "\xe2\x80\x87", "\xe2\x80\x88", "\xe2\x80\x89", "\xe2\x80\x8a", "\xe2\x80\xa8",
	        "\xe2\x80\xa9", "\xe2\x80\xaf", "\xe2\x81\x9f", "\xe3\x80\x80"};

	if ((*text >= '\t' && *text <= '\r') || *text == ' ')
		return 1;
	for (size_t i = 0; i < sizeof(wide) / sizeof(wide[0]); i++)
		if (strncmp(text, wide[i], strlen(wide[i])) == 0)
			return strlen(wide[i]);
	return 0;
}

/* A field ends at a blank: each becomes `instead`. */
static void fill_blanks(char *text, char instead)
{
	char *out = text;

	while (*text) {
		size_t length = blank(text);

		*out++ = length ? instead : *text;
		text += length ? length : 1;
	}
	*out = '\0';
}

/*
 * Where the model stands in the case's name: the series, blanks for slashes, is the part before
 * "/cores=N". NULL where the name is not built so.
 */
static const char *model_in(const char *name, const json_t *of_case)
{
	const char *model = row_text(of_case, "model"), *cores = strrchr(name, '/');
	size_t series = strlen(row_text(of_case, "series"));

	if (!cores || !series || (size_t)(cores - name) < series + 2)
		return NULL;
	cores -= series;
	return *model && cores[-1] == '/' && strncmp(cores, model, strlen(model)) == 0 ? cores
	                                                                               : NULL;
}

/* "BenchmarkCounter/lines=4/model=thread-mutex/kind=adaptive/cores=2-2" */
static char *benchmark_name(const json_t *of_case)
{
	const char *name = row_text(of_case, "name"), *model = model_in(name, of_case);
	int before = model ? (int)(model - name) : (int)strlen(name);
	char *text;

	if (asprintf(&text, "Benchmark%.*s%s%s-%d", before, name, model ? "model=" : "",
	             model ? model : "", row_cores(of_case)) < 0)
		return NULL;
	if (*name >= 'a' && *name <= 'z')
		text[strlen("Benchmark")] = (char)(*name - 'a' + 'A');
	fill_blanks(text, '_');
	return text;
}

/* ---- Units ----------------------------------------------------------------------------------- */

enum { UNIT = 128 };

/* Rates are known by their unit, all else needs its name: "latency_p99-ns", "fairness". */
static void print_unit(const struct export_row *row, char text[UNIT])
{
	const char *unit = row_text(export_metric(row), "unit");

	if (strcmp(unit, "bytes/s") == 0)
		snprintf(text, UNIT, "B/s");
	else if (export_is_rate(unit) && strcmp(row->metric, row_gate(row->of_case)) == 0)
		snprintf(text, UNIT, "%.100s", unit);
	else if (strcmp(unit, "1") == 0)
		snprintf(text, UNIT, "%.100s", row->metric);
	else
		snprintf(text, UNIT, "%.80s-%.40s", row->metric, unit);
	text_clean(text);
	fill_blanks(text, '-');
}

static const char *time_unit(const struct export_row *row)
{
	const char *unit = row_text(export_metric(row), "unit");

	return !export_is_rate(unit) ? NULL : strcmp(unit, "bytes/s") ? "ns/op" : "ns/MiB";
}

static void write_unit(FILE *out, json_t *known, const char *unit, const char *better)
{
	if (!unit || !*better || json_object_get(known, unit))
		return;
	json_object_set_new(known, unit, json_true());
	fprintf(out, "Unit %s better=%s\n", unit, better);
}

static void write_units(const struct export_set *set, FILE *out)
{
	json_t *known = json_object();
	char unit[UNIT];

	for (size_t i = 0; i < set->row_count; i++) {
		print_unit(&set->rows[i], unit);
		write_unit(out, known, unit, row_text(export_metric(&set->rows[i]), "better"));
		write_unit(out, known, time_unit(&set->rows[i]), "lower");
	}
	json_decref(known);
}

/* ---- Lines ----------------------------------------------------------------------------------- */

/*
 * benchstat puts what differs in a "key: value" line into tables apart, so only the processor is one; the
 * other facts are on a line that it passes over.
 */
static void write_source(FILE *out, const struct export_source *source)
{
	const json_t *machine = json_object_get(source->document, "machine"),
	             *run = json_object_get(source->document, "run");
	char *cpu = memory_text(row_text(machine, "cpu_model")), *facts = NULL;

	if (cpu) {
		text_clean(cpu);
		fprintf(out, "cpu:%s%s\n", *cpu ? " " : "", cpu);
	}
	if (asprintf(&facts, "# %s: %s, %s, Linux %s", source->path, row_text(run, "name"),
	             row_text(run, "started"), row_text(machine, "kernel")) >= 0) {
		text_clean(facts);
		fprintf(out, "%s\n", facts);
		free(facts);
	} else {
		memory_count_failure();
	}
	free(cpu);
}

static void write_trial(FILE *out, const struct export_row *row, size_t trial, double value)
{
	double ns = export_time_ns(row_text(export_metric(row), "unit"), value);
	char unit[UNIT];

	print_unit(row, unit);
	fprintf(out, "%s %" JSON_INTEGER_FORMAT, row->name, export_operations(row, trial));
	if (time_unit(row) && isfinite(ns))
		fprintf(out, " %.12g %s", ns, time_unit(row));
	fprintf(out, " %.12g %s\n", value, unit);
}

static void write_trials(const struct export_set *set, FILE *out, const struct export_row *row)
{
	size_t trials = json_array_size(json_object_get(export_metric(row), "trials")), lost = 0;

	for (size_t i = 0; i < trials; i++) {
		double value = export_trial_value(row->of_case, row->metric, i);

		if (isfinite(value))
			write_trial(out, row, i, value);
		else
			lost++;
	}
	if (lost)
		fprintf(set->told, "%s: %s: %zu of %zu trials left out: not measured\n",
		        row->source->path, row->name, lost, trials);
}

static int write_lines(const struct export_set *set, FILE *out, struct hd_error *err)
{
	const struct export_source *source = NULL;

	(void)err;
	write_units(set, out);
	for (size_t i = 0; i < set->row_count; i++) {
		if (set->rows[i].source != source)
			write_source(out, set->rows[i].source);
		source = set->rows[i].source;
		write_trials(set, out, &set->rows[i]);
	}
	return 0;
}

const struct export_format export_benchfmt = {
        .name = "benchfmt",
        .help = "benchstat: a line a trial; -col /model and the like",
        .traits = EXPORT_REPEATS,
        .row_name = benchmark_name,
        .write = write_lines,
};
