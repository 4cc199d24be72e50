/* SPDX-License-Identifier: MIT */
/*
 * process-pool - `in_flight` processes forked before the first job, which take jobs from a list in
 * shared memory.
 *
 * exclusion=queue: one more process owns the data that sections work on, and a section is a message
 * to it, answered when it is done. A request of `times` sections is as many messages, under way at
 * once. They travel through a ring in shared memory for each producer (process_pool_queue.h), or,
 * for comparison, through one pipe or one POSIX message queue for all. The owner reads for readers, too.
 * exclusion=mutex: no owner, a process-shared mutex for each lock, also around readings.
 *
 * Measured and lost: a ring of 8-byte messages behind a shared tail (1.2 x the time at 64 under
 * way, 1.6 x at 1024), groups that grow by one each 8 packets (1.4 x at 64), each packet fetched when
 * it is looked at (1.2 x at 1024), looks without a pause between them (1.2 x at 1); a producer on the
 * owner's core woken at once (1.5 x with 2 tasks on 2 cores), a spin of 250 looks instead of 1500
 * (3 x with 16), a robust mutex (1.4 x).
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE 1
#endif
#include <heddle/plugin.h>
#include <heddle/threads.h>

#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include "process_pool_notes.h"
#include "process_pool_owner.h"
#include "process_pool_producer.h"
#include "process_sync.h"

#define WATCH_NS 200000000 /* how often a wait for other processes looks whether they live */

/* Shared by all processes. */
struct desk {
	struct hd_jobs jobs;
	char apart_jobs[HD_APART - sizeof(struct hd_jobs)];
	word64 next; /* the job to be taken next */
	char apart_next[HD_APART - sizeof(word64)];
	word32 run;     /* counts runs; workers sleep on it */
	word32 quit;    /* go home instead */
	word32 pending; /* processes that are not yet ready, workers not yet through with the run */
	_Atomic int32_t error;
};

enum channel { CHANNEL_NONE, CHANNEL_RING, CHANNEL_PIPE, CHANNEL_MQUEUE };

struct pool {
	const struct hd_host *host;
	struct desk *desk;
	struct process_sync sync;
	struct queue queue;
	struct inlet *inlets;
	struct notes notes;
	enum channel channel;
	pid_t parent, *children;
	uint32_t forked; /* children, the owner first where there is one */
	bool broken;     /* a child died: the others may wait for it */
};

/* One of the worker processes. */
struct worker {
	struct pool *pool;
	struct producer producer;
	uint32_t task;
};

/* ---- Sections -----------------------------------------------------------------------------------
 */

/* The owner reads: what it found torn it adds up beside the answers. */
static int64_t read_by_owner(struct worker *worker, const struct hd_request *request)
{
	struct ring *ring = worker->producer.ring;
	struct hd_request reading = *request;
	uint64_t before = ring->torn;
	int64_t error = 0;

	reading.section.flags = SECTION_READ;
	if (worker->pool->channel == CHANNEL_RING)
		producer_ask(&worker->producer, &reading.section, reading.times);
	else
		error = notes_ask(&worker->pool->notes, &worker->producer, worker->task, &reading);
	return error ? error : (int64_t)(ring->torn - before);
}

static inline int64_t exclude(struct worker *worker, const struct hd_request *request)
{
	switch (worker->pool->channel) {
	case CHANNEL_RING:
		producer_ask(&worker->producer, &request->section, request->times);
		return 0;
	case CHANNEL_PIPE:
	case CHANNEL_MQUEUE:
		return notes_ask(&worker->pool->notes, &worker->producer, worker->task, request);
	default:
		return process_sync_section(&worker->pool->sync, request);
	}
}

/* ---- Processes ----------------------------------------------------------------------------------
 */

static void desk_settle(struct desk *desk)
{
	if (atomic_fetch_sub(&desk->pending, 1) == 1)
		futex_wake(&desk->pending, 1);
}

static void child_start(struct pool *pool, uint32_t core)
{
	int error;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != pool->parent)
		_exit(1); /* it died before we asked to be told */
	error = pool->host->bind(pool->host, core);
	if (error)
		atomic_store(&pool->desk->error, error);
	desk_settle(pool->desk);
}

