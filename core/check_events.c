/* SPDX-License-Identifier: MIT */
/* YIELD, SLEEP, and events. */
#include "check_rig.h"

#include <errno.h>
#include <stdio.h>

/* ---- YIELD ---- */

void check_turns(struct rig *rig)
{
	static const struct check_line lines[] = {
	        {.what = "YIELD of 1 turn", .request = {.op = HD_YIELD, .times = 1}},
	        {.what = "YIELD of 100 turns", .request = {.op = HD_YIELD, .times = 100}},
	};

	rig_play(rig, lines, sizeof(lines) / sizeof(*lines));
}

struct turn_job {
	struct check_job base;
	_Atomic uint32_t *flag;
	uint64_t deadline_ns;
	bool sets;
};

/* All give turns away until the last, which starts after them, has set the flag. */
static void turn_step(struct check_job *base, int64_t answer, struct hd_request *request)
{
	struct turn_job *job = (struct turn_job *)(void *)base;

	(void)answer;
	if (job->sets)
		atomic_store(job->flag, 1);
	if (atomic_load(job->flag))
		return;
	if (clock_now_ns() > job->deadline_ns) {
		rig_complain(base->rig, "YIELD until another task has run", "it to run within 3 s",
		             "it not run in %u requests", base->started);
		return;
	}
	request->op = HD_YIELD;
	request->times = 3;
}

void check_yield(struct rig *rig)
{
	struct turn_job *jobs = rig_alloc(rig, rig->tasks * sizeof(*jobs));
	_Atomic uint32_t *flag = rig_alloc(rig, sizeof(*flag));

	for (uint32_t i = 0; i < rig->tasks; i++) {
		jobs[i].base.script = turn_step;
		jobs[i].flag = flag;
		jobs[i].sets = i == rig->tasks - 1;
		jobs[i].deadline_ns = clock_now_ns() + 3 * NS_PER_S;
	}
	rig_does(rig, "all of them to run", "%u jobs that give their turns away", rig->tasks);
	rig_do(rig, jobs, rig->tasks, sizeof(*jobs));
}

/* ---- SLEEP ---- */

void check_sleep(struct rig *rig)
{
	static const struct check_line lines[] = {
	        {.what = "SLEEP of 0", .request = {.op = HD_SLEEP, .times = 1}},
	        {.what = "SLEEP of 0.3 ms",
	         .request = {.op = HD_SLEEP, .times = 1, .timeout_ns = 3 * RIG_MS / 10},
	         .wait_ns = 3 * RIG_MS / 10},
	        {.what = "SLEEP of 1 ms",
	         .request = {.op = HD_SLEEP, .times = 1, .timeout_ns = RIG_MS},
	         .wait_ns = RIG_MS},
	        {.what = "SLEEP of 20 ms",
	         .request = {.op = HD_SLEEP, .times = 1, .timeout_ns = 20 * RIG_MS},
	         .wait_ns = 20 * RIG_MS},
	};

	rig_play(rig, lines, sizeof(lines) / sizeof(*lines));
}

struct sleep_job {
	struct check_job base;
	int64_t asked_ns, took_ns;
};

enum { NAP_MS = 50 };

static void nap_step(struct check_job *base, int64_t answer, struct hd_request *request)
{
	struct sleep_job *job = (struct sleep_job *)(void *)base;

	(void)answer;
	job->took_ns = (int64_t)clock_now_ns() - job->asked_ns;
	if (base->started > 1)
		return;
	job->asked_ns = (int64_t)clock_now_ns();
	request->op = HD_SLEEP;
	request->timeout_ns = NAP_MS * RIG_MS;
}

