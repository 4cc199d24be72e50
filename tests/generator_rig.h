/* SPDX-License-Identifier: MIT */
/* A generator and the server that it talks to, which does what a test asks for; not thread-safe. */
#ifndef HEDDLE_TESTS_GENERATOR_RIG_H
#define HEDDLE_TESTS_GENERATOR_RIG_H

#include "generator.h"

#include <arpa/inet.h>
#include <check.h>
#include <dirent.h>
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "clock.h"
#include "loopback.h"
#include "generator_pattern.h"

enum fault {
	GOOD,
	DROP,          /* byte 12 of the faulty message */
	DROP_LAST,     /* its last byte */
	SWAP,          /* bytes 12 and 13 */
	CORRUPT,       /* byte 12 */
	TWICE,         /* the message */
	SWAP_MESSAGES, /* the first two of a read */
	SILENT,        /* nothing ever comes back */
	CLOSE_AT_ONCE,
	CLOSE_LATER, /* in the place of the faulty message's answer */
	LOSE,        /* the faulty message, once */
	LATE,        /* the faulty message, 150 ms */
	SHORT,       /* the faulty message */
	REORDER,     /* the faulty message and the next */
	LATE_ONE,    /* one socket is answered until the stop, the others from then on */
	ITERATIVE,   /* one connection after another */
	STALL,       /* the faulty message, and all after it on the connection, STALL_MS */
	HOLD         /* nothing is wrong, but the server does not close */
};
enum { FAULTY = 5, MESSAGE = 64, STALL_MS = 300 };

struct rig {
	struct arena arena;
	struct generator_plan plan;
	struct generator generator;
	struct generator_tally *total;
	int listener, *servers, *clients;
	uint32_t sockets;
	enum fault fault;
	pid_t server;
	int code;
	struct hd_error err;
	bool may_fail;
	uint32_t grace_ms;
	int fds_before;
};

static struct rig rig;

static int count_fds(void)
{
	DIR *folder = opendir("/proc/self/fd");
	int count = 0;

	while (readdir(folder))
		count++;
	closedir(folder);
	return count;
}

static void write_all(int fd, const char *bytes, size_t count)
{
	while (count) {
		ssize_t written = send(fd, bytes, count, MSG_NOSIGNAL);

		if (written <= 0)
			return;
		bytes += written;
		count -= (size_t)written;
	}
}

static void swap_bytes(char *a, char *b, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		char kept = a[i];

		a[i] = b[i];
		b[i] = kept;
	}
}

/* Answers one read of a stream; `turn` counts them. False where the connection is to be closed. */
static bool answer_stream(int fd, char *bytes, size_t count, int turn)
{
	enum fault fault = turn == FAULTY ? rig.fault : GOOD;

	if (rig.fault == SWAP_MESSAGES && count >= 2 * MESSAGE && turn >= FAULTY)
		swap_bytes(bytes, bytes + MESSAGE, MESSAGE);
	if (fault == SWAP)
		swap_bytes(bytes + 12, bytes + 13, 1);
	if (fault == CORRUPT)
		bytes[12] ^= 1;
	if (fault == DROP) {
		memmove(bytes + 12, bytes + 13, count - 13);
		count--;
	}
	if (fault == DROP_LAST)
		count--;
	if (fault == TWICE) {
		memcpy(bytes + count, bytes, count);
		count *= 2;
	}
	if (fault == CLOSE_LATER)
		return false;
	if (fault == STALL)
		clock_sleep_until(clock_now_ns() + STALL_MS * NS_PER_MS);
	if (rig.fault != SILENT)
		write_all(fd, bytes, count);
	return true;
}

static void *serve_stream(void *argument)
{
	int fd = (int)(intptr_t)argument;
	char bytes[4096];
	ssize_t count;
	int turn = 0;

	while (rig.fault != CLOSE_AT_ONCE && (count = read(fd, bytes, sizeof(bytes) / 2)) > 0)
		if (!answer_stream(fd, bytes, (size_t)count, turn++))
			break;
	if (rig.fault == HOLD)
		pause();
	close(fd);
	return NULL;
}

