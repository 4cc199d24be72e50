/* SPDX-License-Identifier: MIT */
#include "progress.h"

#include <langinfo.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "clock.h"
#include "format.h"
#include "screen.h"

enum { BAR = 14, REDRAW_MS = 100, LEAST = 20, USUAL = 80 /* columns */ };

void progress_begin(struct progress *progress, uint32_t rounds, uint64_t total, double expected_s)
{
	const char *term = getenv("TERM");
	int columns = screen_terminal_columns(STDERR_FILENO);

	*progress = (struct progress){.live = isatty(STDERR_FILENO) && term && strcmp(term, "dumb"),
	                              .width = columns >= LEAST ? columns : USUAL,
	                              .rounds = rounds,
	                              .total = total,
	                              .began_ns = clock_now_ns(),
	                              .expected_s = expected_s};
}

static void erase(const struct progress *progress)
{
	if (progress->live && progress->shown_ns)
		fputs("\r\033[K", stderr);
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

/* Eighths of a cell where the locale can show them. */
static void draw_bar(double share, char *text, size_t size)
{
	static const char *const eighths[] = {"", "▏", "▎", "▍", "▌", "▋", "▊", "▉"};
	int filled = (int)(share * BAR * 8), cells = 0;
	size_t length = 0;

	if (strcmp(nl_langinfo(CODESET), "UTF-8")) {
		snprintf(text, size, "[%-*.*s]", BAR, (int)(share * BAR), "##############");
		return;
	}
	length += (size_t)snprintf(text, size, "▕");
	for (; cells < filled / 8; cells++)
		length += (size_t)snprintf(text + length, size - length, "█");
	if (filled % 8 && cells++ < BAR)
		length += (size_t)snprintf(text + length, size - length, "%s", eighths[filled % 8]);
	snprintf(text + length, size - length, "%*s▏", BAR - cells, "");
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

void progress_trial(struct progress *progress, const char *name, double fraction)
{
	double share = (double)progress->done / (double)(progress->total ? progress->total : 1);
	char bar[256], left[FORMAT_TEXT], part[FORMAT_TEXT] = "", line[1024];
	uint64_t now = clock_now_ns();

	if (!progress->live ||
	    (progress->shown_ns && now - progress->shown_ns < REDRAW_MS * NS_PER_MS))
		return;
	draw_bar(share, bar, sizeof(bar));
	if (isfinite(fraction))
		snprintf(part, sizeof(part), "%.0f %% of ", 100 * fmin(fraction, 1));
	snprintf(line, sizeof(line), "round %u/%u  %s %2.0f %%  ETA %s  %s%s", progress->round,
	         progress->rounds, bar, 100 * share, format_duration(seconds_left(progress), left),
	         part, name);
	/* A line that wraps cannot be erased. Characters, not bytes, are what a terminal counts. */
	for (char *end = line + strlen(line); format_width(line) > progress->width - 1;)
		*--end = '\0';
	fprintf(stderr, "\r\033[K%s", line);
	progress->shown_ns = now;
}

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
	progress->shown_ns = 0;
}

void progress_end(struct progress *progress)
{
	erase(progress);
	progress->shown_ns = 0;
}
