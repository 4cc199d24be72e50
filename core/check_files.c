/* SPDX-License-Identifier: MIT */
/* READ and WRITE of files, pipes and sockets: short counts, ends, errors, timeouts, signals, whole copies. */
#include "check_rig.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { NO_DESCRIPTOR = 9999 };
#define FAR ((INT64_C(1) << 32) + 6) /* in 32 bits it is where other bytes are */

static struct check_line line(const char *what, uint32_t op, int fd, void *buf, uint64_t size)
{
	return (struct check_line){.what = what,
	                           .request = {.op = op,
	                                       .fd = fd,
	                                       .fd2 = -1,
	                                       .buf = buf,
	                                       .size = size,
	                                       .offset = -1,
	                                       .times = 1,
	                                       .timeout_ns = -1},
	                           .least = (int64_t)size,
	                           .most = (int64_t)size};
}

static struct check_line answers(struct check_line line, int64_t least, int64_t most)
{
	line.least = least;
	line.most = most;
	return line;
}

static struct check_line at(struct check_line line, int64_t offset, const char *bytes)
{
	line.request.offset = offset;
	line.bytes = bytes;
	return line;
}

/* Given up: at once where timeout_ns is 0, else not before it is over. */
static struct check_line gives_up(struct check_line line, int64_t timeout_ns)
{
	line.request.timeout_ns = line.wait_ns = timeout_ns;
	line.least = line.most = timeout_ns ? -ETIMEDOUT : -EAGAIN;
	return line;
}

static int open_again(int fd, int flags)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	return open(path, flags | O_CLOEXEC);
}

/* ---- Files ---- */

void check_files(struct rig *rig)
{
	char *in = rig_alloc(rig, 4096), *out = rig_alloc(rig, 4096);
	int fd = memfd_create("check", MFD_CLOEXEC), only_read = open_again(fd, O_RDONLY);

	memcpy(out, "hello world", 11);
	const struct check_line lines[] = {
	        at(line("WRITE of 11 bytes at 0", HD_WRITE, fd, out, 11), 0, NULL),
	        at(line("WRITE of 5 bytes beyond the end", HD_WRITE, fd, out, 5), 100, NULL),
	        at(line("READ of 5 bytes at 6", HD_READ, fd, in, 5), 6, "world"),
	        at(line("READ at the position, which no offset moves", HD_READ, fd, in, 5), -1,
	           "hello"),
	        at(line("READ at the position", HD_READ, fd, in, 6), -1, " world"),
	        at(line("WRITE of 4 bytes at the position", HD_WRITE, fd, out, 4), -1, NULL),
	        at(line("READ of what was written there", HD_READ, fd, in, 4), 11, "hell"),
	        at(answers(line("READ of 50 bytes where 5 are left", HD_READ, fd, in, 50), 5, 5),
	           100, "hello"),
	        at(answers(line("READ at the end of a file", HD_READ, fd, in, 50), 0, 0), 105,
	           NULL),
	        at(answers(line("READ behind the end of a file", HD_READ, fd, in, 50), 0, 0), 1000,
	           NULL),
	        at(line("READ of the same file opened again", HD_READ, only_read, in, 11), -1,
	           "hello world"),
	        at(line("WRITE of 5 bytes beyond 4 GiB", HD_WRITE, fd, out, 5), FAR, NULL),
	        at(line("READ of these 5 bytes", HD_READ, fd, in, 5), FAR, "hello"),
	        at(answers(line("READ at their end", HD_READ, fd, in, 50), 0, 0), FAR + 5, NULL),
	        at(line("READ of 5 bytes at 6 after that", HD_READ, fd, in, 5), 6, "world"),
	        answers(line("WRITE to a file open for reading", HD_WRITE, only_read, out, 5),
	                -EBADF, -EBADF),
	        answers(line("READ of no descriptor", HD_READ, NO_DESCRIPTOR, in, 5), -EBADF,
	                -EBADF),
	        answers(line("ACCEPT on a file", HD_ACCEPT, fd, NULL, 0), -ENOTSOCK, -ENOTSOCK),
	};
	rig_play(rig, lines, sizeof(lines) / sizeof(*lines));
}