/* All sleep at the same time. The first and the last to wake, as early as in any of some looks: others may disturb. */
void check_sleepers(struct rig *rig)
{
	enum { LOOKS = 3 };
	struct sleep_job *jobs = rig_alloc(rig, rig->tasks * sizeof(*jobs));
	int64_t first = INT64_MAX, spread = INT64_MAX;

	rig_does(rig, "all of them awake at about the same time", "SLEEP of %d ms by %u jobs",
	         NAP_MS, rig->tasks);
	if (!rig_open(rig))
		return;
	for (int look = 0; look < LOOKS && (look == 0 || spread > NAP_MS * RIG_MS); look++) {
		int64_t least = INT64_MAX, most = 0;

		for (uint32_t i = 0; i < rig->tasks; i++)
			jobs[i].base.script = nap_step;
		if (!rig_run(rig, jobs, rig->tasks, sizeof(*jobs)))
			return;
		for (uint32_t i = 0; i < rig->tasks; i++) {
			least = jobs[i].took_ns < least ? jobs[i].took_ns : least;
			most = jobs[i].took_ns > most ? jobs[i].took_ns : most;
		}
		first = least < first ? least : first;
		spread = most - least < spread ? most - least : spread;
	}
	rig_close(rig);
	if (spread > 2 * NAP_MS * RIG_MS)
		rig_fail(rig, "the last %.0f ms after the first", (double)spread / 1e6);
	else if (first > 3 * NAP_MS * RIG_MS)
		snprintf(rig->report->told, sizeof(rig->report->told),
		         "SLEEP of %d ms takes %.0f ms", NAP_MS, (double)first / 1e6);
}

struct last_job {
	struct check_job base;
	bool sleeps;
};

static void last_step(struct check_job *base, int64_t answer, struct hd_request *request)
{
	const struct last_job *job = (const struct last_job *)(void *)base;
	uint64_t until = clock_now_ns() + 5 * NS_PER_MS;

	(void)answer;
	if (base->started > 1)
		return;
	if (job->sleeps) {
		request->op = HD_SLEEP;
		request->timeout_ns = RIG_MS;
	}
	while (!job->sleeps && clock_now_ns() < until)
		;
}

/* It is over before the model looks at its timers again, and then nothing is left to wait for. */
void check_last_sleep(struct rig *rig)
{
	struct last_job *jobs = rig_alloc(rig, 2 * sizeof(*jobs));

	jobs[0].base.script = jobs[1].base.script = last_step;
	jobs[0].sleeps = true;
	rig_does(rig, "run() to return", "SLEEP of 1 ms beside a job that takes 5 ms");
	rig_do(rig, jobs, 2, sizeof(*jobs));
}

/* ---- Events ---- */

static struct check_line on_event(const char *what, uint32_t op, int event, int64_t timeout_ns,
                                  int64_t answer)
{
	return (struct check_line){.what = what,
	                           .request = {.op = op,
	                                       .fd = event,
	                                       .fd2 = -1,
	                                       .offset = -1,
	                                       .times = 1,
	                                       .timeout_ns = timeout_ns},
	                           .least = answer,
	                           .most = answer,
	                           .wait_ns = timeout_ns > 0 && answer < 0 ? timeout_ns : 0};
}

void check_events(struct rig *rig)
{
	struct check_line late = on_event("WAIT for an event that is not set, timeout 20 ms",
	                                  HD_WAIT, 1, 20 * RIG_MS, -ETIMEDOUT);
	struct check_line soon = on_event("WAIT for an event that is not set, timeout 0.3 ms",
	                                  HD_WAIT, 1, 3 * RIG_MS / 10, -ETIMEDOUT);

	/* Nobody else could set it: to say so at once is right. */
	if (rig->report->one_at_a_time) {
		late.most = soon.most = -EAGAIN;
		late.wait_ns = soon.wait_ns = 0;
	}
	const struct check_line lines[] = {
	        on_event("WAIT for an event that is not set, timeout 0", HD_WAIT, 1, 0, -EAGAIN),
	        late,
	        soon,
	        on_event("SET", HD_SET, 1, -1, 0),
	        on_event("WAIT for an event that is set", HD_WAIT, 1, -1, 0),
	        on_event("WAIT for it again, timeout 0", HD_WAIT, 1, 0, 0),
	        on_event("SET of one that is set", HD_SET, 1, -1, 0),
	        on_event("WAIT for the other event, timeout 0", HD_WAIT, 0, 0, -EAGAIN),
	        on_event("CLEAR", HD_CLEAR, 1, -1, 0),
	        on_event("WAIT for an event that was cleared, timeout 0", HD_WAIT, 1, 0, -EAGAIN),
	        on_event("CLEAR of one that is cleared", HD_CLEAR, 1, -1, 0),
	        on_event("SET after a CLEAR", HD_SET, 1, -1, 0),
	        on_event("WAIT after that SET, timeout 0", HD_WAIT, 1, 0, 0),
	};
	rig_play(rig, lines, sizeof(lines) / sizeof(*lines));
}

