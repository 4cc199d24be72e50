/* SPDX-License-Identifier: MIT */
/*
 * process-per-job - a process is forked for each job and ends with it, `in_flight` of them at a time.
 *
 * The oldest server of Unix. The fork, the copied page tables and the end lie inside what is measured: some hundred
 * microseconds, and more the more memory the stage has touched. Good where a job must not be able to harm another,
 * and leaves nothing behind. Sections are under process-shared mutexes.
 *
 * A process says in a pipe that its job is done; one that dies says nothing, so that whoever waits for it looks round
 * five times a second. What lost: waiting for any child, which would take those that are others'; a pidfd for each,
 * of which poll() has to be told all for every job.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE 1 /* pipe2() */
#endif
#include "process_sync.h"

#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#define LOOK_MS 200

struct model {
	const struct hd_host *host;
	struct process_sync sync;
	pid_t parent, *children; /* by task; 0: none */
	uint32_t *free;          /* tasks without a child */
	uint32_t free_count;
	int done[2]; /* a pipe of tasks */
};

static int64_t perform(void *state, struct hd_request *request)
{
	return process_sync_answer(&((struct model *)state)->sync, request);
}

static _Noreturn void child_main(struct model *model, struct hd_job *job, uint32_t task)
{
	int error;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != model->parent)
		_exit(1); /* it died before we asked to be told */
	error = model->host->bind(model->host, task % model->host->cores);
	if (error)
		model->host->fail(model->host, "a process could not be bound to its core");
	else
		hd_job_run(job, task, model, perform);
	if (write(model->done[1], &task, sizeof task) != sizeof task)
		_exit(1);
	_exit(error ? 1 : 0);
}

/* Waits for its end. 0, or -ECHILD where it did not end well. */
static int collect(struct model *model, uint32_t task)
{
	char why[64] = "a job's process ended before its job";
	int status = 0;

	while (waitpid(model->children[task], &status, 0) < 0 && errno == EINTR)
		;
	model->children[task] = 0;
	model->free[model->free_count++] = task;
	if (status == 0)
		return 0;
	if (WIFSIGNALED(status))
		snprintf(why, sizeof why, "a job's process was killed by signal %d",
		         WTERMSIG(status));
	model->host->fail(model->host, why);
	return -ECHILD;
}

/* Those that have died without a word. */
static int look_round(struct model *model)
{
	for (uint32_t i = 0; i < model->host->in_flight; i++) {
		siginfo_t info = {0};

		/* Done is done, also where the word is still in the pipe: it is seen there next. */
		if (model->children[i] &&
		    waitid(P_PID, (id_t)model->children[i], &info, WEXITED | WNOHANG | WNOWAIT) ==
		            0 &&
		    info.si_pid && (info.si_code != CLD_EXITED || info.si_status))
			return collect(model, i);
	}
	return 0;
}

/* Until one more job is done. */
static int await_one(struct model *model)
{
	struct pollfd item = {.fd = model->done[0], .events = POLLIN};
	uint32_t task;
	int error = 0;

	while (!error) {
		int ready = poll(&item, 1, LOOK_MS);

		if (ready == 0)
			error = look_round(model);
		else if (ready > 0)
			return read(item.fd, &task, sizeof task) == sizeof task
			               ? collect(model, task)
			               : -EIO;
	}
	return error;
}

static int start(struct model *model, struct hd_job *job)
{
	uint32_t task = model->free[--model->free_count];
	pid_t pid = fork();
	int error;

	if (pid == 0)
		child_main(model, job, task);
	if (pid > 0) {
		model->children[task] = pid;
		return 0;
	}
	error = -errno;
	model->free[model->free_count++] = task;
	model->host->fail(model->host, "a process could not be forked");
	return error;
}

/* The others may wait for the one that died. */
static void end_all(struct model *model)
{
	for (uint32_t i = 0; i < model->host->in_flight; i++)
		if (model->children[i]) {
			kill(model->children[i], SIGKILL);
			collect(model, i);
		}
}

static int model_run(void *state, const struct hd_jobs *jobs)
{
	struct model *model = state;
	int error = 0;

	for (uint64_t i = 0; i < jobs->count && !error; i++) {
		if (!model->free_count)
			error = await_one(model);
		if (!error)
			error = start(model, hd_job_at(jobs, i));
	}
	while (!error && model->free_count < model->host->in_flight)
		error = await_one(model);
	if (error)
		end_all(model);
	return error;
}

static void model_close(void *state)
{
	struct model *model = state;

	if (model->done[0] >= 0) {
		close(model->done[0]);
		close(model->done[1]);
	}
	free(model->children);
	free(model->free);
	free(model);
}

static int model_open(const struct hd_host *host, void **state)
{
	struct model *model = calloc(1, sizeof *model);
	int error;

	if (!model)
		return -ENOMEM;
	model->host = host;
	model->parent = getpid();
	model->done[0] = -1;
	model->children = calloc(host->in_flight, sizeof *model->children);
	model->free = calloc(host->in_flight, sizeof *model->free);
	error = model->children && model->free ? process_sync_open(&model->sync, host) : -ENOMEM;
	if (!error && pipe2(model->done, O_CLOEXEC)) {
		error = -errno;
		host->fail(host, "no pipe can be opened");
	}
	if (error) {
		model_close(model);
		return error;
	}
	while (model->free_count < host->in_flight) {
		model->free[model->free_count] = host->in_flight - 1 - model->free_count;
		model->free_count++;
	}
	*state = model;
	return 0;
}

HD_EXPORT const struct hd_model heddle_model = {
        .magic = HD_PLUGIN_MAGIC,
        .abi = HD_PLUGIN_ABI,
        .size = sizeof(struct hd_model),
        .option_size = sizeof(struct hd_option),
        .ops = PROCESS_OPS,
        .name = "process-per-job",
        .summary = "a new process for each job; a process-shared mutex around each section",
        .build = HD_BUILD,
        .open = model_open,
        .run = model_run,
        .close = model_close,
};
