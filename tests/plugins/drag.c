/* SPDX-License-Identifier: MIT */
/* drag - threads and a mutex whose sections compute `percent` longer than they need: a regression of known size. */
#include <heddle/plugin.h>
#include <heddle/threads.h>

enum { TURNS = 200 /* about 0.2 us: the lock beside it is little */ };

struct drag {
	struct hd_crew crew; /* first: hd_crew_run() is handed the state */
	pthread_mutex_t lock;
	uint64_t turns, kept;
};

/* Each turn needs the one before: who shares the core with us takes little of its time (xorshift64). */
static uint64_t compute(uint64_t x, uint64_t turns)
{
	for (; turns; turns--) {
		x ^= x << 13;
		x ^= x >> 7;
		x ^= x << 17;
	}
	return x;
}

static int64_t perform(void *state, struct hd_request *request)
{
	struct drag *model = state;

	if (request->op != HD_EXCLUSIVE)
		return hd_thread_answer(request);
	for (uint64_t i = 0; i < request->times; i++) {
		pthread_mutex_lock(&model->lock);
		hd_section_run(&request->section);
		model->kept = compute(model->kept, model->turns);
		pthread_mutex_unlock(&model->lock);
	}
	return 0;
}

static void *work(void *seat)
{
	return hd_crew_work(seat, perform);
}

static int drag_open(const struct hd_host *host, void **state)
{
	struct drag *model = calloc(1, sizeof *model);
	int error;

	if (!model)
		return -ENOMEM;
	pthread_mutex_init(&model->lock, NULL);
	model->kept = 1;
	model->turns = (uint64_t)(TURNS * (100 + host->option_int(host, "percent")) / 100);
	error = hd_crew_open(&model->crew, host, work, model);
	if (error)
		free(model);
	else
		*state = model;
	return error;
}

static void drag_close(void *state)
{
	struct drag *model = state;

	hd_crew_close(&model->crew);
	pthread_mutex_destroy(&model->lock);
	free(model);
}

static const struct hd_option options[] = {
        {.name = "percent",
         .kind = HD_OPTION_INT,
         .value = DRAG_PERCENT,
         .min = 0,
         .max = 1000,
         .help = "that a section takes longer"},
        {0},
};

HD_EXPORT const struct hd_model heddle_model = {
        .magic = HD_PLUGIN_MAGIC,
        .abi = HD_PLUGIN_ABI,
        .size = sizeof(struct hd_model),
        .option_size = sizeof(struct hd_option),
        .ops = HD_THREAD_OPS | HD_CAN(HD_EXCLUSIVE),
        .name = "drag",
        .summary = "threads and a mutex, slower by a percentage",
        .build = HD_BUILD,
        .options = options,
        .open = drag_open,
        .run = hd_crew_run,
        .close = drag_close,
};
