/* SPDX-License-Identifier: MIT */
/*
 * queue: producers put messages into one bounded queue, consumers get them. Each message says who sent it and
 * which one it is, so that a lost, repeated, changed or overtaken one is found.
 *
 * The end: each producer's last message says that it is one, and comes after all of its others. Who gets the last of
 * these tells one other consumer through the queue, which then holds nothing else, and that one the next.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "format.h"
#include "member.h"

enum { PRODUCERS, CONSUMERS, CAPACITY, BATCH };
static const struct hd_option params[] = {
        [PRODUCERS] = {.name = "producers",
                       .kind = HD_OPTION_INT,
                       .value = 1,
                       .min = 1,
                       .max = 1024,
                       .help = "tasks that put"},
        [CONSUMERS] = {.name = "consumers",
                       .kind = HD_OPTION_INT,
                       .value = 1,
                       .min = 1,
                       .max = 1024,
                       .help = "tasks that get"},
        [CAPACITY] = {.name = "capacity",
                      .kind = HD_OPTION_INT,
                      .value = 1024,
                      .min = 1,
                      .max = 1048576,
                      .help = "messages that fit into the queue"},
        [BATCH] = {.name = "batch",
                   .kind = HD_OPTION_INT,
                   .value = 1,
                   .min = 1,
                   .max = 1024,
                   .help = "messages that a task puts or gets at a time, at most"},
        {0},
};

static const struct workload_metric metrics[] = {
        [MEMBER_THROUGHPUT] = {"throughput", "messages/s", "higher", "got by all consumers"},
        [MEMBER_TIME_PER_OP] = {"time_per_op", "ns", "lower", "wall time over messages"},
        [MEMBER_CPU_PER_OP] = {"cpu_per_op", "ns", "lower", "CPU time of all tasks over messages"},
        {0},
};

/* A message: its sender above, its number below, or one of these. */
#define NUMBER_BITS 40
#define END (UINT64_C(1) << 63)  /* the sender has put all of its own */
#define STOP (UINT64_C(1) << 62) /* all have: go home */

/* What one consumer got of one producer. */
struct tally {
	uint64_t count, hash, next; /* next: 1 + number of the last one */
};

struct queue_head {
	_Alignas(ARENA_SPACING) _Atomic uint32_t ended; /* END messages that were got */
	_Atomic uint32_t left;                          /* consumers that are not yet done */
	/* Only read once the jobs run: where to look how full the queue is. */
	_Alignas(ARENA_SPACING) struct hd_jobs jobs;
	uint32_t producers;
	uint64_t most; /* put and not counted as got: what fits, and what consumers have in hand */
};

struct queue_job {
	struct member member;
	struct queue_head *head;
	struct tally *tallies; /* a consumer's, one for each producer; a producer has none */
	uint64_t *messages;
	uint64_t batch, sent;  /* sent: a producer's, acknowledged */
	uint64_t strange;      /* the first message that should not have come */
	uint64_t puts, beyond; /* beyond: a producer's, messages that did not fit, at least */
	uint32_t number, producers, leaving, is_strange;
	_Alignas(MEMBER_APART) char end[]; /* no two jobs share a pair of lines */
};

struct layout {
	uint32_t producers, consumers;
	uint64_t batch, jobs_at, tallies_at, messages_at, bytes;
};

static struct layout layout_of(const struct workload_case *kase)
{
	struct layout layout = {.producers = (uint32_t)kase->params[PRODUCERS].number,
	                        .consumers = (uint32_t)kase->params[CONSUMERS].number,
	                        .batch = (uint64_t)kase->params[BATCH].number};
	uint64_t tasks = layout.producers + layout.consumers;

	layout.jobs_at = sizeof(struct queue_head);
	layout.tallies_at = layout.jobs_at + tasks * sizeof(struct queue_job);
	layout.messages_at = layout.tallies_at +
	                     (uint64_t)layout.consumers * layout.producers * sizeof(struct tally);
	layout.bytes = layout.messages_at + tasks * layout.batch * sizeof(uint64_t);
	return layout;
}

static struct hd_jobs jobs_of(const struct layout *layout, const struct arena *arena)
{
	return (struct hd_jobs){.count = layout->producers + layout->consumers,
	                        .stride = sizeof(struct queue_job),
	                        .first = (char *)arena_workload(arena) + layout->jobs_at};
}

/* `consumer`: from 0. */
static struct tally *tallies_of(const struct layout *layout, const struct arena *arena,
                                uint32_t consumer)
{
	char *memory = arena_workload(arena);

	return (struct tally *)(void *)(memory + layout->tallies_at) +
	       (uint64_t)consumer * layout->producers;
}

static void needs(const struct workload_case *kase, struct workload_needs *needed)
{
	struct layout layout = layout_of(kase);

	needed->in_flight = layout.producers + layout.consumers;
	needed->queues = 1;
	needed->queue_capacity = (uint32_t)kase->params[CAPACITY].number;
	needed->bytes = layout.bytes;
}

