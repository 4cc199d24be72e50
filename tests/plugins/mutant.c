/* SPDX-License-Identifier: MIT */
/*
 * mutant - thread-mutex with one thing wrong, which WRONG names: the function that answers requests in place
 * of its own, or that runs jobs. LATE: one of its threads begins long after the others, which is right.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#ifdef LATE
#include "late.h"
#define pthread_cond_wait late_cond_wait
#endif
#include <heddle/plugin.h>
#include <heddle/threads.h>
#include <stdatomic.h>

static int64_t mutant(void *state, struct hd_request *request);
#define hd_crew_work(seat, perform) hd_crew_work(seat, mutant)
#ifdef ROOMY
#define queue_capacity queue_capacity * 64 /* of the host */
#endif
#define heddle_model thread_mutex_model
#include "../../plugins/thread_mutex.c"
#undef heddle_model

static __attribute__((unused)) int every(uint32_t nth)
{
	static _Atomic uint32_t calls;

	return ++calls % nth == 0;
}

/* ---- Messages ---- */

/* One in a hundred; not those that end a trial, which have a sign of their own. */
static __attribute__((unused)) int is_due(const struct hd_request *request, uint32_t op)
{
	return request->op == op && !(*(uint64_t *)request->buf >> 62) && every(100);
}

static __attribute__((unused)) int64_t lose(void *state, struct hd_request *request)
{
	return is_due(request, HD_PUT) ? (int64_t)request->times : perform(state, request);
}

static __attribute__((unused)) int64_t repeat(void *state, struct hd_request *request)
{
	if (is_due(request, HD_PUT))
		perform(state, request);
	return perform(state, request);
}

/* What was got last comes first. */
static __attribute__((unused)) int64_t turn_over(void *state, struct hd_request *request)
{
	int64_t answer = perform(state, request);
	uint64_t *messages = request->buf;

	for (int64_t i = 0; request->op == HD_GET && i < answer / 2; i++) {
		uint64_t first = messages[i];

		messages[i] = messages[answer - 1 - i];
		messages[answer - 1 - i] = first;
	}
	return answer;
}

static __attribute__((unused)) int64_t change(void *state, struct hd_request *request)
{
	int64_t answer = perform(state, request);

	if (is_due(request, HD_GET))
		*(uint64_t *)request->buf ^= 4;
	return answer;
}

/* ---- Sections ---- */

/* Lines one by one, with a while between two: whoever reads meanwhile sees half of it. */
static __attribute__((unused)) int64_t read_unlocked(void *state, struct hd_request *request)
{
	if (request->op == HD_SHARED)
		return (int64_t)hd_section_read_times(&request->section, request->times);
	if (request->op != HD_EXCLUSIVE)
		return perform(state, request);
	pthread_mutex_lock(&((struct model *)state)->mutexes.locks[request->section.lock].mutex);
	for (uint64_t i = 0; i < request->times; i++)
		for (uint32_t line = 0; line < request->section.lines; line++) {
			volatile uint64_t *word = request->section.words + line * HD_LINE_WORDS;

			*word = *word + 1;
			hd_busy(3000);
		}
	pthread_mutex_unlock(&((struct model *)state)->mutexes.locks[request->section.lock].mutex);
	return 0;
}

static __attribute__((unused)) int64_t read_nothing(void *state, struct hd_request *request)
{
	return request->op == HD_SHARED ? 0 : perform(state, request);
}

static __attribute__((unused)) int64_t write_less(void *state, struct hd_request *request)
{
	return request->op == HD_EXCLUSIVE && every(100) ? 0 : perform(state, request);
}

/* ---- Waiting ---- */

static __attribute__((unused)) int64_t wake_early(void *state, struct hd_request *request)
{
	if (request->op == HD_SLEEP)
		request->timeout_ns /= 2;
	return request->op == HD_WAIT && request->timeout_ns ? 0 : perform(state, request);
}

static __attribute__((unused)) int64_t stay_set(void *state, struct hd_request *request)
{
	return request->op == HD_CLEAR ? 0 : perform(state, request);
}

/* An edge and no level: who comes after it waits. */
static __attribute__((unused)) int64_t forget_set(void *state, struct hd_request *request)
{
	int64_t answer = perform(state, request);

	if (request->op == HD_SET) {
		request->op = HD_CLEAR;
		perform(state, request);
	}
	return answer;
}

/* ---- Files: what is read with an offset ---- */

static __attribute__((unused)) int is_file(const struct hd_request *request)
{
	return request->op == HD_READ && request->offset >= 0;
}

static __attribute__((unused)) int64_t spoil_file(void *state, struct hd_request *request)
{
	int64_t answer = perform(state, request);

	if (is_file(request) && answer > 0 && every(20))
		((char *)request->buf)[answer - 1] ^= 1;
	return answer;
}

/* The last byte of a write stays away, and nobody is told. */
static __attribute__((unused)) int64_t cut_end(void *state, struct hd_request *request)
{
	int due = request->op == HD_WRITE && request->size > 8 && every(20);

	request->size -= (uint64_t)due;
	return perform(state, request) + due;
}

/* Some are answered with what stands in the file that was read first. */
static __attribute__((unused)) int64_t mix_files(void *state, struct hd_request *request)
{
	static _Atomic int first;
	int none = 0;

	if (!is_file(request))
		return perform(state, request);
	if (!first) {
		int copy = fcntl(request->fd, F_DUPFD_CLOEXEC, 100);

		if (!atomic_compare_exchange_strong(&first, &none, copy))
			close(copy);
	}
	if (every(20))
		request->fd = first;
	return perform(state, request);
}

/* A name that leads out is taken for another one. */
static __attribute__((unused)) int64_t answer_refused(void *state, struct hd_request *request)
{
	int64_t answer = perform(state, request);

	if (request->op != HD_READ || is_file(request) || answer < 9 ||
	    memcmp(request->buf, "../", 3))
		return answer;
	memcpy(request->buf, "0000/00\n", 8);
	return 8;
}

/* ---- Jobs ---- */

static __attribute__((unused)) int run_fewer(void *state, const struct hd_jobs *jobs)
{
	struct hd_jobs fewer = *jobs;

	fewer.count--;
	return hd_crew_run(state, &fewer);
}

static __attribute__((unused)) int run_twice(void *state, const struct hd_jobs *jobs)
{
	struct hd_jobs one = {.count = 1, .stride = jobs->stride, .first = jobs->first};
	int error = hd_crew_run(state, jobs);

	return error ? error : hd_crew_run(state, &one);
}

#ifndef RUN
#define RUN hd_crew_run
#endif
#ifndef WRONG
#define WRONG perform
#endif

static int64_t mutant(void *state, struct hd_request *request)
{
	return WRONG(state, request);
}

HD_EXPORT const struct hd_model heddle_model = {
        .magic = HD_PLUGIN_MAGIC,
        .abi = HD_PLUGIN_ABI,
        .size = sizeof(struct hd_model),
        .option_size = sizeof(struct hd_option),
        .ops = HD_THREAD_OPS | HD_CAN(HD_EXCLUSIVE) | HD_CAN(HD_SHARED) | HD_CAN(HD_PUT) |
               HD_CAN(HD_GET) | HD_CAN(HD_SET) | HD_CAN(HD_CLEAR) | HD_CAN(HD_WAIT),
        .name = MODEL_NAME,
        .summary = "wrong on purpose",
        .build = HD_BUILD,
        .options = options,
        .open = model_open,
        .run = RUN,
        .close = model_close,
};
