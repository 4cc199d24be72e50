/* SPDX-License-Identifier: MIT */
#include "bars.h"

#include <math.h>
#include <stddef.h>
#include <string.h>

enum { EIGHTHS = 8 };

static int eighths_of(double share, int columns)
{
	return share > 0 ? (int)lround(fmin(share, 1) * columns * EIGHTHS) : 0;
}

const char *bars_across(double share, int columns, char text[BARS_TEXT])
{
	static const char *const filled[] = {" ", "▏", "▎", "▍", "▌", "▋", "▊", "▉", "█"};
	int left = eighths_of(share, columns);
	size_t length = 0;

	for (int i = 0; i < columns; i++) {
		const char *cell = filled[left < EIGHTHS ? left : EIGHTHS];

		memcpy(text + length, cell, strlen(cell));
		length += strlen(cell);
		left -= left < EIGHTHS ? left : EIGHTHS;
	}
	text[length] = '\0';
	return text;
}

const char *bars_up(double share)
{
	static const char *const filled[] = {" ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};

	return filled[eighths_of(share, 1)];
}