static void answer_datagram(int fd, char *bytes, size_t count, int turn)
{
	enum fault fault = turn == FAULTY ? rig.fault : GOOD;
	char next[MESSAGE];

	if (fault == LOSE || rig.fault == SILENT)
		return;
	while (rig.fault == LATE_ONE && fd != rig.servers[0] && !arena_stopping(rig.arena.board))
		clock_sleep_until(clock_now_ns() + NS_PER_MS);
	if (rig.fault == LATE_ONE && fd != rig.servers[0])
		clock_sleep_until(clock_now_ns() + 100 * NS_PER_MS);
	if (rig.fault == LATE_ONE && fd == rig.servers[0] && arena_stopping(rig.arena.board))
		return;
	if (fault == STALL)
		clock_sleep_until(clock_now_ns() + STALL_MS * NS_PER_MS);
	if (fault == LATE)
		clock_sleep_until(clock_now_ns() + 150 * NS_PER_MS);
	if (fault == SHORT)
		count--;
	if (fault == CORRUPT)
		bytes[12] ^= 1;
	if (fault == REORDER && read(fd, next, sizeof(next)) == MESSAGE)
		write_all(fd, next, MESSAGE);
	if (fault == TWICE)
		write_all(fd, bytes, count);
	write_all(fd, bytes, count);
}

static void *serve_datagrams(void *argument)
{
	int fd = (int)(intptr_t)argument, turn = 0;
	char bytes[2048];
	ssize_t count;

	while ((count = read(fd, bytes, sizeof(bytes))) > 0)
		answer_datagram(fd, bytes, (size_t)count, turn++);
	return NULL;
}

static void in_thread(void *(*serve)(void *), int fd)
{
	pthread_t thread;

	if (pthread_create(&thread, NULL, serve, (void *)(intptr_t)fd))
		_exit(1);
	pthread_detach(thread);
}

static void run_server(void)
{
	for (uint32_t i = 0; i < rig.sockets; i++)
		in_thread(serve_datagrams, rig.servers[i]);
	for (int fd; rig.listener >= 0 && (fd = accept(rig.listener, NULL, NULL)) >= 0;) {
		if (rig.fault == ITERATIVE)
			serve_stream((void *)(intptr_t)fd);
		else
			in_thread(serve_stream, fd);
	}
	for (;;)
		pause();
}

static void open_listener(void)
{
	bool tcp = rig.plan.transport == GENERATOR_TCP;

	rig.listener = socket(tcp ? AF_INET : AF_UNIX, SOCK_STREAM, 0);
	rig.plan.address.any.sa_family = AF_UNIX;
	rig.plan.address_bytes = sizeof(sa_family_t);
	if (tcp) {
		rig.plan.address.tcp.sin_family = AF_INET;
		rig.plan.address.tcp.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
		rig.plan.address_bytes = sizeof(rig.plan.address.tcp);
	}
	ck_assert_int_eq(bind(rig.listener, &rig.plan.address.any, rig.plan.address_bytes), 0);
	rig.plan.address_bytes = sizeof(rig.plan.address);
	getsockname(rig.listener, &rig.plan.address.any, &rig.plan.address_bytes);
	ck_assert_int_eq(listen(rig.listener, 1024), 0);
}

