/* SPDX-License-Identifier: MIT */
#include "gauges.h"

#include <errno.h>
#include <math.h>
#include <string.h>
#include <unistd.h>

#include "counters.h"
#include "frequency.h"
#include "noise.h"
#include "schedstat.h"

const char *gauge_name(enum gauge gauge)
{
	static const char *const names[GAUGES] = {
	        [GAUGE_OBSERVED] = "observed_ns",
	        [GAUGE_RUN_DELAY] = "run_delay_ns",
	        [GAUGE_SWITCHES] = "context_switches",
	        [GAUGE_MIGRATIONS] = "migrations",
	        [GAUGE_OTHERS_CPU] = "others_cpu_ns",
	        [GAUGE_FREQUENCY_BEFORE] = "frequency_before_hz",
	        [GAUGE_FREQUENCY_AFTER] = "frequency_after_hz",
	        [GAUGE_CYCLES] = "cycles",
	        [GAUGE_INSTRUCTIONS] = "instructions",
	        [GAUGE_CACHE_MISSES] = "cache_misses",
	};

	return names[gauge];
}

void gauges_init(double values[GAUGES])
{
	for (int i = 0; i < GAUGES; i++)
		values[i] = NAN;
}

static void probe_noise(struct machine *machine, const char *root, const int *cpus, uint32_t count)
{
	struct quota_counts quota;
	struct noise noise;

	quota_counts_open(&quota, root);
	noise_read(&noise, root, cpus, count, &quota);
	quota_counts_close(&quota);
	if (isnan(noise.steal_ns))
		machine_unavailable(machine, "steal_ns", "/proc/stat does not tell it");
	if (isnan(noise.busy_ns))
		machine_unavailable(machine, "others_cpu_ns", "/proc/stat does not tell it");
	if (isnan(noise.cpu_pressure_ns))
		machine_unavailable(machine, "cpu_pressure_ns", "no /proc/pressure/cpu");
	if (isnan(noise.io_pressure_ns))
		machine_unavailable(machine, "io_pressure_ns", "no /proc/pressure/io");
	if (isnan(noise.throttled_periods))
		machine_unavailable(machine, "throttled_periods",
		                    "no control group with a cpu.stat of its own");
}

static void probe_schedstat(struct machine *machine, const char *root)
{
	struct schedstat queue = {0};

	schedstat_look(&queue, root, getpid());
	if (queue.incomplete || isnan(queue.threads[0].delay_ns)) {
		machine_unavailable(machine, "run_delay_ns", "no /proc/PID/task/TID/schedstat");
		machine_unavailable(machine, "context_switches", "no /proc/PID/task/TID/schedstat");
	}
	if (queue.incomplete || isnan(queue.threads[0].migrations))
		machine_unavailable(machine, "migrations", "no /proc/PID/task/TID/sched");
}

static void probe_frequency(struct machine *machine, const char *root, const int *cpus,
                            uint32_t count)
{
	static const char why[] = "neither cpufreq nor the processor (aperfmperf) tells it here";
	double hz;

	if (!frequency_read(root, cpus, count, &hz))
		return;
	machine_unavailable(machine, "frequency_before_hz", why);
	machine_unavailable(machine, "frequency_after_hz", why);
}

static void probe_counters(struct machine *machine, const char *root, bool counted)
{
	static const struct {
		enum counter counter;
		enum gauge gauge;
	} told[] = {{COUNTER_CYCLES, GAUGE_CYCLES},
	            {COUNTER_INSTRUCTIONS, GAUGE_INSTRUCTIONS},
	            {COUNTER_CACHE_MISSES, GAUGE_CACHE_MISSES}};
	struct counters counters;
	char why[MACHINE_TEXT];

	counters_open(&counters, 0);
	machine->counts_user_only = counters.user_only;
	for (size_t i = 0; i < sizeof(told) / sizeof(told[0]); i++) {
		int error = counters.errors[told[i].counter];

		if (error)
			counters_explain(error, root, why, sizeof(why));
		if (error || !counted)
			machine_unavailable(machine, gauge_name(told[i].gauge),
			                    error ? why
			                          : "not asked for: sampling.counters; "
			                            "they make each switch dearer");
	}
	counters_close(&counters);
}

void gauges_probe(struct machine *machine, const char *root, const int *cpus, uint32_t count,
                  bool counted)
{
	probe_noise(machine, root, cpus, count);
	probe_schedstat(machine, root);
	probe_frequency(machine, root, cpus, count);
	probe_counters(machine, root, counted);
}
