/* SPDX-License-Identifier: MIT */
/* ACCEPT, and servers whose clients are a process outside of the model. */
#include "check_rig.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum { MESSAGE_BYTES = 4096, ROUNDS = 5, TRIPS = 20, PATIENCE_S = 4 };

struct address {
	union {
		struct sockaddr any;
		struct sockaddr_in in;
		struct sockaddr_un un;
	};
	socklen_t size;
};

/* A socket bound to a free port of the loopback, or to an abstract name; -1: it cannot be had here. */
static int bound_socket(int family, int type, struct address *address)
{
	int fd = socket(family, type | SOCK_CLOEXEC, 0);

	memset(address, 0, sizeof(*address));
	address->any.sa_family = (sa_family_t)family;
	address->in.sin_addr.s_addr = family == AF_INET ? htonl(INADDR_LOOPBACK) : 0;
	address->size = family == AF_INET ? sizeof(address->in) : sizeof(sa_family_t);
	if (fd < 0 || bind(fd, &address->any, address->size))
		return -1;
	address->size = sizeof(address->un);
	return getsockname(fd, &address->any, &address->size) ? -1 : fd;
}

static int new_listener(struct rig *rig, int family, struct address *address)
{
	int fd = bound_socket(family, SOCK_STREAM, address);

	if (fd < 0 || listen(fd, CHECK_TASKS))
		rig_fail(rig, "no socket for the check itself: %s", strerror(errno));
	return fd;
}

static struct check_line accepting(const char *what, int fd, int64_t timeout_ns, int64_t least,
                                   int64_t most)
{
	return (struct check_line){.what = what,
	                           .request = {.op = HD_ACCEPT,
	                                       .fd = fd,
	                                       .fd2 = -1,
	                                       .offset = -1,
	                                       .times = 1,
	                                       .timeout_ns = timeout_ns},
	                           .least = least,
	                           .most = most,
	                           .wait_ns = timeout_ns > 0 ? timeout_ns : 0};
}

void check_accept(struct rig *rig)
{
	struct address address;
	int silent = new_listener(rig, AF_UNIX, &address),
	    shut = new_listener(rig, AF_UNIX, &address);
	int busy = new_listener(rig, AF_UNIX, &address);
	int client = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (rig_failed(rig))
		return;
	shutdown(shut, SHUT_RDWR);
	if (connect(client, &address.any, address.size)) {
		rig_fail(rig, "no connection for the check itself: %s", strerror(errno));
		return;
	}
	const struct check_line lines[] = {
	        accepting("ACCEPT where nobody comes, timeout 0", silent, 0, -EAGAIN, -EAGAIN),
	        accepting("ACCEPT where nobody comes, timeout 20 ms", silent, 20 * RIG_MS,
	                  -ETIMEDOUT, -ETIMEDOUT),
	        accepting("ACCEPT where one has come, in ms", busy, -1, 3, 1 << 20),
	        accepting("ACCEPT on a listener that was shut down", shut, -1, -4095, -1),
	};
	rig_play(rig, lines, sizeof(lines) / sizeof(*lines));
}

/* ---- The server is the model, the client a helper ---- */

