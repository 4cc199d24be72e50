/* SPDX-License-Identifier: MIT */
/*
 * One side of a comparison: a build whose cases can be tried one by one. Two kinds: plugins that this
 * program runs (side_bench.c), and another program that runs its own (side_program.c). Both speak of cases
 * and of metrics as a result document does.
 */
#ifndef HEDDLE_SIDE_H
#define HEDDLE_SIDE_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "arena.h"
#include "error.h"
#include "run_show.h"
#include "status.h"
#include "warning.h"
#include "workbench.h"

/* What both trials of a pair have in common. */
struct side_turn {
	uint64_t seed;
	uint32_t round;
	uint32_t order; /* of the trial within the round */
	struct run_show *show;
};

struct side_trial {
	enum status status;
	bool interrupted; /* by the user: there is no trial */
	char reason[ARENA_REASON_BYTES];
	json_t *metrics; /* name to number or null; owned */
	double elapsed_s;
};

/* Where the journal will be; texts are the caller's. */
struct side_journal {
	const char *path;
	bool overwrite;
};

struct side {
	const struct side_kind *kind;
	void *state;       /* the kind's */
	const char *place; /* as the user gave it, or NULL */
	json_t *config;    /* in force; owned; NULL where it is not known */
	json_t *cases; /* as in a result, before the first trial: status tells what is known; owned */
	double round_s; /* that a trial of each case is thought to take */
};

struct side_kind {
	/* Opens its journal: from here on what is measured is on disk. 0 or -errno. */
	int (*begin)(struct side *, struct hd_error *);
	/* Tries the case once. 0, or -errno where heddle itself cannot go on. */
	int (*trial)(struct side *, size_t index, const struct side_turn *, struct side_trial *,
	             struct hd_error *);
	/* Whether the last trials of two cases ran the same bytes. */
	bool (*same_bytes)(struct side *, size_t index, struct side *other, size_t of_other);
	/* Counts the cases to warn of; how many were tried. */
	uint32_t (*count_warnings)(struct side *, struct warnings *);
	/* The document's "plugins", "objects" and "cases" (with their trials): new references; NULL where one
	   cannot be made, as its journal cannot be read again. */
	json_t *(*plugins)(struct side *);
	json_t *(*objects)(struct side *);
	json_t *(*measured)(struct side *);
	/* `saved`: all that was measured stands elsewhere. */
	void (*close)(struct side *, bool saved);
};

/*
 * The plan of `own`, run with the keeper and the folders of `host`, so that both sides share them. 0 or
 * -errno; side_close in any case.
 */
int side_open_bench(struct side *, struct workbench *own, struct workbench *host,
                    const struct side_journal *, struct hd_error *);
/*
 * Another heddle, `program`, that runs the config of `options` with its own plugins: asked once what cases
 * it has, which runs each of them once, then for each trial. -EINVAL where it refuses the config, -EINTR
 * where `show` tells of a signal.
 */
int side_open_program(struct side *, const char *program, const struct workbench_options *,
                      const struct side_journal *, const struct run_show *show, struct hd_error *);
void side_close(struct side *, bool saved);
/* Removes the contents; the trial can be used again. */
void side_trial_free(struct side_trial *);

#endif
