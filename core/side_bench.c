/* SPDX-License-Identifier: MIT */
/* A side whose plugins this program runs. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "objects.h"
#include "result_document.h"
#include "result_value.h"
#include "search.h"
#include "side.h"

struct bench_side {
	struct workbench *own, *host;
	struct side_journal place; /* of the journal */
	struct journal journal;
	struct objects objects;
	/* For each case what its trials mapped, one after the other. */
	struct mapped {
		uint32_t count;
		struct object_set *trials;
	} * mapped;
};

static int begin(struct side *side, struct hd_error *err)
{
	struct bench_side *state = side->state;

	return journal_create(&state->journal, state->place.path, state->place.overwrite, err);
}

/* The place for what the next trial maps; NULL where memory ran out. */
static struct object_set *next_set(struct mapped *mapped)
{
	struct object_set *trials = realloc(mapped->trials, (mapped->count + 1) * sizeof(*trials));

	if (!trials)
		return NULL;
	mapped->trials = trials;
	trials[mapped->count] = (struct object_set){0};
	return &trials[mapped->count];
}

static int record(struct bench_side *state, size_t index, const struct side_turn *turn,
                  const struct trial_result *result, struct side_trial *trial, struct hd_error *err)
{
	struct journal *journal = &state->journal;
	int code = journal_append(journal, &state->own->plan, index, turn->round, turn->order,
	                          result, err);
	json_t *line;

	if (code)
		return code;
	state->mapped[index].count++;
	line = journal_read(journal, index, journal->cases[index].count - 1);
	trial->metrics = json_incref(json_object_get(line, "metrics"));
	json_decref(line);
	return trial->metrics ? 0 : hd_error(err, -EIO, "%s: cannot be read again", journal->path);
}

static int try_once(struct side *side, size_t index, const struct side_turn *turn,
                    struct side_trial *trial, struct hd_error *err)
{
	struct bench_side *state = side->state;
	struct trial_spec spec = workbench_trial(state->own, index);
	const char *name =
	        json_string_value(json_object_get(json_array_get(side->cases, index), "name"));
	struct trial_result result;
	int code = 0;

	*trial = (struct side_trial){0};
	spec.seed = turn->seed;
	spec.scratch = &state->host->scratch;
	spec.objects = &state->objects;
	spec.object_set = next_set(&state->mapped[index]);
	if (!spec.object_set)
		return hd_error(err, -ENOMEM, "out of memory");
	run_show_attach(turn->show, name, &spec);
	search_run(&spec, &state->host->keeper, &result);
	trial->interrupted = result.interrupted;
	trial->status = result.status;
	trial->elapsed_s = (double)result.elapsed_ns / 1e9;
	snprintf(trial->reason, sizeof(trial->reason), "%s", result.reason);
	if (!result.interrupted)
		code = record(state, index, turn, &result, trial, err);
	trial_free(&result);
	return code ? code : workbench_revive_keeper(state->host, err);
}

static const struct object_set *last_set(const struct mapped *mapped)
{
	return mapped->count ? &mapped->trials[mapped->count - 1] : NULL;
}

static bool same_bytes(struct side *side, size_t index, struct side *other, size_t of_other)
{
	const struct bench_side *state = side->state, *other_state = other->state;
	const struct object_set *set = last_set(&state->mapped[index]);
	const struct object_set *other_set = last_set(&other_state->mapped[of_other]);

	return set && other_set &&
	       objects_equal(&state->objects, set, &other_state->objects, other_set);
}

static json_t *plugins(struct side *side)
{
	const struct bench_side *state = side->state;

	return result_plugins_json(&state->own->plan);
}

static json_t *objects(struct side *side)
{
	const struct bench_side *state = side->state;
	json_t *array = json_array();

	for (size_t i = 0; i < state->objects.count; i++) {
		const struct object *object = &state->objects.items[i];

		json_array_append_new(array,
		                      json_pack("{s:o, s:o}", "path", json_any_text(object->path),
		                                "sha256", json_text_or_null(object->sha256)));
	}
	return array;
}

static uint32_t count_warnings(struct side *side, struct warnings *warnings)
{
	struct bench_side *state = side->state;

	return result_count_warnings(&state->journal, &state->own->plan, warnings);
}

static json_t *set_json(const struct object_set *set)
{
	json_t *array = json_array();

	for (uint32_t i = 0; i < set->count; i++)
		json_array_append_new(array, json_integer(set->items[i]));
	return array;
}

static json_t *measured(struct side *side)
{
	struct bench_side *state = side->state;
	json_t *cases = json_array();

	for (size_t i = 0; i < state->own->plan.count; i++) {
		json_t *of_case = result_case(&state->journal, &state->own->plan, i, NULL);
		json_t *trials = json_object_get(of_case, "trials");

		if (json_array_append(cases, of_case)) {
			json_decref(cases);
			return NULL;
		}
		json_decref(of_case);
		for (uint32_t k = 0; k < state->mapped[i].count; k++)
			json_object_set_new(json_array_get(trials, k), "objects",
			                    set_json(&state->mapped[i].trials[k]));
	}
	return cases;
}

static void close_bench(struct side *side, bool saved)
{
	struct bench_side *state = side->state;

	for (size_t i = 0; state->mapped && i < state->own->plan.count; i++)
		free(state->mapped[i].trials);
	free(state->mapped);
	objects_free(&state->objects);
	journal_close(&state->journal, saved);
	free(state);
}

static const struct side_kind bench_kind = {
        .begin = begin,
        .trial = try_once,
        .same_bytes = same_bytes,
        .count_warnings = count_warnings,
        .plugins = plugins,
        .objects = objects,
        .measured = measured,
        .close = close_bench,
};

/* As a result would tell them, but what is to be tried counts as ok so far. */
static int list_cases(struct side *side, struct hd_error *err)
{
	struct bench_side *state = side->state;
	const struct plan *plan = &state->own->plan;

	side->config = json_loads(state->own->config.json, JSON_DECODE_ANY, NULL);
	side->cases = json_array();
	for (size_t i = 0; i < plan->count; i++) {
		json_t *of_case = result_case(&state->journal, plan, i, NULL);

		if (json_array_append_new(side->cases, of_case))
			return hd_error(err, -ENOMEM, "out of memory");
		if (plan->cases[i].status != STATUS_OK)
			continue;
		json_object_set_new(of_case, "status", json_string(status_name(STATUS_OK)));
		json_object_set_new(of_case, "reason", json_null());
		side->round_s += plan_trial_s(&plan->cases[i]);
	}
	return 0;
}

int side_open_bench(struct side *side, struct workbench *own, struct workbench *host,
                    const struct side_journal *place, struct hd_error *err)
{
	struct bench_side *state = calloc(1, sizeof(*state));
	int code;

	*side = (struct side){.kind = state ? &bench_kind : NULL, .state = state};
	if (!state)
		return hd_error(err, -ENOMEM, "out of memory");
	state->own = own;
	state->host = host;
	state->place = *place;
	state->mapped = calloc(own->plan.count + 1, sizeof(*state->mapped));
	code = journal_prepare(&state->journal, &own->plan, err);
	if (!code && !state->mapped)
		code = hd_error(err, -ENOMEM, "out of memory");
	return code ? code : list_cases(side, err);
}
