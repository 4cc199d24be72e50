/* SPDX-License-Identifier: MIT */
#include "config_read.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <math.h>
#include <string.h>

void read_problem(struct reader *reader, const char *place, const char *format, ...)
{
	char text[2 * WORDS_LINE];
	va_list args;

	if (reader->told++ >= MAX_PROBLEMS)
		return;
	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	problems_add(reader->problems, "%s: %s%s%s", reader->config->path, place,
	             *place ? ": " : "", text);
	if (reader->told == MAX_PROBLEMS)
		problems_add(reader->problems, "%s: more errors follow", reader->config->path);
}

/* 6.0 is not told as 6, which would be right. */
static const char *describe_real(double value, char out[WORDS_QUOTE])
{
	const bool whole = value == floor(value) && fabs(value) < 1e15;

	snprintf(out, WORDS_QUOTE, whole ? "%.1f" : "%.17g", value);
	return out;
}

const char *read_describe(const json_t *json, char out[WORDS_QUOTE])
{
	switch (json_typeof(json)) {
	case JSON_STRING:
		return words_quote(json_string_value(json), out);
	case JSON_INTEGER:
		snprintf(out, WORDS_QUOTE, "%" JSON_INTEGER_FORMAT, json_integer_value(json));
		return out;
	case JSON_REAL:
		return describe_real(json_real_value(json), out);
	case JSON_OBJECT:
		return "an object";
	case JSON_ARRAY:
		return "an array";
	case JSON_TRUE:
		return "true";
	case JSON_FALSE:
		return "false";
	default:
		return "null";
	}
}

/* A key as a part of a place: short, and without what could steer a terminal. */
static void print_key(const char *key, char out[WORDS_QUOTE])
{
	size_t length;

	words_quote(key, out);
	length = strlen(out) - 2;
	memmove(out, out + 1, length);
	out[length] = '\0';
}

/* A place that is too long to be printed whole ends in dots; nesting of known keys never gets
 * there. */
const char *place_of_key(char out[PLACE], const char *parent, const char *key)
{
	char shown[WORDS_QUOTE];

	print_key(key, shown);
	if (snprintf(out, PLACE, "%s%s%s", parent, *parent ? "." : "", shown) >= PLACE)
		memcpy(out + PLACE - 4, "...", 4);
	return out;
}

const char *place_of_item(char out[PLACE], const char *parent, size_t index)
{
	if (snprintf(out, PLACE, "%s[%zu]", parent, index) >= PLACE)
		memcpy(out + PLACE - 4, "...", 4);
	return out;
}

bool read_is_integer(const json_t *json, int64_t min, int64_t max)
{
	return json_is_integer(json) && json_integer_value(json) >= min &&
	       json_integer_value(json) <= max;
}

char *read_text(struct reader *reader, const char *place, const json_t *json)
{
	char found[WORDS_QUOTE];

	if (!json_is_string(json)) {
		read_problem(reader, place, "%s; must be text", read_describe(json, found));
		return NULL;
	}
	if (json_string_length(json) == 0) {
		read_problem(reader, place, "empty; must be text");
		return NULL;
	}
	return pool_text(&reader->config->pool, json_string_value(json));
}

bool read_is_list(struct reader *reader, const char *place, const json_t *json)
{
	char found[WORDS_QUOTE];

	if (!json_is_array(json)) {
		read_problem(reader, place, "%s; must be an array", read_describe(json, found));
		return false;
	}
	if (json_array_size(json) == 0) {
		read_problem(reader, place, "an empty array; must have at least one item");
		return false;
	}
	if (json_array_size(json) > MAX_LIST) {
		read_problem(reader, place, "%zu items; at most %d", json_array_size(json),
		             MAX_LIST);
		return false;
	}
	return true;
}

bool read_is_remark(struct reader *reader, const char *place, const char *key, const json_t *json)
{
	char found[WORDS_QUOTE];

	if (strcmp(key, "about") != 0 && strcmp(key, "$schema") != 0)
		return false;
	if (!json_is_string(json))
		read_problem(reader, place, "%s; must be text", read_describe(json, found));
	return true;
}

void read_refuse_unknown(struct reader *reader, const char *place, const json_t *object,
                         const char *const *known)
{
	char where[PLACE], hint[WORDS_LINE];
	const char *key;
	json_t *value;

	json_object_foreach((json_t *)(uintptr_t)object, key, value)
	{
		place_of_key(where, place, key);
		if (!read_is_remark(reader, where, key, value) && !words_is_one_of(key, known))
			read_problem(reader, where, "unknown key; %s",
			             words_suggest(key, known, "known", hint));
	}
}
