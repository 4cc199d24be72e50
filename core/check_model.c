/* SPDX-License-Identifier: MIT */
#include "check_model.h"

#include <stdio.h>
#include <string.h>

#include "check_case.h"
#include "check_rig.h"
#include "clock.h"
#include "option.h"
#include "request.h"

enum { HANGS_MAX = 3 };

const struct check_property *check_find(const char *name)
{
	const struct check_property *property = check_properties;

	while (property->name && strcmp(property->name, name) != 0)
		property++;
	return property->name ? property : NULL;
}

/* One core alone plays two; all of them are a shape of their own where they are more. */
static bool is_to_be_tried(const struct check_spec *spec, const struct check_shape *shape)
{
	return shape->cores != CHECK_ALL_CORES || spec->cpu_count > 2;
}

/* ---- One property ---- */

/* The first of its requests that the model does not interpret; HD_DONE: there is none. */
static uint32_t lacks(const struct check_spec *spec, const struct check_property *property)
{
	uint64_t missing = property->ops & ~spec->model->info.ops;
	uint32_t op = HD_DONE;

	while (missing && !(missing & HD_CAN(op)))
		op++;
	return op;
}

/* NULL where there is something to see. */
static const char *why_skipped(const struct check *check, const struct check_property *property,
                               char text[CHECK_TEXT])
{
	uint32_t op = lacks(check->spec, property);

	if (check->broken) {
		snprintf(text, CHECK_TEXT, "\"%s\" fails", check->broken);
		return text;
	}
	if (check->hangs >= HANGS_MAX)
		return "three others hung";
	if (op != HD_DONE) {
		snprintf(text, CHECK_TEXT, "does not interpret %s", request_name(op));
		return text;
	}
	if (check->spec->does_nothing && property->ops)
		return "the model answers without doing, on purpose";
	return property->together && check->one_at_a_time ? "one job at a time" : NULL;
}

static int look_at(struct check *check, const struct check_property *property,
                   struct check_result *result, struct hd_error *err)
{
	const struct check_shape *shape = property->shapes;
	uint64_t began = clock_now_ns();
	char text[CHECK_TEXT];
	const char *why = why_skipped(check, property, text);
	int code = 0;

	*result = (struct check_result){.name = property->name};
	if (why)
		check_say(result, CHECK_SKIPPED, why);
	for (; !code && !why && shape->cores && result->status <= CHECK_TOLD; shape++)
		if (is_to_be_tried(check->spec, shape) &&
		    !(property->together && check->one_at_a_time))
			code = check_case(check, property, shape, result, err);
	if (result->status == CHECK_OK)
		check_say(result, CHECK_OK, property->promise);
	if (result->status == CHECK_FAILED)
		check->failing |= UINT64_C(1) << (property - check_properties);
	if (result->status == CHECK_FAILED &&
	    (property->look == check_opens || property->look == check_once))
		check->broken = property->name;
	result->elapsed_ns = clock_now_ns() - began;
	return code;
}

static bool is_wanted(const struct check_spec *spec, const char *name)
{
	for (uint32_t i = 0; i < spec->only_count; i++)
		if (strcmp(spec->only[i], name) == 0)
			return true;
	return spec->only_count == 0;
}

/* Much depends on it, so it is looked at in any case. */
static int find_out_whether_one_at_a_time(struct check *check, struct hd_error *err)
{
	static const struct check_shape crowd = {2, 4};
	struct check_result ignored = {0};

	if (check->spec->only_count == 0 || is_wanted(check->spec, "in-flight"))
		return 0;
	return check_case(check, check_find("in-flight"), &crowd, &ignored, err);
}

/* ---- Options ---- */

static struct check check_with(const struct check_spec *spec, struct keeper *keeper)
{
	struct check check = {.spec = spec, .keeper = keeper};

	for (uint32_t i = 0; i < spec->model->info.option_count; i++)
		check.values[i] = option_default(&spec->model->options[i]);
	return check;
}

