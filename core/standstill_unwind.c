/* SPDX-License-Identifier: MIT */
/* Stacks by eu-stack (elfutils): one call for each process, all of them within one time. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "clock.h"
#include "error.h"
#include "standstill.h"

enum { MOST_PROCESSES = 16, MOST_BYTES = 1 << 20 };

static const char unwinder[] = "eu-stack";

/* What it printed so far. */
struct output {
	size_t length;
	char *text; /* MOST_BYTES + 1 of them */
	bool late;  /* it had not ended in time */
};

/* ---- The program ------------------------------------------------------------------------------------ */

static int spawn(pid_t pid, int output, pid_t *child)
{
	char frames[16], number[16];
	const char *const argv[] = {unwinder, "-m", "-n", frames, "-p", number, NULL};
	/* Not the user's: a server that has debugging information would be asked for it. */
	static const char *const environment[] = {"LC_ALL=C", NULL};
	posix_spawn_file_actions_t actions;
	int code = posix_spawn_file_actions_init(&actions);

	if (code)
		return code;
	snprintf(frames, sizeof(frames), "%d", STANDSTILL_FRAMES);
	snprintf(number, sizeof(number), "%d", (int)pid);
	code = posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO);
	if (!code)
		code = posix_spawn_file_actions_adddup2(&actions, output, STDERR_FILENO);
	if (!code)
		code = posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null",
		                                        O_RDONLY, 0);
	if (!code)
		code = posix_spawnp(child, unwinder, &actions, NULL, (char *const *)(uintptr_t)argv,
		                    (char *const *)(uintptr_t)environment);
	posix_spawn_file_actions_destroy(&actions);
	return code;
}

/* Until it ends, says more than is taken, or the time is up. */
static void take_output(int fd, uint64_t deadline_ns, struct output *output)
{
	struct pollfd polled = {.fd = fd, .events = POLLIN};

	output->length = 0;
	output->late = false;
	while (output->length < MOST_BYTES) {
		uint64_t now = clock_now_ns();
		struct timespec left = clock_timespec(now < deadline_ns ? deadline_ns - now : 0);
		int ready = ppoll(&polled, 1, &left, NULL);
		ssize_t got;

		if (ready < 0 && errno == EINTR)
			continue;
		output->late = ready == 0;
		if (ready <= 0)
			break;
		got = read(fd, output->text + output->length, MOST_BYTES - output->length);
		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			break;
		output->length += (size_t)got;
	}
	output->text[output->length] = '\0';
}

/* 0, or what kept it from being run. */
static int run(pid_t pid, uint64_t deadline_ns, struct output *output)
{
	pid_t child;
	int ends[2], code;

	if (pipe2(ends, O_CLOEXEC) < 0)
		return errno;
	code = spawn(pid, ends[1], &child);
	close(ends[1]);
	if (!code) {
		take_output(ends[0], deadline_ns, output);
		kill(child, SIGKILL); /* what it traces goes on */
		while (waitpid(child, NULL, 0) < 0 && errno == EINTR)
			;
	}
	close(ends[0]);
	return code;
}

/* ---- What it printed -------------------------------------------------------------------------------- */

static struct standstill_thread *find_told(struct standstill *all, int tid)
{
	for (uint32_t i = 0; i < all->count; i++)
		if (all->threads[i].tid == tid && all->threads[i].told)
			return &all->threads[i];
	return NULL;
}

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

/* "#1  0x00007f5f7e2a1d36 pthread_cond_wait@@GLIBC_2.3.2 - /lib/libc.so.6": what is not known is not there. */
static bool parse_frame(char *line, struct standstill_frame *frame)
{
	char *module = NULL, *function, *version;
	int number, at = 0;
	char address[32];

	for (char *dash = strstr(line, " - "); dash; dash = strstr(dash + 1, " - "))
		module = dash;
	if (module)
		*module = '\0';
	if (sscanf(line, "#%d %31s%n", &number, address, &at) != 2)
		return false;
	function = line + at + strspn(line + at, " ");
	version = strchr(function, '@');
	if (version)
		*version = '\0';
	snprintf(frame->function, sizeof(frame->function), "%s", *function ? function : address);
	snprintf(frame->module, sizeof(frame->module), "%s", module ? base_name(module + 3) : "");
	text_clean(frame->function);
	text_clean(frame->module);
	return true;
}

