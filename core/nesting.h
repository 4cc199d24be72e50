/* SPDX-License-Identifier: MIT */
/* Whether a JSON text keeps within bounds, told while it is read: how deep its objects and arrays lie in one another,
   how long its strings are. */
#ifndef HEDDLE_NESTING_H
#define HEDDLE_NESTING_H

#include <stdbool.h>
#include <stddef.h>

/* Ours are less than ten deep; what reads a value calls itself for each level. */
enum { NESTING_MOST = 64, NESTING_STRING = 64 << 10 /* bytes of a string as it is written */ };

/* All zero at first. */
struct nesting {
	unsigned depth;
	size_t length; /* of the string so far */
	bool in_string, escaped;
};

/* Looks at the next piece of the text, valid JSON or not. NULL, or what is wrong with it once it is deeper than
   NESTING_MOST or a string longer than NESTING_STRING: "nested more than 64 deep". */
const char *nesting_refuses(struct nesting *, const char *text, size_t size);

#endif
