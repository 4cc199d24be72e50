/* SPDX-License-Identifier: MIT */
/* The second half of export_set.h: which metric a row is made of, and what goes together in a format. */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "export_set.h"
#include "memory.h"
#include "result_rows.h"
#include "words.h"

/* ---- Picking the metric ---------------------------------------------------------------------- */

static bool fits(const struct export_set *set, const json_t *metric)
{
	const char *better = set->format->better;

	return json_is_object(metric) &&
	       (!better || strcmp(row_text(metric, "better"), better) == 0);
}

static const char *pick_metric(const struct export_set *set, const json_t *of_case)
{
	const struct export_options *options = set->options;
	json_t *metrics = json_object_get(of_case, "metrics"), *metric;
	const char *name;

	for (size_t i = 0; i < options->metric_count; i++)
		if (fits(set, row_metric(of_case, options->metrics[i])))
			return options->metrics[i];
	if (options->metric_count)
		return NULL;
	json_object_foreach(metrics, name, metric) if (fits(set, metric)) return name;
	return NULL;
}

static int unknown_metric(const struct export_set *set, const char *wanted, struct hd_error *err)
{
	json_t *all = json_object(), *value;
	const char **names, *name;
	char quoted[WORDS_QUOTE], suggestion[WORDS_LINE];
	size_t count = 0;

	for (size_t i = 0; i < set->row_count; i++)
		json_object_update_missing(all, json_object_get(set->rows[i].of_case, "metrics"));
	names = memory_zalloc(json_object_size(all) + 1, sizeof(*names));
	if (names)
		json_object_foreach(all, name, value) names[count++] = name;
	hd_error(err, -EINVAL, "--metric %s: no case has it%s%s", words_quote(wanted, quoted),
	         count ? "; " : "", count ? words_suggest(wanted, names, "known", suggestion) : "");
	free(names);
	json_decref(all);
	return -EINVAL;
}

/* A metric that was asked for is known, and goes the format's way somewhere. */
static int check_metric(const struct export_set *set, const char *wanted, struct hd_error *err)
{
	const json_t *metric = NULL;

	for (size_t i = 0; i < set->row_count; i++) {
		const json_t *here = row_metric(set->rows[i].of_case, wanted);

		if (fits(set, here))
			return 0;
		metric = json_is_object(here) ? here : metric;
	}
	if (!metric)
		return unknown_metric(set, wanted, err);
	return hd_error(err, -EINVAL, "--metric %s: %s%s; %s holds what is better %s", wanted,
	                *row_text(metric, "better") ? "better " : "no direction is better",
	                row_text(metric, "better"), set->format->name, set->format->better);
}

static bool has_number(const struct export_row *row, const char *metric)
{
	return metric && isfinite(row_median(row->of_case, metric));
}

static int find_out_why(const struct export_set *set, struct export_row *row)
{
	const char *status = row_text(row->of_case, "status"), *metric = row->metric;
	const char *unit = metric ? row_text(export_metric(row), "unit") : "";
	double median = metric ? row_median(row->of_case, metric) : NAN;
	unsigned traits = set->format->traits;
	int length = 0;

	if (strcmp(status, "ok"))
		length = asprintf(&row->why, "%s: %s", *status ? status : "no status",
		                  row_text(row->of_case, "reason"));
	else if (!metric)
		length = asprintf(&row->why, "has no such metric");
	else if (!isfinite(median))
		length = asprintf(&row->why, "%s was not measured", metric);
	else if (traits & EXPORT_TIME && !isfinite(export_time_ns(unit, median)))
		length = asprintf(&row->why, "%s is %g %s, which is no time of a unit of work",
		                  metric, median, unit);
	else if (traits & EXPORT_CPU_TIME && !has_number(row, row_cpu_metric(row->of_case)))
		length = asprintf(&row->why, "CPU time was not measured");
	if (length < 0)
		row->why = NULL;
	else if (row->why)
		text_clean(row->why);
	return length < 0 ? -ENOMEM : 0;
}

