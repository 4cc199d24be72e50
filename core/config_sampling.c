/* SPDX-License-Identifier: MIT */
/* The numbers of a config: sampling, limits, margins. */
#include "config_read.h"

#include <inttypes.h>
#include <stddef.h>

enum { MOST_KEYS = 8 };

/* A whole number of an object; `at` is the offset of the uint32_t that takes it. */
struct number_key {
	const char *name;
	uint32_t min, max;
	size_t at;
};

/* Those that only the config itself has come last. */
static const struct number_key sampling_keys[] = {
        {"warmup_ms", 0, 600000, offsetof(struct sampling, warmup_ms)},
        {"window_ms", 1, 60000, offsetof(struct sampling, window_ms)},
        {"windows", 1, 1000, offsetof(struct sampling, windows)},
        {"drain_ms", 0, 60000, offsetof(struct sampling, drain_ms)},
        {"rounds", 1, 10000, offsetof(struct sampling, rounds)},
        {"budget_s", 0, 1000000, offsetof(struct sampling, budget_s)},
};
enum { SAMPLING_KEYS = sizeof(sampling_keys) / sizeof(*sampling_keys), WORKLOAD_KEYS = 4 };

static const struct number_key limit_keys[] = {
        {"trial_timeout_s", 1, 86400, offsetof(struct config, trial_timeout_s)},
        {"memory_mib", 16, 1 << 24, offsetof(struct config, memory_mib)},
};

static void read_number(struct reader *reader, const char *place, const json_t *object,
                        const struct number_key *key, void *to)
{
	const json_t *json = json_object_get(object, key->name);
	char where[PLACE], found[WORDS_QUOTE];

	if (!json)
		return;
	if (read_is_integer(json, key->min, key->max)) {
		*(uint32_t *)(void *)((char *)to + key->at) = (uint32_t)json_integer_value(json);
		return;
	}
	read_problem(reader, place_of_key(where, place, key->name),
	             "%s; must be a whole number from %" PRIu32 " to %" PRIu32,
	             read_describe(json, found), key->min, key->max);
}

static void read_numbers(struct reader *reader, const char *place, const json_t *object,
                         const struct number_key *keys, size_t count, void *to)
{
	const char *known[MOST_KEYS + 1] = {NULL};
	char found[WORDS_QUOTE];

	if (!json_is_object(object)) {
		read_problem(reader, place, "%s; must be an object", read_describe(object, found));
		return;
	}
	for (size_t i = 0; i < count; i++)
		known[i] = keys[i].name;
	read_refuse_unknown(reader, place, object, known);
	for (size_t i = 0; i < count; i++)
		read_number(reader, place, object, keys + i, to);
}

/*
 * The sampling of one workload cannot change how often there are rounds, nor the time of them all.
 * What is refused is taken out, so that it is told once; the document is of no more use.
 */
static void refuse_run_wide(struct reader *reader, const char *place, json_t *sampling)
{
	char where[PLACE];

	for (size_t i = WORKLOAD_KEYS; i < SAMPLING_KEYS; i++) {
		if (json_object_del(sampling, sampling_keys[i].name) == 0)
			read_problem(reader, place_of_key(where, place, sampling_keys[i].name),
			             "is one for the whole run; set sampling.%s",
			             sampling_keys[i].name);
	}
}

void read_sampling(struct reader *reader, const char *place, const json_t *object, bool of_workload,
                   struct sampling *sampling)
{
	json_t *json = json_object_get(object, "sampling");
	char where[PLACE];

	if (!json)
		return;
	place_of_key(where, place, "sampling");
	if (of_workload)
		refuse_run_wide(reader, where, json);
	read_numbers(reader, where, json, sampling_keys,
	             of_workload ? WORKLOAD_KEYS : SAMPLING_KEYS, sampling);
}

void read_limits(struct reader *reader, const json_t *root)
{
	static const struct number_key generator = {"generator_cores", 1, 1 << 20,
	                                            offsetof(struct config, generator_cores)};
	const json_t *limits = json_object_get(root, "limits");

	if (limits)
		read_numbers(reader, "limits", limits, limit_keys,
		             sizeof(limit_keys) / sizeof(*limit_keys), reader->config);
	read_number(reader, "", root, &generator, reader->config);
}

void read_margin(struct reader *reader, const char *place, const json_t *object, double *percent)
{
	const json_t *json = json_object_get(object, "margin_percent");
	char where[PLACE], found[WORDS_QUOTE];

	if (!json)
		return;
	if (json_is_number(json) && json_number_value(json) > 0 && json_number_value(json) <= 100)
		*percent = json_number_value(json);
	else
		read_problem(reader, place_of_key(where, place, "margin_percent"),
		             "%s; must be a number above 0, at most 100",
		             read_describe(json, found));
}
