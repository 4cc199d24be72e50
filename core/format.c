/* SPDX-License-Identifier: MIT */
#include "format.h"

#include <inttypes.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <wchar.h>

#include "error.h"
#include "screen.h"

struct format_scale format_scale_of(double value)
{
	static const struct format_scale scales[] = {{1e12, "T"}, {1e9, "G"}, {1e6, "M"},
	                                             {1e3, "k"},  {1, ""},    {1e-3, "m"},
	                                             {1e-6, "u"}, {1e-9, "n"}};
	size_t count = sizeof(scales) / sizeof(scales[0]);

	if (!isfinite(value) || value == 0)
		return scales[4];
	for (size_t i = 0; i < count; i++)
		if (fabs(value) >= scales[i].factor * 0.9995) /* 999.6 k is 1.00 M */
			return scales[i];
	return scales[count - 1];
}

const char *format_digits(double value, char text[FORMAT_TEXT])
{
	double size = fabs(value);

	if (!isfinite(value))
		return memcpy(text, "-", 2);
	snprintf(text, FORMAT_TEXT, "%.*f",
	         size >= 99.95 || value == 0 ? 0
	         : size >= 9.995             ? 1
	         : size >= 0.0995            ? 2
	         : size >= 0.000995          ? 3
	                                     : 4,
	         value);
	return text;
}

const char *format_quantity(double value, const char *unit, char text[FORMAT_TEXT])
{
	char digits[FORMAT_TEXT];
	struct format_scale scale;
	bool time = strcmp(unit, "ns") == 0;

	if (!isfinite(value))
		return memcpy(text, "-", 2);
	scale = format_scale_of(time ? value * 1e-9 : value);
	if (time) {
		if (scale.factor < 1e-9)
			scale = (struct format_scale){1e-9, "n"};
		value *= 1e-9;
		unit = "s";
	} else if (strcmp(unit, "bytes/s") == 0) {
		unit = "B/s";
	} else if (strcmp(unit, "round trips/s") == 0 || strcmp(unit, "messages/s") == 0) {
		unit = "/s";
	} else if (strcmp(unit, "1") == 0 || strcmp(unit, "percent") == 0) {
		scale = (struct format_scale){1, ""};
		unit = *unit == 'p' ? "%" : "";
	}
	snprintf(text, FORMAT_TEXT, "%.20s%s%s%.20s", format_digits(value / scale.factor, digits),
	         *scale.prefix || *unit ? " " : "", scale.prefix, unit);
	text_whole(text);
	return text;
}

const char *format_duration(double seconds, char text[FORMAT_TEXT])
{
	long whole = isfinite(seconds) && seconds > 0 ? lround(seconds) : 0;

	if (whole >= 3600)
		snprintf(text, FORMAT_TEXT, "%ld h %ld min", whole / 3600, whole % 3600 / 60);
	else if (whole >= 60)
		snprintf(text, FORMAT_TEXT, "%ld min %ld s", whole / 60, whole % 60);
	else
		snprintf(text, FORMAT_TEXT, "%ld s", whole);
	return text;
}

const char *format_count(uint64_t value, char text[FORMAT_TEXT])
{
	char plain[FORMAT_TEXT];
	int length = snprintf(plain, sizeof(plain), "%" PRIu64, value), out = 0;

	for (int i = 0; i < length; i++) {
		if (i && (length - i) % 3 == 0)
			text[out++] = ' ';
		text[out++] = plain[i];
	}
	text[out] = '\0';
	return text;
}

const char *format_range_mark(void)
{
	return screen_shows_utf8() ? "…" : "-";
}

const char *format_range(double low, double high, struct format_scale scale, const char *blank,
                         char text[FORMAT_RANGE])
{
	char first[FORMAT_TEXT], last[FORMAT_TEXT];

	if (!isfinite(low) || !isfinite(high))
		return memcpy(text, "-", 2);
	snprintf(text, FORMAT_RANGE, "%s%s%s%s%s", format_digits(low / scale.factor, first), blank,
	         format_range_mark(), blank, format_digits(high / scale.factor, last));
	return text;
}

/* How many bytes the character has that begins there, and how many columns it takes. */
static size_t character(const char *text, size_t length, int *columns)
{
	unsigned char first = (unsigned char)text[0];
	wchar_t code = first < 0xe0 ? first & 0x1f : first < 0xf0 ? first & 0x0f : first & 0x07;
	size_t bytes = 1;

	for (; bytes < length && ((unsigned char)text[bytes] & 0xc0) == 0x80; bytes++)
		code = code << 6 | (text[bytes] & 0x3f);
	*columns = bytes > 1 && bytes <= 4 ? wcwidth(code) : 1;
	if (*columns < 0)
		*columns = 1;
	return bytes;
}

static int width_of(const char *text, size_t length)
{
	int width = 0, columns;

	for (size_t i = 0; i < length; width += columns)
		i += character(text + i, length - i, &columns);
	return width;
}

int format_width(const char *text)
{
	return width_of(text, strlen(text));
}

void format_cut(char *text, size_t size, int width)
{
	const char *mark = screen_shows_utf8() ? "…" : "...";
	size_t length = strlen(text), at = 0;
	int room = width - format_width(mark), columns;

	if (width_of(text, length) <= width)
		return;
	for (size_t bytes; at < length; at += bytes) {
		bytes = character(text + at, length - at, &columns);
		if (columns > room)
			break;
		room -= columns;
	}
	snprintf(text + at, size - at, "%s", mark);
	text_whole(text);
}

/* How many bytes a control character has, 0 where it is none; two for U+0080 to U+009F. */
static size_t control(const char *text)
{
	unsigned char first = (unsigned char)text[0], second;

	if (first < 0x20 || first == 0x7f)
		return first ? 1 : 0;
	second = (unsigned char)text[1];
	return first == 0xc2 && second >= 0x80 && second < 0xa0 ? 2 : 0;
}

static void put_clean(FILE *out, const char *text, size_t length)
{
	for (size_t i = 0; i < length;) {
		size_t bytes = control(text + i);

		for (size_t k = 0; k < bytes; k++)
			fputc('?', out);
		if (!bytes)
			fputc(text[i++], out);
		i += bytes;
	}
}

void format_clean(FILE *out, const char *text)
{
	put_clean(out, text, strlen(text));
}

void format_wrapped(FILE *out, int width, int indent, int column, const char *text)
{
	while (*text) {
		size_t length = strcspn(text, " ");
		int word = width_of(text, length);

		if (column > indent && column + 1 + word > width)
			column = fprintf(out, "\n%*s", indent, "") - 1;
		else if (column > indent)
			column += fprintf(out, " ");
		put_clean(out, text, length);
		column += word;
		text += length + strspn(text + length, " ");
	}
	fputc('\n', out);
}
