/*
 * first - threads; a mutex that is tried a few times before it is waited for, rings for messages, and events.
 *
 * Each part says what the contract asks of it; heddle/plugin.h is the contract. What is "optional" may go: leave the
 * request out of `ops` as well, and workloads that need it are skipped. heddle/threads.h has the threads, and READ,
 * WRITE, ACCEPT, YIELD and SLEEP as threads do them.
 */
#include <heddle/plugin.h>
#include <heddle/threads.h>

/* HD_APART: what different threads write shares no cache line. */
struct lock {
	_Alignas(HD_APART) pthread_mutex_t mutex;
};

struct queue {
	_Alignas(HD_APART) pthread_mutex_t mutex;
	pthread_cond_t room, messages;
	struct hd_ring ring;
};

struct event {
	_Alignas(HD_APART) pthread_mutex_t mutex;
	pthread_cond_t was_set;
	uint64_t times_set;
	int is_set;
};

struct model {
	struct hd_crew crew; /* first: hd_crew_run() is handed the state */
	struct lock *locks;
	struct queue *queues;
	struct event *events;
	uint32_t lock_count, queue_count, event_count;
	int64_t tries; /* the option */
};

/* ---- Sections -------------------------------------------------------------------------------- */

static void lock_take(const struct model *model, pthread_mutex_t *mutex)
{
	for (int64_t i = 0; i < model->tries; i++)
		if (pthread_mutex_trylock(mutex) == 0)
			return;
	pthread_mutex_lock(mutex);
}

/* Required by most workloads: the section `times` times, each time alone among those of its lock. They are separate:
   never one acquisition for two. Answers 0. */
static int64_t exclusive(const struct model *model, struct hd_section section, uint64_t times)
{
	pthread_mutex_t *mutex = &model->locks[section.lock].mutex;

	for (; times; times--) {
		lock_take(model, mutex);
		hd_section_run(&section);
		pthread_mutex_unlock(mutex);
	}
	return 0;
}

/* Optional: reads the section `times` times, beside other readers if you can, never beside a writer. Answers how many
   readings saw half a change: 0, if the lock is right. */
static int64_t shared(const struct model *model, struct hd_section section, uint64_t times)
{
	pthread_mutex_t *mutex = &model->locks[section.lock].mutex;
	uint64_t torn = 0;

	for (; times; times--) {
		lock_take(model, mutex);
		torn += hd_section_read(&section);
		pthread_mutex_unlock(mutex);
	}
	return (int64_t)torn;
}

/* ---- Waiting --------------------------------------------------------------------------------- */

/* timeout_ns is -1: for ever; 0: not at all, -EAGAIN; else -ETIMEDOUT when it is over, never before. */
static int64_t wait_on(pthread_cond_t *changed, pthread_mutex_t *mutex, int64_t timeout_ns,
                       const struct timespec *deadline)
{
	if (timeout_ns == 0)
		return -EAGAIN;
	if (timeout_ns < 0)
		return -pthread_cond_wait(changed, mutex);
	return -pthread_cond_timedwait(changed, mutex, deadline);
}

/* Optional: moves messages between request->buf and queue request->fd, in order for each sender, as many of
   request->times as there is room for or are there. Answers how many; waits while it would be none. */
static int64_t put_or_get(struct queue *queue, const struct hd_request *request)
{
	struct timespec deadline = hd_deadline(request->timeout_ns);
	int put = request->op == HD_PUT;
	int64_t moved, error = 0;

	pthread_mutex_lock(&queue->mutex);
	for (;;) {
		moved = (int64_t)(put ? hd_ring_put(&queue->ring, request->buf, request->times)
		                      : hd_ring_get(&queue->ring, request->buf, request->times));
		if (moved || error)
			break;
		error = wait_on(put ? &queue->room : &queue->messages, &queue->mutex,
		                request->timeout_ns, &deadline);
	}
	if (moved)
		pthread_cond_broadcast(put ? &queue->messages : &queue->room);
	pthread_mutex_unlock(&queue->mutex);
	return moved ? moved : error;
}

/* Optional: event request->fd. SET lets all go on that wait, also if CLEAR follows at once, and later ones do not wait
   until then. Answers 0. */
static int64_t set_or_clear(struct event *event, int set)
{
	pthread_mutex_lock(&event->mutex);
	event->is_set = set;
	event->times_set += (uint64_t)set;
	if (set)
		pthread_cond_broadcast(&event->was_set);
	pthread_mutex_unlock(&event->mutex);
	return 0;
}

/* Optional, with SET and CLEAR: until the event is set. Answers 0, or why not. */
static int64_t wait_until_set(struct event *event, int64_t timeout_ns)
{
	struct timespec deadline = hd_deadline(timeout_ns);
	int64_t error = 0;
	uint64_t before;

	pthread_mutex_lock(&event->mutex);
	before = event->times_set;
	while (!event->is_set && event->times_set == before && !error)
		error = wait_on(&event->was_set, &event->mutex, timeout_ns, &deadline);
	if (event->is_set || event->times_set != before)
		error = 0;
	pthread_mutex_unlock(&event->mutex);
	return error;
}

