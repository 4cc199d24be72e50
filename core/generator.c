/* SPDX-License-Identifier: MIT */
/* The load generator's process, from outside and from its first steps. */
#include "generator.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "clock.h"
#include "generator_load.h"

/* Lets a coverage build keep what this process has run; absent elsewhere. */
extern void __gcov_dump(void) __attribute__((weak));

struct thread {
	const struct generator_plan *plan;
	uint32_t index;
	int wake, code;
	pthread_t id;
	bool started;
};

static int by_number(const void *a, const void *b)
{
	int x = *(const int *)a, y = *(const int *)b;

	return (x > y) - (x < y);
}

static void close_from_to(unsigned int first, unsigned int last)
{
#ifdef SYS_close_range
	struct rlimit limit;

	if (first > last || syscall(SYS_close_range, first, last, 0) == 0)
		return;
	if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && last >= limit.rlim_cur)
		last = (unsigned int)limit.rlim_cur - 1;
#endif
	for (unsigned int fd = first; fd <= last; fd++)
		close((int)fd);
}

/*
 * Closes everything but the standard streams and `kept`: a listener or the keeper's pipe that stayed
 * open here would hide that its owner has ended.
 */
static int close_others(const struct generator_plan *plan, int wake)
{
	size_t count = plan->transport == GENERATOR_UDP ? plan->connections : 0;
	int *kept = calloc(count + 1, sizeof(*kept));
	int next = STDERR_FILENO + 1;

	if (!kept)
		return -ENOMEM;
	if (count)
		memcpy(kept, plan->sockets, count * sizeof(*kept));
	kept[count++] = wake;
	qsort(kept, count, sizeof(*kept), by_number);
	for (size_t i = 0; i < count; i++) {
		if (kept[i] > next)
			close_from_to((unsigned int)next, (unsigned int)kept[i] - 1);
		if (kept[i] >= next)
			next = kept[i] + 1;
	}
	close_from_to((unsigned int)next, ~0u);
	free(kept);
	return 0;
}

/* The core's handlers are not for this process, and a Ctrl-C is for the core alone. */
static void reset_signals(void)
{
	struct sigaction action = {.sa_handler = SIG_DFL};
	sigset_t none;

	for (int i = 1; i < NSIG; i++)
		sigaction(i, &action, NULL);
	signal(SIGPIPE, SIG_IGN);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	setpgid(0, 0);
}

static void *run_thread(void *argument)
{
	struct thread *thread = argument;

	thread->code = load_run(thread->plan, thread->index, thread->wake);
	return NULL;
}

/* Thread 0 is the process's first one. 0 or the first thread's error. */
static int run_threads(const struct generator_plan *plan, int wake)
{
	struct thread *threads = calloc(plan->threads, sizeof(*threads));
	int code = 0;

	if (!threads)
		return -ENOMEM;
	for (uint32_t i = 0; i < plan->threads; i++)
		threads[i] = (struct thread){.plan = plan, .index = i, .wake = wake};
	for (uint32_t i = 1; i < plan->threads; i++) {
		int failed = pthread_create(&threads[i].id, NULL, run_thread, &threads[i]);

		threads[i].started = !failed;
		if (failed)
			threads[i].code = -failed;
	}
	run_thread(&threads[0]);
	for (uint32_t i = 0; i < plan->threads; i++) {
		if (threads[i].started)
			pthread_join(threads[i].id, NULL);
		if (!code)
			code = threads[i].code;
	}
	free(threads);
	return code;
}

/* Its exit code is the errno of what went wrong. */
static void run_process(const struct generator_plan *plan, pid_t parent, int wake)
{
	int code;

	reset_signals();
	prctl(PR_SET_NAME, "heddle-load");
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(0); /* it ended before the signal was asked for */
	code = close_others(plan, wake);
	if (!code)
		code = run_threads(plan, wake);
	if (__gcov_dump)
		__gcov_dump();
	_exit(-code & 0x7f);
}

/* True once the process was reaped. */
static bool reap(struct generator *generator, int flags)
{
	pid_t pid;

	do
		pid = waitpid(generator->pid, &generator->status, flags);
	while (pid < 0 && errno == EINTR);
	generator->ended = pid != 0; /* also where somebody else has reaped it */
	return generator->ended;
}

/* Sleeps until the process has ended or for a while; only 1 ms where the kernel has no pidfd. */
static void wait_a_while(struct pollfd *end, uint64_t left_ns)
{
	if (end->fd >= 0)
		poll(end, 1, (int)(left_ns / NS_PER_MS) + 1);
	else
		clock_sleep_until(clock_now_ns() + NS_PER_MS);
}

static void wait_until(struct generator *generator, uint64_t deadline_ns)
{
	struct pollfd end = {.fd = -1, .events = POLLIN};
	uint64_t now;

#ifdef SYS_pidfd_open
	end.fd = (int)syscall(SYS_pidfd_open, generator->pid, 0);
#endif
	while (!reap(generator, WNOHANG) && (now = clock_now_ns()) < deadline_ns)
		wait_a_while(&end, deadline_ns - now);
	if (end.fd >= 0)
		close(end.fd);
}

