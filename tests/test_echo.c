/* SPDX-License-Identifier: MIT */
/* The echo workload from prepare() to release(). */
#include "server_rig.h"

#include <sys/resource.h>
#include <sys/stat.h>

/* What a broken model does with the 1000th read of a trial. */
enum model_fault { CORRUPT, DROP, DIE };

static enum model_fault fault;
static _Atomic uint64_t reads;

static int64_t spoil(const struct hd_request *request, int64_t answer)
{
	char *bytes = request->buf;

	if (request->op != HD_READ || answer <= 0 || atomic_fetch_add(&reads, 1) != 1000)
		return answer;
	if (fault == DIE)
		raise(SIGKILL);
	if (fault == CORRUPT)
		bytes[answer / 2] ^= 1;
	return fault == DROP ? answer - 1 : answer;
}

static void be_wrong(enum model_fault how)
{
	fault = how;
	rig.spoil = spoil;
}

static void rig_make(const char *transport, int64_t connections)
{
	rig_begin(&echo_workload, connections);
	rig.params[TRANSPORT].text = transport;
}

/* The whole trial, right, with every connection served. */
static void play_right(void)
{
	uint64_t acknowledged, served;

	begin();
	stop((uint64_t)rig.params[CONNECTIONS].number, 100);
	verify();
	ck_assert_msg(!rig.verdict.wrong, "%s", rig.verdict.text);
	acknowledged = sum(arena_generator_slots(&rig.arena), 1);
	served = sum(arena_slots(&rig.arena), (uint32_t)rig.params[CONNECTIONS].number);
	ck_assert_uint_gt(acknowledged, 0);
	ck_assert_uint_ge(served, acknowledged);
	assert_nothing_left();
}

static const struct {
	const char *transport;
	int64_t connections, bytes, pipeline, each;
} right[] = {
        {"tcp", 1, 64, 1, 0},      {"tcp", 16, 64, 1, 0},   {"tcp", 256, 64, 1, 0},
        {"udp", 1, 64, 1, 0},      {"udp", 16, 64, 1, 0},   {"udp", 256, 64, 1, 0},
        {"unix", 1, 64, 1, 0},     {"unix", 16, 64, 1, 0},  {"unix", 256, 64, 1, 0},
        {"tcp", 16, 64, 1, 1},     {"tcp", 16, 64, 1, 10},  {"unix", 16, 64, 1, 1},
        {"unix", 16, 64, 4, 10},   {"tcp", 256, 64, 1, 1},  {"tcp", 16, 64, 8, 0},
        {"udp", 16, 64, 8, 0},     {"unix", 16, 64, 8, 0},  {"tcp", 16, 1, 1, 0},
        {"udp", 16, 1, 8, 0},      {"unix", 16, 1, 8, 0},   {"tcp", 16, 65536, 1, 0},
        {"unix", 4, 65536, 4, 0},  {"udp", 4, 65507, 2, 0}, {"tcp", 2, 1000000, 8, 0},
        {"tcp", 3, 777, 1000, 0},  {"tcp", 16, 7, 3, 100},  {"udp", 3, 5, 64, 0},
        {"unix", 3, 300000, 2, 5},
};

START_TEST(every_shape_is_verified)
{
	rig_make(right[_i].transport, right[_i].connections);
	rig.params[MESSAGE_BYTES].number = right[_i].bytes;
	rig.params[PIPELINE].number = right[_i].pipeline;
	rig.params[MESSAGES_PER_CONNECTION].number = right[_i].each;
	play_right();
}
END_TEST

START_TEST(two_threads_of_the_generator)
{
	rig_make("tcp", 5);
	rig.kase.generator_cores = 2;
	begin();
	stop(200, 20);
	verify();
	ck_assert_msg(!rig.verdict.wrong, "%s", rig.verdict.text);
	ck_assert_uint_gt(slot_ops(&arena_generator_slots(&rig.arena)[0]), 0);
	ck_assert_uint_gt(slot_ops(&arena_generator_slots(&rig.arena)[1]), 0);
	assert_nothing_left();
}
END_TEST

