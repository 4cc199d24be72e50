/* SPDX-License-Identifier: MIT */
/*
 * A whole journal, as `heddle run --resume` reads it: its lines, its head against that of a run of now, and the
 * trials that are taken from it, in the order that it holds them in.
 */
#include <fcntl.h>
#include <math.h>
#include <string.h>
#include <unistd.h>

#include "fuzz.h"
#include "fuzz_plan.h"
#include "machine.h"
#include "result_document.h"
#include "result_resume.h"

static const struct result_run *run_of_now(void)
{
	static const char *const arguments[] = {"run", "fuzz.json", NULL};
	static struct machine machine = {
	        .clock_read_ns = 25, .at_start = {NAN, NAN, NAN}, .at_end = {NAN, NAN, NAN}};
	static struct result_run run = {.status = "complete",
	                                .started = "2026-01-31T12:00:00Z",
	                                .seed = 42,
	                                .rounds = 6,
	                                .arguments = arguments,
	                                .machine = &machine};

	run.topology = &fuzz_made.topology;
	run.models = &fuzz_made.models;
	return &run;
}

/* All cases in all rounds, in any order that the journal may have: at most so many. */
enum { TAKEN = 64 };

static void take(struct resume *resume, const struct plan *plan)
{
	struct journal journal = {0};
	struct hd_error err = {0};
	struct warnings warnings = {0};
	uint64_t elapsed_ns;

	if (resume_journal(resume, &journal, plan, &err) == 0)
		for (uint32_t i = 0; i < TAKEN && !resume_is_over(resume); i++) {
			int code = resume_take(resume, &journal, plan, i % plan->count,
			                       (uint32_t)(i / plan->count) + 1, i + 1, &elapsed_ns,
			                       &err);

			if (code < 0 && !err.code)
				fuzz_fail("a trial is refused without a word");
			if (code < 0)
				break;
		}
	for (size_t i = 0; journal.file && i < journal.case_count; i++)
		json_decref(result_case(&journal, plan, i, &warnings));
	journal_close(&journal, false);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct plan *plan = fuzz_plan();
	struct problems problems = {0};
	struct hd_error err = {0};
	struct resume resume;
	char path[4096];

	fuzz_put("/run.json.journal", data, size);
	snprintf(path, sizeof(path), "%s/run.json", fuzz_root());
	if (resume_open(&resume, path, &err)) {
		if (!err.code || !err.text[0])
			fuzz_fail("a journal is refused without a word");
	} else {
		resume_check(&resume, plan, run_of_now(), &problems);
		resume_check_output(&resume, &err);
		take(&resume, plan);
	}
	resume_close(&resume);
	problems_free(&problems);
	return 0;
}
