/* SPDX-License-Identifier: MIT */
#include "ruler.h"

#include <errno.h>
#include <math.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "clock.h"

/* Of one piece: about a microsecond of steps, as much of locking, and a little of what suffers from a neighbour on
   the core: pairs bear with that, and it is to be seen only where it is heavy. */
enum { TURNS = 1000, TURNS_SIDE_BY_SIDE = 200, LOCKINGS = 100 };

struct rule {
	pthread_t thread;
	pthread_barrier_t *start;
	int cpu;
	uint64_t elapsed_ns, cpu_ns, pieces;
	_Atomic uint64_t kept; /* what was computed, so that it is */
};

static uint64_t cpu_now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
	return (uint64_t)now.tv_sec * NS_PER_S + (uint64_t)now.tv_nsec;
}

/* xorshift64 (Marsaglia 2003): each turn needs the one before, whoever else is on the core. */
static uint64_t compute(uint64_t x)
{
	for (int i = 0; i < TURNS; i++) {
		x ^= x << 13;
		x ^= x >> 7;
		x ^= x << 17;
	}
	return x;
}

/* Four chains at once: as fast as the core is, less where another thread of it is busy. */
static uint64_t compute_side_by_side(uint64_t x)
{
	uint64_t chains[4] = {x, x + 1, x + 2, x + 3};

	for (int i = 0; i < TURNS_SIDE_BY_SIDE; i++)
		for (int c = 0; c < 4; c++)
			chains[c] = (chains[c] << 1) ^ (chains[c] >> 3) ^ (uint64_t)i;
	return chains[0] ^ chains[1] ^ chains[2] ^ chains[3];
}

static void *work(void *context)
{
	struct rule *rule = context;
	pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
	uint64_t x = 1, began, cpu_began, now;
	cpu_set_t *set = CPU_ALLOC((size_t)rule->cpu + 1);

	if (set) {
		CPU_ZERO_S(CPU_ALLOC_SIZE((size_t)rule->cpu + 1), set);
		CPU_SET_S((size_t)rule->cpu, CPU_ALLOC_SIZE((size_t)rule->cpu + 1), set);
		sched_setaffinity(0, CPU_ALLOC_SIZE((size_t)rule->cpu + 1), set);
		CPU_FREE(set);
	}
	pthread_barrier_wait(rule->start);
	began = clock_now_ns();
	cpu_began = cpu_now_ns();
	do {
		x = compute_side_by_side(compute(x));
		for (int i = 0; i < LOCKINGS; i++) {
			pthread_mutex_lock(&lock);
			x++;
			pthread_mutex_unlock(&lock);
		}
		rule->pieces++;
		now = clock_now_ns();
	} while (now - began < RULER_MS * NS_PER_MS);
	atomic_store_explicit(&rule->kept, x, memory_order_relaxed);
	rule->elapsed_ns = now - began;
	rule->cpu_ns = cpu_now_ns() - cpu_began;
	return NULL;
}

static void read_off(const struct rule *rules, uint32_t count, struct ruler_look *look)
{
	*look = (struct ruler_look){.rate = INFINITY, .taken = 0};
	for (uint32_t i = 0; i < count; i++) {
		double elapsed = (double)rules[i].elapsed_ns;

		look->rate = fmin(look->rate, (double)rules[i].pieces * 1e9 / elapsed);
		look->taken = fmax(look->taken, 1 - (double)rules[i].cpu_ns / elapsed);
	}
}

/* In the child. 0 or an errno. */
static int measure(const int *cpus, uint32_t count, struct ruler_look *look)
{
	struct rule *rules = calloc(count, sizeof(*rules));
	pthread_barrier_t start;
	int code = rules ? pthread_barrier_init(&start, NULL, count) : ENOMEM;

	for (uint32_t i = 0; !code && i < count; i++) {
		rules[i] = (struct rule){.start = &start, .cpu = cpus[i]};
		code = pthread_create(&rules[i].thread, NULL, work, &rules[i]);
	}
	if (code)
		return code; /* the process ends, and with it what waits at the barrier */
	for (uint32_t i = 0; i < count; i++)
		pthread_join(rules[i].thread, NULL);
	read_off(rules, count, look);
	return 0;
}

static int await(pid_t child, struct hd_error *err)
{
	int status;

	while (waitpid(child, &status, 0) < 0)
		if (errno != EINTR)
			return hd_error(err, -errno, "the ruler: %s", strerror(errno));
	if (WIFSIGNALED(status) && (WTERMSIG(status) == SIGINT || WTERMSIG(status) == SIGTERM ||
	                            WTERMSIG(status) == SIGHUP))
		return -EINTR;
	if (WIFSIGNALED(status))
		return hd_error(err, -EIO, "the ruler ended by signal %d", WTERMSIG(status));
	if (WEXITSTATUS(status))
		return hd_error(err, -WEXITSTATUS(status), "the ruler: %s",
		                strerror(WEXITSTATUS(status)));
	return 0;
}

int ruler_measure(const int *cpus, uint32_t count, struct ruler_look *look, struct hd_error *err)
{
	struct ruler_look *shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE,
	                                 MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	pid_t child, parent = getpid();
	int code;

	if (shared == MAP_FAILED)
		return hd_error(err, -errno, "the ruler: %s", strerror(errno));
	child = fork();
	if (child == 0) {
		signal(SIGINT, SIG_DFL);
		signal(SIGTERM, SIG_DFL);
		signal(SIGHUP, SIG_DFL);
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		_exit(getppid() == parent ? measure(cpus, count, shared) : EINTR);
	}
	code = child < 0 ? hd_error(err, -errno, "the ruler: %s", strerror(errno))
	                 : await(child, err);
	*look = *shared;
	munmap(shared, sizeof(*shared));
	return code;
}
