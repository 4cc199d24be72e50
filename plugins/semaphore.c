/* SPDX-License-Identifier: MIT */
/*
 * semaphore - everything by semaphores: who may run, who may enter, who must wait.
 *
 * A run puts `in_flight` permits into a counting semaphore. A thread that is admitted takes the
 * next job under a binary semaphore, steps it and gives its permit back; one that finds no job left
 * keeps it, so that the run is over when all permits are kept. threads=pool: as many threads as
 * permits, which sleep in that semaphore between runs. threads=per-job: a thread created for each
 * job that is admitted. A section is a binary semaphore. A queue is the bounded buffer of the
 * textbooks: one counting semaphore for room, one for messages, a binary one around the ring. Readers
 * pass through the section's semaphore one by one and read side by side; a writer keeps it and waits until
 * the last of them is out, so that neither side starves the other. Who waits for an event waits in a
 * semaphore of its own, which the setter posts: one for all would give the permit of a slow waiter to
 * one that came after the next CLEAR.
 *
 * What lost: handing each job to a thread asleep in a semaphore of its own costs two wake-ups a job
 * (copies of 4 KiB took 3 x the time).
 */
#define _GNU_SOURCE /* sem_clockwait */
#include <heddle/plugin.h>
#include <heddle/threads.h>
#include <semaphore.h>
#include <stdatomic.h>

struct lock {
	_Alignas(HD_APART) sem_t free;
	_Atomic uint32_t readers; /* that are in; one more only by who has `free` */
	_Atomic uint32_t awaited; /* 1: a writer waits until they are out */
	sem_t out;
};

struct queue {
	_Alignas(HD_APART) sem_t room;
	sem_t messages, lock;
	struct hd_ring ring;
};

/* On the stack of who waits. */
struct waiter {
	sem_t go;
	struct waiter *next;
};

struct event {
	_Alignas(HD_APART) sem_t lock;
	struct waiter *first, **end; /* in the order in which they came */
	int is_set;
};

/* A task's number, and the thread that has it. */
struct seat {
	struct semaphores *model;
	struct seat *next; /* in the list of free seats */
	pthread_t thread;
	uint32_t task;
	int has_thread; /* that is to be joined */
};

struct semaphores {
	const struct hd_host *host;
	int per_job, closing;
	struct lock *locks;
	struct queue *queues;
	struct event *events;
	struct seat *seats;
	sem_t admitted;          /* permits to run a job; none between runs */
	sem_t kept;              /* permits of those who found no job */
	sem_t lock;              /* of all below */
	struct seat *free_seats; /* threads=per-job: without a job */
	struct hd_jobs jobs;
	uint64_t next;     /* the job to be taken next */
	_Atomic int error; /* of a thread that could not be started or bound: no job is taken now */
};

/* Signals interrupt sem_wait; nobody here means to be interrupted. */
static inline void acquire(sem_t *semaphore)
{
	while (sem_wait(semaphore))
		;
}

static int acquire_until(sem_t *semaphore, int64_t timeout_ns)
{
	struct timespec deadline;

	if (timeout_ns < 0) {
		acquire(semaphore);
		return 0;
	}
	deadline = hd_deadline(timeout_ns);
	while (timeout_ns ? sem_clockwait(semaphore, CLOCK_MONOTONIC, &deadline)
	                  : sem_trywait(semaphore))
		if (errno != EINTR)
			return -errno;
	return 0;
}

/*
 * The last one out changes `awaited` after `readers`, the writer looks the other way round. A post may be that of a
 * reader who was the last one long ago, before others came in, and was held up between the two: hence again.
 */
static __attribute__((noinline)) void await_readers(struct lock *lock)
{
	do {
		atomic_store(&lock->awaited, 1);
		if (atomic_load(&lock->readers) || !atomic_exchange(&lock->awaited, 0))
			acquire(&lock->out);
	} while (atomic_load(&lock->readers));
}

static inline int64_t exclusive(const struct semaphores *model, struct hd_section section,
                                uint64_t times)
{
	struct lock *lock = &model->locks[section.lock];

	for (; times; times--) {
		acquire(&lock->free);
		if (__builtin_expect(
		            atomic_load_explicit(&lock->readers, memory_order_acquire) != 0, 0))
			await_readers(lock);
		hd_section_run(&section);
		sem_post(&lock->free);
	}
	return 0;
}

