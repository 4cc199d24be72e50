/* SPDX-License-Identifier: MIT */
/* Keeps a run within its time: fewer rounds, then fewer core counts. */
#include "plan_make.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LEAST_ROUNDS = 6 /* fewer have no 95 % interval */ };

/* A core count of the sweep, and what a round takes less without it. */
struct step {
	uint32_t cores;
	double saves_s;
	bool dropped;
};

/* The first and the last count of an entry stay, whatever the budget. */
struct ends {
	uint32_t first, last;
};

struct budget {
	struct maker *maker;
	struct step *steps; /* ascending */
	size_t count;
	struct ends *ends; /* one for each entry of the config */
	double round_s;
};

static struct ends *ends_of(const struct budget *budget, const struct plan_case *kase)
{
	return budget->ends + (kase->entry - budget->maker->config->workloads);
}

static bool is_middle(const struct budget *budget, const struct plan_case *kase)
{
	const struct ends *ends = ends_of(budget, kase);

	return kase->cores != ends->first && kase->cores != ends->last;
}

static int by_cores(const void *a, const void *b)
{
	const struct step *one = a, *other = b;

	return (one->cores > other->cores) - (one->cores < other->cores);
}

static struct step *step_of(const struct budget *budget, uint32_t cores)
{
	struct step wanted = {.cores = cores};

	return bsearch(&wanted, budget->steps, budget->count, sizeof(wanted), by_cores);
}

static void find_ends(struct budget *budget)
{
	const struct plan *plan = budget->maker->plan;

	for (size_t i = 0; i < plan->count; i++) {
		struct ends *ends = ends_of(budget, plan->cases + i);
		uint32_t cores = plan->cases[i].cores;

		if (ends->first == 0 || cores < ends->first)
			ends->first = cores;
		if (cores > ends->last)
			ends->last = cores;
	}
}

static void find_steps(struct budget *budget)
{
	const struct plan *plan = budget->maker->plan;
	size_t kept = 0;

	/* Neighbours mostly have the same count: the list stays short before it is sorted. */
	for (size_t i = 0; i < plan->count; i++)
		if (i == 0 || plan->cases[i].cores != plan->cases[i - 1].cores)
			budget->steps[budget->count++].cores = plan->cases[i].cores;
	qsort(budget->steps, budget->count, sizeof(*budget->steps), by_cores);
	for (size_t i = 0; i < budget->count; i++)
		if (kept == 0 || budget->steps[i].cores != budget->steps[kept - 1].cores)
			budget->steps[kept++] = budget->steps[i];
	budget->count = kept;
	for (size_t i = 0; i < plan->count; i++) {
		const struct plan_case *kase = plan->cases + i;

		if (kase->status == STATUS_OK && is_middle(budget, kase))
			step_of(budget, kase->cores)->saves_s += plan_trial_s(kase);
	}
}

static double round_of(const struct plan *plan)
{
	double round_s = 0;

	for (size_t i = 0; i < plan->count; i++)
		if (plan->cases[i].status == STATUS_OK)
			round_s += plan_trial_s(plan->cases + i);
	return round_s;
}

/* The count that is missed least: its neighbours lie nearest to each other. The greatest of
 * several. */
static struct step *least_missed(const struct budget *budget)
{
	struct step *least = NULL;
	double least_gap = 0;

	for (size_t i = 1; i + 1 < budget->count; i++) {
		struct step *step = budget->steps + i;
		size_t below = i - 1, above = i + 1;
		double gap;

		if (step->dropped || step->saves_s <= 0)
			continue;
		while (below > 0 && budget->steps[below].dropped)
			below--;
		while (above + 1 < budget->count && budget->steps[above].dropped)
			above++;
		gap = (double)budget->steps[above].cores / budget->steps[below].cores;
		if (!least || gap <= least_gap) {
			least = step;
			least_gap = gap;
		}
	}
	return least;
}

static void drop_cases(struct budget *budget)
{
	struct plan *plan = budget->maker->plan;
	size_t kept = 0;

	for (size_t i = 0; i < plan->count; i++) {
		const struct plan_case *kase = plan->cases + i;

		if (is_middle(budget, kase) && step_of(budget, kase->cores)->dropped)
			continue;
		budget->maker->origins[kept] = budget->maker->origins[i];
		plan->cases[kept++] = *kase;
	}
	plan->count = kept;
}

static void thin_out(struct budget *budget, double limit_s, uint32_t rounds)
{
	struct step *step;

	while (budget->round_s * rounds > limit_s && (step = least_missed(budget))) {
		step->dropped = true;
		budget->round_s -= step->saves_s;
	}
	drop_cases(budget);
}

static size_t tell(char *text, size_t size, size_t at, const char *more)
{
	int length = at < size ? snprintf(text + at, size - at, "%s", more) : 0;

	return at + (size_t)length;
}

static void tell_reduced(struct budget *budget, double limit_s, uint32_t asked)
{
	struct plan *plan = budget->maker->plan;
	size_t size = sizeof(plan->reduced), at;
	const char *before = ", without cores ";
	char more[64];

	at = (size_t)snprintf(plan->reduced, size, "for the budget of %.0f s:", limit_s);
	if (plan->rounds < asked)
		snprintf(more, sizeof(more), " %" PRIu32 " rounds in place of %" PRIu32,
		         plan->rounds, asked);
	else
		snprintf(more, sizeof(more), " %" PRIu32 " rounds", plan->rounds);
	at = tell(plan->reduced, size, at, more);
	for (size_t i = 0; i < budget->count; i++) {
		if (!budget->steps[i].dropped)
			continue;
		if (at > size - 64) {
			at = tell(plan->reduced, size, at, ", ...");
			break;
		}
		snprintf(more, sizeof(more), "%s%" PRIu32, before, budget->steps[i].cores);
		at = tell(plan->reduced, size, at, more);
		before = ", ";
	}
	if (plan->expected_s <= limit_s * 1.005)
		return;
	snprintf(more, sizeof(more), "; still about %.0f s", plan->expected_s);
	tell(plan->reduced, size, at, more);
}

static uint32_t rounds_within(const struct budget *budget, double limit_s, uint32_t asked)
{
	double fit = budget->round_s > 0 ? limit_s / budget->round_s : asked;

	if (fit >= asked)
		return asked;
	if (fit >= LEAST_ROUNDS)
		return (uint32_t)fit;
	return asked < LEAST_ROUNDS ? asked : LEAST_ROUNDS;
}

void plan_keep_budget(struct maker *maker)
{
	struct plan *plan = maker->plan;
	const struct config *config = maker->config;
	struct budget budget = {.maker = maker, .round_s = round_of(plan)};
	double limit_s = config->sampling.budget_s;
	uint32_t asked = config->sampling.rounds;

	plan->rounds = asked;
	plan->expected_s = budget.round_s * asked;
	if (limit_s == 0 || plan->expected_s <= limit_s)
		return;
	budget.steps = pool_zalloc(maker->pool, plan->count, sizeof(*budget.steps));
	budget.ends = pool_zalloc(maker->pool, config->workload_count, sizeof(*budget.ends));
	if (!budget.steps || !budget.ends)
		return;
	find_ends(&budget);
	find_steps(&budget);
	plan->rounds = rounds_within(&budget, limit_s, asked);
	if (budget.round_s * plan->rounds > limit_s) {
		thin_out(&budget, limit_s, plan->rounds);
		budget.round_s = round_of(plan);
		plan->rounds = rounds_within(&budget, limit_s, asked);
	}
	plan->expected_s = budget.round_s * plan->rounds;
	tell_reduced(&budget, limit_s, asked);
}
