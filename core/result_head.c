/* SPDX-License-Identifier: MIT */
/* The first line of a journal: what a run can be told from another one by. */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <xxhash.h>

#include "digest.h"
#include "memory.h"
#include "result_document.h"
#include "result_value.h"

/* The same for the same cases in the same order: --only and --model choose them, not the config alone. */
static json_t *cases_digest(const struct plan *plan)
{
	XXH3_state_t *state = XXH3_createState();
	char key[PLAN_KEY];
	XXH128_hash_t hash;

	if (!state)
		return NULL;
	XXH3_128bits_reset(state);
	for (size_t i = 0; i < plan->count; i++)
		XXH3_128bits_update(state, plan_case_key(&plan->cases[i], key), PLAN_KEY);
	hash = XXH3_128bits_digest(state);
	XXH3_freeState(state);
	return json_sprintf("%016" PRIx64 "%016" PRIx64, (uint64_t)hash.high64,
	                    (uint64_t)hash.low64);
}

static json_t *plugin_digests(const struct plan *plan)
{
	json_t *object = json_object();

	for (size_t i = 0; i < plan->count; i++) {
		const struct model *model = plan->cases[i].model;

		json_object_set_new(object, model->name, json_text_or_null(model->sha256));
	}
	return object;
}

/* The build, and the very file: a checkout that was changed has one revision for many builds. */
static json_t *tool(void)
{
	json_t *object = result_tool_json();
	char hex[DIGEST_TEXT];

	(void)digest_file("/proc/self/exe", hex);
	json_object_set_new(object, "sha256", json_text_or_null(hex));
	return object;
}

/* What stays as it is while a machine is the same and is set as it was; loads and times are left out. */
static json_t *machine_class(const struct result_run *run)
{
	static const char *const keys[] = {
	        "hostname", "cpu_model",    "architecture", "kernel",         "topology",
	        "cpuset",   "cores_usable", "pus_usable",   "cpu_quota",      "governor",
	        "turbo",    "smt",          "clock_source", "virtualisation", "caches",
	};
	json_t *machine = result_machine_json(run->machine, run->topology), *chosen = json_object();

	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		json_object_set(chosen, keys[i], json_object_get(machine, keys[i]));
	json_decref(machine);
	return chosen;
}

static json_t *arguments_json(const char *const *arguments)
{
	json_t *array = json_array();

	for (; arguments && *arguments; arguments++)
		json_array_append_new(array, json_any_text(*arguments));
	return array;
}

/* NULL where it cannot be told: somebody may have removed it. */
static char *folder_now(void)
{
	char *folder = get_current_dir_name();

	if (!folder && errno == ENOMEM)
		memory_count_failure();
	return folder;
}

json_t *journal_head(const struct plan *plan, const struct result_run *run)
{
	char *folder = folder_now();
	json_t *config = json_loads(plan->config->json, JSON_DECODE_ANY, NULL), *head;

	head = json_pack("{s:s, s:i, s:s, s:I, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "format",
	                 "heddle-journal", "version", JOURNAL_VERSION, "started", run->started,
	                 "seed", (json_int_t)run->seed, "folder",
	                 json_any_text(folder ? folder : ""), "arguments",
	                 arguments_json(run->arguments), "config", config ? config : json_null(),
	                 "cases", cases_digest(plan), "tool", tool(), "plugins",
	                 plugin_digests(plan), "machine", machine_class(run));
	free(folder);
	return head;
}

int journal_begin(struct journal *journal, const struct plan *plan, const struct result_run *run,
                  struct hd_error *err)
{
	size_t failures = memory_failures();
	json_t *head = journal_head(plan, run);

	if (memory_failures() == failures)
		return journal_put(journal, head, err);
	json_decref(head);
	return hd_error(err, -ENOMEM, "out of memory");
}

/* ---- Against another run's --------------------------------------------------------------------- */

static const char *show(const json_t *value, char text[64])
{
	char *dumped = memory_dump(value, JSON_COMPACT | JSON_ENCODE_ANY);

	text[0] = '\0';
	text_add(text, 64, "", "%s", dumped ? dumped : "nothing");
	free(dumped);
	text_clean(text);
	return text;
}

static void tell(const char *place, const json_t *then, const json_t *now,
                 struct problems *problems)
{
	char was[64], is[64];

	problems_add(problems, "%s: %s then, %s now", place, show(then, was), show(now, is));
}

static void compare(const char *place, json_t *then, json_t *now, struct problems *);

static void compare_objects(const char *place, json_t *then, json_t *now, struct problems *problems)
{
	json_t *value;
	const char *key;
	char of_key[256];

	json_object_foreach(then, key, value)
	{
		snprintf(of_key, sizeof(of_key), "%s.%s", place, key);
		compare(of_key, value, json_object_get(now, key), problems);
	}
	json_object_foreach(now, key, value)
	{
		snprintf(of_key, sizeof(of_key), "%s.%s", place, key);
		if (!json_object_get(then, key))
			tell(of_key, NULL, value, problems);
	}
}

static void compare_arrays(const char *place, json_t *then, json_t *now, struct problems *problems)
{
	char of_item[256];

	for (size_t i = 0; i < json_array_size(then); i++) {
		snprintf(of_item, sizeof(of_item), "%s[%zu]", place, i);
		compare(of_item, json_array_get(then, i), json_array_get(now, i), problems);
	}
}

/* As deep as the difference is. */
static void compare(const char *place, json_t *then, json_t *now, struct problems *problems)
{
	if (then && now && json_equal(then, now))
		return;
	if (json_is_object(then) && json_is_object(now))
		compare_objects(place, then, now, problems);
	else if (json_is_array(then) && json_array_size(then) == json_array_size(now))
		compare_arrays(place, then, now, problems);
	else
		tell(place, then, now, problems);
}

void journal_compare_heads(json_t *then, json_t *now, struct problems *problems)
{
	static const char *const parts[] = {"config", "tool", "plugins", "machine"};
	json_t *cases = json_object_get(then, "cases");

	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
		compare(parts[i], json_object_get(then, parts[i]), json_object_get(now, parts[i]),
		        problems);
	if (!problems->count && !json_equal(cases, json_object_get(now, "cases")))
		problems_add(problems,
		             "the cases: others are chosen now (--only, --model, --cores, "
		             "--with-empty), or in another order");
}
