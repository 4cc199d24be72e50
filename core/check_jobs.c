/* SPDX-License-Identifier: MIT */
/* Jobs as such: each to its end once, as many in progress as asked for, all of them moving, until they are told to stop. */
#include "check_rig.h"

#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "request.h"

enum { RUNS = 200, STRIDE = 512, FEW = 20 };

/* ---- Each job once ---- */

struct few_job {
	struct check_job base;
	uint32_t left;
};

static void few_step(struct check_job *base, int64_t answer, struct hd_request *request)
{
	struct few_job *job = (struct few_job *)(void *)base;

	(void)answer;
	if (job->left == 0)
		return;
	job->left--;
	rig_cheap_request(base, request);
}

static struct few_job *few_jobs(struct rig *rig, uint32_t count)
{
	return rig_alloc(rig, count * sizeof(struct few_job));
}

static void fill_few(struct few_job *jobs, uint32_t count, uint32_t requests)
{
	for (uint32_t i = 0; i < count; i++) {
		jobs[i].base.script = few_step;
		jobs[i].left = requests ? requests + i % 3 : 0;
	}
}

void check_opens(struct rig *rig)
{
	if (!rig_open(rig))
		return;
	rig_close(rig);
}

static void run_few(struct rig *rig)
{
	uint32_t count = 3 * rig->tasks + 1;
	struct few_job *jobs = few_jobs(rig, count);

	fill_few(jobs, count, FEW);
	rig_does(rig, "each stepped until it is done, and no further", "%u jobs", count);
	rig_do(rig, jobs, count, sizeof(*jobs));
}

void check_once(struct rig *rig)
{
	run_few(rig);
}

/* Long enough that a runtime hands tasks to its other cores. */
static void busy_step(struct check_job *base, int64_t answer, struct hd_request *request)
{
	hd_busy(20000);
	few_step(base, answer, request);
}

void check_bound(struct rig *rig)
{
	struct hd_error err = {0};
	uint32_t count = 3 * rig->tasks + 1;
	struct few_job *jobs = few_jobs(rig, count);

	rig->judges_bind = true;
	fill_few(jobs, count, FEW);
	for (uint32_t i = 0; i < count; i++)
		jobs[i].base.script = busy_step;
	rig_does(rig, "each stepped by a thread that has called bind()", "%u jobs", count);
	if (!rig_open(rig) || !rig_run(rig, jobs, count, sizeof(*jobs)))
		return;
	rig_does(rig, "all threads of the model on processors of the case", "after a run");
	if (stage_traces_check_cpus(rig->host.arena->board, &err)) {
		rig_fail(rig, "%s", err.text);
		return;
	}
	rig_close(rig);
	if (rig->cores > 1 && !rig->report->one_at_a_time &&
	    atomic_load(&rig->report->cores_bound) == 1)
		snprintf(rig->report->told, sizeof(rig->report->told),
		         "all %u tasks on the first of %u cores", rig->tasks, rig->cores);
}

/* More than any buffer of a model has places for. */
static bool run_many(struct rig *rig)
{
	enum { MANY = 1500 };
	struct few_job *jobs = few_jobs(rig, MANY);

	fill_few(jobs, MANY, 0);
	rig_does(rig, "all of them done", "a run of %d jobs", MANY);
	return rig_run(rig, jobs, MANY, sizeof(*jobs));
}

/* Also of no jobs at all, and with room between two jobs. */
void check_runs(struct rig *rig)
{
	const uint32_t count = 2 * rig->tasks + 2;
	char *jobs = rig_alloc(rig, (uint64_t)count * STRIDE);

	if (!rig_open(rig))
		return;
	for (uint32_t run = 0; run < RUNS; run++) {
		for (uint32_t i = 0; i < count; i++)
			fill_few((struct few_job *)(void *)(jobs + (size_t)i * STRIDE), 1, run % 2);
		rig_does(rig, "all of them done, as in the first run", "run %u of %u, %u jobs",
		         run + 1, RUNS, run % (count + 1));
		if (!rig_run(rig, jobs, run % (count + 1), STRIDE))
			return;
	}
	if (run_many(rig))
		rig_close(rig);
}

/* ---- Jobs in progress ---- */

struct meeting {
	_Atomic uint64_t deadline_ns; /* of those who wait for others to begin */
	int silent[2];                /* a pipe */
};

struct meeting_job {
	struct check_job base;
	struct meeting *meeting;
	uint32_t seen; /* jobs in progress at a time, so far */
};

