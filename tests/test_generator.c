/* SPDX-License-Identifier: MIT */
/* The load generator against servers that each do one thing wrong: what it tells must be exact. */
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

/* Until so many round trips were made; what they are not enough for, the drain brings. */
static void play(enum generator_transport transport, enum fault fault, uint64_t least)
{
	rig_make(transport, fault);
	begin();
	WAIT_FOR(trips() >= least);
	end();
	ck_assert_ptr_null(generator_failure(&rig.generator, (char[100]){0}, 100));
}

/* "connection 0, message 5: byte 12 is 0x.., sent 0x..", where `is` may be unknown. */
static void assert_byte_told(int at)
{
	char expected[100], sent[100];
	const char *text = rig.total->wrong_text;
	uint8_t byte = pattern_byte(pattern_first(0, FAULTY), (size_t)at);

	snprintf(expected, sizeof(expected), "connection 0, message %d: byte %d is 0x", FAULTY, at);
	snprintf(sent, sizeof(sent), ", sent 0x%02x", byte);
	ck_assert_msg(strncmp(text, expected, strlen(expected)) == 0, "\"%s\"", text);
	ck_assert_msg(strlen(text) > strlen(sent), "\"%s\"", text);
	ck_assert_str_eq(text + strlen(text) - strlen(sent), sent);
}

START_TEST(pattern_finds_every_single_change)
{
	char bytes[100];

	for (size_t from = 0; from < 20; from++) {
		for (size_t i = 0; i < sizeof(bytes); i++) {
			pattern_fill(77, from, bytes, sizeof(bytes));
			ck_assert_uint_eq(pattern_check(77, from, bytes, sizeof(bytes)),
			                  sizeof(bytes));
			ck_assert_int_eq((uint8_t)bytes[i], pattern_byte(77, from + i));
			bytes[i] ^= 0x10;
			ck_assert_uint_eq(pattern_check(77, from, bytes, sizeof(bytes)), i);
		}
	}
}
END_TEST

START_TEST(pattern_differs_between_messages_and_connections)
{
	for (uint64_t m = 0; m < 255; m++)
		ck_assert_int_ne(pattern_byte(pattern_first(3, m), 0),
		                 pattern_byte(pattern_first(3, m + 1), 0));
	ck_assert_int_ne(pattern_byte(pattern_first(0, 0), 0),
	                 pattern_byte(pattern_first(1, 0), 0));
}
END_TEST

static const enum generator_transport transports[] = {GENERATOR_TCP, GENERATOR_UDP, GENERATOR_UNIX};

START_TEST(good_server_is_right)
{
	play(transports[_i], GOOD, 30);
	ck_assert_uint_gt(trips(), 20);
	ck_assert_uint_eq(rig.total->latency.total, trips());
	ck_assert_uint_gt(rig.total->wall_ns, 0);
	ck_assert_uint_gt(rig.total->cpu_ns, 0);
	ck_assert_uint_eq(rig.total->served, 1);
	ck_assert_uint_eq(rig.total->made, transports[_i] == GENERATOR_UDP ? 0 : 1);
	ck_assert_uint_eq(rig.total->wrong + rig.total->owed + rig.total->dropped, 0);
	ck_assert_uint_eq(rig.total->failed + rig.total->unclosed, 0);
	rig_free();
}
END_TEST

static const struct {
	enum fault fault;
	int at;
} bytes_wrong[] = {{DROP, 12}, {SWAP, 12}, {CORRUPT, 12}};

START_TEST(wrong_byte_is_told)
{
	play(GENERATOR_TCP, bytes_wrong[_i].fault,
	     bytes_wrong[_i].fault == DROP ? FAULTY : FAULTY + 5);
	ck_assert_uint_eq(rig.total->wrong, 1);
	ck_assert_uint_eq(rig.total->owed, 0);
	assert_byte_told(bytes_wrong[_i].at);
	if (bytes_wrong[_i].fault == DROP)
		ck_assert_uint_eq(trips(), FAULTY);
	else
		ck_assert_uint_gt(trips(), FAULTY);
	rig_free();
}
END_TEST

START_TEST(missing_byte_is_owed)
{
	play(GENERATOR_UNIX, DROP_LAST, FAULTY);
	ck_assert_uint_eq(rig.total->wrong, 0);
	ck_assert_uint_eq(rig.total->owed, 1);
	ck_assert_str_eq(rig.total->owed_text, "connection 0, message 5: 63 of 64 bytes came back");
	ck_assert_uint_eq(trips(), FAULTY);
	rig_free();
}
END_TEST

