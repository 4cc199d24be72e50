/* SPDX-License-Identifier: MIT */
/* Bencher Metric Format: every metric of a case that has a direction is a measure with its interval. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "export_set.h"
#include "memory.h"
#include "result_rows.h"

/*
 * The measure's slug. The built-in `throughput` is in operations a second: bytes a second are another
 * measure.
 */
static char *measure_name(const char *metric, const char *unit)
{
	bool bytes = strcmp(metric, "throughput") == 0 && strcmp(unit, "bytes/s") == 0;
	char *slug = memory_text(bytes ? "bytes_rate" : metric);

	for (char *c = slug; c && *c; c++)
		if (*c == '_')
			*c = '-';
	return slug;
}

static bool is_wanted(const struct export_options *options, const char *name, const json_t *metric)
{
	if (!isfinite(row_number(json_object_get(metric, "median"))))
		return false;
	for (size_t i = 0; i < options->metric_count; i++)
		if (strcmp(options->metrics[i], name) == 0)
			return true;
	return options->metric_count == 0 && *row_text(metric, "better");
}

static json_t *measure_json(const json_t *metric)
{
	const json_t *interval = json_object_get(metric, "ci95");
	json_t *measure =
	        json_pack("{s:f}", "value", row_number(json_object_get(metric, "median")));

	if (isfinite(row_number(json_array_get(interval, 0))) &&
	    isfinite(row_number(json_array_get(interval, 1)))) {
		json_object_set(measure, "lower_value", json_array_get(interval, 0));
		json_object_set(measure, "upper_value", json_array_get(interval, 1));
	}
	return measure;
}

static json_t *measures_json(const struct export_set *set, const struct export_row *row)
{
	json_t *metrics = json_object_get(row->of_case, "metrics"), *metric,
	       *measures = json_object();
	const char *name;

	json_object_foreach(metrics, name, metric)
	{
		char *slug = is_wanted(set->options, name, metric)
		                     ? measure_name(name, row_text(metric, "unit"))
		                     : NULL;

		if (slug)
			json_object_set_new(measures, slug, measure_json(metric));
		free(slug);
	}
	return measures;
}

static int write_measures(const struct export_set *set, FILE *out, struct hd_error *err)
{
	json_t *all = json_object();
	int code;

	for (size_t i = 0; i < set->row_count; i++)
		json_object_set_new(all, set->rows[i].name, measures_json(set, &set->rows[i]));
	code = export_dump(all, out, err);
	json_decref(all);
	return code;
}

const struct export_format export_bencher = {
        .name = "bencher",
        .help = "Bencher's adapter json: all metrics that have a\n"
                "direction, or those of --metric",
        .traits = EXPORT_ONE_ROW,
        .write = write_measures,
};
