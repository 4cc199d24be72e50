/* SPDX-License-Identifier: MIT */
/* Sections, turns, and jobs as such: every job once, as many in progress as promised, run after
 * run. */
#define _GNU_SOURCE
#include "conformance_rig.h"

#include <string.h>
#include <unistd.h>

#define WAIT_NS (5000 * MS) /* longer than anything that is not stuck */

/* ---- EXCLUSIVE ---- */

struct section_job {
	struct test_job base;
	uint64_t *words;
	uint32_t lines, turns;
	uint64_t times, asked, requests_least, requests_most;
	int64_t deadline_ns;
	uint64_t done[LOCKS];
};

static void section_step(struct test_job *test, int64_t answer, struct hd_request *request)
{
	struct section_job *job = (struct section_job *)(void *)test;
	uint32_t lock = (uint32_t)((job->asked + test->index) % LOCKS);

	if (answer != 0)
		complain(test->shared, "EXCLUSIVE: answer %ld", (long)answer);
	if (job->asked == job->requests_most ||
	    (job->asked >= job->requests_least && now_ns() > job->deadline_ns))
		return;
	request->op = HD_EXCLUSIVE;
	request->times = job->times;
	request->section.words = job->words + (uint64_t)lock * job->lines * HD_LINE_WORDS;
	request->section.lines = job->lines;
	request->section.turns = job->turns;
	request->section.lock = lock;
	job->done[lock] += job->times;
	job->asked++;
}

static void run_sections(struct rig *rig, uint64_t times, uint32_t lines)
{
	uint32_t count = 3 * rig->host.in_flight + 1;
	struct section_job *jobs = rig_alloc(rig, count * sizeof *jobs);
	uint64_t *words = rig_alloc(rig, LOCKS * lines * HD_LINE_WORDS * sizeof *words);

	for (uint32_t i = 0; i < count; i++) {
		jobs[i].base.script = section_step;
		jobs[i].words = words;
		jobs[i].lines = lines;
		jobs[i].turns = i % 3;
		jobs[i].times = times;
		jobs[i].requests_least = 20;
		jobs[i].requests_most = 300;
		jobs[i].deadline_ns = now_ns() + 30 * MS;
	}
	rig_run(rig, jobs, count, sizeof *jobs);
	for (uint32_t w = 0; w < LOCKS * lines; w++) {
		uint64_t expected = 0;

		for (uint32_t i = 0; i < count; i++)
			expected += jobs[i].done[w / lines];
		ck_assert_msg(words[w * HD_LINE_WORDS] == expected,
		              "%u tasks on %u cores, %lu sections a time: %ld of %lu updates lost",
		              rig->host.in_flight, rig->host.cores, (unsigned long)times,
		              (long)(expected - words[w * HD_LINE_WORDS]), (unsigned long)expected);
	}
}

START_TEST(exclusive)
{
	struct rig rig;

	rig_load(&rig, _i);
	if (!rig_can(&rig, HD_CAN(HD_EXCLUSIVE)))
		return;
	for (uint32_t cores = 1; cores <= 2; cores++)
		for (uint32_t in_flight = 1; in_flight <= 4; in_flight *= 2) {
			if (!rig_open(&rig, cores, in_flight))
				return;
			run_sections(&rig, 1, 1);
			run_sections(&rig, 1, 4);
			run_sections(&rig, 1000, 1);
			run_sections(&rig, 1000, 4);
			rig_close(&rig);
		}
}
END_TEST

/* ---- SHARED: readers never see half of a change ---- */

struct reader_job {
	struct test_job base;
	uint64_t *words;
	uint32_t asked;
};

static void reader_step(struct test_job *test, int64_t answer, struct hd_request *request)
{
	struct reader_job *job = (struct reader_job *)(void *)test;

	if (answer != 0)
		complain(test->shared, "SHARED, EXCLUSIVE: answer %ld", (long)answer);
	if (job->asked++ == 300)
		return;
	request->op = test->index % 2 ? HD_EXCLUSIVE : HD_SHARED;
	request->times = 50;
	request->section.words = job->words;
	request->section.lines = 4;
}

START_TEST(shared)
{
	struct rig rig;
	struct reader_job *jobs;
	uint64_t *words;

	rig_load(&rig, _i);
	if (!rig_can(&rig, HD_CAN(HD_SHARED) | HD_CAN(HD_EXCLUSIVE)))
		return;
	jobs = rig_alloc(&rig, 4 * sizeof *jobs);
	words = rig_alloc(&rig, 4 * HD_LINE_WORDS * sizeof *words);
	for (uint32_t i = 0; i < 4; i++) {
		jobs[i].base.script = reader_step;
		jobs[i].words = words;
	}
	if (!rig_open(&rig, 2, 4))
		return;
	rig_run(&rig, jobs, 4, sizeof *jobs);
	ck_assert_uint_eq(words[0], 2 * 300 * 50);
	rig_close(&rig);
}
END_TEST

