/* SPDX-License-Identifier: MIT */
/* Which warnings a case's trials raise, and the words for all cases together. */
#include <math.h>
#include <stdlib.h>
#include <unistd.h>

#include "clock.h"
#include "generator.h"
#include "memory.h"
#include "result_document.h"
#include "stats.h"

/* From here on a warning is worth its line: smaller shares are below what intervals show anyway. */
enum { OTHERS_PERCENT = 5, STEAL_PERCENT = 2, IO_PERCENT = 10, LEAST_TICKS = 5 };

void concern_add(struct concern *concern, enum warning warning, double worst)
{
	json_array_append_new(concern->ids, json_string(warning_id(warning)));
	if (concern->tally)
		warnings_concern(concern->tally, warning, worst);
}

static double gauge_of(json_t *line, const char *name)
{
	json_t *gauges = json_object_get(json_object_get(line, "trial"), "gauges");
	json_t *value = json_object_get(gauges, name);

	return json_is_number(value) ? json_number_value(value) : NAN;
}

/* Over all trials that tell it, and the time that these were observed for. */
struct sums {
	double value, observed_ns;
};

static struct sums sum_up(json_t *const *lines, uint32_t count, const char *name)
{
	struct sums sums = {0, 0};

	for (uint32_t i = 0; i < count; i++) {
		double value = gauge_of(lines[i], name), ns = gauge_of(lines[i], "observed_ns");

		if (isnan(value) || isnan(ns))
			continue;
		sums.value += value;
		sums.observed_ns += ns;
	}
	return sums;
}

/*
 * Time that the kernel counts in ticks, as a share of the case's PUs' time. Trials that are a few ticks long
 * cannot tell.
 */
static void look_at_ticks(struct concern *concern, enum warning warning, struct sums sums,
                          uint32_t cores, double least_percent)
{
	double tick_ns = (double)NS_PER_S / (double)sysconf(_SC_CLK_TCK);
	double percent = 100 * sums.value / (sums.observed_ns * cores);

	if (percent >= least_percent && sums.value >= LEAST_TICKS * tick_ns)
		concern_add(concern, warning, percent);
}

/* Only where the workload itself does none. */
static void look_at_io(struct concern *concern, const struct plan_case *kase, struct sums sums)
{
	double percent = 100 * sums.value / sums.observed_ns;

	if (!kase->workload->finite && percent >= IO_PERCENT)
		concern_add(concern, WARNING_IO_PRESSURE, percent);
}

static void look_at_generator(struct concern *concern, json_t *const *lines, uint32_t count)
{
	double *used = memory_zalloc(count + 1, sizeof(*used)), median;
	size_t n = used ? result_collect(lines, count, "generator_cpu", used) : 0;

	median = stats_median(used, n);
	if (median >= GENERATOR_SATURATED_PERCENT)
		concern_add(concern, WARNING_SATURATED, median);
	free(used);
}

void concern_trials(struct concern *concern, const struct plan_case *kase, json_t *const *lines,
                    uint32_t count)
{
	struct sums throttled = sum_up(lines, count, "throttled_periods");

	if (throttled.value > 0)
		concern_add(concern, WARNING_THROTTLED, throttled.value);
	/* A generator on the same cores is one of the others. */
	if (!kase->shared)
		look_at_ticks(concern, WARNING_CPU_PRESSURE, sum_up(lines, count, "others_cpu_ns"),
		              kase->cores, OTHERS_PERCENT);
	look_at_io(concern, kase, sum_up(lines, count, "io_pressure_ns"));
	look_at_ticks(concern, WARNING_STEAL, sum_up(lines, count, "steal_ns"), kase->cores,
	              STEAL_PERCENT);
	look_at_generator(concern, lines, count);
	if (kase->shared && count)
		concern_add(concern, WARNING_SHARED, NAN);
}

/* "WHAT in 2 of 12 cases (at worst BEFORE 4.2 UNIT): SO", without the parentheses where `unit` is NULL. */
static const struct {
	enum warning warning;
	const char *what, *before, *unit, *so;
} words[] = {
        {WARNING_THROTTLED, "the CPU quota held trials up", "in ", " of its periods",
         "they show the quota, not the model. Raise it (cpu.max, cpu.cfs_quota_us) or take fewer "
         "cores."},
        {WARNING_CPU_PRESSURE, "CPU pressure: other programs ran on the cores of trials", "",
         " % of their time",
         "expect numbers to be off by about as much, or more. Stop them, or use `heddle ab`."},
        {WARNING_IO_PRESSURE, "I/O pressure: other programs waited for I/O during trials", "",
         " % of their time",
         "their work in the kernel reaches the model. Stop them, or use `heddle ab`."},
        {WARNING_STEAL, "steal: the hypervisor gave cores of trials to others", "",
         " % of their time",
         "expect numbers to be off by about as much, or more, and nothing in this machine can "
         "change it. Run again at another time, or use `heddle ab`."},
        {WARNING_SATURATED, "the load generator was the limit", "", " % of its cores",
         "the model could do more than is told. Raise generator_cores, or lower cores."},
        {WARNING_NOT_STEADY, "not steady: throughput moved within trials", "", " %",
         "the median is of no steady state. Raise sampling.warmup_ms."},
        {WARNING_STALLED, "windows stalled, without any progress,", "", " % of them",
         "a median over windows hides that, whole_trial_rate beside it does not. Look for what "
         "stands still; longer windows only cover it up."},
        {WARNING_TWO_MODES, "trials fall into two modes", "", NULL,
         "their median is a number that hardly any of them has shown. Look at the trials "
         "themselves; more rounds tell how often each mode comes."},
        {WARNING_PRECISION, "the precision asked for was not reached", "±", " %",
         "smaller differences cannot be told. Raise sampling.rounds or budget_s, or quieten the "
         "machine."},
};

static uint32_t cases_tried(const struct journal *journal)
{
	uint32_t tried = 0;

	for (size_t i = 0; i < journal->case_count; i++)
		tried += journal->cases[i].count > 0;
	return tried;
}

uint32_t result_count_warnings(struct journal *journal, const struct plan *plan,
                               struct warnings *warnings)
{
	for (size_t i = 0; i < plan->count; i++)
		json_decref(result_case(journal, plan, i, warnings));
	return cases_tried(journal);
}

void result_raise_warnings(struct warnings *warnings, uint32_t tried)
{
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		const struct warning_state *state = &warnings->of[words[i].warning];
		char worst[96] = "";

		if (!state->cases)
			continue;
		if (words[i].unit && isfinite(state->worst))
			snprintf(worst, sizeof(worst), " (at worst %s%.*f%s)", words[i].before,
			         state->worst < 9.95 && state->worst != floor(state->worst),
			         state->worst, words[i].unit);
		warnings_raise(warnings, words[i].warning, "%s in %u of %u case%s%s: %s",
		               words[i].what, state->cases, tried, tried == 1 ? "" : "s", worst,
		               words[i].so);
	}
}

json_t *warnings_json(const struct warnings *warnings)
{
	json_t *array = json_array();

	for (int i = 0; warnings && i < WARNINGS; i++) {
		const struct warning_state *state = &warnings->of[i];
		json_t *one;

		if (!state->text[0])
			continue;
		one = json_pack("{s:s, s:s, s:b}", "id", warning_id((enum warning)i), "text",
		                state->text, "silenced", state->silenced);
		if (state->cases)
			json_object_set_new(one, "cases", json_integer(state->cases));
		json_array_append_new(array, one);
	}
	return array;
}
