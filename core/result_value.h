/* SPDX-License-Identifier: MIT */
/* Values as a result writes them: what was not measured is null, whatever its C type. New references. */
#ifndef HEDDLE_RESULT_VALUE_H
#define HEDDLE_RESULT_VALUE_H

#include <jansson.h>
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "memory.h"
#include "stats.h"

static inline json_t *json_number_or_null(double value)
{
	return isfinite(value) ? json_real(value) : json_null();
}

static inline json_t *json_interval_or_null(struct interval interval)
{
	if (!isfinite(interval.low) || !isfinite(interval.high))
		return json_null();
	return json_pack("[f, f]", interval.low, interval.high);
}

/* Text from a plugin may hold anything: bytes that are no UTF-8 become question marks. */
static inline json_t *json_any_text(const char *text)
{
	json_t *value = json_string(text);
	char *copy;

	if (value)
		return value;
	copy = memory_text(text);
	for (char *c = copy; c && *c; c++)
		if ((unsigned char)*c >= 0x80)
			*c = '?';
	value = json_string(copy ? copy : "");
	free(copy);
	return value;
}

static inline json_t *json_text_or_null(const char *text)
{
	return text && *text ? json_any_text(text) : json_null();
}

static inline json_t *json_cpus(const int *cpus, uint32_t count)
{
	json_t *array = json_array();

	for (uint32_t i = 0; i < count; i++)
		json_array_append_new(array, json_integer(cpus[i]));
	return array;
}

#endif
