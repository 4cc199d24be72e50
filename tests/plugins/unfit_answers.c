/* SPDX-License-Identifier: MIT */
/* unfit_answers - right but for the answer to some request, in the way that WRONG names; NOTHING: right. */
#define _GNU_SOURCE
#define PERFORM unfit_perform
#include <stdatomic.h>
#include <stdbool.h>

#include "unfit.h"

#define NOTHING 0
#define FIRST_WORD_ONLY 1
#define HALF_OF_TIMES 2
#define NO_WORK 3
#define SHARED_WRITES 4
#define SHARED_UNLOCKED 5
#define SHARED_BLIND 6
#define WHOLE_READS 7
#define END_IS_ERROR 8
#define MOVES_POSITION 9
#define ERROR_IS_MINUS_ONE 10
#define WRITES_ALL 11
#define TELLS_EINTR 12
#define TIMEOUT_IS_EAGAIN 13
#define TOO_EARLY 14
#define NEVER_GIVES_UP 15
#define LAST_FIRST 16
#define TWICE 17
#define LOST 18
#define SMALL_QUEUE 19
#define SLEEPS_LESS 20
#define FORGETS_SET 21
#define WAKES_ONE 22
#define CLEARS_NOTHING 23
#define ACCEPTS_ZERO 24
#define NO_SUCH_REQUEST 25
#define SPOILS_A_BYTE 26
#define EXCLUSIVE_ANSWERS_TIMES 27
#define REFUSES_LARGE 28
#define REFUSES_SECTIONS 29
#define REFUSES_SILENTLY 30
#define SLEEPS_ON 31
#define CUTS_BATCHES 32
#define CUTS_LINES 33
#define FEW_UNLOCKED 34
#define NO_WORK_FOR_FEW 35
#define SHARED_NO_WORK 36
#define SHARED_ONE_LOCK 37
#define SHARED_BLIND_FOR_MANY 38
#define CLEARS_TOO_EARLY 39
#define WAITS_IN_VAIN 40
#define ONE_QUEUE 41
#define LARGE_QUEUE 42
#define WRITES_BEYOND 43
#define SLEEPS_IN_TURN 44
#define SHORT_IS_NOTHING 45
#define CUTS_OFFSETS 46
#define LEAKS_IN_ACCEPT 47
#define MOVES_IN_READ 48

static _Atomic uint64_t counter;
static pthread_mutex_t turn = PTHREAD_MUTEX_INITIALIZER;

/* REFUSES_LARGE is right: it refuses what is no increment of one word, and says so. */
static bool refuses(const struct whole *whole, const struct hd_section *section)
{
	bool small = section->lines == 1 && section->turns == 0;

	if ((WRONG == REFUSES_LARGE && !small) || WRONG == REFUSES_SECTIONS)
		whole->host->fail(whole->host, "one word is all that fits");
	return WRONG == REFUSES_SECTIONS ||
	       ((WRONG == REFUSES_LARGE || WRONG == REFUSES_SILENTLY) && !small);
}

static int64_t section(struct whole *whole, struct hd_request *request)
{
	struct hd_request changed = *request;

	if (refuses(whole, &request->section))
		return -EOPNOTSUPP;
	if (WRONG == FIRST_WORD_ONLY)
		changed.section.lines = 1;
	if (WRONG == HALF_OF_TIMES)
		changed.times = (request->times + 1) / 2;
	if (WRONG == NO_WORK || (WRONG == NO_WORK_FOR_FEW && request->section.lines <= 64))
		changed.section.turns = 0;
	if (WRONG == CUTS_BATCHES && request->times > 1000)
		changed.times = 1000;
	if (WRONG == CUTS_LINES && request->section.lines > 128)
		changed.section.lines = 128;
	if (WRONG == FEW_UNLOCKED && request->times > 1 && request->times < 50) {
		hd_section_run_times(&request->section, request->times);
		return 0;
	}
	whole_perform(whole, &changed);
	return WRONG == EXCLUSIVE_ANSWERS_TIMES ? (int64_t)request->times : 0;
}

