/* SPDX-License-Identifier: MIT */
#include "screen.h"

#include <langinfo.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum { LEAST = 40, USUAL = 80, MOST = 400 };

int screen_terminal_columns(int fd)
{
	struct winsize size;

	return ioctl(fd, TIOCGWINSZ, &size) == 0 ? size.ws_col : 0;
}

int screen_terminal_rows(int fd)
{
	struct winsize size;

	return ioctl(fd, TIOCGWINSZ, &size) == 0 ? size.ws_row : 0;
}

int screen_columns(int fd)
{
	const char *given = getenv("COLUMNS");
	int columns = given ? atoi(given) : 0;

	if (columns < LEAST || columns > MOST)
		columns = screen_terminal_columns(fd);
	if (!columns)
		columns = USUAL;
	return columns < LEAST ? LEAST : columns;
}

bool screen_is_capable(int fd)
{
	const char *term = getenv("TERM");

	return isatty(fd) && term && *term && strcmp(term, "dumb") != 0;
}

bool screen_shows_utf8(void)
{
	return strcmp(nl_langinfo(CODESET), "UTF-8") == 0;
}
