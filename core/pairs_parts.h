/* SPDX-License-Identifier: MIT */
/* Shared by the pairs*.c files: the cases of both sides, and the numbers of their pairs. */
#ifndef HEDDLE_PAIRS_PARTS_H
#define HEDDLE_PAIRS_PARTS_H

#include "judgement.h"
#include "pairs.h"
#include "run.h"

enum {
	BASE,
	NEW,
	SIDES,
	PAIRS_ABSENT = -1,
	PAIRS_RULER =
	        2 /* pairs of looks at the ruler in a round: they are short, and many are steadier */
};

/* One metric of a case, pair by pair: rooms for two blocks, NAN where it was not measured. */
struct pair_metric {
	const char *name; /* borrowed */
	double *values[SIDES];
};

/* A case that one side has, or both. */
struct pair_case {
	const char *name;             /* borrowed */
	const json_t *of_case[SIDES]; /* borrowed; NULL: not there */
	int64_t at[SIDES];            /* place in the side's cases; PAIRS_ABSENT */
	const char *differs; /* a member of the cases that is not the same on both sides, or NULL */
	bool tried;          /* both have it and may be tried */
	bool new_first;      /* in the pair under way */
	bool flagged;        /* to be confirmed */
	enum status status[SIDES];              /* the worst so far */
	uint32_t failures;                      /* trials that failed */
	char reason[SIDES][ARENA_REASON_BYTES]; /* of the status */
	double elapsed_s;
	size_t metric_count;
	struct pair_metric metrics[PAIRS_METRICS + 1]; /* the gating one first */
};

struct pairs {
	struct side *sides;
	const struct pairs_options *options;
	size_t count;
	struct pair_case *cases;
	size_t *order; /* of a round; the last place is the ruler's */
	struct run_random random;
	struct run_show show;
	struct pair_case ruler; /* its metrics[0] is the rate, PAIRS_RULER values a round */
	double *taken;          /* of each look at the ruler */
	size_t taken_count;
	int *ruler_cpus; /* none: it is not told where the cases ran, and there is no ruler */
	uint32_t ruler_cpu_count;
	uint32_t pairs_done[2]; /* of each block */
	/* The verdicts: one for each metric of each case that was judged. */
	size_t judgement_count;
	struct judgement *judgements;
	struct ruler_summary ruler_summary;
	char started[32];
	double elapsed_s;
	bool interrupted;
};

/* pairs_match.c: the cases of both sides by name, and what of them is judged. 0 or -errno. */
int pairs_match(struct pairs *, struct side sides[2], const struct pairs_options *,
                struct hd_error *);
void pairs_free(struct pairs *);

/* pairs_judge.c. False where memory ran out. */
bool pairs_judge(struct pairs *);
bool pairs_judge_again(struct pairs *);
/* Looks at the ruler, and takes back what an interruption left open. */
void pairs_judge_rest(struct pairs *);

/* pairs_document.c: writes it. 0 or -errno. */
int pairs_write(struct pairs *, struct hd_error *);

#endif