START_TEST(second_answer_is_told)
{
	play(GENERATOR_TCP, TWICE, FAULTY + 5);
	ck_assert_uint_eq(rig.total->wrong, 1);
	ck_assert_str_eq(rig.total->wrong_text,
	                 "connection 0: 64 bytes more than were sent, after message 5");
	rig_free();
}
END_TEST

START_TEST(exchanged_messages_are_told)
{
	rig_make(GENERATOR_UNIX, SWAP_MESSAGES);
	rig.plan.pipeline = 8;
	begin();
	WAIT_FOR(rig.plan.tallies->wrong);
	end();
	ck_assert_uint_gt(rig.total->wrong, 0);
	ck_assert_ptr_nonnull(strstr(rig.total->wrong_text, " came in its place"));
	rig_free();
}
END_TEST

START_TEST(silent_server_serves_nobody)
{
	play(transports[_i], SILENT, 0);
	ck_assert_uint_eq(trips(), 0);
	ck_assert_uint_eq(rig.total->served, 0);
	ck_assert_uint_eq(rig.total->owed + rig.total->wrong + rig.total->dropped, 0);
	rig_free();
}
END_TEST

START_TEST(close_at_once_is_told)
{
	rig_make(GENERATOR_TCP, CLOSE_AT_ONCE);
	begin();
	WAIT_FOR(rig.plan.tallies->dropped);
	end();
	ck_assert_uint_eq(rig.total->dropped, 1);
	ck_assert_uint_eq(rig.total->owed, 0);
	ck_assert_ptr_nonnull(strstr(rig.total->dropped_text, " after 0 of its messages"));
	rig_free();
}
END_TEST

START_TEST(early_close_is_told)
{
	play(GENERATOR_UNIX, CLOSE_LATER, FAULTY);
	ck_assert_uint_eq(rig.total->dropped, 1);
	ck_assert_uint_eq(rig.total->owed, 1);
	ck_assert_str_eq(rig.total->dropped_text,
	                 "connection 0: closed by the server after 5 of its messages, 1 owed");
	ck_assert_uint_eq(trips(), FAULTY);
	rig_free();
}
END_TEST

START_TEST(refused_connection_is_told)
{
	rig_make(GENERATOR_TCP, GOOD);
	rig.plan.connections = 3;
	begin();
	generator_release(&rig.generator);
	memset(rig.plan.tallies, 0, sizeof(*rig.plan.tallies));
	shutdown(rig.listener, SHUT_RDWR);
	ck_assert_int_eq(generator_start(&rig.generator, &rig.plan, NULL), 0);
	WAIT_FOR(rig.plan.tallies->failed == 3);
	end();
	ck_assert_uint_eq(rig.total->failed, 3);
	ck_assert_uint_eq(rig.total->served, 0);
	ck_assert_str_eq(rig.total->failed_text, "connection 0: Connection refused");
	rig_free();
}
END_TEST

START_TEST(iterative_server_leaves_others_unserved)
{
	rig_make(transports[_i], ITERATIVE);
	if (transports[_i] == GENERATOR_UDP)
		return;
	rig.plan.connections = 16;
	begin();
	WAIT_FOR(trips() > 30);
	end();
	ck_assert_uint_eq(rig.total->served, 1);
	ck_assert_uint_eq(rig.total->owed + rig.total->wrong + rig.total->dropped, 0);
	ck_assert_uint_gt(trips(), 20);
	rig_free();
}
END_TEST

START_TEST(iterative_server_gets_to_all_that_close)
{
	rig_make(GENERATOR_TCP, ITERATIVE);
	rig.plan.connections = 16;
	rig.plan.messages_per_connection = 2;
	begin();
	WAIT_FOR(rig.plan.tallies->served == 16 && rig.plan.tallies->made > 40);
	end();
	ck_assert_uint_eq(rig.total->served, 16);
	ck_assert_uint_gt(rig.total->made, 32);
	ck_assert_uint_eq(rig.total->owed + rig.total->wrong + rig.total->dropped, 0);
	rig_free();
}
END_TEST