static inline int64_t shared(const struct semaphores *model, const struct hd_section *section,
                             uint64_t times)
{
	struct lock *lock = &model->locks[section->lock];
	uint64_t torn = 0;

	for (; times; times--) {
		acquire(&lock->free);
		atomic_fetch_add(&lock->readers, 1);
		sem_post(&lock->free);
		torn += hd_section_read(section);
		if (atomic_fetch_sub(&lock->readers, 1) == 1 && atomic_exchange(&lock->awaited, 0))
			sem_post(&lock->out);
	}
	return (int64_t)torn;
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

static int64_t set_or_clear(struct event *event, int set)
{
	struct waiter *waiter, *next;

	acquire(&event->lock);
	event->is_set = set;
	waiter = set ? event->first : NULL;
	if (waiter) {
		event->first = NULL;
		event->end = &event->first;
	}
	sem_post(&event->lock);
	for (; waiter; waiter = next) {
		next = waiter->next; /* it may be gone after the post */
		sem_post(&waiter->go);
	}
	return 0;
}

/* False where a setter has taken it already, and posts. */
static int give_up(struct event *event, struct waiter *waiter)
{
	struct waiter **link = &event->first;

	acquire(&event->lock);
	while (*link && *link != waiter)
		link = &(*link)->next;
	if (*link) {
		*link = waiter->next;
		event->end = waiter->next ? event->end : link;
		sem_post(&event->lock);
		return 1;
	}
	sem_post(&event->lock);
	acquire(&waiter->go);
	return 0;
}

static int64_t wait_for(struct event *event, int64_t timeout_ns)
{
	struct waiter self = {.next = NULL};
	int is_set, error = 0;

	acquire(&event->lock);
	is_set = event->is_set;
	if (is_set || !timeout_ns) {
		sem_post(&event->lock);
		return is_set ? 0 : -EAGAIN;
	}
	sem_init(&self.go, 0, 0);
	*event->end = &self;
	event->end = &self.next;
	sem_post(&event->lock);
	error = acquire_until(&self.go, timeout_ns);
	return error && give_up(event, &self) ? error : 0;
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
	case HD_SHARED:
		return shared(model, &request->section, request->times);
	case HD_SET:
	case HD_CLEAR:
		return set_or_clear(&model->events[request->fd], request->op == HD_SET);
	case HD_WAIT:
		return wait_for(&model->events[request->fd], request->timeout_ns);
	default:
		return hd_thread_answer(request);
	}
}

/* NULL: none is left. */
static struct hd_job *take(struct semaphores *model)
{
	struct hd_job *job = NULL;

	acquire(&model->lock);
	if (!model->error && model->next < model->jobs.count)
		job = hd_job_at(&model->jobs, model->next++);
	sem_post(&model->lock);
	return job;
}

static void bind_seat(const struct seat *seat)
{
	const struct hd_host *host = seat->model->host;
	int error = host->bind(host, seat->task % host->cores);

	if (error)
		seat->model->error = error;
}

/* threads=pool */
static void *work(void *argument)
{
	struct seat *seat = argument;
	struct semaphores *model = seat->model;
	struct hd_job *job;

	bind_seat(seat);
	for (acquire(&model->admitted); !model->closing; acquire(&model->admitted)) {
		job = take(model);
		if (job)
			hd_job_run(job, seat->task, model, perform);
		sem_post(job ? &model->admitted : &model->kept);
	}
	return NULL;
}

static void free_seat(struct seat *seat)
{
	struct semaphores *model = seat->model;

	acquire(&model->lock);
	seat->next = model->free_seats;
	model->free_seats = seat;
	sem_post(&model->lock);
	sem_post(&model->admitted);
}

/* threads=per-job: with a permit that was acquired for it. */
static void *work_once(void *argument)
{
	struct seat *seat = argument;
	struct hd_job *job;

	bind_seat(seat);
	job = take(seat->model);
	if (job)
		hd_job_run(job, seat->task, seat->model, perform);
	free_seat(seat);
	return NULL;
}

