/* SPDX-License-Identifier: MIT */
#include "suite.h"

#include <fcntl.h>
#include <locale.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "format.h"
#include "progress.h"

static char shown[65536];

static void say_all(void)
{
	struct progress progress = {0};

	progress_begin(&progress, 2, 4, 60);
	for (uint32_t round = 1; round <= 2; round++) {
		progress_round(&progress, round);
		for (int i = 0; i < 2; i++) {
			progress_trial(&progress,
			               "counter/a-model-of-a-rather-long-name-…-/cores=2");
			progress_done(&progress);
		}
		progress_say(&progress, "a line that stays: %d", (int)round);
	}
	progress_end(&progress);
}

/* What is said on stderr where that is a file. */
static void say_into_a_file(void)
{
	FILE *file = tmpfile();
	int saved = dup(STDERR_FILENO);

	dup2(fileno(file), STDERR_FILENO);
	say_all();
	dup2(saved, STDERR_FILENO);
	rewind(file);
	shown[fread(shown, 1, sizeof(shown) - 1, file)] = '\0';
	fclose(file);
}

START_TEST(elsewhere_a_plain_line_a_round)
{
	say_into_a_file();
	ck_assert_str_eq(shown, "round 1/2    0 %  ETA 1 min 0 s\na line that stays: 1\n"
	                        "round 2/2   50 %  ETA 30 s\na line that stays: 2\n");
}
END_TEST

/* stderr becomes a terminal. False where none can be had. */
static int open_terminal(int columns)
{
	struct winsize size = {.ws_row = 24, .ws_col = (unsigned short)columns};
	int terminal = posix_openpt(O_RDWR | O_NOCTTY), other;

	if (terminal < 0 || grantpt(terminal) < 0 || unlockpt(terminal) < 0)
		return -1;
	other = open(ptsname(terminal), O_RDWR | O_NOCTTY);
	if (other < 0)
		return -1;
	ioctl(other, TIOCSWINSZ, &size);
	dup2(other, STDERR_FILENO);
	close(other);
	return terminal;
}

static size_t read_all(int terminal)
{
	size_t length = 0;

	fcntl(terminal, F_SETFL, O_NONBLOCK);
	for (ssize_t got; (got = read(terminal, shown + length, sizeof(shown) - 1 - length)) > 0;)
		length += (size_t)got;
	shown[length] = '\0';
	return length;
}

static void say_on_a_terminal(int columns)
{
	int terminal = open_terminal(columns), saved = dup(STDERR_FILENO);

	if (terminal < 0)
		return;
	setenv("TERM", "xterm", 1);
	say_all();
	read_all(terminal);
	dup2(saved, STDERR_FILENO);
	close(terminal);
	ck_assert_ptr_nonnull(strstr(shown, "\r\033[K"));
	ck_assert_ptr_nonnull(strstr(shown, "round 1/2"));
	ck_assert_ptr_nonnull(strstr(shown, "a line that stays: 2"));
}

/* No part between two erasures is as wide as the terminal: it could not be erased. */
static void assert_narrow(int columns)
{
	for (char *rest = NULL, *part = strtok_r(shown, "\r\n", &rest); part;
	     part = strtok_r(NULL, "\r\n", &rest)) {
		if (strncmp(part, "\033[K", 3) == 0)
			part += 3;
		if (strncmp(part, "a line", 6) == 0)
			continue;
		ck_assert_msg(format_width(part) < columns, "%d columns: \"%s\"", columns, part);
	}
}

START_TEST(on_a_terminal_one_live_line)
{
	static const char *const locales[] = {"C", "C.UTF-8"};
	static const int widths[] = {20, 40, 80, 200};

	for (size_t i = 0; i < 8; i++) {
		setlocale(LC_CTYPE, locales[i % 2]);
		shown[0] = '\0';
		say_on_a_terminal(widths[i / 2]);
		assert_narrow(widths[i / 2]);
	}
}
END_TEST

static void put_three(const void *context, FILE *out, int width, int most)
{
	ck_assert_int_eq(width, 79);
	ck_assert_int_eq(most, 22);
	fprintf(out, "one\ntwo\n%s\n", (const char *)context);
}

