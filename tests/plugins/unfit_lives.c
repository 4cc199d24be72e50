/* SPDX-License-Identifier: MIT */
/* unfit_lives - right, but each life leaves something behind, or does not bear an option: WRONG says what. */
#define _GNU_SOURCE
#include <stdbool.h>

#include "unfit.h"

#include <fcntl.h>
#include <sched.h>
#include <sys/mman.h>

#define KEEPS_HEAP 1
#define KEEPS_MAPPING 2
#define KEEPS_DESCRIPTOR 3
#define KEEPS_THREAD 4
#define KEEPS_PROCESS 5
#define KEEPS_DAEMON 6
#define NARROWS 7
#define FAILS_AT_MOST 8
#define CRASHES_AT_LEAST 9
#define UNKNOWN_OPTION 10
#define OPENS_ONCE 11
#define KEEPS_ONE_THREAD 12

static int opened;

__attribute__((unused)) static void *stay(void *unused)
{
	for (;;)
		pause();
	return unused;
}

__attribute__((unused)) static void keep_process(bool far)
{
	pid_t pid = fork();

	if (pid == 0 && (!far || fork() == 0))
		stay(NULL);
	if (pid == 0)
		_exit(0);
}

__attribute__((unused)) static void keep_thread(void)
{
	pthread_t thread;

	if (hd_thread_start(&thread, stay, NULL) == 0)
		pthread_detach(thread);
}

__attribute__((unused)) static void narrow(void)
{
	cpu_set_t set;
	int cpu = 0;

	sched_getaffinity(0, sizeof(set), &set);
	while (!CPU_ISSET(cpu, &set))
		cpu++;
	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	sched_setaffinity(0, sizeof(set), &set);
}

static void keep(void)
{
	void *volatile kept = NULL;

	switch (WRONG) {
	case KEEPS_HEAP:
		kept = malloc(64);
		break;
	case KEEPS_MAPPING:
		kept = mmap(NULL, 65536, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1,
		            0);
		break;
	case KEEPS_DESCRIPTOR:
		(void)open("/dev/null", O_RDONLY);
		break;
	case KEEPS_THREAD:
		keep_thread();
		break;
	case KEEPS_ONE_THREAD:
		if (opened == 0)
			keep_thread();
		break;
	case KEEPS_PROCESS:
	case KEEPS_DAEMON:
		keep_process(WRONG == KEEPS_DAEMON);
		break;
	case NARROWS:
		narrow();
		break;
	default:
		break;
	}
	(void)kept;
}

static int unfit_open(const struct hd_host *host, void **state)
{
	int64_t size = host->option_int(host, "size_kib");

	if (WRONG == UNKNOWN_OPTION)
		host->option_int(host, "size");
	if (WRONG == FAILS_AT_MOST && size == 4096) {
		host->fail(host, "no room for so much");
		return -ENOMEM;
	}
	if (WRONG == CRASHES_AT_LEAST && size == 1)
		__builtin_trap();
	if (WRONG == OPENS_ONCE && opened)
		return -EBUSY;
	keep();
	opened++;
	return whole_open(host, state);
}

static const struct hd_option options[] = {{.name = "size_kib",
                                            .kind = HD_OPTION_INT,
                                            .value = 64,
                                            .min = 1,
                                            .max = 4096,
                                            .help = "of nothing"},
                                           {0}};

HD_EXPORT const struct hd_model heddle_model = {WHOLE_HEAD, .options = options, .open = unfit_open,
                                                .run = hd_crew_run, .close = whole_close};