struct echo_job {
	struct check_job base;
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

static void echo_sent(struct echo_job *job, int64_t answer)
{
	char text[RIG_ANSWER];

	if (answer <= 0)
		rig_complain(job->base.rig, "WRITE of a server's answer", "bytes", "%s",
		             rig_answer(answer, text));
	job->sent += answer;
	if (answer <= 0 || job->sent == job->filled)
		job->filled = job->sent = 0;
}

static void echo_step(struct check_job *base, int64_t answer, struct hd_request *request)
{
	struct echo_job *job = (struct echo_job *)(void *)base;

	if (base->started == 1) {
		job->filled = job->sent = 0;
	} else if (job->connection < 0) { /* the answer to an ACCEPT */
		if (answer < 0)
			return; /* the listener was shut down */
		job->connection = (int)answer;
		job->served++;
	} else if (job->filled) {
		echo_sent(job, answer);
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

struct clients {
	struct address address;
	int listener;
	uint32_t count; /* connected at a time */
	int fds[CHECK_TASKS], servers[CHECK_TASKS];
	const char *what;
};

static bool complain(const struct rig *rig, const struct clients *clients, const char *saw)
{
	rig_complain(rig, clients->what, "each message back as it was sent", "%s", saw);
	return false;
}

/* Sends a message of `size` bytes and takes it back. */
static bool round_trip(const struct rig *rig, const struct clients *clients, int fd, uint32_t seed,
                       size_t size)
{
	char sent[MESSAGE_BYTES] = {0}, back[MESSAGE_BYTES], saw[64];
	size_t got = 0;

	for (size_t i = 0; i < size; i++)
		sent[i] = (char)(seed * 31 + i * 7);
	if (send(fd, sent, size, MSG_NOSIGNAL) != (ssize_t)size)
		return complain(rig, clients, "a connection that takes none");
	while (got < size) {
		ssize_t n = recv(fd, back + got, size - got, 0);

		snprintf(saw, sizeof(saw), "%zu of %zu bytes within %d s", got, size, PATIENCE_S);
		if (n <= 0)
			return complain(rig, clients, saw);
		got += (size_t)n;
	}
	return memcmp(sent, back, size) == 0 || complain(rig, clients, "other bytes");
}

static bool round_trips(const struct rig *rig, const struct clients *clients)
{
	for (uint32_t trip = 0; trip < TRIPS; trip++)
		for (uint32_t i = 0; i < clients->count; i++)
			if (!round_trip(rig, clients, clients->fds[i], trip * clients->count + i,
			                trip % 2 ? 64 : MESSAGE_BYTES))
				return false;
	return true;
}

static void be_patient(int fd)
{
	const struct timeval patience = {.tv_sec = PATIENCE_S};

	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
}

/* Several connections at once, all open until the last message, again and again. */
static void be_clients(struct rig *rig, void *argument)
{
	struct clients *clients = argument;
	bool good = true;

	for (int again = 0; again < ROUNDS && good; again++) {
		for (uint32_t i = 0; i < clients->count; i++) {
			clients->fds[i] = socket(clients->address.any.sa_family, SOCK_STREAM, 0);
			be_patient(clients->fds[i]);
			if (connect(clients->fds[i], &clients->address.any, clients->address.size))
				good = complain(rig, clients, "no connection");
		}
		good = good && round_trips(rig, clients);
		for (uint32_t i = 0; i < clients->count; i++)
			close(clients->fds[i]);
	}
	clock_sleep_until(clock_now_ns() +
	                  20 * NS_PER_MS); /* it waits in ACCEPT now, to be woken */
	shutdown(clients->listener, SHUT_RDWR);
}

static void fill_echo(struct echo_job *jobs, uint32_t count, int listener)
{
	for (uint32_t i = 0; i < count; i++) {
		jobs[i].base.script = echo_step;
		jobs[i].listener = listener;
		jobs[i].connection = -1;
	}
}

static void serve(struct rig *rig, int family)
{
	struct echo_job *jobs = rig_alloc(rig, rig->tasks * sizeof(*jobs));
	struct clients *clients = rig_alloc(rig, sizeof(*clients));
	uint32_t served = 0;
	pid_t helper;

	clients->count = rig->report->one_at_a_time ? 1 : rig->tasks;
	clients->listener = new_listener(rig, family, &clients->address);
	clients->what =
	        family == AF_UNIX ? "an echo server over local sockets" : "an echo server over TCP";
	if (clients->listener < 0)
		return;
	fill_echo(jobs, rig->tasks, clients->listener);
	rig_does(rig, "each message back, an end when the listener is shut down",
	         "%s, %u connections at a time", clients->what, clients->count);
	helper = rig_helper(rig, be_clients, clients);
	if (helper < 0 || !rig_do(rig, jobs, rig->tasks, sizeof(*jobs)))
		return;
	rig_reap(helper);
	for (uint32_t i = 0; i < rig->tasks; i++)
		served += jobs[i].served;
	if (served != ROUNDS * clients->count)
		rig_fail(rig, "%u of %u connections accepted", served, ROUNDS * clients->count);
}

static void be_peers(struct rig *rig, void *argument)
{
	struct clients *clients = argument;

	round_trips(rig, clients);
	clock_sleep_until(clock_now_ns() + 20 * NS_PER_MS);
	for (uint32_t i = 0; i < clients->count; i++)
		shutdown(clients->servers[i], SHUT_RDWR);
}

static bool join_pair(int server, const struct address *at, int peer, const struct address *from)
{
	return server >= 0 && peer >= 0 && !connect(server, &from->any, from->size) &&
	       !connect(peer, &at->any, at->size);
}

static void serve_datagrams(struct rig *rig)
{
	struct clients *clients = rig_alloc(rig, sizeof(*clients));
	struct echo_job *jobs;
	struct address at, from;
	pid_t helper;

	clients->count = rig->report->one_at_a_time ? 1 : rig->tasks;
	clients->what = "a server of datagrams";
	jobs = rig_alloc(rig, clients->count * sizeof(*jobs));
	fill_echo(jobs, clients->count, -1);
	for (uint32_t i = 0; i < clients->count; i++) {
		clients->servers[i] = jobs[i].connection = bound_socket(AF_INET, SOCK_DGRAM, &at);
		clients->fds[i] = bound_socket(AF_INET, SOCK_DGRAM, &from);
		if (!join_pair(clients->servers[i], &at, clients->fds[i], &from)) {
			rig_fail(rig, "no sockets for the check itself: %s", strerror(errno));
			return;
		}
		be_patient(clients->fds[i]);
	}
	rig_does(rig, "each message back, an end when the sockets are shut down", "%s, %u sockets",
	         clients->what, clients->count);
	helper = rig_helper(rig, be_peers, clients);
	if (helper >= 0 && rig_do(rig, jobs, clients->count, sizeof(*jobs)))
		rig_reap(helper);
}

/* An empty network namespace has no addresses that are up. */
static bool loopback_is_up(void)
{
	struct address address, other;
	int fd = bound_socket(AF_INET, SOCK_DGRAM, &address);
	int peer = bound_socket(AF_INET, SOCK_DGRAM, &other);
	bool up = join_pair(fd, &address, peer, &other);

	close(fd);
	close(peer);
	return up;
}

void check_local_server(struct rig *rig)
{
	serve(rig, AF_UNIX);
}

static bool has_loopback(struct rig *rig)
{
	if (loopback_is_up())
		return true;
	snprintf(rig->report->told, sizeof(rig->report->told),
	         "not looked at: the loopback interface is down");
	return false;
}

void check_tcp_server(struct rig *rig)
{
	if (has_loopback(rig))
		serve(rig, AF_INET);
}

void check_udp_server(struct rig *rig)
{
	if (has_loopback(rig))
		serve_datagrams(rig);
}
