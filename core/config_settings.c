/* SPDX-License-Identifier: MIT */
/* Parameters and options: single values, arrays, ranges. What they mean is plan.c's. */
#include "config_read.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* Where the values of a dimension are put. */
struct dimension {
	struct reader *reader;
	const char *place;
	size_t count;
	struct config_value values[MAX_LIST];
};

static bool same_value(const struct config_value *a, const struct config_value *b)
{
	if (a->kind != b->kind)
		return false;
	if (a->kind == CONFIG_TEXT || a->kind == CONFIG_REAL)
		return strcmp(a->value.text, b->value.text) == 0;
	return a->value.number == b->value.number;
}

const char *config_describe(const struct config_value *value, char out[WORDS_QUOTE])
{
	if (value->kind == CONFIG_TEXT)
		return words_quote(value->value.text, out);
	if (value->kind == CONFIG_FLAG)
		return value->value.number ? "true" : "false";
	if (value->kind == CONFIG_REAL)
		snprintf(out, WORDS_QUOTE, "%s", value->value.text);
	else
		snprintf(out, WORDS_QUOTE, "%" PRId64, value->value.number);
	return out;
}

static void add_value(struct dimension *dimension, const struct config_value *value)
{
	char shown[WORDS_QUOTE];

	for (size_t i = 0; i < dimension->count; i++) {
		if (!same_value(value, dimension->values + i))
			continue;
		read_problem(dimension->reader, dimension->place,
		             "%s stands there twice; each value once",
		             config_describe(value, shown));
		return;
	}
	dimension->values[dimension->count++] = *value;
}

static void add_number(struct dimension *dimension, int64_t number)
{
	dimension->values[dimension->count++] =
	        (struct config_value){.kind = CONFIG_INT, .value.number = number};
}

/* False where it is no single value. */
static bool read_single(struct dimension *dimension, const json_t *json)
{
	struct config_value value = {.kind = CONFIG_INT};
	struct pool *pool = &dimension->reader->config->pool;

	if (json_is_integer(json)) {
		value.value.number = json_integer_value(json);
	} else if (json_is_boolean(json)) {
		value.kind = CONFIG_FLAG;
		value.value.number = json_is_true(json);
	} else if (json_is_string(json)) {
		value.kind = CONFIG_TEXT;
		value.value.text = pool_text(pool, json_string_value(json));
	} else if (json_is_real(json)) {
		value.kind = CONFIG_REAL;
		value.value.text = pool_format(pool, "%.12g", json_real_value(json));
	} else {
		return false;
	}
	if (value.kind != CONFIG_INT && value.kind != CONFIG_FLAG && !value.value.text)
		return true; /* told at the end: memory was short */
	add_value(dimension, &value);
	return true;
}

static void spell_powers(struct dimension *dimension, int64_t from, int64_t to)
{
	add_number(dimension, from);
	for (int64_t power = 1; power < to; power *= 2) {
		if (power > from)
			add_number(dimension, power);
		if (power > INT64_MAX / 2)
			break;
	}
	if (to > from)
		add_number(dimension, to);
}

static void spell_steps(struct dimension *dimension, int64_t from, int64_t to, int64_t step)
{
	uint64_t steps = ((uint64_t)to - (uint64_t)from) / (uint64_t)step;

	if (steps >= MAX_LIST) {
		read_problem(dimension->reader, dimension->place,
		             "more than %d values; use a longer step", MAX_LIST);
		return;
	}
	for (uint64_t i = 0; i <= steps; i++)
		add_number(dimension, (int64_t)((uint64_t)from + i * (uint64_t)step));
}

static bool read_end(struct dimension *dimension, const json_t *range, const char *key,
                     int64_t *end)
{
	const json_t *json = json_object_get(range, key);
	char place[PLACE], found[WORDS_QUOTE];

	if (json && json_is_integer(json)) {
		*end = json_integer_value(json);
		return true;
	}
	if (!json)
		read_problem(dimension->reader, dimension->place,
		             "a range without \"%s\"; must be {\"from\": ..., \"to\": ...}", key);
	else
		read_problem(dimension->reader, place_of_key(place, dimension->place, key),
		             "%s; must be a whole number", read_describe(json, found));
	return false;
}

static void read_range(struct dimension *dimension, const json_t *range)
{
	static const char *const known[] = {"from", "to", "step", NULL};
	bool stepped = json_object_get(range, "step"), good;
	int64_t from = 0, to = 0, step = 1;

	read_refuse_unknown(dimension->reader, dimension->place, range, known);
	good = read_end(dimension, range, "from", &from);
	good &= read_end(dimension, range, "to", &to);
	good &= !stepped || read_end(dimension, range, "step", &step);
	if (!good)
		return;
	if (from > to)
		read_problem(dimension->reader, dimension->place,
		             "from %" PRId64 " to %" PRId64 "; \"from\" must not be greater", from,
		             to);
	else if (step < 1)
		read_problem(dimension->reader, dimension->place,
		             "a step of %" PRId64 "; must be at least 1", step);
	else if (stepped)
		spell_steps(dimension, from, to, step);
	else if (from < 0)
		read_problem(dimension->reader, dimension->place,
		             "from %" PRId64
		             "; a range of powers of two starts at 0 or above, or has a \"step\"",
		             from);
	else
		spell_powers(dimension, from, to);
}

static void read_values(struct dimension *dimension, const json_t *json)
{
	static const char allowed[] = "must be a whole number, text, true or false";
	char place[PLACE], found[WORDS_QUOTE];
	const json_t *item;
	size_t i;

	if (json_is_object(json)) {
		read_range(dimension, json);
	} else if (json_is_array(json)) {
		if (!read_is_list(dimension->reader, dimension->place, json))
			return;
		json_array_foreach(json, i, item)
		{
			if (!read_single(dimension, item))
				read_problem(dimension->reader,
				             place_of_item(place, dimension->place, i), "%s; %s",
				             read_describe(item, found), allowed);
		}
	} else if (!read_single(dimension, json)) {
		read_problem(dimension->reader, dimension->place,
		             "%s; %s, an array of them or a range", read_describe(json, found),
		             allowed);
	}
}

static void read_setting(struct reader *reader, const char *place, const char *key,
                         const json_t *json, struct config_settings *settings)
{
	struct pool *pool = &reader->config->pool;
	struct config_setting *setting = settings->items + settings->count;
	struct dimension dimension = {.reader = reader, .place = place};

	read_values(&dimension, json);
	if (dimension.count == 0)
		return; /* what is wrong with it was told */
	setting->name = pool_text(pool, key);
	setting->place = pool_text(pool, place);
	setting->values = pool_zalloc(pool, dimension.count, sizeof(*setting->values));
	if (!setting->name || !setting->place || !setting->values)
		return;
	memcpy(setting->values, dimension.values, dimension.count * sizeof(*setting->values));
	setting->count = dimension.count;
	settings->count++;
}

void read_settings(struct reader *reader, const char *place, const json_t *object,
                   const char *const *reserved, struct config_settings *settings)
{
	char where[PLACE];
	const char *key;
	json_t *value;

	settings->items = pool_zalloc(&reader->config->pool, json_object_size(object),
	                              sizeof(*settings->items));
	if (!settings->items)
		return;
	json_object_foreach((json_t *)(uintptr_t)object, key, value)
	{
		if (words_is_one_of(key, reserved))
			continue;
		place_of_key(where, place, key);
		if (!read_is_remark(reader, where, key, value))
			read_setting(reader, where, key, value, settings);
	}
}
