/* SPDX-License-Identifier: MIT */
/*
 * heddle/plugin.h - the one header that a concurrency model needs.
 *
 * A model interprets requests. A workload's job is a little program whose every interaction with the
 * outside is a request that it yields (step() writes it) and whose answer it is sent (the next step()).
 * A plugin is a shared object that exports one symbol, `heddle_model`. The heart of a model with
 * stacks:
 *
 *	job->task = task;
 *	for (job->step(job, 0, &r); r.op != HD_DONE;)
 *		job->step(job, perform(state, &r), &r);
 *
 * Nothing to link against; C11, or C++ with the C parts of it.
 *
 * Compatibility: struct hd_model and struct hd_host grow at their end only and carry their size. All
 * other structs are frozen. `magic`, `abi` and `size` stand first for good.
 */
#ifndef HEDDLE_PLUGIN_H
#define HEDDLE_PLUGIN_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define HD_PLUGIN_MAGIC 0x48444c45u /* "HDLE" */
#define HD_PLUGIN_ABI 1u
#define HD_EXPORT __attribute__((visibility("default")))

/* How the plugin was compiled; the build may add its flags by -DHD_BUILD_FLAGS='"-O2 ..."'. */
#ifndef HD_BUILD_FLAGS
#define HD_BUILD_FLAGS "flags unknown"
#endif
#ifdef __OPTIMIZE__
#define HD_BUILD_SLOW ""
#else
#define HD_BUILD_SLOW "; not optimised"
#endif
#ifdef __clang__
#define HD_BUILD __VERSION__ "; " HD_BUILD_FLAGS HD_BUILD_SLOW
#else
#define HD_BUILD "gcc " __VERSION__ "; " HD_BUILD_FLAGS HD_BUILD_SLOW
#endif

/* What a job asks of its model. New ones come at the end. */
enum hd_op {
	HD_DONE,      /* the job is over; it is not stepped again */
	HD_EXCLUSIVE, /* run the section `times` times, each alone among sections of the same lock */
	HD_SHARED,    /* read the section `times` times, together with other readers */
	HD_READ,      /* read(2) or pread(2) */
	HD_WRITE,     /* write(2) or pwrite(2) */
	HD_ACCEPT,    /* accept(2) on `fd` */
	HD_YIELD,     /* let other tasks run, `times` turns */
	HD_SLEEP,     /* for timeout_ns */
	HD_PUT,       /* messages into queue `fd` */
	HD_GET,       /* messages out of queue `fd` */
	HD_SET, /* set event `fd`: all that wait go on, even if CLEAR follows; later waits do not wait */
	HD_CLEAR, /* clear event `fd` */
	HD_WAIT   /* until event `fd` is set */
};
#define HD_CAN(op) (UINT64_C(1) << (op))

/*
 * The work on shared data that one task at a time may do: data, not code, so that it can travel to
 * another process. A word in each of `lines` cache lines is increased by one, then `turns` turns of
 * busy work are done.
 */
struct hd_section {
	uint64_t *words; /* in memory that all tasks share; words[i * HD_LINE_WORDS] is the i-th */
	uint32_t lines;  /* at least 1 */
	uint32_t turns;  /* of busy work, about one nanosecond each */
	uint32_t lock;   /* 0 ... host->locks - 1 */
	uint32_t flags;  /* 0 */
};
#define HD_LINE_WORDS 8u /* words of 8 bytes in a cache line */

static inline void hd_busy(uint32_t turns)
{
	for (uint32_t i = 0; i < turns; i++)
		__asm__ volatile("" : "+r"(i) : : "memory");
}

/*
 * The section once. Call it with the section's lock held. A single word is increased through an address
 * that stays in its register: some processors then need not wait until the last increment of it has left
 * the store buffer (2.5 x the time where it does).
 */
static inline void hd_section_run(const struct hd_section *section)
{
	volatile uint64_t *word = section->words;
	uint32_t lines = section->lines;

	*word = *word + 1;
	for (uint64_t i = 1; i < lines; i++)
		word[i * HD_LINE_WORDS] = word[i * HD_LINE_WORDS] + 1;
	hd_busy(section->turns);
}

/*
 * The section `times` times where nothing stands between two of them, because tasks cannot run at the
 * same time (one core, no stacks taken away). Never inside one acquisition of a lock: `times` sections
 * are separate.
 */
static inline void hd_section_run_times(const struct hd_section *section, uint64_t times)
{
	if (section->lines == 1 && section->turns == 0) {
		volatile uint64_t *word = section->words;

		for (; times; times--)
			*word = *word + 1;
		return;
	}
	for (; times; times--)
		hd_section_run(section);
}

/* A reader's section: 0 where all its words agree, 1 where half a change was seen. */
static inline uint64_t hd_section_read(const struct hd_section *section)
{
	const volatile uint64_t *word = section->words;
	uint64_t first = *word, torn = 0;

	for (uint32_t i = 1; i < section->lines; i++)
		torn |= word[i * HD_LINE_WORDS] != first;
	hd_busy(section->turns);
	return torn;
}

/* `times` of them, under the lock or without: how many saw half a change. */
static inline uint64_t hd_section_read_times(const struct hd_section *section, uint64_t times)
{
	uint64_t torn = 0;

	for (; times; times--)
		torn += hd_section_read(section);
	return torn;
}

/*
 * A step writes op, flags and what the op uses; all else is undefined.
 *
 * Answers, an int64_t: READ, WRITE: bytes moved, 0 of a READ is the end; ACCEPT: the descriptor;
 * PUT, GET: messages moved, at least 1; SHARED: how many readings saw half a change, 0 is right; else
 * 0. -errno on failure. A model whose other tasks cannot run while one waits answers -EAGAIN at once
 * where a PUT, a GET or a WAIT would wait for them.
 */
