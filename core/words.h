/* SPDX-License-Identifier: MIT */
/* How messages speak of what was written: quoted safely, and with the nearest right name. */
#ifndef HEDDLE_WORDS_H
#define HEDDLE_WORDS_H

#include <stdbool.h>
#include <stddef.h>

enum { WORDS_QUOTE = 96, WORDS_LINE = 1024 };

/* The text in quotes, cut where it is long; control characters, which could steer a terminal,
   become question marks. Returns `out`. */
const char *words_quote(const char *text, char out[WORDS_QUOTE]);
/*
 * "did you mean "x"? (known: a b c)", the first half only where one of `names` (ends with NULL) is
 * near; a slip in one part of "thread-mutex" counts as near. `list` is what the names are: "known",
 * "one of". Returns `out`.
 */
const char *words_suggest(const char *word, const char *const *names, const char *list,
                          char out[WORDS_LINE]);
/* Whether the word is one of `names`, which ends with NULL. */
bool words_is_one_of(const char *word, const char *const *names);
/* Whether the word is an item of a text whose items are parted by commas, with or without blanks. */
bool words_has_item(const char *items, const char *word);

#endif
