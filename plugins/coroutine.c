/* SPDX-License-Identifier: MIT */
/*
 * coroutine - stackful coroutines on one scheduler thread a core.
 *
 * `in_flight` coroutines are spread over the schedulers and stay there; each takes jobs from one
 * shared index until none is left, so no job belongs to a scheduler that is busy. A request that
 * has to wait suspends its coroutine and never the thread, but for files, which epoll cannot wait
 * for: they hold up their thread unless io=io_uring. An offset is taken as a sign that it is a
 * file.
 *
 * On one core nothing runs between two steps, so a section needs no lock. Between schedulers each
 * section takes its lock with a short spin, after which the coroutine is suspended until the lock's
 * holder wakes it, through its scheduler's inbox and, if that sleeps, an eventfd.
 *
 * What lost: a switch whose successor is found through the stack that was switched to (1.5 x the time
 * with 1 000 coroutines), contexts in the coroutines' own pages (1.1 x); polling epoll while woken
 * coroutines have not run yet (CPU time x 1.7 at 256 connections), one-shot epoll (x 1.15 to 1.2),
 * cached files through the ring (a 64 KiB block x 1.4).
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* POLLRDHUP */
#endif
#include "coroutine_epoll.h"
#include "coroutine_scheduler.h"
#include "coroutine_sync.h"
#include "coroutine_uring.h"

/* Stacks end at different places of a page, else they would share few sets of the caches. */
#define COLOUR_BYTES 320u

static void io_poll(struct scheduler *scheduler, int64_t timeout_ns)
{
#if defined(HD_WITH_URING)
	if (scheduler->pool->uring) {
		ring_poll(scheduler, timeout_ns);
		return;
	}
#endif
	epoll_poll(scheduler, timeout_ns);
}

/* The table tells it once a trial, for a reader who wonders why coroutines do not overlap. */
static void note_files(struct scheduler *scheduler)
{
	if (scheduler->noted_files)
		return;
	scheduler->noted_files = true;
	scheduler->pool->host->note(scheduler->pool->host, "regular files block the thread");
}

static int64_t transfer(struct coroutine *coroutine, const struct hd_request *request)
{
	const struct pool *pool = coroutine->scheduler->pool;
	int64_t answer;

	(void)pool;
	if (request->fd < 0)
		return -EBADF;
#if defined(HD_WITH_URING)
	if (pool->uring && (request->op == HD_ACCEPT || request->offset < 0 || !pool->direct_files))
		return uring_transfer(coroutine, request);
#endif
	if (request->op == HD_ACCEPT || request->offset < 0)
		return epoll_transfer(coroutine, request);
	/* What has an offset is a file. */
	note_files(coroutine->scheduler);
	do {
		answer =
		        request->op == HD_READ
		                ? pread(request->fd, request->buf, request->size, request->offset)
		                : pwrite(request->fd, request->buf, request->size, request->offset);
	} while (answer < 0 && errno == EINTR);
	return answer < 0 ? -errno : answer;
}

static int64_t pause_for(struct coroutine *coroutine, int64_t timeout_ns)
{
	if (timeout_ns <= 0) {
		yield(coroutine, 1);
		return 0;
	}
	coroutine->guard = NULL;
	waiters_append(&coroutine->scheduler->sleepers, coroutine);
	suspend_until(coroutine, deadline_after(timeout_ns));
	return 0;
}

static inline int64_t perform(struct coroutine *coroutine, const struct hd_request *request)
{
	int64_t answer;

	switch (request->op) {
	case HD_EXCLUSIVE:
		answer = exclusive(coroutine, request);
		break;
	case HD_READ:
	case HD_WRITE:
	case HD_ACCEPT:
		answer = transfer(coroutine, request);
		if (answer >= 0 && request->op == HD_ACCEPT)
			watch_renew(coroutine, (int)answer);
		break;
	case HD_YIELD:
		yield(coroutine, request->times);
		return 0;
	case HD_SLEEP:
		return pause_for(coroutine, request->timeout_ns);
	case HD_PUT:
	case HD_GET:
		answer = move_messages(coroutine, request);
		break;
	case HD_SHARED:
		answer = shared(coroutine, request);
		break;
	case HD_SET:
	case HD_CLEAR:
	case HD_WAIT:
		answer = change_event(coroutine, request);
		break;
	default:
		return -EOPNOTSUPP;
	}
	/* Who never has to wait must not keep the others from running. */
	if (__builtin_expect(coroutine->scheduler->budget == 1, 0))
		yield(coroutine, 1);
	else
		coroutine->scheduler->budget--;
	return answer;
}

