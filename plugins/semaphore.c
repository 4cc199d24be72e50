/* SPDX-License-Identifier: MIT */
/*
 * semaphore - everything by semaphores: who may run, who may enter, who must wait.
 *
 * A counting semaphore of `in_flight` admits jobs; a job that is admitted gets a free seat, and
 * with it a thread: the seat's own, which sleeps in a semaphore of the seat (threads=pool), or one
 * created for this job alone (threads=per-job). A section is a binary semaphore. A queue is the
 * bounded buffer of the textbooks: one counting semaphore for room, one for messages, a binary one
 * around the ring.
 */
#define _GNU_SOURCE /* sem_clockwait */
#include <heddle/plugin.h>
#include <heddle/threads.h>
#include <semaphore.h>

struct lock {
	_Alignas(HD_APART) sem_t free;
};

struct queue {
	_Alignas(HD_APART) sem_t room;
	sem_t messages, lock;
	struct hd_ring ring;
};

struct seat {
	_Alignas(HD_APART) sem_t start;
	struct semaphores *model;
	struct hd_job *job; /* NULL: go home */
	pthread_t thread;
	uint32_t task;
	int has_thread; /* that is to be joined */
	int error;      /* of bind(); read when the seat is free */
};

struct semaphores {
	const struct hd_host *host;
	int per_job;
	sem_t admitted; /* counts free seats */
	sem_t lock;     /* around the free seats */
	struct seat *seats, **free_seats;
	uint32_t free_count;
	struct lock *locks;
	struct queue *queues;
};

/* Signals interrupt sem_wait; nobody here means to be interrupted. */
static inline void acquire(sem_t *semaphore)
{
	while (sem_wait(semaphore))
		;
}

static int acquire_until(sem_t *semaphore, int64_t timeout_ns)
{
	struct timespec deadline = hd_deadline(timeout_ns);

	if (timeout_ns < 0) {
		acquire(semaphore);
		return 0;
	}
	while (timeout_ns ? sem_clockwait(semaphore, CLOCK_MONOTONIC, &deadline)
	                  : sem_trywait(semaphore))
		if (errno != EINTR)
			return -errno;
	return 0;
}

static inline int64_t exclusive(const struct semaphores *model, struct hd_section section,
                                uint64_t times)
{
	sem_t *free = &model->locks[section.lock].free;

	for (; times; times--) {
		acquire(free);
		hd_section_run(&section);
		sem_post(free);
	}
	return 0;
}

/* Waits for the first message or place, takes as many more as are there at once. */
static int64_t put_or_get(struct queue *queue, const struct hd_request *request)
{
	sem_t *mine = request->op == HD_PUT ? &queue->room : &queue->messages;
	sem_t *theirs = request->op == HD_PUT ? &queue->messages : &queue->room;
	int error = acquire_until(mine, request->timeout_ns);
	uint64_t moved = 1;

	if (error)
		return error;
	while (moved < request->times && sem_trywait(mine) == 0)
		moved++;
	acquire(&queue->lock);
	if (request->op == HD_PUT)
		hd_ring_put(&queue->ring, request->buf, moved);
	else
		hd_ring_get(&queue->ring, request->buf, moved);
	sem_post(&queue->lock);
	for (uint64_t i = 0; i < moved; i++)
		sem_post(theirs);
	return (int64_t)moved;
}

