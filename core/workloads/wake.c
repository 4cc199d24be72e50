/* SPDX-License-Identifier: MIT */
/*
 * wake: tasks wait for an event that one more sets: from the set to the first and to the last of them that runs.
 *
 * A round: the setter looks, asleep in between, until all have come to wait, and gives them a while to do so. It sets
 * the event; while that is set a wait of its own must not wait. When all are awake it clears the event, and a wait of
 * its own must find it clear. The next round has the other one of two events, so that who is awake early can wait
 * again at once.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "clock.h"
#include "format.h"
#include "histogram.h"
#include "member.h"

enum { TASKS };
static const struct hd_option params[] = {
        [TASKS] = {.name = "tasks",
                   .kind = HD_OPTION_INT,
                   .value = 100,
                   .min = 1,
                   .max = 16000,
                   .help = "tasks that wait, on all cores together; one more sets"},
        {0},
};

enum { LAST_P50, LAST_P99, LAST_MAX, FIRST_P50, FIRST_P99, THROUGHPUT };
static const struct workload_metric metrics[] = {
        [LAST_P50] = {"last_p50", "ns", "lower",
                      "from the set until the last of all runs, median of rounds"},
        [LAST_P99] = {"last_p99", "ns", "lower", "99 in 100 rounds were quicker"},
        [LAST_MAX] = {"last_max", "ns", "lower", "the slowest round"},
        [FIRST_P50] = {"first_p50", "ns", "lower", "from the set until the first of all runs"},
        [FIRST_P99] = {"first_p99", "ns", "lower", "99 in 100 rounds were quicker"},
        [THROUGHPUT] = {"throughput", "wake-ups/s", "higher",
                        "of all tasks; the setter's pauses are in it"},
        {0},
};

enum { LOOK_NS = 100000, SETTLE_NS = 300000, EVENTS = 2, END_TRIES = 3000 };

/* Shared by all. A round counts from 1. */
struct wake_head {
	_Alignas(ARENA_SPACING) _Atomic uint64_t come; /* to wait, in all rounds */
	_Alignas(ARENA_SPACING) _Atomic uint64_t awake;
	_Alignas(ARENA_SPACING) _Atomic uint64_t set; /* the last round that was */
	_Atomic uint64_t set_ns;
	_Atomic uint32_t over;  /* 1: the setter has found something wrong */
	_Atomic uint64_t ended; /* of those who wait */
	_Alignas(ARENA_SPACING) struct histogram first, last;
};

enum state { LOOK, SETTLE, SET, CHECK_SET, AWAKE, CLEAR, CHECK_CLEAR, END };

struct wake_job {
	struct member member;
	struct wake_head *head;
	uint64_t tasks;
	uint64_t round;     /* that it waits for, or sets next */
	uint64_t too_early; /* a round that it was woken in before it was set; 0: none */
	int64_t found;      /* a setter's: the answer that was wrong */
	uint32_t state;     /* a setter's: what it does next */
	uint32_t wrong;     /* a setter's: 1 + the state whose answer was wrong */
	uint32_t tries;     /* a setter's: times that it has set both events to end it */
	_Alignas(MEMBER_APART) char end[]; /* no two jobs share a pair of lines */
};

static struct hd_jobs jobs_of(const struct workload_case *kase, const struct arena *arena)
{
	return (struct hd_jobs){.count = (uint64_t)kase->params[TASKS].number + 1,
	                        .stride = sizeof(struct wake_job),
	                        .first = (char *)arena_workload(arena) + sizeof(struct wake_head)};
}

static void needs(const struct workload_case *kase, struct workload_needs *needed)
{
	needed->in_flight = (uint32_t)kase->params[TASKS].number + 1;
	needed->events = EVENTS;
	needed->bytes =
	        sizeof(struct wake_head) + needed->in_flight * (uint64_t)sizeof(struct wake_job);
}

