/* SPDX-License-Identifier: MIT */
/* READ, WRITE and ACCEPT on files, pipes and sockets: answers, ends, errors, timeouts, real
 * servers. */
#define _GNU_SOURCE
#include "conformance_rig.h"
#include "loopback.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#define IO (HD_CAN(HD_READ) | HD_CAN(HD_WRITE))
#define MESSAGE_BYTES 4096

static struct line line(const char *what, uint32_t op, int fd, void *buf, uint64_t size)
{
	return (struct line){.what = what,
	                     .request = {.op = op,
	                                 .fd = fd,
	                                 .fd2 = -1,
	                                 .buf = buf,
	                                 .size = size,
	                                 .offset = -1,
	                                 .timeout_ns = -1},
	                     .least = (int64_t)size,
	                     .most = (int64_t)size};
}

static struct line answers(struct line line, int64_t least, int64_t most)
{
	line.least = least;
	line.most = most;
	return line;
}

static struct line at(struct line line, int64_t offset, const char *bytes)
{
	line.request.offset = offset;
	line.bytes = bytes;
	return line;
}

/* Given up: at once where timeout_ns is 0, else not before it is over. */
static struct line gives_up(struct line line, int64_t timeout_ns)
{
	line.request.timeout_ns = line.wait_ns = timeout_ns;
	line.least = line.most = timeout_ns ? -ETIMEDOUT : -EAGAIN;
	return line;
}

static int new_file(void)
{
	int fd = memfd_create("conformance", 0);

	ck_assert_int_ge(fd, 0);
	return fd;
}

START_TEST(files)
{
	struct rig rig;
	char *in, *out;
	int fd, only_read;
	char path[64];

	rig_load(&rig, _i);
	in = rig_alloc(&rig, MESSAGE_BYTES);
	out = rig_alloc(&rig, MESSAGE_BYTES);
	memcpy(out, "hello world", 11);
	fd = new_file();
	snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
	only_read = open(path, O_RDONLY);

	const struct line lines[] = {
	        at(line("WRITE at 0", HD_WRITE, fd, out, 11), 0, NULL),
	        at(line("WRITE beyond the end", HD_WRITE, fd, out, 5), 100, NULL),
	        at(line("READ at 6", HD_READ, fd, in, 5), 6, "world"),
	        at(line("READ at the position, untouched so far", HD_READ, fd, in, 5), -1, "hello"),
	        at(line("READ on", HD_READ, fd, in, 6), -1, " world"),
	        at(line("WRITE at the position", HD_WRITE, fd, out, 4), -1, NULL),
	        at(line("READ of what was written", HD_READ, fd, in, 4), 11, "hell"),
	        at(answers(line("READ, short at the end", HD_READ, fd, in, 50), 5, 5), 100,
	           "hello"),
	        at(answers(line("READ at the end", HD_READ, fd, in, 50), 0, 0), 105, NULL),
	        at(answers(line("READ after the end", HD_READ, fd, in, 50), 0, 0), 1000, NULL),
	        at(line("READ of another descriptor", HD_READ, only_read, in, 11), -1,
	           "hello world"),
	        answers(line("WRITE to a file open for reading", HD_WRITE, only_read, out, 5),
	                -EBADF, -EBADF),
	        answers(line("READ of no descriptor", HD_READ, 9999, in, 5), -EBADF, -EBADF),
	        answers(line("ACCEPT on a file", HD_ACCEPT, fd, NULL, 0), -ENOTSOCK, -ENOTSOCK),
	};
	rig_play(&rig, lines, sizeof lines / sizeof *lines);
}
END_TEST

/* With as much as fits. */
static void fill(int fd)
{
	static const char nothing[65536];
	int flags = fcntl(fd, F_GETFL);

	fcntl(fd, F_SETFL, flags | O_NONBLOCK);
	while (write(fd, nothing, sizeof nothing) > 0)
		;
	fcntl(fd, F_SETFL, flags);
}

