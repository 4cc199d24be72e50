/* SPDX-License-Identifier: MIT */
/* Changes of one place of the document from the command line: --set PLACE=VALUE. */
#include "config_read.h"

#include <stdio.h>
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

/* A change under way: where it was asked for, and who is told what is wrong with it. */
struct change {
	const char *place;
	char shown[PLACE]; /* the place as messages have it */
	struct problems *problems;
};

static void refuse(const struct change *change, const char *why)
{
	problems_add(change->problems, "--set %s: %s", change->shown, why);
}

static void refuse_place(const struct change *change)
{
	refuse(change, "must be a place such as sampling.rounds or workloads[0].batch");
}

static void refuse_missing(const struct change *change, size_t length)
{
	char missing[PLACE], shown[PLACE];

	snprintf(missing, sizeof(missing), "%.*s", (int)(length < PLACE ? length : PLACE - 1),
	         change->place);
	problems_add(change->problems, "--set %s: there is no %s", change->shown,
	             place_of_key(shown, "", missing));
}

/* Walks to what the last step is a part of. NULL where there is none, which is told. */
static json_t *find_parent(json_t *root, const struct change *change, struct step *step)
{
	const char *at = change->place;
	json_t *parent = root;

	if (!next_step(&at, true, step)) {
		refuse_place(change);
		return NULL;
	}
	while (*at) {
		size_t length = (size_t)(at - change->place);
		struct step last = *step;
		json_t *next;

		if (!next_step(&at, false, step)) {
			refuse_place(change);
			return NULL;
		}
		next = follow(parent, &last);
		if (next && !step->item)
			next = widen(parent, &last, next);
		if (!next) {
			refuse_missing(change, length);
			return NULL;
		}
		parent = next;
	}
	return parent;
}

static void set(json_t *root, const struct change *change, json_t *value)
{
	struct step step;
	json_t *parent = find_parent(root, change, &step);

	if (!parent || put(parent, &step, value))
		return;
	refuse(change, step.item ? "no such place; there is no such item"
	                         : "no such place; what it lies in is not an object");
}

void read_change(json_t *root, const struct config_change *asked, struct problems *problems)
{
	json_t *value = json_loads(asked->value, JSON_DECODE_ANY | JSON_REJECT_DUPLICATES, NULL);
	struct change change = {.place = asked->place, .problems = problems};
	char found[WORDS_QUOTE], why[WORDS_LINE];

	place_of_key(change.shown, "", asked->place);
	if (!value && strpbrk(asked->value, "[{\"")) {
		snprintf(why, sizeof(why), "%s is not valid JSON",
		         words_quote(asked->value, found));
		refuse(&change, why);
		return;
	}
	if (!value)
		value = json_string(asked->value);
	if (value)
		set(root, &change, value);
	else
		refuse(&change, "not valid UTF-8");
	json_decref(value);
}
