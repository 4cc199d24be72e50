/* SPDX-License-Identifier: MIT */
#include "trial_parts.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "stats.h"

/* What a model refuses and says why is nothing that it does wrong. */
static void tell_wrong(struct trial *trial, const struct workload_verdict *verdict)
{
	const char *why = trial->arena.board->reason;

	if (verdict->refused && *why)
		stagehand_fail(&trial->hand, STATUS_SKIPPED, "%.*s", ARENA_REASON_BYTES - 1, why);
	else
		stagehand_fail(&trial->hand, verdict->harness ? STATUS_FAILED : STATUS_WRONG_RESULT,
		               "%s", verdict->text);
}

static void verify(struct trial *trial)
{
	struct workload_verdict verdict = {0};

	snprintf(trial->result->model_note, sizeof(trial->result->model_note), "%.*s",
	         ARENA_REASON_BYTES - 1, trial->arena.board->note);
	text_clean(trial->result->model_note);
	snprintf(trial->result->changed, sizeof(trial->result->changed), "%.*s",
	         ARENA_REASON_BYTES - 1, trial->arena.board->changed);
	text_clean(trial->result->changed);
	if (trial->spec->unverified)
		return;
	trial->workload->verify(&trial->of_workload, &verdict);
	if (verdict.wrong)
		tell_wrong(trial, &verdict);
	snprintf(trial->result->note, sizeof(trial->result->note), "%s", verdict.note);
}

static double median_rate(const struct trial_result *result)
{
	double *rates = calloc(result->windows ? result->windows : 1, sizeof(*rates)), median = NAN;

	if (!rates)
		return NAN;
	for (uint32_t i = 0; i < result->windows; i++)
		rates[i] = (double)result->window_ops[i] * 1e9 / (double)result->window_ns[i];
	median = stats_median(rates, result->windows);
	free(rates);
	return median;
}

/* Whole passes of a finite workload; the middle of the windows of one without end. */
static struct workload_seen what_was_seen(struct trial *trial)
{
	const struct arena_passes *passes = &trial->arena.board->measured;
	struct trial_result *result = trial->result;
	struct workload_seen seen = {.cpu_ns = result->cpu_ns,
	                             .peak_bytes = result->peak_bytes,
	                             .tasks = result->stepped,
	                             .task_ops = result->task_ops,
	                             .in_flight = result->tasks,
	                             .ops = trial->last.ops - trial->first.ops,
	                             .ns = trial->last.ns - trial->first.ns};

	result->whole_rate = seen.ns ? (double)seen.ops * 1e9 / (double)seen.ns : NAN;
	/* Where most windows stalled, their middle says nothing; all of them together do, unless nothing was done. */
	if (!trial->workload->finite) {
		seen.rate = median_rate(result);
		if (!(seen.rate > 0))
			seen.rate = seen.ops ? result->whole_rate : NAN;
		return seen;
	}
	/* CPU time was taken over all of the time observed: it is scaled to the work in whole passes. */
	if (seen.ops)
		seen.cpu_ns *= (double)passes->ops / (double)seen.ops;
	result->passes = passes->count;
	seen.ops = passes->ops;
	seen.ns = passes->ns;
	seen.rate = passes->ns ? (double)passes->ops * 1e9 / (double)passes->ns : NAN;
	return seen;
}

void trial_conclude(struct trial *trial)
{
	struct trial_result *result = trial->result;
	struct workload_seen seen;

	/* What a job was answered tells more than that all jobs ended early; a load that never began
	   has nothing to tell. */
	if (!trial->workload->network || trial->load_started)
		verify(trial);
	if (!trial->measured_ns)
		stagehand_fail(&trial->hand, STATUS_FAILED,
		               "run() returned before it was told to stop");
	if (trial->hand.status != STATUS_OK)
		return;
	seen = what_was_seen(trial);
	trial->workload->measure(&trial->of_workload, &seen, result->metrics);
	per_op_measure(result->gauges, trial->last.ops - trial->first.ops, result->per_op);
}
