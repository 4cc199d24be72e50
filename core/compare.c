/* SPDX-License-Identifier: MIT */
#include "compare.h"

#include <errno.h>
#include <math.h>
#include <string.h>

#include "compare_parts.h"
#include "memory.h"
#include "result_rows.h"
#include "result_value.h"
#include "verdict_document.h"

/* Two results: each trait of the machines that differs forbids it, or with --force is only told. */
static void check_two(struct comparison *comparison)
{
	const struct compare_result *base = &comparison->bases[0], *new = &comparison->new;
	struct problems lines = {0};

	if (compare_is_same_run(base->document, new->document)) {
		problems_add(comparison->differences, "nothing differs: %s and %s are the same run",
		             base->path, new->path);
		return;
	}
	compare_machines(base->document, new->document, &lines);
	comparison->machines_differ = lines.count > 0;
	for (size_t i = 0; i < lines.count; i++)
		problems_add(comparison->options->force ? &comparison->notes
		                                        : comparison->differences,
		             "%s%s", comparison->options->force ? "forced: " : "", lines.lines[i]);
	problems_free(&lines);
}

/* A history: results of another machine class are left out, or with --force only told. */
static void check_history(struct comparison *comparison)
{
	bool force = comparison->options->force;
	size_t count = comparison->base_count;

	for (size_t i = count; i-- > 0;) {
		const struct compare_result *base = &comparison->bases[i];
		struct problems lines = {0};

		compare_machines(base->document, comparison->new.document, &lines);
		if (lines.count)
			problems_add(&comparison->notes, "%s: %s, of another machine class: %s%s",
			             base->path, force ? "forced" : "left out", lines.lines[0],
			             lines.count > 1 ? "; ..." : "");
		comparison->machines_differ |= lines.count && force;
		if (lines.count && !force)
			compare_drop_base(comparison, i);
		problems_free(&lines);
	}
	if (!comparison->base_count)
		problems_add(comparison->differences,
		             "%s: no other run of this machine class (%zu result%s looked at)",
		             comparison->options->base, count, count == 1 ? "" : "s");
}

/* Groups: geometric means of what a change is worth, so that more is better in each. */

static json_t *group_key(const json_t *verdict, const char *by)
{
	json_t *value = json_object_get(verdict, by);

	return json_is_string(value) ? json_incref(value)
	                             : json_sprintf("cores=%d", (int)json_integer_value(value));
}

static json_t *make_groups(const json_t *verdicts, const char *by)
{
	json_t *sums = json_object(), *groups = json_array(), *verdict, *sum;
	const char *name;
	size_t i;

	json_array_foreach(verdicts, i, verdict)
	{
		double ratio = row_number(json_object_get(verdict, "ratio")), change;
		json_t *key;

		if (!(ratio > 0) || !json_is_true(json_object_get(verdict, "gates")))
			continue;
		change = log(ratio) * (strcmp(row_text(verdict, "better"), "lower") == 0 ? -1 : 1);
		key = group_key(verdict, by);
		sum = json_object_get(sums, json_string_value(key));
		json_object_set_new(sums, json_string_value(key),
		                    json_pack("[f, i]",
		                              change + json_number_value(json_array_get(sum, 0)),
		                              1 + (int)json_integer_value(json_array_get(sum, 1))));
		json_decref(key);
	}
	json_object_foreach(sums, name, sum)
	{
		int cases = (int)json_integer_value(json_array_get(sum, 1));
		double total = json_number_value(json_array_get(sum, 0));

		json_array_append_new(groups, json_pack("{s:s, s:o, s:i}", "name", name, "ratio",
		                                        json_number_or_null(exp(total / cases)),
		                                        "cases", cases));
	}
	json_decref(sums);
	return groups;
}

/* The document. */

static json_t *side(const char *place, const struct compare_result *results, size_t count)
{
	json_t *told = json_array();

	for (size_t i = 0; i < count; i++) {
		const json_t *run = json_object_get(results[i].document, "run");

		json_array_append_new(told, json_pack("{s:o, s:O?, s:O?}", "path",
		                                      json_any_text(results[i].path), "name",
		                                      json_object_get(run, "name"), "started",
		                                      json_object_get(run, "started")));
	}
	return json_pack("{s:o, s:[], s:o}", "place", json_any_text(place), "objects", "results",
	                 told);
}

static json_t *notes_json(const struct problems *notes)
{
	json_t *lines = json_array();

	for (size_t i = 0; i < notes->count; i++)
		json_array_append_new(lines, json_any_text(notes->lines[i]));
	return lines;
}

static json_t *make_document(const struct comparison *comparison)
{
	const struct compare_options *options = comparison->options;
	const json_t *new = comparison->new.document;

	return json_pack(
	        "{s:s, s:i, s:s, s:n, s:f, s:O?, s:O?, s:o, s:o, s:n, s:o, s:o, s:o, s:O, s:O}",
	        "format", VERDICT_FORMAT, "version", VERDICT_VERSION, "kind", "compare", "run",
	        "margin_percent", options->margin_percent, "tool", json_object_get(new, "tool"),
	        "machine", json_object_get(new, "machine"), "base",
	        side(options->base, comparison->bases, comparison->base_count), "new",
	        side(options->new, &comparison->new, 1), "ruler", "groups",
	        options->by ? make_groups(comparison->verdicts, options->by) : json_null(), "notes",
	        notes_json(&comparison->notes), "summary",
	        verdict_summary(comparison->verdicts, comparison->unjudged), "verdicts",
	        comparison->verdicts, "unjudged", comparison->unjudged);
}

static int judge_what_was_read(struct comparison *comparison, struct compared *compared,
                               struct hd_error *err)
{
	int code;

	if (comparison->is_history)
		check_history(comparison);
	else
		check_two(comparison);
	if (!comparison->base_count)
		return 0;
	code = compare_join(comparison, err);
	if (!code && !comparison->differences->count && !comparison->joined)
		problems_add(comparison->differences,
		             "no case is in both: there is nothing to compare");
	if (code || comparison->differences->count)
		return code;
	code = compare_judge(comparison, err);
	if (code)
		return code;
	compared->document = make_document(comparison);
	return compared->document ? 0 : hd_error(err, -ENOMEM, "out of memory");
}

int compare(const struct compare_options *options, struct compared *compared, struct hd_error *err)
{
	struct comparison comparison = {
	        .options = options,
	        .differences = &compared->differences,
	        .verdicts = json_array(),
	        .unjudged = json_array(),
	        .other_settings = json_object(),
	};
	size_t failures = memory_failures();
	int code;

	*compared = (struct compared){0};
	code = compare_read(&comparison, err);
	if (!code)
		code = judge_what_was_read(&comparison, compared, err);
	if (!code && memory_failures() != failures) {
		compared_free(compared);
		code = hd_error(err, -ENOMEM, "out of memory");
	}
	compare_pairings_free(&comparison);
	compare_inputs_free(&comparison);
	problems_free(&comparison.notes);
	json_decref(comparison.verdicts);
	json_decref(comparison.unjudged);
	return code;
}

void compared_free(struct compared *compared)
{
	json_decref(compared->document);
	problems_free(&compared->differences);
	*compared = (struct compared){0};
}
