/* SPDX-License-Identifier: MIT */
/*
 * A small model that is right: threads, a mutex for each lock, blocking I/O. The broken models of
 * this folder are it with one thing wrong. A file that answers requests in its own way defines
 * PERFORM as the name of its function before it includes this.
 *
 * MODEL_NAME is the file's name, given by the build: one source is several plugins.
 */
#ifndef HEDDLE_TESTS_BROKEN_H
#define HEDDLE_TESTS_BROKEN_H

#include <heddle/plugin.h>
#include <heddle/threads.h>

#ifndef PERFORM
#define PERFORM base_perform
#endif

struct base {
	struct hd_crew crew;
	pthread_mutex_t *locks;
	uint32_t lock_count;
};

static inline int64_t base_exclusive(struct base *base, const struct hd_section *section,
                                     uint64_t times)
{
	for (; times; times--) {
		pthread_mutex_lock(&base->locks[section->lock]);
		hd_section_run(section);
		pthread_mutex_unlock(&base->locks[section->lock]);
	}
	return 0;
}

static inline int64_t base_perform(void *state, struct hd_request *request)
{
	if (request->op == HD_EXCLUSIVE)
		return base_exclusive((struct base *)state, &request->section, request->times);
	return hd_thread_answer(request);
}

static int64_t PERFORM(void *state, struct hd_request *request);

static inline void *base_work(void *seat)
{
	return hd_crew_work((struct hd_seat *)seat, PERFORM);
}

static inline int base_open(const struct hd_host *host, void **state)
{
	struct base *base = (struct base *)calloc(1, sizeof(*base));
	int code;

	base->lock_count = host->locks;
	base->locks = (pthread_mutex_t *)calloc(host->locks + 1, sizeof(*base->locks));
	for (uint32_t i = 0; i < host->locks; i++)
		pthread_mutex_init(&base->locks[i], NULL);
	code = hd_crew_open(&base->crew, host, base_work, base);
	*state = base;
	return code;
}

static inline int base_run(void *state, const struct hd_jobs *jobs)
{
	return hd_crew_run(&((struct base *)state)->crew, jobs);
}

static inline void base_close(void *state)
{
	struct base *base = (struct base *)state;

	hd_crew_close(&base->crew);
	for (uint32_t i = 0; i < base->lock_count; i++)
		pthread_mutex_destroy(&base->locks[i]);
	free(base->locks);
	free(base);
}

#define BASE_OPS (HD_THREAD_OPS | HD_CAN(HD_EXCLUSIVE))

/* What stands first in every heddle_model, and what describes it. */
#define BASE_HEAD                                                                        \
	.magic = HD_PLUGIN_MAGIC, .abi = HD_PLUGIN_ABI, .size = sizeof(struct hd_model), \
	.option_size = sizeof(struct hd_option)
#define BASE_TEXTS \
	.ops = BASE_OPS, .name = MODEL_NAME, .summary = "wrong on purpose", .build = HD_BUILD

#endif