static uint64_t message_of(uint32_t producer, uint64_t number)
{
	return (uint64_t)producer << NUMBER_BITS | number;
}

/* Sums of it are equal where the same messages were added: multiplications spread each bit. */
static inline uint64_t hash_of(uint64_t message)
{
	message = (message ^ message >> 31) * UINT64_C(0x9e3779b97f4a7c15);
	return (message ^ message >> 29) * UINT64_C(0xbf58476d1ce4e5b9);
}

static void ask(struct queue_job *job, struct hd_request *request, uint32_t op, uint64_t times)
{
	member_ask(&job->member, request, op);
	request->fd = 0;
	request->buf = job->messages;
	request->size = times * sizeof(*job->messages);
	request->times = times;
}

/*
 * How much more than what fits is in the queue. All that was put is read before what was got, which the queue cannot
 * hold any more: what is between them was in it, but for what consumers have in hand.
 */
static uint64_t beyond_capacity(const struct queue_job *job)
{
	const struct queue_head *head = job->head;
	uint64_t put = 0, got = 0;

	for (uint32_t i = 0; i < head->producers; i++) {
		const struct queue_job *producer =
		        (const struct queue_job *)(void *)hd_job_at(&head->jobs, i);

		put += __atomic_load_n(&producer->sent, __ATOMIC_ACQUIRE);
	}
	for (uint64_t i = 0; i < head->jobs.count; i++)
		got += slot_ops(&job->member.slots[i]);
	return put > got + head->most ? put - got - head->most : 0;
}

/* So rarely that it takes the same small share of the time however many tasks there are to look at. */
static void look_at_queue(struct queue_job *job)
{
	enum { PUTS_A_TASK = 64 };
	uint64_t beyond;

	if (++job->puts % (PUTS_A_TASK * job->head->jobs.count))
		return;
	beyond = beyond_capacity(job);
	job->beyond = beyond > job->beyond ? beyond : job->beyond;
}

static void produce(struct hd_job *hd_job, int64_t answer, struct hd_request *request)
{
	struct queue_job *job = (struct queue_job *)(void *)hd_job;
	bool goes_on = member_goes_on(&job->member, answer);

	request->op = HD_DONE;
	if (job->leaving || job->member.failed)
		return;
	__atomic_store_n(&job->sent, job->sent + (uint64_t)answer, __ATOMIC_RELEASE);
	look_at_queue(job);
	if (!goes_on) {
		job->leaving = 1;
		job->messages[0] = message_of(job->number, job->sent) | END;
		ask(job, request, HD_PUT, 1);
		return;
	}
	for (uint64_t i = 0; i < job->batch; i++)
		job->messages[i] = message_of(job->number, job->sent + i);
	ask(job, request, HD_PUT, job->batch);
}

/* Returns whether it says that all producers are done. */
static inline bool take(struct queue_job *job, uint64_t message)
{
	uint64_t producer = (message & ~(END | STOP)) >> NUMBER_BITS;
	uint64_t number = message & (message_of(1, 0) - 1);
	struct tally *tally = producer < job->producers ? &job->tallies[producer] : NULL;

	if (message & STOP)
		return true;
	if (!tally || number < tally->next) {
		job->strange = job->is_strange ? job->strange : message;
		job->is_strange = 1;
		return false;
	}
	if (message & END)
		return atomic_fetch_add(&job->head->ended, 1) + 1 == job->producers;
	tally->count++;
	tally->hash += hash_of(message);
	tally->next = number + 1;
	return false;
}

static void consume(struct hd_job *hd_job, int64_t answer, struct hd_request *request)
{
	struct queue_job *job = (struct queue_job *)(void *)hd_job;
	uint64_t got;

	member_goes_on(&job->member, answer);
	request->op = HD_DONE;
	if (job->leaving || job->member.failed)
		return;
	got = (uint64_t)answer < job->batch ? (uint64_t)answer : job->batch;
	for (uint64_t i = 0; i < got; i++)
		job->leaving |= take(job, job->messages[i]);
	slot_add(member_slot(&job->member), got);
	if (!job->leaving) {
		ask(job, request, HD_GET, job->batch);
	} else if (atomic_fetch_sub(&job->head->left, 1) > 1) {
		job->messages[0] = STOP;
		ask(job, request, HD_PUT, 1);
	}
}

