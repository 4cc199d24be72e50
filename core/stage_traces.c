/* SPDX-License-Identifier: MIT */
#include "stage_traces.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fenv.h>
#include <locale.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* FNV-1a: good enough to see that something is another. */
static uint64_t sum_of_environment(void)
{
	uint64_t sum = UINT64_C(0xcbf29ce484222325);

	for (char **variable = environ; variable && *variable; variable++) {
		for (const char *c = *variable; *c; c++)
			sum = (sum ^ (unsigned char)*c) * UINT64_C(0x100000001b3);
		sum *= UINT64_C(0x100000001b3);
	}
	return sum;
}

static void (*handler_of(int number))(int)
{
	struct sigaction action;

	return sigaction(number, NULL, &action) == 0 ? action.sa_handler : SIG_DFL;
}

void stage_traces_take(struct stage_traces *traces)
{
	*traces = (struct stage_traces){.environment = sum_of_environment(),
	                                .rounding = fegetround()};
	stat(".", &traces->directory);
	for (int fd = 0; fd < TRACES_OUTPUTS; fd++)
		fstat(fd, &traces->outputs[fd]);
	for (int i = 1; i < TRACES_SIGNALS; i++)
		traces->handlers[i] = handler_of(i);
	pthread_sigmask(SIG_SETMASK, NULL, &traces->blocked);
	snprintf(traces->locale, sizeof(traces->locale), "%s", setlocale(LC_ALL, NULL));
}

static bool is_same_file(const struct stat *a, const struct stat *b)
{
	return a->st_dev == b->st_dev && a->st_ino == b->st_ino;
}

static void tell_signals(const struct stage_traces *before, const struct stage_traces *now,
                         char *text, size_t size)
{
	int first = 0, count = 0;
	const char *name;

	for (int i = 1; i < TRACES_SIGNALS; i++)
		if (before->handlers[i] != now->handlers[i]) {
			first = first ? first : i;
			count++;
		}
	name = first ? sigabbrev_np(first) : NULL;
	if (count > 1)
		text_add(text, size, ", ", "the handlers of %d signals", count);
	else if (count)
		text_add(text, size, ", ", "the handler of %s%s",
		         name ? "SIG" : "a real-time signal", name ? name : "");
	for (int i = 1; i < TRACES_SIGNALS; i++)
		if (sigismember(&before->blocked, i) != sigismember(&now->blocked, i)) {
			text_add(text, size, ", ", "the signals that are blocked");
			return;
		}
}

void stage_traces_tell(const struct stage_traces *before, char *text, size_t size)
{
	static const char *const outputs[TRACES_OUTPUTS] = {"standard input", "standard output",
	                                                    "standard error"};
	struct stage_traces now;

	text[0] = '\0';
	stage_traces_take(&now);
	if (!is_same_file(&before->directory, &now.directory))
		text_add(text, size, ", ", "the directory");
	if (before->environment != now.environment)
		text_add(text, size, ", ", "the environment");
	tell_signals(before, &now, text, size);
	if (strcmp(before->locale, now.locale) != 0)
		text_add(text, size, ", ", "the locale");
	if (before->rounding != now.rounding)
		text_add(text, size, ", ", "the rounding mode");
	for (int fd = 0; fd < TRACES_OUTPUTS; fd++)
		if (!is_same_file(&before->outputs[fd], &now.outputs[fd]))
			text_add(text, size, ", ", "%s", outputs[fd]);
}

enum { PUS = 8192 }; /* as many as a kernel may have */

struct masks {
	cpu_set_t *of_case, *of_thread, *both;
	size_t size; /* of each, in bytes */
};

static int check_thread(const struct masks *masks, pid_t tid, struct hd_error *err)
{
	/* One that has just ended runs nowhere. */
	if (sched_getaffinity(tid, masks->size, masks->of_thread) < 0)
		return 0;
	CPU_AND_S(masks->size, masks->both, masks->of_thread, masks->of_case);
	if (CPU_EQUAL_S(masks->size, masks->both, masks->of_thread))
		return 0;
	for (int cpu = 0; cpu < PUS; cpu++)
		if (CPU_ISSET_S((size_t)cpu, masks->size, masks->of_thread) &&
		    !CPU_ISSET_S((size_t)cpu, masks->size, masks->of_case))
			return hd_error(err, -EXDEV,
			                "a thread of the model may run on PU %d, which is not the "
			                "case's",
			                cpu);
	return 0;
}

static int check_own_threads(const struct masks *masks, struct hd_error *err)
{
	DIR *folder = opendir("/proc/self/task");
	struct dirent *entry;
	int code = 0;

	while (folder && !code && (entry = readdir(folder)))
		if (isdigit((unsigned char)entry->d_name[0]))
			code = check_thread(masks, atoi(entry->d_name), err);
	if (folder)
		closedir(folder);
	return code;
}

static int check_workers(const struct masks *masks, const struct arena_board *board,
                         struct hd_error *err)
{
	uint32_t count = atomic_load(&board->watched);
	int code = 0;

	for (uint32_t i = 0; !code && i < count && i < ARENA_WATCHED; i++) {
		int pid = atomic_load(&board->watched_pids[i]);

		if (pid > 0)
			code = check_thread(masks, pid, err);
	}
	return code;
}

int stage_traces_check_cpus(const struct arena_board *board, struct hd_error *err)
{
	struct masks masks = {.of_case = CPU_ALLOC(PUS),
	                      .of_thread = CPU_ALLOC(PUS),
	                      .both = CPU_ALLOC(PUS),
	                      .size = CPU_ALLOC_SIZE(PUS)};
	int code = 0;

	if (masks.of_case && masks.of_thread && masks.both) {
		CPU_ZERO_S(masks.size, masks.of_case);
		CPU_ZERO_S(masks.size, masks.of_thread);
		for (uint32_t i = 0; i < board->cores; i++)
			CPU_SET_S((size_t)board->cpus[i], masks.size, masks.of_case);
		code = check_own_threads(&masks, err);
		if (!code)
			code = check_workers(&masks, board, err);
	}
	CPU_FREE(masks.of_case);
	CPU_FREE(masks.of_thread);
	CPU_FREE(masks.both);
	return code;
}
