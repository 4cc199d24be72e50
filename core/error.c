/* SPDX-License-Identifier: MIT */
#include "error.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int hd_error(struct hd_error *err, int code, const char *format, ...)
{
	va_list args;

	if (!err || err->code)
		return code;
	err->code = code;
	va_start(args, format);
	vsnprintf(err->text, sizeof(err->text), format, args);
	va_end(args);
	return code;
}

void problems_add(struct problems *problems, const char *format, ...)
{
	char **lines = realloc(problems->lines, (problems->count + 1) * sizeof(*lines));
	va_list args;
	char *line;
	int length;

	if (!lines)
		return;
	problems->lines = lines;
	va_start(args, format);
	length = vasprintf(&line, format, args);
	va_end(args);
	if (length >= 0)
		lines[problems->count++] = line;
}

void problems_free(struct problems *problems)
{
	for (size_t i = 0; i < problems->count; i++)
		free(problems->lines[i]);
	free(problems->lines);
	*problems = (struct problems){0};
}

void text_clean(char *text)
{
	for (; *text; text++)
		if ((unsigned char)*text < 0x20 || *text == 0x7f)
			*text = '?';
}

enum { LONGEST_NAME = 64 };

static size_t least(size_t a, size_t b)
{
	return a < b ? a : b;
}

/* Levenshtein's distance, one row of the table at a time. */
static size_t edit_distance(const char *a, const char *b)
{
	size_t row[LONGEST_NAME + 1], length = strlen(b);

	for (size_t j = 0; j <= length; j++)
		row[j] = j;
	for (size_t i = 0; a[i]; i++) {
		size_t diagonal = row[0];

		row[0] = i + 1;
		for (size_t j = 0; j < length; j++) {
			size_t replaced = diagonal + (a[i] != b[j]);

			diagonal = row[j + 1];
			row[j + 1] = least(replaced, least(row[j], row[j + 1]) + 1);
		}
	}
	return row[length];
}

const char *nearest_name(const char *word, const char *const *names)
{
	const char *nearest = NULL;
	size_t best = (strlen(word) + 2) / 3 + 1; /* further off is another word, not a slip */

	for (; *names; names++) {
		size_t distance;

		if (strlen(*names) > LONGEST_NAME)
			continue;
		/* A beginning that was cut short is a slip as well. */
		if (strlen(word) >= 3 && strncmp(*names, word, strlen(word)) == 0)
			return *names;
		distance = edit_distance(word, *names);
		if (distance < best) {
			best = distance;
			nearest = *names;
		}
	}
	return nearest;
}