START_TEST(pipes)
{
	struct rig rig;
	int ended[2], broken[2], empty[2], full[2], pair[2];
	char *in, *out;

	rig_load(&rig, _i);
	in = rig_alloc(&rig, 64);
	out = rig_alloc(&rig, 64);
	ck_assert(!pipe(ended) && !pipe(broken) && !pipe(empty) && !pipe(full));
	ck_assert(!socketpair(AF_UNIX, SOCK_STREAM, 0, pair));
	ck_assert_int_eq(write(ended[1], "abc", 3), 3);
	close(ended[1]);
	close(broken[0]);
	fill(full[1]);

	const struct line lines[] = {
	        at(answers(line("READ of what is there", HD_READ, ended[0], in, 10), 3, 3), -1,
	           "abc"),
	        answers(line("READ at the end", HD_READ, ended[0], in, 10), 0, 0),
	        answers(line("WRITE that nobody will read", HD_WRITE, broken[1], out, 10), -EPIPE,
	                -EPIPE),
	        gives_up(line("READ, not at all", HD_READ, empty[0], in, 10), 0),
	        gives_up(line("READ, 20 ms", HD_READ, empty[0], in, 10), 20 * MS),
	        line("WRITE after that", HD_WRITE, empty[1], out, 10),
	        line("READ after that", HD_READ, empty[0], in, 10),
	        gives_up(line("WRITE, not at all", HD_WRITE, full[1], out, 10), 0),
	        gives_up(line("WRITE, 20 ms", HD_WRITE, full[1], out, 10), 20 * MS),
	        gives_up(line("READ of a socket, not at all", HD_READ, pair[0], in, 10), 0),
	        gives_up(line("READ of a socket, 20 ms", HD_READ, pair[0], in, 10), 20 * MS),
	        line("WRITE to a socket", HD_WRITE, pair[1], out, 10),
	        line("READ of a socket", HD_READ, pair[0], in, 10),
	};
	rig_play(&rig, lines, sizeof lines / sizeof *lines);
}
END_TEST

/* A WRITE of more than fits moves what fits, and keeps to its timeout. */
START_TEST(large_write)
{
	struct rig rig;
	int roomy[2];
	const uint64_t much = 1 << 20;
	char *out;

	rig_load(&rig, _i);
	out = rig_alloc(&rig, much);
	ck_assert(!pipe(roomy));
	struct line big = line("WRITE of more than fits", HD_WRITE, roomy[1], out, much);

	big.request.timeout_ns = 20 * MS;
	big = answers(big, 1, (int64_t)much - 1);
	rig_play(&rig, &big, 1);
}
END_TEST

/* ---- Copies: jobs that open and close their own files ---- */

struct copy_job {
	struct test_job base;
	int source, target; /* of the test; the job opens them anew */
	int from, to;
	int state;
	int64_t offset, filled;
	char block[10000];
};

static int open_again(int fd, int flags)
{
	char path[64];

	snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
	return open(path, flags | O_CLOEXEC);
}

