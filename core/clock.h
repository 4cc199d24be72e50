/* SPDX-License-Identifier: MIT */
/* The one clock of all measurements: CLOCK_MONOTONIC in nanoseconds, the same in every process. */
#ifndef HEDDLE_CLOCK_H
#define HEDDLE_CLOCK_H

#include <errno.h>
#include <stdint.h>
#include <time.h>

#define NS_PER_MS UINT64_C(1000000)
#define NS_PER_S UINT64_C(1000000000)

static inline uint64_t clock_now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * NS_PER_S + (uint64_t)now.tv_nsec;
}

static inline struct timespec clock_timespec(uint64_t ns)
{
	return (struct timespec){.tv_sec = (time_t)(ns / NS_PER_S),
	                         .tv_nsec = (long)(ns % NS_PER_S)};
}

/* Sleeps until `deadline_ns` of the clock, or until a signal comes: 0 or -EINTR. */
static inline int clock_sleep_until(uint64_t deadline_ns)
{
	struct timespec deadline = clock_timespec(deadline_ns);

	return -clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &deadline, NULL);
}

#endif
