/* SPDX-License-Identifier: MIT */
/*
 * race - wrong: a section is done without any exclusion, so threads overwrite each other's work.
 * Between reading and writing lies a while, so that it also shows where other programs leave little
 * time.
 */
#define PERFORM overlapping
#include "broken.h"

static void section_alone(const struct hd_section *section)
{
	for (uint32_t i = 0; i < section->lines; i++) {
		volatile uint64_t *word = section->words + i * HD_LINE_WORDS;
		uint64_t read = *word;

		hd_busy(300);
		*word = read + 1;
	}
}

static int64_t overlapping(void *state, struct hd_request *request)
{
	(void)state;
	if (request->op != HD_EXCLUSIVE)
		return hd_thread_answer(request);
	for (uint64_t i = 0; i < request->times; i++)
		section_alone(&request->section);
	return 0;
}

HD_EXPORT const struct hd_model heddle_model = {BASE_HEAD, BASE_TEXTS, .open = base_open,
                                                .run = base_run, .close = base_close};
