/* SPDX-License-Identifier: MIT */
#include "error.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "memory.h"

int hd_error(struct hd_error *err, int code, const char *format, ...)
{
	va_list args;

	if (!err || err->code)
		return code;
	err->code = code;
	va_start(args, format);
	vsnprintf(err->text, sizeof(err->text), format, args);
	va_end(args);
	text_clean(err->text);
	return code;
}

void problems_add(struct problems *problems, const char *format, ...)
{
	char **lines = realloc(problems->lines, (problems->count + 1) * sizeof(*lines));
	va_list args;
	char *line;
	int length;

	if (!lines) {
		memory_count_failure();
		return;
	}
	problems->lines = lines;
	va_start(args, format);
	length = vasprintf(&line, format, args);
	va_end(args);
	if (length < 0) {
		memory_count_failure();
		return;
	}
	text_clean(line);
	lines[problems->count++] = line;
}

void problems_free(struct problems *problems)
{
	for (size_t i = 0; i < problems->count; i++)
		free(problems->lines[i]);
	free(problems->lines);
	*problems = (struct problems){0};
}

void text_add(char *text, size_t size, const char *separator, const char *format, ...)
{
	static const char cut[] = "...";
	size_t used = strlen(text), needed;
	va_list args;

	needed = used + (size_t)snprintf(text + used, size - used, "%s", used ? separator : "");
	used = strlen(text);
	va_start(args, format);
	needed += (size_t)vsnprintf(text + used, size - used, format, args);
	va_end(args);
	if (needed >= size && size >= sizeof(cut))
		memcpy(text + size - sizeof(cut), cut, sizeof(cut));
}

void text_clean(char *text)
{
	for (unsigned char *c = (unsigned char *)text; *c; c++)
		if (*c < 0x20 || *c == 0x7f)
			*c = '?';
		else if (c[0] == 0xc2 && c[1] >= 0x80 && c[1] < 0xa0) /* two bytes of UTF-8 */
			c[0] = c[1] = '?';
}

void text_whole(char *text)
{
	size_t length = strlen(text), first = length;
	unsigned char lead;

	while (first && ((unsigned char)text[first - 1] & 0xc0) == 0x80)
		first--;
	if (!first--)
		return;
	lead = (unsigned char)text[first];
	if (length - first < (lead >= 0xf0 ? 4u : lead >= 0xe0 ? 3u : lead >= 0xc0 ? 2u : 1u))
		text[first] = '\0';
}

enum { LONGEST_NAME = 64 };

static size_t least(size_t a, size_t b)
{
	return a < b ? a : b;
}

/* Inserted, deleted, replaced and swapped letters (Levenshtein; optimal string alignment), row by row. */
static size_t edit_distance(const char *a, const char *b)
{
	size_t rows[3][LONGEST_NAME + 1], length = strlen(b);

	for (size_t j = 0; j <= length; j++)
		rows[0][j] = j;
	for (size_t i = 1; a[i - 1]; i++) {
		size_t *row = rows[i % 3], *above = rows[(i + 2) % 3], *before = rows[(i + 1) % 3];

		row[0] = i;
		for (size_t j = 1; j <= length; j++) {
			row[j] = least(above[j - 1] + (a[i - 1] != b[j - 1]),
			               least(above[j], row[j - 1]) + 1);
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
				row[j] = least(row[j], before[j - 2] + 1);
		}
	}
	return rows[strlen(a) % 3][length];
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
