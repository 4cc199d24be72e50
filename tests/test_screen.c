/* SPDX-License-Identifier: MIT */
#include "suite.h"

#include <fcntl.h>
#include <locale.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "screen.h"

START_TEST(what_is_no_terminal_has_80_columns)
{
	int fd = open("/dev/null", O_WRONLY);

	unsetenv("COLUMNS");
	ck_assert_int_eq(screen_columns(fd), 80);
	ck_assert_int_eq(screen_columns(-1), 80);
	close(fd);
}
END_TEST

START_TEST(columns_have_a_say)
{
	setenv("COLUMNS", "120", 1);
	ck_assert_int_eq(screen_columns(-1), 120);
	setenv("COLUMNS", "7", 1);
	ck_assert_int_eq(screen_columns(-1), 80);
	setenv("COLUMNS", "many", 1);
	ck_assert_int_eq(screen_columns(-1), 80);
	setenv("COLUMNS", "99999999999999999999", 1);
	ck_assert_int_eq(screen_columns(-1), 80);
}
END_TEST

START_TEST(terminals_are_asked)
{
	int terminal = posix_openpt(O_RDWR | O_NOCTTY);
	struct winsize size = {.ws_row = 24, .ws_col = 132};

	unsetenv("COLUMNS");
	if (terminal < 0 || ioctl(terminal, TIOCSWINSZ, &size) < 0)
		return; /* none can be had here */
	ck_assert_int_eq(screen_columns(terminal), 132);
	size.ws_col = 20;
	ck_assert_int_eq(ioctl(terminal, TIOCSWINSZ, &size), 0);
	ck_assert_int_eq(screen_columns(terminal), 40);
	setenv("COLUMNS", "120", 1);
	ck_assert_int_eq(screen_terminal_columns(terminal), 20);
	ck_assert_int_eq(screen_terminal_columns(-1), 0);
	ck_assert_int_eq(screen_terminal_rows(terminal), 24);
	ck_assert_int_eq(screen_terminal_rows(-1), 0);
	setenv("TERM", "xterm", 1);
	ck_assert(screen_is_capable(terminal));
	ck_assert(!screen_is_capable(-1));
	setenv("TERM", "dumb", 1);
	ck_assert(!screen_is_capable(terminal));
	setenv("TERM", "", 1);
	ck_assert(!screen_is_capable(terminal));
	unsetenv("TERM");
	ck_assert(!screen_is_capable(terminal));
	close(terminal);
}
END_TEST

START_TEST(the_locale_says_what_can_be_shown)
{
	setlocale(LC_CTYPE, "C");
	ck_assert(!screen_shows_utf8());
	setlocale(LC_CTYPE, "C.UTF-8");
	ck_assert(screen_shows_utf8());
}
END_TEST

int main(void)
{
	const suite_test tests[] = {what_is_no_terminal_has_80_columns, columns_have_a_say,
	                            terminals_are_asked, the_locale_says_what_can_be_shown, NULL};

	return suite_run("screen", tests);
}
