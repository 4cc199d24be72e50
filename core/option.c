/* SPDX-License-Identifier: MIT */
#include "option.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

size_t option_count(const struct hd_option *options)
{
	size_t count = 0;

	while (options && options[count].name)
		count++;
	return count;
}

int option_find(const struct hd_option *options, const char *name)
{
	for (int i = 0; options && options[i].name; i++)
		if (strcmp(options[i].name, name) == 0)
			return i;
	return -1;
}

struct value option_default(const struct hd_option *option)
{
	return (struct value){.number = option->value, .text = option->text ? option->text : ""};
}

bool option_equal(const struct hd_option *option, struct value a, struct value b)
{
	return option_is_text(option) ? strcmp(a.text, b.text) == 0 : a.number == b.number;
}

static bool is_choice(const char *choices, const char *word)
{
	size_t length = strlen(word);

	while (choices && *choices) {
		size_t span = strcspn(choices, " ");

		if (span == length && strncmp(choices, word, span) == 0)
			return true;
		choices += span + (choices[span] == ' ');
	}
	return false;
}

const char *option_refuses(const struct hd_option *option, struct value value, char *text,
                           size_t size)
{
	switch (option->kind) {
	case HD_OPTION_INT:
		if (value.number >= option->min && value.number <= option->max)
			return NULL;
		snprintf(text, size, "%" PRId64 " to %" PRId64, option->min, option->max);
		return text;
	case HD_OPTION_FLAG:
		if (value.number == 0 || value.number == 1)
			return NULL;
		snprintf(text, size, "true or false");
		return text;
	case HD_OPTION_CHOICE:
		if (is_choice(option->choices, value.text))
			return NULL;
		snprintf(text, size, "one of: %s", option->choices ? option->choices : "");
		return text;
	default:
		return NULL;
	}
}

void option_print(const struct hd_option *option, struct value value, char *text, size_t size)
{
	if (option_is_text(option))
		snprintf(text, size, "%s", value.text);
	else if (option->kind == HD_OPTION_FLAG)
		snprintf(text, size, "%s", value.number ? "true" : "false");
	else
		snprintf(text, size, "%" PRId64, value.number);
}
