/* SPDX-License-Identifier: MIT */
#include "check_result.h"

#include <stdio.h>
#include <stdlib.h>

#include "error.h"

const char *check_status_name(enum check_status status)
{
	static const char *const names[CHECK_STATUSES] = {"ok", "told", "skipped", "failed"};

	return names[status];
}

static void make_safe(char *text, size_t size)
{
	text[size - 1] = '\0';
	text_clean(text);
	text_whole(text);
}

void check_say(struct check_result *result, enum check_status status, const char *text)
{
	result->status = status;
	snprintf(result->text, sizeof(result->text), "%.*s", CHECK_LINE - 1, text);
	make_safe(result->text, sizeof(result->text));
}

void check_say_failure(struct check_result *result, const struct check_sentence *sentence,
                       uint32_t tasks, uint32_t cores)
{
	struct check_sentence *failure = &result->failure;

	result->status = CHECK_FAILED;
	result->tasks = tasks;
	result->cores = cores;
	*failure = *sentence;
	make_safe(failure->done, sizeof(failure->done));
	make_safe(failure->expected, sizeof(failure->expected));
	make_safe(failure->seen, sizeof(failure->seen));
	snprintf(result->text, sizeof(result->text),
	         "%s, %u task%s on %u core%s: expected %s, saw %s", failure->done, tasks,
	         tasks == 1 ? "" : "s", cores, cores == 1 ? "" : "s", failure->expected,
	         failure->seen);
}

void check_results_add(struct check_results *results, const struct check_result *result)
{
	struct check_result *grown = realloc(results->items, (results->count + 1) * sizeof(*grown));

	results->counts[result->status]++;
	if (!grown) {
		results->short_of_memory = true;
		return;
	}
	results->items = grown;
	grown[results->count++] = *result;
}

void check_results_free(struct check_results *results)
{
	free(results->items);
	*results = (struct check_results){0};
}
