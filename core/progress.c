/* SPDX-License-Identifier: MIT */
#include "progress.h"

#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bars.h"
#include "clock.h"
#include "format.h"
#include "screen.h"

enum {
	BAR = 14,
	BETWEEN_MS = 100, /* two drawings between trials are apart so far at least */
	WITHIN_MS = 1000,
	LEAST = 20,
	USUAL = 80, /* columns */
	LEAST_TABLE = 40 /* columns */,
	SPARE = 3, /* columns at the end of the live line: "^C" is echoed there and must not wrap */
};

static int terminal_width(void)
{
	int columns = screen_terminal_columns(STDERR_FILENO);

	return columns >= LEAST ? columns : USUAL;
}

void progress_begin(struct progress *progress, uint32_t rounds, uint64_t total, double expected_s)
{
	const char *ci = getenv("CI");

	*progress = (struct progress){.live = screen_is_capable(STDERR_FILENO) && !(ci && *ci),
	                              .table = progress->table,
	                              .width = terminal_width(),
	                              .rounds = rounds,
	                              .total = total,
	                              .began_ns = clock_now_ns(),
	                              .expected_s = expected_s};
}

/* From the trials so far; from the plan before there were enough. */
static double seconds_left(const struct progress *progress)
{
	double gone = (double)(clock_now_ns() - progress->began_ns) / 1e9;
	double left = (double)(progress->total - progress->done);

	if (progress->done < 5 || gone <= 0)
		return progress->expected_s * left /
		       (double)(progress->total ? progress->total : 1);
	return gone * left / (double)progress->done;
}

static void print_bar(double share, char *text, size_t size)
{
	char bar[BARS_TEXT];

	if (screen_shows_utf8())
		snprintf(text, size, "▕%s▏", bars_across(share, BAR, bar));
	else
		snprintf(text, size, "[%-*.*s]", BAR, (int)(share * BAR), "##############");
}

void progress_round(struct progress *progress, uint32_t round)
{
	char left[FORMAT_TEXT];

	progress->round = round;
	if (!progress->live)
		fprintf(stderr, "round %u/%u  %3.0f %%  ETA %s\n", round, progress->rounds,
		        100.0 * (double)progress->done /
		                (double)(progress->total ? progress->total : 1),
		        format_duration(seconds_left(progress), left));
}

/* ---- Drawing --------------------------------------------------------------------------------- */

/*
 * How many rows of the screen lie above the cursor, which stands behind the live line, down to the first of what was
 * drawn. A terminal that was made narrower has broken lines that had room.
 */
static int rows_above(const struct progress *progress, int width)
{
	int rows = 0, screen = screen_terminal_rows(STDERR_FILENO);

	for (int i = 0; i < progress->height; i++)
		rows += progress->drawn[i] > width ? (progress->drawn[i] + width - 1) / width : 1;
	if (screen && rows > screen)
		rows = screen;
	return rows ? rows - 1 : 0;
}

static void go_to_first(int rows, FILE *out)
{
	fputc('\r', out);
	if (rows)
		fprintf(out, "\033[%dA", rows);
}

/* Row by row: some terminals keep what is erased from the top of the screen to its end in their history. */
static void erase(struct progress *progress)
{
	int rows = rows_above(progress, terminal_width());

	if (progress->height) {
		go_to_first(rows, stderr);
		for (int i = 0; i < rows; i++)
			fputs("\033[K\n", stderr);
		fputs("\033[K", stderr);
		go_to_first(rows, stderr);
	}
	progress->height = 0;
	progress->shown_ns = 0;
}

static void print_line(const struct progress *progress, const char *name, double fraction,
                       char *line, size_t size)
{
	double share = (double)progress->done / (double)(progress->total ? progress->total : 1);
	char bar[BARS_TEXT + 8], left[FORMAT_TEXT], part[FORMAT_TEXT] = "";

	print_bar(share, bar, sizeof(bar));
	if (isfinite(fraction))
		snprintf(part, sizeof(part), "%.0f %% of ", 100 * fmin(fraction, 1));
	snprintf(line, size, "round %u/%u  %s %2.0f %%  ETA %s  %s%s", progress->round,
	         progress->rounds, bar, 100 * share, format_duration(seconds_left(progress), left),
	         part, name);
	/* A line that wraps cannot be erased. */
	format_cut(line, size, progress->width - SPARE);
}

/* The table's lines as text that the caller frees; NULL where there is none, or no memory for it. */
static char *table_text(const struct progress *progress)
{
	int most = screen_terminal_rows(STDERR_FILENO) - 2; /* the live line, and one to spare */
	char *text = NULL;
	size_t size;
	FILE *out;

	if (!progress->table.put || most <= 1 || progress->width < LEAST_TABLE)
		return NULL;
	out = open_memstream(&text, &size);
	if (!out)
		return NULL;
	if (most > PROGRESS_LINES - 1)
		most = PROGRESS_LINES - 1;
	progress->table.put(progress->table.context, out, progress->width - 1, most);
	if (fclose(out) == 0)
		return text;
	free(text);
	return NULL;
}

static void put_table(struct progress *progress, FILE *out)
{
	char *table = table_text(progress), *rest = NULL;

	progress->height = 0;
	for (char *line = table ? strtok_r(table, "\n", &rest) : NULL; line;
	     line = strtok_r(NULL, "\n", &rest)) {
		progress->drawn[progress->height++] = format_width(line);
		fprintf(out, "\033[K%s\n", line);
	}
	free(table);
}

/* All of it, in one write: each line takes the place of what stood there. */
static void draw(struct progress *progress, const char *name, double fraction)
{
	char line[1024], *frame = NULL;
	size_t size;
	FILE *out = open_memstream(&frame, &size);
	int before;

	if (!out)
		return;
	progress->width = terminal_width();
	before = rows_above(progress, progress->width);
	go_to_first(before, out);
	put_table(progress, out);
	print_line(progress, name, fraction, line, sizeof(line));
	progress->drawn[progress->height++] = format_width(line);
	fprintf(out, "\033[K%s%s", line, before >= progress->height ? "\033[J" : "");
	if (fclose(out) == 0)
		fwrite(frame, 1, size, stderr);
	free(frame);
	progress->shown_ns = clock_now_ns();
}

static bool is_time(const struct progress *progress, uint64_t after_ms)
{
	return progress->live &&
	       (!progress->shown_ns || clock_now_ns() - progress->shown_ns >= after_ms * NS_PER_MS);
}

void progress_trial(struct progress *progress, const char *name)
{
	if (is_time(progress, BETWEEN_MS))
		draw(progress, name, NAN);
}

void progress_within(struct progress *progress, const char *name, double fraction)
{
	char line[1024];

	if (!is_time(progress, WITHIN_MS))
		return;
	if (!progress->height || terminal_width() != progress->width) {
		draw(progress, name, fraction); /* lines may have been broken: all again */
		return;
	}
	print_line(progress, name, fraction, line, sizeof(line));
	progress->drawn[progress->height - 1] = format_width(line);
	fprintf(stderr, "\r\033[K%s", line);
	progress->shown_ns = clock_now_ns();
}

/* ---------------------------------------------------------------------------------------------- */

void progress_done(struct progress *progress)
{
	progress->done++;
}

void progress_say(struct progress *progress, const char *format, ...)
{
	va_list args;

	erase(progress);
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fputc('\n', stderr);
}

void progress_end(struct progress *progress)
{
	erase(progress);
}