struct wake {
	bool clears;                         /* at once after the SET */
	_Atomic uint32_t waiting, set, came; /* that have asked; 1 once it is; that were answered */
	uint32_t left;                       /* that a SET and a CLEAR left waiting */
};

struct wake_job {
	struct check_job base;
	struct wake *wake;
	uint64_t since_ns;
	enum { GATHERING, CLEARING, COUNTING, DONE } state;
};

static void ask_event(struct hd_request *request, uint32_t op, int32_t event)
{
	request->op = op;
	request->fd = event;
	request->timeout_ns = event ? RIG_MS : -1;
}

static void waiting_step(struct wake_job *job, int64_t answer, struct hd_request *request)
{
	char text[RIG_ANSWER];

	if (job->base.started == 1) {
		ask_event(request, HD_WAIT, 0);
		atomic_fetch_add(&job->wake->waiting, 1);
		return;
	}
	atomic_fetch_add(&job->wake->came, 1);
	if (answer != 0)
		rig_complain(job->base.rig, "WAIT of many and one SET", "0", "%s",
		             rig_answer(answer, text));
	else if (!atomic_load(&job->wake->set))
		rig_complain(job->base.rig, "WAIT without a timeout", "no answer before a SET",
		             "the answer 0");
}

/* Sets the event once all others wait, a little longer than until they have asked; sleeps by waiting for the other. */
static void setting_step(struct wake_job *job, struct hd_request *request)
{
	struct wake *wake = job->wake;
	uint32_t others = job->base.rig->tasks - 1;
	uint64_t now = clock_now_ns();

	if (job->state == DONE)
		return;
	if (job->state == CLEARING) {
		ask_event(request, HD_CLEAR, 0);
		job->state = COUNTING;
		job->since_ns = now;
		return;
	}
	if (job->state == COUNTING && atomic_load(&wake->came) == others)
		return;
	if (job->since_ns == 0 && atomic_load(&wake->waiting) == others)
		job->since_ns = now;
	if (job->since_ns == 0 ||
	    now < job->since_ns + (job->state == COUNTING ? 500 : 20) * NS_PER_MS) {
		ask_event(request, HD_WAIT, 1);
		return;
	}
	if (job->state == COUNTING)
		wake->left = others - atomic_load(&wake->came);
	job->state = job->state == GATHERING && wake->clears ? CLEARING : DONE;
	atomic_store(&wake->set, 1);
	ask_event(request, HD_SET, 0);
}

static void wake_step(struct check_job *base, int64_t answer, struct hd_request *request)
{
	struct wake_job *job = (struct wake_job *)(void *)base;

	if (base->index < base->rig->tasks - 1)
		waiting_step(job, answer, request);
	else
		setting_step(job, request);
}

/* Those that a SET left waiting go on by a second one. */
static bool wake_all(struct rig *rig, bool clears, uint32_t *left)
{
	struct wake_job *jobs = rig_alloc(rig, rig->tasks * sizeof(*jobs));
	struct wake *wake = rig_alloc(rig, sizeof(*wake));

	wake->clears = clears;
	for (uint32_t i = 0; i < rig->tasks; i++) {
		jobs[i].base.script = wake_step;
		jobs[i].wake = wake;
	}
	rig_does(rig, "all of them to go on", "%u jobs that WAIT for one event, and one SET%s",
	         rig->tasks - 1, clears ? " that a CLEAR follows at once" : "");
	if (!rig_do(rig, jobs, rig->tasks, sizeof(*jobs)))
		return false;
	*left = wake->left;
	return true;
}

/* One that had asked may not wait yet where others use the processor: a CLEAR is looked at again. */
void check_wake(struct rig *rig)
{
	enum { LOOKS = 3 };
	uint32_t left = 0;

	rig->reopens = true;
	if (!wake_all(rig, false, &left) || !rig_can(rig, HD_CAN(HD_CLEAR)))
		return;
	for (int i = 0; i < LOOKS && (i == 0 || left); i++)
		if (!wake_all(rig, true, &left))
			return;
	if (left)
		rig_fail(rig, "%u of them waiting 500 ms later", left);
}
