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

/* The place of a word among others with blanks between, from 0; -1 where it is none of them. */
static int place_of(const char *choices, const char *word)
{
	size_t length = strlen(word);

	for (int place = 0; choices && *choices; place++) {
		size_t span = strcspn(choices, " ");

		if (span == length && strncmp(choices, word, span) == 0)
			return place;
		choices += span + (choices[span] == ' ');
	}
	return -1;
}

bool option_has_words(const struct hd_option *option)
{
	return option->kind == HD_OPTION_INT && option->choices && option->choices[0];
}

bool option_read_word(const struct hd_option *option, const char *word, int64_t *number)
{
	int place = option_has_words(option) ? place_of(option->choices, word) : -1;

	*number = -1 - place;
	return place >= 0;
}

int option_word(const struct hd_option *option, struct value value, const char **word)
{
	*word = option_has_words(option) && value.number < 0 ? option->choices : "";
	for (int64_t place = -1 - value.number; place > 0 && **word; place--) {
		*word += strcspn(*word, " ");
		*word += **word == ' ';
	}
	return (int)strcspn(*word, " ");
}

static const char *int_refuses(const struct hd_option *option, struct value value, char *text,
                               size_t size)
{
	const char *word;

	if ((value.number >= option->min && value.number <= option->max) ||
	    option_word(option, value, &word))
		return NULL;
	snprintf(text, size, "%" PRId64 " to %" PRId64 "%s%s", option->min, option->max,
	         option_has_words(option) ? ", or one of: " : "",
	         option_has_words(option) ? option->choices : "");
	return text;
}

const char *option_refuses(const struct hd_option *option, struct value value, char *text,
                           size_t size)
{
	switch (option->kind) {
	case HD_OPTION_INT:
		return int_refuses(option, value, text, size);
	case HD_OPTION_FLAG:
		if (value.number == 0 || value.number == 1)
			return NULL;
		snprintf(text, size, "true or false");
		return text;
	case HD_OPTION_CHOICE:
		if (place_of(option->choices, value.text) >= 0)
			return NULL;
		snprintf(text, size, "one of: %s", option->choices ? option->choices : "");
		return text;
	default:
		return NULL;
	}
}

void option_print(const struct hd_option *option, struct value value, char *text, size_t size)
{
	const char *word = value.text;
	int length = option_is_text(option) ? 0 : option_word(option, value, &word);

	if (option_is_text(option))
		snprintf(text, size, "%s", value.text);
	else if (option->kind == HD_OPTION_FLAG)
		snprintf(text, size, "%s", value.number ? "true" : "false");
	else if (length)
		snprintf(text, size, "%.*s", length, word);
	else
		snprintf(text, size, "%" PRId64, value.number);
}
