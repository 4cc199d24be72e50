/* SPDX-License-Identifier: MIT */
/*
 * The shared memory of one trial: a memfd that the core makes, maps and reads, and that the stage and
 * all processes of the model map as well. From its start: the board (what core and stage tell each
 * other), a slot for each task, a slot for each thread of the load generator, the workload's memory
 * (jobs, buffers, words), and room for the plugin.
 *
 * The core and the stage map it at different addresses: what both use is found by offset, pointers
 * inside belong to the stage and to what it forks. Around each part but the generator's slots, which nobody in a
 * stage writes, lie pages that cannot be touched: who reads or writes beyond one gets SIGSEGV.
 */
#ifndef HEDDLE_ARENA_H
#define HEDDLE_ARENA_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "error.h"

enum {
	ARENA_SPACING =
	        256, /* bytes between two tasks' counters: adjacent-line prefetch pulls in pairs */
	ARENA_GUARD = 65536, /* bytes of address space between two parts */
	ARENA_CPUS = 4096,   /* PUs of a case, at most */
	ARENA_WATCHED = 16384,
	ARENA_VALUES = 64,        /* parameters and options of a case, at most */
	ARENA_TEXT_BYTES = 65536, /* paths and values that are text */
	ARENA_REASON_BYTES = 512,
	ARENA_FRAMES = 32,  /* of a backtrace, at most; the innermost ones */
	ARENA_OBJECTS = 12, /* files that they lie in */
	ARENA_OBJECT_BYTES = 512,
};

/* Where the stage is; what a crash or a hang is told to have happened in. */
enum arena_phase {
	PHASE_START,  /* exec, mapping the arena */
	PHASE_BIND,   /* narrowing itself to the case's PUs */
	PHASE_LOAD,   /* dlopen of the plugin */
	PHASE_SETUP,  /* workload.setup */
	PHASE_OPEN,   /* model.open */
	PHASE_RUN,    /* model.run */
	PHASE_CLOSE,  /* model.close */
	PHASE_UNLOAD, /* exit handlers and destructors */
};
const char *arena_phase_name(enum arena_phase);

/* What one task, or one thread of the generator, tells the core. Only its owner writes. */
struct arena_slot {
	_Alignas(ARENA_SPACING) _Atomic uint64_t
	        ops;              /* work acknowledged so far, in the workload's unit */
	_Atomic uint32_t stepped; /* 1 once the task was stepped */
};

static inline void slot_add(struct arena_slot *slot, uint64_t ops)
{
	atomic_store_explicit(&slot->ops,
	                      atomic_load_explicit(&slot->ops, memory_order_relaxed) + ops,
	                      memory_order_relaxed);
}

static inline uint64_t slot_ops(const struct arena_slot *slot)
{
	return atomic_load_explicit(&slot->ops, memory_order_relaxed);
}

/* A value of a parameter or option: the number, and where it is text, its place in board->text. */
struct arena_value {
	int64_t number;
	uint32_t text;
};

/* Whole passes of a finite workload, added up by the stage while `measuring` is set. */
struct arena_passes {
	uint64_t count, ns, ops;
};

struct arena_frame {
	uint64_t address; /* in the process; of the outer frames, where the call returns to */
	uint64_t offset;  /* in the object's file, of the instruction that was under way */
	uint32_t object;  /* its place in struct arena_fault plus one; 0: none is known */
};

/* What a dying process writes down, the first one of a trial. Names are found by the core: see fault.h. */
struct arena_fault {
	_Atomic int32_t thread;  /* that writes; 0: nothing happened */
	int32_t pid, signal;     /* signal 0: exit() was called */
	int32_t code;            /* si_code */
	uint32_t stack_overflow; /* 1: the address lies beside the stack pointer */
	uint64_t address;        /* si_addr */
	_Atomic uint32_t frames; /* that are valid, innermost first */
	uint32_t objects;
	struct arena_frame frame[ARENA_FRAMES];
	char object[ARENA_OBJECTS][ARENA_OBJECT_BYTES];
};

