/* SPDX-License-Identifier: MIT */
/* A side that is another heddle with its own plugins: each trial is a run of one case and one round. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "clock.h"
#include "program.h"
#include "result_rows.h"
#include "result_value.h"
#include "side.h"

struct program_side {
	struct program program;
	struct side_journal place; /* of the journal */
	FILE *journal;
	json_t *measured; /* the cases with the trials so far; owned */
	json_t *plugins; /* what each case's last run said of its plugins, in the same order; owned */
};

static int begin(struct side *side, struct hd_error *err)
{
	struct program_side *state = side->state;

	state->journal = journal_file(state->place.path, state->place.overwrite, err);
	return state->journal ? 0 : err->code;
}

/* ---- A trial --------------------------------------------------------------------------------- */

/* name: { "trials": [x] } -> name: x */
static json_t *values_of(const json_t *of_case)
{
	json_t *values = json_object(), *metric;
	const char *name;

	json_object_foreach(json_object_get(of_case, "metrics"), name, metric)
	{
		json_t *value = json_array_get(json_object_get(metric, "trials"), 0);

		json_object_set(values, name, value ? value : json_null());
	}
	return values;
}

/* Appends the one run's trials and values to what was measured before. */
static void join(json_t *measured, const json_t *of_case)
{
	json_t *metrics = json_object_get(measured, "metrics"), *metric;
	const char *name;

	json_array_extend(json_object_get(measured, "trials"), json_object_get(of_case, "trials"));
	json_object_foreach(metrics, name, metric)
	        json_array_extend(json_object_get(metric, "trials"),
	                          json_object_get(row_metric(of_case, name), "trials"));
	if (strcmp(row_text(of_case, "status"), "ok") == 0)
		return;
	json_object_set(measured, "status", json_object_get(of_case, "status"));
	json_object_set(measured, "reason", json_object_get(of_case, "reason"));
}

/* Before the next trial begins it is on disk. */
static int keep(struct program_side *state, const json_t *of_case, const struct side_turn *turn,
                struct hd_error *err)
{
	json_t *line = json_pack(
	        "{s:O, s:i, s:i, s:O, s:O}", "case", json_object_get(of_case, "name"), "round",
	        (int)turn->round, "order", (int)turn->order, "metrics",
	        json_object_get(of_case, "metrics"), "trials", json_object_get(of_case, "trials"));
	int code = 0;

	errno = 0;
	if (!line || json_dumpf(line, state->journal, JSON_COMPACT) ||
	    fputc('\n', state->journal) == EOF || fflush(state->journal) ||
	    fdatasync(fileno(state->journal)) < 0)
		code = hd_error(err, errno ? -errno : -EIO, "%s: %s", state->place.path,
		                strerror(errno ? errno : EIO));
	json_decref(line);
	return code;
}

static void fail(struct side_trial *trial, enum status status, const char *why)
{
	trial->status = status;
	snprintf(trial->reason, sizeof(trial->reason), "%.*s", ARENA_REASON_BYTES - 1, why);
	text_clean(trial->reason);
}

static int take(struct side *side, size_t index, const struct side_turn *turn,
                const json_t *document, struct side_trial *trial, struct hd_error *err)
{
	struct program_side *state = side->state;
	const json_t *of_case = json_array_get(json_object_get(document, "cases"), 0);
	const json_t *run = json_object_get(document, "run");
	int status = status_find(row_text(of_case, "status"));

	if (status < 0)
		return hd_error(err, -EINVAL, "%s: %s was not run", state->program.path,
		                row_text(json_array_get(side->cases, index), "name"));
	fail(trial, (enum status)status, row_text(of_case, "reason"));
	trial->metrics = values_of(of_case);
	join(json_array_get(state->measured, index), of_case);
	json_array_set(state->plugins, index, json_object_get(run, "plugins"));
	return keep(state, of_case, turn, err);
}

static int try_once(struct side *side, size_t index, const struct side_turn *turn,
                    struct side_trial *trial, struct hd_error *err)
{
	struct program_side *state = side->state;
	const char *name = row_text(json_array_get(side->cases, index), "name");
	uint64_t began = clock_now_ns();
	struct hd_error why = {0};
	json_t *document;
	int code = 0;

	*trial = (struct side_trial){0};
	turn->show->current = name;
	progress_trial(&turn->show->progress, name);
	document = program_run(&state->program, name, turn->seed, turn->show, &why);
	trial->elapsed_s = (double)(clock_now_ns() - began) / 1e9;
	if (document)
		code = take(side, index, turn, document, trial, err);
	else if (why.code == -EINTR)
		trial->interrupted = true;
	else
		fail(trial, why.code == -EIO ? STATUS_CRASHED : STATUS_FAILED, why.text);
	json_decref(document);
	return code;
}

/* ---- What the document says ------------------------------------------------------------------ */

/* What a program maps besides is not known: only the same file maps the same for sure. */
static bool same_bytes(struct side *side, size_t index, struct side *other, size_t of_other)
{
	const struct program_side *state = side->state, *other_state = other->state;
	const char *model = row_text(json_array_get(side->cases, index), "model");
	const json_t *plugin = json_object_get(json_array_get(state->plugins, index), model);
	const json_t *other_plugin =
	        json_object_get(json_array_get(other_state->plugins, of_other), model);
	const json_t *digest = json_object_get(plugin, "sha256");

	return strcmp(state->program.path, other_state->program.path) == 0 && digest &&
	       json_equal(digest, json_object_get(other_plugin, "sha256"));
}