static void add_frame(struct standstill_thread *thread, char *line, const char *plugin)
{
	struct standstill_frame frame;

	if (thread->frame_count == STANDSTILL_FRAMES || !parse_frame(line, &frame))
		return;
	if (!thread->frames)
		thread->frames = calloc(STANDSTILL_FRAMES, sizeof(*thread->frames));
	if (!thread->frames)
		return;
	thread->frames[thread->frame_count++] = frame;
	if (!thread->function[0] && strcmp(frame.module, plugin) == 0 &&
	    strncmp(frame.function, "0x", 2) != 0)
		snprintf(thread->function, sizeof(thread->function), "%s", frame.function);
}

static void set_why(struct standstill *all, const char *format, ...)
        __attribute__((format(printf, 2, 3)));
static void set_why(struct standstill *all, const char *format, ...)
{
	va_list args;

	if (all->frames_unknown[0])
		return;
	va_start(args, format);
	vsnprintf(all->frames_unknown, sizeof(all->frames_unknown), format, args);
	va_end(args);
	text_clean(all->frames_unknown);
}

static bool lacks_frames(const struct standstill *all, pid_t pid)
{
	for (uint32_t i = 0; i < all->count; i++)
		if (all->threads[i].pid == pid && all->threads[i].told &&
		    !all->threads[i].frame_count)
			return true;
	return false;
}

/* Lines of what it printed. It complains of the ends of stacks, too: that counts where there is nothing else. */
static void parse(struct standstill *all, pid_t pid, struct output *output, const char *plugin)
{
	struct standstill_thread *thread = NULL;
	const char *complaint = NULL;
	char *rest = NULL;
	int tid;

	for (char *line = strtok_r(output->text, "\n", &rest); line;
	     line = strtok_r(NULL, "\n", &rest)) {
		if (sscanf(line, "TID %d:", &tid) == 1)
			thread = find_told(all, tid);
		else if (line[0] == '#' && thread)
			add_frame(thread, line, plugin);
		else if (strstr(line,
		                unwinder)) /* "/usr/bin/eu-stack: dwfl_...: No such process" */
			complaint = strstr(line, unwinder);
	}
	if (complaint && lacks_frames(all, pid))
		set_why(all, "%s", complaint);
}

/* ---- All processes ---------------------------------------------------------------------------------- */

static bool has_told(const struct standstill *all, pid_t pid)
{
	for (uint32_t i = 0; i < all->count; i++)
		if (all->threads[i].pid == pid && all->threads[i].told)
			return true;
	return false;
}

/* Of a wait that no signal ends, a vfork() among them, the unwinder would wait for the end. */
static bool can_be_stopped(const struct standstill *all, pid_t pid)
{
	for (uint32_t i = 0; i < all->count; i++)
		if (all->threads[i].pid == pid && all->threads[i].state == 'D')
			return false;
	return true;
}

static void unwind_process(struct standstill *all, pid_t pid, const char *plugin,
                           uint64_t deadline_ns, struct output *output)
{
	int code = run(pid, deadline_ns, output);

	if (code == ENOENT)
		set_why(all, "eu-stack (elfutils) is not installed");
	else if (code)
		set_why(all, "eu-stack: %s", strerror(code));
	if (code)
		return;
	parse(all, pid, output, plugin);
	if (output->late)
		set_why(all, "eu-stack had not ended in time");
	else if (output->length == MOST_BYTES)
		set_why(all, "eu-stack printed too much");
}

void standstill_unwind(struct standstill *all, const char *plugin_path, uint64_t timeout_ns)
{
	uint64_t deadline_ns = clock_now_ns() + timeout_ns;
	const char *plugin = base_name(plugin_path);
	struct output output = {.text = malloc(MOST_BYTES + 1)};
	int processes = 0;

	for (uint32_t i = 0; output.text && i < all->count; i++) {
		pid_t pid = all->threads[i].pid;

		if ((i > 0 && all->threads[i - 1].pid == pid) || !has_told(all, pid))
			continue;
		if (!can_be_stopped(all, pid)) {
			set_why(all, "a thread in state D cannot be stopped");
			continue;
		}
		if (processes++ == MOST_PROCESSES) {
			set_why(all, "more than %d processes", MOST_PROCESSES);
			break;
		}
		unwind_process(all, pid, plugin, deadline_ns, &output);
	}
	free(output.text);
}
