/* SPDX-License-Identifier: MIT */
/*
 * A comparison's verdicts as a whole: what is judged together shares one rate of false discoveries, a
 * first verdict of a change stands only once a second, independent block of pairs has confirmed it, and
 * a machine that was not itself gets no verdict.
 */
#ifndef HEDDLE_JUDGEMENT_H
#define HEDDLE_JUDGEMENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "verdict.h"

/* One metric of one case that both sides have. */
struct judgement {
	/* What is judged; texts are the caller's. */
	const char *name, *workload, *model, *metric, *unit;
	uint32_t cores;
	bool gates; /* the metric that the workload's verdicts gate on; else one asked for besides */
	struct verdict_rule rule;
	/* What the trials said. */
	double base, new;              /* medians; NAN where there is none */
	struct estimate first, second; /* second.pairs is 0 where nothing was to be confirmed */
	double q, second_q;            /* the p of each, after Benjamini and Hochberg */
	double elapsed_s;              /* of all its trials; NAN where it is not known */
	/* The verdict. */
	enum verdict verdict;
	uint64_t pairs_needed; /* of an inconclusive one; 0 where it cannot be told */
	char reason[256];      /* why there is no verdict, or none of a change; "" */
};

/* How the machine itself held still meanwhile. */
struct ruler_summary {
	struct estimate estimate; /* of the same work, by the pairs of the rounds */
	double taken;  /* share of a processor that others had at the median, 0 ... 1; NAN */
	size_t rounds; /* 0: there was no ruler */
};
enum { RULER_TAKEN_PERCENT = 10 /* that others may have */ };

/* Gives each its first verdict from `first`. False where memory ran out. */
bool judge(struct judgement *, size_t n);
/* Whether its first verdict asks for a second block. */
bool judgement_is_flagged(const struct judgement *);
/* Looks at `second` of the flagged ones: what does not hold again becomes inconclusive. False where memory
   ran out. */
bool judge_again(struct judgement *, size_t n);
/* Takes back all verdicts, but inconclusive ones, that the machine could have made: where the ruler's
   interval is not within the margin, or others took more than RULER_TAKEN_PERCENT. */
void judge_machine(struct judgement *, size_t n, const struct ruler_summary *);

#endif