/* ---- Pipes and sockets ---- */

/* With as much as fits. */
static void fill(int fd)
{
	static const char nothing[65536];
	int flags = fcntl(fd, F_GETFL);

	fcntl(fd, F_SETFL, flags | O_NONBLOCK);
	while (write(fd, nothing, sizeof(nothing)) > 0)
		;
	fcntl(fd, F_SETFL, flags);
}

void check_streams(struct rig *rig)
{
	int ended[2], broken[2], empty[2], full[2], few[2], pair[2], closed[2];
	char *in = rig_alloc(rig, 64), *out = rig_alloc(rig, 64);

	if (pipe(ended) || pipe(broken) || pipe(empty) || pipe(full) || pipe(few) ||
	    socketpair(AF_UNIX, SOCK_STREAM, 0, pair) ||
	    socketpair(AF_UNIX, SOCK_STREAM, 0, closed) || write(ended[1], "abc", 3) != 3 ||
	    write(few[1], "abcd", 4) != 4) {
		rig_fail(rig, "no pipes for the check itself");
		return;
	}
	close(ended[1]);
	close(broken[0]);
	close(closed[1]);
	fill(full[1]);
	const struct check_line lines[] = {
	        at(answers(line("READ of 10 bytes from a pipe that holds 3", HD_READ, ended[0], in,
	                        10),
	                   3, 3),
	           -1, "abc"),
	        at(answers(line("READ of 10 bytes from an open pipe that holds 4", HD_READ, few[0],
	                        in, 10),
	                   4, 4),
	           -1, "abcd"),
	        answers(line("READ of a pipe at its end", HD_READ, ended[0], in, 10), 0, 0),
	        answers(line("WRITE to a pipe that nobody will read", HD_WRITE, broken[1], out, 10),
	                -EPIPE, -EPIPE),
	        answers(line("WRITE to a socket whose peer is closed", HD_WRITE, closed[0], out,
	                     10),
	                -EPIPE, -EPIPE),
	        answers(line("READ of a socket whose peer is closed", HD_READ, closed[0], in, 10),
	                0, 0),
	        gives_up(line("READ of an empty pipe, timeout 0", HD_READ, empty[0], in, 10), 0),
	        gives_up(line("READ of an empty pipe, timeout 20 ms", HD_READ, empty[0], in, 10),
	                 20 * RIG_MS),
	        gives_up(line("READ of an empty pipe, timeout 0.3 ms", HD_READ, empty[0], in, 10),
	                 3 * RIG_MS / 10),
	        line("WRITE of 10 bytes to that pipe", HD_WRITE, empty[1], out, 10),
	        line("READ of these 10 bytes", HD_READ, empty[0], in, 10),
	        gives_up(line("WRITE to a full pipe, timeout 0", HD_WRITE, full[1], out, 10), 0),
	        gives_up(line("WRITE to a full pipe, timeout 20 ms", HD_WRITE, full[1], out, 10),
	                 20 * RIG_MS),
	        gives_up(line("READ of a silent socket, timeout 0", HD_READ, pair[0], in, 10), 0),
	        gives_up(line("READ of a silent socket, timeout 20 ms", HD_READ, pair[0], in, 10),
	                 20 * RIG_MS),
	        line("WRITE of 10 bytes to a socket", HD_WRITE, pair[1], out, 10),
	        line("READ of 10 bytes from a socket", HD_READ, pair[0], in, 10),
	};
	rig_play(rig, lines, sizeof(lines) / sizeof(*lines));
}

