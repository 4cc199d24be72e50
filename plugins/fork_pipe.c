/* SPDX-License-Identifier: MIT */
/*
 * fork-pipe - forked workers that are fed by a pipe, and wait for one another in pipes as well.
 *
 * What a shell, `make -j` or a script's process pool does: the parent writes each job into one pipe, which whoever is
 * idle reads, and hears of its end through another; it is two jobs ahead of each worker at most. A lock is a pipe
 * with one byte in it (make's jobserver): who has read it holds it. A queue is a pipe of messages, and one that
 * holds a byte for each place left. So nothing is shared but the data itself, any language could do it, and
 * each section is two system calls and a switch where others wait. Events are futexes: a pipe cannot tell all who wait.
 *
 * What lost: a pipe for each worker. With one a long job keeps those behind it waiting while others are idle.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE 1 /* pipe2(), F_SETPIPE_SZ */
#endif
#include "process_sync.h"

#include <limits.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#define AHEAD 2      /* jobs for each worker */
#define AT_ONCE 512u /* messages: what a pipe takes in one piece (PIPE_BUF) */

struct channel {
	int out, in; /* to be read, to be written; 0: not open */
};

struct queue_pipes {
	struct channel places, messages;
};

struct model {
	const struct hd_host *host;
	struct process_sync sync; /* for its events */
	struct channel jobs, done;
	struct channel *locks;
	struct queue_pipes *queues;
	pid_t parent, *workers;
	uint32_t forked;
	word32 *ready; /* workers that are bound; shared */
	_Atomic int32_t *error;
};

/* ---- Pipes ---- */

/* 0 or -errno. `bytes`: that it has to hold. */
static int channel_open(const struct hd_host *host, struct channel *channel, uint64_t bytes)
{
	int ends[2], error = 0;

	if (pipe2(ends, O_CLOEXEC))
		error = -errno;
	if (error) {
		host->fail(host, "no pipe can be opened");
		return error;
	}
	*channel = (struct channel){.out = ends[0], .in = ends[1]};
	if (bytes <= 65536)
		return 0;
	if (bytes <= INT_MAX && fcntl(ends[1], F_SETPIPE_SZ, (int)bytes) >= 0)
		return 0;
	host->fail(host, "no pipe can hold so many messages (fs.pipe-max-size)");
	return -ENOSPC;
}

static void channel_close(struct channel *channel)
{
	if (channel->in)
		close(channel->in);
	if (channel->out)
		close(channel->out);
}

static int64_t channel_read(const struct channel *channel, void *to, uint64_t size,
                            int64_t timeout_ns)
{
	return hd_blocking_io(&(struct hd_request){.op = HD_READ,
	                                           .fd = channel->out,
	                                           .buf = to,
	                                           .size = size,
	                                           .offset = -1,
	                                           .timeout_ns = timeout_ns});
}

/* All of it: no more than PIPE_BUF at a time, which a pipe takes in one piece. */
static int64_t channel_write(const struct channel *channel, void *from, uint64_t size)
{
	return hd_blocking_io(&(struct hd_request){.op = HD_WRITE,
	                                           .fd = channel->in,
	                                           .buf = from,
	                                           .size = size,
	                                           .offset = -1,
	                                           .timeout_ns = -1});
}

/* ---- Requests ---- */

static int64_t sections(const struct channel *lock, const struct hd_request *request)
{
	struct hd_section section = request->section;
	int64_t torn = 0;
	char token;

	for (uint64_t times = request->times; times; times--) {
		if (channel_read(lock, &token, 1, -1) != 1)
			return -EIO;
		if (request->op == HD_SHARED)
			torn += (int64_t)hd_section_read(&section);
		else
			hd_section_run(&section);
		if (channel_write(lock, &token, 1) != 1)
			return -EIO;
	}
	return torn;
}

static int64_t put(const struct queue_pipes *queue, const struct hd_request *request)
{
	uint64_t most = request->times < AT_ONCE ? request->times : AT_ONCE;
	char places[AT_ONCE];
	int64_t count = channel_read(&queue->places, places, most, request->timeout_ns), written;

	if (count <= 0)
		return count;
	written = channel_write(&queue->messages, request->buf, (uint64_t)count * sizeof(uint64_t));
	return written < 0 ? written : count;
}

static int64_t get(const struct queue_pipes *queue, const struct hd_request *request)
{
	uint64_t most = request->times < AT_ONCE ? request->times : AT_ONCE;
	char places[AT_ONCE] = {0};
	int64_t bytes = channel_read(&queue->messages, request->buf, most * sizeof(uint64_t),
	                             request->timeout_ns),
	        count = bytes / (int64_t)sizeof(uint64_t), written;

	if (bytes <= 0)
		return bytes;
	written = channel_write(&queue->places, places, (uint64_t)count);
	return written < 0 ? written : count;
}

static int64_t perform(void *state, struct hd_request *request)
{
	const struct model *model = state;

	switch (request->op) {
	case HD_EXCLUSIVE:
	case HD_SHARED:
		return sections(&model->locks[request->section.lock], request);
	case HD_PUT:
		return put(&model->queues[request->fd], request);
	case HD_GET:
		return get(&model->queues[request->fd], request);
	default:
		return process_sync_answer(&model->sync, request);
	}
}

/* ---- Workers ---- */

