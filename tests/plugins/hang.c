/* SPDX-License-Identifier: MIT */
/*
 * hang - wrong: run() comes to stand still, always in the same way, which WRONG names. What else
 * there is waits behind a barrier, so that no luck is needed.
 */
#include <semaphore.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>

#include "broken.h"

struct shared {
	pthread_mutex_t a, b;
	pthread_barrier_t both;
	pthread_cond_t cond;
	sem_t empty;
	pthread_t main;
};

static struct shared *shared;

static void make_shared(int between_processes, int protocol, int robust)
{
	pthread_mutexattr_t attr;
	pthread_barrierattr_t barrier;

	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1,
	              0);
	pthread_mutexattr_init(&attr);
	pthread_barrierattr_init(&barrier);
	if (between_processes) {
		pthread_mutexattr_setpshared(&attr, PTHREAD_PROCESS_SHARED);
		pthread_barrierattr_setpshared(&barrier, PTHREAD_PROCESS_SHARED);
	}
	pthread_mutexattr_setprotocol(&attr, protocol);
	if (robust)
		pthread_mutexattr_setrobust(&attr, PTHREAD_MUTEX_ROBUST);
	pthread_mutex_init(&shared->a, &attr);
	pthread_mutex_init(&shared->b, &attr);
	pthread_barrier_init(&shared->both, &barrier, 2);
	pthread_cond_init(&shared->cond, NULL);
	sem_init(&shared->empty, 0, 0);
	shared->main = pthread_self();
}

static pthread_t start(void *(*work)(void *))
{
	pthread_t thread;

	pthread_create(&thread, NULL, work, NULL);
	return thread;
}

static void stay(void)
{
	for (;;)
		pause();
}

/* ---- What goes wrong --------------------------------------------------------------------------- */

static __attribute__((noinline)) void take_both(pthread_mutex_t *first, pthread_mutex_t *second)
{
	pthread_mutex_lock(first);
	pthread_barrier_wait(&shared->both);
	pthread_mutex_lock(second);
}

static void *take_b_a(void *unused)
{
	take_both(&shared->b, &shared->a);
	return unused;
}

static __attribute__((noinline, unused)) void opposite(void)
{
	make_shared(0, PTHREAD_PRIO_NONE, 0);
	start(take_b_a);
	take_both(&shared->a, &shared->b);
}

static __attribute__((noinline, unused)) void robust(void)
{
	make_shared(0, PTHREAD_PRIO_NONE, 1);
	start(take_b_a);
	take_both(&shared->a, &shared->b);
}

static __attribute__((noinline, unused)) void processes(void)
{
	make_shared(1, PTHREAD_PRIO_NONE, 0);
	if (fork() == 0)
		take_b_a(NULL);
	take_both(&shared->a, &shared->b);
}

static __attribute__((noinline, unused)) void twice(void)
{
	make_shared(0, PTHREAD_PRIO_NONE, 0);
	pthread_mutex_lock(&shared->a);
	pthread_mutex_lock(&shared->a);
}

static void *hold_and_join(void *unused)
{
	pthread_mutex_lock(&shared->a);
	pthread_barrier_wait(&shared->both);
	pthread_join(shared->main, NULL);
	return unused;
}

static __attribute__((noinline, unused)) void join(void)
{
	make_shared(0, PTHREAD_PRIO_NONE, 0);
	start(hold_and_join);
	pthread_barrier_wait(&shared->both);
	pthread_mutex_lock(&shared->a);
}

static void *hold_and_stay(void *unused)
{
	pthread_mutex_lock(&shared->a);
	pthread_barrier_wait(&shared->both);
	stay();
	return unused;
}

/* No circle: the holder has other things to do. Priority inheritance is the kernel's own lock. */
static __attribute__((noinline, unused)) void held(void)
{
	make_shared(0, PTHREAD_PRIO_INHERIT, 0);
	start(hold_and_stay);
	pthread_barrier_wait(&shared->both);
	pthread_mutex_lock(&shared->a);
}

static void *hold_and_end(void *unused)
{
	pthread_mutex_lock(&shared->a);
	return unused;
}

static __attribute__((noinline, unused)) void left_behind(void)
{
	make_shared(0, PTHREAD_PRIO_NONE, 0);
	pthread_join(start(hold_and_end), NULL);
	pthread_mutex_lock(&shared->a);
}

/* The signal comes before anybody waits for it. */
static __attribute__((noinline, unused)) void lost_wake_up(void)
{
	make_shared(0, PTHREAD_PRIO_NONE, 0);
	pthread_cond_signal(&shared->cond);
	pthread_mutex_lock(&shared->a);
	pthread_cond_wait(&shared->cond, &shared->a);
}

static __attribute__((noinline, unused)) void semaphore(void)
{
	make_shared(0, PTHREAD_PRIO_NONE, 0);
	while (sem_wait(&shared->empty))
		;
}

static __attribute__((noinline, unused)) void stopped(void)
{
	raise(SIGSTOP);
}

static __attribute__((noinline, unused)) void deaf(void)
{
	sigset_t all;

	sigfillset(&all);
	sigprocmask(SIG_BLOCK, &all, NULL);
	signal(SIGTERM, SIG_IGN);
	stay();
}

static __attribute__((noinline, unused)) void child_stays(void)
{
	if (vfork() == 0)
		stay();
}

/* A child that nobody knows of goes on, its parent waits for it. */
static __attribute__((noinline, unused)) void child(void)
{
	if (fork() == 0)
		stay();
	while (waitpid(-1, NULL, 0) < 0)
		;
}

static __attribute__((noinline, unused)) void spins(void)
{
	for (volatile unsigned turns = 0;; turns++)
		;
}

static __attribute__((noinline, unused)) void many(void)
{
	make_shared(0, PTHREAD_PRIO_NONE, 0);
	pthread_mutex_lock(&shared->a);
	for (int i = 0; i < 100; i++)
		start(hold_and_end);
	stay();
}

/* ------------------------------------------------------------------------------------------------ */

/* The crew is sent home first, so that there are no other threads than those that are the point. */
static int hang_run(void *state, const struct hd_jobs *jobs)
{
	(void)jobs;
	hd_crew_close(&((struct base *)state)->crew);
	WRONG();
	stay();
	return 0;
}

HD_EXPORT const struct hd_model heddle_model = {BASE_HEAD, BASE_TEXTS, .open = base_open,
                                                .run = hang_run, .close = base_close};