/* The next value of an option that is to be tried, from *turn on; false: there is none. Texts are kept in word. */
static bool next_value(const struct hd_option *option, uint32_t *turn, struct value *value,
                       char word[MODEL_CHOICES])
{
	const char *rest = option->choices ? option->choices : "";
	uint32_t at = (*turn)++;
	bool is_number = option->kind == HD_OPTION_INT;

	*value = option_default(option);
	if (option->kind == HD_OPTION_FLAG) {
		value->number = at;
		return at < 2;
	}
	if (is_number && at < 2) {
		value->number = at ? option->max : option->min;
		return true;
	}
	at -= is_number ? 2 : 0;
	if (is_number)
		value->number = -1 - (int64_t)at;
	for (; at && *rest; at--) {
		rest += strcspn(rest, " ");
		rest += *rest == ' ';
	}
	snprintf(word, MODEL_CHOICES, "%.*s", (int)strcspn(rest, " "), rest);
	if (!is_number)
		value->text = word;
	return *rest != '\0' && option->kind != HD_OPTION_TEXT;
}

static void begin_option(struct check_result *result, const struct hd_option *option,
                         struct value value)
{
	char text[MODEL_CHOICES];

	*result = (struct check_result){.name = "option"};
	option_print(option, value, text, sizeof(text));
	snprintf(result->with, sizeof(result->with), "%.64s=%.80s", option->name, text);
	text_clean(result->with);
}

/* All properties again that are well by default; the first that fails is what is told. */
static int look_at_all(struct check *check, struct check_result *result, struct hd_error *err)
{
	const struct check_property *property = check_properties;
	struct check_result one = {0};
	int code = 0;

	for (; !code && property->name && one.status != CHECK_FAILED && !check->cannot_run;
	     property++)
		if (!property->once && !(check->failing >> (property - check_properties) & 1))
			code = look_at(check, property, &one, err);
	if (one.status != CHECK_FAILED) {
		check_say(result, check->cannot_run ? CHECK_SKIPPED : CHECK_OK,
		          check->cannot_run ? one.text : "all that is ok by default");
		return code;
	}
	result->status = CHECK_FAILED;
	result->failure = one.failure;
	result->tasks = one.tasks;
	result->cores = one.cores;
	snprintf(result->text, sizeof(result->text), "%s: %.*s", one.name, CHECK_LINE - 32,
	         one.text);
	return code;
}

static int look_at_option(const struct check *defaults, const struct hd_option *option,
                          check_tell *tell, void *data, struct hd_error *err)
{
	const struct check_spec *spec = defaults->spec;
	char word[MODEL_CHOICES];
	struct value value;
	uint32_t turn = 0;
	int code = 0;

	while (!code && next_value(option, &turn, &value, word)) {
		struct check check = check_with(spec, defaults->keeper);
		struct check_result result;
		uint64_t began = clock_now_ns();

		if (option_equal(option, value, option_default(option)))
			continue;
		check.values[option - spec->model->options] = value;
		check.one_at_a_time = defaults->one_at_a_time;
		check.failing = defaults->failing;
		begin_option(&result, option, value);
		code = look_at_all(&check, &result, err);
		result.elapsed_ns = clock_now_ns() - began;
		if (!code)
			tell(data, &result);
	}
	return code;
}

int check_model(const struct check_spec *spec, struct keeper *keeper, check_tell *tell, void *data,
                struct hd_error *err)
{
	struct check check = check_with(spec, keeper);
	const struct hd_option *option = spec->model->options;
	const struct check_property *property = check_properties;
	struct check_result result;
	int code = find_out_whether_one_at_a_time(&check, err);

	for (; !code && property->name; property++) {
		if (!is_wanted(spec, property->name))
			continue;
		code = look_at(&check, property, &result, err);
		if (!code)
			tell(data, &result);
	}
	if (!check.broken && is_wanted(spec, "option"))
		for (; !code && option->name; option++)
			code = look_at_option(&check, option, tell, data, err);
	return code;
}
