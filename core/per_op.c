/* SPDX-License-Identifier: MIT */
#include "per_op.h"

#include <math.h>
#include <string.h>

static const enum gauge sources[PER_OP_METRICS] = {GAUGE_SWITCHES, GAUGE_CYCLES,
                                                   GAUGE_INSTRUCTIONS};

#define METRICS(OF)                                                               \
	{                                                                         \
		{"context_switches_per_" OF, "switches", "lower",                 \
		 "times that the scheduler gave one of its threads a processor"}, \
		        {"cycles_per_" OF, "cycles", "lower",                     \
		         "of the processor; needs sampling.counters"},            \
		        {"instructions_per_" OF, "instructions", "lower",         \
		         "of the processor; needs sampling.counters"},            \
	}

enum unit { OP, ROUND_TRIP, MIB, UNITS };
static const struct workload_metric metrics[UNITS][PER_OP_METRICS] = {
        [OP] = METRICS("op"), [ROUND_TRIP] = METRICS("round_trip"), [MIB] = METRICS("mib")};

static enum unit unit_of(const struct workload *workload)
{
	if (strcmp(workload->op_unit, "bytes") == 0)
		return MIB;
	return strcmp(workload->op_unit, "round trips") == 0 ? ROUND_TRIP : OP;
}

const struct workload_metric *per_op_metrics(const struct workload *workload)
{
	return metrics[unit_of(workload)];
}

void per_op_measure(const struct workload *workload, const double gauges[GAUGES], uint64_t ops,
                    double values[PER_OP_METRICS])
{
	double units = unit_of(workload) == MIB ? (double)ops / (1024 * 1024) : (double)ops;

	for (int i = 0; i < PER_OP_METRICS; i++)
		values[i] = ops && !workload->finite ? gauges[sources[i]] / units : NAN;
}
