/* SPDX-License-Identifier: MIT */
/* Metrics that every workload has beside its own: what an operation took of the scheduler and the processor. */
#ifndef HEDDLE_PER_OP_H
#define HEDDLE_PER_OP_H

#include "gauges.h"
#include "workload.h"

enum { PER_OP_METRICS = 3 };

/* They are named for what the workload counts: "cycles_per_op", "..._per_round_trip", "..._per_mib". */
const struct workload_metric *per_op_metrics(const struct workload *);
/*
 * From the gauges of a trial and its operations in the same time, in the order of the metrics. NAN where a
 * gauge is, and for a finite workload: what the stage does between two passes is none of the model's, and
 * cannot be told apart.
 */
void per_op_measure(const struct workload *, const double gauges[GAUGES], uint64_t ops,
                    double values[PER_OP_METRICS]);

#endif
