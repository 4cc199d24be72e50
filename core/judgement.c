/* SPDX-License-Identifier: MIT */
#include "judgement.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "memory.h"

static void say(struct judgement *judgement, const char *format, ...)
        __attribute__((format(printf, 2, 3)));
static void say(struct judgement *judgement, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(judgement->reason, sizeof(judgement->reason), format, args);
	va_end(args);
}

/* The q-values of one block; what was not tested has none. */
static bool discover(struct judgement *judgements, size_t n, bool second)
{
	double *p = memory_zalloc(n ? n : 1, sizeof(*p));

	if (!p)
		return false;
	for (size_t i = 0; i < n; i++)
		p[i] = !second                                ? judgements[i].first.p
		       : judgement_is_flagged(&judgements[i]) ? judgements[i].second.p
		                                              : NAN;
	if (!stats_false_discovery(p, n, p)) {
		free(p);
		return false;
	}
	for (size_t i = 0; i < n; i++)
		*(second ? &judgements[i].second_q : &judgements[i].q) = p[i];
	free(p);
	return true;
}

static void judge_one(struct judgement *judgement)
{
	const struct estimate *first = &judgement->first;

	judgement->verdict = VERDICT_INCONCLUSIVE;
	if (first->zeros)
		say(judgement, "%zu of %zu pairs have a zero: there is no ratio", first->zeros,
		    first->zeros + first->pairs);
	else if (first->pairs < VERDICT_LEAST_PAIRS)
		say(judgement, "%zu pairs have it, %d are needed", first->pairs,
		    VERDICT_LEAST_PAIRS);
	else
		judgement->verdict = verdict_of(first, judgement->q, &judgement->rule);
	if (judgement->verdict == VERDICT_INCONCLUSIVE && !judgement->reason[0])
		judgement->pairs_needed = verdict_pairs_needed(first, &judgement->rule);
}

bool judge(struct judgement *judgements, size_t n)
{
	if (!discover(judgements, n, false))
		return false;
	for (size_t i = 0; i < n; i++)
		judge_one(&judgements[i]);
	return true;
}

bool judgement_is_flagged(const struct judgement *judgement)
{
	return judgement->verdict == VERDICT_REGRESSION ||
	       judgement->verdict == VERDICT_IMPROVEMENT;
}

/* Both blocks must say the same of the same side. */
static void judge_one_again(struct judgement *judgement)
{
	enum verdict second = verdict_of(&judgement->second, judgement->second_q, &judgement->rule);

	if (judgement->second.zeros == 0 && second == judgement->verdict)
		return;
	if (judgement->second.zeros)
		say(judgement, "%s not confirmed: %zu more pairs have a zero",
		    verdict_name(judgement->verdict), judgement->second.zeros);
	else if (judgement->second.pairs < VERDICT_LEAST_PAIRS)
		say(judgement, "%s not confirmed: %zu more pairs have it, %d are needed",
		    verdict_name(judgement->verdict), judgement->second.pairs, VERDICT_LEAST_PAIRS);
	else
		say(judgement, "%s not confirmed: %+.1f %%, then %+.1f %%",
		    verdict_name(judgement->verdict), 100 * (judgement->first.ratio - 1),
		    100 * (judgement->second.ratio - 1));
	judgement->verdict = VERDICT_INCONCLUSIVE;
}

bool judge_again(struct judgement *judgements, size_t n)
{
	if (!discover(judgements, n, true))
		return false;
	for (size_t i = 0; i < n; i++)
		if (judgement_is_flagged(&judgements[i]))
			judge_one_again(&judgements[i]);
	return true;
}

static bool held_still(const struct ruler_summary *ruler, double margin)
{
	return ruler->estimate.ci95.low >= 1 - margin && ruler->estimate.ci95.high <= 1 + margin;
}

void judge_machine(struct judgement *judgements, size_t n, const struct ruler_summary *ruler)
{
	const struct interval *ci = &ruler->estimate.ci95;
	bool taken = 100 * ruler->taken > RULER_TAKEN_PERCENT;

	for (size_t i = 0; ruler->rounds && i < n; i++) {
		struct judgement *judgement = &judgements[i];

		if (judgement->verdict == VERDICT_INCONCLUSIVE ||
		    (!taken && held_still(ruler, judgement->rule.margin)))
			continue;
		if (taken)
			say(judgement, "would be %s; others took %.0f %% of a processor",
			    verdict_name(judgement->verdict), 100 * ruler->taken);
		else if (isnan(ci->low))
			say(judgement, "would be %s; the ruler has too few rounds to tell",
			    verdict_name(judgement->verdict));
		else
			say(judgement, "would be %s; the ruler moved by %+.1f to %+.1f %%",
			    verdict_name(judgement->verdict), 100 * (ci->low - 1),
			    100 * (ci->high - 1));
		judgement->verdict = VERDICT_CONTAMINATED;
	}
}
