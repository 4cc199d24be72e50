/* SPDX-License-Identifier: MIT */
/*
 * thread-mutex - threads that take jobs under a mutex and exclude each other by mutexes.
 *
 * The model that everybody knows, and therefore the baseline. A section is pthread_mutex_lock, the
 * work, pthread_mutex_unlock; `kind` chooses among the mutexes of POSIX. A queue is a ring under a
 * mutex with two condition variables, one for room and one for messages, which wait on
 * CLOCK_MONOTONIC.
 */
#define _GNU_SOURCE /* PTHREAD_MUTEX_ADAPTIVE_NP */
#include <heddle/plugin.h>
#include <heddle/threads.h>

struct lock {
	_Alignas(HD_APART) pthread_mutex_t mutex;
};

struct queue {
	_Alignas(HD_APART) pthread_mutex_t mutex;
	pthread_cond_t changed[2]; /* HD_PUT waits on the first, HD_GET on the second */
	struct hd_ring ring;
};

struct mutexes {
	struct hd_crew crew; /* first: hd_crew_run() is handed the state */
	struct lock *locks;
	struct queue *queues;
	uint32_t locks_count, queues_count; /* that are to be closed */
};

static inline int64_t exclusive(const struct mutexes *model, struct hd_section section,
                                uint64_t times)
{
	pthread_mutex_t *mutex = &model->locks[section.lock].mutex;

	for (; times; times--) {
		int error = pthread_mutex_lock(mutex);

		if (error)
			return -error;
		hd_section_run(&section);
		pthread_mutex_unlock(mutex);
	}
	return 0;
}

static uint64_t move(struct hd_ring *ring, const struct hd_request *request)
{
	return request->op == HD_PUT ? hd_ring_put(ring, request->buf, request->times)
	                             : hd_ring_get(ring, request->buf, request->times);
}

/* Whoever moved something tells one that waits for the opposite; it tells the next where more is
 * left. */
static int64_t put_or_get(struct queue *queue, const struct hd_request *request)
{
	pthread_cond_t *mine = &queue->changed[request->op == HD_GET];
	pthread_cond_t *theirs = &queue->changed[request->op == HD_PUT];
	struct timespec deadline = hd_deadline(request->timeout_ns);
	int64_t answer;
	int error = 0;

	pthread_mutex_lock(&queue->mutex);
	while ((answer = (int64_t)move(&queue->ring, request)) == 0 && !error) {
		if (request->timeout_ns == 0)
			error = EAGAIN;
		else if (request->timeout_ns < 0)
			error = pthread_cond_wait(mine, &queue->mutex);
		else
			error = pthread_cond_timedwait(mine, &queue->mutex, &deadline);
	}
	if (answer == 1)
		pthread_cond_signal(theirs);
	else if (answer > 1)
		pthread_cond_broadcast(theirs);
	pthread_mutex_unlock(&queue->mutex);
	return answer ? answer : -error;
}

static inline int64_t perform(void *state, struct hd_request *request)
{
	struct mutexes *model = state;

	switch (request->op) {
	case HD_EXCLUSIVE:
		return exclusive(model, request->section, request->times);
	case HD_PUT:
	case HD_GET:
		return put_or_get(&model->queues[request->fd], request);
	default:
		return hd_thread_answer(request);
	}
}

static void *work(void *seat)
{
	return hd_crew_work(seat, perform);
}

static void free_all(struct mutexes *model)
{
	for (uint32_t i = 0; i < model->queues_count; i++) {
		pthread_cond_destroy(&model->queues[i].changed[0]);
		pthread_cond_destroy(&model->queues[i].changed[1]);
		pthread_mutex_destroy(&model->queues[i].mutex);
		hd_ring_close(&model->queues[i].ring);
	}
	for (uint32_t i = 0; i < model->locks_count; i++)
		pthread_mutex_destroy(&model->locks[i].mutex);
	free(model->queues);
	free(model->locks);
	free(model);
}

static void mutexes_close(void *state)
{
	struct mutexes *model = state;

	hd_crew_close(&model->crew);
	free_all(model);
}

/* The mutex that the option `kind` names. 0 or an error number. */
static int choose(const char *kind, pthread_mutexattr_t *attr)
{
	if (!strcmp(kind, "adaptive"))
		return pthread_mutexattr_settype(attr, PTHREAD_MUTEX_ADAPTIVE_NP);
	if (!strcmp(kind, "errorcheck"))
		return pthread_mutexattr_settype(attr, PTHREAD_MUTEX_ERRORCHECK);
	if (!strcmp(kind, "priority-inherit"))
		return pthread_mutexattr_setprotocol(attr, PTHREAD_PRIO_INHERIT);
	return 0;
}

static int open_locks(struct mutexes *model, const struct hd_host *host)
{
	pthread_mutexattr_t attr;
	int error;

	pthread_mutexattr_init(&attr);
	error = choose(host->option_text(host, "kind"), &attr);
	for (uint32_t i = 0; !error && i < host->locks; i++) {
		error = pthread_mutex_init(&model->locks[i].mutex, &attr);
		model->locks_count += !error;
	}
	pthread_mutexattr_destroy(&attr);
	if (error)
		host->fail(host, "this kind of mutex cannot be made here");
	return -error;
}

static int open_queues(struct mutexes *model, const struct hd_host *host)
{
	pthread_condattr_t attr;
	int error = 0;

	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	for (uint32_t i = 0; !error && i < host->queues; i++) {
		struct queue *queue = &model->queues[model->queues_count++];

		pthread_mutex_init(&queue->mutex, NULL);
		pthread_cond_init(&queue->changed[0], &attr);
		pthread_cond_init(&queue->changed[1], &attr);
		error = hd_ring_open(&queue->ring, host->queue_capacity);
	}
	pthread_condattr_destroy(&attr);
	return error;
}

static int mutexes_open(const struct hd_host *host, void **state)
{
	struct mutexes *model = calloc(1, sizeof *model);
	int error;

	if (!model)
		return -ENOMEM;
	model->locks = hd_calloc_apart(host->locks, sizeof *model->locks);
	model->queues = hd_calloc_apart(host->queues, sizeof *model->queues);
	error = model->locks && model->queues ? open_locks(model, host) : -ENOMEM;
	if (!error)
		error = open_queues(model, host);
	if (!error)
		error = hd_crew_open(&model->crew, host, work, model);
	if (error)
		free_all(model);
	else
		*state = model;
	return error;
}

static const struct hd_option options[] = {
        {.name = "kind",
         .kind = HD_OPTION_CHOICE,
         .text = "normal",
         .choices = "normal adaptive errorcheck priority-inherit",
         .help = "the mutex around a section"},
        {0},
};

HD_EXPORT const struct hd_model heddle_model = {
        .magic = HD_PLUGIN_MAGIC,
        .abi = HD_PLUGIN_ABI,
        .size = sizeof(struct hd_model),
        .option_size = sizeof(struct hd_option),
        .ops = HD_THREAD_OPS | HD_CAN(HD_EXCLUSIVE) | HD_CAN(HD_PUT) | HD_CAN(HD_GET),
        .name = "thread-mutex",
        .summary = "threads; a mutex around each section, condition variables for queues",
        .build = HD_BUILD,
        .options = options,
        .open = mutexes_open,
        .run = hd_crew_run,
        .close = mutexes_close,
};
