/* SPDX-License-Identifier: MIT */
/* What is known of where output goes. */
#ifndef HEDDLE_SCREEN_H
#define HEDDLE_SCREEN_H

#include <stdbool.h>

/* Columns and rows of the terminal behind fd as it tells them itself, 0 where it is none. */
int screen_terminal_columns(int fd);
int screen_terminal_rows(int fd);
/* Columns of the terminal behind fd, 80 where it is none; $COLUMNS has a say where it is a number. */
int screen_columns(int fd);
/* Whether it is a terminal, and one that moves its cursor and draws: $TERM says so. */
bool screen_is_capable(int fd);
/* Whether the locale's characters are those of UTF-8. setlocale() comes first. */
bool screen_shows_utf8(void);

#endif
