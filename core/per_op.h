/* SPDX-License-Identifier: MIT */
/* Metrics of workloads beside their own: what an operation took of the scheduler and the processor. */
#ifndef HEDDLE_PER_OP_H
#define HEDDLE_PER_OP_H

#include "gauges.h"
#include "workload.h"

enum { PER_OP_METRICS = 3 };

/*
 * PER_OP_METRICS of them, and {0}; named for what the workload counts: "cycles_per_op",
 * "cycles_per_round_trip". Only {0} for a finite workload: what the stage does between two passes is none of
 * the model's, and cannot be told apart.
 */
const struct workload_metric *per_op_metrics(const struct workload *);
/* From the gauges of a trial and its operations in the same time, in the order of the metrics. NAN where a
   gauge is. */
void per_op_measure(const double gauges[GAUGES], uint64_t ops, double values[PER_OP_METRICS]);

#endif