int export_set_pick(struct export_set *set, struct hd_error *err)
{
	for (size_t i = 0; i < set->options->metric_count; i++)
		if (check_metric(set, set->options->metrics[i], err))
			return err->code;
	for (size_t i = 0; i < set->row_count; i++) {
		set->rows[i].metric = pick_metric(set, set->rows[i].of_case);
		if (find_out_why(set, &set->rows[i]))
			return hd_error(err, -ENOMEM, "out of memory");
	}
	return 0;
}

/* ---- What goes together ---------------------------------------------------------------------- */

static void leave_out(struct export_set *set)
{
	size_t kept = 0;

	for (size_t i = 0; i < set->row_count; i++) {
		struct export_row *row = &set->rows[i];

		if (!row->why) {
			set->rows[kept++] = *row;
			continue;
		}
		fprintf(set->told, "%s: %s left out: %s\n", row->source->path, row->name, row->why);
		free(row->name);
		free(row->why);
	}
	set->row_count = kept;
}

static int check_pair(const struct export_set *set, const struct export_row *first,
                      const struct export_row *second, struct hd_error *err)
{
	if (set->format->traits & EXPORT_ONE_ROW)
		return hd_error(err, -EINVAL, "%s: %s is in %s already, and %s holds a name once",
		                second->source->path, second->name,
		                first->source == second->source ? "it" : first->source->path,
		                set->format->name);
	if (strcmp(row_text(first->of_case, "key"), row_text(second->of_case, "key")))
		return hd_error(err, -EINVAL,
		                "%s: %s is another case than in %s (key %s, not %s): its warm-up, "
		                "windows or placement differ",
		                second->source->path, second->name, first->source->path,
		                row_text(second->of_case, "key"), row_text(first->of_case, "key"));
	return 0;
}

static int check_names(const struct export_set *set, struct hd_error *err)
{
	json_t *seen = json_object();
	int code = 0;

	for (size_t i = 0; !code && i < set->row_count; i++) {
		const json_t *first = json_object_get(seen, set->rows[i].name);

		if (first)
			code = check_pair(set, &set->rows[json_integer_value(first)], &set->rows[i],
			                  err);
		else if (json_object_set_new(seen, set->rows[i].name, json_integer((json_int_t)i)))
			code = hd_error(err, -ENOMEM, "out of memory");
	}
	json_decref(seen);
	return code;
}

static json_t *machine_fact(const struct export_source *source, const char *key)
{
	return json_object_get(json_object_get(source->document, "machine"), key);
}

static int check_machines(const struct export_set *set, struct hd_error *err)
{
	static const char *const keys[] = {"cpu_model", "pus_usable"};

	for (size_t i = 1; i < set->source_count; i++)
		for (size_t k = 0; k < sizeof(keys) / sizeof(keys[0]); k++) {
			const json_t *one = machine_fact(&set->sources[0], keys[k]),
			             *other = machine_fact(&set->sources[i], keys[k]);

			if ((one || other) && !json_equal(one, other))
				return hd_error(err, -EINVAL,
				                "%s: another machine than that of %s (%s differs), "
				                "and %s holds one",
				                set->sources[i].path, set->sources[0].path, keys[k],
				                set->format->name);
		}
	return 0;
}

int export_set_check(struct export_set *set, struct hd_error *err)
{
	unsigned traits = set->format->traits;
	int code = 0;

	if (!(traits & EXPORT_FAILURES))
		leave_out(set);
	if (traits & (EXPORT_ONE_ROW | EXPORT_REPEATS))
		code = check_names(set, err);
	if (!code && traits & EXPORT_ONE_MACHINE)
		code = check_machines(set, err);
	if (!code && traits & EXPORT_NEVER_EMPTY && set->row_count == 0)
		code = hd_error(err, -EINVAL,
		                "no case is left, and what reads %s refuses an empty file",
		                set->format->name);
	return code;
}
