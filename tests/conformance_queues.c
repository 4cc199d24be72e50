/* SPDX-License-Identifier: MIT */
/* PUT and GET: each message once, in order for each sender, and waits that keep to their timeouts.
 */
#define _GNU_SOURCE
#include "conformance_rig.h"

#include <errno.h>
#include <string.h>

#define SENDERS_MAX 4
#define MESSAGES 500 /* of each sender */
#define MANY 100000  /* more than any queue of this capacity may hold */

/* ---- Waits and limits, one task alone ---- */

struct limits_job {
	struct test_job base;
	uint64_t *messages; /* of the request */
	uint64_t put, got;
	int state;
	int64_t asked_ns, timeout_ns;
	bool exact, waits;
};

static void limits_ask(struct limits_job *job, struct hd_request *request, uint32_t op,
                       uint64_t times)
{
	request->op = op;
	request->fd = 1;
	request->buf = job->messages;
	request->times = times;
	request->size = times * sizeof *job->messages;
	request->timeout_ns = job->timeout_ns;
	job->asked_ns = now_ns();
}

/* The answer of a queue that can give or take no more; -EAGAIN is right for serial whatever was
 * asked. */
static void limits_judge(const struct limits_job *job, const char *what, int64_t answer)
{
	bool timed = job->waits && job->timeout_ns > 0;
	int64_t expected = timed ? -ETIMEDOUT : -EAGAIN;

	if (answer != expected)
		complain(job->base.shared, "%s: answer %ld, not %ld", what, (long)answer,
		         (long)expected);
	else if (timed && now_ns() - job->asked_ns < job->timeout_ns)
		complain(job->base.shared, "%s: too early", what);
}

static void limits_check_order(struct limits_job *job, int64_t answer)
{
	for (int64_t i = 0; i < answer; i++)
		if (job->messages[i] != job->got++)
			complain(job->base.shared, "GET: message %lu comes as number %lu",
			         (unsigned long)job->messages[i], (unsigned long)job->got - 1);
}

/* Empty, filled to the brim, full, emptied, empty; asking for more at a time than there is. */
static void limits_step(struct test_job *test, int64_t answer, struct hd_request *request)
{
	struct limits_job *job = (struct limits_job *)(void *)test;
	enum { START, EMPTY, FILLING, DRAINING };

	if (test->shared->complained)
		return;
	if (job->state == START) {
		job->state = EMPTY;
		limits_ask(job, request, HD_GET, 3);
		return;
	}
	if (job->state == EMPTY)
		limits_judge(job, "GET of an empty queue", answer);
	if (job->state == FILLING && answer > 0)
		job->put += (uint64_t)answer;
	if (job->state == EMPTY || (job->state == FILLING && answer > 0 && job->put < MANY)) {
		job->state = FILLING;
		for (uint64_t i = 0; i < 3; i++)
			job->messages[i] = job->put + i;
		limits_ask(job, request, HD_PUT, 3);
		return;
	}
	if (job->state == FILLING) {
		limits_judge(job, "PUT into a full queue", answer);
		if (job->put == 0 || (job->exact && job->put != QUEUE_CAPACITY))
			complain(test->shared, "a queue of %d messages took %lu", QUEUE_CAPACITY,
			         (unsigned long)job->put);
		job->state = DRAINING;
		limits_ask(job, request, HD_GET, 5);
		return;
	}
	if (answer > 0) {
		limits_check_order(job, answer);
		limits_ask(job, request, HD_GET, 5);
		return;
	}
	limits_judge(job, "GET of an emptied queue", answer);
	if (job->got != job->put)
		complain(test->shared, "%lu messages put, %lu got", (unsigned long)job->put,
		         (unsigned long)job->got);
}

START_TEST(limits)
{
	struct rig rig;
	struct limits_job *job;

	rig_load(&rig, _i);
	if (!rig_can(&rig, HD_CAN(HD_PUT) | HD_CAN(HD_GET)))
		return;
	job = rig_alloc(&rig, sizeof *job);
	job->messages = rig_alloc(&rig, 16 * sizeof *job->messages);
	job->base.script = limits_step;
	job->exact = !*rig.subject->option;
	job->waits = !rig_is(&rig, "serial");
	if (!rig_open(&rig, 1, 1))
		return;
	for (int run = 0; run < 4; run++) {
		job->state = 0;
		job->put = job->got = 0;
		job->timeout_ns = run % 2 ? 20 * MS : 0;
		rig_run(&rig, job, 1, sizeof *job);
	}
	rig_close(&rig);
}
END_TEST

/* ---- Senders and receivers ---- */

struct traffic {
	uint32_t senders;
	uint64_t taken;
	uint8_t seen[SENDERS_MAX][MESSAGES];
};

struct traffic_job {
	struct test_job base;
	struct traffic *traffic;
	uint64_t *messages;
	bool sends;
	uint32_t sender, queue;
	uint64_t next, asked; /* a sender's */
	/* A receiver's: 1 + number of the last message of each sender. */
	uint64_t last[SENDERS_MAX];
};

