/* SPDX-License-Identifier: MIT */
/* Changes of one place of the document from the command line: --set PLACE=VALUE. */
#include "config_read.h"

#include <stdlib.h>
#include <string.h>

/* One step of a place: ".key" or "[3]". */
struct step {
	bool item;
	size_t index;
	char key[WORDS_QUOTE];
};

/* Reads the next step and moves on. False where the place is not written right. */
static bool next_step(const char **place, bool first, struct step *step)
{
	const char *at = *place;
	char *end;
	size_t span;

	if (*at == '[') {
		step->item = true;
		if (at[1] < '0' || at[1] > '9')
			return false;
		step->index = strtoul(at + 1, &end, 10);
		*place = end + 1;
		return *end == ']';
	}
	if (!first && *at++ != '.')
		return false;
	span = strcspn(at, ".[");
	if (span == 0 || span >= sizeof(step->key))
		return false;
	step->item = false;
	memcpy(step->key, at, span);
	step->key[span] = '\0';
	*place = at + span;
	return true;
}

static bool is_section(const char *key)
{
	return strcmp(key, "sampling") == 0 || strcmp(key, "limits") == 0;
}

/* What the step leads to, NULL where nothing is there. */
static json_t *follow(json_t *from, const struct step *step)
{
	json_t *to;

	if (step->item)
		return json_array_get(from, step->index);
	to = json_object_get(from, step->key);
	if (!to && json_is_object(from) && is_section(step->key)) {
		json_object_set_new(from, step->key, json_object());
		to = json_object_get(from, step->key);
	}
	return to;
}

/* "thread-mutex" in a list of models is short for an object, which options can be put in. */
static json_t *widen(json_t *list, const struct step *step, json_t *item)
{
	if (!json_is_string(item) || !json_is_array(list))
		return item;
	item = json_pack("{s:O}", "model", item);
	if (item)
		json_array_set_new(list, step->index, item);
	return item;
}

static bool put(json_t *parent, const struct step *step, json_t *value)
{
	if (step->item && json_is_array(parent))
		return json_array_set(parent, step->index, value) == 0;
	if (!step->item && json_is_object(parent))
		return json_object_set(parent, step->key, value) == 0;
	return false;
}

static void set(json_t *root, const struct config_change *change, json_t *value,
                struct problems *problems)
{
	const char *at = change->place;
	json_t *parent = root, *next;
	struct step step;

	if (!next_step(&at, true, &step))
		goto misspelt;
	while (*at) {
		const char *reached = at;
		struct step last = step;

		if (!next_step(&at, false, &step))
			goto misspelt;
		next = follow(parent, &last);
		if (next && !step.item)
			next = widen(parent, &last, next);
		if (!next) {
			problems_add(problems, "--set %s: there is no %.*s", change->place,
			             (int)(reached - change->place), change->place);
			return;
		}
		parent = next;
	}
	if (!put(parent, &step, value))
		problems_add(problems, "--set %s: no such place; %s", change->place,
		             step.item ? "there is no such item"
		                       : "what it lies in is not an object");
	return;
misspelt:
	problems_add(problems,
	             "--set %s: must be a place such as sampling.rounds or "
	             "workloads[0].batch",
	             change->place);
}

void read_change(json_t *root, const struct config_change *change, struct problems *problems)
{
	json_t *value = json_loads(change->value, JSON_DECODE_ANY | JSON_REJECT_DUPLICATES, NULL);

	if (!value && strpbrk(change->value, "[{\"")) {
		problems_add(problems, "--set %s: \"%.64s\" is not valid JSON", change->place,
		             change->value);
		return;
	}
	if (!value)
		value = json_string(change->value);
	if (value)
		set(root, change, value, problems);
	else
		problems_add(problems, "--set %s: not valid UTF-8", change->place);
	json_decref(value);
}