static struct hd_job *take_job(struct pool *pool)
{
	uint64_t i = atomic_fetch_add_explicit(&pool->next_job, 1, memory_order_relaxed);

	return i < pool->jobs->count ? hd_job_at(pool->jobs, i) : NULL;
}

static void run_jobs(struct coroutine *coroutine)
{
	struct pool *pool = coroutine->scheduler->pool;
	struct hd_request request = {.op = HD_DONE};
	struct hd_job *job;

	while ((job = take_job(pool))) {
		coroutine->stamp = ++coroutine->scheduler->stamps;
		coroutine->listener = -1;
		job->task = coroutine->task;
		for (job->step(job, 0, &request); request.op != HD_DONE;)
			job->step(job, perform(coroutine, &request), &request);
	}
}

/* The bottom of each stack: it lives as long as the model, and sleeps from run to run. */
static void coroutine_main(struct transfer_t transfer)
{
	struct scheduler *scheduler = transfer.data;
	struct coroutine *self = scheduler->starting;

	fiber_arrive(self->fiber, transfer);
	switch_to(scheduler, self->fiber, &scheduler->root);
	for (;;) {
		run_jobs(self);
		if (--scheduler->living == 0)
			switch_to(scheduler, self->fiber, &scheduler->root);
		else
			suspend(self);
	}
}

/* The coroutine lies above its stack in the same page: what waits touches one page. */
static void coroutine_start(struct scheduler *scheduler, uint32_t i)
{
	struct pool *pool = scheduler->pool;
	uint32_t task = scheduler->index + i * pool->scheduler_count;
	uint64_t room = FIBER_PAGE - ((sizeof(struct coroutine) + 63) & ~UINT64_C(63));
	char *low = stack_pool_low(&pool->stacks, task);
	char *top = low + pool->stacks.slot_bytes - 2 * FIBER_PAGE;
	struct coroutine *coroutine;

	top += task * COLOUR_BYTES % room & ~UINT64_C(63);
	coroutine = (struct coroutine *)(void *)top;
	memset(coroutine, 0, sizeof *coroutine);
	coroutine->scheduler = scheduler;
	coroutine->task = task;
	coroutine->fiber = &scheduler->fibers[i];
	fiber_make(coroutine->fiber, low, top, coroutine_main);
	scheduler->coroutines[i] = coroutine;
	scheduler->starting = coroutine;
	switch_to(scheduler, &scheduler->root, coroutine->fiber);
}

static void scheduler_close(struct scheduler *scheduler)
{
	for (uint32_t i = 0; scheduler->coroutines && i < scheduler->count; i++)
		if (scheduler->coroutines[i])
			fiber_destroy(scheduler->coroutines[i]->fiber);
	free(scheduler->coroutines);
	free(scheduler->fibers);
	free(scheduler->ready);
	watches_close(scheduler);
#if defined(HD_WITH_URING)
	ring_close(scheduler);
#endif
	if (scheduler->epoll >= 0)
		close(scheduler->epoll);
	if (scheduler->bell >= 0)
		close(scheduler->bell);
}