/* The reads go on from the position, the writes name their offset and may be short. */
static void copy_step(struct test_job *test, int64_t answer, struct hd_request *request)
{
	struct copy_job *job = (struct copy_job *)(void *)test;
	enum { START, READING, WRITING };

	if (job->state == START) {
		job->from = open_again(job->source, O_RDONLY);
		job->to = open_again(job->target, O_WRONLY);
	} else if (answer < 0 || (job->state == WRITING && answer == 0)) {
		complain(test->shared, "copy: answer %ld", (long)answer);
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
	request->size = job->filled ? (uint64_t)job->filled : sizeof job->block;
	request->offset = job->filled ? job->offset : -1;
}

static bool same_files(int a, int b)
{
	char one[4096], other[4096];
	ssize_t got;

	for (off_t offset = 0;; offset += got) {
		got = pread(a, one, sizeof one, offset);
		if (pread(b, other, sizeof other, offset) != got || got < 0)
			return false;
		if (got == 0)
			return true;
		if (memcmp(one, other, (size_t)got) != 0)
			return false;
	}
}

START_TEST(copies)
{
	enum { FILES = 12 };
	static const size_t sizes[] = {0, 1, 9999, 10000, 10001, 123457};
	struct rig rig;
	struct copy_job *jobs;

	rig_load(&rig, _i);
	if (!rig_can(&rig, IO))
		return;
	jobs = rig_alloc(&rig, FILES * sizeof *jobs);
	for (int i = 0; i < FILES; i++) {
		jobs[i].base.script = copy_step;
		jobs[i].source = new_file();
		jobs[i].target = new_file();
		for (size_t byte = 0; byte < sizes[i % 6]; byte += 4) {
			uint32_t value = (uint32_t)(byte * 2654435761u + (uint32_t)i);
			size_t left = sizes[i % 6] - byte;

			ck_assert_int_gt(write(jobs[i].source, &value, left < 4 ? left : 4), 0);
		}
	}
	for (uint32_t in_flight = 1; in_flight <= 4; in_flight += 3) {
		if (!rig_open(&rig, 2, in_flight))
			return;
		for (int i = 0; i < FILES; i++) {
			jobs[i].state = 0;
			jobs[i].offset = 0;
			ck_assert_int_eq(ftruncate(jobs[i].target, 0), 0);
		}
		rig_run(&rig, jobs, FILES, sizeof *jobs);
		rig_close(&rig);
		for (int i = 0; i < FILES; i++)
			ck_assert_msg(same_files(jobs[i].source, jobs[i].target),
			              "copy %d differs from its source", i);
	}
}
END_TEST

/* ---- Echo: the server is the model under test, the client a process ---- */

struct echo_job {
	struct test_job base;
	int listener; /* -1: datagrams */
	int connection;
	int64_t filled, sent;
	uint32_t served;
	char buffer[MESSAGE_BYTES];
};

static void echo_close(struct echo_job *job)
{
	if (job->listener >= 0 && job->connection >= 0)
		close(job->connection);
	job->connection = job->listener >= 0 ? -1 : job->connection;
	job->filled = job->sent = 0;
}

static void echo_step(struct test_job *test, int64_t answer, struct hd_request *request)
{
	struct echo_job *job = (struct echo_job *)(void *)test;

	if (test->started == 1) {
		job->filled = job->sent = 0;
	} else if (job->connection < 0) { /* the answer to an ACCEPT */
		if (answer < 0)
			return; /* the listener was shut down */
		job->connection = (int)answer;
		job->served++;
	} else if (job->filled) {
		if (answer <= 0)
			complain(test->shared, "echo: WRITE answers %ld", (long)answer);
		job->sent += answer;
		if (answer <= 0 || job->sent == job->filled)
			job->filled = job->sent = 0;
	} else if (answer > 0) {
		job->filled = answer;
	} else {
		echo_close(job);
		if (job->listener < 0)
			return;
	}
	request->op = job->connection < 0 ? HD_ACCEPT : job->filled ? HD_WRITE : HD_READ;
	request->fd = job->connection < 0 ? job->listener : job->connection;
	if (request->op != HD_ACCEPT) {
		request->buf = job->buffer + job->sent;
		request->size = (uint64_t)(job->filled ? job->filled - job->sent : MESSAGE_BYTES);
	}
}

struct address {
	union {
		struct sockaddr any;
		struct sockaddr_in in;
		struct sockaddr_un un;
	};
	socklen_t size;
};

/* A socket bound to a free port of the loopback, or to an abstract name. */
static int bound_socket(int family, int type, struct address *address)
{
	int fd = socket(family, type, 0);

	memset(address, 0, sizeof *address);
	address->any.sa_family = (sa_family_t)family;
	address->in.sin_addr.s_addr = family == AF_INET ? htonl(INADDR_LOOPBACK) : 0;
	address->size = family == AF_INET ? sizeof address->in : sizeof(sa_family_t);
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(bind(fd, &address->any, address->size), 0);
	address->size = sizeof address->un;
	ck_assert_int_eq(getsockname(fd, &address->any, &address->size), 0);
	return fd;
}

static int connected(const struct address *address, struct shared *shared)
{
	const struct timeval patience = {.tv_sec = 4};
	int fd = socket(address->any.sa_family, SOCK_STREAM, 0);

	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
	if (connect(fd, &address->any, address->size))
		complain(shared, "client: no connection: %s", strerror(errno));
	return fd;
}

/* Sends a message of `size` bytes and takes it back. False: the echo is wrong or missing. */
static bool round_trip(int fd, uint32_t seed, size_t size, struct shared *shared)
{
	char sent[MESSAGE_BYTES], back[MESSAGE_BYTES];
	size_t got = 0;

	for (size_t i = 0; i < size; i++)
		sent[i] = (char)(seed * 31 + i * 7);
	if (send(fd, sent, size, MSG_NOSIGNAL) != (ssize_t)size) {
		complain(shared, "client: cannot send: %s", strerror(errno));
		return false;
	}
	while (got < size) {
		ssize_t n = recv(fd, back + got, size - got, 0);

		if (n <= 0) {
			complain(shared, "echo: %zu of %zu bytes came back", got, size);
			return false;
		}
		got += (size_t)n;
	}
	if (memcmp(sent, back, size) == 0)
		return true;
	complain(shared, "echo: wrong bytes");
	return false;
}

static bool round_trips(const int *fds, uint32_t count, struct shared *shared)
{
	for (uint32_t trip = 0; trip < 20; trip++)
		for (uint32_t i = 0; i < count; i++)
			if (!round_trip(fds[i], trip * count + i, trip % 2 ? 64 : MESSAGE_BYTES,
			                shared))
				return false;
	return true;
}

/* Several connections at once, all open until the last message, again and again. */
static void client(const struct address *address, int listener, uint32_t count,
                   struct shared *shared)
{
	int fds[TASKS_MAX];
	bool good = true;

	for (int again = 0; again < 5 && good; again++) {
		for (uint32_t i = 0; i < count; i++)
			fds[i] = connected(address, shared);
		good = round_trips(fds, count, shared);
		for (uint32_t i = 0; i < count; i++)
			close(fds[i]);
	}
	usleep(20000); /* the server waits in ACCEPT now, and must be woken */
	shutdown(listener, SHUT_RDWR);
}

static void fill_echo(struct echo_job *jobs, uint32_t count, int listener)
{
	for (uint32_t i = 0; i < count; i++) {
		jobs[i].base.script = echo_step;
		jobs[i].listener = listener;
		if (listener >= 0)
			jobs[i].connection = -1;
	}
}

static void expect_exit(pid_t child)
{
	int status = 0;

	ck_assert_int_eq(waitpid(child, &status, 0), child);
	ck_assert_int_eq(status, 0);
}

static void echo_stream(struct rig *rig, int family, uint32_t cores, uint32_t in_flight)
{
	struct echo_job *jobs = rig_alloc(rig, in_flight * sizeof *jobs);
	uint32_t at_once = rig_is(rig, "serial") ? 1 : in_flight, served = 0;
	struct address address;
	int listener = bound_socket(family, SOCK_STREAM, &address);
	pid_t child;

	ck_assert_int_eq(listen(listener, TASKS_MAX), 0);
	fill_echo(jobs, in_flight, listener);
	child = fork();
	if (child == 0) {
		client(&address, listener, at_once, rig->shared);
		_exit(0);
	}
	if (rig_open(rig, cores, in_flight)) {
		rig_run(rig, jobs, in_flight, sizeof *jobs);
		expect_exit(child);
		rig_close(rig);
		for (uint32_t i = 0; i < in_flight; i++)
			served += jobs[i].served;
		ck_assert_uint_eq(served, 5 * at_once);
	}
	close(listener);
}

START_TEST(streams)
{
	struct rig rig;

	rig_load(&rig, _i);
	if (!rig_can(&rig, IO | HD_CAN(HD_ACCEPT)))
		return;
	echo_stream(&rig, AF_UNIX, 1, 1);
	echo_stream(&rig, AF_UNIX, 2, 4);
	if (!loopback_is_up())
		return;
	echo_stream(&rig, AF_INET, 1, 4);
	echo_stream(&rig, AF_INET, 2, 16);
}
END_TEST

START_TEST(datagrams)
{
	struct rig rig;
	struct address server, peer;
	struct echo_job *jobs;
	int fds[TASKS_MAX], servers[TASKS_MAX];
	uint32_t count = 4;
	pid_t child;

	rig_load(&rig, _i);
	if (!rig_can(&rig, IO) || !loopback_is_up())
		return;
	if (rig_is(&rig, "serial"))
		count = 1;
	jobs = rig_alloc(&rig, count * sizeof *jobs);
	fill_echo(jobs, count, -1);
	for (uint32_t i = 0; i < count; i++) {
		const struct timeval patience = {.tv_sec = 4};

		servers[i] = jobs[i].connection = bound_socket(AF_INET, SOCK_DGRAM, &server);
		fds[i] = bound_socket(AF_INET, SOCK_DGRAM, &peer);
		ck_assert_int_eq(connect(servers[i], &peer.any, peer.size), 0);
		ck_assert_int_eq(connect(fds[i], &server.any, server.size), 0);
		setsockopt(fds[i], SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
	}
	child = fork();
	if (child == 0) {
		round_trips(fds, count, rig.shared);
		usleep(20000);
		for (uint32_t i = 0; i < count; i++)
			shutdown(servers[i], SHUT_RDWR);
		_exit(0);
	}
	if (!rig_open(&rig, 2, count))
		return;
	rig_run(&rig, jobs, count, sizeof *jobs);
	expect_exit(child);
	rig_close(&rig);
}
END_TEST

START_TEST(accept_gives_up)
{
	struct rig rig;
	struct address address;
	int listener, shut;

	rig_load(&rig, _i);
	listener = bound_socket(AF_INET, SOCK_STREAM, &address);
	shut = bound_socket(AF_INET, SOCK_STREAM, &address);
	ck_assert(!listen(listener, 4) && !listen(shut, 4) && !shutdown(shut, SHUT_RDWR));
	const struct line lines[] = {
	        gives_up(line("ACCEPT, not at all", HD_ACCEPT, listener, NULL, 0), 0),
	        gives_up(line("ACCEPT, 20 ms", HD_ACCEPT, listener, NULL, 0), 20 * MS),
	        answers(line("ACCEPT after a shutdown", HD_ACCEPT, shut, NULL, 0), -4095, -1),
	};
	rig_play(&rig, lines, sizeof lines / sizeof *lines);
}
END_TEST

void conformance_io(TCase *tcase, int from, int to)
{
	tcase_add_loop_test(tcase, files, from, to);
	tcase_add_loop_test(tcase, pipes, from, to);
	tcase_add_loop_test(tcase, large_write, from, to);
	tcase_add_loop_test(tcase, copies, from, to);
	tcase_add_loop_test(tcase, streams, from, to);
	tcase_add_loop_test(tcase, datagrams, from, to);
	tcase_add_loop_test(tcase, accept_gives_up, from, to);
}
