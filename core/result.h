/* SPDX-License-Identifier: MIT */
/*
 * What a run leaves behind. While it runs: a journal, RESULT.journal, a JSON line that tells what is run, and
 * one for each trial, appended and synced. At its end: one JSON document, made from the journal case by case so
 * that memory stays small, written beside, synced and renamed into place; then the journal goes. That of a run
 * that was interrupted stays: `heddle run --resume` goes on with it (result_resume.h).
 *
 * Numbers that were not measured are null.
 */
#ifndef HEDDLE_RESULT_H
#define HEDDLE_RESULT_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "error.h"
#include "machine.h"
#include "plan.h"
#include "topology.h"
#include "trial.h"
#include "warning.h"

enum { RESULT_VERSION = 1, JOURNAL_VERSION = 1 };

/* The journal of one run. */
struct journal {
	FILE *file;
	char *path;    /* owned */
	uint64_t size; /* of its whole lines, in bytes */
	size_t trials; /* in it, of all cases */
	size_t case_count;
	struct journal_case {
		uint32_t count, room;
		uint64_t *offsets; /* of its lines in the file */
		uint32_t failures; /* trials that were not ok */
		enum status
		        status;  /* the worst so far; what the plan said before the first trial */
		double *gate;    /* the gating metric by round - 1; NAN: not measured */
		uint32_t rounds; /* room in gate */
	} * cases;
};

/* Room for the plan's cases; nothing is on disk yet. 0 or -ENOMEM. journal_close in any case. */
int journal_prepare(struct journal *, const struct plan *, struct hd_error *);
/* Makes PATH; refuses one that exists unless `overwrite`, and one that another run is writing. 0 or -errno. */
int journal_create(struct journal *, const char *path, bool overwrite, struct hd_error *);
/* The same as a stream alone, for a journal of another kind; NULL with the error. */
FILE *journal_file(const char *path, bool overwrite, struct hd_error *);
/* Both: prepares and creates. */
int journal_open(struct journal *, const char *path, const struct plan *, bool overwrite,
                 struct hd_error *);
struct result_run;
/* Puts the line that a run can be resumed by in front. 0 or -errno. */
int journal_begin(struct journal *, const struct plan *, const struct result_run *,
                  struct hd_error *);
/* Appends a trial and syncs. 0 or -errno: disk full is the run's end. */
int journal_append(struct journal *, const struct plan *, size_t index, uint32_t round,
                   uint32_t order, const struct trial_result *, struct hd_error *);
/* Closes the file; removes it as well where its document stands. */
void journal_close(struct journal *, bool remove_file);

/* Facts about the run that no case holds. */
struct result_run {
	const char *status; /* "complete" or "interrupted" */
	char started[32];   /* ISO 8601, UTC */
	uint64_t seed;
	uint32_t rounds;  /* that were begun */
	uint32_t resumed; /* how often the run was */
	double elapsed_s; /* without the time between its parts */
	/* The words of the command line after `heddle`, for who resumes it; arguments ends with NULL. */
	const char *const *arguments;     /* may be NULL */
	const struct plan_filter *filter; /* NULL: all cases of the config */
	const struct machine *machine;
	const struct topology *topology;
	const struct warnings *warnings; /* may be NULL */
	const struct models *models;     /* those that were used are told with file and build */
};

/* Counts the cases that the trials give rise to warn of. How many cases were tried. */
uint32_t result_count_warnings(struct journal *, const struct plan *, struct warnings *);
/* Raises what was counted, of so many cases that were tried. Once, at the end. */
void result_raise_warnings(struct warnings *, uint32_t tried);
/* Writes the document to PATH by way of a temporary file beside it. 0 or -errno. */
int result_write(const char *path, struct journal *, const struct plan *, const struct result_run *,
                 struct hd_error *);
/* What of a document the table shows, and how. All may be empty. */
struct table_view {
	const char *const *only; /* KEY=VALUE as in plan_filter */
	size_t only_count;
	const char *sort; /* "name", "throughput", "cores", "model"; NULL: the document's order */
	const char *by;   /* "workload" (default), "model", "cores": what a table is made for */
	int width;        /* columns; 0: 80 */
	bool bars;        /* of blocks, in the rows; the locale must show UTF-8 */
	bool scaling;     /* a line for each series below a table: how it grows with cores */
};

/* Reads a document and prints its tables. An unknown key or sort is an error: nothing is printed then. */
int result_show(const char *path, const struct table_view *, FILE *, struct hd_error *);
/* Prints the document itself; `indent` 0 is a line a case or less. */
int result_dump(const char *path, int indent, FILE *, struct hd_error *);

#endif