/* ---- The model ------------------------------------------------------------------------------- */

/* Required: answers one request; a failure is an answer, -errno. hd_thread_answer() is for what is left. */
static int64_t perform(void *state, struct hd_request *request)
{
	struct model *model = state;

	switch (request->op) {
	case HD_EXCLUSIVE:
		return exclusive(model, request->section, request->times);
	case HD_SHARED:
		return shared(model, request->section, request->times);
	case HD_PUT:
	case HD_GET:
		return put_or_get(&model->queues[request->fd], request);
	case HD_SET:
	case HD_CLEAR:
		return set_or_clear(&model->events[request->fd], request->op == HD_SET);
	case HD_WAIT:
		return wait_until_set(&model->events[request->fd], request->timeout_ns);
	default:
		return hd_thread_answer(request);
	}
}

/* Required by heddle/threads.h: the compiler puts perform() into it. */
static void *work(void *seat)
{
	return hd_crew_work(seat, perform);
}

static void free_all(struct model *model)
{
	for (uint32_t i = 0; i < model->lock_count; i++)
		pthread_mutex_destroy(&model->locks[i].mutex);
	for (uint32_t i = 0; i < model->queue_count; i++) {
		pthread_cond_destroy(&model->queues[i].messages);
		pthread_cond_destroy(&model->queues[i].room);
		pthread_mutex_destroy(&model->queues[i].mutex);
		hd_ring_close(&model->queues[i].ring);
	}
	for (uint32_t i = 0; i < model->event_count; i++) {
		pthread_cond_destroy(&model->events[i].was_set);
		pthread_mutex_destroy(&model->events[i].mutex);
	}
	free(model->locks);
	free(model->queues);
	free(model->events);
	free(model);
}

/* 0 or -ENOMEM. */
static int make_all(struct model *model, const struct hd_host *host)
{
	pthread_condattr_t monotonic; /* the clock of hd_deadline() */
	int error = 0;

	pthread_condattr_init(&monotonic);
	pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	for (; model->lock_count < host->locks; model->lock_count++)
		pthread_mutex_init(&model->locks[model->lock_count].mutex, NULL);
	while (!error && model->queue_count < host->queues) {
		struct queue *queue = &model->queues[model->queue_count++];

		pthread_mutex_init(&queue->mutex, NULL);
		pthread_cond_init(&queue->room, &monotonic);
		pthread_cond_init(&queue->messages, &monotonic);
		error = hd_ring_open(&queue->ring, host->queue_capacity);
	}
	for (; model->event_count < host->events; model->event_count++) {
		pthread_mutex_init(&model->events[model->event_count].mutex, NULL);
		pthread_cond_init(&model->events[model->event_count].was_set, &monotonic);
	}
	pthread_condattr_destroy(&monotonic);
	return error;
}

/* Required: everything that run() needs, host->in_flight tasks among it. 0, or -errno with nothing left behind. */
static int model_open(const struct hd_host *host, void **state)
{
	struct model *model = calloc(1, sizeof(*model));
	int error = -ENOMEM;

	if (!model)
		return error;
	model->tries = host->option_int(host, "tries");
	model->locks = hd_calloc_apart(host->locks, sizeof(*model->locks));
	model->queues = hd_calloc_apart(host->queues, sizeof(*model->queues));
	model->events = hd_calloc_apart(host->events, sizeof(*model->events));
	if (model->locks && model->queues && model->events)
		error = make_all(model, host);
	if (!error)
		error = hd_crew_open(&model->crew, host, work, model);
	if (error)
		free_all(model);
	else
		*state = model;
	return error;
}

/* Required: leaves no thread, no descriptor and no memory behind. */
static void model_close(void *state)
{
	struct model *model = state;

	hd_crew_close(&model->crew);
	free_all(model);
}

/* Optional: why it cannot run here, as "kernel has no io_uring", or NULL. */
static const char *model_unsupported(const struct hd_host *host)
{
	(void)host;
	return NULL;
}

/* Optional: settings; a config gives them values, a list of values makes a case of each. */
static const struct hd_option options[] = {
        {.name = "tries",
         .kind = HD_OPTION_INT,
         .value = 10,
         .max = 10000,
         .help = "how often a thread tries a mutex before it waits for it"},
        {0},
};

/* Required: what the plugin is. */
HD_EXPORT const struct hd_model heddle_model = {
        .magic = HD_PLUGIN_MAGIC,
        .abi = HD_PLUGIN_ABI,
        .size = sizeof(struct hd_model),
        .option_size = sizeof(struct hd_option),
        .ops = HD_THREAD_OPS | HD_CAN(HD_EXCLUSIVE) | HD_CAN(HD_SHARED) | HD_CAN(HD_PUT) |
               HD_CAN(HD_GET) | HD_CAN(HD_SET) | HD_CAN(HD_CLEAR) | HD_CAN(HD_WAIT),
        .name = "first",
        .summary = "threads; a mutex that is tried before it is waited for",
        .build = HD_BUILD,
        .options = options,
        .unsupported = model_unsupported,
        .open = model_open,
        .run = hd_crew_run,
        .close = model_close,
};
