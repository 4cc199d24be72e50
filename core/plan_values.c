/* SPDX-License-Identifier: MIT */
/* Values of parameters and options: what is allowed, and all their combinations. */
#include "plan_make.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { MOST_NAMES = 128, CHOICES = 512 };

/* What a setting gives one of the specs: the values of the matrix along this axis. */
struct axis {
	size_t count;
	const struct config_setting *setting; /* NULL: the default alone */
};

static void refuse_unknown(struct maker *maker, const struct hd_option *specs,
                           const struct config_setting *setting, const struct matrix_names *names)
{
	const char *known[MOST_NAMES + 1];
	char hint[WORDS_LINE];
	size_t count = 0;

	for (size_t i = 0; specs && specs[i].name && count < MOST_NAMES; i++)
		known[count++] = specs[i].name;
	for (size_t i = 0; names->keys[i] && count < MOST_NAMES; i++)
		known[count++] = names->keys[i];
	known[count] = NULL;
	plan_problem(maker, setting->place, "unknown %s of %s; %s", names->kind, names->owner,
	             words_suggest(setting->name, known, "known", hint));
}

/* A number that is not whole is one of the words that an option knows, or nothing. */
static bool is_word(const struct config_value *value)
{
	return value->kind == CONFIG_TEXT || value->kind == CONFIG_REAL;
}

static bool fits_kind(const struct hd_option *spec, const struct config_value *value)
{
	int64_t number;

	if (is_word(value) && option_read_word(spec, value->value.text, &number))
		return true;
	if (option_is_text(spec))
		return value->kind == CONFIG_TEXT;
	return value->kind == (spec->kind == HD_OPTION_FLAG ? CONFIG_FLAG : CONFIG_INT);
}

/* "; did you mean ..." for a word that is not among the choices. */
static const char *suggest_choice(const struct hd_option *spec, const char *word,
                                  char out[WORDS_LINE])
{
	const char *names[MOST_NAMES + 1];
	char words[CHOICES], *rest = words, *name;
	size_t count = 0;

	snprintf(words, sizeof(words), "%s", spec->choices ? spec->choices : "");
	while ((name = strsep(&rest, " ")) && count < MOST_NAMES)
		if (*name)
			names[count++] = name;
	names[count] = NULL;
	return words_suggest(word, names, "one of", out);
}

static const char *allowed_of(const struct hd_option *spec, const char *found, char out[WORDS_LINE])
{
	static const struct value empty = {.text = ""};
	char range[WORDS_LINE / 2];

	switch (spec->kind) {
	case HD_OPTION_CHOICE:
		if (found)
			return suggest_choice(spec, found, out);
		option_refuses(spec, empty, range, sizeof(range));
		snprintf(out, WORDS_LINE, "must be %s", range);
		return out;
	case HD_OPTION_FLAG:
		return "must be true or false";
	case HD_OPTION_INT:
		snprintf(out, WORDS_LINE, "must be a whole number, %" PRId64 " to %" PRId64 "%s%s",
		         spec->min, spec->max, option_has_words(spec) ? ", or one of: " : "",
		         option_has_words(spec) ? spec->choices : "");
		return out;
	default:
		return "must be text";
	}
}

/* A number that a config gives is never a word's. */
static bool refuses(const struct hd_option *spec, const struct config_value *value)
{
	char range[WORDS_LINE];

	if (value->kind == CONFIG_INT && value->value.number < spec->min)
		return true;
	if (is_word(value) && !option_is_text(spec))
		return false;
	return option_refuses(spec, value->value, range, sizeof(range)) != NULL;
}

static void check_values(struct maker *maker, const struct hd_option *spec,
                         const struct config_setting *setting)
{
	char found[WORDS_QUOTE], allowed[WORDS_LINE], more[32] = "";
	const struct config_value *first = NULL;
	size_t refused = 0;

	for (size_t i = 0; i < setting->count; i++) {
		const struct config_value *value = setting->values + i;

		if (fits_kind(spec, value) && !refuses(spec, value))
			continue;
		first = first ? first : value;
		refused++;
	}
	if (!first)
		return;
	if (refused > 1)
		snprintf(more, sizeof(more), " and %zu more", refused - 1);
	plan_problem(maker, setting->place, "%s%s; %s", config_describe(first, found), more,
	             allowed_of(spec, fits_kind(spec, first) ? first->value.text : NULL, allowed));
}

/* Paths are relative to the config, so that it means the same wherever heddle was started. */
static struct value value_of(struct maker *maker, const struct hd_option *spec,
                             const struct axis *axis, size_t i, bool paths)
{
	struct value value;

	if (!axis->setting)
		return option_default(spec);
	value = axis->setting->values[i].value;
	if (is_word(&axis->setting->values[i]) && !option_is_text(spec))
		option_read_word(spec, value.text, &value.number);
	if (paths && spec->kind == HD_OPTION_TEXT && value.text[0] && value.text[0] != '/')
		value.text = pool_format(maker->pool, "%s/%s", maker->config->folder, value.text);
	if (option_is_text(spec) && !value.text)
		value.text = "";
	return value;
}

/* The first axis turns slowest, as the dimensions stand in the schema. */
static bool spell_out(struct maker *maker, const struct hd_option *specs, const struct axis *axes,
                      const struct matrix_names *names, struct matrix *matrix)
{
	struct value *values =
	        pool_zalloc(maker->pool, matrix->sets, matrix->width * sizeof(*values));
	size_t repeat = matrix->sets;

	if (!values)
		return false;
	for (size_t axis = 0; axis < matrix->width; axis++) {
		repeat /= axes[axis].count;
		for (size_t i = 0; i < axes[axis].count; i++) {
			struct value value =
			        value_of(maker, specs + axis, axes + axis, i, names->paths);

			for (size_t set = 0; set < matrix->sets; set++)
				if (set / repeat % axes[axis].count == i)
					values[set * matrix->width + axis] = value;
		}
	}
	matrix->values = values;
	return true;
}

static bool put_setting(struct maker *maker, const struct hd_option *specs,
                        const struct config_setting *setting, const struct matrix_names *names,
                        struct axis *axes)
{
	size_t before = maker->problems->count;
	int i = option_find(specs, setting->name);

	if (i < 0) {
		refuse_unknown(maker, specs, setting, names);
		return false;
	}
	check_values(maker, specs + i, setting);
	axes[i] = (struct axis){setting->count, setting};
	return maker->problems->count == before;
}

bool plan_matrix(struct maker *maker, const struct hd_option *specs,
                 const struct config_settings *settings, const struct matrix_names *names,
                 struct matrix *matrix)
{
	struct axis *axes;
	bool good = true;

	*matrix = (struct matrix){.width = option_count(specs), .sets = 1};
	axes = pool_zalloc(maker->pool, matrix->width, sizeof(*axes));
	if (!axes)
		return false;
	for (size_t i = 0; i < matrix->width; i++)
		axes[i].count = 1;
	for (size_t i = 0; i < settings->count; i++)
		good &= put_setting(maker, specs, settings->items + i, names, axes);
	if (!good)
		return false;
	for (size_t i = 0; i < matrix->width; i++) {
		matrix->sets *= axes[i].count;
		if (matrix->sets <= PLAN_CASES)
			continue;
		plan_problem(maker, names->place, "more than %d combinations of its %ss",
		             PLAN_CASES, names->kind);
		return false;
	}
	return spell_out(maker, specs, axes, names, matrix);
}
