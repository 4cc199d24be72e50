/* SPDX-License-Identifier: MIT */
#include "stagehand.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "fdpass.h"

enum { OUTPUT_BYTES = 64 * 1024, TAIL_BYTES = 160 };

/* A plugin that prints without end gets errors from write(); the machine's memory is not its to fill. */
static int limited_output(void)
{
	int fd = memfd_create("heddle-output", MFD_CLOEXEC | MFD_ALLOW_SEALING);

	if (fd >= 0 && (ftruncate(fd, OUTPUT_BYTES) < 0 ||
	                fcntl(fd, F_ADD_SEALS, F_SEAL_GROW | F_SEAL_SHRINK) < 0)) {
		close(fd);
		fd = -1;
	}
	return fd;
}

static int hand_over(int channel, struct arena *arena, const int *sockets, int count,
                     struct hd_error *err)
{
	int code = fdpass_send_all(channel, &arena->fd, 1);

	if (!code)
		code = fdpass_send_all(channel, sockets, count);
	/* A stage that died already is told by how it ended, not by the pipe that broke. */
	return code && code != -EPIPE && code != -ECONNRESET
	               ? hd_error(err, code, "descriptors could not be handed over: %s",
	                          strerror(-code))
	               : 0;
}

int stagehand_start(struct stagehand *hand, struct keeper *keeper, struct arena *arena,
                    const int *sockets, int count, const char *wrap, struct hd_error *err)
{
	struct keeper_stage stage;
	int pair[2], pid, code;

	*hand = (struct stagehand){.keeper = keeper, .arena = arena, .pid = -1};
	hand->output = wrap ? -1 : limited_output();
	hand->watched_epoll = epoll_create1(EPOLL_CLOEXEC);
	arena->board->sockets = (uint32_t)count;
	if (hand->watched_epoll < 0 ||
	    socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
		return hd_error(err, -errno, "stage: %s", strerror(errno));
	stage = (struct keeper_stage){.channel = pair[1], .output = hand->output, .wrap = wrap};
	pid = keeper_stage(keeper, &stage, err);
	close(pair[1]);
	hand->pid = pid;
	/* While it waits for its arena: all that it creates will inherit them. */
	if (pid > 0 && arena->board->counted)
		counters_open(&hand->counters, pid);
	code = pid < 0 ? pid : hand_over(pair[0], arena, sockets, count, err);
	close(pair[0]);
	return code;
}

void stagehand_fail(struct stagehand *hand, enum status status, const char *format, ...)
{
	va_list args;

	if (hand->status != STATUS_OK)
		return;
	hand->status = status;
	va_start(args, format);
	vsnprintf(hand->reason, sizeof(hand->reason), format, args);
	va_end(args);
	text_clean(hand->reason); /* it may hold a plugin's words */
}

static const char *phase_of(const struct stagehand *hand)
{
	return arena_phase_name(atomic_load(&hand->arena->board->phase));
}

static const char *signal_name(int number)
{
	const char *name = sigabbrev_np(number);

	return name ? name : "?";
}

/* What the stage itself said, or how it ended without saying anything. */
static void judge_end(struct stagehand *hand)
{
	struct arena_board *board = hand->arena->board;
	int status = hand->end.status;

	if (WIFSIGNALED(status))
		stagehand_fail(hand, STATUS_CRASHED, "killed by SIG%s in %s",
		               signal_name(WTERMSIG(status)), phase_of(hand));
	else if (WEXITSTATUS(status))
		stagehand_fail(hand, STATUS_CRASHED, "exited with status %d in %s",
		               WEXITSTATUS(status), phase_of(hand));
	else if (!board->finished)
		stagehand_fail(hand, STATUS_CRASHED,
		               "exited with status 0 in %s, before the trial was over",
		               phase_of(hand));
	else if (board->code)
		stagehand_fail(hand, board->skipped ? STATUS_SKIPPED : STATUS_FAILED, "%.*s",
		               (int)sizeof(board->reason) - 1, board->reason);
}

/* An open() that fails half way and close() send workers home; at any other time an end is a crash. */
static bool may_end(const struct stagehand *hand)
{
	uint32_t phase = atomic_load(&hand->arena->board->phase);

	return phase == PHASE_OPEN || phase >= PHASE_CLOSE;
}

/* A kernel without pidfds leaves only the deadline. */
static void take_watched(struct stagehand *hand)
{
	uint32_t count = atomic_load(&hand->arena->board->watched);
	int *grown;

	if (count > ARENA_WATCHED)
		count = ARENA_WATCHED;
	if (count == hand->watched)
		return;
	grown = realloc(hand->pidfds, count * sizeof(int));
	if (!grown)
		return;
	hand->pidfds = grown;
	for (; hand->watched < count; hand->watched++) {
		int pid = atomic_load(&hand->arena->board->watched_pids[hand->watched]);
		struct epoll_event event = {.events = EPOLLIN, .data.u32 = hand->watched};

		if (pid <= 0)
			return; /* about to be written: the next look finds it */
		grown[hand->watched] = (int)syscall(SYS_pidfd_open, pid, 0);
		if (grown[hand->watched] >= 0)
			epoll_ctl(hand->watched_epoll, EPOLL_CTL_ADD, grown[hand->watched], &event);
		else if (errno == ESRCH && !may_end(hand))
			stagehand_fail(hand, STATUS_CRASHED,
			               "a worker process (%d) has ended in %s", pid,
			               phase_of(hand));
		else if (errno == EMFILE || errno == ENFILE || errno == ENOMEM)
			stagehand_fail(hand, STATUS_FAILED,
			               "worker process %d cannot be watched: %s", pid,
			               strerror(errno));
	}
}

/* The wait status of a dead process that its parent has not yet reaped; -1 where it cannot be read. */
static int status_of_dead(int pid)
{
	char path[64], line[1024], *field;
	FILE *file;
	int status = -1;

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	file = fopen(path, "re");
	if (!file)
		return -1;
	field = fgets(line, sizeof(line), file) ? strrchr(line, ' ')
	                                        : NULL; /* exit_code is the last */
	if (field)
		status = atoi(field + 1);
	fclose(file);
	return status;
}

/* By a signal it is a crash at any time. */
static void judge_worker(struct stagehand *hand, uint32_t i)
{
	int pid = atomic_load(&hand->arena->board->watched_pids[i]);
	int status = status_of_dead(pid);

	if (status > 0 && WIFSIGNALED(status))
		stagehand_fail(hand, STATUS_CRASHED, "a worker process was killed by SIG%s in %s",
		               signal_name(WTERMSIG(status)), phase_of(hand));
	else if (status > 0)
		stagehand_fail(hand, STATUS_CRASHED, "a worker process exited with status %d in %s",
		               WEXITSTATUS(status), phase_of(hand));
	else if (!may_end(hand))
		stagehand_fail(hand, STATUS_CRASHED, "a worker process ended in %s",
		               phase_of(hand));
	epoll_ctl(hand->watched_epoll, EPOLL_CTL_DEL, hand->pidfds[i], NULL);
}

static void look_at_workers(struct stagehand *hand)
{
	struct epoll_event events[16];
	int count = epoll_wait(hand->watched_epoll, events, 16, 0);

	for (int i = 0; i < count; i++)
		judge_worker(hand, events[i].data.u32);
}

bool stagehand_wait(struct stagehand *hand, uint64_t timeout_ns)
{
	int code;

	if (hand->ended || hand->status != STATUS_OK)
		return false;
	take_watched(hand);
	code = keeper_wait(hand->keeper, &hand->end, timeout_ns, hand->watched_epoll);
	take_watched(hand);
	look_at_workers(hand);
	if (code < 0)
		stagehand_fail(hand, STATUS_CRASHED, "the keeper process was killed in %s",
		               phase_of(hand));
	if (code == 1) {
		hand->ended = true;
		judge_end(hand);
	}
	return code == 0 && hand->status == STATUS_OK;
}

static bool cpu_clock_of(pid_t pid, double *ns)
{
	struct timespec time;
	clockid_t clock;

	if (clock_getcpuclockid(pid, &clock) || clock_gettime(clock, &time) < 0)
		return false;
	*ns += (double)time.tv_sec * 1e9 + (double)time.tv_nsec;
	return true;
}

double stagehand_cpu_ns(const struct stagehand *hand)
{
	double sum = 0;

	if (!cpu_clock_of(hand->pid, &sum))
		return NAN;
	for (uint32_t i = 0; i < hand->watched; i++)
		if (!cpu_clock_of(atomic_load(&hand->arena->board->watched_pids[i]), &sum))
			return NAN;
	return sum;
}

void stagehand_schedstat(const struct stagehand *hand, struct schedstat *queue)
{
	schedstat_look(queue, "", hand->pid);
	for (uint32_t i = 0; i < hand->watched; i++)
		schedstat_look(queue, "", atomic_load(&hand->arena->board->watched_pids[i]));
}

static bool peak_of(pid_t pid, double *bytes)
{
	char path[64], line[256];
	unsigned long long kib = 0;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/status", (int)pid);
	file = fopen(path, "re");
	while (file && !kib && fgets(line, sizeof(line), file))
		sscanf(line, "VmHWM: %llu", &kib);
	if (file)
		fclose(file);
	*bytes += (double)kib * 1024;
	return kib > 0;
}

double stagehand_peak_bytes(const struct stagehand *hand)
{
	double sum = 0;

	if (!peak_of(hand->pid, &sum))
		return NAN;
	for (uint32_t i = 0; i < hand->watched; i++)
		if (!peak_of(atomic_load(&hand->arena->board->watched_pids[i]), &sum))
			return NAN;
	return sum;
}

/* Resident pages less shared ones: a page of the arena would count once for each worker. */
static uint64_t own_bytes_of(pid_t pid)
{
	unsigned long long resident = 0, shared = 0;
	char path[64];
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/statm", (int)pid);
	file = fopen(path, "re");
	if (file && fscanf(file, "%*u %llu %llu", &resident, &shared) != 2)
		resident = shared = 0;
	if (file)
		fclose(file);
	return resident > shared ? (resident - shared) * (uint64_t)sysconf(_SC_PAGESIZE) : 0;
}

uint64_t stagehand_memory_bytes(const struct stagehand *hand)
{
	uint64_t sum = own_bytes_of(hand->pid);
	struct stat status;

	for (uint32_t i = 0; i < hand->watched; i++)
		sum += own_bytes_of(atomic_load(&hand->arena->board->watched_pids[i]));
	if (fstat(hand->arena->fd, &status) == 0)
		sum += (uint64_t)status.st_blocks * 512;
	return sum;
}

/* The last line that the stage printed, made fit for one line of ours. */
static void last_line(int output, char *line, size_t size)
{
	char text[TAIL_BYTES + 1];
	off_t end = lseek(output, 0, SEEK_CUR), begin = end > TAIL_BYTES ? end - TAIL_BYTES : 0;
	ssize_t got = end > 0 ? pread(output, text, (size_t)(end - begin), begin) : 0;
	char *start;

	while (got > 0 && isspace((unsigned char)text[got - 1]))
		got--;
	text[got > 0 ? got : 0] = '\0';
	start = strrchr(text, '\n');
	snprintf(line, size, "%s", start ? start + 1 : text);
	text_clean(line);
}

void stagehand_finish(struct stagehand *hand)
{
	char line[TAIL_BYTES + 1];
	size_t length = strlen(hand->reason);

	if (hand->pid > 0)
		keeper_clean(hand->keeper, NULL);
	if (hand->output >= 0 &&
	    (hand->status == STATUS_CRASHED || hand->status == STATUS_TIMED_OUT)) {
		last_line(hand->output, line, sizeof(line));
		if (line[0])
			snprintf(hand->reason + length, sizeof(hand->reason) - length,
			         "; it printed: %s", line);
	}
	for (uint32_t i = 0; i < hand->watched; i++)
		if (hand->pidfds[i] >= 0)
			close(hand->pidfds[i]);
	counters_close(&hand->counters);
	free(hand->pidfds);
	hand->pidfds = NULL;
	hand->watched = 0;
	if (hand->watched_epoll >= 0)
		close(hand->watched_epoll);
	if (hand->output >= 0)
		close(hand->output);
	hand->watched_epoll = hand->output = -1;
}
