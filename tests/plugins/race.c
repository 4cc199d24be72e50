/* SPDX-License-Identifier: MIT */
/* race - wrong: a section is done without any exclusion, so threads overwrite each other's work. */
#define PERFORM overlapping
#include "broken.h"

static int64_t overlapping(void *state, struct hd_request *request)
{
	(void)state;
	if (request->op != HD_EXCLUSIVE)
		return hd_thread_answer(request);
	for (uint64_t i = 0; i < request->times; i++)
		hd_section_run(&request->section);
	return 0;
}

HD_EXPORT const struct hd_model heddle_model = {
	BASE_HEAD, BASE_TEXTS, .open = base_open, .run = base_run, .close = base_close};
