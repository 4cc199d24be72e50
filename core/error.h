/* SPDX-License-Identifier: MIT */
/* Errors: one sentence owned by the caller, or a list of them for input that is checked as a whole. */
#ifndef HEDDLE_ERROR_H
#define HEDDLE_ERROR_H

#include <stddef.h>

struct hd_error {
	int code;        /* -errno; 0 while nothing went wrong */
	char text[1024]; /* one line, no newline at its end; clean: see text_clean() */
};

/* Records the first error, later ones are dropped; control characters in it become question marks. err may be
   NULL. Returns code, which is negative. */
int hd_error(struct hd_error *err, int code, const char *format, ...)
        __attribute__((format(printf, 3, 4)));

/* All that is wrong with an input. */
struct problems {
	size_t count;
	char **lines; /* owned; clean */
};

/* Where memory is short the line is lost, and memory_failures() counts one. */
void problems_add(struct problems *, const char *format, ...) __attribute__((format(printf, 2, 3)));
void problems_free(struct problems *);

/*
 * Adds to a text that holds `size` bytes, behind `separator` where there is something before it. Where all
 * does not fit the text ends in "...".
 */
void text_add(char *text, size_t size, const char *separator, const char *format, ...)
        __attribute__((format(printf, 4, 5)));
/* Control characters, which could steer a terminal or break a table, become question marks. */
void text_clean(char *text);
/* Takes a character of UTF-8 away that was cut in two at the end of a text that had no more room. */
void text_whole(char *text);

/* Of `names` (ends with NULL) the one nearest to `word`, or NULL where none is near (edit distance). */
const char *nearest_name(const char *word, const char *const *names);

#endif