static int64_t shared(struct whole *whole, struct hd_request *request)
{
	int64_t torn = 0;

	if (refuses(whole, &request->section))
		return -EOPNOTSUPP;
	if (WRONG == SHARED_WRITES)
		hd_section_run(&request->section);
	if (WRONG == SHARED_BLIND || (WRONG == SHARED_BLIND_FOR_MANY && request->section.lines > 4))
		return 0;
	if (WRONG == SHARED_NO_WORK)
		request->section.turns = 0;
	if (WRONG != SHARED_UNLOCKED && (WRONG != SHARED_ONE_LOCK || request->section.lock == 1))
		return whole_perform(whole, request);
	for (uint64_t i = 0; i < request->times; i++)
		torn += (int64_t)hd_section_read(&request->section);
	return torn;
}

/* All that was asked for, however long it takes. */
static int64_t all_of(struct whole *whole, struct hd_request *request)
{
	struct hd_request part = *request;
	int64_t moved = 0;

	while (moved < (int64_t)request->size) {
		int64_t answer;

		part.buf = (char *)request->buf + moved;
		part.size = request->size - (uint64_t)moved;
		part.offset = request->offset < 0 ? -1 : request->offset + moved;
		answer = whole_perform(whole, &part);
		if (answer <= 0)
			return answer ? answer : moved;
		moved += answer;
	}
	return moved;
}

static int64_t interruptible(const struct hd_request *request)
{
	struct pollfd item = {.fd = request->fd,
	                      .events = request->op == HD_WRITE ? POLLOUT : POLLIN};

	if (request->timeout_ns && poll(&item, 1, (int)(request->timeout_ns / 1000000)) < 0)
		return -errno;
	return 0;
}

static int64_t read_or_write(struct whole *whole, struct hd_request *request)
{
	int64_t answer;

	if (WRONG == MOVES_IN_READ && request->op == HD_READ && chdir("/"))
		return -errno;
	if ((WRONG == WHOLE_READS && request->op == HD_READ) ||
	    (WRONG == WRITES_ALL && request->op == HD_WRITE))
		return all_of(whole, request);
	if (WRONG == MOVES_POSITION && request->offset >= 0) {
		lseek(request->fd, request->offset, SEEK_SET);
		request->offset = -1;
	}
	if (WRONG == CUTS_OFFSETS && request->offset > 0)
		request->offset = (uint32_t)request->offset;
	if (WRONG == TELLS_EINTR && (answer = interruptible(request)) < 0)
		return answer;
	answer = whole_perform(whole, request);
	if (WRONG == END_IS_ERROR && answer == 0)
		return -EIO;
	if (WRONG == ERROR_IS_MINUS_ONE && answer < 0)
		return -1;
	if (WRONG == SPOILS_A_BYTE && request->op == HD_READ && answer > 100)
		((char *)request->buf)[100] ^= 1;
	return answer;
}

static int64_t timed(struct whole *whole, struct hd_request *request)
{
	bool has_time = request->timeout_ns > 0;
	int64_t answer;

	if (WRONG == SHORT_IS_NOTHING && request->timeout_ns < 1000000 && has_time)
		request->timeout_ns = 0;
	/* So early that a late wake-up does not make up for it; of a short wait it would. */
	if (WRONG == TOO_EARLY && has_time && request->timeout_ns >= 1000000)
		request->timeout_ns /= 16;
	if (WRONG == NEVER_GIVES_UP && has_time)
		request->timeout_ns = -1;
	answer = whole_perform(whole, request);
	return WRONG == TIMEOUT_IS_EAGAIN && answer == -ETIMEDOUT ? -EAGAIN : answer;
}

static int64_t messages(struct whole *whole, struct hd_request *request)
{
	uint64_t *message = (uint64_t *)request->buf;
	int64_t moved;

	if (WRONG == SMALL_QUEUE && request->op == HD_PUT &&
	    whole->queues[request->fd].ring.count >= 4)
		return request->timeout_ns < 0 ? (whole_sleep(1000), messages(whole, request))
		       : request->timeout_ns   ? (whole_sleep(request->timeout_ns), -ETIMEDOUT)
		                               : -EAGAIN;
	if (WRONG == ONE_QUEUE)
		request->fd = 0;
	moved = timed(whole, request);
	if (WRONG == WRITES_BEYOND && request->op == HD_GET && moved > 0)
		message[request->times] = 0;
	if (request->op != HD_GET || moved < 2)
		return moved;
	if (WRONG == LAST_FIRST) {
		uint64_t first = message[0];

		message[0] = message[1];
		message[1] = first;
	}
	if (WRONG == TWICE && atomic_fetch_add(&counter, 1) % 16 == 15)
		message[1] = message[0];
	if (WRONG == LOST && atomic_fetch_add(&counter, 1) % 16 == 15)
		moved--;
	return moved;
}

