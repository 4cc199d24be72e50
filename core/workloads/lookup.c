/* SPDX-License-Identifier: MIT */
/*
 * lookup: a table that is read by SHARED and changed by EXCLUSIVE. A change touches every line of it, so that a
 * reader who is let in meanwhile sees lines that differ. Now and then a reader is sent to words that differ for
 * good: one that does not look at what it reads does not find that.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "format.h"
#include "member.h"

enum { LINES, TURNS, BATCH, TASKS, WRITE_PERCENT };
static const struct hd_option params[] = {
        [LINES] = {.name = "lines",
                   .kind = HD_OPTION_INT,
                   .value = 4,
                   .min = 2,
                   .max = 1024,
                   .help = "cache lines of the table"},
        [TURNS] = {.name = "turns",
                   .kind = HD_OPTION_INT,
                   .value = 0,
                   .min = 0,
                   .max = 1000000,
                   .help = "turns of busy work in each reading and each change"},
        [BATCH] = {.name = "batch",
                   .kind = HD_OPTION_INT,
                   .value = 1,
                   .min = 1,
                   .max = 1048576,
                   .help = "separate readings or changes that a task asks for at a time"},
        [TASKS] = {.name = "tasks",
                   .kind = HD_OPTION_INT,
                   .value = 0,
                   .min = 0,
                   .max = 8192,
                   .help = "tasks; 0: as many as cores"},
        [WRITE_PERCENT] = {.name = "write_percent",
                           .kind = HD_OPTION_INT,
                           .value = 10,
                           .min = 0,
                           .max = 100,
                           .help = "of the requests that change the table; the others read it"},
        {0},
};

enum { WRITE_SHARE = MEMBER_METRICS };
static const struct workload_metric metrics[] = {
        [MEMBER_THROUGHPUT] = {"throughput", "ops/s", "higher", "readings and changes"},
        [MEMBER_TIME_PER_OP] = {"time_per_op", "ns", "lower", "wall time over both"},
        [MEMBER_CPU_PER_OP] = {"cpu_per_op", "ns", "lower", "CPU time of all tasks over both"},
        [WRITE_SHARE] = {"write_share", "1", NULL, "share of changes among them"},
        {0},
};

enum {
	LINE = 64,
	TRY_EVERY = 256, /* readings: one of them is of words that differ */
};

enum asked { ASKED_NOTHING, ASKED_READ, ASKED_TRIED, ASKED_CHANGE };

struct lookup_job {
	struct member member;
	uint64_t *words, *unlike; /* the table; as much of it that differs and is never changed */
	uint64_t batch, random;
	uint64_t read, changed, torn; /* acknowledged; torn: readings that saw half a change */
	uint64_t tried, blind; /* readings of what differs; of them, those that did not see it */
	uint32_t lines, turns, write_percent, asked;
	_Alignas(MEMBER_APART) char end[]; /* no two jobs share a pair of lines */
};

struct layout {
	uint32_t tasks, lines;
	uint64_t words_at, unlike_at, bytes;
};

static struct layout layout_of(const struct workload_case *kase)
{
	struct layout layout = {.tasks = (uint32_t)kase->params[TASKS].number,
	                        .lines = (uint32_t)kase->params[LINES].number};
	uint64_t table = (uint64_t)layout.lines * LINE + ARENA_SPACING;

	layout.words_at = layout.tasks * sizeof(struct lookup_job);
	layout.unlike_at = layout.words_at + table;
	layout.bytes = layout.unlike_at + table;
	return layout;
}

static struct hd_jobs jobs_of(const struct layout *layout, const struct arena *arena)
{
	return (struct hd_jobs){.count = layout->tasks,
	                        .stride = sizeof(struct lookup_job),
	                        .first = arena_workload(arena)};
}

static uint64_t *words_at(const struct arena *arena, uint64_t at)
{
	return (uint64_t *)(void *)((char *)arena_workload(arena) + at);
}

static int resolve(struct value *values, uint32_t cores, struct hd_error *err)
{
	(void)err;
	if (values[TASKS].number == 0)
		values[TASKS].number = cores;
	return 0;
}

static void needs(const struct workload_case *kase, struct workload_needs *needed)
{
	struct layout layout = layout_of(kase);

	needed->in_flight = layout.tasks;
	needed->locks = 1;
	needed->bytes = layout.bytes;
}

/* Marsaglia's xorshift64. */
static inline uint64_t draw(struct lookup_job *job)
{
	job->random ^= job->random << 13;
	job->random ^= job->random >> 7;
	job->random ^= job->random << 17;
	return job->random >> 32;
}

static inline void acknowledge(struct lookup_job *job, uint64_t answer)
{
	if (job->asked == ASKED_CHANGE) {
		job->changed += job->batch;
	} else if (job->asked == ASKED_TRIED) {
		job->tried += job->batch;
		job->blind += answer < job->batch ? job->batch - answer : 0;
	} else {
		job->read += job->batch;
		job->torn += answer;
	}
	slot_add(member_slot(&job->member), job->batch);
}

