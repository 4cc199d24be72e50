/* SPDX-License-Identifier: MIT */
/* stall - right, but for 100 ms of each second it does nothing with what it has read. */
#define MODEL_NAME "stall"
#define PERFORM stalling
#include "broken.h"

enum { SECOND_NS = 1000000000, STALL_NS = 100000000 };

static int64_t stalling(void *state, struct hd_request *request)
{
	int64_t answer = base_perform(state, request), now = hd_now_ns(), gone = now % SECOND_NS;
	int64_t end = now - gone + STALL_NS;
	struct timespec until = {.tv_sec = end / SECOND_NS, .tv_nsec = end % SECOND_NS};

	if (request->op == HD_READ && gone < STALL_NS)
		clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL);
	return answer;
}

HD_EXPORT const struct hd_model heddle_model = {
        BASE_HEAD,          .ops = BASE_OPS,
        .name = MODEL_NAME, .summary = "threads that stall 100 ms a second",
        .build = HD_BUILD,  .open = base_open,
        .run = base_run,    .close = base_close};