/* What a program has to warn of stands in its own words, a trial's long gone. */
static uint32_t count_warnings(struct side *side, struct warnings *warnings)
{
	(void)side;
	(void)warnings;
	return 0;
}

/* What the runs told of their plugins, each once. */
static json_t *plugins(struct side *side)
{
	const struct program_side *state = side->state;
	json_t *all = json_object(), *of_run;
	size_t i;

	json_array_foreach(state->plugins, i, of_run) if (json_is_object(of_run))
	        json_object_update_missing(all, of_run);
	return all;
}

/* The program, and each plugin that it told of. */
static json_t *objects(struct side *side)
{
	const struct program_side *state = side->state;
	json_t *array = json_array(), *told = plugins(side), *plugin;
	const char *name;

	json_array_append_new(array,
	                      json_pack("{s:o, s:o}", "path", json_any_text(state->program.path),
	                                "sha256", json_text_or_null(state->program.sha256)));
	json_object_foreach(told, name, plugin)
	{
		json_t *digest = json_object_get(plugin, "sha256");

		json_array_append_new(array, json_pack("{s:O, s:O}", "path",
		                                       json_object_get(plugin, "file"), "sha256",
		                                       digest ? digest : json_null()));
	}
	json_decref(told);
	return array;
}

static void summarise(json_t *metric, double *values)
{
	json_t *value;
	size_t i, n = 0;

	json_array_foreach(json_object_get(metric, "trials"), i, value) if (json_is_number(value))
	        values[n++] = json_number_value(value);
	json_object_set_new(metric, "median", json_number_or_null(stats_median(values, n)));
	json_object_set_new(metric, "mad", json_number_or_null(stats_mad(values, n)));
	json_object_set_new(metric, "ci95", json_interval_or_null(stats_ci95(values, n)));
}

static json_t *measured(struct side *side)
{
	const struct program_side *state = side->state;
	json_t *of_case, *metric;
	const char *name;
	size_t i;

	json_array_foreach(state->measured, i, of_case)
	{
		size_t trials = json_array_size(json_object_get(of_case, "trials"));
		double *values = calloc(trials + 1, sizeof(*values));

		if (values)
			json_object_foreach(json_object_get(of_case, "metrics"), name, metric)
			        summarise(metric, values);
		free(values);
	}
	return json_incref(state->measured);
}

static void close_program(struct side *side, bool saved)
{
	struct program_side *state = side->state;

	if (state->journal) {
		fclose(state->journal);
		if (saved)
			unlink(state->place.path);
	}
	json_decref(state->measured);
	json_decref(state->plugins);
	program_close(&state->program);
	free(state);
}

static const struct side_kind program_kind = {
        .begin = begin,
        .trial = try_once,
        .same_bytes = same_bytes,
        .count_warnings = count_warnings,
        .plugins = plugins,
        .objects = objects,
        .measured = measured,
        .close = close_program,
};

/* ---- Opening --------------------------------------------------------------------------------- */

/* The cases as they are before the first trial: what the look at them measured is no pair's. */
static int list_cases(struct side *side, const struct run_show *show, struct hd_error *err)
{
	struct program_side *state = side->state;
	uint64_t began = clock_now_ns();
	json_t *document = program_run(&state->program, NULL, 1, show, err), *of_case, *metric;
	const char *name;
	size_t i;

	if (!document)
		return err->code;
	side->config = json_incref(json_object_get(json_object_get(document, "run"), "config"));
	side->cases = json_incref(json_object_get(document, "cases"));
	json_decref(document);
	json_array_foreach(side->cases, i, of_case)
	{
		if (status_find(row_text(of_case, "status")) < 0)
			return hd_error(err, -EINVAL, "%s: %s: status \"%.40s\" is not known here",
			                state->program.path, row_text(of_case, "name"),
			                row_text(of_case, "status"));
		json_array_clear(json_object_get(of_case, "trials"));
		json_object_set_new(of_case, "versus_baseline", json_null());
		json_object_foreach(json_object_get(of_case, "metrics"), name, metric)
		        json_array_clear(json_object_get(metric, "trials"));
		json_array_append_new(state->plugins, json_null());
	}
	state->measured = json_deep_copy(side->cases);
	side->round_s = (double)(clock_now_ns() - began) / 1e9;
	return state->measured ? 0 : hd_error(err, -ENOMEM, "out of memory");
}

int side_open_program(struct side *side, const char *program,
                      const struct workbench_options *options, const struct side_journal *place,
                      const struct run_show *show, struct hd_error *err)
{
	struct program_side *state = calloc(1, sizeof(*state));
	int code;

	*side = (struct side){.kind = state ? &program_kind : NULL, .state = state};
	if (!state)
		return hd_error(err, -ENOMEM, "out of memory");
	state->place = *place;
	state->plugins = json_array();
	code = program_open(&state->program, program, options, err);
	return code ? code : list_cases(side, show, err);
}