START_TEST(metrics_are_filled_in)
{
	rig_make("tcp", 16);
	rig.params[MESSAGES_PER_CONNECTION].number = 10;
	begin();
	stop(1000, 100);
	verify();
	ck_assert_double_eq(measured("throughput"), 1000);
	ck_assert_double_eq(measured("bytes_rate"), 64000);
	ck_assert_double_eq(measured("server_cpu_per_round_trip"), 5000);
	ck_assert_double_gt(measured("latency_p50"), 1000);
	ck_assert_double_ge(measured("latency_p90"), measured("latency_p50"));
	ck_assert_double_ge(measured("latency_max"), measured("latency_p90"));
	ck_assert_double_eq(measured("never_served"), 0);
	ck_assert_double_gt(measured("generator_cpu"), 1);
	ck_assert_double_lt(measured("generator_cpu"), 110);
	ck_assert_double_gt(measured("connections_made"), 16);
	ck_assert(isnan(measured("lost")) && isnan(measured("duplicate")));
	assert_nothing_left();
}
END_TEST

START_TEST(udp_counts_what_streams_do_not)
{
	rig_make("udp", 2);
	begin();
	stop(20, 50);
	verify();
	ck_assert_double_eq(measured("lost"), 0);
	ck_assert_double_eq(measured("reordered"), 0);
	ck_assert(isnan(measured("connections_made")));
	assert_nothing_left();
}
END_TEST

/* What its threads took is put in their tallies' place: a machine may be too slow or too fast for it. */
START_TEST(a_generator_at_its_limit_is_told)
{
	static const uint64_t percents[] = {89, 90, 97};
	struct generator_tally *tally;

	rig_make("tcp", 4);
	begin();
	stop(20, 20);
	tally = ((struct echo_state *)rig.trial.state)->plan.tallies;
	tally->cpu_ns = percents[_i] * 1000000;
	tally->wall_ns = 100 * 1000000;
	verify();
	ck_assert_msg(!rig.verdict.wrong, "%s", rig.verdict.text);
	ck_assert_double_eq(measured("generator_cpu"), (double)percents[_i]);
	ck_assert_int_eq(strstr(rig.verdict.note, "the load generator is the limit") != NULL,
	                 percents[_i] >= 90);
	assert_nothing_left();
}
END_TEST

static const char *const transports[] = {"tcp", "udp", "unix"}, *const streams[] = {"tcp", "unix"};

/* One thread for 16 jobs: the iterative server. */
START_TEST(iterative_server_is_noted)
{
	rig_make(transports[_i], 16);
	rig.threads = 1;
	begin();
	stop(200, 20);
	verify();
	ck_assert_msg(!rig.verdict.wrong, "%s", rig.verdict.text);
	ck_assert_msg(strncmp(rig.verdict.note, "15 of 16 connections never served", 33) == 0, "%s",
	              rig.verdict.note);
	ck_assert_double_eq(measured("never_served"), 15);
	assert_nothing_left();
}
END_TEST

/* One before the load begins, one during it; neither closes its end, and the trial ends all the same. */
START_TEST(a_stranger_is_turned_away)
{
	char byte;
	int late;

	rig_make(streams[_i], 4);
	rig.stranger = true;
	begin();
	assert_closed(rig.stranger_fd);
	/* All jobs have a connection to serve: this one waits until the generator's are closed, or for ever. */
	late = connect_stranger();
	ck_assert_int_eq(send(late, "x", 1, MSG_NOSIGNAL), 1);
	stop(1000, 50);
	verify();
	ck_assert_int_le(recv(late, &byte, 1, MSG_DONTWAIT), 0);
	ck_assert_msg(!rig.verdict.wrong, "%s", rig.verdict.text);
	ck_assert_msg(strstr(rig.verdict.note, " connections of other programs turned away"), "%s",
	              rig.verdict.note);
	ck_assert_double_eq(measured("never_served"), 0);
	close(late);
	close(rig.stranger_fd);
	assert_nothing_left();
}
END_TEST

/* Connections come and go all the time: a stranger is turned away while others are served. */
START_TEST(strangers_among_many_connections)
{
	rig_make(streams[_i], 4);
	rig.params[MESSAGES_PER_CONNECTION].number = 1;
	begin();
	for (int i = 0; i < 20; i++) {
		int fd = connect_stranger();

		assert_closed(fd);
		close(fd);
	}
	stop(1000, 50);
	verify();
	ck_assert_msg(!rig.verdict.wrong, "%s", rig.verdict.text);
	ck_assert_str_eq(rig.verdict.note, "20 connections of other programs turned away");
	ck_assert_double_eq(measured("never_served"), 0);
	assert_nothing_left();
}
END_TEST

