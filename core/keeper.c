/* SPDX-License-Identifier: MIT */
#include "keeper.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "clock.h"
#include "fdpass.h"
#include "isolation.h"
#include "keeper_parts.h"

/* In place of the number of a stage that is no more: the kernel gives none that is as large. */
enum { NO_PROCESS = 0x3fffffff };

static int gone(struct keeper *keeper, struct hd_error *err)
{
	keeper->gone = true;
	return hd_error(err, -EPIPE, "the keeper process is gone");
}

static int receive(struct keeper *keeper, struct keeper_message *message, int *fds, int *count)
{
	if (fdpass_receive(keeper->socket, message, sizeof(*message), fds, count) <= 0)
		keeper->gone = true;
	return keeper->gone ? -EPIPE : 0;
}

/* The next answer of this kind. That the stage has ended may come before it, and is kept. */
static int receive_answer(struct keeper *keeper, enum keeper_message_kind kind,
                          struct keeper_message *message, int *fds, int *count)
{
	int room = count ? *count : 0, none;

	for (;;) {
		int *came = count ? count : &none;

		*came = room;
		if (receive(keeper, message, fds, came))
			return -EPIPE;
		if (message->kind == kind)
			return 0;
		if (message->kind == KEEPER_ENDED) {
			keeper->ended = true;
			keeper->end = message->end;
			keeper->hits = message->hits;
		}
	}
}

/* Forks it. Process 1 of a new namespace where that is wanted. Returns its pid here, or -errno. */
static pid_t fork_keeper(const int pair[2], enum keeper_mode mode, bool isolated)
{
	const pid_t core = getpid();
	int own = isolated ? isolation_begin() : -1, code = 0;
	pid_t pid;

	if (isolated && own < 0)
		return own;
	pid = fork();
	if (pid == 0)
		keeper_main(pair[1], mode, isolated, core);
	if (pid < 0)
		code = -errno;
	if (own >= 0 && isolation_end(own) && !code)
		code = -EINVAL;
	return code ? code : pid;
}

static int try_start(struct keeper *keeper, enum keeper_mode mode, bool isolated,
                     struct hd_error *err)
{
	struct keeper_message message;
	int pair[2], count = 1;

	*keeper = (struct keeper){.pid = -1, .socket = -1, .proc = -1, .isolated = isolated};
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
		return hd_error(err, -errno, "keeper: socketpair: %s", strerror(errno));
	keeper->pid = fork_keeper(pair, mode, isolated);
	close(pair[1]);
	keeper->socket = pair[0];
	if (keeper->pid < 0) {
		int code = keeper->pid;

		close(pair[0]);
		*keeper = (struct keeper){.pid = -1, .socket = -1, .proc = -1};
		return hd_error(err, code, "keeper: fork: %s", strerror(-code));
	}
	if (receive_answer(keeper, KEEPER_READY, &message, &keeper->proc, &count) ||
	    message.value) {
		keeper_stop(keeper);
		return hd_error(err, -EPIPE, "the keeper process could not begin");
	}
	if (!count)
		keeper->proc = -1;
	return 0;
}

int keeper_start(struct keeper *keeper, enum keeper_mode mode, struct hd_error *err)
{
	if (mode == KEEPER_ISOLATED && try_start(keeper, mode, true, NULL) == 0)
		return 0;
	return try_start(keeper, mode, false, err);
}

/* A line of the descriptor's own page says which process it is, in the numbers of this namespace. */
static pid_t pid_of(int pidfd)
{
	char path[64], line[128];
	FILE *file;
	int pid = -1;

	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", pidfd);
	file = fopen(path, "re");
	while (file && pid < 0 && fgets(line, sizeof(line), file))
		sscanf(line, "Pid: %d", &pid);
	if (file)
		fclose(file);
	return pid;
}

int keeper_stage(struct keeper *keeper, const struct keeper_stage *stage, struct hd_error *err)
{
	struct keeper_message message = {.kind = KEEPER_STAGE, .limits = stage->limits};
	int fds[2] = {stage->channel, stage->output}, code, fd = -1, count = 1;

	if (stage->wrap && strlen(stage->wrap) >= sizeof(message.text))
		return hd_error(err, -E2BIG, "--wrap: too long");
	if (stage->wrap)
		memcpy(message.text, stage->wrap, strlen(stage->wrap) + 1);
	keeper->ended = false;
	keeper->hits = (struct ceiling_hits){0};
	code = fdpass_send(keeper->socket, &message, sizeof(message), fds,
	                   stage->output >= 0 ? 2 : 1);
	if (code || receive_answer(keeper, KEEPER_STARTED, &message, &fd, &count))
		return gone(keeper, err);
	if (message.value < 0)
		return hd_error(err, message.value, "the stage could not be started: %s",
		                strerror(-message.value));
	if (!count)
		return message.value; /* a kernel without pidfds has nothing to isolate it with */
	/* One that ended at once, and was reaped meanwhile, has none any more: its end is on its way. */
	if (keeper->isolated && (message.value = pid_of(fd)) <= 0)
		message.value = NO_PROCESS;
	close(fd);
	return message.value;
}

