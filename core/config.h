/* SPDX-License-Identifier: MIT */
/*
 * A config as it was written: JSON (jansson) to structs. Shapes, types and keys are checked here; what
 * the words mean (models, parameters, core counts) is checked by plan.c. Each thing remembers its place
 * ("workloads[2].connections") for messages.
 */
#ifndef HEDDLE_CONFIG_H
#define HEDDLE_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "error.h"
#include "option.h"
#include "pool.h"
#include "words.h"

enum config_kind { CONFIG_INT, CONFIG_FLAG, CONFIG_TEXT, CONFIG_REAL /* as it was written */ };

struct config_value {
	enum config_kind kind;
	struct value value;
};

/*
 * A parameter or an option: its values are a dimension of the matrix. A range is spelt out: from, to and
 * the powers of two between them, or with a step, from, from + step, ... up to `to`.
 */
struct config_setting {
	char *name, *place;
	size_t count; /* at least 1 */
	struct config_value *values;
};

struct config_settings {
	size_t count;
	struct config_setting *items;
};

struct config_model {
	char *model, *plugin, *label; /* plugin and label may be NULL; plugin is absolute */
	char *place;                  /* "models[0]" */
	char *name_place;             /* where its name stands: "models[0].model" or the same */
	struct config_settings options;
};

struct config_models {
	size_t count;
	struct config_model *items;
};

enum config_cores_kind { CORES_POW2, CORES_ALL, CORES_MAX, CORES_LIST };

struct config_core_count {
	enum { COUNT_NUMBER, COUNT_PERCENT, COUNT_MAX } kind;
	int number;
};

/* "cores" or "pus" of the config or of one workload. */
struct config_cores {
	bool given, pus;
	char *place;
	enum config_cores_kind kind;
	size_t count; /* of a CORES_LIST */
	struct config_core_count *list;
};

struct config_placement {
	char *place;
	enum { PLACEMENT_NEAR, PLACEMENT_SPREAD, PLACEMENT_LIST } kind;
	size_t count; /* of PUs in a PLACEMENT_LIST */
	int *pus;
};

struct sampling {
	uint32_t rounds, warmup_ms, window_ms, windows, drain_ms;
	uint32_t budget_s; /* 0: none */
	/* Half of the interval's width that is enough, in percent of the median; 0: all rounds are made. */
	double target_ci_percent;
	bool counters; /* events of the model's processes are counted (counters.h) */
};

struct config_workload {
	char *workload, *place;
	struct config_settings params;
	struct config_models models; /* count 0: the config's */
	struct config_cores cores;   /* not given: the config's */
	/* The config's where it does not differ; rounds and budget_s are the config's alone. */
	struct sampling sampling;
	double margin_percent;
	char *expect; /* a status, or NULL for "ok" */
};

struct config {
	char *path;            /* as given, for messages */
	char *folder;          /* of the file: paths in it are relative to this */
	char *name, *baseline; /* baseline may be NULL: the first model */
	char *baseline_place;
	struct config_models models;
	struct config_cores cores;
	struct config_placement placement;
	size_t workload_count;
	struct config_workload *workloads;
	struct sampling sampling;
	uint32_t trial_timeout_s;
	uint32_t memory_mib, threads; /* of all processes of a trial together */
	uint32_t generator_cores;     /* 0: half */
	bool incomplete; /* something is wrong with it: a plan can only add what else is */
	char *json; /* the document in force, after --set, as compact JSON: the result carries it */
	struct pool pool; /* all memory of the above but json */
};

/* The value as messages have it: `"ten"`, `10`, `true`. */
const char *config_describe(const struct config_value *, char out[WORDS_QUOTE]);
/* Reads "pow2", "all" or "max"; false where the word is none of them. */
bool config_read_cores(const char *word, enum config_cores_kind *);
/* Reads "4", "50%" or "max"; false where it is no count, or one that no machine has. */
bool config_read_count(const char *text, struct config_core_count *);

/*
 * A change of one place from the command line: "sampling.rounds=6". The value is JSON, else text. What
 * the place lies in must exist; "sampling" and "limits" are made, and "thread-mutex" in a list of models
 * becomes an object where it is given an option.
 */
struct config_change {
	const char *place, *value;
};

/*
 * Reads, changes and checks a config. All errors of the file are added, each "PATH: PLACE: what was
 * found; what is allowed"; syntax as "PATH:LINE:COLUMN: ...". Returns 0, or -EINVAL where problems were
 * added, or -errno where it could not be read (told in problems as well). After -EINVAL plan_make can
 * still add what is wrong with the meaning of the rest. config_free in any case.
 * The path may be a pipe. A config is text from anywhere: its size, its numbers and the sizes of its
 * dimensions are bounded here.
 */
int config_load(struct config *, const char *path, const struct config_change *, size_t changes,
                struct problems *);
void config_free(struct config *);

#endif
