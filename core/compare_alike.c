/* SPDX-License-Identifier: MIT */
/* Whether two results may be compared, and in which words they differ. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "compare_parts.h"
#include "result_rows.h"

enum { SHOWN = 200 };

/* A value as it is told; what a result does not hold is "unknown". */
static const char *show(const json_t *value, char text[SHOWN])
{
	if (json_is_string(value)) {
		snprintf(text, SHOWN, "%s", json_string_value(value));
		text_clean(text);
	} else if (json_is_real(value)) {
		snprintf(text, SHOWN, "%g", json_real_value(value));
	} else if (json_is_integer(value)) {
		snprintf(text, SHOWN, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
	} else if (json_is_boolean(value)) {
		snprintf(text, SHOWN, "%s", json_is_true(value) ? "true" : "false");
	} else {
		snprintf(text, SHOWN, "unknown");
	}
	return text;
}

static void tell(struct problems *lines, const char *what, const json_t *base, const json_t *new)
{
	char old_text[SHOWN], new_text[SHOWN];

	problems_add(lines, "%s: %s in BASE, %s in NEW", what, show(base, old_text),
	             show(new, new_text));
}

/* "6.18.44" -> "6"; new reference. */
static json_t *kernel_of(const json_t *machine)
{
	const char *kernel = row_text(machine, "kernel");

	return *kernel ? json_sprintf("%.*s", (int)strcspn(kernel, "."), kernel) : json_null();
}

/* What only newer results record is compared where both do. */
static void compare_recorded(const json_t *base, const json_t *new, const char *key,
                             const char *what, struct problems *lines)
{
	const json_t *old = json_object_get(base, key), *now = json_object_get(new, key);

	if (old && now && !json_equal(old, now))
		tell(lines, what, old, now);
}

void compare_machines(const json_t *base, const json_t *new, struct problems *lines)
{
	static const struct {
		const char *key, *what;
	} traits[] = {
	        {"cpu_model", "CPU model"},
	        {"topology", "topology"},
	        {"cores_usable", "cores usable"},
	        {"pus_usable", "PUs usable"},
	        {"cpu_quota", "CPU quota"},
	        {"governor", "governor"},
	        {"smt", "SMT"},
	        {"virtualisation", "virtualisation"},
	};
	const json_t *base_machine = json_object_get(base, "machine"),
	             *new_machine = json_object_get(new, "machine");
	json_t *base_kernel = kernel_of(base_machine), *new_kernel = kernel_of(new_machine);

	compare_recorded(json_object_get(base, "tool"), json_object_get(new, "tool"),
	                 "plugin_interface", "plugin interface", lines);
	for (size_t i = 0; i < sizeof(traits) / sizeof(traits[0]); i++)
		compare_recorded(base_machine, new_machine, traits[i].key, traits[i].what, lines);
	if (!json_equal(base_kernel, new_kernel))
		tell(lines, "kernel's major version", base_kernel, new_kernel);
	json_decref(base_kernel);
	json_decref(new_kernel);
}

/* Also where neither has it. */
static bool is_equal(const json_t *base, const json_t *new, const char *key)
{
	const json_t *old = json_object_get(base, key), *now = json_object_get(new, key);

	return old == now || json_equal(old, now);
}

bool compare_is_same_run(const json_t *base, const json_t *new)
{
	static const char *const traits[] = {"name", "started", "seed", "elapsed_s"};
	const json_t *old = json_object_get(base, "run"), *now = json_object_get(new, "run");

	for (size_t i = 0; i < sizeof(traits) / sizeof(traits[0]); i++)
		if (!is_equal(old, now, traits[i]))
			return false;
	return is_equal(json_object_get(base, "machine"), json_object_get(new, "machine"),
	                "hostname") &&
	       json_object_get(old, "started");
}

/* Both add to a list of differences. */
static void add_changed(char text[COMPARE_TEXT], const char *what, const json_t *old,
                        const json_t *now)
{
	char old_text[SHOWN], new_text[SHOWN];

	if (json_equal(old, now) || ((!old || json_is_null(old)) && (!now || json_is_null(now))))
		return;
	if (json_is_array(old) || json_is_array(now))
		text_add(text, COMPARE_TEXT, "; ", "%s differ", what);
	else
		text_add(text, COMPARE_TEXT, "; ", "%s %s, now %s", what, show(old, old_text),
		         show(now, new_text));
}

/* Members of either object whose values are not the same. */
static void add_members(char text[COMPARE_TEXT], json_t *old, json_t *now)
{
	json_t *value;
	const char *key;

	json_object_foreach(old, key, value)
	{
		add_changed(text, key, value, json_object_get(now, key));
	}
	json_object_foreach(now, key, value)
	{
		if (!json_object_get(old, key))
			add_changed(text, key, NULL, value);
	}
}

/* Windows and warm-up of a workload, by the config that was in force. New reference. */
static json_t *sampling_of(const struct compare_result *result, const char *workload)
{
	static const char *const keys[] = {"warmup_ms", "window_ms", "windows"};
	const json_t *run = json_object_get(result->document, "run");
	const json_t *config = json_object_get(run, "config");
	json_t *sampling = json_object(), *entry;
	size_t i;

	for (i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		json_object_set(sampling, keys[i],
		                json_object_get(json_object_get(config, "sampling"), keys[i]));
	json_array_foreach(json_object_get(config, "workloads"), i, entry)
	{
		const json_t *own = json_object_get(entry, "sampling");

		if (strcmp(row_text(entry, "workload"), workload))
			continue;
		for (size_t k = 0; k < sizeof(keys) / sizeof(keys[0]); k++)
			if (json_object_get(own, keys[k]))
				json_object_set(sampling, keys[k], json_object_get(own, keys[k]));
	}
	return sampling;
}

void compare_settings(const struct compare_result *base, const json_t *base_case,
                      const struct compare_result *new, const json_t *new_case,
                      char text[COMPARE_TEXT])
{
	static const char *const objects[] = {"params", "options"};
	static const char *const members[] = {"label", "cores", "cpus", "generator_cpus"};
	json_t *old, *now;

	text[0] = '\0';
	for (size_t i = 0; i < sizeof(objects) / sizeof(objects[0]); i++)
		add_members(text, json_object_get(base_case, objects[i]),
		            json_object_get(new_case, objects[i]));
	for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++)
		add_changed(text, members[i], json_object_get(base_case, members[i]),
		            json_object_get(new_case, members[i]));
	old = sampling_of(base, row_text(base_case, "workload"));
	now = sampling_of(new, row_text(new_case, "workload"));
	add_members(text, old, now);
	json_decref(old);
	json_decref(now);
	if (!text[0])
		text_add(text, COMPARE_TEXT, "; ",
		         "something that results do not tell, such as the placement");
}
