/* SPDX-License-Identifier: MIT */
/*
 * The statistics of core/stats.c for whoever checks them: a question a line on stdin, an answer a line.
 *	rank N MISS | sign BELOW ABOVE | ci95 VALUE... | bh P...
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "stats.h"

static size_t read_values(char *rest, double **values)
{
	size_t n = 0, room = 16;

	*values = malloc(room * sizeof(double));
	for (char *word = strtok(rest, " \n"); word && *values; word = strtok(NULL, " \n")) {
		if (n == room)
			*values = realloc(*values, (room *= 2) * sizeof(double));
		if (*values)
			(*values)[n++] = strtod(word, NULL);
	}
	return *values ? n : 0;
}

static void answer(const char *question, double *values, size_t n)
{
	if (strcmp(question, "rank") == 0 && n == 2) {
		printf("%zu\n", stats_ci_rank((size_t)values[0], values[1]));
	} else if (strcmp(question, "sign") == 0 && n == 2) {
		printf("%.17g\n", stats_sign_test((size_t)values[0], (size_t)values[1]));
	} else if (strcmp(question, "ci95") == 0) {
		struct interval interval = stats_ci95(values, n);

		printf("%.17g %.17g %.17g\n", stats_median(values, n), interval.low, interval.high);
	} else if (strcmp(question, "bh") == 0 && stats_false_discovery(values, n, values)) {
		for (size_t i = 0; i < n; i++)
			printf("%s%.17g", i ? " " : "", values[i]);
		putchar('\n');
	} else {
		printf("?\n");
	}
}

int main(void)
{
	char *line = NULL;
	size_t room = 0;

	while (getline(&line, &room, stdin) > 0) {
		char *rest = line + strcspn(line, " \n");
		double *values;
		size_t n;

		if (*rest)
			*rest++ = '\0';
		n = read_values(rest, &values);
		answer(line, values, n);
		free(values);
	}
	free(line);
	return 0;
}
