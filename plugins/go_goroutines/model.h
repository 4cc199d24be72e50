/* SPDX-License-Identifier: MIT */
/* What Go cannot call of heddle/plugin.h: functions behind pointers, and what is inline. */
#ifndef GO_GOROUTINES_MODEL_H
#define GO_GOROUTINES_MODEL_H

#include <heddle/plugin.h>

/*
 * job->step() by a thread that has called bind(). `life` is another after each open(). The addresses are those of a
 * host, a job and a request: cgo looks at each pointer that it hands on, which is a third of the call.
 */
void model_step(uintptr_t host, uint64_t life, uintptr_t job, int64_t answer, uintptr_t request);
/* The value in force of the option `lock` is "channel". */
int model_locks_by_channel(const struct hd_host *host);
void model_fail(const struct hd_host *host, const char *why);
/* Some sockets that were shut down say so only to those who would block (UDP, a Unix listener). */
int model_is_over(int fd);

#endif