static inline int64_t perform(void *state, struct hd_request *request)
{
	struct semaphores *model = state;

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

static void free_seat(struct seat *seat)
{
	struct semaphores *model = seat->model;

	acquire(&model->lock);
	model->free_seats[model->free_count++] = seat;
	sem_post(&model->lock);
	sem_post(&model->admitted);
}

static struct seat *admit(struct semaphores *model)
{
	struct seat *seat;

	acquire(&model->admitted);
	acquire(&model->lock);
	seat = model->free_seats[--model->free_count];
	sem_post(&model->lock);
	return seat;
}

/* Until all seats are free. 0, or why one of them could do nothing. */
static int wait_for_all(struct semaphores *model)
{
	int error = 0;

	for (uint32_t i = 0; i < model->host->in_flight; i++)
		acquire(&model->admitted);
	for (uint32_t i = 0; i < model->host->in_flight; i++) {
		if (model->seats[i].error)
			error = model->seats[i].error;
		sem_post(&model->admitted);
	}
	return error;
}

static void run_job(struct seat *seat)
{
	if (!seat->error)
		hd_job_run(seat->job, seat->task, seat->model, perform);
	free_seat(seat);
}

static void bind_seat(struct seat *seat)
{
	const struct hd_host *host = seat->model->host;

	seat->error = host->bind(host, seat->task % host->cores);
}

/* threads=per-job */
static void *work_once(void *seat)
{
	bind_seat(seat);
	run_job(seat);
	return NULL;
}

/* threads=pool: a seat is free from when its thread is ready. */
static void *work(void *argument)
{
	struct seat *seat = argument;

	bind_seat(seat);
	free_seat(seat);
	for (acquire(&seat->start); seat->job; acquire(&seat->start))
		run_job(seat);
	return NULL;
}

static int start_thread(struct seat *seat, void *(*function)(void *))
{
	int error = hd_thread_start(&seat->thread, function, seat);

	seat->has_thread = !error;
	return error;
}

static void join_thread(struct seat *seat)
{
	if (seat->has_thread)
		pthread_join(seat->thread, NULL);
	seat->has_thread = 0;
}

static int start_job(struct seat *seat, struct hd_job *job)
{
	int error;

	seat->job = job;
	if (!seat->model->per_job) {
		sem_post(&seat->start);
		return 0;
	}
	join_thread(seat); /* of the seat's last job, which is done */
	error = start_thread(seat, work_once);
	if (error)
		free_seat(seat);
	return error;
}

static int semaphores_run(void *state, const struct hd_jobs *jobs)
{
	struct semaphores *model = state;
	int error = 0, bind_error;

	for (uint64_t i = 0; !error && i < jobs->count; i++)
		error = start_job(admit(model), hd_job_at(jobs, i));
	bind_error = wait_for_all(model);
	if (!error)
		error = bind_error;
	if (error)
		model->host->fail(model->host, "a thread could not be started or bound");
	return error;
}

static void semaphores_close(void *state)
{
	struct semaphores *model = state;

	for (uint32_t i = 0; model->seats && i < model->host->in_flight; i++) {
		model->seats[i].job = NULL;
		sem_post(&model->seats[i].start);
		join_thread(&model->seats[i]);
	}
	for (uint32_t i = 0; model->queues && i < model->host->queues; i++)
		hd_ring_close(&model->queues[i].ring);
	free(model->queues);
	free(model->locks);
	free(model->seats);
	free(model->free_seats);
	free(model);
}

static int open_seats(struct semaphores *model, const struct hd_host *host)
{
	int error = 0;

	for (uint32_t i = 0; !error && i < host->in_flight; i++) {
		struct seat *seat = &model->seats[i];

		seat->model = model;
		seat->task = i;
		sem_init(&seat->start, 0, 0);
		if (model->per_job)
			free_seat(seat);
		else
			error = start_thread(seat, work);
	}
	if (!error)
		error = wait_for_all(model);
	if (error)
		host->fail(host, "a thread could not be started or bound");
	return error;
}

static int open_queues(struct semaphores *model, const struct hd_host *host)
{
	int error = 0;

	for (uint32_t i = 0; !error && i < host->queues; i++) {
		struct queue *queue = &model->queues[i];

		sem_init(&queue->room, 0, host->queue_capacity);
		sem_init(&queue->messages, 0, 0);
		sem_init(&queue->lock, 0, 1);
		error = hd_ring_open(&queue->ring, host->queue_capacity);
	}
	return error;
}

static int semaphores_open(const struct hd_host *host, void **state)
{
	struct semaphores *model = calloc(1, sizeof *model);
	int error;

	if (!model)
		return -ENOMEM;
	model->host = host;
	model->per_job = !strcmp(host->option_text(host, "threads"), "per-job");
	model->locks = hd_calloc_apart(host->locks, sizeof *model->locks);
	model->queues = hd_calloc_apart(host->queues, sizeof *model->queues);
	model->seats = hd_calloc_apart(host->in_flight, sizeof *model->seats);
	model->free_seats = calloc(host->in_flight, sizeof *model->free_seats);
	if (!model->locks || !model->queues || !model->seats || !model->free_seats) {
		semaphores_close(model);
		return -ENOMEM;
	}
	sem_init(&model->admitted, 0, 0);
	sem_init(&model->lock, 0, 1);
	for (uint32_t i = 0; i < host->locks; i++)
		sem_init(&model->locks[i].free, 0, 1);
	error = open_queues(model, host);
	if (!error)
		error = open_seats(model, host);
	if (error)
		semaphores_close(model);
	else
		*state = model;
	return error;
}

static const struct hd_option options[] = {
        {.name = "threads",
         .kind = HD_OPTION_CHOICE,
         .text = "pool",
         .choices = "pool per-job",
         .help = "made once and kept, or one created for each job"},
        {0},
};

HD_EXPORT const struct hd_model heddle_model = {
        .magic = HD_PLUGIN_MAGIC,
        .abi = HD_PLUGIN_ABI,
        .size = sizeof(struct hd_model),
        .option_size = sizeof(struct hd_option),
        .ops = HD_THREAD_OPS | HD_CAN(HD_EXCLUSIVE) | HD_CAN(HD_PUT) | HD_CAN(HD_GET),
        .name = "semaphore",
        .summary = "threads that semaphores admit; binary semaphores around sections",
        .build = HD_BUILD,
        .options = options,
        .open = semaphores_open,
        .run = semaphores_run,
        .close = semaphores_close,
};
