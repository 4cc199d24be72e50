/* SPDX-License-Identifier: MIT */
#include "nesting.h"

static void look_into_string(struct nesting *nesting, char c)
{
	nesting->length++;
	if (nesting->escaped)
		nesting->escaped = false;
	else if (c == '\\')
		nesting->escaped = true;
	else if (c == '"')
		nesting->in_string = false;
}

static void look_outside(struct nesting *nesting, char c)
{
	if (c == '"') {
		nesting->in_string = true;
		nesting->length = 0;
	} else if (c == '[' || c == '{') {
		nesting->depth++;
	} else if ((c == ']' || c == '}') && nesting->depth) {
		nesting->depth--;
	}
}

static const char *refused(const struct nesting *nesting)
{
	if (nesting->depth > NESTING_MOST)
		return "nested more than 64 deep";
	return nesting->length > NESTING_STRING ? "a string longer than 64 KiB" : NULL;
}

const char *nesting_refuses(struct nesting *nesting, const char *text, size_t size)
{
	for (size_t i = 0; i < size && !refused(nesting); i++)
		if (nesting->in_string)
			look_into_string(nesting, text[i]);
		else
			look_outside(nesting, text[i]);
	return refused(nesting);
}