struct hd_request {
	uint32_t op, flags; /* enum hd_op; 0 */
	int32_t fd, fd2;    /* a descriptor, a queue or an event, each from 0; fd2: not yet */
	void *buf;          /* READ, WRITE: bytes; PUT, GET: uint64_t messages */
	uint64_t size;      /* of buf, in bytes */
	int64_t offset;     /* READ, WRITE: -1 is the current position */
	uint64_t times;     /* sections; YIELD: turns; PUT, GET: messages; never 0 */
	/* All that wait: -1 for ever; 0 not at all: -EAGAIN; else -ETIMEDOUT after. SLEEP: how long. */
	int64_t timeout_ns;
	struct hd_section section; /* EXCLUSIVE, SHARED */
	uint64_t reserved[4];      /* for ops to come */
};

/*
 * A step may run on different threads in turn, with happens-before between steps. It uses no
 * thread-locals, never waits, reads nothing from the old request and needs at most 4 KiB of stack. It
 * may open, close and set options of descriptors itself.
 */
struct hd_job {
	/* Sent the answer to the last request (0 at first); writes the next request over it. */
	void (*step)(struct hd_job *job, int64_t answer, struct hd_request *request);
	uint32_t task; /* set by the model before the first step, 0 ... in_flight - 1;
	                  no two jobs in progress share a number */
	uint32_t reserved;
};

struct hd_jobs {
	uint64_t count, stride; /* jobs; bytes from one to the next */
	char *first;
};

static inline struct hd_job *hd_job_at(const struct hd_jobs *jobs, uint64_t i)
{
	return (struct hd_job *)(void *)(jobs->first + i * jobs->stride);
}

/* What the core offers. Valid from open() to the end of close(); its functions are given this pointer, not
   one to a copy. Check `size` before newer fields. */
struct hd_host {
	uint32_t size;           /* sizeof of the core's struct */
	uint32_t cores;          /* of the case */
	uint32_t in_flight;      /* jobs in progress at a time: threads, processes, coroutines */
	uint32_t locks;          /* that sections name */
	uint32_t queues;         /* that PUT and GET name */
	uint32_t queue_capacity; /* messages that fit into each */
	uint32_t events;         /* that SET, CLEAR and WAIT name */
	const int *cpus;         /* OS indexes of the case's PUs, `cores` of them */
	/* Narrow the calling thread to one of the case's PUs: cpus[core % cores]. Every thread and process
	   that steps jobs calls it once. 0 or -errno. It also gives the thread a stack on which an overflow of
	   its own can be told. */
	int (*bind)(const struct hd_host *, uint32_t core);
	/* Zeroed memory, shared with forked children, for the whole trial; 64-byte aligned. NULL when used
	   up. Not to be freed. Call it in open() only. */
	void *(*shared_alloc)(const struct hd_host *, uint64_t size);
	/* The value in force of an option that the model declared. */
	int64_t (*option_int)(const struct hd_host *, const char *name);
	const char *(*option_text)(const struct hd_host *, const char *name);
	/* A child process: its death by a signal, or its end while jobs run, is the trial's crash. Call it
	   right after fork(); not for one whose end is part of the work, as a job's own. What a process
	   takes that was not told of is not known, and with it the CPU time of the whole trial. */
	void (*watch)(const struct hd_host *, int pid);
	/* The reason behind the -errno that open() or run() is about to return; or behind the
	   -EOPNOTSUPP that a section is answered with, whose shape the model cannot do. */
	void (*fail)(const struct hd_host *, const char *why);
	/* A few words that the table tells beside the numbers: what is unusual about this trial. The first
	   one counts. From any thread or process, also while jobs run. */
	void (*note)(const struct hd_host *, const char *what);
};

enum hd_option_kind {
	HD_OPTION_INT =
	        1, /* value, min, max; choices: words for -1, -2, ... beside a range from 0 up */
	HD_OPTION_FLAG,   /* value: 0 or 1 */
	HD_OPTION_CHOICE, /* text: the default; choices: the words allowed, a blank between two */
	HD_OPTION_TEXT    /* text: the default */
};

struct hd_option {
	const char *name; /* [a-z0-9_]+, its unit at its end: stack_kib */
	uint32_t kind;    /* enum hd_option_kind */
	uint32_t reserved;
	int64_t value, min, max;
	const char *text, *choices;
	const char *help; /* one line */
};

/* What a plugin is. */
struct hd_model {
	uint32_t magic, abi;             /* HD_PLUGIN_MAGIC, HD_PLUGIN_ABI */
	uint32_t size, option_size;      /* sizeof(struct hd_model), sizeof(struct hd_option) */
	uint64_t ops;                    /* HD_CAN(HD_EXCLUSIVE) | ...: what it interprets */
	const char *name;                /* the file's name without .so, [a-z0-9-]+ */
	const char *summary;             /* one line */
	const char *build;               /* HD_BUILD */
	const struct hd_option *options; /* NULL, or ends with {0} */
	/* May be NULL. Says why it cannot run here ("kernel has no io_uring"), or NULL. Options have their
	   defaults while a model is only asked what it is. */
	const char *(*unsupported)(const struct hd_host *);
	/* All three required, called by the same thread. open() and run() return 0 or -errno. */
	int (*open)(const struct hd_host *, void **state);
	/* Every job once, `in_flight` at a time where the model can; may be called many times. */
	int (*run)(void *state, const struct hd_jobs *);
	void (*close)(void *state);
};

/* The one symbol that a plugin exports. */
extern HD_EXPORT const struct hd_model heddle_model;

#ifdef __cplusplus
}
#endif
#endif
