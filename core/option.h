/* SPDX-License-Identifier: MIT */
/*
 * Typed settings: the parameters of workloads and the options of models are described by the same
 * struct hd_option, and their values are held, checked and printed by the functions here.
 */
#ifndef HEDDLE_OPTION_H
#define HEDDLE_OPTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "heddle/plugin.h"

/* One value. INT and FLAG use number, CHOICE and TEXT use text, which is not owned. */
struct value {
	int64_t number;
	const char *text;
};

static inline bool option_is_text(const struct hd_option *option)
{
	return option->kind == HD_OPTION_CHOICE || option->kind == HD_OPTION_TEXT;
}

/* How many options stand before the one without a name. options may be NULL. */
size_t option_count(const struct hd_option *options);
/* The index of the option called so, or -1. */
int option_find(const struct hd_option *options, const char *name);
struct value option_default(const struct hd_option *);
bool option_equal(const struct hd_option *, struct value, struct value);
/*
 * Words that may stand in place of a whole number, as "max-under" for a rate: an INT's `choices`. The first
 * is held as -1, the next as -2; such an option has no negative numbers.
 */
bool option_has_words(const struct hd_option *);
/* False where it is none of them. */
bool option_read_word(const struct hd_option *, const char *word, int64_t *number);
/* The word that a value stands for, not ended by 0: its length, or 0 where it is a number. */
int option_word(const struct hd_option *, struct value, const char **word);
/* NULL where the value is allowed, else what is: "1 to 64" or "one of: ring pipe mqueue"; kept in `text`. */
const char *option_refuses(const struct hd_option *, struct value, char *text, size_t size);
/* "8", "true", "adaptive". */
void option_print(const struct hd_option *, struct value, char *text, size_t size);

#endif
