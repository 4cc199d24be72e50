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
		{                                                                 \
			0                                                         \
		}                                                                 \
	}

static const struct workload_metric none[] = {{0}}, of_ops[] = METRICS("op"),
                                    of_round_trips[] = METRICS("round_trip");

const struct workload_metric *per_op_metrics(const struct workload *workload)
{
	if (workload->finite)
		return none;
	return strcmp(workload->op_unit, "round trips") == 0 ? of_round_trips : of_ops;
}

void per_op_measure(const double gauges[GAUGES], uint64_t ops, double values[PER_OP_METRICS])
{
	for (int i = 0; i < PER_OP_METRICS; i++)
		values[i] = ops ? gauges[sources[i]] / (double)ops : NAN;
}
