/* SPDX-License-Identifier: MIT */
#include "search.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "clock.h"
#include "format.h"
#include "option.h"

#define CLOSE_ENOUGH 1.05 /* the lowest rate not held over the highest held */
#define STEP_UP 1.4
#define STEP_DOWN 2.0
#define SPARE_SAMPLES 1.1 /* at the lowest rate, for what chance takes away */

/* A hiccup is no verdict: times that the lowest rate is tried before a case is given up. */
enum { LOWEST_TRIED = 2 };

struct search {
	const struct trial_spec *spec;
	struct keeper *keeper;
	struct workload_search by;
	struct value params[ARENA_VALUES];
	struct trial_result best; /* of the probe at `held` */
	struct trial_result last;
	double held, not_held;          /* 0: there is none yet */
	double doubted;                 /* the first that was not held, until it was tried again */
	char limit[ARENA_REASON_BYTES]; /* what the probe at `not_held` had to tell */
	double lowest;
	uint32_t lowest_tried, count;
	struct trial_probe probes[TRIAL_PROBES];
	uint64_t overhead_ns;
};

static bool asks_for(const struct workload_case *kase, struct workload_search *by)
{
	return kase->workload->search && kase->workload->search(kase, by);
}

uint32_t search_trials(const struct workload_case *kase)
{
	struct workload_search by;

	return asks_for(kase, &by) ? SEARCH_TYPICAL_PROBES : 1;
}

static double windows_s(const struct search *search)
{
	const struct sampling *sampling = &search->spec->sampling;

	return (double)sampling->windows * sampling->window_ms / 1e3;
}

/* 10 / (1 - p) messages in the windows, as a histogram wants them. */
static double lowest_rate(const struct search *search)
{
	double messages = SPARE_SAMPLES * 10 / (1 - search->by.percentile);

	return fmin(fmax(ceil(messages / windows_s(search)), 1), (double)search->by.highest);
}

static bool holds(const struct search *search)
{
	const double *metrics = search->last.metrics;
	double spared = WORKLOAD_MESSAGES_SPARED / windows_s(search);

	return metrics[search->by.achieved] + spared >=
	               WORKLOAD_SHARE_HELD * metrics[search->by.planned] &&
	       metrics[search->by.response] <= search->by.goal;
}

/* One trial at this rate into `last`; 0 is the closed loop. False where the search ends with it. */
static bool probe(struct search *search, double rate)
{
	struct trial_spec spec = *search->spec;
	struct trial_probe *told = &search->probes[search->count++];
	struct trial_result *last = &search->last;

	search->params[search->by.param].number = llround(rate);
	spec.kase.params = search->params;
	spec.seed += search->count;
	trial_run(&spec, search->keeper, last);
	search->overhead_ns += last->overhead_ns;
	*told = (struct trial_probe){.rate = rate,
	                             .achieved = last->metrics[rate > 0 ? search->by.achieved : 0],
	                             .response = last->metrics[search->by.response]};
	told->held = rate > 0 && last->status == STATUS_OK && holds(search);
	return !last->interrupted && last->status == STATUS_OK;
}

static void take(struct search *search, double rate)
{
	if (!search->probes[search->count - 1].held) {
		memcpy(search->limit, search->last.note, sizeof(search->limit));
		search->lowest_tried += rate <= search->lowest;
		if (search->not_held || search->doubted == rate)
			search->not_held = rate;
		else
			search->doubted = rate;
		return;
	}
	trial_free(&search->best);
	search->best = search->last;
	trial_result_init(&search->last);
	search->held = rate;
}