struct arena_board {
	/* The case: written by the core before the stage starts, only read from then on. */
	uint32_t describe; /* 1: do not run anything, fill `model` of the workload's memory */
	uint32_t check; /* 1 + place of the one property of the model to be looked at; 0: a trial */
	uint32_t counted; /* 1: events of its processes are counted (counters.h) */
	uint32_t cores, in_flight, locks, queues, queue_capacity, events;
	int32_t cpus[ARENA_CPUS];
	uint32_t plugin_path, workload_name; /* places in text */
	uint32_t params, options;            /* how many */
	struct arena_value param[ARENA_VALUES], option[ARENA_VALUES];
	uint64_t seed;
	uint32_t sockets; /* handed over by the core, in the workload's order */
	uint64_t slots_at, generator_slots_at, workload_at, workload_bytes, plugin_at; /* offsets */
	uint32_t generator_threads;
	uint32_t text_used;
	char text[ARENA_TEXT_BYTES];

	/* The stage to the core. */
	_Alignas(ARENA_SPACING) _Atomic uint32_t phase; /* enum arena_phase */
	int32_t code;      /* -errno of what failed; 0 while nothing has */
	uint32_t skipped;  /* 1: `reason` is why the model cannot run here */
	uint32_t finished; /* 1: all phases were gone through or told why not */
	char reason[ARENA_REASON_BYTES];
	char changed
	        [ARENA_REASON_BYTES]; /* what the model changed about the process, see stage_traces.h */
	_Atomic uint32_t noted;       /* 1 once `note` is being written */
	char note[ARENA_REASON_BYTES]; /* of the model, for the table */
	_Atomic uint32_t watched;      /* entries of watched_pids that are valid */
	_Atomic int32_t watched_pids[ARENA_WATCHED];
	_Atomic uint64_t between_cpu_ns; /* the stage's own CPU time before passes */
	_Atomic uint64_t beats;          /* signs of life from there */
	uint64_t beat_cpu_ns;            /* the thread's CPU time at the last one */
	_Atomic uint64_t passes_done;    /* whole passes, measured or not */
	struct arena_passes measured;    /* valid after the stage has ended, or while it waits */
	struct arena_fault fault;

	/* The core to the stage, its tasks and the generator: each on lines of its own. */
	_Alignas(ARENA_SPACING) _Atomic uint32_t stop;      /* jobs end at their next step */
	_Alignas(ARENA_SPACING) _Atomic uint32_t measuring; /* passes that begin now count */
	_Alignas(ARENA_SPACING) _Atomic uint32_t drain;     /* the generator sends nothing more */
};

struct arena {
	int fd;
	uint64_t size; /* of the mapping, in bytes; memory is taken when it is touched */
	char *base;
	struct arena_board *board;
	/* A copy of the board's offsets: what a plugin scribbles on the board cannot lead the core astray. */
	uint64_t slots_at, generator_slots_at, workload_at, plugin_at;
	uint64_t plugin_used; /* by arena_plugin_alloc in this process */
};

struct arena_sizes {
	uint32_t tasks, generator_threads;
	uint64_t workload_bytes;
};

/* Makes an arena, all zero but the offsets. 0 or -errno. */
int arena_create(struct arena *, const struct arena_sizes *, struct hd_error *);
/* Maps an arena that was received as a descriptor, which it owns from then on. */
int arena_map(struct arena *, int fd, struct hd_error *);
void arena_destroy(struct arena *);

/*
 * In the stage, now and then while it works between two passes: no slot moves then, and the CPU time is
 * not the model's. arena_begin_beats() comes first, on the same thread.
 */
void arena_begin_beats(struct arena_board *);
void arena_beat(struct arena_board *);

struct arena_slot *arena_slots(const struct arena *); /* board->in_flight of them */
struct arena_slot *
arena_generator_slots(const struct arena *); /* board->generator_threads of them */
void *arena_workload(const struct arena *);  /* board->workload_bytes, 256-byte aligned */
/* 64-byte aligned memory of the plugin's room, NULL when it is used up. */
void *arena_plugin_alloc(struct arena *, uint64_t size);

/* Puts text on the board and returns its place; 0, the place of "", when there is no room. */
uint32_t arena_put_text(struct arena_board *, const char *);
const char *arena_text(const struct arena_board *, uint32_t place);

static inline bool arena_stopping(const struct arena_board *board)
{
	return atomic_load_explicit(&board->stop, memory_order_relaxed) != 0;
}

#endif