static void owner_main(struct pool *pool)
{
	uint32_t cores = pool->host->cores;

	child_start(pool, cores - 1);
	if (pool->channel == CHANNEL_RING)
		owner_work(&pool->queue, pool->inlets, cores == 1 ? 0 : SPIN_ALL);
	else
		notes_work(&pool->notes, &pool->queue);
	_exit(0);
}

static int64_t share(struct worker *worker, const struct hd_request *request)
{
	return worker->pool->channel == CHANNEL_NONE
	               ? process_sync_section(&worker->pool->sync, request)
	               : read_by_owner(worker, request);
}

static int64_t perform(void *state, struct hd_request *request)
{
	switch (request->op) {
	case HD_EXCLUSIVE:
		return exclude(state, request);
	case HD_SHARED:
		return share(state, request);
	default:
		return process_sync_answer(&((struct worker *)state)->pool->sync, request);
	}
}

static void worker_setup(struct worker *worker, struct pool *pool, uint32_t task)
{
	uint32_t cores = pool->host->cores;
	bool with_owner = pool->channel != CHANNEL_NONE && task % cores == cores - 1;

	worker->pool = pool;
	worker->task = task;
	worker->producer.queue = &pool->queue;
	if (pool->channel != CHANNEL_NONE)
		worker->producer.ring = queue_ring(&pool->queue, task);
	worker->producer.room = pool->queue.packets;
	worker->producer.spins = with_owner ? 0 : SPIN_ALL;
}

static void worker_main(struct pool *pool, uint32_t task)
{
	struct worker worker = {0};
	struct desk *desk = pool->desk;
	uint32_t seen = 0, run;
	uint64_t i;

	worker_setup(&worker, pool, task);
	child_start(pool, task % pool->host->cores);
	for (;; seen = run) {
		while ((run = atomic_load(&desk->run)) == seen)
			futex_wait(&desk->run, seen, NULL);
		if (atomic_load(&desk->quit))
			_exit(0);
		while ((i = atomic_fetch_add(&desk->next, 1)) < desk->jobs.count)
			hd_job_run(hd_job_at(&desk->jobs, i), task, &worker, perform);
		desk_settle(desk);
	}
}

static bool pool_lives(const struct pool *pool)
{
	for (uint32_t i = 0; i < pool->forked; i++) {
		siginfo_t info = {0};

		/* The end is seen and left for close() to collect. */
		if (waitid(P_PID, (id_t)pool->children[i], &info, WEXITED | WNOHANG | WNOWAIT) ||
		    info.si_pid)
			return false;
	}
	return true;
}

/* Until all have settled. 0, or -ECHILD when one of the children is no more. */
static int pool_wait(struct pool *pool)
{
	struct desk *desk = pool->desk;
	uint32_t pending;

	while ((pending = atomic_load(&desk->pending))) {
		struct timespec until = hd_deadline(WATCH_NS);

		if (futex_wait(&desk->pending, pending, &until) == -ETIMEDOUT &&
		    !pool_lives(pool)) {
			pool->broken = true;
			pool->host->fail(pool->host, "a process of the pool died");
			return -ECHILD;
		}
	}
	return 0;
}

static int pool_run(void *state, const struct hd_jobs *jobs)
{
	struct pool *pool = state;
	struct desk *desk = pool->desk;

	desk->jobs = *jobs;
	atomic_store(&desk->next, 0);
	atomic_store(&desk->pending, pool->host->in_flight);
	atomic_fetch_add(&desk->run, 1);
	futex_wake(&desk->run, INT_MAX);
	return pool_wait(pool);
}

/* ---- Opening and closing ------------------------------------------------------------------------
 */

/* Children that idle go home by themselves; where one has died others may wait for it for ever. */
static void children_end(struct pool *pool)
{
	struct note quit = {.task = NOTE_QUIT};

	if (pool->forked && !pool->broken) {
		atomic_store(&pool->desk->quit, 1);
		atomic_fetch_add(&pool->desk->run, 1);
		futex_wake(&pool->desk->run, INT_MAX);
		if (pool->channel == CHANNEL_RING) {
			atomic_store(&pool->queue.owner->quit, 1);
			owner_wake(pool->queue.owner);
		} else if (pool->channel != CHANNEL_NONE) {
			notes_send(&pool->notes, &quit, 1, 0);
		}
	}
	for (uint32_t i = 0; i < pool->forked; i++) {
		if (pool->broken)
			kill(pool->children[i], SIGKILL);
		while (waitpid(pool->children[i], NULL, 0) < 0 && errno == EINTR)
			;
	}
}

