/* SPDX-License-Identifier: MIT */
/* Bars of block characters, an eighth of a column fine, for where the locale shows UTF-8. */
#ifndef HEDDLE_BARS_H
#define HEDDLE_BARS_H

enum { BARS_MOST = 24 /* columns */, BARS_TEXT = 3 * BARS_MOST + 1 };

/*
 * `columns` of them (BARS_MOST at most), `share` filled from the left, to the nearest eighth of a column: 1 is full,
 * also what is more; 0 is blank, also what is less or not a number. Returns text.
 */
const char *bars_across(double share, int columns, char text[BARS_TEXT]);
/* One column that is filled from below, likewise. */
const char *bars_up(double share);

#endif
