/* SPDX-License-Identifier: MIT */
#include "stage_host.h"

#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>

#include "option.h"
#include "stage_fault.h"

static const struct stage_host *stage_of(const struct hd_host *host)
{
	return (const struct stage_host *)(const void *)host;
}

int stage_bind(const int *cpus, uint32_t count)
{
	int highest = 0, code;
	cpu_set_t *set;
	size_t size;

	for (uint32_t i = 0; i < count; i++)
		highest = cpus[i] > highest ? cpus[i] : highest;
	set = CPU_ALLOC((size_t)highest + 1);
	if (!set)
		return -ENOMEM;
	size = CPU_ALLOC_SIZE((size_t)highest + 1);
	CPU_ZERO_S(size, set);
	for (uint32_t i = 0; i < count; i++)
		CPU_SET_S((size_t)cpus[i], size, set);
	code = sched_setaffinity(0, size, set) < 0 ? -errno : 0;
	CPU_FREE(set);
	return code;
}

static int host_bind(const struct hd_host *host, uint32_t core)
{
	stage_fault_give_stack();
	return stage_bind(&host->cpus[core % host->cores], 1);
}

static void *host_shared_alloc(const struct hd_host *host, uint64_t size)
{
	return arena_plugin_alloc(stage_of(host)->arena, size);
}

/* The index of the plugin's option called so, or -1. */
static int find_option(const struct stage_host *stage, const char *name)
{
	const struct hd_option *option;

	if (!stage->loaded->model.options)
		return -1;
	for (int i = 0; (option = loader_option(stage->loaded, (uint32_t)i))->name; i++)
		if (strcmp(option->name, name) == 0)
			return i;
	return -1;
}

/* The board holds the values in the plugin's order; it holds none while a plugin is only described. */
static int64_t host_option_int(const struct hd_host *host, const char *name)
{
	const struct stage_host *stage = stage_of(host);
	const struct arena_board *board = stage->arena->board;
	int i = find_option(stage, name);

	if (i < 0)
		return 0;
	return (uint32_t)i < board->options ? board->option[i].number
	                                    : loader_option(stage->loaded, (uint32_t)i)->value;
}

static const char *host_option_text(const struct hd_host *host, const char *name)
{
	const struct stage_host *stage = stage_of(host);
	const struct arena_board *board = stage->arena->board;
	int i = find_option(stage, name);

	if (i < 0)
		return "";
	return (uint32_t)i < board->options
	               ? arena_text(board, board->option[i].text)
	               : option_default(loader_option(stage->loaded, (uint32_t)i)).text;
}

static void host_watch(const struct hd_host *host, int pid)
{
	struct arena_board *board = stage_of(host)->arena->board;
	uint32_t i = atomic_load(&board->watched);

	/* An entry counts once it is not 0: the core looks again. */
	do
		if (i >= ARENA_WATCHED)
			return;
	while (!atomic_compare_exchange_weak(&board->watched, &i, i + 1));
	atomic_store(&board->watched_pids[i], pid);
}

void stage_reason(struct arena_board *board, const char *why)
{
	if (why && !board->reason[0])
		snprintf(board->reason, sizeof(board->reason), "%s", why);
}

static void host_fail(const struct hd_host *host, const char *why)
{
	stage_reason(stage_of(host)->arena->board, why);
}

static void host_note(const struct hd_host *host, const char *what)
{
	struct arena_board *board = stage_of(host)->arena->board;

	if (what && atomic_exchange(&board->noted, 1) == 0)
		snprintf(board->note, sizeof(board->note), "%s", what);
}

void stage_host_init(struct stage_host *stage, struct arena *arena, const struct loaded *loaded)
{
	const struct arena_board *board = arena->board;

	*stage = (struct stage_host){
	        .host = {.size = sizeof(struct hd_host),
	                 .cores = board->cores,
	                 .in_flight = board->in_flight,
	                 .locks = board->locks,
	                 .queues = board->queues,
	                 .queue_capacity = board->queue_capacity,
	                 .events = board->events,
	                 .cpus = board->cpus,
	                 .bind = host_bind,
	                 .shared_alloc = host_shared_alloc,
	                 .option_int = host_option_int,
	                 .option_text = host_option_text,
	                 .watch = host_watch,
	                 .fail = host_fail,
	                 .note = host_note},
	        .arena = arena,
	        .loaded = loaded,
	};
}
