/* SPDX-License-Identifier: MIT */
/* PUT and GET: each message once, in order for each sender, and waits that keep to their timeouts. */
#include "check_rig.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

enum {
	SENDERS_MAX = 4,
	MESSAGES = 500, /* of each sender */
	MANY = 100000,  /* where a queue is taken for one without an end */
	PUT_AT_ONCE = 3,
	GET_AT_ONCE = 5,
	ROOM = 16,
};
#define GUARD UINT64_C(0x6775617264)

static void ask(struct hd_request *request, uint32_t op, uint32_t queue, uint64_t *messages,
                uint64_t times)
{
	request->op = op;
	request->fd = (int32_t)queue;
	request->buf = messages;
	request->times = times;
	request->size = times * sizeof(*messages);
}

/* ---- Waits and limits, one task alone ---- */

enum { START, EMPTY, FILLING, DRAINING };

struct limits_job {
	struct check_job base;
	uint64_t messages[ROOM]; /* of the request, and behind them what is nobody's to change */
	uint64_t put, got;
	int state;
	int64_t asked_ns, timeout_ns;
};

static void limits_ask(struct limits_job *job, struct hd_request *request, uint32_t op,
                       uint64_t times)
{
	ask(request, op, 1, job->messages, times);
	request->timeout_ns = job->timeout_ns;
	for (uint64_t i = times; i < ROOM; i++)
		job->messages[i] = GUARD;
	job->asked_ns = (int64_t)clock_now_ns();
}

/* The answer of a queue that can give or take no more. One job at a time may say -EAGAIN whatever was asked. */
static void limits_judge(const struct limits_job *job, const char *what, int64_t answer)
{
	const struct rig *rig = job->base.rig;
	bool timed = job->timeout_ns > 0 && !(rig->report->one_at_a_time && answer == -EAGAIN);
	int64_t took_ns = (int64_t)clock_now_ns() - job->asked_ns;
	char done[CHECK_TEXT], text[RIG_ANSWER];

	snprintf(done, sizeof(done), "%s, timeout %d ms", what, (int)(job->timeout_ns / RIG_MS));
	if (answer != (timed ? -ETIMEDOUT : -EAGAIN))
		rig_complain(rig, done, timed ? "-110 (ETIMEDOUT)" : "-11 (EAGAIN)", "%s",
		             rig_answer(answer, text));
	else if (timed && (took_ns < job->timeout_ns || took_ns > job->timeout_ns + RIG_LATE_NS))
		rig_complain(rig, done, "the answer when the time is over", "it after %.3f ms",
		             (double)took_ns / 1e6);
}

static void limits_check_order(struct limits_job *job, int64_t answer)
{
	for (int64_t i = 0; i < answer && i < GET_AT_ONCE; i++, job->got++)
		if (job->messages[i] != job->got)
			rig_complain(job->base.rig, "GET from a queue of numbers",
			             "them in their order", "%llu as number %llu",
			             (unsigned long long)job->messages[i],
			             (unsigned long long)job->got);
}

static void limits_fill(struct limits_job *job, struct hd_request *request)
{
	job->state = FILLING;
	for (uint64_t i = 0; i < PUT_AT_ONCE; i++)
		job->messages[i] = job->put + i;
	limits_ask(job, request, HD_PUT, PUT_AT_ONCE);
}

static void limits_begin_to_drain(struct limits_job *job, int64_t answer,
                                  struct hd_request *request)
{
	limits_judge(job, "PUT into a full queue", answer);
	if (job->put != RIG_CAPACITY)
		rig_complain(job->base.rig, "PUT into a queue of 8 until it is full",
		             "8 messages in it", "%llu", (unsigned long long)job->put);
	job->state = DRAINING;
	limits_ask(job, request, HD_GET, GET_AT_ONCE);
}

static bool moves_too_much(const struct limits_job *job, int64_t answer)
{
	int64_t most = job->state == FILLING ? PUT_AT_ONCE : GET_AT_ONCE;
	char text[RIG_ANSWER];

	if (job->state <= EMPTY || answer <= most)
		return false;
	rig_complain(job->base.rig,
	             job->state == FILLING ? "PUT of 3 messages" : "GET of 5 messages",
	             "as many moved at most", "the answer %s", rig_answer(answer, text));
	return true;
}

static bool writes_beyond(const struct limits_job *job)
{
	uint64_t asked = job->state == DRAINING ? GET_AT_ONCE : PUT_AT_ONCE;

	for (uint64_t i = asked; job->state != START && i < ROOM; i++)
		if (job->messages[i] != GUARD) {
			rig_complain(job->base.rig,
			             job->state == DRAINING ? "GET of 5 messages"
			             : job->state == EMPTY  ? "GET of 3 messages"
			                                    : "PUT of 3 messages",
			             "nothing changed behind them", "another word there");
			return true;
		}
	return false;
}

