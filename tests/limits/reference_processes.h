/* SPDX-License-Identifier: MIT */
/* For references whose tasks are processes: forked, pinned, watched, reaped. */
#ifndef LIMITS_REFERENCE_PROCESSES_H
#define LIMITS_REFERENCE_PROCESSES_H

#include "reference.h"

#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>

static inline pid_t start_process(int cpu, void (*work)(struct board *, uint64_t task),
                                  struct board *board, uint64_t task)
{
	pid_t parent = getpid(), pid = fork();

	if (pid < 0)
		fail("fork: %s", strerror(errno));
	if (pid)
		return pid;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(2);
	pin(cpu);
	work(board, task);
	_exit(0);
}

static inline void await_process(pid_t pid)
{
	int status;

	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			fail("waitpid: %s", strerror(errno));
	if (status)
		fail("a process ended with status %d", status);
}

/* One process a task, pinned in turn; returns after all have ended. */
static inline double run_processes(const struct options *options, struct board *board,
                                   void (*work)(struct board *, uint64_t task))
{
	pid_t pids[MOST_TASKS];
	double rate;

	limit_tasks(options);
	for (uint64_t i = 0; i < options->tasks; i++)
		pids[i] = start_process(options->cpus[i % (uint64_t)options->cpu_count], work,
		                        board, i);
	rate = observe(options, board);
	for (uint64_t i = 0; i < options->tasks; i++)
		await_process(pids[i]);
	return rate;
}

#endif
