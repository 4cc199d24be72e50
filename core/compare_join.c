/* SPDX-License-Identifier: MIT */
/* Which case belongs to which: joined by key; what is in one result only, or did not go well, is listed. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "compare_parts.h"
#include "result_rows.h"
#include "verdict_document.h"

/* The case of `result` with the same key. A case that could not be planned may share its key with others:
   of those it is the one of the same name. */
static json_t *find(const struct compare_result *result, const json_t *of_case)
{
	const char *key = row_text(of_case, "key");
	json_t *namesake = json_object_get(result->by_name, row_text(of_case, "name"));

	if (namesake && strcmp(row_text(namesake, "key"), key) == 0)
		return namesake;
	return *key ? json_object_get(result->by_key, key) : NULL;
}

/* The case of the same name and another key, unless that one belongs to another case of `mine`. */
static json_t *find_namesake(const struct compare_result *result, const json_t *of_case,
                             const struct compare_result *mine)
{
	json_t *namesake = json_object_get(result->by_name, row_text(of_case, "name"));

	return namesake && !find(mine, namesake) ? namesake : NULL;
}

static bool is_ok(const json_t *of_case)
{
	return strcmp(row_text(of_case, "status"), "ok") == 0;
}

/* What answers without doing is not verified, and nobody's model. */
static bool is_empty_model(const json_t *of_case)
{
	return strcmp(row_text(of_case, "model"), "empty") == 0;
}

/* Neither skipped nor failing by intention. */
static bool has_failed(const json_t *of_case)
{
	const char *status = row_text(of_case, "status");

	return !is_ok(of_case) && strcmp(status, "skipped") &&
	       strcmp(status, row_text(of_case, "expect"));
}

static void list(struct comparison *comparison, const json_t *of_case, enum unjudged state,
                 const char *side, const char *reason)
{
	json_array_append_new(comparison->unjudged, unjudged_json(of_case, state, side, reason));
}

/* A case that did not go well in `side`. */
static void list_failure(struct comparison *comparison, const json_t *of_case, const char *side)
{
	const char *status = row_text(of_case, "status"), *why = row_text(of_case, "reason");
	char reason[1024];

	snprintf(reason, sizeof(reason), "%s%s%s%s", status, *why ? ": " : "", why,
	         strcmp(status, row_text(of_case, "expect")) ? "" : " (as expected)");
	list(comparison, of_case, has_failed(of_case) ? UNJUDGED_FAILED : UNJUDGED_SKIPPED, side,
	     reason);
}

/* One that only NEW has; a failure is worth more than the news. */
static void list_new(struct comparison *comparison, const json_t *of_case, const char *reason)
{
	if (has_failed(of_case))
		list_failure(comparison, of_case, "new");
	else
		list(comparison, of_case, UNJUDGED_NEW, "new", reason);
}

/* NEW's case, what the newest base has of it, and how many of the bases have it well. */
static void list_unpaired(struct comparison *comparison, const json_t *of_case, const json_t *old,
                          size_t well)
{
	if (is_empty_model(of_case))
		list(comparison, of_case, UNJUDGED_SKIPPED, "both",
		     "the model that does nothing: the harness's own share");
	else if (!is_ok(of_case))
		list_failure(comparison, of_case, well || is_ok(old) ? "new" : "both");
	else
		list_failure(comparison, old, "base");
}

/* A history may hold many cases that all differ in the same way: told once, by note_settings(). */
static void tell_namesakes(struct comparison *comparison, const json_t *of_case,
                           const char *settings)
{
	const char *name = row_text(of_case, "name");
	json_t *told = json_object_get(comparison->other_settings, settings);
	bool force = comparison->options->force;

	if (!comparison->is_history)
		problems_add(force ? &comparison->notes : comparison->differences, "%s: %s%s", name,
		             force ? "forced: " : "", settings);
	else if (told)
		json_integer_set(json_array_get(told, 0),
		                 json_integer_value(json_array_get(told, 0)) + 1);
	else
		json_object_set_new_nocheck(comparison->other_settings, settings,
		                            json_pack("[i, s]", 1, name));
}