/* A live line as it is drawn alone, then the bytes around it. */
START_TEST(a_table_is_drawn_over_itself)
{
	struct progress progress = {.table = {.put = put_three, .context = "three"}};
	int terminal = open_terminal(80), saved = dup(STDERR_FILENO);

	if (terminal < 0)
		return;
	setlocale(LC_CTYPE, "C");
	setenv("TERM", "xterm", 1);
	progress_begin(&progress, 2, 4, 60);
	progress_trial(&progress, "case");
	read_all(terminal);
	ck_assert_str_eq(shown, "\r\033[Kone\r\n\033[Ktwo\r\n\033[Kthree\r\n\033[Kround 0/2  "
	                        "[              ]  0 %  ETA 1 min 0 s  case");
	progress_trial(&progress, "next"); /* too early */
	progress_within(&progress, "next", 0.5);
	ck_assert_uint_eq(read_all(terminal), 0);
	progress.shown_ns -= 100 * 1000 * 1000;
	progress_within(&progress, "next", 0.5); /* a second has not gone */
	ck_assert_uint_eq(read_all(terminal), 0);
	progress_trial(&progress, "next");
	read_all(terminal);
	ck_assert_int_eq(strncmp(shown, "\r\033[3A\033[Kone\r\n", 13), 0);
	progress.shown_ns -= 1000 * 1000 * 1000;
	progress_within(&progress, "next", 0.5); /* the line alone */
	read_all(terminal);
	ck_assert_str_eq(shown, "\r\033[Kround 0/2  [              ]  0 %  ETA 1 min 0 s  50 % "
	                        "of next");
	progress_say(&progress, "a message");
	read_all(terminal);
	ck_assert_str_eq(shown,
	                 "\r\033[3A\033[K\r\n\033[K\r\n\033[K\r\n\033[K\r\033[3Aa message\r\n");
	progress_end(&progress);
	ck_assert_uint_eq(read_all(terminal), 0); /* nothing was there */
	dup2(saved, STDERR_FILENO);
	close(terminal);
}
END_TEST

START_TEST(what_was_broken_is_erased_whole)
{
	static const char longest[] = "a line of 58 columns, which a terminal of 40 breaks in two";
	struct progress progress = {.table = {.put = put_three, .context = longest}};
	struct winsize narrow = {.ws_row = 24, .ws_col = 40}, flat = {.ws_row = 3, .ws_col = 80};
	int terminal = open_terminal(80), saved = dup(STDERR_FILENO);

	if (terminal < 0)
		return;
	setlocale(LC_CTYPE, "C");
	setenv("TERM", "xterm", 1);
	progress_begin(&progress, 2, 4, 60);
	progress_trial(&progress, "case"); /* its line has 55 columns */
	ioctl(terminal, TIOCSWINSZ, &narrow);
	read_all(terminal);
	progress_end(&progress);
	read_all(terminal);
	ck_assert_int_eq(strncmp(shown, "\r\033[5A\033[K", 8), 0);
	ioctl(terminal, TIOCSWINSZ, &(struct winsize){.ws_row = 24, .ws_col = 80});
	progress_trial(&progress, "case");
	ioctl(terminal, TIOCSWINSZ, &flat);
	read_all(terminal);
	progress_end(&progress); /* above the screen nobody gets */
	read_all(terminal);
	ck_assert_int_eq(strncmp(shown, "\r\033[2A\033[K", 8), 0);
	dup2(saved, STDERR_FILENO);
	close(terminal);
}
END_TEST

START_TEST(logs_of_builds_get_plain_lines)
{
	struct progress progress = {0};
	int terminal = open_terminal(80);

	setenv("TERM", "xterm", 1);
	setenv("CI", "true", 1);
	progress_begin(&progress, 1, 1, 1);
	ck_assert(!progress.live);
	setenv("CI", "", 1);
	progress_begin(&progress, 1, 1, 1);
	ck_assert(progress.live || terminal < 0);
	close(terminal);
}
END_TEST

START_TEST(a_dumb_terminal_gets_plain_lines)
{
	struct progress progress = {0};
	int terminal = open_terminal(80);

	setenv("TERM", "dumb", 1);
	progress_begin(&progress, 1, 1, 1);
	ck_assert(!progress.live);
	unsetenv("TERM");
	progress_begin(&progress, 1, 1, 1);
	ck_assert(!progress.live);
	close(terminal);
}
END_TEST

START_TEST(nothing_to_do_is_no_division)
{
	struct progress progress = {0};

	progress_begin(&progress, 0, 0, 0);
	progress_round(&progress, 0);
	progress_trial(&progress, "");
	progress_within(&progress, "", NAN);
	progress_end(&progress);
}
END_TEST

int main(void)
{
	const suite_test tests[] = {
	        elsewhere_a_plain_line_a_round, on_a_terminal_one_live_line,
	        a_table_is_drawn_over_itself,   what_was_broken_is_erased_whole,
	        logs_of_builds_get_plain_lines, a_dumb_terminal_gets_plain_lines,
	        nothing_to_do_is_no_division,   NULL};

	unsetenv("CI");
	return suite_run("progress", tests);
}