int keeper_find(struct keeper *keeper, const int *pids, int count, struct keeper_process *found)
{
	struct keeper_message message = {.kind = KEEPER_FIND, .value = count};
	int fds[KEEPER_FOUND_AT_ONCE], came = KEEPER_FOUND_AT_ONCE, taken = 0;

	memcpy(message.pids, pids, (size_t)count * sizeof(*pids));
	if (fdpass_send(keeper->socket, &message, offsetof(struct keeper_message, text) + 1, NULL,
	                0) ||
	    receive_answer(keeper, KEEPER_FOUND, &message, fds, &came))
		return -EPIPE;
	for (int i = 0; i < count; i++) {
		struct keeper_process *one = &found[i];

		*one = (struct keeper_process){.fd = message.pids[i], .pid = pids[i]};
		if (one->fd == 0) /* what did not fit into our table of descriptors did not come */
			one->fd = taken < came ? fds[taken++] : -EMFILE;
		if (one->fd >= 0 && keeper->isolated)
			one->pid = pid_of(one->fd);
		else if (keeper->isolated)
			one->pid = -1;
	}
	return 0;
}

int keeper_wait(struct keeper *keeper, struct keeper_end *end, uint64_t timeout_ns, int also)
{
	struct pollfd polled[2] = {{.fd = keeper->socket, .events = POLLIN},
	                           {.fd = also, .events = POLLIN}};
	struct timespec timeout = clock_timespec(timeout_ns);
	struct keeper_message message;
	int none = 0;

	if (keeper->ended) {
		keeper->ended = false;
		*end = keeper->end;
		return 1;
	}
	if (ppoll(polled, 2, &timeout, NULL) <= 0 || !polled[0].revents)
		return 0;
	if (receive(keeper, &message, NULL, &none))
		return -EPIPE;
	*end = message.end;
	keeper->hits = message.hits;
	return message.kind == KEEPER_ENDED;
}

int keeper_clean(struct keeper *keeper, struct hd_error *err)
{
	struct keeper_message message = {.kind = KEEPER_CLEAN};

	if (fdpass_send(keeper->socket, &message, sizeof(message), NULL, 0))
		return gone(keeper, err);
	if (receive_answer(keeper, KEEPER_CLEANED, &message, NULL, NULL))
		return gone(keeper, err);
	keeper->hits = message.hits;
	keeper->ended = false;
	if (message.value >= 0)
		return message.value;
	keeper->gone = keeper->stuck = true;
	return hd_error(err, message.value, "processes of the stage cannot be ended");
}

void keeper_announce(struct keeper *keeper, const char *folder)
{
	struct keeper_message message = {.kind = KEEPER_ANNOUNCE};

	snprintf(message.text, sizeof(message.text), "%s", folder);
	fdpass_send(keeper->socket, &message, sizeof(message), NULL, 0);
}

void keeper_stop(struct keeper *keeper)
{
	struct keeper_message message = {.kind = KEEPER_STOP};

	if (keeper->pid <= 0)
		return;
	fdpass_send(keeper->socket, &message, sizeof(message), NULL, 0);
	keeper_reap(keeper);
}

/* One that is about to die may still be there to wait for. */
bool keeper_is_there(const struct keeper *keeper)
{
	return keeper->pid > 0 && !keeper->gone && waitpid(keeper->pid, NULL, WNOHANG) == 0;
}

/* Whatever it does: the core goes on. */
static void await_end(const struct keeper *keeper)
{
	enum { LONGEST_MS = 20000, STUCK_MS = 200, A_MOMENT_US = 200 };
	const uint64_t deadline_ns =
	        clock_now_ns() + (keeper->stuck ? STUCK_MS : LONGEST_MS) * NS_PER_MS;

	while (waitpid(keeper->pid, NULL, WNOHANG) == 0 && clock_now_ns() < deadline_ns)
		usleep(A_MOMENT_US);
}

void keeper_reap(struct keeper *keeper)
{
	if (keeper->socket >= 0)
		close(keeper->socket);
	if (keeper->proc >= 0)
		close(keeper->proc);
	if (keeper->pid > 0) {
		await_end(keeper);
		ceiling_remove_left(keeper->pid);
	}
	*keeper = (struct keeper){.pid = -1, .socket = -1, .proc = -1};
}