static void start_thread(struct seat *seat, void *(*function)(void *))
{
	int error = hd_thread_start(&seat->thread, function, seat);

	seat->has_thread = !error;
	if (error)
		seat->model->error = error;
}

static void join_thread(struct seat *seat)
{
	if (seat->has_thread)
		pthread_join(seat->thread, NULL);
	seat->has_thread = 0;
}

/* A thread for the next job, once a permit is there. */
static void start_job(struct semaphores *model)
{
	struct seat *seat;

	acquire(&model->admitted);
	acquire(&model->lock);
	seat = model->free_seats;
	model->free_seats = seat->next;
	sem_post(&model->lock);
	join_thread(seat); /* of the seat's last job, which is done */
	start_thread(seat, work_once);
	if (!seat->has_thread)
		free_seat(seat);
}

static int semaphores_run(void *state, const struct hd_jobs *jobs)
{
	struct semaphores *model = state;
	uint32_t permits = model->host->in_flight;

	model->jobs = *jobs; /* nobody is admitted yet, so nobody looks */
	model->next = 0;
	for (uint32_t i = 0; i < permits; i++)
		sem_post(&model->admitted);
	for (uint64_t i = 0; model->per_job && i < jobs->count && !model->error; i++)
		start_job(model);
	for (uint32_t i = 0; i < permits; i++)
		acquire(model->per_job ? &model->admitted : &model->kept);
	if (model->error)
		model->host->fail(model->host, "a thread could not be started or bound");
	return model->error;
}

static void semaphores_close(void *state)
{
	struct semaphores *model = state;
	uint32_t seats = model->seats ? model->host->in_flight : 0;

	model->closing = 1;
	for (uint32_t i = 0; i < seats; i++)
		sem_post(&model->admitted);
	for (uint32_t i = 0; i < seats; i++)
		join_thread(&model->seats[i]);
	for (uint32_t i = 0; model->queues && i < model->host->queues; i++)
		hd_ring_close(&model->queues[i].ring);
	free(model->events);
	free(model->queues);
	free(model->locks);
	free(model->seats);
	free(model);
}

static int open_seats(struct semaphores *model)
{
	for (uint32_t i = 0; !model->error && i < model->host->in_flight; i++) {
		struct seat *seat = &model->seats[i];

		*seat = (struct seat){.model = model, .task = i, .next = model->free_seats};
		model->free_seats = seat;
		if (!model->per_job)
			start_thread(seat, work);
	}
	if (model->error)
		model->host->fail(model->host, "a thread could not be started");
	return model->error;
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

static void init_locks_and_events(struct semaphores *model, const struct hd_host *host)
{
	for (uint32_t i = 0; i < host->locks; i++) {
		sem_init(&model->locks[i].free, 0, 1);
		sem_init(&model->locks[i].out, 0, 0);
	}
	for (uint32_t i = 0; i < host->events; i++) {
		sem_init(&model->events[i].lock, 0, 1);
		model->events[i].end = &model->events[i].first;
	}
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
	model->events = hd_calloc_apart(host->events, sizeof *model->events);
	model->seats = calloc(host->in_flight, sizeof *model->seats);
	sem_init(&model->admitted, 0, 0);
	sem_init(&model->kept, 0, 0);
	sem_init(&model->lock, 0, 1);
	if (model->locks && model->events)
		init_locks_and_events(model, host);
	error = model->locks && model->queues && model->events && model->seats
	                ? open_queues(model, host)
	                : -ENOMEM;
	if (!error)
		error = open_seats(model);
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
        .ops = HD_THREAD_OPS | HD_CAN(HD_EXCLUSIVE) | HD_CAN(HD_SHARED) | HD_CAN(HD_PUT) |
               HD_CAN(HD_GET) | HD_CAN(HD_SET) | HD_CAN(HD_CLEAR) | HD_CAN(HD_WAIT),
        .name = "semaphore",
        .summary = "threads that semaphores admit; binary semaphores around sections",
        .build = HD_BUILD,
        .options = options,
        .open = semaphores_open,
        .run = semaphores_run,
        .close = semaphores_close,
};
