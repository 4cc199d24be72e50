/* SPDX-License-Identifier: MIT */
/* error - says itself that it cannot, or just stops: WRONG says how. */
#include "broken.h"

#define OPEN_WITH_REASON 1
#define OPEN_WITHOUT 2
#define RUN_FAILS 3
#define RUN_RETURNS 4
#define CANNOT_RUN_HERE 5
#define SECTION_FAILS 6
#define OPEN_POSITIVE 7

static const char *error_unsupported(const struct hd_host *host)
{
	(void)host;
	return WRONG == CANNOT_RUN_HERE ? "no quantum processor" : NULL;
}

static int error_open(const struct hd_host *host, void **state)
{
	if (WRONG == OPEN_WITH_REASON)
		host->fail(host, "the licence server does not answer");
	if (WRONG == OPEN_WITH_REASON || WRONG == OPEN_WITHOUT)
		return -EACCES;
	if (WRONG == OPEN_POSITIVE)
		return EACCES;
	return base_open(host, state);
}

/* A task that is answered with an error ends its job. */
static void answer_with_errors(const struct hd_jobs *jobs)
{
	for (uint64_t i = 0; i < jobs->count; i++) {
		struct hd_job *job = hd_job_at(jobs, i);
		struct hd_request request = {0};

		job->task = (uint32_t)i;
		for (job->step(job, 0, &request); request.op != HD_DONE;)
			job->step(job, -EDEADLK, &request);
	}
}

static int error_run(void *state, const struct hd_jobs *jobs)
{
	if (WRONG == RUN_FAILS)
		return -EIO;
	if (WRONG == RUN_RETURNS)
		return 0;
	if (WRONG != SECTION_FAILS)
		return base_run(state, jobs);
	answer_with_errors(jobs);
	return 0;
}

HD_EXPORT const struct hd_model heddle_model = {
        BASE_HEAD,          BASE_TEXTS,       .unsupported = error_unsupported,
        .open = error_open, .run = error_run, .close = base_close};