static void step(struct hd_job *hd_job, int64_t answer, struct hd_request *request)
{
	struct lookup_job *job = (struct lookup_job *)(void *)hd_job;
	bool goes_on = member_goes_on(&job->member, answer);

	if (job->asked && !job->member.failed)
		acknowledge(job, (uint64_t)answer);
	if (!goes_on) {
		request->op = HD_DONE;
		return;
	}
	job->asked = ASKED_READ;
	if ((draw(job) * 100) >> 32 < job->write_percent)
		job->asked = ASKED_CHANGE;
	else if (draw(job) % TRY_EVERY == 0)
		job->asked = ASKED_TRIED;
	member_ask(&job->member, request, job->asked == ASKED_CHANGE ? HD_EXCLUSIVE : HD_SHARED);
	request->times = job->batch;
	request->section = (struct hd_section){
	        .words = job->asked == ASKED_TRIED ? job->unlike : job->words,
	        .lines = job->lines,
	        .turns = job->turns,
	};
}

static int setup(struct workload_stage *stage, struct hd_error *err)
{
	const struct value *values = stage->kase->params;
	struct layout layout = layout_of(stage->kase);
	uint64_t *unlike = words_at(stage->arena, layout.unlike_at);

	(void)err;
	memset(arena_workload(stage->arena), 0, layout.bytes); /* first touch */
	unlike[(uint64_t)(layout.lines - 1) * HD_LINE_WORDS] = 1;
	stage->jobs = jobs_of(&layout, stage->arena);
	for (uint64_t i = 0; i < stage->jobs.count; i++)
		*(struct lookup_job *)(void *)hd_job_at(&stage->jobs, i) = (struct lookup_job){
		        .member = member_make(stage, step),
		        .words = words_at(stage->arena, layout.words_at),
		        .unlike = unlike,
		        .batch = (uint64_t)values[BATCH].number,
		        .random = (stage->seed + i + 1) * UINT64_C(0x9e3779b97f4a7c15) | 1,
		        .lines = layout.lines,
		        .turns = (uint32_t)values[TURNS].number,
		        .write_percent = (uint32_t)values[WRITE_PERCENT].number,
		};
	return 0;
}

static struct lookup_job sum_of(const struct hd_jobs *jobs)
{
	struct lookup_job sum = {.read = 0};

	for (uint64_t i = 0; i < jobs->count; i++) {
		const struct lookup_job *job =
		        (const struct lookup_job *)(void *)hd_job_at(jobs, i);

		sum.read += job->read;
		sum.changed += job->changed;
		sum.torn += job->torn;
		sum.tried += job->tried;
		sum.blind += job->blind;
	}
	return sum;
}

static void check_words(const struct workload_trial *trial, uint64_t changed,
                        struct workload_verdict *verdict)
{
	struct layout layout = layout_of(trial->kase);
	const uint64_t *words = words_at(trial->arena, layout.words_at);
	char all[FORMAT_TEXT], there[FORMAT_TEXT];

	for (uint32_t line = 0; line < layout.lines && !verdict->wrong; line++) {
		uint64_t found = words[line * HD_LINE_WORDS];

		verdict->wrong = found != changed;
		if (verdict->wrong)
			snprintf(verdict->text, sizeof(verdict->text),
			         "%s changes acknowledged, %s found in line %" PRIu32
			         " of %" PRIu32,
			         format_count(changed, all), format_count(found, there), line + 1,
			         layout.lines);
	}
}

static void verify(struct workload_trial *trial, struct workload_verdict *verdict)
{
	struct layout layout = layout_of(trial->kase);
	struct hd_jobs jobs = jobs_of(&layout, trial->arena);
	struct lookup_job sum = sum_of(&jobs);
	char some[FORMAT_TEXT], all[FORMAT_TEXT];

	if (member_find_failed(&jobs, verdict))
		return;
	verdict->wrong = sum.torn || sum.blind;
	if (sum.torn)
		snprintf(verdict->text, sizeof(verdict->text),
		         "half a change was seen in %s of %s readings",
		         format_count(sum.torn, some), format_count(sum.read, all));
	else if (sum.blind)
		snprintf(verdict->text, sizeof(verdict->text),
		         "%s of %s readings of words that differ did not see it",
		         format_count(sum.blind, some), format_count(sum.tried, all));
	else
		check_words(trial, sum.changed, verdict);
}

static void measure(struct workload_trial *trial, const struct workload_seen *seen, double *values)
{
	struct layout layout = layout_of(trial->kase);
	struct hd_jobs jobs = jobs_of(&layout, trial->arena);
	struct lookup_job sum = sum_of(&jobs);
	uint64_t all = sum.read + sum.tried + sum.changed;

	member_measure(seen, values);
	if (all)
		values[WRITE_SHARE] = (double)sum.changed / (double)all;
}

const struct workload lookup_workload = {
        .name = "lookup",
        .summary = "a table that many read and some change",
        .params = params,
        .metrics = metrics,
        .op_unit = "ops",
        .ops = HD_CAN(HD_SHARED) | HD_CAN(HD_EXCLUSIVE),
        .resolve = resolve,
        .needs = needs,
        .setup = setup,
        .verify = verify,
        .measure = measure,
};
