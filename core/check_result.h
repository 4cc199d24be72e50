/* SPDX-License-Identifier: MIT */
/* What a check finds: a result for each property, and all of them together. */
#ifndef HEDDLE_CHECK_RESULT_H
#define HEDDLE_CHECK_RESULT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "check_report.h"

enum check_status { CHECK_OK, CHECK_TOLD, CHECK_SKIPPED, CHECK_FAILED };
enum { CHECK_STATUSES = CHECK_FAILED + 1, CHECK_LINE = 1280, CHECK_WITH = 160 };

/* Of one property, or of all of them with one option at one of its values. */
struct check_result {
	const char *name;      /* of the property, or "option" */
	char with[CHECK_WITH]; /* "stack_kib=16"; "": all options have their defaults */
	enum check_status status;
	uint32_t tasks, cores;         /* that it failed with */
	struct check_sentence failure; /* empty where it has not failed */
	char text[CHECK_LINE];         /* one sentence in any case, without control characters */
	uint64_t elapsed_ns;
};

struct check_results {
	size_t count;
	struct check_result *items; /* owned */
	uint32_t counts[CHECK_STATUSES];
	bool short_of_memory; /* one is missing */
};

/* "ok", "told", "skipped", "failed" */
const char *check_status_name(enum check_status);
/* Whatever the text holds, what is kept is clean: see text_clean(). */
void check_say(struct check_result *, enum check_status, const char *text);
void check_say_failure(struct check_result *, const struct check_sentence *, uint32_t tasks,
                       uint32_t cores);

void check_results_add(struct check_results *, const struct check_result *);
void check_results_free(struct check_results *);

#endif