START_TEST(server_that_does_not_close_is_counted)
{
	play(GENERATOR_TCP, HOLD, 5);
	ck_assert_uint_eq(rig.total->unclosed, 1);
	ck_assert_uint_eq(rig.total->owed + rig.total->wrong + rig.total->dropped, 0);
	rig_free();
}
END_TEST

START_TEST(lost_datagram_is_sent_again)
{
	rig_make(GENERATOR_UDP, LOSE);
	begin();
	WAIT_FOR(trips() > FAULTY + 20);
	end();
	ck_assert_uint_eq(rig.total->lost, 1);
	ck_assert_uint_eq(rig.total->resent, 1 + rig.total->duplicate);
	ck_assert_uint_eq(rig.total->owed + rig.total->wrong, 0);
	ck_assert_uint_ge(rig.total->latency.max_ns, 100 * NS_PER_MS);
	ck_assert_uint_gt(trips(), FAULTY + 10);
	rig_free();
}
END_TEST

/* Lost just before the drain: sent again all the same, for it is owed. */
START_TEST(lost_datagram_is_sent_again_in_the_drain)
{
	play(GENERATOR_UDP, LOSE, FAULTY);
	ck_assert_uint_eq(rig.total->lost, 1);
	ck_assert_uint_eq(rig.total->owed + rig.total->wrong, 0);
	ck_assert_uint_ge(trips(), FAULTY + 1);
	rig_free();
}
END_TEST

START_TEST(late_datagram_is_a_duplicate)
{
	rig_make(GENERATOR_UDP, LATE);
	begin();
	WAIT_FOR(trips() > FAULTY + 20);
	end();
	ck_assert_uint_ge(rig.total->duplicate, 1);
	ck_assert_uint_eq(rig.total->resent, rig.total->duplicate);
	ck_assert_uint_eq(rig.total->lost, 0);
	ck_assert_uint_eq(rig.total->owed + rig.total->wrong, 0);
	rig_free();
}
END_TEST

START_TEST(second_datagram_is_wrong)
{
	play(GENERATOR_UDP, TWICE, FAULTY + 5);
	ck_assert_uint_eq(rig.total->wrong, 1);
	ck_assert_str_eq(rig.total->wrong_text,
	                 "connection 0, message 5: came back more often than it was sent");
	rig_free();
}
END_TEST

START_TEST(corrupt_datagram_is_told)
{
	play(GENERATOR_UDP, CORRUPT, FAULTY + 5);
	ck_assert_uint_eq(rig.total->wrong, 1);
	assert_byte_told(12);
	rig_free();
}
END_TEST

START_TEST(short_datagram_is_told)
{
	play(GENERATOR_UDP, SHORT, FAULTY);
	ck_assert_uint_eq(rig.total->wrong, 1);
	ck_assert_str_eq(rig.total->wrong_text,
	                 "connection 0, message 5: 63 of 64 bytes came back");
	rig_free();
}
END_TEST

START_TEST(reordered_datagrams_are_counted)
{
	rig_make(GENERATOR_UDP, REORDER);
	rig.plan.pipeline = 2;
	begin();
	WAIT_FOR(trips() > FAULTY + 20);
	end();
	ck_assert_uint_eq(rig.total->reordered, 1);
	ck_assert_uint_eq(rig.total->owed + rig.total->wrong, 0);
	rig_free();
}
END_TEST

/* More threads than connections, and connections that do not divide: all are served, each once. */
START_TEST(threads_share_connections)
{
	rig_make(transports[_i], GOOD);
	rig.plan.connections = 5;
	rig.plan.threads = _i == 2 ? 7 : 2;
	begin();
	for (uint32_t i = 0; i < rig.plan.threads; i++)
		WAIT_FOR(rig.plan.tallies[i].served == (rig.plan.threads == 7 ? i < 5 : 3 - i));
	end();
	ck_assert_uint_eq(rig.total->served, 5);
	ck_assert_uint_eq(rig.total->owed + rig.total->wrong + rig.total->dropped, 0);
	rig_free();
}
END_TEST

START_TEST(killed_generator_is_told)
{
	char text[100];

	rig_make(GENERATOR_TCP, GOOD);
	begin();
	kill(rig.generator.pid, SIGKILL);
	end();
	ck_assert_str_eq(generator_failure(&rig.generator, text, sizeof(text)),
	                 "the load generator died: signal 9 (Killed)");
	rig_free();
}
END_TEST