/* Empty, filled to the brim, full, emptied, empty; asking for more at a time than there is. */
static void limits_step(struct check_job *base, int64_t answer, struct hd_request *request)
{
	struct limits_job *job = (struct limits_job *)(void *)base;

	if (rig_failed(base->rig) || moves_too_much(job, answer) || writes_beyond(job))
		return;
	if (job->state == START) {
		job->state = EMPTY;
		limits_ask(job, request, HD_GET, PUT_AT_ONCE);
		return;
	}
	if (job->state == EMPTY)
		limits_judge(job, "GET from an empty queue", answer);
	if (job->state == FILLING && answer > 0)
		job->put += (uint64_t)answer;
	if (job->state == EMPTY || (job->state == FILLING && answer > 0 && job->put < MANY)) {
		limits_fill(job, request);
	} else if (job->state == FILLING) {
		limits_begin_to_drain(job, answer, request);
	} else if (answer > 0) {
		limits_check_order(job, answer);
		limits_ask(job, request, HD_GET, GET_AT_ONCE);
	} else {
		limits_judge(job, "GET from an emptied queue", answer);
		if (job->got != job->put)
			rig_complain(base->rig, "PUT until full, GET until empty",
			             "as many messages out as in", "%llu of %llu",
			             (unsigned long long)job->got, (unsigned long long)job->put);
	}
}

static struct check_line moving(const char *what, uint32_t op, uint32_t queue, uint64_t *message,
                                int64_t timeout_ns, int64_t answer)
{
	struct check_line line = {.what = what, .least = answer, .most = answer};

	ask(&line.request, op, queue, message, 1);
	line.request.fd2 = -1;
	line.request.offset = -1;
	line.request.timeout_ns = timeout_ns;
	line.wait_ns = answer == -ETIMEDOUT ? timeout_ns : 0;
	return line;
}

/* What is in one queue is in no other; and a short timeout is one, too. */
static bool keeps_apart(struct rig *rig)
{
	uint64_t *put = rig_alloc(rig, 2 * sizeof(*put)), *got = rig_alloc(rig, sizeof(*got));
	bool alone = rig->report->one_at_a_time;

	put[0] = 'a';
	put[1] = 'b';
	struct check_line lines[] = {
	        moving("GET from an empty queue, timeout 0.3 ms", HD_GET, 0, got, 3 * RIG_MS / 10,
	               -ETIMEDOUT),
	        moving("PUT into queue 1", HD_PUT, 1, &put[0], 0, 1),
	        moving("GET from queue 0 where queue 1 has a message, timeout 0", HD_GET, 0, got, 0,
	               -EAGAIN),
	        moving("PUT into queue 0", HD_PUT, 0, &put[1], 0, 1),
	        moving("GET from queue 1", HD_GET, 1, got, 0, 1),
	        moving("GET from queue 0", HD_GET, 0, got, 0, 1),
	};
	lines[0].most = alone ? -EAGAIN : -ETIMEDOUT;
	lines[0].wait_ns = alone ? 0 : lines[0].wait_ns;
	lines[4].bytes = (const char *)&put[0];
	lines[5].bytes = (const char *)&put[1];
	return rig_play(rig, lines, sizeof(lines) / sizeof(*lines));
}

void check_queue_limits(struct rig *rig)
{
	struct limits_job *job = rig_alloc(rig, sizeof(*job));

	rig->reopens = true;
	if (!keeps_apart(rig))
		return;
	job->base.script = limits_step;
	rig_does(rig, "answers", "one job that fills a queue and empties it");
	if (!rig_open(rig))
		return;
	for (int run = 0; run < 4; run++) {
		job->state = START;
		job->put = job->got = 0;
		job->timeout_ns = run % 2 ? 20 * RIG_MS : 0;
		if (!rig_run(rig, job, 1, sizeof(*job)))
			return;
	}
	rig_close(rig);
}

/* ---- Senders and receivers ---- */

struct traffic {
	uint32_t senders;
	_Atomic uint64_t taken;
	_Atomic uint32_t through; /* senders that have put all */
	_Atomic uint8_t seen[SENDERS_MAX][MESSAGES];
};

struct traffic_job {
	struct check_job base;
	struct traffic *traffic;
	uint64_t messages[32];
	uint32_t sender, queue;
	uint64_t next, asked;       /* a sender's */
	uint32_t in_vain;           /* how often nothing came once all senders were through */
	uint64_t last[SENDERS_MAX]; /* a receiver's: 1 + number of each sender's last message */
};

