/* SPDX-License-Identifier: MIT */
/* `queue`: each message once and in its sender's order; what is lost, repeated, changed or overtaken is found. */
#include "suite.h"

#include "mutant_rig.h"

START_TEST(every_model_is_right)
{
	static const struct {
		int producers, consumers, capacity, batch;
	} shapes[] = {{1, 1, 1024, 1}, {3, 2, 4, 1}, {1, 5, 1, 7}, {4, 1, 64, 64}};
	struct rig rig;

	rig_open(&rig);
	for (int i = 0; concurrent_models[i]; i++)
		for (int shape = 0; shape < 4; shape++) {
			rig_prepare_model(&rig, concurrent_models[i], "queue");
			rig_set_int(&rig, "producers", shapes[shape].producers);
			rig_set_int(&rig, "consumers", shapes[shape].consumers);
			rig_set_int(&rig, "capacity", shapes[shape].capacity);
			rig_set_int(&rig, "batch", shapes[shape].batch);
			rig_expect_right(&rig);
			ck_assert_double_gt(rig_metric(&rig, "throughput"), 0);
		}
	rig_close(&rig);
}
END_TEST

START_TEST(wrong_messages_are_found)
{
	static const struct {
		const char *mutant, *words;
		int batch;
	} wrongs[] = {{"mutant-lose", " lost)", 1},
	              {"mutant-repeat", " came twice or after a later one; ", 1},
	              {"mutant-turn-over", " came twice or after a later one; ", 16},
	              {"mutant-change", "", 1},
	              {"mutant-roomy", "a queue of 1 024 messages held ", 1}};
	struct rig rig;

	rig_open(&rig);
	for (int i = 0; i < 5; i++) {
		rig_prepare_model(&rig, wrongs[i].mutant, "queue");
		rig_set_int(&rig, "batch", wrongs[i].batch);
		/* Time for the tasks to run unevenly: a queue of even ones is never full. */
		rig.spec.sampling.window_ms = 100;
		rig_expect(&rig, STATUS_WRONG_RESULT, wrongs[i].words);
	}
	rig_close(&rig);
}
END_TEST

START_TEST(serial_has_nobody_to_wait_for)
{
	struct rig rig;

	rig_open(&rig);
	rig_prepare_model(&rig, "serial", "queue");
	rig_expect(&rig, STATUS_WRONG_RESULT,
	           "task 0: a PUT was answered with the error Resource temporarily unavailable");
	rig_close(&rig);
}
END_TEST

/* ---- By hand: one producer, two consumers, and no model ---- */

struct hand {
	struct value params[4];
	struct workload_case kase;
	struct arena arena;
	struct workload_stage stage;
	struct hd_request requests[3];
	struct workload_verdict verdict;
};

static void hand_open(struct hand *hand)
{
	const struct workload *workload = workload_find("queue");
	struct workload_needs needed = {0};
	struct arena_sizes sizes;
	struct hd_error err = {0};

	*hand = (struct hand){
	        .params = {{.number = 1}, {.number = 2}, {.number = 8}, {.number = 2}}};
	hand->kase =
	        (struct workload_case){.workload = workload, .params = hand->params, .cores = 1};
	workload->needs(&hand->kase, &needed);
	ck_assert_uint_eq(needed.in_flight, 3);
	ck_assert_uint_eq(needed.queues, 1);
	ck_assert_uint_eq(needed.queue_capacity, 8);
	sizes = (struct arena_sizes){.tasks = 3, .workload_bytes = needed.bytes};
	ck_assert_int_eq(arena_create(&hand->arena, &sizes, &err), 0);
	hand->stage = (struct workload_stage){.kase = &hand->kase, .arena = &hand->arena};
	ck_assert_int_eq(workload->setup(&hand->stage, &err), 0);
	ck_assert_uint_eq(hand->stage.jobs.stride % 128, 0);
	for (uint32_t i = 0; i < 3; i++) {
		struct hd_job *job = hd_job_at(&hand->stage.jobs, i);

		job->task = i;
		job->step(job, 0, &hand->requests[i]);
		ck_assert_uint_eq(hand->requests[i].op, i ? HD_GET : HD_PUT);
		ck_assert_uint_eq(hand->requests[i].times, 2);
	}
}