static void send_step(struct test_job *test, int64_t answer, struct hd_request *request)
{
	struct traffic_job *job = (struct traffic_job *)(void *)test;
	uint64_t times;

	if (test->started == 1)
		answer = 0;
	else if (answer < 1 || answer > (int64_t)job->asked) {
		complain(test->shared, "PUT of %lu: answer %ld", (unsigned long)job->asked,
		         (long)answer);
		return;
	}
	job->next += (uint64_t)answer;
	if (job->next == MESSAGES)
		return;
	times = 1 + (job->next + job->sender) % 12; /* also more than fits */
	if (times > MESSAGES - job->next)
		times = MESSAGES - job->next;
	for (uint64_t i = 0; i < times; i++)
		job->messages[i] = (uint64_t)job->sender << 32 | (job->next + i);
	job->asked = times;
	request->op = HD_PUT;
	request->fd = (int32_t)job->queue;
	request->buf = job->messages;
	request->times = times;
	request->size = times * sizeof *job->messages;
}

static void receive(struct traffic_job *job, uint64_t message)
{
	uint64_t sender = message >> 32, number = message & UINT32_MAX;

	if (sender >= job->traffic->senders || number >= MESSAGES) {
		complain(job->base.shared, "GET: message %lx was never sent",
		         (unsigned long)message);
		return;
	}
	if (number < job->last[sender])
		complain(job->base.shared, "GET: message %lu of sender %lu after %lu",
		         (unsigned long)number, (unsigned long)sender,
		         (unsigned long)job->last[sender] - 1);
	if (__atomic_exchange_n(&job->traffic->seen[sender][number], 1, __ATOMIC_RELAXED))
		complain(job->base.shared, "GET: message %lu of sender %lu twice",
		         (unsigned long)number, (unsigned long)sender);
	job->last[sender] = number + 1;
}

/* Receivers go home when a short wait brings nothing and all was taken. */
static void receive_step(struct test_job *test, int64_t answer, struct hd_request *request)
{
	struct traffic_job *job = (struct traffic_job *)(void *)test;
	struct traffic *traffic = job->traffic;

	if (test->started == 1)
		answer = 0;
	else if ((answer < 0 && answer != -ETIMEDOUT) || answer == 0 || answer > 3) {
		complain(test->shared, "GET of 3: answer %ld", (long)answer);
		return;
	}
	for (int64_t i = 0; i < answer; i++)
		receive(job, job->messages[i]);
	if (answer > 0)
		__atomic_fetch_add(&traffic->taken, (uint64_t)answer, __ATOMIC_RELAXED);
	if (__atomic_load_n(&traffic->taken, __ATOMIC_RELAXED) == traffic->senders * MESSAGES ||
	    test->shared->complained)
		return;
	request->op = HD_GET;
	request->fd = (int32_t)job->queue;
	request->buf = job->messages;
	request->times = 3;
	request->size = 3 * sizeof *job->messages;
	request->timeout_ns = 20 * MS;
}

static void run_traffic(struct rig *rig, uint32_t senders, uint32_t receivers, uint32_t queue)
{
	uint32_t count = senders + receivers;
	struct traffic_job *jobs = rig_alloc(rig, count * sizeof *jobs);
	struct traffic *traffic = rig_alloc(rig, sizeof *traffic);

	traffic->senders = senders;
	for (uint32_t i = 0; i < count; i++) {
		jobs[i].sends = i < senders;
		jobs[i].base.script = jobs[i].sends ? send_step : receive_step;
		jobs[i].traffic = traffic;
		jobs[i].messages = rig_alloc(rig, 32 * sizeof(uint64_t));
		jobs[i].sender = i;
		jobs[i].queue = queue;
	}
	rig_run(rig, jobs, count, sizeof *jobs);
	for (uint32_t s = 0; s < senders; s++)
		for (uint32_t m = 0; m < MESSAGES; m++)
			ck_assert_msg(traffic->seen[s][m], "message %u of sender %u is lost", m, s);
}

START_TEST(traffic)
{
	struct rig rig;

	rig_load(&rig, _i);
	if (rig_is(&rig, "serial") || !rig_can(&rig, HD_CAN(HD_PUT) | HD_CAN(HD_GET)))
		return;
	for (uint32_t cores = 1; cores <= 2; cores++) {
		if (!rig_open(&rig, cores, 5))
			return;
		run_traffic(&rig, 1, 1, 0);
		run_traffic(&rig, 2, 2, 1);
		run_traffic(&rig, 1, 4, 0);
		run_traffic(&rig, 4, 1, 1);
		rig_close(&rig);
	}
}
END_TEST

void conformance_queues(TCase *tcase, int from, int to)
{
	tcase_add_loop_test(tcase, limits, from, to);
	tcase_add_loop_test(tcase, traffic, from, to);
}
