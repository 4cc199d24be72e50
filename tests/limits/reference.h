/* SPDX-License-Identifier: MIT */
/*
 * What the hand-written references share, and nothing of the harness: a command line, pinned tasks,
 * windows, one line of JSON. A reference is the loop that somebody would write who wants this number
 * and nothing else; everything here stands outside of that loop.
 *
 * Like a trial of Heddle it warms up, reads the tasks' counters at the end of each window and takes
 * the median of the windows' rates; the observer has real-time priority where that is allowed.
 */
#ifndef LIMITS_REFERENCE_H
#define LIMITS_REFERENCE_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE 1
#endif
#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <sched.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#define APART 256 /* bytes between what two tasks write */
#define MOST_TASKS 1024
#define MOST_WINDOWS 1000
#define CHUNK 1024 /* turns of a loop between two looks at the stop flag */

struct options {
	int cpus[MOST_TASKS], cpu_count; /* --cpus 0,1 */
	uint64_t tasks, batch;           /* --tasks N, --batch N */
	uint64_t warmup_ms, window_ms, windows;
};

/* The tasks' counters, the stop flag and the counter that all increment, each on lines of its own. */
struct slot {
	_Alignas(APART) _Atomic uint64_t done;
};
struct board {
	struct slot slots[MOST_TASKS];
	_Alignas(APART) _Atomic bool stop;
	_Alignas(APART) volatile uint64_t counter;
};

__attribute__((noreturn, format(printf, 1, 2))) static inline void fail(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fputc('\n', stderr);
	exit(2);
}

static inline uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

static inline void sleep_until(uint64_t ns)
{
	struct timespec until = {.tv_sec = (time_t)(ns / 1000000000),
	                         .tv_nsec = (long)(ns % 1000000000)};

	while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL) == EINTR)
		;
}

static inline void pin(int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	if (sched_setaffinity(0, sizeof set, &set))
		fail("CPU %d cannot be used: %s", cpu, strerror(errno));
}

static inline uint64_t number(const char *name, const char *text)
{
	char *end;
	unsigned long long value = strtoull(text ? text : "", &end, 10);

	if (!text || end == text || *end)
		fail("%s: \"%s\" is not a number", name, text ? text : "");
	return value;
}

static inline void read_cpus(struct options *options, char *text)
{
	options->cpu_count = 0;
	for (char *word = strtok(text, ","); word; word = strtok(NULL, ",")) {
		if (options->cpu_count == MOST_TASKS)
			fail("--cpus: at most %d", MOST_TASKS);
		options->cpus[options->cpu_count++] = (int)number("--cpus", word);
	}
}

static inline struct options read_options(int argc, char **argv)
{
	struct options options = {
	        .cpu_count = 1, .batch = CHUNK, .warmup_ms = 50, .window_ms = 20, .windows = 10};
	struct {
		const char *name;
		uint64_t *value;
	} numbers[] = {{"--tasks", &options.tasks},
	               {"--batch", &options.batch},
	               {"--warmup-ms", &options.warmup_ms},
	               {"--window-ms", &options.window_ms},
	               {"--windows", &options.windows}};

	for (int i = 1; i < argc; i += 2) {
		bool known = !strcmp(argv[i], "--cpus") && argv[i + 1];

		if (known)
			read_cpus(&options, argv[i + 1]);
		for (size_t n = 0; n < sizeof numbers / sizeof *numbers; n++)
			if (!strcmp(argv[i], numbers[n].name)) {
				*numbers[n].value = number(argv[i], argv[i + 1]);
				known = true;
			}
		if (!known)
			fail("usage: %s [--cpus 0,1] [--tasks N] [--batch N] [--warmup-ms N] "
			     "[--window-ms N] [--windows N]",
			     argv[0]);
	}
	if (!options.tasks)
		options.tasks = (uint64_t)options.cpu_count;
	if (!options.tasks || !options.batch || !options.windows || options.windows > MOST_WINDOWS)
		fail("%s: a value is out of range", argv[0]);
	return options;
}