/* Who has been woken takes so long to look again that a CLEAR is always there first. */
static int64_t wait_dozing(struct box *box)
{
	pthread_mutex_lock(&box->mutex);
	while (!box->set) {
		pthread_cond_wait(&box->changed, &box->mutex);
		pthread_mutex_unlock(&box->mutex);
		usleep(20000);
		pthread_mutex_lock(&box->mutex);
	}
	pthread_mutex_unlock(&box->mutex);
	return 0;
}

static int64_t event(struct whole *whole, struct hd_request *request)
{
	struct box *box = &whole->events[request->fd];
	int64_t answer;

	if (WRONG == CLEARS_NOTHING && request->op == HD_CLEAR)
		return 0;
	if (WRONG == CLEARS_TOO_EARLY && request->op == HD_WAIT && request->timeout_ns < 0)
		return wait_dozing(box);
	if ((WRONG == WAKES_ONE || WRONG == CLEARS_TOO_EARLY) && request->op == HD_SET) {
		pthread_mutex_lock(&box->mutex);
		box->set = 1;
		if (WRONG == WAKES_ONE)
			pthread_cond_signal(&box->changed);
		else
			pthread_cond_broadcast(&box->changed);
		pthread_mutex_unlock(&box->mutex);
		return 0;
	}
	if (WRONG == WAITS_IN_VAIN && request->op == HD_WAIT && request->timeout_ns < 0) {
		request->timeout_ns = 10000000;
		whole_perform(whole, request);
		return 0;
	}
	answer = timed(whole, request);
	/* As a condition variable: who comes later does not know. */
	if (WRONG == FORGETS_SET && request->op == HD_SET)
		box->set = 0;
	return answer;
}

/* As a loop that looks at its timers once more before it waits for what will not come. */
static int64_t sleep_on(const struct whole *whole, int64_t ns)
{
	whole_sleep(ns + 20000000);
	while (__atomic_load_n(&whole->crew.pending, __ATOMIC_RELAXED) == 1)
		whole_sleep(1000000);
	return 0;
}

static int64_t sleep_in_turn(int64_t ns)
{
	pthread_mutex_lock(&turn);
	whole_sleep(ns);
	pthread_mutex_unlock(&turn);
	return 0;
}

static int64_t unfit_perform(void *state, struct hd_request *request)
{
	struct whole *whole = (struct whole *)state;

	switch (request->op) {
	case HD_EXCLUSIVE:
		return section(whole, request);
	case HD_SHARED:
		return shared(whole, request);
	case HD_READ:
	case HD_WRITE:
		return read_or_write(whole, request);
	case HD_ACCEPT:
		if (WRONG == LEAKS_IN_ACCEPT && dup(request->fd) < 0)
			return -errno;
		return WRONG == ACCEPTS_ZERO ? 0 : whole_perform(whole, request);
	case HD_PUT:
	case HD_GET:
		return messages(whole, request);
	case HD_SLEEP:
		if (WRONG == SLEEPS_ON)
			return sleep_on(whole, request->timeout_ns);
		if (WRONG == SLEEPS_IN_TURN)
			return sleep_in_turn(request->timeout_ns);
		return whole_sleep(WRONG == SLEEPS_LESS ? request->timeout_ns / 2
		                                        : request->timeout_ns);
	case HD_YIELD:
		return WRONG == NO_SUCH_REQUEST ? -EOPNOTSUPP : whole_perform(whole, request);
	default:
		return event(whole, request);
	}
}

static int unfit_open(const struct hd_host *host, void **state)
{
	int error = whole_open(host, state);
	struct whole *whole = (struct whole *)*state;

	for (int i = 0; WRONG == LARGE_QUEUE && i < MOST_OF_EACH; i++) {
		hd_ring_close(&whole->queues[i].ring);
		hd_ring_open(&whole->queues[i].ring, 4096);
	}
	return error;
}

HD_EXPORT const struct hd_model heddle_model = {WHOLE_HEAD, .open = unfit_open, .run = hd_crew_run,
                                                .close = whole_close};
