/* SPDX-License-Identifier: MIT */
/*
 * Going on with a run that ended early. Its journal tells what was run, with what, and every trial that was
 * made. The run is gone through again from its seed: trials that are there are taken as they are, the first one
 * that is not is the first one to be made. So rounds, orders and the trials' seeds are those of an undisturbed
 * run.
 *
 * A journal is text from anywhere: what is taken from it has the shape that a run gives it, or is refused.
 */
#ifndef HEDDLE_RESULT_RESUME_H
#define HEDDLE_RESULT_RESUME_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "error.h"
#include "plan.h"
#include "result.h"

struct json_t;

struct resume {
	char *journal, *output; /* absolute paths; owned */
	FILE *file;             /* the journal, locked; owned */
	bool own;               /* it belongs to the user, who is the only one that may write it */
	struct json_t *head;    /* its first line; owned */
	/* In the head: the folder and the command line of the run, behind `heddle`; ends with NULL. */
	const char *folder, *started;
	char **arguments; /* owned */
	int argument_count;
	uint64_t seed;
	uint32_t times; /* that the run was resumed before */
	size_t count, taken;
	struct resume_trial *trials; /* in the order that they were made in; owned */
	uint64_t size;               /* of all whole lines, in bytes */
	bool torn;                   /* something stands behind them */
};

/*
 * Finds the journal by its own path or by that of its result, locks it and reads it. 0 or -errno: -ENOENT there is
 * none, -EBUSY a run is writing it, -EINVAL it is no journal or something in its middle is not as a run writes it.
 * resume_close in any case.
 */
int resume_open(struct resume *, const char *file, struct hd_error *);
/* Adds in which words config, cases, build, plugins and machine differ from those of the run now. 0 or -ENOMEM. */
int resume_check(const struct resume *, const struct plan *, const struct result_run *,
                 struct problems *);
/* 0 where the result's path is free, or holds what this run has saved; else -EEXIST. */
int resume_check_output(const struct resume *, struct hd_error *);
/* Opens the run's journal on the same file: what is torn is cut off, and that it was resumed is written down. */
int resume_journal(struct resume *, struct journal *, const struct plan *, struct hd_error *);
/*
 * The trial that is to be made next. 1 where the journal has it: it is taken, and took so many ns; 0 where all were
 * taken and it is to be made; -EINVAL where the journal has another one.
 */
int resume_take(struct resume *, struct journal *, const struct plan *, size_t index,
                uint32_t round, uint32_t order, uint64_t *elapsed_ns, struct hd_error *);
bool resume_is_over(const struct resume *);
void resume_close(struct resume *);

#endif
