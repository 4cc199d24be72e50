/* SPDX-License-Identifier: MIT */
/*
 * worker - has processes of its own. WRONG says what becomes of them in run(): one that the core
 * watches is killed, exits with status 0 or 5, or crashes, and the model waits for it; one that nobody
 * knows of becomes a daemon and stays, or crashes while the model waits for it.
 */
#include <signal.h>

#include "broken.h"

#define KILLED 1
#define ENDS 2
#define EXITS_5 3
#define DAEMON 4
#define FAMILY 5
#define CRASHES 6
#define UNSEEN 7

static const struct hd_host *the_host;

__attribute__((noinline)) static void crash(void)
{
	volatile uintptr_t nowhere = 16;

	*(volatile int *)nowhere = 1;
}

static void do_wrong(void)
{
	usleep(1000);
	if (WRONG == CRASHES || WRONG == UNSEEN)
		crash();
	if (WRONG == KILLED)
		kill(getpid(), SIGKILL);
	if (WRONG == FAMILY) {
		for (int i = 0; i < 20; i++)
			if (fork() == 0)
				for (;;)
					pause();
		kill(getpid(), SIGKILL);
	}
	_exit(WRONG == EXITS_5 ? 5 : 0);
}

static void become_daemon(void)
{
	setsid();
	if (fork() > 0)
		_exit(0);
	signal(SIGTERM, SIG_IGN);
	signal(SIGHUP, SIG_IGN);
	for (;;)
		pause();
}

static int worker_open(const struct hd_host *host, void **state)
{
	the_host = host;
	return base_open(host, state);
}

static int worker_run(void *state, const struct hd_jobs *jobs)
{
	pid_t pid = fork();

	if (pid == 0) {
		if (WRONG == DAEMON)
			become_daemon();
		do_wrong();
	}
	if (WRONG == DAEMON)
		return base_run(state, jobs);
	if (WRONG != UNSEEN)
		the_host->watch(the_host, pid);
	for (;;)
		pause();
}

HD_EXPORT const struct hd_model heddle_model = {BASE_HEAD, BASE_TEXTS, .open = worker_open,
                                                .run = worker_run, .close = base_close};
