/* SPDX-License-Identifier: MIT */
#include "words.h"

#include <stdio.h>
#include <string.h>

#include "error.h"

enum { LONGEST = 72, CANDIDATES = 256, PART = 64 };

static bool is_control(const unsigned char *c)
{
	return *c < 0x20 || *c == 0x7f || (c[0] == 0xc2 && c[1] >= 0x80 && c[1] < 0xa0);
}

const char *words_quote(const char *text, char out[WORDS_QUOTE])
{
	const unsigned char *from = (const unsigned char *)text;
	size_t length = strlen(text), shown = length, at = 0;

	if (length > LONGEST) {
		shown = LONGEST;
		while (shown && (from[shown] & 0xc0) == 0x80)
			shown--; /* never half a character */
	}
	out[at++] = '"';
	for (size_t i = 0; i < shown; i++) {
		bool control = is_control(from + i);

		out[at++] = control ? '?' : (char)from[i];
		i += control && from[i] == 0xc2;
	}
	snprintf(out + at, WORDS_QUOTE - at, "%s\"", shown < length ? "..." : "");
	return out;
}

struct candidates {
	size_t count;
	const char *names[CANDIDATES + 1], *whole[CANDIDATES];
	char parts[CANDIDATES][PART];
};

static void add_candidate(struct candidates *all, const char *name, const char *whole)
{
	if (all->count == CANDIDATES)
		return;
	all->whole[all->count] = whole;
	all->names[all->count++] = name;
}

/* The names, and where one has several parts, each of them. */
static void collect(struct candidates *all, const char *const *names)
{
	for (const char *const *name = names; *name; name++)
		add_candidate(all, *name, *name);
	for (const char *const *name = names; *name; name++) {
		const char *part = *name;
		size_t span = strcspn(part, "-_");

		if (!part[span])
			continue;
		for (; *part && all->count < CANDIDATES; span = strcspn(part, "-_")) {
			char *copy = all->parts[all->count];

			if (span > 2 && span < PART) {
				memcpy(copy, part, span);
				add_candidate(all, copy, *name);
			}
			part += span + (part[span] != '\0');
		}
	}
	all->names[all->count] = NULL;
}

static const char *nearest(const char *word, const char *const *names)
{
	struct candidates all = {0};
	const char *found;

	collect(&all, names);
	found = nearest_name(word, all.names);
	for (size_t i = 0; found && i < all.count; i++)
		if (all.names[i] == found)
			return all.whole[i];
	return NULL;
}

const char *words_suggest(const char *word, const char *const *names, const char *list,
                          char out[WORDS_LINE])
{
	const char *near = strlen(word) < PART ? nearest(word, names) : NULL;
	size_t at = 0;

	out[0] = '\0';
	if (near)
		at = (size_t)snprintf(out, WORDS_LINE, "did you mean \"%.64s\"? (", near);
	at += (size_t)snprintf(out + at, WORDS_LINE - at, "%s:", list);
	for (; *names; names++) {
		size_t room = WORDS_LINE - at;

		if (strlen(*names) + 8 > room) {
			at += (size_t)snprintf(out + at, room, " ...");
			break;
		}
		at += (size_t)snprintf(out + at, room, " %s", *names);
	}
	snprintf(out + at, WORDS_LINE - at, "%s", near ? ")" : "");
	return out;
}

bool words_is_one_of(const char *word, const char *const *names)
{
	while (*names && strcmp(*names, word) != 0)
		names++;
	return *names;
}

bool words_has_item(const char *items, const char *word)
{
	size_t length = strlen(word);

	for (const char *at = items; at; at = strchr(at, ',')) {
		at += strspn(at, ", ");
		if (strncmp(at, word, length) == 0 && (at[length] == ',' || !at[length]))
			return true;
	}
	return false;
}
