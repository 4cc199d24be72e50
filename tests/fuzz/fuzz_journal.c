/* SPDX-License-Identifier: MIT */
/*
 * Lines of a journal as they may stand on a disk: each is a trial of one case in turn, and the cases, with
 * the warnings that they give rise to, are made from them.
 */
#include <jansson.h>
#include <string.h>

#include "fuzz.h"
#include "fuzz_plan.h"
#include "result_document.h"

enum { LINES = 64 };

/* Where the lines of the file begin, dealt to the cases. */
static void deal(struct journal *journal, const uint8_t *data, size_t size)
{
	static double gate[LINES];
	size_t at = 0;

	for (size_t i = 0; i < LINES; i++)
		gate[i] = (double)(i + 1);
	for (size_t i = 0; at < size && i < LINES * journal->case_count; i++) {
		struct journal_case *of_case = &journal->cases[i % journal->case_count];
		const uint8_t *end = memchr(data + at, '\n', size - at);

		of_case->offsets[of_case->count++] = at;
		of_case->gate = gate;
		of_case->rounds = of_case->count;
		at = end ? (size_t)(end - data) + 1 : size;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint64_t offsets[8][LINES];
	struct journal_case cases[8] = {0};
	struct warnings warnings = {0};
	struct journal journal = {.cases = cases};
	const struct plan *plan = fuzz_plan();

	journal.case_count = plan->count < 8 ? plan->count : 8;
	for (size_t i = 0; i < journal.case_count; i++)
		cases[i].offsets = offsets[i];
	deal(&journal, data, size);
	journal.file = fopen(fuzz_file(0, data, size), "re");
	if (!journal.file)
		fuzz_fail("the journal cannot be opened");
	for (size_t i = 0; i < journal.case_count; i++)
		json_decref(result_case(&journal, plan, i, &warnings));
	fclose(journal.file);
	return 0;
}
