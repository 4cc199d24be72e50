/* SPDX-License-Identifier: MIT */
/* Planned times, and an open loop of the generator against a server that behaves, or stalls. */
#include "generator_pace.h"
#include "generator_rig.h"

#include <math.h>

enum { MANY = 100000 };

static const struct pace even = {.gap_ns = 1600000}, poisson = {.gap_ns = 1600000, .poisson = true};

START_TEST(even_plans_have_one_gap)
{
	uint64_t random = pace_seed(42, 3), unused = 0;
	double first = pace_first(&even, &random), ns = first;

	ck_assert(first >= 0 && first < even.gap_ns);
	for (int i = 1; i <= MANY; i++)
		ns = pace_after(&even, &unused, ns);
	/* Nothing drifts: 160 s later to the ns. */
	ck_assert_double_eq_tol(ns, first + MANY * even.gap_ns, 1);
	ck_assert_uint_eq(unused, 0);
}
END_TEST

/* Mean and standard deviation of exponential gaps are both the gap; a share 1/e is longer. */
START_TEST(poisson_plans_have_exponential_gaps)
{
	uint64_t random = pace_seed(42, 3);
	double ns = pace_first(&poisson, &random), sum = 0, squares = 0, longer = 0;

	for (int i = 0; i < MANY; i++) {
		double next = pace_after(&poisson, &random, ns), gap = (next - ns) / poisson.gap_ns;

		ck_assert(gap >= 0 && isfinite(gap));
		sum += gap;
		squares += gap * gap;
		longer += gap > 1;
		ns = next;
	}
	ck_assert_double_eq_tol(sum / MANY, 1, 0.02);
	ck_assert_double_eq_tol(sqrt(squares / MANY - sum / MANY * sum / MANY), 1, 0.02);
	ck_assert_double_eq_tol(longer / MANY, exp(-1), 0.01);
}
END_TEST

/* Phases lie everywhere in the gap, and a poisson plan begins as it goes on. */
START_TEST(connections_begin_apart)
{
	double sum = 0, sum_poisson = 0, least = INFINITY, most = 0;

	for (uint32_t c = 0; c < 10000; c++) {
		uint64_t random = pace_seed(7, c), other = random;
		double phase = pace_first(&even, &random) / even.gap_ns;

		sum += phase;
		sum_poisson += pace_first(&poisson, &other) / poisson.gap_ns;
		least = fmin(least, phase);
		most = fmax(most, phase);
	}
	ck_assert_double_eq_tol(sum / 10000, 0.5, 0.02);
	ck_assert_double_eq_tol(sum_poisson / 10000, 1, 0.05);
	ck_assert(least < 0.01 && most > 0.99);
}
END_TEST

START_TEST(a_seed_gives_one_plan)
{
	uint64_t one = pace_seed(1, 5), same = pace_seed(1, 5);

	ck_assert_double_eq(pace_first(&poisson, &one), pace_first(&poisson, &same));
	ck_assert_double_eq(pace_after(&poisson, &one, 3), pace_after(&poisson, &same, 3));
	ck_assert_uint_ne(pace_seed(1, 5), pace_seed(2, 5));
	ck_assert_uint_ne(pace_seed(1, 5), pace_seed(1, 6));
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

/*
 * All that was planned is accounted for: it came back, or it was not sent. A connection that was just
 * opened again is not waited for.
 */
static void assert_accounted(void)
{
	uint64_t sent = rig.total->planned - rig.total->unsent;
	uint64_t given_up = rig.plan.messages_per_connection ? rig.plan.connections : 0;

	ck_assert_uint_eq(rig.total->wrong + rig.total->owed + rig.total->dropped, 0);
	ck_assert_uint_eq(rig.total->response.total, rig.total->planned);
	ck_assert_uint_le(rig.total->latency.total, sent);
	ck_assert_uint_ge(rig.total->latency.total + given_up, sent);
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
	uint64_t from = clock_now_ns();

	begin_at(transports[_i], SILENT, 1, 1000);
	sleep_ms(100);
	end();
	ck_assert_uint_ge(rig.total->planned, 90);
	/* The one that was sent may have been planned a moment before the windows. */
	ck_assert_uint_le(rig.total->planned - rig.total->unsent, 1);
	ck_assert_uint_eq(rig.total->response.total, rig.total->planned);
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
	begin_at(GENERATOR_UNIX, GOOD, 64, 1000); /* most of them are free */
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

int main(void)
{
	Suite *suite = suite_create("generator_pace");
	TCase *plan = tcase_create("plan"), *open_loop = tcase_create("open loop");
	SRunner *runner = srunner_create(suite);
	int failures;

	if (!loopback_is_up())
		return TEST_SKIPPED;
	tcase_add_test(plan, even_plans_have_one_gap);
	tcase_add_test(plan, poisson_plans_have_exponential_gaps);
	tcase_add_test(plan, connections_begin_apart);
	tcase_add_test(plan, a_seed_gives_one_plan);
	add_open_loop(open_loop);
	suite_add_tcase(suite, plan);
	suite_add_tcase(suite, open_loop);
	srunner_run_all(runner, CK_NORMAL);
	failures = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failures ? EXIT_FAILURE : EXIT_SUCCESS;
}
