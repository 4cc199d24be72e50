/* SPDX-License-Identifier: MIT */
/*
 * switch with ping_pong: tasks in pairs pass one message to and fro, each through the queue of the other.
 * Who has put it waits for it to come back, so that a message got is a switch to a partner that was named: the
 * explicit switch of greenlets, or of a generator's send. Partners share a core, or have two.
 */
#include <errno.h>
#include <inttypes.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>

#include "format.h"
#include "member.h"
#include "switch.h"

#define LAST (UINT64_C(1) << 63) /* the sender has gone home */
enum { LOOK_EVERY = 64 };        /* messages, until the PU is asked for again; a power of two */

struct pong_job {
	struct member member;
	uint64_t message; /* being put or got */
	uint64_t sent, got;
	uint64_t strange; /* a message that should not have come */
	uint32_t tasks, cores, partner;
	uint32_t across, ends, is_strange;
	int32_t cpu;                       /* -1: not known */
	_Alignas(MEMBER_APART) char end[]; /* no two jobs share a pair of lines */
};

int pong_resolve(const struct value *params, uint32_t cores, struct hd_error *err)
{
	bool across = strcmp(params[SWITCH_PARTNER].text, "other-core") == 0;

	if (params[SWITCH_BATCH].number != 1)
		return hd_error(err, -EINVAL, "batch: 1 with ping_pong: a message is one switch");
	if (across && cores % 2)
		return hd_error(err, -EINVAL,
		                "partner: other-core needs an even number of cores, not %" PRIu32,
		                cores);
	if (!across && params[SWITCH_TASKS].number % 2)
		return hd_error(err, -EINVAL,
		                "tasks: an even number with ping_pong, as partners share a core");
	return 0;
}

/* Models put task t on core t % cores. */
static uint32_t partner_of(const struct pong_job *job, uint32_t task)
{
	uint32_t core = task % job->cores, row = task / job->cores;

	return job->across ? row * job->cores + (core ^ 1) : (row ^ 1) * job->cores + core;
}

static uint64_t message_of(uint32_t sender, uint64_t number)
{
	return (uint64_t)sender << 40 | number;
}

/*
 * Who goes home leaves his task number to a job that has not begun, and so takes it from the partner who waits for that
 * job: on a busy machine the stop may come before a thread of the model. Nobody goes before all have come.
 */
static bool all_have_come(const struct pong_job *job)
{
	for (uint32_t task = 0; task < job->tasks; task++)
		if (!atomic_load_explicit(&job->member.slots[task].stepped, memory_order_relaxed))
			return false;
	return true;
}

static void put(struct pong_job *job, struct hd_request *request)
{
	job->ends = job->is_strange || (arena_stopping(job->member.board) && all_have_come(job));
	job->message = message_of(job->member.job.task, ++job->sent) | (job->ends ? LAST : 0);
	member_ask(&job->member, request, HD_PUT);
	request->fd = (int32_t)job->partner;
	request->buf = &job->message;
	request->size = sizeof(job->message);
	request->times = 1;
}

static void get(struct pong_job *job, struct hd_request *request)
{
	member_ask(&job->member, request, HD_GET);
	request->fd = (int32_t)job->member.job.task;
	request->buf = &job->message;
	request->size = sizeof(job->message);
	request->times = 1;
}

static void take(struct pong_job *job)
{
	uint64_t expected = message_of(job->partner, job->got + 1);

	if ((job->message & ~LAST) != expected) {
		job->strange = job->message;
		job->is_strange = 1;
		return;
	}
	if (job->got++ % LOOK_EVERY == 0)
		job->cpu = sched_getcpu();
	job->ends = (job->message & LAST) != 0;
	slot_add(member_slot(&job->member), 1);
}

static void step(struct hd_job *hd_job, int64_t answer, struct hd_request *request)
{
	struct pong_job *job = (struct pong_job *)(void *)hd_job;
	bool first = !job->member.started;

	member_goes_on(&job->member, answer);
	request->op = HD_DONE;
	if (first)
		job->partner = partner_of(job, hd_job->task);
	else if (!job->member.failed && job->member.asked == HD_GET)
		take(job);
	if (job->member.failed || job->ends || job->partner >= job->tasks)
		return;
	/* The message is where the partner put it, or on its way back. */
	if (first ? hd_job->task < job->partner : job->member.asked == HD_GET)
		put(job, request);
	else
		get(job, request);
}