/* Whether the answer came after the set; counted, and timed where it was the first or the last. */
static bool is_awake(struct wake_job *job)
{
	struct wake_head *head = job->head;
	uint64_t now = clock_now_ns(), order;

	if (atomic_load_explicit(&head->set, memory_order_acquire) < job->round) {
		job->too_early = job->round;
		return false;
	}
	now -= atomic_load_explicit(&head->set_ns, memory_order_relaxed);
	order = atomic_fetch_add(&head->awake, 1) - (job->round - 1) * job->tasks + 1;
	slot_add(member_slot(&job->member), 1);
	if (!atomic_load_explicit(&job->member.board->measuring, memory_order_relaxed))
		return true;
	if (order == 1)
		histogram_add_shared(&head->first, now);
	if (order == job->tasks)
		histogram_add_shared(&head->last, now);
	return true;
}

static void wait_step(struct hd_job *hd_job, int64_t answer, struct hd_request *request)
{
	struct wake_job *job = (struct wake_job *)(void *)hd_job;
	bool first = !job->member.started, goes_on = member_goes_on(&job->member, answer);

	request->op = HD_DONE;
	/* Both events are set then, whatever the round. */
	if (!goes_on || atomic_load(&job->head->over) || (!first && !is_awake(job))) {
		atomic_fetch_add(&job->head->ended, 1);
		return;
	}
	job->round++;
	member_ask(&job->member, request, HD_WAIT);
	request->fd = (int32_t)(job->round % EVENTS);
	atomic_fetch_add(&job->head->come, 1);
}

/* What a setter asks in each state, and which one follows. */
static void set_ask(struct wake_job *job, struct hd_request *request)
{
	static const uint32_t ops[] = {
	        [LOOK] = HD_SLEEP,      [SETTLE] = HD_SLEEP, [SET] = HD_SET,
	        [CHECK_SET] = HD_WAIT,  [AWAKE] = HD_SLEEP,  [CLEAR] = HD_CLEAR,
	        [CHECK_CLEAR] = HD_WAIT};

	member_ask(&job->member, request, ops[job->state]);
	request->fd = (int32_t)(job->round % EVENTS);
	request->timeout_ns = ops[job->state] == HD_WAIT ? 0
	                      : job->state == SETTLE     ? SETTLE_NS
	                                                 : LOOK_NS;
	if (job->state != SET)
		return;
	atomic_store_explicit(&job->head->set_ns, clock_now_ns(), memory_order_relaxed);
	atomic_store_explicit(&job->head->set, job->round, memory_order_release);
}

static void set_advance(struct wake_job *job)
{
	uint64_t all = job->round * job->tasks;

	switch (job->state) {
	case LOOK:
		job->state += atomic_load(&job->head->come) >= all;
		break;
	case AWAKE:
		job->state += atomic_load(&job->head->awake) >= all;
		break;
	case CHECK_CLEAR:
		job->state = LOOK;
		job->round++;
		break;
	default:
		job->state++;
	}
}

/*
 * Nobody is to wait any more: a while for those on their way to do so, then both events are set for good. Again where
 * somebody has not ended by then: a model that forgets a set is to be told for that, not for standing still.
 */
static void set_end(struct wake_job *job, struct hd_request *request)
{
	job->state = job->state < END ? END : job->state + 1;
	if (job->state > END + EVENTS && atomic_load(&job->head->ended) < job->tasks &&
	    job->tries++ < END_TRIES)
		job->state = END;
	if (job->state > END + EVENTS) {
		request->op = HD_DONE;
		return;
	}
	member_ask(&job->member, request, job->state == END ? HD_SLEEP : HD_SET);
	request->timeout_ns = SETTLE_NS;
	request->fd = (int32_t)(job->state - END) - 1;
}