static int setup(struct workload_stage *stage, struct hd_error *err)
{
	struct layout layout = layout_of(stage->kase);
	char *memory = arena_workload(stage->arena);
	struct queue_head *head = (struct queue_head *)(void *)memory;

	(void)err;
	memset(memory, 0, layout.bytes); /* first touch */
	stage->jobs = jobs_of(&layout, stage->arena);
	atomic_store(&head->left, layout.consumers);
	head->jobs = stage->jobs;
	head->producers = layout.producers;
	head->most =
	        (uint64_t)stage->kase->params[CAPACITY].number + layout.consumers * layout.batch;
	for (uint32_t i = 0; i < stage->jobs.count; i++) {
		bool produces = i < layout.producers;
		struct queue_job *job = (struct queue_job *)(void *)hd_job_at(&stage->jobs, i);

		*job = (struct queue_job){
		        .member = member_make(stage, produces ? produce : consume),
		        .head = head,
		        .messages = (uint64_t *)(void *)(memory + layout.messages_at) +
		                    i * layout.batch,
		        .batch = layout.batch,
		        .number = i,
		        .producers = layout.producers,
		};
		if (!produces)
			job->tallies = tallies_of(&layout, stage->arena, i - layout.producers);
	}
	return 0;
}

static void tell_strange(uint32_t consumer, uint64_t message, const struct tally *tallies,
                         const struct layout *layout, struct workload_verdict *verdict)
{
	uint64_t producer = (message & ~(END | STOP)) >> NUMBER_BITS;
	char number[FORMAT_TEXT], last[FORMAT_TEXT];

	verdict->wrong = true;
	if (producer >= layout->producers)
		snprintf(verdict->text, sizeof(verdict->text),
		         "consumer %" PRIu32 ": message %#" PRIx64 " was never put", consumer,
		         message);
	else
		snprintf(verdict->text, sizeof(verdict->text),
		         "consumer %" PRIu32 ": message %s of producer %" PRIu64
		         " came twice or after a later one; %s was its last",
		         consumer, format_count(message & (message_of(1, 0) - 1), number), producer,
		         format_count(tallies[producer].next - 1, last));
}

static void tell_beyond(uint64_t beyond, uint64_t capacity, struct workload_verdict *verdict)
{
	char most[FORMAT_TEXT], more[FORMAT_TEXT];

	verdict->wrong = true;
	snprintf(verdict->text, sizeof(verdict->text), "a queue of %s messages held %s more",
	         format_count(capacity, most), format_count(beyond, more));
}

/* All that its consumers got against all that it put. */
static void check_producer(const struct layout *layout, const struct arena *arena,
                           uint32_t producer, uint64_t sent, struct workload_verdict *verdict)
{
	char out[FORMAT_TEXT], in[FORMAT_TEXT], differ[FORMAT_TEXT];
	uint64_t count = 0, hash = 0;

	for (uint32_t i = 0; i < layout->consumers; i++) {
		count += tallies_of(layout, arena, i)[producer].count;
		hash += tallies_of(layout, arena, i)[producer].hash;
	}
	for (uint64_t number = 0; number < sent; number++)
		hash -= hash_of(message_of(producer, number));
	verdict->wrong = count != sent || hash;
	if (count != sent)
		snprintf(verdict->text, sizeof(verdict->text),
		         "producer %" PRIu32 ": %s messages put, %s got (%s %s)", producer,
		         format_count(sent, out), format_count(count, in),
		         format_count(count < sent ? sent - count : count - sent, differ),
		         count < sent ? "lost" : "too many");
	else if (hash)
		snprintf(verdict->text, sizeof(verdict->text),
		         "producer %" PRIu32 ": %s messages put and as many got, but not the same",
		         producer, format_count(sent, out));
}

static void verify(struct workload_trial *trial, struct workload_verdict *verdict)
{
	struct layout layout = layout_of(trial->kase);
	struct hd_jobs jobs = jobs_of(&layout, trial->arena);

	if (member_find_failed(&jobs, verdict))
		return;
	for (uint32_t i = 0; i < jobs.count && !verdict->wrong; i++) {
		uint32_t number =
		        i < layout.consumers ? layout.producers + i : i - layout.consumers;
		const struct queue_job *job =
		        (const struct queue_job *)(void *)hd_job_at(&jobs, number);

		if (job->is_strange)
			tell_strange(i, job->strange, tallies_of(&layout, trial->arena, i), &layout,
			             verdict);
		else if (number < layout.producers)
			check_producer(&layout, trial->arena, number, job->sent, verdict);
		if (job->beyond && !verdict->wrong)
			tell_beyond(job->beyond, (uint64_t)trial->kase->params[CAPACITY].number,
			            verdict);
	}
}

static void measure(struct workload_trial *trial, const struct workload_seen *seen, double *values)
{
	(void)trial;
	member_measure(seen, values);
}

const struct workload queue_workload = {
        .name = "queue",
        .summary =
                "producers and consumers of one bounded queue; serial, which has no other, fails",
        .params = params,
        .metrics = metrics,
        .op_unit = "messages",
        .ops = HD_CAN(HD_PUT) | HD_CAN(HD_GET),
        .needs = needs,
        .setup = setup,
        .verify = verify,
        .measure = measure,
};
