/* SPDX-License-Identifier: MIT */
/* What is known of where output goes. */
#ifndef HEDDLE_SCREEN_H
#define HEDDLE_SCREEN_H

/* Columns of the terminal behind fd as it tells them itself, 0 where it is none. */
int screen_terminal_columns(int fd);
/* Columns of the terminal behind fd, 80 where it is none; $COLUMNS has a say where it is a number. */
int screen_columns(int fd);

#endif