/* ---- YIELD, SLEEP and events ---- */

struct turn_job {
	struct test_job base;
	uint32_t *flag;
	int64_t deadline_ns;
	bool sets;
};

/* One job gives turns away until another, which starts after it, has set the flag. */
static void turn_step(struct test_job *test, int64_t answer, struct hd_request *request)
{
	struct turn_job *job = (struct turn_job *)(void *)test;

	if (answer != 0)
		complain(test->shared, "YIELD: answer %ld", (long)answer);
	if (job->sets)
		__atomic_store_n(job->flag, 1, __ATOMIC_RELEASE);
	if (__atomic_load_n(job->flag, __ATOMIC_ACQUIRE))
		return;
	if (now_ns() > job->deadline_ns) {
		complain(test->shared, "YIELD has let no other task run");
		return;
	}
	request->op = HD_YIELD;
	request->times = 3;
}

START_TEST(yield)
{
	struct rig rig;
	struct turn_job *jobs;
	uint32_t *flag;

	rig_load(&rig, _i);
	if (!rig_can(&rig, HD_CAN(HD_YIELD)))
		return;
	flag = rig_alloc(&rig, sizeof *flag);
	jobs = rig_alloc(&rig, 4 * sizeof *jobs);
	for (uint32_t i = 0; i < 4; i++) {
		jobs[i].base.script = turn_step;
		jobs[i].flag = flag;
		jobs[i].sets = i == (rig_is(&rig, "serial") ? 0 : 3);
		jobs[i].deadline_ns = now_ns() + WAIT_NS;
	}
	for (uint32_t cores = 1; cores <= 2; cores++) {
		*flag = 0;
		if (!rig_open(&rig, cores, 4))
			return;
		rig_run(&rig, jobs, 4, sizeof *jobs);
		rig_close(&rig);
	}
}
END_TEST

START_TEST(yield_answers)
{
	static const struct line lines[] = {
	        {.what = "a turn", .request = {.op = HD_YIELD, .times = 1}},
	        {.what = "a hundred turns", .request = {.op = HD_YIELD, .times = 100}},
	};
	struct rig rig;

	rig_load(&rig, _i);
	rig_play(&rig, lines, sizeof lines / sizeof *lines);
}
END_TEST

START_TEST(sleeping)
{
	static const struct line lines[] = {
	        {.what = "no sleep", .request = {.op = HD_SLEEP, .timeout_ns = 0}},
	        {.what = "sleep",
	         .request = {.op = HD_SLEEP, .timeout_ns = 20 * MS},
	         .wait_ns = 20 * MS},
	};
	struct rig rig;

	rig_load(&rig, _i);
	rig_play(&rig, lines, sizeof lines / sizeof *lines);
}
END_TEST

START_TEST(events)
{
	const struct line lines[] = {
	        {"WAIT, not at all", {.op = HD_WAIT, .fd = 1}, -EAGAIN, -EAGAIN, 0, NULL},
	        {"WAIT, 20 ms",
	         {.op = HD_WAIT, .fd = 1, .timeout_ns = 20 * MS},
	         -ETIMEDOUT,
	         -ETIMEDOUT,
	         20 * MS,
	         NULL},
	        {"SET", {.op = HD_SET, .fd = 1}, 0, 0, 0, NULL},
	        {"WAIT, set", {.op = HD_WAIT, .fd = 1, .timeout_ns = -1}, 0, 0, 0, NULL},
	        {"WAIT, still set", {.op = HD_WAIT, .fd = 1}, 0, 0, 0, NULL},
	        {"WAIT for the other", {.op = HD_WAIT, .fd = 0}, -EAGAIN, -EAGAIN, 0, NULL},
	        {"CLEAR", {.op = HD_CLEAR, .fd = 1}, 0, 0, 0, NULL},
	        {"WAIT, cleared", {.op = HD_WAIT, .fd = 1}, -EAGAIN, -EAGAIN, 0, NULL},
	};
	struct rig rig;

	rig_load(&rig, _i);
	rig_play(&rig, lines, sizeof lines / sizeof *lines);
}
END_TEST

/* ---- Jobs in progress ---- */

struct chain_job {
	struct test_job base;
	int from, to, state;
	int64_t timeout_ns;
	char *byte;
};

/* Waits for a byte from the job after it, then sends one to the job before it; the last only sends.
 */
