/* SPDX-License-Identifier: MIT */
/* What a larger batch saves. */
#include "check_rig.h"

#include <stdio.h>

enum {
	LARGE_BATCH = 1024,
	CLOCK_EVERY = 64,
	BATCH_NS = 10000000,
	BATCH_TRIES = 5,
	MOST_TRIES = 25
};

struct batch_job {
	struct check_job base;
	uint64_t batch, asked, began_ns;
	double section_ns;
};

/* As lean as a workload's: it stands in for the whole bookkeeping. */
static void batch_step(struct hd_job *base, int64_t answer, struct hd_request *request)
{
	struct batch_job *job = (struct batch_job *)(void *)base;
	uint64_t took;

	(void)answer;
	if (job->asked == 0)
		job->began_ns = clock_now_ns();
	if (job->asked && job->asked % CLOCK_EVERY == 0) {
		took = clock_now_ns() - job->began_ns;
		if (took > BATCH_NS) {
			job->section_ns = (double)took / (double)(job->asked * job->batch);
			job->base.finished++;
			request->op = HD_DONE;
			return;
		}
	}
	job->asked++;
	request->op = HD_EXCLUSIVE;
	request->flags = 0;
	request->times = job->batch;
	request->section = (struct hd_section){.words = job->base.own, .lines = 1};
}

static void nobody_answers(struct batch_job *job)
{
	struct hd_request request = {0};

	for (job->base.job.step(&job->base.job, 0, &request); request.op != HD_DONE;)
		job->base.job.step(&job->base.job, 0, &request);
}

/* Lowers *least to what a section took; the same job, answered by nobody, is what the empty model takes. */
static bool time_batch(struct rig *rig, struct batch_job *job, uint64_t batch, bool by_model,
                       double *least)
{
	job->batch = batch;
	job->asked = 0;
	if (!by_model)
		nobody_answers(job);
	else if (!rig_run(rig, job, 1, sizeof(*job)))
		return false;
	*least = job->section_ns < *least ? job->section_ns : *least;
	return true;
}

void check_amortised(struct rig *rig)
{
	struct batch_job *job = rig_alloc(rig, sizeof(*job));
	double one = 1e9, many = 1e9, nobody = 1e9, alone;

	job->base.bare = batch_step;
	rig_does(rig, "an end", "EXCLUSIVE at batch 1 and %d", LARGE_BATCH);
	if (!rig_open(rig))
		return;
	/* The least of some looks; others may disturb them all, so of more where it would be told. */
	for (int again = 0; again < BATCH_TRIES || (again < MOST_TRIES && one - nobody > 2 * many);
	     again++)
		if (!time_batch(rig, job, LARGE_BATCH, true, &many) ||
		    !time_batch(rig, job, 1, true, &one) ||
		    !time_batch(rig, job, 1, false, &nobody))
			return;
	rig_close(rig);
	alone = one - nobody;
	if (alone > 2 * many)
		snprintf(rig->report->told, sizeof(rig->report->told),
		         "amortised: a section takes %.1f ns alone, at batch 1 without the %.1f ns "
		         "of the "
		         "empty model, and %.1f ns at batch %d, a factor of %.1f: some of its work "
		         "is done "
		         "once a request, so compare it with others at the same batch only",
		         alone, nobody, many, LARGE_BATCH, alone / many);
}
