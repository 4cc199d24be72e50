/* SPDX-License-Identifier: MIT */
#include "verdict_document.h"

#include <math.h>
#include <string.h>

#include "result_value.h"

static const char *const states[] = {
        [UNJUDGED_NEW] = "new",
        [UNJUDGED_REMOVED] = "removed",
        [UNJUDGED_FAILED] = "failed",
        [UNJUDGED_SKIPPED] = "skipped",
};

static void put_estimate(json_t *object, const struct estimate *estimate, double q)
{
	json_object_set_new(object, "pairs", json_integer((json_int_t)estimate->pairs));
	json_object_set_new(object, "ratio", json_number_or_null(estimate->ratio));
	json_object_set_new(object, "ci95", json_interval_or_null(estimate->ci95));
	json_object_set_new(object, "p", json_number_or_null(estimate->p));
	json_object_set_new(object, "q", json_number_or_null(q));
}

static json_t *confirmation(const struct judgement *judgement)
{
	json_t *object = judgement->second.pairs ? json_object() : json_null();

	if (judgement->second.pairs)
		put_estimate(object, &judgement->second, judgement->second_q);
	return object;
}

json_t *judgement_json(const struct judgement *judgement)
{
	json_t *object = json_pack(
	        "{s:o, s:o, s:o, s:i, s:o, s:b, s:o, s:s, s:s, s:o, s:o, s:o}", "case",
	        json_any_text(judgement->name), "workload", json_any_text(judgement->workload),
	        "model", json_any_text(judgement->model), "cores", (int)judgement->cores, "metric",
	        json_any_text(judgement->metric), "gates", judgement->gates, "unit",
	        json_any_text(judgement->unit), "better",
	        judgement->rule.lower ? "lower" : "higher", "verdict",
	        verdict_name(judgement->verdict), "reason", json_text_or_null(judgement->reason),
	        "base", json_number_or_null(judgement->base), "new",
	        json_number_or_null(judgement->new));

	put_estimate(object, &judgement->first, judgement->q);
	json_object_set_new(object, "confirmation", confirmation(judgement));
	json_object_set_new(object, "margin_percent",
	                    json_number_or_null(100 * judgement->rule.margin));
	json_object_set_new(object, "smallest_change_percent",
	                    json_number_or_null(100 * judgement->first.smallest_change));
	json_object_set_new(object, "pairs_needed",
	                    judgement->pairs_needed
	                            ? json_integer((json_int_t)judgement->pairs_needed)
	                            : json_null());
	json_object_set_new(object, "elapsed_s", json_number_or_null(judgement->elapsed_s));
	return object;
}

json_t *unjudged_json(const json_t *of_case, enum unjudged state, const char *side,
                      const char *reason)
{
	static const char *const keys[] = {"workload", "model", "cores"};
	json_t *object = json_object();

	json_object_set(object, "case", json_object_get(of_case, "name"));
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		json_object_set(object, keys[i], json_object_get(of_case, keys[i]));
	json_object_set_new(object, "state", json_string(states[state]));
	json_object_set_new(object, "side", json_string(side));
	json_object_set_new(object, "reason", json_text_or_null(reason));
	return object;
}

json_t *ruler_json(const struct ruler_summary *ruler)
{
	const struct estimate *estimate = &ruler->estimate;

	if (!ruler->rounds)
		return json_null();
	return json_pack("{s:I, s:o, s:o, s:o}", "rounds", (json_int_t)ruler->rounds, "ratio",
	                 json_number_or_null(estimate->ratio), "ci95",
	                 json_interval_or_null(estimate->ci95), "taken_percent",
	                 json_number_or_null(100 * ruler->taken));
}

static void count(json_t *summary, const char *key)
{
	json_t *old = json_object_get(summary, key);

	json_integer_set(old, json_integer_value(old) + 1);
}

/* Where a case is judged by several metrics, it is counted once. */
static bool is_first_of_case(const json_t *verdicts, size_t index)
{
	const json_t *name = json_object_get(json_array_get(verdicts, index), "case");

	return index == 0 ||
	       !json_equal(name, json_object_get(json_array_get(verdicts, index - 1), "case"));
}

json_t *verdict_summary(const json_t *verdicts, const json_t *unjudged)
{
	static const char *const keys[] = {"cases",   "judged",       "regression",   "improvement",
	                                   "same",    "inconclusive", "contaminated", "new",
	                                   "removed", "failed",       "skipped"};
	json_t *summary = json_object(), *item;
	size_t i;

	for (i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		json_object_set_new(summary, keys[i], json_integer(0));
	json_array_foreach(verdicts, i, item)
	{
		count(summary, json_string_value(json_object_get(item, "verdict")));
		if (!is_first_of_case(verdicts, i))
			continue;
		count(summary, "cases");
		count(summary, "judged");
	}
	json_array_foreach(unjudged, i, item)
	{
		count(summary, json_string_value(json_object_get(item, "state")));
		count(summary, "cases");
	}
	return summary;
}
