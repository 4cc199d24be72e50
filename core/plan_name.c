/* SPDX-License-Identifier: MIT */
/* What a case is called, and the hash that results are joined on. */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <xxhash.h>

#include "memory.h"
#include "plan.h"

enum { LONGEST_VALUE = 60, NUMBER = 64 };

static void add(char text[PLAN_NAME], const char *format, ...)
        __attribute__((format(printf, 2, 3)));

static void add(char text[PLAN_NAME], const char *format, ...)
{
	size_t at = strlen(text);
	va_list args;

	va_start(args, format);
	vsnprintf(text + at, PLAN_NAME - at, format, args);
	va_end(args);
	text_whole(text);
}

/* Of a long text, such as a path, the end tells more than the beginning. */
static void add_value(char text[PLAN_NAME], char separator, const struct hd_option *spec,
                      struct value value)
{
	char number[NUMBER];
	const char *shown = number;
	size_t length;

	if (option_is_text(spec))
		shown = value.text;
	else
		option_print(spec, value, number, sizeof(number));
	length = strlen(shown);
	if (length > LONGEST_VALUE) {
		shown += length - LONGEST_VALUE;
		while (((unsigned char)*shown & 0xc0) == 0x80)
			shown++; /* never half a character */
		add(text, "%c%s=...%s", separator, spec->name, shown);
	} else {
		add(text, "%c%s=%s", separator, spec->name, shown);
	}
}

static void add_changed(char text[PLAN_NAME], char separator, const struct hd_option *specs,
                        const struct value *values)
{
	for (size_t i = 0; values && specs && specs[i].name; i++)
		if (!option_equal(specs + i, values[i], option_default(specs + i)))
			add_value(text, separator, specs + i, values[i]);
}

static const struct hd_option *options_of(const struct plan_case *kase)
{
	return kase->model->status == STATUS_OK ? kase->model->options : NULL;
}

static void add_series(char text[PLAN_NAME], char separator, const struct plan_case *kase)
{
	add(text, "%s", kase->model->name);
	add_changed(text, separator, options_of(kase), kase->options);
	if (kase->label)
		add(text, "%c(%s)", separator, kase->label);
}

const char *plan_case_name(const struct plan_case *kase, char text[PLAN_NAME])
{
	text[0] = '\0';
	add(text, "%s", kase->workload->name);
	add_changed(text, '/', kase->workload->params, kase->given);
	add(text, "/");
	add_series(text, '/', kase);
	add(text, "/%s=%" PRIu32, kase->pus ? "pus" : "cores", kase->cores);
	return text;
}

const char *plan_case_title(const struct plan_case *kase, char text[PLAN_NAME])
{
	const struct hd_option *specs = kase->workload->params;

	text[0] = '\0';
	add(text, "%s", kase->workload->name);
	for (size_t i = 0; specs && specs[i].name; i++)
		if (strcmp(specs[i].name, "batch") == 0)
			add_value(text, ' ', specs + i, kase->params[i]);
		else if (!option_equal(specs + i, kase->given[i], option_default(specs + i)))
			add_value(text, ' ', specs + i, kase->given[i]);
	return text;
}

const char *plan_case_series(const struct plan_case *kase, char text[PLAN_NAME])
{
	text[0] = '\0';
	add_series(text, ' ', kase);
	return text;
}

/* Name and value, each with the zero that ends it, so that no two lists run together alike. */
static void hash_text(XXH3_state_t *state, const char *name, const char *value)
{
	XXH3_128bits_update(state, name, strlen(name) + 1);
	XXH3_128bits_update(state, value, strlen(value) + 1);
}

static void hash_number(XXH3_state_t *state, const char *name, uint64_t number)
{
	char text[NUMBER];

	snprintf(text, sizeof(text), "%" PRIu64, number);
	hash_text(state, name, text);
}

static void hash_values(XXH3_state_t *state, const struct hd_option *specs,
                        const struct value *values)
{
	char number[NUMBER];

	for (size_t i = 0; values && specs && specs[i].name; i++) {
		if (option_is_text(specs + i)) {
			hash_text(state, specs[i].name, values[i].text);
			continue;
		}
		option_print(specs + i, values[i], number, sizeof(number));
		hash_text(state, specs[i].name, number);
	}
}

static void hash_case(XXH3_state_t *state, const struct plan_case *kase)
{
	const struct sampling *sampling = &kase->entry->sampling;

	hash_text(state, "workload", kase->workload->name);
	hash_values(state, kase->workload->params, kase->params);
	hash_text(state, "model", kase->model->name);
	hash_values(state, options_of(kase), kase->options);
	if (kase->label)
		hash_text(state, "label", kase->label);
	hash_number(state, kase->pus ? "pus" : "cores", kase->cores);
	hash_number(state, "placement", kase->placement);
	for (uint32_t i = 0; kase->placement == PLACEMENT_LIST && i < kase->cores; i++)
		hash_number(state, "pu", (uint64_t)kase->cpus[i]);
	hash_number(state, "generator_cores", kase->generator_cores);
	hash_number(state, "warmup_ms", sampling->warmup_ms);
	hash_number(state, "window_ms", sampling->window_ms);
	hash_number(state, "windows", sampling->windows);
	if (sampling->counters)
		hash_number(state, "counters", 1);
}

const char *plan_case_key(const struct plan_case *kase, char text[PLAN_KEY])
{
	XXH3_state_t *state = XXH3_createState();
	XXH128_hash_t hash;

	text[0] = '\0';
	if (!state) {
		memory_count_failure();
		return text;
	}
	XXH3_128bits_reset(state);
	hash_case(state, kase);
	hash = XXH3_128bits_digest(state);
	XXH3_freeState(state);
	snprintf(text, PLAN_KEY, "%016" PRIx64 "%016" PRIx64, (uint64_t)hash.high64,
	         (uint64_t)hash.low64);
	return text;
}