static _Noreturn void worker_main(struct model *model, uint32_t task)
{
	uint64_t job;
	int error;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != model->parent)
		_exit(1);      /* it died before we asked to be told */
	close(model->jobs.in); /* its end is the end of all workers */
	error = model->host->bind(model->host, task % model->host->cores);
	if (error)
		atomic_store(model->error, error);
	atomic_fetch_add(model->ready, 1);
	futex_wake(model->ready, 1);
	while (channel_read(&model->jobs, &job, sizeof job, -1) == sizeof job) {
		hd_job_run((struct hd_job *)(uintptr_t)job, task, model, perform);
		if (channel_write(&model->done, &(char){0}, 1) != 1)
			_exit(1);
	}
	_exit(0);
}

static int workers_start(struct model *model)
{
	uint32_t ready;

	for (; model->forked < model->host->in_flight; model->forked++) {
		pid_t pid = fork();

		if (pid == 0)
			worker_main(model, model->forked);
		if (pid < 0) {
			int error = -errno;

			model->host->fail(model->host, "a worker could not be forked");
			return error;
		}
		model->host->watch(model->host, pid);
		model->workers[model->forked] = pid;
	}
	while ((ready = atomic_load(model->ready)) < model->forked)
		futex_wait(model->ready, ready, NULL);
	if (atomic_load(model->error))
		model->host->fail(model->host, "a worker could not be bound to its core");
	return atomic_load(model->error);
}

static int model_run(void *state, const struct hd_jobs *jobs)
{
	struct model *model = state;
	uint64_t fed = 0, done = 0, ahead = (uint64_t)AHEAD * model->host->in_flight;
	char end[256];

	while (done < jobs->count) {
		uint64_t job = (uintptr_t)hd_job_at(jobs, fed);
		int64_t moved;

		if (fed < jobs->count && fed < done + ahead) {
			moved = channel_write(&model->jobs, &job, sizeof job);
			fed++;
		} else {
			moved = channel_read(&model->done, end, sizeof end, -1);
			done += moved > 0 ? (uint64_t)moved : 0;
		}
		if (moved <= 0)
			return moved ? (int)moved : -EPIPE;
	}
	return 0;
}

/* ---- Opening and closing ---- */

static void model_close(void *state)
{
	struct model *model = state;
	const struct hd_host *host = model->host;

	channel_close(&model->jobs);
	for (uint32_t i = 0; i < model->forked; i++)
		while (waitpid(model->workers[i], NULL, 0) < 0 && errno == EINTR)
			;
	channel_close(&model->done);
	for (uint32_t i = 0; model->locks && i < host->locks; i++)
		channel_close(&model->locks[i]);
	for (uint32_t i = 0; model->queues && i < host->queues; i++) {
		channel_close(&model->queues[i].places);
		channel_close(&model->queues[i].messages);
	}
	free(model->locks);
	free(model->queues);
	free(model->workers);
	free(model);
}

static int locks_open(struct model *model)
{
	int error = 0;

	for (uint32_t i = 0; !error && i < model->host->locks; i++) {
		error = channel_open(model->host, &model->locks[i], 1);
		if (!error && channel_write(&model->locks[i], &(char){0}, 1) != 1)
			error = -EIO;
	}
	return error;
}

/* Messages that do not fit behind others begin a page of their own: half of the pages' room may stay unused. */
static int queue_open_pipes(const struct hd_host *host, struct queue_pipes *queue)
{
	uint64_t capacity = host->queue_capacity;
	char places[AT_ONCE] = {0};
	int error = channel_open(host, &queue->places, 2 * capacity + 2 * PIPE_BUF);

	if (!error)
		error = channel_open(host, &queue->messages,
		                     2 * capacity * sizeof(uint64_t) + 2 * PIPE_BUF);
	while (!error && capacity) {
		uint64_t count = capacity < AT_ONCE ? capacity : AT_ONCE;

		error = channel_write(&queue->places, places, count) < 0 ? -EIO : 0;
		capacity -= count;
	}
	return error;
}

static int pipes_open(struct model *model)
{
	const struct hd_host *host = model->host;
	uint64_t ahead = (uint64_t)AHEAD * host->in_flight;
	int error = channel_open(host, &model->jobs, 0);

	if (!error)
		error = channel_open(host, &model->done, ahead);
	if (!error)
		error = locks_open(model);
	for (uint32_t i = 0; !error && i < host->queues; i++)
		error = queue_open_pipes(host, &model->queues[i]);
	return error;
}

static int model_open(const struct hd_host *host, void **state)
{
	struct model *model = calloc(1, sizeof *model);
	int error = -ENOMEM;

	if (!model)
		return error;
	model->host = host;
	model->parent = getpid();
	model->locks = calloc(host->locks + 1, sizeof *model->locks);
	model->queues = calloc(host->queues + 1, sizeof *model->queues);
	model->workers = calloc(host->in_flight, sizeof *model->workers);
	model->ready = host->shared_alloc(host, sizeof *model->ready);
	model->error = host->shared_alloc(host, sizeof *model->error);
	if (model->locks && model->queues && model->workers && model->ready && model->error)
		error = process_sync_open(&model->sync, host);
	if (!error)
		error = pipes_open(model);
	if (!error)
		error = workers_start(model);
	if (error)
		model_close(model);
	else
		*state = model;
	return error;
}

HD_EXPORT const struct hd_model heddle_model = {
        .magic = HD_PLUGIN_MAGIC,
        .abi = HD_PLUGIN_ABI,
        .size = sizeof(struct hd_model),
        .option_size = sizeof(struct hd_option),
        .ops = PROCESS_OPS,
        .name = "fork-pipe",
        .summary = "forked workers fed by a pipe; a byte in a pipe is the lock of a section",
        .build = HD_BUILD,
        .open = model_open,
        .run = model_run,
        .close = model_close,
};
