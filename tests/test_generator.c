/* SPDX-License-Identifier: MIT */
/* The load generator against servers that each do one thing wrong: what it tells must be exact. */
#include "generator_rig.h"

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
	      *ends = tcase_create("ends");
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
	tcase_add_test(ends, killed_generator_is_told);
	tcase_add_test(ends, stuck_generator_is_killed);
	tcase_add_test(ends, impossible_cpu_is_told);
	tcase_add_test(ends, generator_ends_with_its_parent);
	suite_add_tcase(suite, right);
	suite_add_tcase(suite, faults);
	suite_add_tcase(suite, ends);
	srunner_run_all(runner, CK_NORMAL);
	failures = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failures ? EXIT_FAILURE : EXIT_SUCCESS;
}