/* Zeroed, shared with forked children. */
static inline void *shared(size_t bytes)
{
	void *memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
	                    MAP_SHARED | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);

	if (memory == MAP_FAILED)
		fail("no memory: %s", strerror(errno));
	return memory;
}

static inline bool stopping(const struct board *board)
{
	return atomic_load_explicit(&board->stop, memory_order_relaxed);
}

static inline void count(struct slot *slot, uint64_t more)
{
	uint64_t done = atomic_load_explicit(&slot->done, memory_order_relaxed);

	atomic_store_explicit(&slot->done, done + more, memory_order_relaxed);
}

static inline uint64_t total(const struct board *board, uint64_t tasks)
{
	uint64_t sum = 0;

	for (uint64_t i = 0; i < tasks; i++)
		sum += atomic_load_explicit(&board->slots[i].done, memory_order_relaxed);
	return sum;
}

static inline int by_size(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static inline double median(double *values, uint64_t count_of)
{
	qsort(values, count_of, sizeof *values, by_size);
	return (values[(count_of - 1) / 2] + values[count_of / 2]) / 2;
}

/* Warms up, watches the windows, says stop. Returns the median rate in operations a second. */
static inline double observe(const struct options *options, struct board *board)
{
	struct sched_param param = {.sched_priority = 1};
	double rates[MOST_WINDOWS];
	uint64_t last, done;

	while (!total(board, options->tasks))
		sleep_until(now_ns() + 100000);
	sched_setscheduler(0, SCHED_FIFO | SCHED_RESET_ON_FORK, &param);
	sleep_until(now_ns() + options->warmup_ms * 1000000);
	last = now_ns();
	done = total(board, options->tasks);
	for (uint64_t i = 0; i < options->windows; i++) {
		uint64_t now, sum;

		sleep_until(last + options->window_ms * 1000000);
		now = now_ns();
		sum = total(board, options->tasks);
		rates[i] = (double)(sum - done) * 1e9 / (double)(now - last);
		last = now;
		done = sum;
	}
	atomic_store(&board->stop, true);
	return median(rates, options->windows);
}

/* The one line on stdout. `expected` is what must have been counted: else there is no number. */
static inline int tell(double rate, uint64_t found, uint64_t expected)
{
	if (found != expected) {
		fprintf(stderr, "wrong result: %" PRIu64 " expected, %" PRIu64 " found\n", expected,
		        found);
		return 3;
	}
	printf("{\"throughput\": %.1f, \"time_per_op\": %.4f}\n", rate, rate > 0 ? 1e9 / rate : 0);
	return 0;
}

static inline void limit_tasks(const struct options *options)
{
	if (options->tasks > MOST_TASKS)
		fail("--tasks: at most %d", MOST_TASKS);
}

/* One thread a task, pinned in turn; returns after all have ended. */
struct seat {
	struct board *board;
	const struct options *options;
	uint64_t task;
	void (*work)(struct board *, uint64_t task);
	pthread_t thread;
};

static inline void *sit(void *argument)
{
	struct seat *seat = argument;

	pin(seat->options->cpus[seat->task % (uint64_t)seat->options->cpu_count]);
	seat->work(seat->board, seat->task);
	return NULL;
}

static inline double run_threads(const struct options *options, struct board *board,
                                 void (*work)(struct board *, uint64_t task))
{
	struct seat seats[MOST_TASKS];
	double rate;

	limit_tasks(options);
	for (uint64_t i = 0; i < options->tasks; i++) {
		seats[i] =
		        (struct seat){.board = board, .options = options, .task = i, .work = work};
		if (pthread_create(&seats[i].thread, NULL, sit, &seats[i]))
			fail("no thread");
	}
	rate = observe(options, board);
	for (uint64_t i = 0; i < options->tasks; i++)
		pthread_join(seats[i].thread, NULL);
	return rate;
}

#endif