/* The rate to be tried after this one; 0 where the search is over. */
static double next_rate(const struct search *search, double rate)
{
	double held = search->held, not_held = search->not_held, between = sqrt(held * not_held);

	if (search->count == TRIAL_PROBES)
		return 0;
	if (search->doubted == rate && !not_held && held < rate)
		return rate;
	if (!held && rate <= search->lowest)
		return search->lowest_tried < LOWEST_TRIED ? rate : 0;
	if (!held)
		return fmax(floor(rate / STEP_DOWN), search->lowest);
	if (!not_held)
		return held < (double)search->by.highest
		               ? fmin(ceil(held * STEP_UP), (double)search->by.highest)
		               : 0;
	between = nearbyint(between);
	return not_held > held * CLOSE_ENOUGH && between > held && between < not_held ? between : 0;
}

/* False where a probe failed, or the user wants an end: `last` says it. */
static bool try_rates(struct search *search)
{
	double rate;

	if (!probe(search, 0))
		return false;
	rate = floor(search->last.metrics[0] / STEP_DOWN);
	rate = fmin(fmax(rate, search->lowest), (double)search->by.highest);
	while (rate > 0) {
		trial_free(&search->last);
		if (!probe(search, rate))
			return false;
		take(search, rate);
		rate = next_rate(search, rate);
	}
	return true;
}

/* No rate is known then, neither 0 nor the lowest: a number that was not measured. */
static void give_up(const struct search *search, struct trial_result *result)
{
	char rate[FORMAT_TEXT];

	*result = search->last;
	result->status = STATUS_FAILED;
	for (int i = 0; i < WORKLOAD_METRICS; i++)
		result->metrics[i] = NAN;
	snprintf(result->reason, sizeof(result->reason),
	         "no rate is held; at %s/s, below which the windows hold too few messages for the "
	         "percentile: %.350s",
	         format_count((uint64_t)search->not_held, rate),
	         search->limit[0] ? search->limit : "too few messages came back to tell");
	result->note[0] = '\0';
}

/* What gave out first: the notes of the lowest rate that was not held, if one was not. */
static void tell_limit(const struct search *search, struct trial_result *result)
{
	char rate[FORMAT_TEXT];
	size_t length = strlen(result->note), room = sizeof(result->note) - length;

	if (search->held >= (double)search->by.highest)
		snprintf(result->note + length, room, "%s%s/s is held, no more can be asked for",
		         length ? "; " : "", format_count((uint64_t)search->held, rate));
	else if (search->limit[0])
		snprintf(result->note + length, room, "%sat %s/s: %.200s", length ? "; " : "",
		         format_count((uint64_t)search->not_held, rate), search->limit);
}

static void conclude(struct search *search, bool tried, struct trial_result *result)
{
	char rate[FORMAT_TEXT], reason[ARENA_REASON_BYTES];

	if (tried && search->held > 0) {
		trial_free(&search->last);
		*result = search->best;
		result->metrics[0] = search->held;
		tell_limit(search, result);
		return;
	}
	if (tried) {
		give_up(search, result);
		return;
	}
	*result = search->last;
	trial_free(&search->best);
	if (result->interrupted || search->count == 1)
		return;
	snprintf(reason, sizeof(reason), "at %s messages a second: %.400s",
	         format_count((uint64_t)search->probes[search->count - 1].rate, rate),
	         result->reason);
	memcpy(result->reason, reason, sizeof(reason));
}

void search_run(const struct trial_spec *spec, struct keeper *keeper, struct trial_result *result)
{
	struct search search = {.spec = spec, .keeper = keeper};
	uint64_t began_ns = clock_now_ns();
	bool tried;

	if (!asks_for(&spec->kase, &search.by)) {
		trial_run(spec, keeper, result);
		return;
	}
	memcpy(search.params, spec->kase.params,
	       option_count(spec->kase.workload->params) * sizeof(*search.params));
	search.lowest = lowest_rate(&search);
	tried = try_rates(&search);
	conclude(&search, tried, result);
	result->probe_count = search.count;
	memcpy(result->probes, search.probes, sizeof(search.probes));
	result->elapsed_ns = clock_now_ns() - began_ns;
	result->overhead_ns = search.overhead_ns;
}
