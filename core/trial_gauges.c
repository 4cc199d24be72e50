/* SPDX-License-Identifier: MIT */
/* What is read beside the windows of a trial: before the first one and after the last. */
#include "trial_parts.h"

#include <math.h>

#include "clock.h"
#include "frequency.h"

double trial_frequency(const struct trial *trial)
{
	double hz;

	frequency_read("", trial->spec->cpus, trial->spec->kase.cores, &hz);
	return hz;
}

void trial_look_around(const struct trial *trial, struct trial_surroundings *at)
{
	const struct trial_spec *spec = trial->spec;

	at->queue = (struct schedstat){0};
	at->frequency_hz = trial->tells_frequency ? trial_frequency(trial) : NAN;
	noise_read(&at->noise, "", spec->cpus, spec->kase.cores, &trial->quota);
	at->strangers = stagehand_strangers(&trial->hand);
	stagehand_schedstat(&trial->hand, &at->queue);
	at->between_ns = atomic_load(&trial->arena.board->between_cpu_ns);
	at->cpu_ns = stagehand_cpu_ns(&trial->hand);
	at->ns = clock_now_ns();
}

/* The gauges that counters tell better: of threads that have ended as well. */
static void take_counters(const struct trial *trial, double gauges[GAUGES])
{
	double values[COUNTERS];

	counters_read(&trial->hand.counters, values);
	gauges[GAUGE_CYCLES] = values[COUNTER_CYCLES];
	gauges[GAUGE_INSTRUCTIONS] = values[COUNTER_INSTRUCTIONS];
	gauges[GAUGE_CACHE_MISSES] = values[COUNTER_CACHE_MISSES];
	if (!isnan(values[COUNTER_SWITCHES]))
		gauges[GAUGE_SWITCHES] = values[COUNTER_SWITCHES];
	if (!isnan(values[COUNTER_MIGRATIONS]))
		gauges[GAUGE_MIGRATIONS] = values[COUNTER_MIGRATIONS];
}

/* What ran beside the stage and its workers was not measured, so that the sum is not known either. */
static bool strangers_ran(const struct trial_surroundings *before,
                          const struct trial_surroundings *after)
{
	return before->strangers.processes > 0 || after->strangers.processes > 0 ||
	       before->strangers.reaped_ticks != after->strangers.reaped_ticks;
}

/* All that was read a moment before and after the windows is scaled to the time between first and last look. */
void trial_take_gauges(struct trial *trial, const struct trial_surroundings *after)
{
	const struct trial_surroundings *before = &trial->before;
	struct trial_result *result = trial->result;
	double observed = (double)(trial->last.ns - trial->first.ns), *gauges = result->gauges;
	double share = after->ns > before->ns ? observed / (double)(after->ns - before->ns) : NAN;
	struct schedstat_change queue = schedstat_between(&before->queue, &after->queue);
	double cpu_ns = after->cpu_ns - before->cpu_ns, others;

	if (strangers_ran(before, after)) {
		queue = (struct schedstat_change){NAN, NAN, NAN,
		                                  "it has processes that the core was not told of"};
		cpu_ns = NAN;
	}
	result->noise = noise_between(&before->noise, &after->noise);
	result->cpu_ns = share * (cpu_ns - (double)(after->between_ns - before->between_ns));
	/* Ticks are coarse: less than nothing is nothing. */
	others = result->noise.busy_ns - cpu_ns;
	result->threads_unknown = queue.unknown;
	gauges[GAUGE_OBSERVED] = observed;
	gauges[GAUGE_RUN_DELAY] = share * queue.delay_ns;
	gauges[GAUGE_SWITCHES] = share * queue.switches;
	gauges[GAUGE_MIGRATIONS] = share * queue.migrations;
	gauges[GAUGE_OTHERS_CPU] = others < 0 ? 0 : share * others;
	gauges[GAUGE_FREQUENCY_BEFORE] = before->frequency_hz;
	gauges[GAUGE_FREQUENCY_AFTER] = after->frequency_hz;
	take_counters(trial, gauges);
}
