/* SPDX-License-Identifier: MIT */
/* unfit_jobs - right but for how jobs are run, in the way that WRONG names. */
#define _GNU_SOURCE
#define PERFORM unfit_perform
#include <stdbool.h>

#include "unfit.h"

#include <sys/mman.h>
#include <ucontext.h>

#define JOB_TWICE 1
#define JOB_LEFT_OUT 2
#define STEPS_ON 3
#define FIRST_ANSWER 4
#define SAME_TASK 5
#define TASK_TOO_LARGE 6
#define TASK_CHANGES 7
#define NOT_BOUND 8
#define ONE_LESS 9
#define STARVES 10
#define SMALL_STACK 11
#define RUNS_ONCE 12
#define ENDS_LATE 13
#define YIELD_KEEPS 14
#define WAIT_KEEPS 15
#define ENDS_NEVER 16
#define BLOCKS_ALL 17
#define ODD_ONE_OUT 18
#define FORGETS_MANY 19
#define BINDS_TO_FIRST 20

/* Of each core: whoever has it steps its job to the end, whatever that waits for. */
static pthread_mutex_t cores[2] = {PTHREAD_MUTEX_INITIALIZER, PTHREAD_MUTEX_INITIALIZER};

/* Whoever steps holds it where tasks take turns: on a thread as it is between coroutines. */
static pthread_mutex_t turn = PTHREAD_MUTEX_INITIALIZER;

static bool takes_turns(void)
{
	return WRONG == YIELD_KEEPS || WRONG == WAIT_KEEPS;
}

static bool gives_away(const struct hd_request *request)
{
	if (request->op == HD_YIELD)
		return WRONG == WAIT_KEEPS;
	return WRONG == YIELD_KEEPS && request->op != HD_EXCLUSIVE;
}

static int64_t unfit_perform(void *state, struct hd_request *request)
{
	bool gives = takes_turns() && gives_away(request);
	int64_t answer;

	if (gives)
		pthread_mutex_unlock(&turn);
	answer = whole_perform(state, request);
	/* A lock that is free again is not yet another's. */
	if (gives && request->op == HD_YIELD)
		whole_sleep(1000);
	if (gives)
		pthread_mutex_lock(&turn);
	return answer;
}

static void step_to_its_end(struct hd_job *job, uint32_t task, struct whole *whole)
{
	struct hd_request request = {0};

	if (WRONG == BLOCKS_ALL)
		pthread_mutex_lock(&cores[task % whole->host->cores % 2]);
	if (takes_turns())
		pthread_mutex_lock(&turn);
	job->task = WRONG == SAME_TASK        ? 0
	            : WRONG == TASK_TOO_LARGE ? task + whole->host->in_flight
	                                      : task;
	for (job->step(job, WRONG == FIRST_ANSWER, &request); request.op != HD_DONE;) {
		int64_t answer;

		if (WRONG == STARVES && task == 1)
			whole_sleep(400000000);
		answer = unfit_perform(whole, &request);
		if (WRONG == TASK_CHANGES)
			job->task = (task + 1) % whole->host->in_flight;
		job->step(job, answer, &request);
	}
	if (WRONG == STEPS_ON)
		job->step(job, 0, &request);
	if (takes_turns())
		pthread_mutex_unlock(&turn);
	if (WRONG == BLOCKS_ALL)
		pthread_mutex_unlock(&cores[task % whole->host->cores % 2]);
}

/* ---- On a stack with room for less than a step ---- */

struct visit {
	ucontext_t here, there;
	struct hd_job *job;
	uint32_t task;
	struct whole *whole;
};

static _Thread_local struct visit visit;

static void visited(void)
{
	step_to_its_end(visit.job, visit.task, visit.whole);
}

static void step_on_small_stack(struct hd_job *job, uint32_t task, struct whole *whole)
{
	char *memory = (char *)mmap(NULL, 2 * 4096, PROT_READ | PROT_WRITE,
	                            MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	mprotect(memory, 4096, PROT_NONE);
	visit.job = job;
	visit.task = task;
	visit.whole = whole;
	getcontext(&visit.there);
	visit.there.uc_stack.ss_sp = memory + 4096;
	visit.there.uc_stack.ss_size = 4096;
	visit.there.uc_link = &visit.here;
	makecontext(&visit.there, visited, 0);
	swapcontext(&visit.here, &visit.there);
	munmap(memory, 2 * 4096);
}

/* ---- The crew, with what is wrong about it ---- */

static int no_binding(const struct hd_host *host, uint32_t core)
{
	(void)host;
	(void)core;
	return 0;
}

static void *unfit_work(void *argument)
{
	struct hd_seat *seat = (struct hd_seat *)argument;
	struct hd_crew *crew = seat->crew;
	struct hd_job *job;

	if (WRONG == NOT_BOUND && seat->task > 0)
		no_binding(crew->host, seat->task);
	else
		crew->host->bind(crew->host, seat->task);
	pthread_mutex_lock(&crew->lock);
	hd_crew_settle(crew);
	/* It is there, and takes nothing. */
	while (WRONG == ONE_LESS && seat->task == 2 && !crew->closing)
		pthread_cond_wait(&crew->go, &crew->lock);
	while ((job = hd_crew_take(crew))) {
		pthread_mutex_unlock(&crew->lock);
		if (WRONG == SMALL_STACK)
			step_on_small_stack(job, seat->task, (struct whole *)crew->state);
		else
			step_to_its_end(job, seat->task, (struct whole *)crew->state);
		if (WRONG == JOB_TWICE && crew->jobs.first == (char *)job)
			step_to_its_end(job, seat->task, (struct whole *)crew->state);
		pthread_mutex_lock(&crew->lock);
		hd_crew_settle(crew);
	}
	pthread_mutex_unlock(&crew->lock);
	return NULL;
}

static const struct hd_host *offered;

static int bind_to_first(const struct hd_host *host, uint32_t core)
{
	(void)host;
	(void)core;
	return offered->bind(offered, 0);
}

static int unfit_open(const struct hd_host *host, void **state)
{
	struct whole *whole = whole_make(host);
	static struct hd_host changed;

	offered = host;
	changed = *host;
	changed.bind = bind_to_first;
	if (WRONG == BINDS_TO_FIRST)
		host = &changed;

	*state = whole;
	return hd_crew_open(&whole->crew, host, unfit_work, whole);
}

static int unfit_run(void *state, const struct hd_jobs *jobs)
{
	struct whole *whole = (struct whole *)state;
	struct hd_jobs some = *jobs;

	if (WRONG == RUNS_ONCE && whole->opened++ > 1)
		return 0;
	if (WRONG == JOB_LEFT_OUT && some.count > 1)
		some.count--;
	if (WRONG == ODD_ONE_OUT && whole->host->in_flight > 1 && whole->host->in_flight % 2 &&
	    some.count)
		some.count--;
	if (WRONG == FORGETS_MANY && some.count > 1000)
		some.count = 1000;
	hd_crew_run(&whole->crew, &some);
	if (WRONG == ENDS_LATE)
		whole_sleep(1500000000);
	while (WRONG == ENDS_NEVER)
		pause();
	return 0;
}

HD_EXPORT const struct hd_model heddle_model = {WHOLE_HEAD, .open = unfit_open, .run = unfit_run,
                                                .close = whole_close};