static void answer(struct hand *hand, uint32_t i, int64_t answer)
{
	struct hd_job *job = hd_job_at(&hand->stage.jobs, i);

	job->step(job, answer, &hand->requests[i]);
}

static void give(struct hand *hand, uint32_t consumer, uint64_t message)
{
	*(uint64_t *)hand->requests[consumer].buf = message;
	answer(hand, consumer, 1);
}

static const char *judge(struct hand *hand)
{
	struct workload_trial trial = {.kase = &hand->kase, .arena = &hand->arena};

	hand->kase.workload->verify(&trial, &hand->verdict);
	arena_destroy(&hand->arena);
	return hand->verdict.text;
}

START_TEST(more_than_fits_is_told)
{
	struct hand hand;

	hand_open(&hand);
	for (int i = 0; i < 192; i++)
		answer(&hand, 0, 2);
	for (uint64_t number = 0; number < 384; number++)
		give(&hand, 1, number);
	ck_assert_str_eq(judge(&hand), "a queue of 8 messages held 370 more");
	ck_assert(hand.verdict.wrong);
}
END_TEST

START_TEST(a_short_answer_is_gone_on_from)
{
	struct hand hand;
	const uint64_t *messages;

	hand_open(&hand);
	messages = hand.requests[0].buf;
	ck_assert_uint_eq(messages[1], 1);
	answer(&hand, 0, 1); /* of two */
	ck_assert_uint_eq(messages[0], 1);
	ck_assert_uint_eq(messages[1], 2);
	answer(&hand, 0, 2);
	ck_assert_uint_eq(messages[0], 3);
	for (uint64_t i = 0; i < 3; i++)
		give(&hand, 1 + (uint32_t)i % 2, i);
	ck_assert_str_eq(judge(&hand), "");
}
END_TEST

START_TEST(all_go_home_one_after_the_other)
{
	struct hand hand;
	uint64_t end, stop;

	hand_open(&hand);
	atomic_store(&hand.arena.board->stop, 1);
	answer(&hand, 0, 1);
	ck_assert_uint_eq(hand.requests[0].op, HD_PUT);
	end = *(uint64_t *)hand.requests[0].buf;
	answer(&hand, 0, 1);
	ck_assert_uint_eq(hand.requests[0].op, HD_DONE);
	give(&hand, 2, 0);
	give(&hand, 2, end);
	ck_assert_uint_eq(hand.requests[2].op, HD_PUT);
	stop = *(uint64_t *)hand.requests[2].buf;
	answer(&hand, 2, 1);
	ck_assert_uint_eq(hand.requests[2].op, HD_DONE);
	give(&hand, 1, stop);
	ck_assert_uint_eq(hand.requests[1].op, HD_DONE);
	ck_assert_str_eq(judge(&hand), "");
}
END_TEST

START_TEST(the_difference_is_told)
{
	struct hand hand;

	hand_open(&hand);
	answer(&hand, 0, 2);
	give(&hand, 1, 0);
	ck_assert_str_eq(judge(&hand), "producer 0: 2 messages put, 1 got (1 lost)");
	hand_open(&hand);
	answer(&hand, 0, 2);
	give(&hand, 1, 0);
	give(&hand, 2, 0);
	ck_assert_str_eq(judge(&hand),
	                 "producer 0: 2 messages put and as many got, but not the same");
	hand_open(&hand);
	answer(&hand, 0, 2);
	give(&hand, 2, 1);
	give(&hand, 2, 0);
	ck_assert_str_eq(judge(&hand),
	                 "consumer 1: message 0 of producer 0 came twice or after a later "
	                 "one; 1 was its last");
	hand_open(&hand);
	give(&hand, 1, UINT64_C(5) << 40);
	ck_assert_str_eq(judge(&hand), "consumer 0: message 0x50000000000 was never put");
}
END_TEST

int main(int argc, char **argv)
{
	const suite_test tests[] = {every_model_is_right,           wrong_messages_are_found,
	                            serial_has_nobody_to_wait_for,  more_than_fits_is_told,
	                            a_short_answer_is_gone_on_from, all_go_home_one_after_the_other,
	                            the_difference_is_told,         NULL};

	if (rig_is_stage(argc, argv))
		return stage_main();
	return suite_run("queue", tests);
}