/* Every kind of chance for others to begin: what takes no time, a turn given away, a short wait. */
static void let_others_begin(struct meeting_job *job, struct hd_request *request)
{
	const struct rig *rig = job->base.rig;

	rig_cheap_request(&job->base, request);
	if (job->base.started % 3 == 0 && rig_can(rig, HD_CAN(HD_YIELD))) {
		request->op = HD_YIELD;
	} else if (job->base.started % 3 == 1 && rig_can(rig, HD_CAN(HD_READ))) {
		request->op = HD_READ;
		request->fd = job->meeting->silent[0];
		request->timeout_ns = RIG_MS;
	} else if (job->base.started % 3 == 1 && rig_can(rig, HD_CAN(HD_SLEEP))) {
		request->op = HD_SLEEP;
		request->timeout_ns = RIG_MS;
	}
}

/* Until all have begun; each that begins gives the others more time. */
static void meet_step(struct check_job *base, int64_t answer, struct hd_request *request)
{
	struct meeting_job *job = (struct meeting_job *)(void *)base;
	uint32_t peak = atomic_load(&base->rig->report->peak);
	uint64_t now = clock_now_ns();

	(void)answer;
	sched_yield(); /* many threads of one core that never wait would take turns of milliseconds */
	if (peak >= base->rig->tasks || now > atomic_load(&job->meeting->deadline_ns))
		return;
	if (peak > job->seen) {
		job->seen = peak;
		atomic_store(&job->meeting->deadline_ns, now + 2 * NS_PER_S);
	}
	let_others_begin(job, request);
}

static bool meet(struct rig *rig, const char *expected)
{
	struct meeting_job *jobs = rig_alloc(rig, rig->tasks * sizeof(*jobs));
	struct meeting *meeting = rig_alloc(rig, sizeof(*meeting));

	for (uint32_t i = 0; i < rig->tasks; i++) {
		jobs[i].base.script = meet_step;
		jobs[i].meeting = meeting;
	}
	rig_does(rig, expected, "%u jobs that wait for one another", rig->tasks);
	if (pipe(meeting->silent))
		return rig_fail(rig, "no pipe for the check itself");
	if (!rig_open(rig))
		return false;
	atomic_store(&meeting->deadline_ns, clock_now_ns() + 2 * NS_PER_S);
	if (!rig_run(rig, jobs, rig->tasks, sizeof(*jobs)))
		return false;
	rig_close(rig);
	return true;
}

void check_task_numbers(struct rig *rig)
{
	rig->judges_tasks = true;
	meet(rig, "each as a task of its own");
}

void check_in_flight(struct rig *rig)
{
	uint32_t peak;

	if (!meet(rig, "all of them in progress at the same time"))
		return;
	peak = atomic_load(&rig->report->peak);
	if (peak == 1 && rig->cores > 1) {
		rig->report->found_one_at_a_time = true;
		snprintf(rig->report->told, sizeof(rig->report->told),
		         "one job at a time, whatever in_flight is: what one waits for no other "
		         "can bring");
	} else if (peak < rig->tasks) {
		rig_fail(rig, "%u at most", peak);
	}
}

/* ---- Nobody is left behind ---- */

struct race {
	_Atomic uint32_t through; /* jobs that were answered FEW times */
	uint64_t deadline_ns;
};

struct race_job {
	struct check_job base;
	struct race *race;
	uint64_t answered;
};

/* Goes on until all have come as far. */
static void race_step(struct check_job *base, int64_t answer, struct hd_request *request)
{
	struct race_job *job = (struct race_job *)(void *)base;

	(void)answer;
	if (base->started > 1 && ++job->answered == FEW)
		atomic_fetch_add(&job->race->through, 1);
	if (atomic_load(&job->race->through) == base->rig->tasks ||
	    clock_now_ns() > job->race->deadline_ns)
		return;
	rig_cheap_request(base, request);
}

