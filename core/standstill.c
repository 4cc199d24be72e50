/* SPDX-License-Identifier: MIT */
#include "standstill.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "error.h"
#include "sysfile.h"

/* ---- The processes --------------------------------------------------------------------------------- */

struct process {
	pid_t pid, parent;
	bool taken;
};

struct processes {
	size_t count, room;
	struct process *items;
};

static bool add_process(struct processes *all, pid_t pid, pid_t parent)
{
	if (all->count == all->room) {
		size_t room = all->room ? 2 * all->room : 256;
		struct process *grown = realloc(all->items, room * sizeof(*grown));

		if (!grown)
			return false;
		all->items = grown;
		all->room = room;
	}
	all->items[all->count++] = (struct process){.pid = pid, .parent = parent};
	return true;
}

/* Of a stat file: what stands behind the name, which may hold blanks, brackets and ends of lines itself. */
static char *behind_name(char *line)
{
	char *bracket = strrchr(line, ')');

	return bracket && bracket[1] == ' ' ? bracket + 2 : NULL;
}

static int is_number(const struct dirent *entry)
{
	return isdigit((unsigned char)entry->d_name[0]);
}

static int by_number(const struct dirent **a, const struct dirent **b)
{
	return atoi((*a)->d_name) - atoi((*b)->d_name);
}

/* The numbers that a folder's entries are called by, sorted. */
static int list_numbers(const char *root, const char *path, struct dirent ***entries)
{
	char full[PATH_MAX];

	*entries = NULL;
	if (snprintf(full, sizeof(full), "%s%s", root, path) >= (int)sizeof(full))
		return 0;
	return scandir(full, entries, is_number, by_number);
}

/* The kernel's lists of children are not in every kernel; each process tells its parent in all of them. */
static void list_processes(const char *root, struct processes *all)
{
	struct dirent **entries;
	int count = list_numbers(root, "/proc", &entries);

	for (int i = 0; i < count; i++) {
		char path[NAME_MAX + 16], line[1024], *fields;
		int parent;

		snprintf(path, sizeof(path), "/proc/%s/stat", entries[i]->d_name);
		if (sysfile_text(root, path, line, sizeof(line)) == 0 &&
		    (fields = behind_name(line)) && sscanf(fields, "%*c %d", &parent) == 1)
			(void)add_process(all, atoi(entries[i]->d_name), parent);
		free(entries[i]);
	}
	free(entries);
}

static struct process *find_process(const struct processes *all, pid_t pid)
{
	for (size_t i = 0; i < all->count; i++)
		if (all->items[i].pid == pid)
			return &all->items[i];
	return NULL;
}

/* Adds those below pids[from ...], each after its parent. Returns how many pids there are now. */
static size_t add_below(struct processes *all, pid_t *pids, size_t from, size_t count)
{
	for (; from < count; from++)
		for (size_t i = 0; i < all->count && count < STANDSTILL_PROCESSES; i++) {
			if (all->items[i].parent != pids[from] || all->items[i].taken)
				continue;
			all->items[i].taken = true;
			pids[count++] = all->items[i].pid;
		}
	return count;
}

/* The same for those that have lost their parents, and are below `adopter` now. */
static size_t add_adopted(struct processes *all, pid_t adopter, pid_t *pids, size_t count)
{
	for (size_t i = 0; i < all->count && count < STANDSTILL_PROCESSES; i++) {
		struct process *process = &all->items[i];

		if (process->parent != adopter || process->taken)
			continue;
		process->taken = true;
		pids[count] = process->pid;
		count = add_below(all, pids, count, count + 1);
	}
	return count;
}

/* Those between the two have no part in the trial. Whether the stage is below `above` at all. */
static bool pass_over_ancestors(const struct processes *all, pid_t stage, pid_t above)
{
	struct process *process;

	while (stage != above && (process = find_process(all, stage)) && !process->taken) {
		process->taken = true;
		stage = process->parent;
	}
	return stage == above;
}

/* The stage and what descends from it, then what its ancestors up to `above` have adopted. */
static size_t group_of(const char *root, pid_t above, pid_t stage, pid_t pids[STANDSTILL_PROCESSES])
{
	struct processes all = {0};
	pid_t ancestor;
	size_t count;

	list_processes(root, &all);
	pids[0] = stage;
	count = add_below(&all, pids, 0, 1);
	if (pass_over_ancestors(&all, stage, above))
		for (ancestor = stage; ancestor != above;) {
			ancestor = find_process(&all, ancestor)->parent;
			count = add_adopted(&all, ancestor, pids, count);
		}
	else
		count = add_adopted(&all, above, pids, count);
	free(all.items);
	return count;
}

/* ---- The threads of one ---------------------------------------------------------------------------- */

static int thread_text(const char *root, const struct standstill_thread *thread, const char *name,
                       char *text, size_t size)
{
	char path[96];

	snprintf(path, sizeof(path), "/proc/%d/task/%d/%s", (int)thread->pid, (int)thread->tid,
	         name);
	return sysfile_text(root, path, text, size);
}

