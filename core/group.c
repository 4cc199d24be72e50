/* SPDX-License-Identifier: MIT */
#include "group.h"

#include <ctype.h>
#include <dirent.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { TEXT = 4096, PATH = 64 };

/* Processes that were found and not yet looked at; the first one is the keeper. */
struct queue {
	pid_t *pids;
	size_t count, room;
};

static bool is_beyond(const struct group_size *size, uint32_t most)
{
	return most && size->threads > most;
}

/* Without stdio: there may be thousands of them, and the model is at work. */
static ssize_t read_text(int folder, const char *path, char *text, size_t size)
{
	int fd = openat(folder, path, O_RDONLY | O_CLOEXEC);
	ssize_t length = fd >= 0 ? read(fd, text, size - 1) : -1;

	if (fd >= 0)
		close(fd);
	text[length > 0 ? length : 0] = '\0';
	return length;
}

static unsigned long long field_of(const char *status, const char *key)
{
	const char *line = strstr(status, key);

	return line ? strtoull(line + strlen(key), NULL, 10) : 0;
}

/* A page of the arena would count once for each process: RssAnon leaves it out. */
static void add_process(int proc, const char *pid, struct group_size *size)
{
	char path[PATH], text[TEXT];

	if (snprintf(path, sizeof(path), "%s/status", pid) >= (int)sizeof(path) ||
	    read_text(proc, path, text, sizeof(text)) <= 0)
		return;
	size->processes++;
	size->threads += (uint32_t)field_of(text, "\nThreads:");
	size->bytes += field_of(text, "\nRssAnon:") * 1024;
}

static void look_at_namespace(int proc, uint32_t most, struct group_size *size)
{
	int copy = openat(proc, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *folder = copy >= 0 ? fdopendir(copy) : NULL;
	struct dirent *entry;

	while (folder && !is_beyond(size, most) && (entry = readdir(folder)))
		if (isdigit((unsigned char)entry->d_name[0]) && strcmp(entry->d_name, "1"))
			add_process(proc, entry->d_name, size);
	if (folder)
		closedir(folder);
	else if (copy >= 0)
		close(copy);
}

static void append(struct queue *queue, pid_t pid)
{
	if (queue->count == queue->room) {
		size_t room = queue->room ? 2 * queue->room : 64;
		pid_t *grown = realloc(queue->pids, room * sizeof(*grown));

		if (!grown)
			return;
		queue->pids = grown;
		queue->room = room;
	}
	queue->pids[queue->count++] = pid;
}

/* Numbers with a blank after each, of whatever length in all. */
static void append_numbers(struct queue *queue, int folder, const char *path)
{
	int fd = openat(folder, path, O_RDONLY | O_CLOEXEC);
	char text[TEXT];
	ssize_t length;
	pid_t pid = 0;

	while (fd >= 0 && (length = read(fd, text, sizeof(text))) > 0)
		for (ssize_t i = 0; i < length; i++) {
			if (isdigit((unsigned char)text[i])) {
				pid = 10 * pid + (text[i] - '0');
				continue;
			}
			if (pid)
				append(queue, pid);
			pid = 0;
		}
	if (fd >= 0)
		close(fd);
}

/* A child belongs to the thread that made it. */
static void append_children(struct queue *queue, int proc, pid_t pid)
{
	struct dirent *entry;
	char path[PATH];
	DIR *tasks;
	int fd;

	snprintf(path, sizeof(path), "%d/task", (int)pid);
	fd = openat(proc, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	tasks = fd >= 0 ? fdopendir(fd) : NULL;
	while (tasks && (entry = readdir(tasks))) {
		if (!isdigit((unsigned char)entry->d_name[0]))
			continue;
		snprintf(path, sizeof(path), "%.20s/children", entry->d_name);
		append_numbers(queue, fd, path);
	}
	if (tasks)
		closedir(tasks);
	else if (fd >= 0)
		close(fd);
}

static void look_at_children(int proc, pid_t keeper, uint32_t most, struct group_size *size)
{
	struct queue queue = {0};

	append(&queue, keeper);
	for (size_t i = 0; i < queue.count && !is_beyond(size, most); i++) {
		char name[PATH];

		snprintf(name, sizeof(name), "%d", (int)queue.pids[i]);
		if (i > 0)
			add_process(proc, name, size);
		append_children(&queue, proc, queue.pids[i]);
	}
	free(queue.pids);
}

void group_look(pid_t keeper, int proc, uint32_t most, struct group_size *size)
{
	*size = (struct group_size){0};
	if (proc >= 0) {
		look_at_namespace(proc, most, size);
		return;
	}
	proc = open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (proc < 0)
		return;
	look_at_children(proc, keeper, most, size);
	close(proc);
}