START_TEST(stuck_generator_is_killed)
{
	char text[100];
	uint64_t from;

	rig_make(GENERATOR_TCP, GOOD);
	rig.plan.drain_ms = rig.grace_ms = 20;
	begin();
	kill(rig.generator.pid, SIGSTOP);
	from = clock_now_ns();
	end();
	ck_assert_uint_lt(clock_now_ns() - from, 5 * NS_PER_S);
	ck_assert_str_eq(generator_failure(&rig.generator, text, sizeof(text)),
	                 "the load generator did not end after its drain");
	rig_free();
}
END_TEST

START_TEST(impossible_cpu_is_told)
{
	static const int cpu = 100000;

	rig_make(GENERATOR_TCP, GOOD);
	rig.plan.cpus = &cpu;
	rig.may_fail = true;
	begin();
	ck_assert_int_eq(rig.code, -ECHILD);
	ck_assert_str_eq(rig.err.text, "the load generator could not go on: Invalid argument");
	rig_free();
}
END_TEST

/* Answers that come when their connections were given up, while the drain goes on for another one. */
START_TEST(late_answers_do_not_disturb_the_drain)
{
	uint64_t from;

	rig_make(GENERATOR_UDP, LATE_ONE);
	rig.plan.connections = 2;
	begin();
	WAIT_FOR(trips() > 20);
	atomic_store(&rig.arena.board->stop, 1);
	sleep_ms(20); /* the first connection's answer is owed from here on */
	from = clock_now_ns();
	end();
	ck_assert_uint_ge(clock_now_ns() - from, rig.plan.drain_ms * NS_PER_MS);
	ck_assert_ptr_null(generator_failure(&rig.generator, (char[100]){0}, 100));
	ck_assert_uint_eq(rig.total->served, 1);
	ck_assert_uint_eq(rig.total->owed, 1);
	ck_assert_uint_eq(rig.total->wrong, 0);
	rig_free();
}
END_TEST

/* A generator whose parent is killed ends as well: seen by the end of a pipe that it had as stderr. */
START_TEST(generator_ends_with_its_parent)
{
	int ends[2], status;
	char byte;
	pid_t core;

	ck_assert_int_eq(pipe(ends), 0);
	core = fork();
	if (core == 0) {
		dup2(ends[1], STDERR_FILENO);
		close(ends[0]);
		close(ends[1]);
		rig_make(GENERATOR_UNIX, SILENT);
		rig.plan.drain_ms = 100000;
		begin();
		kill(rig.server, SIGKILL);
		waitpid(rig.server, &status, 0);
		raise(SIGKILL);
	}
	close(ends[1]);
	ck_assert_int_eq(waitpid(core, &status, 0), core);
	ck_assert_int_eq(WTERMSIG(status), SIGKILL);
	ck_assert_int_eq(read(ends[0], &byte, 1), 0);
	close(ends[0]);
}
END_TEST

/* ---- The open loop ---------------------------------------------------------------------------- */

static void begin_at(enum generator_transport transport, enum fault fault, uint32_t connections,
                     uint32_t rate)
{
	rig_make(transport, fault);
	rig.plan.connections = connections;
	rig.plan.rate = rate;
	rig.plan.seed = 11;
	begin();
}

/* All that was planned is accounted for: it came back, or it was not sent. */
static void assert_accounted(void)
{
	ck_assert_uint_eq(rig.total->wrong + rig.total->owed + rig.total->dropped, 0);
	ck_assert_uint_eq(rig.total->response.total, rig.total->planned);
	ck_assert_uint_eq(rig.total->latency.total, rig.total->planned - rig.total->unsent);
	ck_assert_uint_ge(rig.total->response.max_ns, rig.total->latency.max_ns);
}

