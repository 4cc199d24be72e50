/* SPDX-License-Identifier: MIT */
/* Numbers as people read them: three digits, SI prefixes, a blank between thousands. */
#ifndef HEDDLE_FORMAT_H
#define HEDDLE_FORMAT_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

enum { FORMAT_TEXT = 64, FORMAT_RANGE = 3 * FORMAT_TEXT };

struct format_scale {
	double factor;      /* divide by it */
	const char *prefix; /* "M" */
};

/* The prefix that leaves 1 to 999 in front of the point: n u m, none, k M G T. */
struct format_scale format_scale_of(double value);
/* "970", "19.6", "1.05": three digits, never an exponent. "-" for what is not a number. */
const char *format_digits(double value, char text[FORMAT_TEXT]);
/* "970 Mops/s"; bytes become "MB/s", round trips "k/s", ns stay below a microsecond and scale above. */
const char *format_quantity(double value, const char *unit, char text[FORMAT_TEXT]);
/* "1 min 12 s", "35 s", "2 h 5 min" */
const char *format_duration(double seconds, char text[FORMAT_TEXT]);
/* "1 048 576" */
const char *format_count(uint64_t value, char text[FORMAT_TEXT]);
/* Between two ends of a range: "…" where the locale shows UTF-8, else "-". setlocale() comes first. */
const char *format_range_mark(void);
/* "962 … 978", both in that scale, with `blank` around the mark; "-" where one of them is not a number. */
const char *format_range(double low, double high, struct format_scale, const char *blank,
                         char text[FORMAT_RANGE]);
/* How many columns a UTF-8 text takes, wide characters two of them where the locale knows them. */
int format_width(const char *text);
/* Leaves so many columns of a text that holds `size` bytes, "…" (or "...") at their end where there were more. */
void format_cut(char *text, size_t size, int width);
/* Prints the text, its control characters as question marks: it may come from anywhere. */
void format_clean(FILE *out, const char *text);
/*
 * Words of a text, cleaned likewise, and the end of a line, `out` being at `column`: a line that would be wider than
 * `width` is broken between words and goes on at the column `indent`.
 */
void format_wrapped(FILE *out, int width, int indent, int column, const char *text);

#endif