static void send_step(struct check_job *base, int64_t answer, struct hd_request *request)
{
	struct traffic_job *job = (struct traffic_job *)(void *)base;
	char done[CHECK_TEXT], text[RIG_ANSWER];
	uint64_t times;

	if (base->started > 1 && (answer < 1 || answer > (int64_t)job->asked)) {
		snprintf(done, sizeof(done), "PUT of %llu messages, without a timeout",
		         (unsigned long long)job->asked);
		rig_complain(base->rig, done, "at least 1 moved, no more than asked", "%s",
		             rig_answer(answer, text));
		return;
	}
	job->next += base->started > 1 ? (uint64_t)answer : 0;
	if (job->next == MESSAGES) {
		atomic_fetch_add(&job->traffic->through, 1);
		return;
	}
	times = 1 + (job->next + job->sender) % 12; /* also more than fits */
	if (times > MESSAGES - job->next)
		times = MESSAGES - job->next;
	for (uint64_t i = 0; i < times; i++)
		job->messages[i] = (uint64_t)job->sender << 32 | (job->next + i);
	job->asked = times;
	ask(request, HD_PUT, job->queue, job->messages, times);
}

static void receive(struct traffic_job *job, uint64_t message)
{
	uint64_t sender = message >> 32, number = message & UINT32_MAX;
	const struct rig *rig = job->base.rig;

	if (sender >= job->traffic->senders || number >= MESSAGES) {
		rig_complain(rig, "GET", "a message that was put", "%llx, which never was",
		             (unsigned long long)message);
		return;
	}
	if (atomic_exchange(&job->traffic->seen[sender][number], 1))
		rig_complain(rig, "PUT and GET of one message", "it once",
		             "message %llu of sender %llu twice", (unsigned long long)number,
		             (unsigned long long)sender);
	if (number < job->last[sender])
		rig_complain(rig, "PUT and GET of one sender's messages", "them in their order",
		             "message %llu of sender %llu after %llu", (unsigned long long)number,
		             (unsigned long long)sender, (unsigned long long)job->last[sender] - 1);
	job->last[sender] = number + 1;
}

/* Receivers go home when all was taken, or when what is still owed does not come. */
static void receive_step(struct check_job *base, int64_t answer, struct hd_request *request)
{
	struct traffic_job *job = (struct traffic_job *)(void *)base;
	struct traffic *traffic = job->traffic;
	char text[RIG_ANSWER];

	if (base->started == 1)
		answer = 0;
	else if ((answer < 0 && answer != -ETIMEDOUT) || answer == 0 || answer > 3) {
		rig_complain(base->rig, "GET of 3 messages, timeout 20 ms",
		             "1 to 3, or -110 (ETIMEDOUT)", "%s", rig_answer(answer, text));
		return;
	}
	for (int64_t i = 0; i < answer; i++)
		receive(job, job->messages[i]);
	if (answer > 0)
		atomic_fetch_add(&traffic->taken, (uint64_t)answer);
	if (answer == -ETIMEDOUT && atomic_load(&traffic->through) == traffic->senders)
		job->in_vain++;
	if (atomic_load(&traffic->taken) == traffic->senders * MESSAGES || job->in_vain == 2)
		return;
	ask(request, HD_GET, job->queue, job->messages, 3);
	request->timeout_ns = 20 * RIG_MS;
}

static bool run_traffic(struct rig *rig, uint32_t senders, uint32_t receivers, uint32_t queue)
{
	uint32_t count = senders + receivers;
	struct traffic_job *jobs = rig_alloc(rig, count * sizeof(*jobs));
	struct traffic *traffic = rig_alloc(rig, sizeof(*traffic));

	traffic->senders = senders;
	for (uint32_t i = 0; i < count; i++) {
		jobs[i].base.script = i < senders ? send_step : receive_step;
		jobs[i].traffic = traffic;
		jobs[i].sender = i;
		jobs[i].queue = queue;
	}
	rig_does(rig, "each message once",
	         "%u senders of %d messages each, %u receivers, a queue of %d", senders, MESSAGES,
	         receivers, RIG_CAPACITY);
	if (!rig_run(rig, jobs, count, sizeof(*jobs)))
		return false;
	for (uint32_t s = 0; s < senders; s++)
		for (uint32_t m = 0; m < MESSAGES; m++)
			if (!atomic_load(&traffic->seen[s][m]))
				return rig_fail(rig, "message %u of sender %u nowhere", m, s);
	return true;
}

void check_messages(struct rig *rig)
{
	if (!rig_open(rig) || !run_traffic(rig, 1, 1, 0) || !run_traffic(rig, 2, 2, 1) ||
	    !run_traffic(rig, 1, 3, 0) || !run_traffic(rig, 3, 1, 1))
		return;
	rig_close(rig);
}
