/* SPDX-License-Identifier: MIT */
/* What the files of the switch workload share. */
#ifndef HEDDLE_WORKLOADS_SWITCH_H
#define HEDDLE_WORKLOADS_SWITCH_H

#include "../workload.h"

enum { SWITCH_TASKS, SWITCH_BATCH, SWITCH_PING_PONG, SWITCH_PARTNER };

/* switch_pong.c: as the workload's functions of these names, where `ping_pong` is set. */
int pong_resolve(const struct value *params, uint32_t cores, struct hd_error *);
void pong_needs(const struct workload_case *, struct workload_needs *);
void pong_setup(struct workload_stage *);
void pong_verify(struct workload_trial *, struct workload_verdict *);

#endif
