/* SPDX-License-Identifier: MIT */
#include "result_rows.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

const char *row_text(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));

	return text ? text : "";
}

double row_number(const json_t *value)
{
	return json_is_number(value) ? json_number_value(value) : NAN;
}

int row_cores(const json_t *of_case)
{
	return (int)json_integer_value(json_object_get(of_case, "cores"));
}

const json_t *row_metric(const json_t *of_case, const char *name)
{
	return json_object_get(json_object_get(of_case, "metrics"), name);
}

double row_median(const json_t *of_case, const char *name)
{
	return row_number(json_object_get(row_metric(of_case, name), "median"));
}

/* One half of a case's name, or the bare word where another program left the half out. */
static const char *half(const json_t *of_case, const char *key, const char *word)
{
	const char *text = row_text(of_case, key);

	return *text ? text : row_text(of_case, word);
}

const char *row_workload(const json_t *of_case)
{
	return half(of_case, "title", "workload");
}

bool row_is_empty_model(const struct row *row)
{
	return strcmp(row_text(row->of_case, "model"), "empty") == 0;
}

bool row_has_numbers(const struct row *row)
{
	return !row_is_empty_model(row) && strcmp(row_text(row->of_case, "status"), "ok") == 0;
}

/* The first metric is the one that gates; jansson keeps the document's order. */
const char *row_gate(const json_t *of_case)
{
	const char *name = json_object_iter_key(
	        json_object_iter(json_object_get((json_t *)(uintptr_t)of_case, "metrics")));

	return name ? name : "";
}

const char *row_cpu_metric(const json_t *of_case)
{
	json_t *metrics = json_object_get(of_case, "metrics"), *value;
	const char *name;

	json_object_foreach(metrics, name, value) if (strstr(name, "cpu_per_")) return name;
	return NULL;
}

/* Rows: what belongs to the heading, what to the line. */

