/* SPDX-License-Identifier: MIT */
/* The tables of a result, made from the document alone: what is printed and what is stored agree. */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "format.h"
#include "result_document.h"
#include "stats.h"

enum { TITLE = 512, NAME_COLUMN = 21, DEFAULT_WIDTH = 80, WIDE = 100 };

struct row {
	const json_t *of_case;
	char group[TITLE], title[TITLE];
	size_t index;
};

struct table {
	const struct table_view *view;
	FILE *out;
	int width;
	size_t count;
	struct row *rows;
};

static const char *text_of(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));

	return text ? text : "";
}

static double number_at(const json_t *value)
{
	return json_is_number(value) ? json_number_value(value) : NAN;
}

static int cores_of(const json_t *of_case)
{
	return (int)json_integer_value(json_object_get(of_case, "cores"));
}

static const json_t *metric(const json_t *of_case, const char *name)
{
	return json_object_get(json_object_get(of_case, "metrics"), name);
}

static double median(const json_t *of_case, const char *name)
{
	return number_at(json_object_get(metric(of_case, name), "median"));
}

/* The first metric is the one that gates; jansson keeps the document's order. */
static const char *gate_name(const json_t *of_case)
{
	const char *name = json_object_iter_key(json_object_iter(json_object_get((json_t *)(uintptr_t)of_case,
										"metrics")));

	return name ? name : "";
}