/* Each kind of connection, evenly spaced, with random gaps, and several messages at a time. */
START_TEST(plan_is_kept)
{
	uint64_t from;
	double elapsed_s;

	rig_make(transports[_i % 3], GOOD);
	rig.plan.connections = 8;
	rig.plan.rate = 2000;
	rig.plan.poisson = _i / 3 == 1;
	rig.plan.pipeline = _i / 3 == 2 ? 4 : 1;
	rig.plan.threads = _i / 3 == 2 ? 2 : 1;
	from = clock_now_ns();
	begin();
	WAIT_FOR(trips() >= 600);
	end();
	elapsed_s = (double)(clock_now_ns() - from) / 1e9;
	assert_accounted();
	ck_assert_uint_eq(rig.total->served, 8);
	/* Not faster than planned; exponential gaps scatter by 4 % of 600. */
	ck_assert_double_le((double)trips(), 2000 * elapsed_s * (rig.plan.poisson ? 1.25 : 1) + 8);
	ck_assert_uint_gt(rig.total->late.total, 100);
	ck_assert_uint_ge(rig.total->answered, 100);
	rig_free();
}
END_TEST

/* One message meets the stall, all that were planned in it wait for it. */
START_TEST(stall_shows_in_the_response_time_only)
{
	begin_at(transports[_i], STALL, 1, 1000);
	WAIT_FOR(trips() >= 2 * STALL_MS);
	end();
	assert_accounted();
	ck_assert_uint_ge(rig.total->response.max_ns, STALL_MS * NS_PER_MS);
	ck_assert_double_ge(histogram_percentile(&rig.total->response, 0.9),
	                    STALL_MS / 3.0 * NS_PER_MS);
	ck_assert_double_le(histogram_percentile(&rig.total->latency, 0.9),
	                    STALL_MS / 3.0 * NS_PER_MS);
	rig_free();
}
END_TEST

/* A server that answers nothing is sent one message; the others of the plan are told, not dropped. */
START_TEST(what_is_not_sent_is_told)
{
	uint64_t from;

	begin_at(transports[_i], SILENT, 1, 1000);
	from = clock_now_ns();
	sleep_ms(100);
	end();
	ck_assert_uint_ge(rig.total->planned, 90);
	/* The one that was sent may have been planned a moment before the windows. */
	ck_assert_uint_le(rig.total->planned - rig.total->unsent, 1);
	ck_assert_uint_eq(rig.total->response.total, rig.total->unsent);
	ck_assert_uint_ge(rig.total->response.max_ns, 80 * NS_PER_MS);
	ck_assert_uint_le(rig.total->response.max_ns, clock_now_ns() - from);
	ck_assert_uint_eq(rig.total->latency.total, 0);
	rig_free();
}
END_TEST

/* A socket that is full: messages that were released and not sent are among those that are told. */
START_TEST(full_socket_is_told)
{
	rig_make(GENERATOR_UNIX, SILENT);
	rig.plan.rate = 10000;
	rig.plan.pipeline = 1024;
	rig.plan.message_bytes = 1 << 20;
	begin();
	kill(rig.server, SIGSTOP);
	sleep_ms(200);
	end();
	ck_assert_uint_ge(rig.total->planned, 1100);
	/* A MiB or two lie in the kernel, no more than the socket's buffer holds. */
	ck_assert_uint_ge(rig.total->unsent, rig.total->planned - 20);
	ck_assert_uint_le(rig.total->unsent, rig.total->planned);
	rig_free();
}
END_TEST

/* A generator that was held up says so, where nothing but itself was in the way. */
START_TEST(late_generator_is_told)
{
	begin_at(GENERATOR_UNIX, GOOD, 4, 1000);
	WAIT_FOR(trips() >= 50);
	kill(rig.generator.pid, SIGSTOP);
	sleep_ms(150);
	kill(rig.generator.pid, SIGCONT);
	WAIT_FOR(trips() >= 300);
	end();
	assert_accounted();
	ck_assert_uint_ge(rig.total->late.max_ns, 100 * NS_PER_MS);
	ck_assert_uint_ge(rig.total->response.max_ns, 100 * NS_PER_MS);
	rig_free();
}
END_TEST

START_TEST(reopened_connections_keep_the_plan)
{
	rig_make(GENERATOR_TCP, GOOD);
	rig.plan.connections = 4;
	rig.plan.rate = 2000;
	rig.plan.messages_per_connection = 3;
	begin();
	WAIT_FOR(trips() >= 200);
	end();
	assert_accounted();
	ck_assert_uint_ge(rig.total->made, 50);
	rig_free();
}
END_TEST

/* A connection whose first message is planned for later was not left unserved. */
START_TEST(connections_not_yet_asked_are_known)
{
	begin_at(GENERATOR_UNIX, GOOD, 64, 64); /* one message a second on each */
	WAIT_FOR(trips() >= 5);
	end();
	ck_assert_uint_eq(rig.total->unasked + rig.total->served, 64);
	ck_assert_uint_gt(rig.total->unasked, 0);
	rig_free();
}
END_TEST