/* Moves what fits, and keeps to its timeout. */
void check_large_write(struct rig *rig)
{
	const uint64_t much = 1 << 20;
	char *out = rig_alloc(rig, much);
	int roomy[2];

	if (pipe(roomy)) {
		rig_fail(rig, "no pipe for the check itself");
		return;
	}
	struct check_line big = line("WRITE of 1 MiB to a pipe that nobody reads, timeout 20 ms",
	                             HD_WRITE, roomy[1], out, much);

	big.request.timeout_ns = 20 * RIG_MS;
	big = answers(big, 1, (int64_t)much - 1);
	rig_play(rig, &big, 1);
}

/* ---- Signals ---- */

static void nothing(int number)
{
	(void)number;
}

static void signal_threads(pid_t pid)
{
	char path[64];
	struct dirent *entry;
	DIR *folder;

	snprintf(path, sizeof(path), "/proc/%d/task", (int)pid);
	folder = opendir(path);
	while (folder && (entry = readdir(folder)))
		if (atoi(entry->d_name) > 0)
			syscall(SYS_tgkill, pid, atoi(entry->d_name), SIGUSR1);
	if (folder)
		closedir(folder);
}

static void signal_children(pid_t parent)
{
	char path[64];
	FILE *file;
	int pid;

	snprintf(path, sizeof(path), "/proc/%d/task/%d/children", (int)parent, (int)parent);
	file = fopen(path, "re");
	while (file && fscanf(file, "%d", &pid) == 1)
		if (pid != getpid())
			signal_threads(pid);
	if (file)
		fclose(file);
}

struct interruption {
	int full[2], empty[2];
};

/* Signals to all threads of the model, again and again, while its job waits; then what it waits for. */
static void interrupt(struct rig *rig, void *argument)
{
	const struct interruption *of = argument;

	(void)rig;
	for (int i = 0; i < 60; i++) {
		clock_sleep_until(clock_now_ns() + 5 * NS_PER_MS);
		signal_threads(getppid());
		signal_children(getppid());
	}
	if (write(of->empty[1], "x", 1) != 1)
		_exit(1);
}

/* The read that waits for ever comes last: the signals have an end. */
void check_interrupted(struct rig *rig)
{
	const struct sigaction quiet = {.sa_handler = nothing, .sa_flags = SA_ONSTACK};
	struct interruption *of = rig_alloc(rig, sizeof(*of));
	char *in = rig_alloc(rig, 64);
	pid_t helper;

	if (pipe(of->full) || pipe(of->empty) || sigaction(SIGUSR1, &quiet, NULL)) {
		rig_fail(rig, "no pipes for the check itself");
		return;
	}
	fill(of->full[1]);
	const struct check_line lines[] = {
	        gives_up(line("READ, timeout 30 ms, among signals", HD_READ, of->empty[0], in, 1),
	                 30 * RIG_MS),
	        gives_up(line("WRITE, timeout 30 ms, among signals", HD_WRITE, of->full[1], in, 1),
	                 30 * RIG_MS),
	        {.what = "SLEEP of 30 ms among signals",
	         .request = {.op = HD_SLEEP, .times = 1, .timeout_ns = 30 * RIG_MS},
	         .wait_ns = 30 * RIG_MS},
	        {.what = "WAIT, timeout 30 ms, among signals",
	         .request = {.op = HD_WAIT, .times = 1, .timeout_ns = 30 * RIG_MS},
	         .least = -ETIMEDOUT,
	         .most = rig->report->one_at_a_time ? -EAGAIN : -ETIMEDOUT,
	         .wait_ns = rig->report->one_at_a_time ? 0 : 30 * RIG_MS},
	        line("READ among signals, then a byte", HD_READ, of->empty[0], in, 1),
	};
	helper = rig_helper(rig, interrupt, of);
	if (helper < 0)
		return;
	rig_play(rig, lines, sizeof(lines) / sizeof(*lines));
	rig_reap(helper);
}

/* ---- Copies: jobs that open and close their own files ---- */