/* In the scheduler's thread, after binding, so that its memory lies near its core. */
static int scheduler_open(struct scheduler *scheduler)
{
	struct pool *pool = scheduler->pool;
	uint32_t slots = 1;
	int error = pool->host->bind(pool->host, scheduler->index);

	if (error)
		return error;
	fiber_adopt_thread(&scheduler->root);
	scheduler->budget = BUDGET;
	scheduler->count = (pool->coroutine_count - scheduler->index + pool->scheduler_count - 1) /
	                   pool->scheduler_count;
	while (slots < scheduler->count)
		slots *= 2;
	scheduler->ready_mask = slots - 1;
	scheduler->ready = calloc(slots, sizeof(struct fiber *));
	scheduler->coroutines = calloc(scheduler->count, sizeof(struct coroutine *));
	scheduler->fibers = calloc(scheduler->count, sizeof(struct fiber));
	if (!scheduler->ready || !scheduler->coroutines || !scheduler->fibers)
		return -ENOMEM;
	scheduler->bell = eventfd(0, EFD_CLOEXEC | (pool->uring ? 0 : EFD_NONBLOCK));
	if (scheduler->bell < 0)
		return -errno;
#if defined(HD_WITH_URING)
	error = pool->uring ? ring_open(scheduler) : open_epoll(scheduler);
#else
	error = open_epoll(scheduler);
#endif
	for (uint32_t i = 0; !error && i < scheduler->count; i++)
		coroutine_start(scheduler, i);
	return error;
}

static void scheduler_run(struct scheduler *scheduler)
{
	for (uint32_t i = 0; i < scheduler->count; i++)
		ready_push(scheduler, &scheduler->fibers[i]);
	scheduler->living = scheduler->count;
	switch_to(scheduler, &scheduler->root, ready_pop(scheduler));
}

/* Says that this scheduler is done, and waits for the next run: false where there is none. */
static bool await_run(struct pool *pool, int error)
{
	uint32_t round;
	bool go;

	pthread_mutex_lock(&pool->mutex);
	if (error && !pool->error)
		pool->error = error;
	if (--pool->busy == 0)
		pthread_cond_signal(&pool->done);
	for (round = pool->round; round == pool->round && !pool->quitting;)
		pthread_cond_wait(&pool->go, &pool->mutex);
	go = !pool->quitting;
	pthread_mutex_unlock(&pool->mutex);
	return go;
}

static void *scheduler_main(void *argument)
{
	struct scheduler *scheduler = argument;
	int error = scheduler_open(scheduler);

	while (await_run(scheduler->pool, error))
		scheduler_run(scheduler);
	scheduler_close(scheduler);
	return NULL;
}

/* Until all schedulers have said that they are done. */
static int await_schedulers(struct pool *pool)
{
	int error;

	pthread_mutex_lock(&pool->mutex);
	while (pool->busy)
		pthread_cond_wait(&pool->done, &pool->mutex);
	error = pool->error;
	pthread_mutex_unlock(&pool->mutex);
	return error;
}

static int coroutine_run(void *state, const struct hd_jobs *jobs)
{
	struct pool *pool = state;

	pthread_mutex_lock(&pool->mutex);
	pool->jobs = jobs;
	atomic_store_explicit(&pool->next_job, 0, memory_order_relaxed);
	pool->busy = pool->scheduler_count;
	pool->round++;
	pthread_cond_broadcast(&pool->go);
	pthread_mutex_unlock(&pool->mutex);
	return await_schedulers(pool);
}

static void coroutine_close(void *state)
{
	struct pool *pool = state;

	pthread_mutex_lock(&pool->mutex);
	pool->quitting = true;
	pthread_cond_broadcast(&pool->go);
	pthread_mutex_unlock(&pool->mutex);
	for (uint32_t i = 0; pool->schedulers && i < pool->scheduler_count; i++)
		if (pool->schedulers[i].started)
			pthread_join(pool->schedulers[i].thread, NULL);
	pthread_cond_destroy(&pool->done);
	pthread_cond_destroy(&pool->go);
	pthread_mutex_destroy(&pool->mutex);
	free(pool->schedulers);
	sync_close(pool);
	stack_pool_close(&pool->stacks);
	free(pool);
}

