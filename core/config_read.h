/* SPDX-License-Identifier: MIT */
/* Shared by the config_*.c files: reading one JSON value at a place, and saying what is wrong
 * there. */
#ifndef HEDDLE_CONFIG_READ_H
#define HEDDLE_CONFIG_READ_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "config.h"
#include "words.h"

enum {
	PLACE = 192,
	MAX_PROBLEMS = 100, /* told of one file */
	MAX_LIST = 1024,    /* models, workloads, PUs, values of a dimension */
};

struct reader {
	struct config *config;
	struct problems *problems;
	size_t told;     /* problems of this file */
	size_t failures; /* memory_failures() before it was read */
};

/* "PATH: PLACE: sentence"; place "" is the document. */
void read_problem(struct reader *, const char *place, const char *format, ...)
        __attribute__((format(printf, 3, 4)));
/* What was found, for messages: `"ten"`, `1.5`, `an array`. */
const char *read_describe(const json_t *, char out[WORDS_QUOTE]);
/* PARENT.KEY and PARENT[INDEX]. */
const char *place_of_key(char out[PLACE], const char *parent, const char *key);
const char *place_of_item(char out[PLACE], const char *parent, size_t index);

bool read_is_integer(const json_t *, int64_t min, int64_t max);
/* A copy of a text that is not empty, or NULL with a problem told. */
char *read_text(struct reader *, const char *place, const json_t *);
/* Whether it is an array of 1 to MAX_LIST items. */
bool read_is_list(struct reader *, const char *place, const json_t *);
/* Whether the key is "about" or "$schema", which may stand anywhere; tells where it is no text. */
bool read_is_remark(struct reader *, const char *place, const char *key, const json_t *);
/* Tells of each key that is neither in `known` nor a remark. */
void read_refuse_unknown(struct reader *, const char *place, const json_t *object,
                         const char *const *known);

/* config_settings.c: all keys of the object but those in `reserved`. */
void read_settings(struct reader *, const char *place, const json_t *object,
                   const char *const *reserved, struct config_settings *);
/* config_cores.c: "cores" or "pus" of an object, "placement". */
void read_cores(struct reader *, const char *place, const json_t *object, struct config_cores *);
void read_placement(struct reader *, const json_t *root);
/* config_matrix.c: lists of models and of workloads. */
void read_models(struct reader *, const char *place, const json_t *list, struct config_models *);
void read_workloads(struct reader *, const json_t *root);
/* config_sampling.c: sampling of the config or of a workload, limits, other numbers. */
void read_sampling(struct reader *, const char *place, const json_t *object, bool of_workload,
                   struct sampling *);
void read_limits(struct reader *, const json_t *root);
void read_margin(struct reader *, const char *place, const json_t *object, double *percent);
/* config_set.c: one change of the document. */
void read_change(json_t *root, const struct config_change *, struct problems *);

#endif