static void set_step(struct hd_job *hd_job, int64_t answer, struct hd_request *request)
{
	struct wake_job *job = (struct wake_job *)(void *)hd_job;
	bool first = !job->member.started;
	int64_t expected = job->state == CHECK_CLEAR ? -EAGAIN : 0;

	if (!first && job->state < END && answer != expected && !job->wrong) {
		job->wrong = job->state + 1;
		job->found = answer;
		atomic_store(&job->head->over, 1);
	}
	/* What was wrong is told in words of its own. */
	if (!member_goes_on(&job->member, 0) || job->wrong) {
		set_end(job, request);
		return;
	}
	if (!first)
		set_advance(job);
	set_ask(job, request);
}

static int setup(struct workload_stage *stage, struct hd_error *err)
{
	struct wake_head *head = arena_workload(stage->arena);

	(void)err;
	memset(head, 0, sizeof(*head)); /* first touch */
	stage->jobs = jobs_of(stage->kase, stage->arena);
	for (uint64_t i = 0; i < stage->jobs.count; i++) {
		bool sets = i + 1 == stage->jobs.count;

		*(struct wake_job *)(void *)hd_job_at(&stage->jobs, i) = (struct wake_job){
		        .member = member_make(stage, sets ? set_step : wait_step),
		        .head = head,
		        .tasks = stage->jobs.count - 1,
		        .round = sets,
		};
	}
	return 0;
}

static void tell_setter(const struct wake_job *job, struct workload_verdict *verdict)
{
	static const char *const what[] = {[LOOK] = "a SLEEP",
	                                   [SETTLE] = "a SLEEP",
	                                   [SET] = "a SET",
	                                   [CHECK_SET] = "a WAIT for an event that was set",
	                                   [AWAKE] = "a SLEEP",
	                                   [CLEAR] = "a CLEAR",
	                                   [CHECK_CLEAR] = "a WAIT for an event that was cleared"};

	verdict->wrong = true;
	snprintf(verdict->text, sizeof(verdict->text),
	         "round %" PRIu64 ": %s was answered with %s%s", job->round, what[job->wrong - 1],
	         job->found < 0 ? "the error " : "success",
	         job->found < 0 ? strerror((int)-job->found) : "");
}

static void verify(struct workload_trial *trial, struct workload_verdict *verdict)
{
	struct hd_jobs jobs = jobs_of(trial->kase, trial->arena);

	if (member_find_failed(&jobs, verdict))
		return;
	/* The setter first: who was woken too early may be so because of it. */
	for (uint64_t i = jobs.count; i-- && !verdict->wrong;) {
		const struct wake_job *job = (const struct wake_job *)(void *)hd_job_at(&jobs, i);

		if (job->wrong) {
			tell_setter(job, verdict);
		} else if (job->too_early) {
			verdict->wrong = true;
			snprintf(verdict->text, sizeof(verdict->text),
			         "task %" PRIu32 ": woken in round %" PRIu64
			         " before its event was set",
			         job->member.job.task, job->too_early);
		}
	}
}

static void measure(struct workload_trial *trial, const struct workload_seen *seen, double *values)
{
	const struct wake_head *head = arena_workload(trial->arena);

	values[LAST_P50] = histogram_percentile(&head->last, 0.5);
	values[LAST_P99] = histogram_percentile(&head->last, 0.99);
	values[LAST_MAX] = histogram_percentile(&head->last, 1);
	values[FIRST_P50] = histogram_percentile(&head->first, 0.5);
	values[FIRST_P99] = histogram_percentile(&head->first, 0.99);
	values[THROUGHPUT] = seen->rate;
}

const struct workload wake_workload = {
        .name = "wake",
        .summary = "many tasks wait for one event; serial, which has no other, fails",
        .params = params,
        .metrics = metrics,
        .op_unit = "wake-ups",
        .ops = HD_CAN(HD_SET) | HD_CAN(HD_CLEAR) | HD_CAN(HD_WAIT) | HD_CAN(HD_SLEEP),
        .needs = needs,
        .setup = setup,
        .verify = verify,
        .measure = measure,
};
