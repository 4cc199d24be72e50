/* SPDX-License-Identifier: MIT */
/*
 * A run: rounds of every case once, in random order, each trial a fresh process, every trial in the
 * journal before the next one begins, and one result document at the end.
 */
#ifndef HEDDLE_RUN_H
#define HEDDLE_RUN_H

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>

#include "error.h"
#include "machine.h"
#include "result_resume.h"
#include "warning.h"
#include "workbench.h"

struct run_options {
	const char *output; /* path of the result document */
	bool overwrite;
	const struct machine *machine; /* just before the run: run_read_machine() */
	uint64_t seed;
	const char *const *arguments;     /* of the command line, for who resumes the run */
	const struct plan_filter *filter; /* of the plan, for who repeats the run; NULL: none */
	struct resume *resume; /* NULL, or the run that is gone on with: its seed and path count */
	struct warnings *warnings; /* what is known by then; the run adds to it. May be NULL */
	/* Not 0 once the user wants an end; the trial under way is lost. */
	const volatile sig_atomic_t *signal;
};

/* What a run came to; zeroed before. */
struct run_outcome {
	bool interrupted;
	bool journal_stays;   /* beside the document: the run can be resumed */
	uint32_t unexpected;  /* cases that ended otherwise than the config expects */
	uint32_t cases_tried; /* of which at least one trial was made */
	uint32_t cases_ok;
};

/* 0, also where cases failed or the user interrupted; -errno where heddle itself could not go on (what was
   measured is in the journal then, whose path the error tells). */
int run_all(struct workbench *, const struct run_options *, struct run_outcome *,
            struct hd_error *);

/* run_place.c: -EINVAL where the path is something else than a file, which would be replaced by one. */
int run_check_output(const char *path, struct hd_error *);
/* Facts about the machine, with what of the trials' gauges cannot be read on it. `plan` may be NULL. */
void run_read_machine(struct machine *, const struct topology *, const struct plan *);
/* What a run of these is told apart by, as of now; valid as long as they are. */
void run_facts(struct result_run *, const struct workbench *, const struct machine *,
               const struct run_options *);

/* run_warnings.c: raises what can be warned of before the first trial. `plan` may be NULL. */
void run_find_warnings(struct warnings *, const struct plan *, const struct machine *);

/* xoshiro256** 1.0 (Blackman and Vigna), seeded by splitmix64: the same order everywhere for a seed. */
struct run_random {
	uint64_t state[4];
};
void run_random_seed(struct run_random *, uint64_t seed);
uint64_t run_random_next(struct run_random *);
/* A random permutation (Fisher and Yates) of n indexes. */
void run_shuffle(struct run_random *, size_t *order, size_t n);

#endif