static void chain_step(struct test_job *test, int64_t answer, struct hd_request *request)
{
	struct chain_job *job = (struct chain_job *)(void *)test;

	if (test->started > 1 && answer != 1) {
		complain(test->shared,
		         "job %u waited for another (answer %ld): too few are in progress",
		         test->index, (long)answer);
		return;
	}
	request->buf = job->byte;
	request->size = 1;
	request->timeout_ns = job->timeout_ns;
	if (job->state == 0 && job->from < 0)
		job->state++;
	if (job->state == 0) {
		request->op = HD_READ;
		request->fd = job->from;
	} else if (job->state == 1 && job->to >= 0) {
		request->op = HD_WRITE;
		request->fd = job->to;
	}
	job->state++;
}

static void run_chain(struct rig *rig, uint32_t cores, uint32_t count, int64_t timeout_ns)
{
	struct chain_job *jobs = rig_alloc(rig, count * sizeof *jobs);
	char *bytes = rig_alloc(rig, count);
	int pipes[TASKS_MAX][2];

	for (uint32_t i = 0; i + 1 < count; i++)
		ck_assert_int_eq(pipe(pipes[i]), 0);
	for (uint32_t i = 0; i < count; i++) {
		jobs[i].base.script = chain_step;
		jobs[i].from = i + 1 < count ? pipes[i][0] : -1;
		jobs[i].to = i > 0 ? pipes[i - 1][1] : -1;
		jobs[i].timeout_ns = timeout_ns;
		jobs[i].byte = bytes + i;
	}
	if (rig_open(rig, cores, count)) {
		for (int again = 0; again < 3; again++) {
			for (uint32_t i = 0; i < count; i++)
				jobs[i].state = 0;
			rig_run(rig, jobs, count, sizeof *jobs);
		}
		rig_close(rig);
	}
	for (uint32_t i = 0; i + 1 < count; i++) {
		close(pipes[i][0]);
		close(pipes[i][1]);
	}
}

/* A task's wait stops no other: each of these jobs needs the one after it. */
START_TEST(in_progress)
{
	struct rig rig;

	rig_load(&rig, _i);
	if (rig_is(&rig, "serial") || !rig_can(&rig, HD_CAN(HD_READ) | HD_CAN(HD_WRITE)))
		return;
	run_chain(&rig, 1, 2, WAIT_NS);
	run_chain(&rig, 2, 4, WAIT_NS);
	run_chain(&rig, 1, TASKS_MAX, WAIT_NS);
	run_chain(&rig, 1, 3, -1);
	run_chain(&rig, 2, TASKS_MAX, -1);
}
END_TEST

/* ---- Runs ---- */

static void one_step(struct test_job *test, int64_t answer, struct hd_request *request)
{
	if (test->started == 1) {
		request->op = HD_EXCLUSIVE;
		request->times = 1;
		request->section.words = (uint64_t *)(void *)(test + 1);
		request->section.lines = 1;
	} else if (answer != 0) {
		complain(test->shared, "EXCLUSIVE: answer %ld", (long)answer);
	}
}

START_TEST(runs)
{
	struct rig rig;
	const uint64_t stride = 256;
	const uint32_t count = 10;
	char *jobs;

	rig_load(&rig, _i);
	if (!(rig.model->ops & HD_CAN(HD_EXCLUSIVE)))
		return;
	jobs = rig_alloc(&rig, count * stride);
	for (uint32_t in_flight = 1; in_flight <= 4; in_flight += 3) {
		if (!rig_open(&rig, 2, in_flight))
			return;
		for (uint32_t run = 0; run < 200; run++) {
			memset(jobs, 0, count * stride);
			for (uint32_t i = 0; i < count; i++)
				((struct test_job *)(void *)(jobs + i * stride))->script = one_step;
			rig_run(&rig, jobs, run % (count + 1), stride);
		}
		rig_close(&rig);
	}
}
END_TEST

/* Opened and closed again and again, also without a run; rig_close() looks for what was left. */
START_TEST(reopened)
{
	struct rig rig;
	static const uint32_t tasks[] = {1, 2, 4, TASKS_MAX, 1};

	rig_load(&rig, _i);
	for (uint32_t i = 0; i < sizeof tasks / sizeof *tasks; i++) {
		if (!rig_open(&rig, 1 + i % 2, tasks[i]))
			return;
		rig_close(&rig);
	}
}
END_TEST

void conformance_jobs(TCase *tcase, int from, int to)
{
	tcase_add_loop_test(tcase, reopened, from, to);
	tcase_add_loop_test(tcase, runs, from, to);
	tcase_add_loop_test(tcase, exclusive, from, to);
	tcase_add_loop_test(tcase, shared, from, to);
	tcase_add_loop_test(tcase, yield, from, to);
	tcase_add_loop_test(tcase, yield_answers, from, to);
	tcase_add_loop_test(tcase, sleeping, from, to);
	tcase_add_loop_test(tcase, events, from, to);
	tcase_add_loop_test(tcase, in_progress, from, to);
}
