/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE /* POLLRDHUP, cpu_set_t */
#define HD_TEXT_OF(word) #word
#define HD_TEXT(word) HD_TEXT_OF(word)
#define HD_BUILD_FLAGS "-O2; " HD_TEXT(HD_GO_VERSION) ", cgo"
#include "model.h"

#include <poll.h>
#include <sched.h>
#include <stdatomic.h>
#include <string.h>

#include "_cgo_export.h"

/*
 * A goroutine is stepped by whichever thread runs it, and Go makes threads as it needs them: each calls
 * bind() before its first step, for the stack of its handlers, and then widens itself to all processors
 * of the case again. Bound to one, it would hold there every goroutine that Go lets it run.
 */
static void bind_once(const struct hd_host *host, uint64_t life)
{
	static __thread uint64_t bound_in;
	static _Atomic uint32_t next;
	int highest = 0;
	cpu_set_t *all;
	size_t size;

	if (bound_in == life)
		return;
	bound_in = life;
	host->bind(host, atomic_fetch_add(&next, 1) % host->cores);
	for (uint32_t i = 0; i < host->cores; i++)
		highest = host->cpus[i] > highest ? host->cpus[i] : highest;
	all = CPU_ALLOC((size_t)highest + 1);
	size = CPU_ALLOC_SIZE((size_t)highest + 1);
	if (!all)
		return; /* it stays where it is */
	CPU_ZERO_S(size, all);
	for (uint32_t i = 0; i < host->cores; i++)
		CPU_SET_S((size_t)host->cpus[i], size, all);
	sched_setaffinity(0, size, all);
	CPU_FREE(all);
}

void model_step(uintptr_t host, uint64_t life, uintptr_t job, int64_t answer, uintptr_t request)
{
	bind_once((const struct hd_host *)host, life);
	((struct hd_job *)job)->step((struct hd_job *)job, answer, (struct hd_request *)request);
}

int model_locks_by_channel(const struct hd_host *host)
{
	return strcmp(host->option_text(host, "lock"), "channel") == 0;
}

void model_fail(const struct hd_host *host, const char *why)
{
	host->fail(host, why);
}

int model_is_over(int fd)
{
	struct pollfd item = {.fd = fd, .events = POLLIN | POLLRDHUP};

	return poll(&item, 1, 0) > 0 && item.revents & (POLLHUP | POLLRDHUP);
}

/* Go keeps what it has made; C holds its number. */
static int go_open(const struct hd_host *host, void **state)
{
	uintptr_t handle = 0;
	int error = goOpen((struct hd_host *)(uintptr_t)host, &handle);

	*state = (void *)handle; /* NOLINT: never followed */
	return error;
}

static int go_run(void *state, const struct hd_jobs *jobs)
{
	goRun((uintptr_t)state, (struct hd_jobs *)(uintptr_t)jobs);
	return 0;
}

static void go_close(void *state)
{
	goClose((uintptr_t)state);
}

static const struct hd_option options[] = {
        {.name = "lock",
         .kind = HD_OPTION_CHOICE,
         .text = "mutex",
         .choices = "mutex channel",
         .help = "around a section: a sync.Mutex, or a channel that holds one token"},
        {0},
};

HD_EXPORT const struct hd_model heddle_model = {
        .magic = HD_PLUGIN_MAGIC,
        .abi = HD_PLUGIN_ABI,
        .size = sizeof(struct hd_model),
        .option_size = sizeof(struct hd_option),
        .ops = HD_CAN(HD_EXCLUSIVE) | HD_CAN(HD_SHARED) | HD_CAN(HD_READ) | HD_CAN(HD_WRITE) |
               HD_CAN(HD_ACCEPT) | HD_CAN(HD_YIELD) | HD_CAN(HD_SLEEP) | HD_CAN(HD_PUT) |
               HD_CAN(HD_GET) | HD_CAN(HD_SET) | HD_CAN(HD_CLEAR) | HD_CAN(HD_WAIT),
        .name = "go-goroutines",
        .summary = "Go: goroutines, a sync.Mutex around each section, channels for queues",
        .build = HD_BUILD,
        .options = options,
        .open = go_open,
        .run = go_run,
        .close = go_close,
};