/* What is planned outside of the windows does not count, also where it comes back within. */
START_TEST(only_the_windows_count)
{
	uint64_t planned;

	rig_make(GENERATOR_UNIX, GOOD);
	rig.plan.rate = 1000;
	rig.plan.connections = 4;
	begin();
	WAIT_FOR(trips() >= 50);
	atomic_store(&rig.arena.board->measuring, 0);
	WAIT_FOR(trips() >= 400);
	end();
	planned = rig.total->planned;
	ck_assert_uint_gt(planned, 10);
	ck_assert_uint_lt(planned, trips());
	assert_accounted();
	rig_free();
}
END_TEST

static void add_open_loop(TCase *tcase)
{
	tcase_set_timeout(tcase, 60);
	tcase_add_loop_test(tcase, plan_is_kept, 0, 9);
	tcase_add_loop_test(tcase, stall_shows_in_the_response_time_only, 0, 3);
	tcase_add_loop_test(tcase, what_is_not_sent_is_told, 0, 3);
	tcase_add_test(tcase, full_socket_is_told);
	tcase_add_test(tcase, late_generator_is_told);
	tcase_add_test(tcase, reopened_connections_keep_the_plan);
	tcase_add_test(tcase, connections_not_yet_asked_are_known);
	tcase_add_test(tcase, only_the_windows_count);
}

static void add_faults(TCase *tcase)
{
	tcase_add_loop_test(tcase, wrong_byte_is_told, 0, 3);
	tcase_add_test(tcase, missing_byte_is_owed);
	tcase_add_test(tcase, second_answer_is_told);
	tcase_add_test(tcase, exchanged_messages_are_told);
	tcase_add_loop_test(tcase, silent_server_serves_nobody, 0, 3);
	tcase_add_test(tcase, close_at_once_is_told);
	tcase_add_test(tcase, early_close_is_told);
	tcase_add_test(tcase, refused_connection_is_told);
	tcase_add_test(tcase, server_that_does_not_close_is_counted);
	tcase_add_test(tcase, lost_datagram_is_sent_again);
	tcase_add_test(tcase, lost_datagram_is_sent_again_in_the_drain);
	tcase_add_test(tcase, late_datagram_is_a_duplicate);
	tcase_add_test(tcase, late_answers_do_not_disturb_the_drain);
	tcase_add_test(tcase, second_datagram_is_wrong);
	tcase_add_test(tcase, corrupt_datagram_is_told);
	tcase_add_test(tcase, short_datagram_is_told);
	tcase_add_test(tcase, reordered_datagrams_are_counted);
}

int main(void)
{
	Suite *suite = suite_create("generator");
	TCase *right = tcase_create("right"), *faults = tcase_create("faults"),
	      *ends = tcase_create("ends"), *open_loop = tcase_create("open loop");
	SRunner *runner = srunner_create(suite);
	int failures;

	if (!loopback_is_up())
		return TEST_SKIPPED;
	tcase_set_timeout(right, 60);
	tcase_set_timeout(faults, 60);
	tcase_set_timeout(ends, 60);
	tcase_add_test(right, pattern_finds_every_single_change);
	tcase_add_test(right, pattern_differs_between_messages_and_connections);
	tcase_add_loop_test(right, good_server_is_right, 0, 3);
	tcase_add_loop_test(right, threads_share_connections, 0, 3);
	tcase_add_loop_test(right, iterative_server_leaves_others_unserved, 0, 3);
	tcase_add_test(right, iterative_server_gets_to_all_that_close);
	add_faults(faults);
	add_open_loop(open_loop);
	tcase_add_test(ends, killed_generator_is_told);
	tcase_add_test(ends, stuck_generator_is_killed);
	tcase_add_test(ends, impossible_cpu_is_told);
	tcase_add_test(ends, generator_ends_with_its_parent);
	suite_add_tcase(suite, right);
	suite_add_tcase(suite, faults);
	suite_add_tcase(suite, ends);
	suite_add_tcase(suite, open_loop);
	srunner_run_all(runner, CK_NORMAL);
	failures = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failures ? EXIT_FAILURE : EXIT_SUCCESS;
}
