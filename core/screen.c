/* SPDX-License-Identifier: MIT */
#include "screen.h"

#include <stdlib.h>
#include <sys/ioctl.h>

enum { LEAST = 40, USUAL = 80, MOST = 400 };

int screen_columns(int fd)
{
	const char *given = getenv("COLUMNS");
	int columns = given ? atoi(given) : 0;
	struct winsize size;

	if (columns < LEAST || columns > MOST)
		columns = ioctl(fd, TIOCGWINSZ, &size) == 0 && size.ws_col ? size.ws_col : USUAL;
	return columns < LEAST ? LEAST : columns;
}
