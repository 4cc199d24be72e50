/* SPDX-License-Identifier: MIT */
/*
 * The rig of the conformance test: a host of its own, small and without mercy, in which a model is
 * opened, run and closed. Its jobs complain through shared memory, since a step may run in another
 * thread or process, where a failed assertion would be lost.
 */
#ifndef CONFORMANCE_RIG_H
#define CONFORMANCE_RIG_H

#include <check.h>
#include <heddle/plugin.h>
#include <errno.h>
#include <stdbool.h>

#define TASKS_MAX 64
#define LOCKS 3
#define QUEUES 2
#define QUEUE_CAPACITY 8
#define EVENTS 2
#define MS INT64_C(1000000)

/* A model with one of its options set: what each test is run over. */
struct subject {
	char path[512], name[64];
	char option[64], text[64]; /* "": all options have their defaults */
	int64_t value;
	uint64_t ops;
};

/* What steps see wherever they run; mapped before the model is opened. */
struct shared {
	uint32_t complained;
	char complaint[512];
	uint32_t in_flight;
	uint32_t occupied[TASKS_MAX]; /* 1 + index of the job in progress on a task */
	uint8_t bound[1 << 19];       /* a bit for each thread that has called bind() */
};

struct rig {
	struct hd_host host; /* first: callbacks are handed this */
	const struct hd_model *model;
	const struct subject *subject;
	struct shared *shared;
	void *state;
	char *arena;
	uint64_t arena_used;
	char reason[256]; /* given to host->fail() */
	int cpus[2];
	int watched[TASKS_MAX + 2], watched_count;
	int fds_before, threads_before;
};

/* A job of the tests: bookkeeping around a script, which writes the next request or HD_DONE. */
struct test_job {
	struct hd_job job; /* first */
	struct shared *shared;
	void (*script)(struct test_job *, int64_t answer, struct hd_request *);
	uint32_t index, started, finished; /* started: how often it was stepped */
};

/* A request, the answer that it must get, and how long that takes at least. */
struct line {
	const char *what;
	struct hd_request request;
	int64_t least, most; /* answers allowed */
	int64_t wait_ns;
	const char *bytes; /* what a READ must have brought; NULL: not looked at */
};

extern struct subject *subjects;

/* Loads the model of subjects[i]; ends the test where that cannot be done. */
void rig_load(struct rig *rig, int i);
/* Whether the model interprets all of `ops`. `empty` answers without doing: it is not held to
 * anything. */
bool rig_can(const struct rig *rig, uint64_t ops);
bool rig_is(const struct rig *rig, const char *name);
/* Memory that all tasks share; zeroed. Call it before rig_open(). */
void *rig_alloc(struct rig *rig, uint64_t size);
/* False where this subject cannot run here (an option of a kernel that is not there). */
bool rig_open(struct rig *rig, uint32_t cores, uint32_t in_flight);
/* `count` jobs of `stride` bytes, each beginning with a struct test_job whose script is set. */
void rig_run(struct rig *rig, void *jobs, uint64_t count, uint64_t stride);
/* Closes the model and looks for what it left behind. */
void rig_close(struct rig *rig);
/* Opens, plays the lines one after another as one job, closes. What READ and GET fill must be
 * shared. */
void rig_play(struct rig *rig, const struct line *lines, uint32_t count);

/* The first complaint fails the test. From any thread or process. */
__attribute__((format(printf, 2, 3))) void complain(struct shared *shared, const char *format, ...);
int64_t now_ns(void);

/* The tests: each adds its own to the case, to be run over subjects[from] ... subjects[to - 1]. */
void conformance_jobs(TCase *tcase, int from, int to);
void conformance_io(TCase *tcase, int from, int to);
void conformance_queues(TCase *tcase, int from, int to);

#endif