START_TEST(datagrams_of_a_stranger_are_not_heard)
{
	struct timeval patience = {.tv_sec = 5};
	char byte;

	rig_make("udp", 4);
	rig.stranger = true;
	begin();
	setsockopt(rig.stranger_fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	ck_assert_int_eq(send(rig.stranger_fd, "x", 1, 0), 1);
	ck_assert_int_eq(recv(rig.stranger_fd, &byte, 1, 0), -1);
	ck_assert_int_eq(errno, ECONNREFUSED); /* the kernel's answer: nobody is there for it */
	stop(100, 20);
	verify();
	ck_assert_msg(!rig.verdict.wrong, "%s", rig.verdict.text);
	ck_assert_double_eq(measured("lost"), 0);
	ck_assert_double_eq(measured("duplicate"), 0);
	close(rig.stranger_fd);
	assert_nothing_left();
}
END_TEST

START_TEST(sockets_are_out_of_reach)
{
	const struct generator_plan *plan;
	struct stat status;
	char folder[SCRATCH_PATH];

	rig_make("tcp", 2);
	begin();
	plan = &((struct echo_state *)rig.trial.state)->plan;
	ck_assert_uint_eq(ntohl(plan->address.tcp.sin_addr.s_addr), INADDR_LOOPBACK);
	stop(10, 0);
	verify();
	assert_nothing_left();
	rig_make("unix", 2);
	begin();
	plan = &((struct echo_state *)rig.trial.state)->plan;
	ck_assert_int_eq(plan->address.local.sun_path[0], '/');
	snprintf(folder, sizeof(folder), "%s", plan->address.local.sun_path);
	*strrchr(folder, '/') = '\0';
	ck_assert_int_eq(stat(folder, &status), 0);
	ck_assert_uint_eq(status.st_mode & 0777, 0700);
	stop(10, 0);
	verify();
	assert_nothing_left();
	ck_assert_int_ne(access(folder, F_OK), 0);
}
END_TEST

START_TEST(wrong_byte_is_a_wrong_result)
{
	rig_make(transports[_i], 4);
	be_wrong(CORRUPT);
	begin();
	stop(1500, 0);
	verify();
	ck_assert(rig.verdict.wrong);
	ck_assert_msg(strncmp(rig.verdict.text, "1 of ", 5) == 0, "%s", rig.verdict.text);
	ck_assert_ptr_nonnull(strstr(rig.verdict.text, " round trips wrong: connection "));
	ck_assert_ptr_nonnull(strstr(rig.verdict.text, ": byte 32 is 0x"));
	assert_nothing_left();
}
END_TEST

START_TEST(missing_byte_is_a_wrong_result)
{
	rig_make("tcp", 4);
	be_wrong(DROP);
	rig.kase.drain_ms = 1000;
	begin();
	stop(1500, 0);
	verify();
	ck_assert(rig.verdict.wrong);
	ck_assert_msg(strncmp(rig.verdict.text, "1 of ", 5) == 0, "%s", rig.verdict.text);
	ck_assert_ptr_nonnull(
	        strstr(rig.verdict.text, " round trips owed after a drain of 1000 ms: "));
	ck_assert_ptr_nonnull(strstr(rig.verdict.text, ": 63 of 64 bytes came back"));
	assert_nothing_left();
}
END_TEST

/* The core calls release() only: the generator still runs. */
START_TEST(crash_leaves_nothing)
{
	int status;

	rig_make(transports[_i], 16);
	be_wrong(DIE);
	begin();
	ck_assert_int_eq(waitpid(rig.stage, &status, 0), rig.stage);
	ck_assert_int_eq(WTERMSIG(status), SIGKILL);
	assert_nothing_left();
}
END_TEST

START_TEST(trial_that_never_started_leaves_nothing)
{
	struct arena_sizes sizes = {16, 1, 1 << 20};
	struct hd_error err = {0};

	rig_make(transports[_i], 16);
	ck_assert_int_eq(arena_create(&rig.arena, &sizes, &err), 0);
	rig.trial = (struct workload_trial){
	        .kase = &rig.kase, .cpus = first_cpu, .arena = &rig.arena, .scratch = &rig.scratch};
	ck_assert_int_eq(echo_workload.prepare(&rig.trial, &err), 0);
	echo_workload.stop(&rig.trial);
	assert_nothing_left();
	echo_workload.release(&rig.trial);
}
END_TEST

START_TEST(too_few_descriptors_are_told)
{
	struct rlimit limit = {64, 300};
	struct hd_error err = {0};

	rig_make("udp", 1000);
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
	rig.trial = (struct workload_trial){.kase = &rig.kase, .cpus = first_cpu};
	ck_assert_int_eq(echo_workload.prepare(&rig.trial, &err), -EMFILE);
	ck_assert_str_eq(err.text, "needs 2128 descriptors, 300 are allowed: raise the hard limit "
	                           "(ulimit -Hn) or use fewer connections");
	echo_workload.release(&rig.trial);
	rig.params[CONNECTIONS].number = 80;
	rig.arena.fd = -1;
	ck_assert_int_eq(echo_workload.prepare(&rig.trial, NULL), 0);
	assert_nothing_left();
}
END_TEST

static const struct {
	int param;
	int64_t value;
	const char *text;
} refused[] = {
        {MESSAGE_BYTES, 65508, "message_bytes: 65508, a datagram holds at most 65507"},
        {MESSAGES_PER_CONNECTION, 1,
         "messages_per_connection: udp has nothing to close and open again, only 0"},
        {PIPELINE, 65, "pipeline: 65, datagrams of 1 byte can be told apart up to 64"},
};

static const struct {
	int64_t rate, goal_us, percentile;
	const char *arrivals, *text; /* NULL: allowed */
} rates[] = {
        {0, 0, 99, "even", NULL},
        {5000, 0, 99, "even", NULL},
        {5000, 300, -1, "poisson", NULL},
        {-1, 300, 50, "poisson", NULL},
        {-1, 0, 99, "even", "latency_goal_us: is missing; \"rate\": \"max-under\" needs a goal"},
        {0, 300, 99, "even", "latency_goal_us: 300 without a \"rate\""},
        {0, 0, 95, "even", "percentile: 95 without a \"rate\""},
        {0, 0, -1, "even", "percentile: 99.9 without a \"rate\""},
        {0, 0, 99, "poisson", "arrivals: \"poisson\" without a \"rate\""},
};

START_TEST(a_goal_needs_a_rate)
{
	struct hd_error err = {0};
	int code;

	rig_make(transports[_i % 3], 1);
	rig.params[RATE].number = rates[_i].rate;
	rig.params[LATENCY_GOAL_US].number = rates[_i].goal_us;
	rig.params[PERCENTILE].number = rates[_i].percentile;
	rig.params[ARRIVALS].text = rates[_i].arrivals;
	code = echo_workload.resolve(rig.params, 1, &err);
	ck_assert_int_eq(code, rates[_i].text ? -EINVAL : 0);
	ck_assert_str_eq(err.text, rates[_i].text ? rates[_i].text : "");
}
END_TEST

START_TEST(a_search_is_told)
{
	struct workload_search search;

	rig_make("tcp", 1);
	ck_assert(!echo_workload.search(&rig.kase, &search));
	rig.params[RATE].number = 5000;
	ck_assert(!echo_workload.search(&rig.kase, &search));
	rig.params[RATE].number = -1;
	rig.params[LATENCY_GOAL_US].number = 250;
	rig.params[PERCENTILE].number = -1;
	ck_assert(echo_workload.search(&rig.kase, &search));
	ck_assert_int_eq(search.param, RATE);
	ck_assert_int_eq(search.highest, 10000000);
	ck_assert_double_eq(search.goal, 250000);
	ck_assert_double_eq(search.percentile, 0.999);
	ck_assert_str_eq(echo_workload.metrics[search.planned].name, "planned_rate");
	ck_assert_str_eq(echo_workload.metrics[search.achieved].name, "achieved_rate");
	ck_assert_str_eq(echo_workload.metrics[search.response].name, "response_at_percentile");
}
END_TEST

/* Over each transport: the plan is told beside what came of it. */
START_TEST(a_rate_is_planned_and_told)
{
	rig_make(transports[_i], 8);
	rig.params[RATE].number = 2000;
	rig.params[PERCENTILE].number = 90;
	begin();
	stop(400, 200);
	verify();
	ck_assert_msg(!rig.verdict.wrong, "%s", rig.verdict.text);
	ck_assert_double_eq_tol(measured("planned_rate"), 2000, 100);
	ck_assert_double_gt(measured("achieved_rate"), 0);
	ck_assert_double_eq(measured("throughput"), measured("achieved_rate"));
	ck_assert_double_ge(measured("unsent"), 0);
	ck_assert_double_ge(measured("response_p50"), measured("latency_p50") * 0.98);
	ck_assert_double_eq(measured("response_at_percentile"), measured("response_p90"));
	ck_assert_double_ge(measured("response_max"), measured("response_p90"));
	ck_assert_double_lt(measured("generator_cpu"), 110);
	ck_assert_double_eq(measured("never_served"), 0);
	assert_nothing_left();
}
END_TEST

/* So slow a plan that nothing is due yet: nobody has failed. */
START_TEST(a_plan_for_later_is_no_fault)
{
	rig_make("unix", 1);
	rig.params[RATE].number = 1;
	rig.params[ARRIVALS].text = "poisson";
	begin(); /* the first is due after more than a second */
	stop(0, 200);
	verify();
	ck_assert_msg(!rig.verdict.wrong, "%s", rig.verdict.text);
	ck_assert_str_eq(rig.verdict.note,
	                 "no message was planned in the windows; make them longer");
	ck_assert_double_eq(measured("throughput"), 0);
	ck_assert(isnan(measured("response_p50")));
	ck_assert_double_eq(measured("never_served"), 0);
	assert_nothing_left();
}
END_TEST

/* Much more than a server can do: what was planned and not sent is told, and counts as waiting. */
START_TEST(a_rate_out_of_reach_is_noted)
{
	rig_make("unix", 2);
	rig.params[RATE].number = 10000000;
	begin();
	stop(100, 200);
	verify();
	ck_assert_msg(!rig.verdict.wrong, "%s", rig.verdict.text);
	ck_assert_msg(strstr(rig.verdict.note, " planned messages a second came back"), "%s",
	              rig.verdict.note);
	ck_assert_double_gt(measured("unsent"), 1e5);
	ck_assert_double_gt(measured("response_p50"), 20e6);
	ck_assert_double_lt(measured("achieved_rate"), 0.5 * measured("planned_rate"));
	assert_nothing_left();
}
END_TEST

START_TEST(what_udp_cannot_is_refused)
{
	struct hd_error err = {0};

	rig_make("udp", 1);
	if (refused[_i].param == PIPELINE)
		rig.params[MESSAGE_BYTES].number = 1;
	rig.params[refused[_i].param].number = refused[_i].value;
	ck_assert_int_eq(echo_workload.resolve(rig.params, 1, &err), -EINVAL);
	ck_assert_str_eq(err.text, refused[_i].text);
	rig.params[TRANSPORT].text = "tcp";
	ck_assert_int_eq(echo_workload.resolve(rig.params, 1, NULL), 0);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("echo");
	TCase *good = tcase_create("right"), *bad = tcase_create("faults");
	SRunner *runner = srunner_create(suite);
	int failures;

	if (!loopback_is_up())
		return TEST_SKIPPED;
	tcase_set_timeout(good, 60);
	tcase_add_loop_test(good, every_shape_is_verified, 0, sizeof(right) / sizeof(right[0]));
	tcase_add_test(good, two_threads_of_the_generator);
	tcase_add_test(good, metrics_are_filled_in);
	tcase_add_test(good, udp_counts_what_streams_do_not);
	tcase_add_loop_test(good, a_generator_at_its_limit_is_told, 0, 3);
	tcase_add_loop_test(good, iterative_server_is_noted, 0, 3);
	tcase_add_loop_test(good, a_goal_needs_a_rate, 0, sizeof(rates) / sizeof(rates[0]));
	tcase_add_test(good, a_search_is_told);
	tcase_add_loop_test(good, a_rate_is_planned_and_told, 0, 3);
	tcase_add_test(good, a_plan_for_later_is_no_fault);
	tcase_add_test(good, a_rate_out_of_reach_is_noted);
	tcase_set_timeout(bad, 60);
	tcase_add_loop_test(bad, wrong_byte_is_a_wrong_result, 0, 3);
	tcase_add_test(bad, missing_byte_is_a_wrong_result);
	tcase_add_loop_test(bad, crash_leaves_nothing, 0, 3);
	tcase_add_loop_test(bad, trial_that_never_started_leaves_nothing, 0, 3);
	tcase_add_loop_test(bad, a_stranger_is_turned_away, 0, 2);
	tcase_add_loop_test(bad, strangers_among_many_connections, 0, 2);
	tcase_add_test(bad, datagrams_of_a_stranger_are_not_heard);
	tcase_add_test(bad, sockets_are_out_of_reach);
	tcase_add_test(bad, too_few_descriptors_are_told);
	tcase_add_loop_test(bad, what_udp_cannot_is_refused, 0, 3);
	suite_add_tcase(suite, good);
	suite_add_tcase(suite, bad);
	srunner_run_all(runner, CK_NORMAL);
	failures = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failures ? EXIT_FAILURE : EXIT_SUCCESS;
}