static int start_schedulers(struct pool *pool)
{
	struct scheduler *scheduler;
	int error;

	pool->schedulers = aligned_alloc(128, pool->scheduler_count * sizeof *pool->schedulers);
	if (!pool->schedulers)
		return -ENOMEM;
	memset(pool->schedulers, 0, pool->scheduler_count * sizeof *pool->schedulers);
	for (uint32_t i = 0; i < pool->scheduler_count; i++) {
		scheduler = &pool->schedulers[i];
		scheduler->pool = pool;
		scheduler->index = i;
		scheduler->bell = scheduler->epoll = -1;
		pthread_mutex_lock(&pool->mutex);
		pool->busy++;
		pthread_mutex_unlock(&pool->mutex);
		error = pthread_create(&scheduler->thread, NULL, scheduler_main, scheduler);
		if (error) {
			pthread_mutex_lock(&pool->mutex);
			pool->busy--;
			pthread_mutex_unlock(&pool->mutex);
			await_schedulers(pool);
			return -error;
		}
		scheduler->started = true;
	}
	return await_schedulers(pool);
}

/* auto: io_uring where it can defer its task work, else epoll. */
static bool wants_uring(const struct hd_host *host)
{
	const char *io = host->option_text(host, "io");

	if (strcmp(io, "auto") == 0)
		return !uring_refused(true);
	return strcmp(io, "io_uring") == 0;
}

static const char *coroutine_unsupported(const struct hd_host *host)
{
	if (strcmp(host->option_text(host, "io"), "io_uring") == 0)
		return uring_refused(false);
	return NULL;
}

static int coroutine_open(const struct hd_host *host, void **state)
{
	struct pool *pool = aligned_alloc(128, sizeof *pool);
	const char *why = "no memory for locks, queues and events";
	int error;

	if (!pool)
		return -ENOMEM;
	memset(pool, 0, sizeof *pool);
	pool->host = host;
	pool->coroutine_count = host->in_flight ? host->in_flight : 1;
	pool->scheduler_count =
	        host->cores < pool->coroutine_count ? host->cores : pool->coroutine_count;
	pool->scheduler_count = pool->scheduler_count ? pool->scheduler_count : 1;
	pool->parallel = pool->scheduler_count > 1;
	pool->uring = wants_uring(host);
	pool->direct_files = strcmp(host->option_text(host, "io"), "auto") == 0;
	pthread_mutex_init(&pool->mutex, NULL);
	pthread_cond_init(&pool->go, NULL);
	pthread_cond_init(&pool->done, NULL);
	error = sync_open(pool);
	if (!error) {
		why = "no memory for the stacks; each takes two mappings (vm.max_map_count)";
		error = stack_pool_open(&pool->stacks, pool->coroutine_count,
		                        (uint64_t)host->option_int(host, "stack_kib") * 1024);
	}
	if (!error) {
		why = "the schedulers could not be set up";
		error = start_schedulers(pool);
	}
	if (error) {
		host->fail(host, why);
		coroutine_close(pool);
		return error;
	}
	*state = pool;
	return 0;
}

static const struct hd_option options[] = {
        {.name = "stack_kib",
         .kind = HD_OPTION_INT,
         .value = 64,
         .min = 16,
         .max = 8192,
         .help = "size of a coroutine's stack; only what is used takes memory"},
        {.name = "io",
         .kind = HD_OPTION_CHOICE,
         .text = "auto",
         .choices = "auto io_uring epoll",
         .help = "waiting for descriptors; auto: io_uring for sockets if it can defer task work, "
                 "else "
                 "epoll"},
        {0}};

HD_EXPORT const struct hd_model heddle_model = {
        .magic = HD_PLUGIN_MAGIC,
        .abi = HD_PLUGIN_ABI,
        .size = sizeof(struct hd_model),
        .option_size = sizeof(struct hd_option),
        .ops = HD_CAN(HD_EXCLUSIVE) | HD_CAN(HD_READ) | HD_CAN(HD_WRITE) | HD_CAN(HD_ACCEPT) |
               HD_CAN(HD_YIELD) | HD_CAN(HD_SLEEP) | HD_CAN(HD_PUT) | HD_CAN(HD_GET) |
               HD_CAN(HD_SHARED) | HD_CAN(HD_SET) | HD_CAN(HD_CLEAR) | HD_CAN(HD_WAIT),
        .name = "coroutine",
        .summary = "stackful coroutines on one scheduler thread a core",
        .build = HD_BUILD,
        .options = options,
        .unsupported = coroutine_unsupported,
        .open = coroutine_open,
        .run = coroutine_run,
        .close = coroutine_close,
};