void check_progress(struct rig *rig)
{
	struct race_job *jobs = rig_alloc(rig, rig->tasks * sizeof(*jobs));
	struct race *race = rig_alloc(rig, sizeof(*race));
	uint64_t least = UINT64_MAX, most = 0;
	char expected[CHECK_TEXT];

	for (uint32_t i = 0; i < rig->tasks; i++) {
		jobs[i].base.script = race_step;
		jobs[i].race = race;
	}
	race->deadline_ns = clock_now_ns() + 3 * NS_PER_S;
	snprintf(expected, sizeof(expected), "each answered %d times within 3 s", FEW);
	rig_does(rig, expected, "%u jobs that ask without end", rig->tasks);
	if (!rig_do(rig, jobs, rig->tasks, sizeof(*jobs)))
		return;
	for (uint32_t i = 0; i < rig->tasks; i++) {
		least = jobs[i].answered < least ? jobs[i].answered : least;
		most = jobs[i].answered > most ? jobs[i].answered : most;
	}
	if (atomic_load(&race->through) < rig->tasks)
		rig_fail(rig, "one answered %llu times while another was %llu times",
		         (unsigned long long)least, (unsigned long long)most);
}

/* ---- The end ---- */

struct stop {
	uint64_t at_ns; /* of the clock: jobs end at their next step */
	int fds[CHECK_TASKS][2];
};

struct stop_job {
	struct check_job base;
	const struct stop *stop;
	int fd; /* to read from without end; -1: sections instead */
};

static void stop_step(struct check_job *base, int64_t answer, struct hd_request *request)
{
	struct stop_job *job = (struct stop_job *)(void *)base;

	(void)answer;
	if (clock_now_ns() > job->stop->at_ns)
		return;
	rig_cheap_request(base, request);
	request->times = request->op == HD_EXCLUSIVE ? 1024 : 1;
	if (job->fd < 0)
		return;
	request->op = HD_READ;
	request->fd = job->fd;
	request->timeout_ns = -1;
}

static void shut_down_later(struct rig *rig, void *argument)
{
	struct stop *stop = argument;

	clock_sleep_until(stop->at_ns + NS_PER_MS);
	for (uint32_t i = 0; i < rig->tasks; i++)
		shutdown(stop->fds[i][0], SHUT_RDWR);
}

static void run_until_stopped(struct rig *rig, struct stop *stop, bool waiting)
{
	struct stop_job *jobs = rig_alloc(rig, rig->tasks * sizeof(*jobs));
	pid_t helper = -1;
	uint64_t now;

	for (uint32_t i = 0; i < rig->tasks; i++) {
		jobs[i].base.script = stop_step;
		jobs[i].stop = stop;
		jobs[i].fd = waiting ? stop->fds[i][0] : -1;
	}
	stop->at_ns = clock_now_ns() + 100 * NS_PER_MS;
	rig_does(rig, "run() to return within 1 s",
	         waiting ? "%u jobs in READ whose sockets are shut down"
	                 : "%u jobs without end that are told to stop",
	         rig->tasks);
	if (waiting && (helper = rig_helper(rig, shut_down_later, stop)) < 0)
		return;
	if (!rig_open(rig) || !rig_run(rig, jobs, rig->tasks, sizeof(*jobs)))
		return;
	now = clock_now_ns();
	if (now > stop->at_ns + NS_PER_S) {
		rig_fail(rig, "it return %.2f s after", (double)(now - stop->at_ns) / 1e9);
		return;
	}
	rig_close(rig);
	if (helper >= 0)
		rig_reap(helper);
}

void check_stop(struct rig *rig)
{
	run_until_stopped(rig, rig_alloc(rig, sizeof(struct stop)), false);
}

void check_stop_waiting(struct rig *rig)
{
	struct stop *stop = rig_alloc(rig, sizeof(*stop));

	for (uint32_t i = 0; i < rig->tasks; i++)
		if (socketpair(AF_UNIX, SOCK_STREAM, 0, stop->fds[i])) {
			rig_fail(rig, "no sockets for the check itself");
			return;
		}
	run_until_stopped(rig, stop, true);
}

/* ---- A step's stack ---- */

static __attribute__((noinline)) void use_stack(void)
{
	char room[3800]; /* of the 4 KiB, with the frames above */

	memset(room, 1, sizeof(room));
	__asm__ volatile("" : : "r"(room) : "memory");
}

static void deep_step(struct check_job *base, int64_t answer, struct hd_request *request)
{
	use_stack();
	few_step(base, answer, request);
}

void check_step_stack(struct rig *rig)
{
	struct few_job *jobs = few_jobs(rig, rig->tasks);

	fill_few(jobs, rig->tasks, FEW);
	for (uint32_t i = 0; i < rig->tasks; i++)
		jobs[i].base.script = deep_step;
	rig_does(rig, "room for them", "steps that use 4 KiB of stack");
	rig_do(rig, jobs, rig->tasks, sizeof(*jobs));
}