/* The metric that tells CPU time for a unit of work, or NULL. */
static const char *cost_name(const json_t *of_case)
{
	json_t *metrics = json_object_get(of_case, "metrics"), *value;
	const char *name;

	json_object_foreach(metrics, name, value)
		if (strstr(name, "cpu_per_"))
			return name;
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

/* A case's name is WORKLOAD[/param=value...]/MODEL[/option=value...][ (label)]/cores=N. */
static void split_name(const json_t *of_case, char *workload, char *model)
{
	const char *name = text_of(of_case, "name"), *model_name = text_of(of_case, "model");
	const char *found = NULL, *cores = NULL;
	char wanted[TITLE];
	size_t length;

	snprintf(wanted, sizeof(wanted), "/%s", model_name);
	length = strlen(wanted);
	for (const char *at = strstr(name, wanted); at; at = strstr(at + 1, wanted))
		if (at[length] == '/' || at[length] == ' ' || at[length] == '\0')
			found = at;
	for (const char *at = found; at && (at = strstr(at, "/cores=")); at++)
		cores = at;
	for (const char *at = found; !cores && at && (at = strstr(at, "/pus=")); at++)
		cores = at;
	snprintf(workload, TITLE, "%.*s", found ? (int)(found - name) : (int)strlen(name), name);
	snprintf(model, TITLE, "%.*s",
		 found ? (int)((cores ? cores : name + strlen(name)) - found - 1) : (int)strlen(model_name),
		 found ? found + 1 : model_name);
	for (char *slash = workload; (slash = strchr(slash, '/')) && strchr(slash, '=');)
		*slash = ' ';
}

static void title_row(const struct table_view *view, struct row *row)
{
	char workload[TITLE], model[TITLE];
	const char *by = view->by ? view->by : "workload";

	split_name(row->of_case, workload, model);
	if (strcmp(by, "model") == 0) {
		snprintf(row->group, TITLE, "%s", model);
		snprintf(row->title, TITLE, "%s", workload);
	} else if (strcmp(by, "cores") == 0) {
		snprintf(row->group, TITLE, "cores=%d", cores_of(row->of_case));
		snprintf(row->title, TITLE, "%.250s %.250s", workload, model);
	} else {
		snprintf(row->group, TITLE, "%s", workload);
		snprintf(row->title, TITLE, "%s", model);
	}
}

/* --only */

static bool key_matches(const json_t *of_case, const char *key, const char *wanted, bool *known)
{
	static const char *const texts[] = {"workload", "model", "label", "status", "name", "key"};
	static const char *const objects[] = {"params", "options"};
	char text[TITLE];
	const json_t *value;

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		if (strcmp(key, texts[i]) == 0) {
			*known = true;
			return strcmp(text_of(of_case, key), wanted) == 0;
		}
	if (strcmp(key, "cores") == 0) {
		*known = true;
		return cores_of(of_case) == atoi(wanted);
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
		char key[TITLE];
		bool any = false;

		snprintf(key, sizeof(key), "%.*s", (int)length, view->only[i]);
		for (size_t k = 0; k < view->only_count; k++)
			if (strncmp(view->only[k], view->only[i], length + 1) == 0 &&
			    view->only[k][length] == '=')
				any |= key_matches(of_case, key, view->only[k] + length + 1, &known[i]);
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
		difference = cores_of(left->of_case) - cores_of(right->of_case);
	else if (sort && strcmp(sort, "throughput") == 0)
		difference = fmax(median(right->of_case, gate_name(right->of_case)), -1) -
			     fmax(median(left->of_case, gate_name(left->of_case)), -1);
	else if (sort)
		difference = strcmp(left->title, right->title);
	if (difference != 0)
		return difference < 0 ? -1 : 1;
	return left->index < right->index ? -1 : 1;
}

/* Printing. */

/* Words of `text` from column `indent` on, broken before the last column. */
static void print_wrapped(const struct table *table, int indent, int column, const char *text)
{
	while (*text) {
		size_t length = strcspn(text, " ");
		char word[TITLE];

		snprintf(word, sizeof(word), "%.*s", (int)length, text);
		if (column > indent && column + 1 + format_width(word) > table->width)
			column = fprintf(table->out, "\n%*s", indent, "") - 1;
		else if (column > indent)
			column += fprintf(table->out, " ");
		fputs(word, table->out);
		column += format_width(word);
		text += length;
		text += strspn(text, " ");
	}
	fputc('\n', table->out);
}

static void print_cell(const struct table *table, int width, const char *text)
{
	fprintf(table->out, "%*s%s", width > format_width(text) ? width - format_width(text) : 0, "", text);
}

static bool wide(const struct table *table)
{
	return table->width >= WIDE;
}

/* "cpu/op", "cpu/mib": what CPU time is told for, from the metric's name. */
static void cost_heading(const json_t *of_case, char text[FORMAT_TEXT])
{
	const char *name = cost_name(of_case), *unit = name ? strrchr(name, '_') + 1 : NULL;

	snprintf(text, FORMAT_TEXT, unit ? "cpu/%.8s" : "", unit);
}

static void print_heading(const struct table *table, const struct row *row, const char *baseline)
{
	char versus[FORMAT_TEXT], cost[FORMAT_TEXT];

	cost_heading(row->of_case, cost);

	snprintf(versus, sizeof(versus), baseline[0] ? "vs %.16s" : "", baseline);
	fprintf(table->out, "\n");
	if (format_width(row->group) < NAME_COLUMN + 2)
		fprintf(table->out, "%-*s", NAME_COLUMN + 1, row->group);
	else
		fprintf(table->out, "%s\n%*s", row->group, NAME_COLUMN + 1, "");
	fprintf(table->out, "cores  throughput   95 %% interval %19s %8s", versus, cost);
	if (wide(table))
		fprintf(table->out, "       p50       p99");
	fputc('\n', table->out);
}

static void print_interval(const struct table *table, const json_t *of_case, const char *gate)
{
	const json_t *pair = json_object_get(metric(of_case, gate), "ci95");
	struct format_scale scale = format_scale_of(median(of_case, gate));
	char low[FORMAT_TEXT], high[FORMAT_TEXT], text[3 * FORMAT_TEXT] = "-";

	if (json_array_size(pair) == 2)
		snprintf(text, sizeof(text), "%s %s %s",
			 format_digits(number_at(json_array_get(pair, 0)) / scale.factor, low),
			 format_ellipsis(),
			 format_digits(number_at(json_array_get(pair, 1)) / scale.factor, high));
	print_cell(table, 14, text);
}

static void print_versus(const struct table *table, const json_t *of_case)
{
	const json_t *versus = json_object_get(of_case, "versus_baseline"),
		     *pair = json_object_get(versus, "ci95");
	char ratio[FORMAT_TEXT], low[FORMAT_TEXT], high[FORMAT_TEXT], text[4 * FORMAT_TEXT] = "";

	if (json_is_true(json_object_get(of_case, "baseline")))
		snprintf(text, sizeof(text), "baseline");
	else if (json_is_object(versus) && json_is_array(pair))
		snprintf(text, sizeof(text), "%sx [%s, %s]",
			 format_digits(number_at(json_object_get(versus, "ratio")), ratio),
			 format_digits(number_at(json_array_get(pair, 0)), low),
			 format_digits(number_at(json_array_get(pair, 1)), high));
	else if (json_is_object(versus))
		snprintf(text, sizeof(text), "%sx",
			 format_digits(number_at(json_object_get(versus, "ratio")), ratio));
	print_cell(table, 20, text);
}

static void print_metric_cell(const struct table *table, const json_t *of_case, const char *name,
			      int width)
{
	char text[FORMAT_TEXT];
	const json_t *of_metric = name ? metric(of_case, name) : NULL;

	print_cell(table, width,
		   of_metric ? format_quantity(median(of_case, name), text_of(of_metric, "unit"), text) : "");
}

/* Whether all rows with a number carry this note: it is told once then, below them. */
static bool is_common(const struct row *rows, size_t count, const char *wanted)
{
	size_t with = 0, numbers = 0;

	for (size_t i = 0; i < count; i++) {
		const json_t *notes = json_object_get(rows[i].of_case, "notes");
		json_t *note;
		size_t n;

		numbers += strcmp(text_of(rows[i].of_case, "status"), "ok") == 0;
		json_array_foreach(notes, n, note)
			with += strcmp(json_string_value(note), wanted) == 0;
	}
	return numbers > 1 && with == numbers;
}

static void print_common_notes(const struct table *table, const struct row *rows, size_t count)
{
	json_t *note;
	size_t n;

	for (size_t i = 0; i < count; i++) {
		if (strcmp(text_of(rows[i].of_case, "status"), "ok"))
			continue;
		json_array_foreach(json_object_get(rows[i].of_case, "notes"), n, note)
			if (is_common(rows, count, json_string_value(note))) {
				fputs("  all: ", table->out);
				print_wrapped(table, 7, 7, json_string_value(note));
			}
		return;
	}
}

static void print_notes(const struct table *table, const struct row *row, const struct row *rows,
			size_t count)
{
	const json_t *notes = json_object_get(row->of_case, "notes");
	char text[4 * TITLE] = "";
	size_t i, length = 0;
	json_t *note;

	if (json_is_true(json_object_get(row->of_case, "shared")))
		length += (size_t)snprintf(text, sizeof(text), "shares cores with the generator");
	json_array_foreach(notes, i, note)
		if (length < sizeof(text) && !is_common(rows, count, json_string_value(note)))
			length += (size_t)snprintf(text + length, sizeof(text) - length, "%s%s",
						   length ? "; " : "", json_string_value(note));
	if (!text[0])
		return;
	fprintf(table->out, "      ");
	print_wrapped(table, 6, 6, text);
}

static void print_row(const struct table *table, const struct row *row)
{
	const json_t *of_case = row->of_case;
	const char *status = text_of(of_case, "status"), *gate = gate_name(of_case);
	int title = format_width(row->title);
	char text[FORMAT_TEXT];

	if (title <= NAME_COLUMN - 1)
		fprintf(table->out, "  %s%*s", row->title, NAME_COLUMN - title, "");
	else
		fprintf(table->out, "  %s\n  %*s", row->title, NAME_COLUMN, "");
	fprintf(table->out, "%4d  ", cores_of(of_case));
	if (strcmp(status, "ok")) {
		char reason[4 * TITLE];

		snprintf(reason, sizeof(reason), "%s%s: %s", status,
			 strcmp(text_of(of_case, "expect"), status) == 0 ? " (as expected)" : "",
			 text_of(of_case, "reason"));
		print_wrapped(table, NAME_COLUMN + 8, NAME_COLUMN + 8, reason);
		return;
	}
	print_cell(table, 11,
		   format_quantity(median(of_case, gate), text_of(metric(of_case, gate), "unit"), text));
	fputs("  ", table->out);
	print_interval(table, of_case, gate);
	print_versus(table, of_case);
	print_metric_cell(table, of_case, cost_name(of_case), 9);
	if (wide(table)) {
		print_metric_cell(table, of_case, "latency_p50", 10);
		print_metric_cell(table, of_case, "latency_p99", 10);
	}
	fputc('\n', table->out);
}

static bool is_empty_model(const struct row *row)
{
	return strcmp(text_of(row->of_case, "model"), "empty") == 0;
}

/* What the harness itself takes of each operation, where the model that does nothing was run. */
static void print_own_share(const struct table *table, const struct row *row)
{
	double rate = median(row->of_case, gate_name(row->of_case));
	char text[FORMAT_TEXT];

	if (strcmp(text_of(row->of_case, "status"), "ok") || !(rate > 0))
		return;
	fprintf(table->out, "  harness: %s of each operation at cores=%d (model empty, not verified)\n",
		format_quantity(1e9 / rate, "ns", text), cores_of(row->of_case));
}

/* How far the numbers of this table can be told apart. */
static void print_spread(const struct table *table, const struct row *rows, size_t count)
{
	static const char *const keys[] = {"between_trials_percent", "within_trials_percent",
					   "smallest_change_percent"};
	double most[3] = {NAN, NAN, NAN}, *values = calloc(count + 1, sizeof(*values)), middle[3];
	char text[6][FORMAT_TEXT];

	for (int k = 0; values && k < 3; k++) {
		size_t n = 0;

		for (size_t i = 0; i < count; i++) {
			double value = number_at(
				json_object_get(json_object_get(rows[i].of_case, "spread"), keys[k]));

			if (isfinite(value) && !is_empty_model(&rows[i]))
				values[n++] = value;
		}
		middle[k] = stats_median(values, n);
		for (size_t i = 0; i < n; i++)
			most[k] = fmax(most[k], values[i]);
		format_digits(middle[k], text[2 * k]);
		format_digits(most[k], text[2 * k + 1]);
	}
	if (values && isfinite(middle[2]))
		fprintf(table->out,
			"  spread: trials %s %% (worst %s), windows %s %% (%s); smallest change seen: %s %% (%s)\n",
			text[0], text[1], text[2], text[3], text[4], text[5]);
	else if (values && isfinite(middle[0]))
		fprintf(table->out, "  too few trials for intervals: at least 6 are needed\n");
	free(values);
}

static const char *baseline_of(const struct row *rows, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (json_is_true(json_object_get(rows[i].of_case, "baseline")))
			return text_of(rows[i].of_case, "model");
	return "";
}

static void print_group(struct table *table, struct row *rows, size_t count)
{
	print_heading(table, rows, baseline_of(rows, count));
	qsort_r(rows, count, sizeof(*rows), compare_rows, (void *)(uintptr_t)table->view);
	for (size_t i = 0; i < count; i++)
		if (!is_empty_model(&rows[i])) {
			print_row(table, &rows[i]);
			print_notes(table, &rows[i], rows, count);
		}
	print_common_notes(table, rows, count);
	for (size_t i = 0; i < count; i++)
		if (is_empty_model(&rows[i]))
			print_own_share(table, &rows[i]);
	print_spread(table, rows, count);
}

/* Takes the rows of the first row's group out of the others, in order. Returns how many they are. */
static size_t gather_group(struct row *rows, size_t count, struct row *spare)
{
	size_t taken = 0, left = 0;

	for (size_t i = 0; i < count; i++)
		if (strcmp(rows[i].group, rows[0].group))
			spare[left++] = rows[i];
		else if (taken++ != i)
			rows[taken - 1] = rows[i];
	memcpy(rows + taken, spare, left * sizeof(*rows));
	return taken;
}

static int collect(struct table *table, const json_t *cases, struct hd_error *err)
{
	bool *known = calloc(table->view->only_count + 1, sizeof(*known));
	size_t i;
	json_t *of_case;

	table->rows = calloc(json_array_size(cases) + 1, sizeof(*table->rows));
	if (!known || !table->rows) {
		free(known);
		return hd_error(err, -ENOMEM, "out of memory");
	}
	json_array_foreach(cases, i, of_case)
	{
		struct row *row = &table->rows[table->count];

		if (!is_wanted(table->view, of_case, known))
			continue;
		row->of_case = of_case;
		row->index = i;
		title_row(table->view, row);
		table->count++;
	}
	for (i = 0; i < table->view->only_count && table->count == 0; i++)
		if (!known[i])
			hd_error(err, -EINVAL, "--only %s: no case has that key", table->view->only[i]);
	free(known);
	return err && err->code ? err->code : 0;
}

int result_print(const json_t *document, const struct table_view *view, FILE *out, struct hd_error *err)
{
	struct table table = {.view = view, .out = out, .width = view->width ? view->width : DEFAULT_WIDTH};
	int code = collect(&table, json_object_get(document, "cases"), err);
	struct row *spare = calloc(table.count + 1, sizeof(*spare));

	for (size_t i = 0; !code && spare && i < table.count;) {
		size_t count = gather_group(table.rows + i, table.count - i, spare);

		print_group(&table, table.rows + i, count);
		i += count;
	}
	free(spare);
	free(table.rows);
	return code;
}