static int open_datagram(struct sockaddr_in *address)
{
	int fd = socket(AF_INET, SOCK_DGRAM, 0);
	socklen_t length = sizeof(*address);

	*address = (struct sockaddr_in){.sin_family = AF_INET,
	                                .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	ck_assert_int_eq(bind(fd, (struct sockaddr *)address, length), 0);
	getsockname(fd, (struct sockaddr *)address, &length);
	return fd;
}

static void open_pairs(void)
{
	rig.sockets = rig.plan.connections;
	rig.servers = calloc(rig.sockets, sizeof(int));
	rig.clients = calloc(rig.sockets, sizeof(int));
	for (uint32_t i = 0; i < rig.sockets; i++) {
		struct sockaddr_in here, there;

		rig.servers[i] = open_datagram(&here);
		rig.clients[i] = open_datagram(&there);
		ck_assert_int_eq(connect(rig.servers[i], (struct sockaddr *)&there, sizeof(there)),
		                 0);
		ck_assert_int_eq(connect(rig.clients[i], (struct sockaddr *)&here, sizeof(here)),
		                 0);
	}
	rig.plan.sockets = rig.clients;
}

/* One connection, one message of 64 bytes at a time: tests change what they need before begin(). */
static void rig_make(enum generator_transport transport, enum fault fault)
{
	memset(&rig, 0, sizeof(rig));
	rig.fds_before = count_fds();
	rig.fault = fault;
	rig.listener = -1;
	rig.plan.transport = transport;
	rig.plan.connections = rig.plan.pipeline = rig.plan.threads = 1;
	rig.plan.message_bytes = MESSAGE;
	rig.plan.drain_ms = 1000;
	rig.grace_ms = 5000;
}

static void begin(void)
{
	struct arena_sizes sizes = {.tasks = 1,
	                            .generator_threads = rig.plan.threads,
	                            .workload_bytes =
	                                    rig.plan.threads * sizeof(struct generator_tally)};
	struct hd_error err = {0};

	ck_assert_msg(arena_create(&rig.arena, &sizes, &err) == 0, "%s", err.text);
	rig.plan.arena = &rig.arena;
	rig.plan.tallies = arena_workload(&rig.arena);
	if (rig.plan.transport == GENERATOR_UDP)
		open_pairs();
	else
		open_listener();
	rig.server = fork();
	if (rig.server == 0)
		run_server();
	atomic_store(&rig.arena.board->measuring, 1);
	rig.code = generator_start(&rig.generator, &rig.plan, &rig.err);
	ck_assert_msg(rig.code == 0 || rig.may_fail, "%s", rig.err.text);
}

static uint64_t trips(void)
{
	uint64_t sum = 0;

	for (uint32_t i = 0; i < rig.plan.threads; i++)
		sum += slot_ops(&arena_generator_slots(&rig.arena)[i]);
	return sum;
}

static void sleep_ms(uint64_t ms)
{
	clock_sleep_until(clock_now_ns() + ms * NS_PER_MS);
}

/* For 20 s at most: on a busy machine anything may take long. */
#define WAIT_FOR(condition)                                               \
	for (int waited_ = 0; waited_ < 20000 && !(condition); waited_++) \
	sleep_ms(1)

static void end(void)
{
	atomic_store(&rig.arena.board->stop, 1);
	generator_stop(&rig.generator, &rig.plan, rig.grace_ms);
	rig.total = aligned_alloc(ARENA_SPACING, sizeof(*rig.total));
	memset(rig.total, 0, sizeof(*rig.total));
	generator_total(&rig.plan, rig.total);
}

/* Nothing is left: no process, no descriptor. */
static void rig_free(void)
{
	int status;

	generator_release(&rig.generator);
	kill(rig.server, SIGKILL);
	ck_assert_int_eq(waitpid(rig.server, &status, 0), rig.server);
	ck_assert_int_eq(waitpid(-1, &status, WNOHANG), -1);
	ck_assert_int_eq(errno, ECHILD);
	if (rig.listener >= 0)
		close(rig.listener);
	for (uint32_t i = 0; i < rig.sockets; i++) {
		close(rig.servers[i]);
		close(rig.clients[i]);
	}
	free(rig.servers);
	free(rig.clients);
	free(rig.total);
	arena_destroy(&rig.arena);
	ck_assert_int_eq(count_fds(), rig.fds_before);
}

static const enum generator_transport transports[] = {GENERATOR_TCP, GENERATOR_UDP, GENERATOR_UNIX};

#endif
