/* SPDX-License-Identifier: MIT */
/* What the command line leaves of the matrix: --only, --cores. */
#include "plan_make.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_KEYS = 255 };

/* KEY=VALUE taken apart; a case's name alone has the key "name", its key alone "key". */
struct only {
	char key[64];
	const char *value;
};

static bool take_apart(const char *text, struct only *only)
{
	const char *equals = strchr(text, '='), *slash = strchr(text, '/');
	size_t length = equals ? (size_t)(equals - text) : 0;

	only->value = text;
	if (slash && (!equals || slash < equals)) {
		snprintf(only->key, sizeof(only->key), "name");
		return true;
	}
	if (!equals && strlen(text) == PLAN_KEY - 1) {
		snprintf(only->key, sizeof(only->key), "key");
		return true;
	}
	if (length == 0 || length >= sizeof(only->key))
		return false;
	memcpy(only->key, text, length);
	only->key[length] = '\0';
	only->value = equals + 1;
	return true;
}

static bool has_value(const struct hd_option *specs, const struct value *values,
                      const struct only *only)
{
	char text[32];
	int i = values ? option_find(specs, only->key) : -1;

	if (i < 0)
		return false;
	if (option_is_text(specs + i))
		return strcmp(values[i].text, only->value) == 0;
	option_print(specs + i, values[i], text, sizeof(text));
	return strcmp(text, only->value) == 0;
}

static bool matches(const struct only *only, const struct plan_case *kase)
{
	const struct hd_option *options =
	        kase->model->status == STATUS_OK ? kase->model->options : NULL;
	char text[PLAN_NAME];

	if (strcmp(only->key, "workload") == 0)
		return strcmp(kase->workload->name, only->value) == 0;
	if (strcmp(only->key, "model") == 0)
		return strcmp(kase->model->name, only->value) == 0;
	if (strcmp(only->key, "label") == 0)
		return kase->label && strcmp(kase->label, only->value) == 0;
	if (strcmp(only->key, "name") == 0)
		return strcmp(plan_case_name(kase, text), only->value) == 0;
	if (strcmp(only->key, "key") == 0)
		return strcmp(plan_case_key(kase, text), only->value) == 0;
	if (strcmp(only->key, "cores") == 0) {
		snprintf(text, sizeof(text), "%" PRIu32, kase->cores);
		return strcmp(text, only->value) == 0;
	}
	return has_value(kase->workload->params, kase->params, only) ||
	       has_value(options, kase->options, only);
}

bool plan_filter_wants(const struct plan_filter *filter, const struct workload *workload)
{
	bool named = false;
	struct only only;

	for (size_t i = 0; i < filter->only_count; i++) {
		take_apart(filter->only[i], &only);
		if (strcmp(only.key, "workload") != 0)
			continue;
		if (strcmp(only.value, workload->name) == 0)
			return true;
		named = true;
	}
	return !named;
}

/* Values of the same key are alternatives; each key must have one that matches. */
bool plan_filter_keeps(const struct plan_filter *filter, const struct plan_case *kase)
{
	struct only only, other;

	for (size_t i = 0; i < filter->only_count; i++) {
		bool match = false;

		take_apart(filter->only[i], &only);
		for (size_t j = 0; !match && j < filter->only_count; j++) {
			take_apart(filter->only[j], &other);
			match = strcmp(only.key, other.key) == 0 && matches(&other, kase);
		}
		if (!match)
			return false;
	}
	return true;
}

static void add_keys(const struct hd_option *specs, const char **keys, size_t *count)
{
	for (size_t i = 0; specs && specs[i].name && *count < MOST_KEYS; i++) {
		size_t same = 0;

		while (same < *count && strcmp(keys[same], specs[i].name) != 0)
			same++;
		if (same == *count)
			keys[(*count)++] = specs[i].name;
	}
}

static void check_only(struct maker *maker, const char *text, const char *const *keys)
{
	char found[WORDS_QUOTE], hint[WORDS_LINE];
	struct only only;

	if (!take_apart(text, &only)) {
		plan_problem(maker, "--only", "%s; must be KEY=VALUE or the name of a case",
		             words_quote(text, found));
		return;
	}
	for (const char *const *key = keys; *key; key++)
		if (strcmp(*key, only.key) == 0)
			return;
	plan_problem(maker, "--only", "unknown key %s; %s", words_quote(only.key, found),
	             words_suggest(only.key, keys, "known", hint));
}

/* Keys are those of the workloads and models that the config names. */
void plan_check_filter(struct maker *maker)
{
	const char *keys[MOST_KEYS + 1] = {"workload", "model", "label", "cores", "name", "key"};
	const struct config *config = maker->config;
	size_t count = 6;

	for (size_t i = 0; i < config->workload_count; i++) {
		const char *name = config->workloads[i].workload;
		const struct workload *workload = name ? workload_find(name) : NULL;

		add_keys(workload ? workload->params : NULL, keys, &count);
	}
	for (size_t i = 0; i < maker->asked_count; i++)
		if (maker->asked[i]->status == STATUS_OK)
			add_keys(maker->asked[i]->options, keys, &count);
	keys[count] = NULL;
	for (size_t i = 0; i < maker->filter->only_count; i++)
		check_only(maker, maker->filter->only[i], keys);
}

static bool parse_list(struct maker *maker, const char *text, struct config_cores *cores)
{
	char *words = pool_text(maker->pool, text), *word;

	cores->list = pool_zalloc(maker->pool, strlen(text) + 1, sizeof(*cores->list));
	if (!words || !cores->list)
		return false;
	while ((word = strsep(&words, ",")))
		if (!config_read_count(word, cores->list + cores->count++))
			return false;
	return true;
}

bool plan_parse_cores(struct maker *maker, const char *text, struct config_cores *cores)
{
	char found[WORDS_QUOTE];

	*cores = (struct config_cores){.given = true, .kind = CORES_LIST};
	cores->place = pool_text(maker->pool, "--cores");
	if (config_read_cores(text, &cores->kind) || parse_list(maker, text, cores))
		return true;
	plan_problem(maker, "--cores",
	             "%s; must be \"pow2\", \"all\" or numbers, percentages and \"max\" with "
	             "commas between: 1,50%%,max",
	             words_quote(text, found));
	return false;
}
