/* SPDX-License-Identifier: MIT */
/* What an export is made of: the cases of several results as rows, picked and checked for one format. */
#ifndef HEDDLE_EXPORT_SET_H
#define HEDDLE_EXPORT_SET_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "export.h"

enum { EXPORT_NAME = 1024 /* bytes of a name; what the strictest reader takes */ };

/* What a format can hold and what it needs. */
enum export_trait {
	EXPORT_ONE_ROW =
	        1, /* a row a name: a second one would be lost or compared with the first */
	EXPORT_REPEATS = 2,     /* rows of one name are trials of one case: its key must be one */
	EXPORT_ONE_MACHINE = 4, /* one machine is told for all rows */
	EXPORT_FAILURES = 8,    /* holds cases without a number; else they are left out, and told */
	EXPORT_TIME = 16,       /* a number is a time */
	EXPORT_CPU_TIME = 32,   /* and CPU time stands beside it */
	EXPORT_NEVER_EMPTY = 64, /* its readers refuse a file without rows */
};

struct export_source {
	const char *path; /* borrowed */
	json_t *document; /* owned */
};

struct export_row {
	const struct export_source *source;
	const json_t *of_case; /* borrowed from the document */
	char *name;            /* owned; control characters are question marks */
	const char
	        *metric; /* that the row is made of, borrowed; NULL: it has none that is wanted */
	char *why;       /* owned; why there is no number, NULL where there is one */
};

struct export_set {
	const struct export_format *format;
	const struct export_options *options;
	struct export_source *sources; /* one for each path */
	struct export_row *rows;       /* in the order of the paths, then of the documents */
	size_t source_count, row_count;
	FILE *told;
};

struct export_format {
	const char *name, *help; /* help: what reads it; lines of at most 52 columns */
	unsigned traits;         /* of enum export_trait */
	const char
	        *better; /* "higher", "lower": it holds metrics of that direction only; or NULL */
	/* The row's name, the caller's to free; NULL: the case's. */
	char *(*row_name)(const json_t *of_case);
	/* Rows to text. 0 or -errno; an error of the stream is found by its owner. */
	int (*write)(const struct export_set *, FILE *, struct hd_error *);
};

extern const struct export_format export_google_benchmark, export_googlecpp_summary,
        export_github_bigger, export_github_smaller, export_bencher, export_pyperf, export_benchfmt,
        export_csv, export_markdown;

/* Reads, picks, checks; leaves out and tells what the format cannot hold. 0 or -errno. */
int export_set_open(struct export_set *, const struct export_format *,
                    const struct export_options *, FILE *told, struct hd_error *);
void export_set_close(struct export_set *);
/* Its two halves that look at the rows (export_check.c): each gets its metric or a reason why it has no
   number; then what cannot be held goes, and what is left is checked. 0 or -errno. */
int export_set_pick(struct export_set *, struct hd_error *);
int export_set_check(struct export_set *, struct hd_error *);

/* The row's metric as it stands in the document, or NULL. */
const json_t *export_metric(const struct export_row *);
/* A trial's value of a metric, NAN where it has none. */
double export_trial_value(const json_t *of_case, const char *metric, size_t trial);
/*
 * Nanoseconds for a unit of work: of "ns" the value itself; of "UNIT/s" its inverse, which is wall time
 * over the work of all tasks; of "bytes/s" that of a MiB. NAN for other units, and where it is not a
 * positive number.
 */
double export_time_ns(const char *unit, double value);
/* Whether it is "UNIT/s". */
bool export_is_rate(const char *unit);
/*
 * Units of work done in the windows of a trial, at least 1: their time over the time of one. Of the row's
 * metric where that is a rate, else of the one that gates; 1 where that is none either.
 */
json_int_t export_operations(const struct export_row *, size_t trial);
/* What all sources say of their machine under `key`, NULL where one says another thing or nothing. */
const char *export_machine_text(const struct export_set *, const char *key);
/* The document's rounded numbers, and an end of line. */
int export_dump(const json_t *value, FILE *, struct hd_error *);

#endif