void pong_needs(const struct workload_case *kase, struct workload_needs *needed)
{
	needed->in_flight = (uint32_t)kase->params[SWITCH_TASKS].number * kase->cores;
	needed->queues = needed->in_flight;
	needed->queue_capacity = 1;
	needed->bytes = needed->in_flight * sizeof(struct pong_job);
}

static struct hd_jobs jobs_of(const struct workload_case *kase, const struct arena *arena)
{
	return (struct hd_jobs){.count = (uint64_t)kase->params[SWITCH_TASKS].number * kase->cores,
	                        .stride = sizeof(struct pong_job),
	                        .first = arena_workload(arena)};
}

void pong_setup(struct workload_stage *stage)
{
	const struct workload_case *kase = stage->kase;

	stage->jobs = jobs_of(kase, stage->arena);
	for (uint64_t i = 0; i < stage->jobs.count; i++)
		*(struct pong_job *)(void *)hd_job_at(&stage->jobs, i) = (struct pong_job){
		        .member = member_make(stage, step),
		        .tasks = (uint32_t)stage->jobs.count,
		        .cores = kase->cores,
		        .across = strcmp(kase->params[SWITCH_PARTNER].text, "other-core") == 0,
		        .cpu = -1,
		};
}

static void tell_strange(const struct pong_job *job, struct workload_verdict *verdict)
{
	uint64_t number = job->strange & (message_of(1, 0) - 1);
	char came[FORMAT_TEXT], expected[FORMAT_TEXT];

	verdict->wrong = true;
	snprintf(verdict->text, sizeof(verdict->text),
	         "task %" PRIu32 ": message %s of task %" PRIu64
	         " came, expected was %s of task %" PRIu32,
	         job->member.job.task, format_count(number, came), (job->strange & ~LAST) >> 40,
	         format_count(job->got + 1, expected), job->partner);
}

static void tell_lost(const struct pong_job *job, uint64_t sent, struct workload_verdict *verdict)
{
	char out[FORMAT_TEXT], in[FORMAT_TEXT];

	verdict->wrong = true;
	snprintf(verdict->text, sizeof(verdict->text),
	         "task %" PRIu32 ": %s messages were put for it, it got %s", job->member.job.task,
	         format_count(sent, out), format_count(job->got, in));
}

/* Which job has which number is the model's choice. */
static const struct pong_job *job_of_task(const struct hd_jobs *jobs, uint32_t task)
{
	for (uint64_t i = 0; i < jobs->count; i++) {
		const struct pong_job *job =
		        (const struct pong_job *)(void *)hd_job_at(jobs, (i + task) % jobs->count);

		if (job->member.started && job->member.job.task == task)
			return job;
	}
	return NULL;
}

void pong_verify(struct workload_trial *trial, struct workload_verdict *verdict)
{
	struct hd_jobs jobs = jobs_of(trial->kase, trial->arena);
	uint64_t misplaced = 0;

	if (member_find_failed(&jobs, verdict))
		return;
	for (uint64_t i = 0; i < jobs.count && !verdict->wrong; i++) {
		const struct pong_job *job = (const struct pong_job *)(void *)hd_job_at(&jobs, i);
		const struct pong_job *partner = job_of_task(&jobs, job->partner);

		if (job->is_strange)
			tell_strange(job, verdict);
		else if (!partner || partner->sent != job->got)
			tell_lost(job, partner ? partner->sent : 0, verdict);
		else if (job->cpu >= 0 && partner->cpu >= 0)
			misplaced += (job->cpu != partner->cpu) != job->across;
	}
	if (!verdict->wrong && misplaced)
		snprintf(verdict->note, sizeof(verdict->note),
		         "%" PRIu64 " of %" PRIu64 " tasks %s", misplaced, jobs.count,
		         trial->kase->params[SWITCH_PARTNER].text[0] == 's'
		                 ? "had their partner on another core"
		                 : "shared a core with their partner");
}