static void kill_and_reap(struct generator *generator)
{
	kill(generator->pid, SIGKILL);
	reap(generator, 0);
}

void generator_stop(struct generator *generator, const struct generator_plan *plan,
                    uint32_t grace_ms)
{
	uint64_t one = 1;

	atomic_store_explicit(&plan->arena->board->drain, 1, memory_order_release);
	if (generator->pid <= 0 || generator->ended)
		return;
	(void)!write(generator->wake, &one, sizeof(one));
	wait_until(generator, clock_now_ns() + (plan->drain_ms + (uint64_t)grace_ms) * NS_PER_MS);
	if (generator->ended)
		return;
	generator->killed = true;
	kill_and_reap(generator);
}

void generator_release(struct generator *generator)
{
	if (generator->pid <= 0)
		return;
	if (!generator->ended)
		kill_and_reap(generator);
	close(generator->wake);
	*generator = (struct generator){.wake = -1};
}

const char *generator_failure(const struct generator *generator, char *text, size_t size)
{
	int status = generator->status;

	if (generator->pid <= 0)
		snprintf(text, size, "the load generator was not started");
	else if (generator->killed)
		snprintf(text, size, "the load generator did not end after its drain");
	else if (WIFSIGNALED(status))
		snprintf(text, size, "the load generator died: signal %d (%s)", WTERMSIG(status),
		         strsignal(WTERMSIG(status)));
	else if (WEXITSTATUS(status))
		snprintf(text, size, "the load generator could not go on: %s",
		         strerror(WEXITSTATUS(status)));
	else
		return NULL;
	return text;
}

static bool all_ready(const struct generator_plan *plan)
{
	for (uint32_t i = 0; i < plan->threads; i++)
		if (!atomic_load_explicit(&plan->tallies[i].ready, memory_order_acquire))
			return false;
	return true;
}

/*
 * A generator that ended instead is an error; one that is slow is not. The longer it takes, the more rarely it is
 * looked at: thousands of connections are made on cores that the looks would be taken from.
 */
static int wait_ready(struct generator *generator, const struct generator_plan *plan,
                      struct hd_error *err)
{
	uint64_t from = clock_now_ns(), now = from;
	char text[GENERATOR_TEXT_BYTES];

	while (!all_ready(plan) && now < from + GENERATOR_READY_MS * NS_PER_MS) {
		if (reap(generator, WNOHANG))
			return hd_error(err, -ECHILD, "%s",
			                generator_failure(generator, text, sizeof(text))
			                        ? text
			                        : "the load generator ended at once");
		now = clock_now_ns();
		clock_sleep_until(now + NS_PER_MS / 10 + (now - from) / 50);
	}
	return 0;
}

int generator_start(struct generator *generator, const struct generator_plan *plan,
                    struct hd_error *err)
{
	pid_t parent = getpid();

	*generator = (struct generator){.wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)};
	if (generator->wake < 0)
		return hd_error(err, -errno, "load generator: eventfd: %s", strerror(errno));
	generator->pid = fork();
	if (generator->pid == 0)
		run_process(plan, parent, generator->wake);
	if (generator->pid < 0) {
		int code = hd_error(err, -errno, "load generator: fork: %s", strerror(errno));

		close(generator->wake);
		*generator = (struct generator){.wake = -1};
		return code;
	}
	return wait_ready(generator, plan, err);
}

static void keep_first(char *into, const char *text)
{
	if (!*into)
		memcpy(into, text, GENERATOR_TEXT_BYTES);
}

void generator_total(const struct generator_plan *plan, struct generator_tally *total)
{
	for (uint32_t i = 0; i < plan->threads; i++) {
		const struct generator_tally *one = &plan->tallies[i];

		total->wrong += one->wrong;
		total->owed += one->owed;
		total->partial += one->partial;
		total->dropped += one->dropped;
		total->failed += one->failed;
		total->denied += one->denied;
		total->unclosed += one->unclosed;
		total->made += one->made;
		total->served += one->served;
		total->refused += one->refused;
		total->resent += one->resent;
		total->lost += one->lost;
		total->duplicate += one->duplicate;
		total->reordered += one->reordered;
		total->cpu_ns += one->cpu_ns;
		total->wall_ns += one->wall_ns;
		keep_first(total->wrong_text, one->wrong_text);
		keep_first(total->owed_text, one->owed_text);
		keep_first(total->dropped_text, one->dropped_text);
		keep_first(total->failed_text, one->failed_text);
		total->planned += one->planned;
		total->unsent += one->unsent;
		total->answered += one->answered;
		total->unasked += one->unasked;
		histogram_merge(&total->latency, &one->latency);
		histogram_merge(&total->first, &one->first);
		histogram_merge(&total->response, &one->response);
		histogram_merge(&total->late, &one->late);
	}
}
