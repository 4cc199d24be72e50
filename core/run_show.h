/* SPDX-License-Identifier: MIT */
/* What is shown of the trial under way, and whether the user wants an end: what `trial_run` asks meanwhile. */
#ifndef HEDDLE_RUN_SHOW_H
#define HEDDLE_RUN_SHOW_H

#include <signal.h>
#include <stdbool.h>

#include "progress.h"
#include "trial.h"

struct run_show {
	struct progress progress;
	/* Not 0 once the user wants an end; the trial under way is lost. May be NULL. */
	const volatile sig_atomic_t *signal;
	const char *current; /* name of the case whose trial is under way */
	double fraction;     /* of its work that is done, where that is known; else NAN */
};

bool run_show_asked_to_end(const struct run_show *);
/* Before a trial of the case called so; the name must last as long as the trial. */
void run_show_attach(struct run_show *, const char *name, struct trial_spec *);
/* A line about a trial that was not ok. */
void run_show_failure(struct run_show *, enum status, const char *reason);

#endif