static bool read_stat(const char *root, struct standstill_thread *thread)
{
	char line[1024], *fields, *name;

	if (thread_text(root, thread, "stat", line, sizeof(line)) || !(fields = behind_name(line)))
		return false;
	thread->state = fields[0];
	fields[-2] = '\0';
	name = strchr(line, '(');
	snprintf(thread->name, sizeof(thread->name), "%s", name ? name + 1 : "");
	text_clean(thread->name);
	return true;
}

/* "NSpid: 4711 12": the last is the innermost namespace's. */
static void read_own_tid(const char *root, struct standstill_thread *thread)
{
	char path[96], value[128], *last;

	thread->own_tid = thread->tid;
	snprintf(path, sizeof(path), "/proc/%d/task/%d/status", (int)thread->pid, (int)thread->tid);
	if (sysfile_key(root, path, "NSpid", value, sizeof(value)))
		return;
	last = strrchr(value, '\t');
	thread->own_tid = atoi(last ? last + 1 : value);
}

/* "running"; or the call, its arguments, stack pointer and place; or -1 and the last two. */
static void read_call(const char *root, struct standstill_thread *thread, struct standstill *all)
{
	unsigned long long a[6] = {0};
	char line[256];
	int code = thread_text(root, thread, "syscall", line, sizeof(line));

	thread->call = -1;
	if (code && code != -ESRCH && !all->calls_unknown[0])
		snprintf(all->calls_unknown, sizeof(all->calls_unknown), "/proc/PID/syscall: %s",
		         strerror(-code));
	if (code || sscanf(line, "%ld %llx %llx %llx %llx %llx %llx", &thread->call, &a[0], &a[1],
	                   &a[2], &a[3], &a[4], &a[5]) != 7)
		thread->call = -1;
	for (int i = 0; i < 6 && thread->call >= 0; i++)
		thread->arguments[i] = a[i];
}

static void read_kernel(const char *root, struct standstill_thread *thread)
{
	if (thread_text(root, thread, "wchan", thread->kernel, sizeof(thread->kernel)) ||
	    strcmp(thread->kernel, "0") == 0)
		thread->kernel[0] = '\0';
}

static void read_threads(const char *root, pid_t pid, struct standstill *all)
{
	struct dirent **entries;
	char path[64];
	int count;

	snprintf(path, sizeof(path), "/proc/%d/task", (int)pid);
	count = list_numbers(root, path, &entries);
	for (int i = 0; i < count; i++) {
		struct standstill_thread thread = {
		        .pid = pid, .tid = atoi(entries[i]->d_name), .holder = -1};

		free(entries[i]);
		if (!read_stat(root, &thread))
			continue; /* it has ended meanwhile */
		if (all->count == STANDSTILL_THREADS) {
			all->more = true;
			continue;
		}
		read_own_tid(root, &thread);
		read_call(root, &thread, all);
		read_kernel(root, &thread);
		all->threads[all->count++] = thread;
	}
	free(entries);
}

/* ---- All of it ------------------------------------------------------------------------------------- */

/* Those of a circle, else the first ones. */
static void choose_told(struct standstill *all)
{
	int first = standstill_circle(all);
	uint32_t told = 0;

	for (int i = first; i >= 0 && told < STANDSTILL_TOLD; told++) {
		all->threads[i].told = true;
		i = all->threads[i].holder == first ? -1 : all->threads[i].holder;
	}
	for (uint32_t i = 0; i < all->count && told < STANDSTILL_TOLD; i++) {
		told += !all->threads[i].told;
		all->threads[i].told = true;
	}
}

struct standstill *standstill_look(const char *root, pid_t above, pid_t stage)
{
	struct standstill *all = calloc(1, sizeof(*all));
	pid_t pids[STANDSTILL_PROCESSES];
	size_t count;

	if (!all || !(all->threads = calloc(STANDSTILL_THREADS, sizeof(*all->threads)))) {
		standstill_free(all);
		return NULL;
	}
	count = group_of(root, above, stage, pids);
	all->more = count == STANDSTILL_PROCESSES;
	for (size_t i = 0; i < count; i++)
		read_threads(root, pids[i], all);
	if (!all->count) {
		standstill_free(all);
		return NULL;
	}
	standstill_find_holders(all);
	choose_told(all);
	return all;
}

struct standstill *standstill_tell(pid_t above, pid_t stage, const char *plugin_path, char *reason,
                                   size_t size)
{
	struct standstill *all = standstill_look("", above, stage);
	size_t length = strlen(reason);

	if (!all)
		return NULL;
	standstill_unwind(all, plugin_path, STANDSTILL_UNWIND_S * NS_PER_S);
	if (length + 2 < size) {
		memcpy(reason + length, ": ", 3);
		standstill_sentence(all, reason + length + 2, size - length - 2);
	}
	return all;
}

void standstill_free(struct standstill *all)
{
	for (uint32_t i = 0; all && all->threads && i < all->count; i++)
		free(all->threads[i].frames);
	if (all)
		free(all->threads);
	free(all);
}