static void print_value(const json_t *value, char *text, size_t size)
{
	if (json_is_string(value))
		snprintf(text, size, "%s", json_string_value(value));
	else if (json_is_boolean(value))
		snprintf(text, size, "%s", json_is_true(value) ? "true" : "false");
	else
		snprintf(text, size, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
}

static void title_row(const struct table_view *view, struct row *row)
{
	const char *title = row_workload(row->of_case);
	const char *series = half(row->of_case, "series", "model");
	const char *by = view->by ? view->by : "workload";

	if (strcmp(by, "model") == 0) {
		snprintf(row->group, ROW_TITLE, "%s", series);
		snprintf(row->title, ROW_TITLE, "%s", title);
	} else if (strcmp(by, "cores") == 0) {
		snprintf(row->group, ROW_TITLE, "cores=%d", row_cores(row->of_case));
		snprintf(row->title, ROW_TITLE, "%.250s %.250s", title, series);
	} else {
		snprintf(row->group, ROW_TITLE, "%s", title);
		snprintf(row->title, ROW_TITLE, "%s", series);
	}
	text_clean(row->group);
	text_clean(row->title);
}

/* --only */

static bool key_matches(const json_t *of_case, const char *key, const char *wanted, bool *known)
{
	static const char *const texts[] = {"workload", "model", "label", "status", "name", "key"};
	static const char *const objects[] = {"params", "options"};
	char text[ROW_TITLE];
	const json_t *value;

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		if (strcmp(key, texts[i]) == 0) {
			*known = true;
			return strcmp(row_text(of_case, key), wanted) == 0;
		}
	if (strcmp(key, "cores") == 0) {
		*known = true;
		return row_cores(of_case) == atoi(wanted);
	}
	for (size_t i = 0; i < sizeof(objects) / sizeof(objects[0]); i++) {
		value = json_object_get(json_object_get(of_case, objects[i]), key);
		if (!value)
			continue;
		*known = true;
		print_value(value, text, sizeof(text));
		return strcmp(text, wanted) == 0;
	}
	return false;
}

/* Values of one key are alternatives, different keys must all match. */
static bool is_wanted(const struct table_view *view, const json_t *of_case, bool *known)
{
	for (size_t i = 0; i < view->only_count; i++) {
		size_t length = strcspn(view->only[i], "=");
		char key[ROW_TITLE];
		bool any = false;

		snprintf(key, sizeof(key), "%.*s", (int)length, view->only[i]);
		for (size_t k = 0; k < view->only_count; k++)
			if (strncmp(view->only[k], view->only[i], length + 1) == 0 &&
			    view->only[k][length] == '=')
				any |= key_matches(of_case, key, view->only[k] + length + 1,
				                   &known[i]);
		if (!any)
			return false;
	}
	return true;
}

/* Sorting within the groups, which keep the document's order. */

static int compare_rows(const void *a, const void *b, void *view)
{
	const struct row *left = a, *right = b;
	const char *sort = ((const struct table_view *)view)->sort;
	double difference = 0;

	if (sort && strcmp(sort, "cores") == 0)
		difference = (double)row_cores(left->of_case) - row_cores(right->of_case);
	else if (sort && strcmp(sort, "throughput") == 0)
		difference = fmax(row_median(right->of_case, row_gate(right->of_case)), -1) -
		             fmax(row_median(left->of_case, row_gate(left->of_case)), -1);
	else if (sort)
		difference = strcmp(left->title, right->title);
	if (difference != 0)
		return difference < 0 ? -1 : 1;
	return left->index < right->index ? -1 : 1;
}

void rows_sort(struct row *rows, size_t count, const struct table_view *view)
{
	qsort_r(rows, count, sizeof(*rows), compare_rows, (void *)(uintptr_t)view);
}

size_t rows_group(const struct row *rows, size_t count)
{
	size_t same = 1;

	while (same < count && rows[same].group_index == rows[0].group_index)
		same++;
	return same;
}

static int by_group(const void *a, const void *b)
{
	const struct row *left = a, *right = b;

	if (left->group_index != right->group_index)
		return left->group_index < right->group_index ? -1 : 1;
	return left->index < right->index ? -1 : 1;
}

int rows_gather(struct row *rows, size_t count, struct hd_error *err)
{
	json_t *first = json_object();
	int code = 0;

	for (size_t i = 0; !code && i < count; i++) {
		const json_t *known = json_object_get(first, rows[i].group);

		rows[i].index = i;
		rows[i].group_index = known ? (size_t)json_integer_value(known) : i;
		if (!known &&
		    json_object_set_new_nocheck(first, rows[i].group, json_integer((json_int_t)i)))
			code = hd_error(err, -ENOMEM, "out of memory");
	}
	json_decref(first);
	if (!code && count)
		qsort(rows, count, sizeof(*rows), by_group);
	return code;
}

static int check_keys(const struct table_view *view, const bool *known, struct hd_error *err)
{
	for (size_t i = 0; i < view->only_count; i++)
		if (!known[i])
			return hd_error(err, -EINVAL, "--only %s: no case has that key",
			                view->only[i]);
	return 0;
}

int rows_collect(const json_t *document, const struct table_view *view, struct row **rows,
                 size_t *count, struct hd_error *err)
{
	const json_t *cases = json_object_get(document, "cases");
	bool *known = calloc(view->only_count + 1, sizeof(*known));
	int code = 0;
	json_t *of_case;
	size_t i;

	*count = 0;
	*rows = calloc(json_array_size(cases) + 1, sizeof(**rows));
	if (!known || !*rows)
		code = hd_error(err, -ENOMEM, "out of memory");
	for (i = 0; !code && i < json_array_size(cases); i++) {
		struct row *row = &(*rows)[*count];

		of_case = json_array_get(cases, i);
		if (!is_wanted(view, of_case, known))
			continue;
		row->of_case = of_case;
		row->index = i;
		title_row(view, row);
		++*count;
	}
	if (!code && *count == 0)
		code = check_keys(view, known, err);
	free(known);
	return code;
}