struct copy_job {
	struct check_job base;
	int source, target; /* the job opens them anew */
	int from, to;
	int state;
	int64_t offset, filled;
	char block[10000];
};

/* The reads go on from the position, the writes name their offset and may be short. */
static void copy_step(struct check_job *base, int64_t answer, struct hd_request *request)
{
	struct copy_job *job = (struct copy_job *)(void *)base;
	enum { START, READING, WRITING };
	char text[RIG_ANSWER];

	if (job->state == START) {
		job->from = open_again(job->source, O_RDONLY);
		job->to = open_again(job->target, O_WRONLY);
	} else if (answer < 0 || (job->state == WRITING && answer == 0)) {
		rig_complain(base->rig,
		             job->state == WRITING ? "WRITE of a copy" : "READ of a copy", "bytes",
		             "%s", rig_answer(answer, text));
		answer = 0;
		job->state = READING;
	}
	if (job->state == WRITING) {
		job->offset += answer;
		job->filled -= answer;
		memmove(job->block, job->block + answer, (size_t)job->filled);
	} else {
		job->filled = answer;
	}
	if (job->state == READING && job->filled == 0) {
		close(job->from);
		close(job->to);
		return;
	}
	job->state = job->filled ? WRITING : READING;
	request->op = job->filled ? HD_WRITE : HD_READ;
	request->fd = job->filled ? job->to : job->from;
	request->buf = job->block;
	request->size = job->filled ? (uint64_t)job->filled : sizeof(job->block);
	request->offset = job->filled ? job->offset : -1;
}

/* The first byte that is not the same, or -1. */
static off_t first_difference(int a, int b)
{
	char one[4096], other[4096];
	ssize_t got, other_got;

	for (off_t offset = 0;; offset += got) {
		got = pread(a, one, sizeof(one), offset);
		other_got = pread(b, other, sizeof(other), offset);
		for (ssize_t i = 0; i < got && i < other_got; i++)
			if (one[i] != other[i])
				return offset + i;
		if (got != other_got)
			return offset + (got < other_got ? got : other_got);
		if (got <= 0)
			return -1;
	}
}

/* In one go: thousands of small writes are slow where somebody traces them. */
static bool fill_source(int fd, uint32_t *bytes, size_t size, uint32_t seed)
{
	for (size_t i = 0; i * sizeof(*bytes) < size; i++)
		bytes[i] = (uint32_t)i * 2654435761u + seed;
	return write(fd, bytes, size) == (ssize_t)size;
}

void check_copies(struct rig *rig)
{
	enum { FILES = 12, SIZES = 6 };
	static const size_t sizes[SIZES] = {0, 1, 9999, 10000, 10001, 123457};
	struct copy_job *jobs = rig_alloc(rig, FILES * sizeof(*jobs));
	uint32_t *bytes = rig_alloc(rig, sizes[SIZES - 1] + sizeof(*bytes));

	rig_does(rig, "each like its source", "%d copies of 0 to 123457 bytes by READ and WRITE",
	         FILES);
	for (uint32_t i = 0; i < FILES; i++) {
		jobs[i].base.script = copy_step;
		jobs[i].source = memfd_create("source", MFD_CLOEXEC);
		jobs[i].target = memfd_create("target", MFD_CLOEXEC);
		if (!fill_source(jobs[i].source, bytes, sizes[i % SIZES], i)) {
			rig_fail(rig, "no files for the check itself: %s", strerror(errno));
			return;
		}
	}
	if (!rig_do(rig, jobs, FILES, sizeof(*jobs)))
		return;
	for (uint32_t i = 0; i < FILES; i++) {
		off_t at = first_difference(jobs[i].source, jobs[i].target);

		if (at >= 0) {
			rig_fail(rig, "one of %zu bytes that differs from byte %lld on",
			         sizes[i % SIZES], (long long)at);
			return;
		}
	}
}
