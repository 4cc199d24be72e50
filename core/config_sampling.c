/* SPDX-License-Identifier: MIT */
/* The numbers of a config: sampling, limits, margins. */
#include "config_read.h"

#include <inttypes.h>
#include <stddef.h>

#include "stopping.h"

enum { MOST_KEYS = 10 };

/*
 * A value of an object: by `kind` a whole number from min to max, a number above min, or a flag. `at` is the
 * offset of the uint32_t, the double or the bool that takes it.
 */
struct number_key {
	const char *name;
	uint32_t min, max;
	size_t at;
	enum { WHOLE, SHARE, FLAG } kind;
};

/* Those that only the config itself has come last. */
static const struct number_key sampling_keys[] = {
        {"warmup_ms", 0, 600000, offsetof(struct sampling, warmup_ms), WHOLE},
        {"window_ms", 1, 60000, offsetof(struct sampling, window_ms), WHOLE},
        {"windows", 1, 1000, offsetof(struct sampling, windows), WHOLE},
        {"drain_ms", 0, 60000, offsetof(struct sampling, drain_ms), WHOLE},
        {"counters", 0, 1, offsetof(struct sampling, counters), FLAG},
        {"rounds", 1, 10000, offsetof(struct sampling, rounds), WHOLE},
        {"budget_s", 0, 1000000, offsetof(struct sampling, budget_s), WHOLE},
        {"target_ci_percent", 0, 100, offsetof(struct sampling, target_ci_percent), SHARE},
};
enum { SAMPLING_KEYS = sizeof(sampling_keys) / sizeof(*sampling_keys), WORKLOAD_KEYS = 5 };

static const struct number_key limit_keys[] = {
        {"trial_timeout_s", 1, 86400, offsetof(struct config, trial_timeout_s), WHOLE},
        {"memory_mib", 16, 1 << 24, offsetof(struct config, memory_mib), WHOLE},
        {"threads", 16, 1 << 22, offsetof(struct config, threads), WHOLE},
};

/* False where the value is not what the key takes. */
static bool take_number(const json_t *json, const struct number_key *key, void *to)
{
	void *place = (char *)to + key->at;
	bool good;

	if (key->kind == FLAG) {
		good = json_is_boolean(json);
		if (good)
			*(bool *)place = json_is_true(json);
	} else if (key->kind == SHARE) {
		good = json_is_number(json) && json_number_value(json) > key->min &&
		       json_number_value(json) <= key->max;
		if (good)
			*(double *)place = json_number_value(json);
	} else {
		good = read_is_integer(json, key->min, key->max);
		if (good)
			*(uint32_t *)place = (uint32_t)json_integer_value(json);
	}
	return good;
}

static void read_number(struct reader *reader, const char *place, const json_t *object,
                        const struct number_key *key, void *to)
{
	const json_t *json = json_object_get(object, key->name);
	char where[PLACE], text[WORDS_QUOTE];
	const char *found;

	if (!json || take_number(json, key, to))
		return;
	place_of_key(where, place, key->name);
	found = read_describe(json, text);
	if (key->kind == FLAG)
		read_problem(reader, where, "%s; must be true or false", found);
	else if (key->kind == SHARE)
		read_problem(reader, where,
		             "%s; must be a number above %" PRIu32 ", at most %" PRIu32, found,
		             key->min, key->max);
	else
		read_problem(reader, where,
		             "%s; must be a whole number from %" PRIu32 " to %" PRIu32, found,
		             key->min, key->max);
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
	/* Where a precision is asked for, rounds are an upper limit. */
	if (!of_workload && sampling->target_ci_percent > 0 && !json_object_get(json, "rounds"))
		sampling->rounds = STOPPING_MOST;
}

void read_limits(struct reader *reader, const json_t *root)
{
	static const struct number_key generator = {
	        "generator_cores", 1, 1 << 20, offsetof(struct config, generator_cores), WHOLE};
	const json_t *limits = json_object_get(root, "limits");

	if (limits)
		read_numbers(reader, "limits", limits, limit_keys,
		             sizeof(limit_keys) / sizeof(*limit_keys), reader->config);
	read_number(reader, "", root, &generator, reader->config);
}

void read_margin(struct reader *reader, const char *place, const json_t *object, double *percent)
{
	static const struct number_key margin = {"margin_percent", 0, 100, 0, SHARE};

	read_number(reader, place, object, &margin, percent);
}
