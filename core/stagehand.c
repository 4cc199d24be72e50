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
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "fdpass.h"
#include "sysfile.h"

enum { OUTPUT_BYTES = 64 * 1024, LINE_BYTES = 160 };

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

int stagehand_start(struct stagehand *hand, struct keeper *keeper,
                    const struct keeper_limits *limits, struct arena *arena, const int *sockets,
                    int count, const char *wrap, struct hd_error *err)
{
	struct keeper_stage stage;
	int pair[2], pid, code;

	*hand = (struct stagehand){.keeper = keeper, .limits = *limits, .arena = arena, .pid = -1};
	snprintf(hand->plugin, sizeof(hand->plugin), "%s",
	         arena_text(arena->board, arena->board->plugin_path));
	hand->output = wrap ? -1 : limited_output();
	hand->watched_epoll = epoll_create1(EPOLL_CLOEXEC);
	arena->board->sockets = (uint32_t)count;
	if (hand->watched_epoll < 0 ||
	    socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
		return hd_error(err, -errno, "stage: %s", strerror(errno));
	stage = (struct keeper_stage){
	        .channel = pair[1], .output = hand->output, .wrap = wrap, .limits = hand->limits};
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

static void take_fault(struct stagehand *hand)
{
	const struct arena_board *board = hand->arena->board;

	if (!hand->fault)
		hand->fault = fault_take(board, hand->plugin);
}

/* Where it happened, if it is this death that was written down: signal 0 is exit(). */
static const char *place_of(struct stagehand *hand, int number, char text[FAULT_TEXT])
{
	text[0] = '\0';
	if (hand->status != STATUS_OK)
		return text; /* another reason was first */
	take_fault(hand);
	if (!hand->fault || hand->fault->signal != number || hand->fault_told)
		return text;
	hand->fault_told = true;
	return fault_words(hand->fault, text);
}

/* Whether the stage went through all phases, or told why not. A model may have written over the board. */
static bool is_finished(const struct arena_board *board)
{
	return board->finished == 1 && board->code <= 0 && board->code > -4096 &&
	       board->skipped <= 1;
}

/* What the stage itself said, or how it ended without saying anything. */
static void judge_end(struct stagehand *hand)
{
	struct arena_board *board = hand->arena->board;
	int status = hand->end.status;
	char place[FAULT_TEXT];

	stagehand_blame_limits(hand);
	if (WIFSIGNALED(status))
		stagehand_fail(hand, STATUS_CRASHED, "killed by SIG%s in %s%s",
		               signal_name(WTERMSIG(status)), phase_of(hand),
		               place_of(hand, WTERMSIG(status), place));
	else if (WEXITSTATUS(status))
		stagehand_fail(hand, STATUS_CRASHED, "exited with status %d in %s%s",
		               WEXITSTATUS(status), phase_of(hand), place_of(hand, 0, place));
	else if (!is_finished(board))
		stagehand_fail(hand, STATUS_CRASHED,
		               "exited with status 0 in %s%s, before the trial was over",
		               phase_of(hand), place_of(hand, 0, place));
	else if (board->code)
		/* A model that has run can run here, whatever the board says. */
		stagehand_fail(hand, board->skipped && !hand->ran ? STATUS_SKIPPED : STATUS_FAILED,
		               "%.*s", (int)sizeof(board->reason) - 1, board->reason);
}

/* An open() that fails half way and close() send workers home; at any other time an end is a crash. */
static bool may_end(const struct stagehand *hand)
{
	uint32_t phase = atomic_load(&hand->arena->board->phase);

	return phase == PHASE_OPEN || phase >= PHASE_CLOSE;
}

/* A kernel without pidfds leaves only the deadline. */
static void take_worker(struct stagehand *hand, const struct keeper_process *worker, int number)
{
	struct epoll_event event = {.events = EPOLLIN, .data.u32 = hand->watched};

	hand->workers[hand->watched++] = *worker;
	if (worker->fd >= 0)
		epoll_ctl(hand->watched_epoll, EPOLL_CTL_ADD, worker->fd, &event);
	else if (worker->fd == -ESRCH && !may_end(hand))
		stagehand_fail(hand, STATUS_CRASHED, "a worker process (%d) has ended in %s",
		               number, phase_of(hand));
	else if (worker->fd == -EMFILE || worker->fd == -ENFILE || worker->fd == -ENOMEM)
		stagehand_fail(hand, STATUS_FAILED, "worker process %d cannot be watched: %s",
		               number, strerror(-worker->fd));
}

/* Those on the board that are not taken over yet, up to one that is about to be written. */
static int new_on_board(const struct stagehand *hand, int pids[KEEPER_FOUND_AT_ONCE])
{
	const struct arena_board *board = hand->arena->board;
	uint32_t end = atomic_load(&board->watched);
	int count = 0;

	if (end > ARENA_WATCHED)
		end = ARENA_WATCHED;
	for (uint32_t i = hand->watched; i < end && count < KEEPER_FOUND_AT_ONCE; i++) {
		int pid = atomic_load(&board->watched_pids[i]);

		if (pid <= 0)
			break;
		pids[count++] = pid;
	}
	return count;
}

static void take_watched(struct stagehand *hand)
{
	struct keeper_process found[KEEPER_FOUND_AT_ONCE], *grown;
	int pids[KEEPER_FOUND_AT_ONCE], count;

	while ((count = new_on_board(hand, pids)) > 0) {
		grown = realloc(hand->workers, (hand->watched + (size_t)count) * sizeof(*grown));
		if (!grown)
			return;
		hand->workers = grown;
		if (keeper_find(hand->keeper, pids, count, found))
			return; /* that it is gone is told by who waits for it */
		for (int i = 0; i < count; i++)
			take_worker(hand, &found[i], pids[i]);
	}
}

/* The wait status of a dead process that its parent has not yet reaped; -1 where it cannot be read. */
static int status_of_dead(int pid)
{
	char path[64], text[1024], *field;

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	field = sysfile_text("", path, text, sizeof(text)) ? NULL : strrchr(text, ' ');
	return field ? atoi(field + 1) : -1; /* exit_code is the last */
}

/* By a signal it is a crash at any time. */
static void judge_worker(struct stagehand *hand, uint32_t i)
{
	int status = status_of_dead(hand->workers[i].pid);
	char place[FAULT_TEXT];

	if (status > 0 && WIFSIGNALED(status))
		stagehand_fail(hand, STATUS_CRASHED, "a worker process was killed by SIG%s in %s%s",
		               signal_name(WTERMSIG(status)), phase_of(hand),
		               place_of(hand, WTERMSIG(status), place));
	else if (status > 0)
		stagehand_fail(hand, STATUS_CRASHED, "a worker process exited with status %d in %s",
		               WEXITSTATUS(status), phase_of(hand));
	else if (!may_end(hand))
		stagehand_fail(hand, STATUS_CRASHED, "a worker process ended in %s",
		               phase_of(hand));
	epoll_ctl(hand->watched_epoll, EPOLL_CTL_DEL, hand->workers[i].fd, NULL);
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
	hand->ran |= atomic_load(&hand->arena->board->phase) == PHASE_RUN;
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
		if (!cpu_clock_of(hand->workers[i].pid, &sum))
			return NAN;
	return sum;
}

void stagehand_schedstat(const struct stagehand *hand, struct schedstat *queue)
{
	schedstat_look(queue, "", hand->pid);
	for (uint32_t i = 0; i < hand->watched; i++)
		schedstat_look(queue, "", hand->workers[i].pid);
}

double stagehand_peak_bytes(const struct stagehand *hand)
{
	double sum = sysfile_peak_bytes(hand->pid);

	for (uint32_t i = 0; i < hand->watched; i++)
		sum += sysfile_peak_bytes(hand->workers[i].pid);
	return sum;
}

/* The end of what was printed, as text: lines stay lines. */
static void take_tail(struct stagehand *hand)
{
	off_t end = lseek(hand->output, 0, SEEK_CUR), begin, size = STAGEHAND_OUTPUT - 1;
	ssize_t got;

	begin = end > size ? end - size : 0;
	got = end > 0 ? pread(hand->output, hand->tail, (size_t)(end - begin), begin) : 0;
	for (ssize_t i = 0; i < got; i++)
		if (!hand->tail[i])
			hand->tail[i] = '?';
	while (got > 0 && isspace((unsigned char)hand->tail[got - 1]))
		got--;
	hand->tail[got > 0 ? got : 0] = '\0';
	for (char *line = hand->tail; *line; line += strcspn(line, "\n"), line += *line == '\n') {
		char *after = line + strcspn(line, "\n"), kept = *after;

		*after = '\0';
		text_clean(line);
		*after = kept;
	}
}

/* Its last line, as far as it fits. */
static const char *last_line(const char *tail)
{
	const char *start = strrchr(tail, '\n');
	size_t length;

	start = start ? start + 1 : tail;
	length = strlen(start);
	return length > LINE_BYTES ? start + length - LINE_BYTES : start;
}

static void tell_output(struct stagehand *hand)
{
	size_t length = strlen(hand->reason);

	if (hand->output < 0)
		return;
	take_tail(hand);
	if (hand->tail[0] && (hand->status == STATUS_CRASHED || hand->status == STATUS_TIMED_OUT))
		snprintf(hand->reason + length, sizeof(hand->reason) - length, "; it printed: %s",
		         last_line(hand->tail));
}

/* A process that nobody watches has died, and the rest of the model waits for it: that is why it hangs. */
static void tell_unseen_death(struct stagehand *hand)
{
	size_t length = strlen(hand->reason);
	char place[FAULT_TEXT];

	take_fault(hand);
	if (!hand->fault || hand->fault_told || !hand->fault->signal)
		return;
	snprintf(hand->reason + length, sizeof(hand->reason) - length,
	         "; a process had died of SIG%s%s", signal_name(hand->fault->signal),
	         fault_words(hand->fault, place));
	text_clean(hand->reason);
}

static void tell_unending(struct stagehand *hand)
{
	static const char words[] =
	        "its processes cannot be ended: they are frozen, or wait in the kernel";

	if (hand->status == STATUS_OK)
		stagehand_fail(hand, STATUS_FAILED, "%s", words);
	else
		text_add(hand->reason, sizeof(hand->reason), "; ", "%s", words);
}

void stagehand_finish(struct stagehand *hand)
{
	int left = hand->pid > 0 ? keeper_clean(hand->keeper, NULL) : 0;

	if (hand->pid > 0)
		stagehand_blame_limits(hand);
	if (left == -EBUSY)
		tell_unending(hand);
	hand->left_behind = hand->ended && left > 0 ? (uint32_t)left : 0;
	if (hand->status != STATUS_OK)
		tell_unseen_death(hand);
	tell_output(hand);
	for (uint32_t i = 0; i < hand->watched; i++)
		if (hand->workers[i].fd >= 0)
			close(hand->workers[i].fd);
	counters_close(&hand->counters);
	free(hand->workers);
	hand->workers = NULL;
	hand->watched = 0;
	if (hand->watched_epoll >= 0)
		close(hand->watched_epoll);
	if (hand->output >= 0)
		close(hand->output);
	hand->watched_epoll = hand->output = -1;
}