static void note_settings(struct comparison *comparison)
{
	const char *settings;
	json_t *told;

	json_object_foreach(comparison->other_settings, settings, told)
	{
		int more = (int)json_integer_value(json_array_get(told, 0)) - 1;
		char others[32] = "";

		if (more)
			snprintf(others, sizeof(others), " and %d more", more);
		problems_add(&comparison->notes, "%s%s: %s where they had other settings: %s",
		             json_string_value(json_array_get(told, 1)), others,
		             comparison->options->force ? "forced" : "left out", settings);
	}
}

/* Collects what the bases have of a case: the newest of all into *newest, those that went well into the
   pairing. How many bases have it under another key, and in what the newest of those differs. */
static size_t collect(struct comparison *comparison, struct compare_pairing *pairing,
                      const json_t **newest, char settings[COMPARE_TEXT])
{
	size_t namesakes = 0;

	for (size_t i = 0; i < comparison->base_count; i++) {
		const struct compare_result *base = &comparison->bases[i];
		const json_t *old = find(base, pairing->new_case);

		if (!old) {
			old = find_namesake(base, pairing->new_case, &comparison->new);
			if (!old)
				continue;
			namesakes++;
			compare_settings(base, old, &comparison->new, pairing->new_case, settings);
			if (!comparison->options->force)
				continue;
		}
		*newest = old;
		if (is_ok(old))
			pairing->old[pairing->old_count++] = (struct compare_old){old, base->looks};
	}
	return namesakes;
}

/* False where memory ran out. */
static bool join_one(struct comparison *comparison, const json_t *of_case)
{
	struct compare_pairing *pairing = &comparison->pairings[comparison->pairing_count];
	char settings[COMPARE_TEXT] = "", reason[COMPARE_TEXT + 32];
	const json_t *newest = NULL;
	size_t namesakes;

	*pairing = (struct compare_pairing){
	        .new_case = of_case,
	        .old = calloc(comparison->base_count, sizeof(*pairing->old)),
	};
	if (!pairing->old)
		return false;
	namesakes = collect(comparison, pairing, &newest, settings);
	comparison->joined += newest != NULL;
	if (namesakes)
		tell_namesakes(comparison, of_case, settings);
	if (namesakes && comparison->options->force)
		snprintf(pairing->forced, sizeof(pairing->forced), "%s", settings);
	snprintf(reason, sizeof(reason), "with other settings before: %s", settings);
	if (newest && pairing->old_count && is_ok(of_case) && !is_empty_model(of_case)) {
		comparison->pairing_count++;
		return true;
	}
	if (newest)
		list_unpaired(comparison, of_case, newest, pairing->old_count);
	else
		list_new(comparison, of_case, namesakes ? reason : NULL);
	free(pairing->old);
	return true;
}

/* Of a history it is the newest result that says what there was. */
static void list_removed(struct comparison *comparison)
{
	const struct compare_result *base = &comparison->bases[comparison->base_count - 1];
	json_t *of_case;
	size_t i;

	json_array_foreach(json_object_get(base->document, "cases"), i, of_case)
	{
		if (!find(&comparison->new, of_case) &&
		    !find_namesake(&comparison->new, of_case, base))
			list(comparison, of_case, UNJUDGED_REMOVED, "base", NULL);
	}
}

int compare_join(struct comparison *comparison, struct hd_error *err)
{
	const json_t *cases = json_object_get(comparison->new.document, "cases");
	json_t *of_case;
	size_t i;

	comparison->pairings = calloc(json_array_size(cases) + 1, sizeof(*comparison->pairings));
	if (!comparison->pairings)
		return hd_error(err, -ENOMEM, "out of memory");
	json_array_foreach(cases, i, of_case)
	{
		if (!join_one(comparison, of_case))
			return hd_error(err, -ENOMEM, "out of memory");
	}
	note_settings(comparison);
	list_removed(comparison);
	return 0;
}

void compare_pairings_free(struct comparison *comparison)
{
	for (size_t i = 0; i < comparison->pairing_count; i++)
		free(comparison->pairings[i].old);
	free(comparison->pairings);
	json_decref(comparison->other_settings);
}