static void pool_close(void *state)
{
	struct pool *pool = state;

	children_end(pool);
	notes_close(&pool->notes);
	free(pool->inlets);
	free(pool->children);
	free(pool);
}

static int channel_open(struct pool *pool)
{
	uint32_t cores = pool->host->cores;
	int error = queue_open(&pool->queue, pool->host, pool->channel == CHANNEL_RING);

	if (error)
		return error;
	for (uint32_t i = 0; i < pool->host->in_flight; i++)
		pool->inlets[i].near = i % cores == cores - 1;
	if (pool->channel == CHANNEL_RING)
		return 0;
	return notes_open(&pool->notes, pool->host, pool->channel == CHANNEL_MQUEUE);
}

/* The owner, where there is one, and the workers. */
static int children_start(struct pool *pool)
{
	bool owner = pool->channel != CHANNEL_NONE;
	uint32_t children = pool->host->in_flight + owner;
	int error = 0;

	pool->children = calloc(children, sizeof *pool->children);
	if (!pool->children)
		return -ENOMEM;
	atomic_store(&pool->desk->pending, children);
	for (; pool->forked < children; pool->forked++) {
		pid_t pid = fork();

		if (pid < 0) {
			error = -errno;
			pool->host->fail(pool->host, "a process of the pool could not be forked");
			return error;
		}
		if (pid == 0 && owner && pool->forked == 0)
			owner_main(pool);
		if (pid == 0)
			worker_main(pool, pool->forked - owner);
		pool->host->watch(pool->host, pid);
		pool->children[pool->forked] = pid;
	}
	error = pool_wait(pool);
	if (!error && (error = atomic_load(&pool->desk->error)))
		pool->host->fail(pool->host,
		                 "a process of the pool could not be bound to its core");
	return error;
}

static enum channel channel_of(const struct hd_host *host)
{
	const char *queue = host->option_text(host, "queue");

	if (!strcmp(host->option_text(host, "exclusion"), "mutex"))
		return CHANNEL_NONE;
	return !strcmp(queue, "pipe")     ? CHANNEL_PIPE
	       : !strcmp(queue, "mqueue") ? CHANNEL_MQUEUE
	                                  : CHANNEL_RING;
}

static int pool_open(const struct hd_host *host, void **state)
{
	struct pool *pool = calloc(1, sizeof *pool);
	int error = -ENOMEM;

	if (!pool)
		return error;
	pool->host = host;
	pool->parent = getpid();
	pool->notes.in = pool->notes.out = -1;
	pool->channel = channel_of(host);
	pool->inlets = calloc(host->in_flight, sizeof *pool->inlets);
	pool->desk = host->shared_alloc(host, sizeof *pool->desk);
	if (pool->inlets && pool->desk)
		error = process_sync_open(&pool->sync, host);
	if (!error && pool->channel != CHANNEL_NONE)
		error = channel_open(pool);
	if (error == -ENOMEM)
		host->fail(host, "no memory for the pool");
	if (!error)
		error = children_start(pool);
	if (error)
		pool_close(pool);
	else
		*state = pool;
	return error;
}

static const struct hd_option options[] = {
        {.name = "exclusion",
         .kind = HD_OPTION_CHOICE,
         .text = "queue",
         .choices = "queue mutex",
         .help = "sections: messages to the process that owns the data, or a process-shared mutex"},
        {.name = "queue",
         .kind = HD_OPTION_CHOICE,
         .text = "ring",
         .choices = "ring pipe mqueue",
         .help = "how sections travel to the owner: a ring in shared memory, a pipe, a message "
                 "queue"},
        {0},
};

HD_EXPORT const struct hd_model heddle_model = {
        .magic = HD_PLUGIN_MAGIC,
        .abi = HD_PLUGIN_ABI,
        .size = sizeof(struct hd_model),
        .option_size = sizeof(struct hd_option),
        .ops = PROCESS_OPS,
        .name = "process-pool",
        .summary = "forked workers; sections are messages to the process that owns the data",
        .build = HD_BUILD,
        .options = options,
        .open = pool_open,
        .run = pool_run,
        .close = pool_close,
};
