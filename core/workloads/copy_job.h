/* SPDX-License-Identifier: MIT */
/*
 * The stage's side of `copy`: a job a file, and what comes before each pass. What core and stage tell
 * each other lies at the start of the workload's memory; the tasks' buffers follow.
 */
#ifndef HEDDLE_COPY_JOB_H
#define HEDDLE_COPY_JOB_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "arena.h"
#include "copy_check.h"
#include "copy_tree.h"
#include "scratch.h"
#include "workload.h"

/* What went wrong with a job. */
enum copy_fault {
	COPY_FAULT_SOURCE = 1, /* the source could not be opened */
	COPY_FAULT_COPY,       /* the copy could not be opened */
	COPY_FAULT_READ,       /* a request was answered with -errno */
	COPY_FAULT_WRITE,
	COPY_FAULT_FINISH,     /* length, permissions, fsync or close */
	COPY_FAULT_ANSWER,     /* more bytes than were asked for, or none written */
	COPY_FAULT_TASK,       /* a number that no task has */
	COPY_FAULT_AGAIN,      /* stepped after it was done */
	COPY_FAULT_LEFT_OUT,   /* the pass ended without it */
	COPY_FAULT_UNFINISHED, /* the pass ended in the middle of it */
	COPY_FAULTS,
};
const char *copy_fault_text(uint32_t fault);

struct copy_run;

struct copy_counter {
	_Alignas(ARENA_SPACING) _Atomic uint64_t files;
};

struct copy_board {
	/* The core to the stage. */
	char list[SCRATCH_PATH], source[SCRATCH_PATH], copy[SCRATCH_PATH];
	/* The stage to the core. */
	_Atomic uint64_t faults;  /* in all passes */
	_Atomic uint32_t claimed; /* 1: the first fault's place is taken */
	uint32_t fault, entry; /* of the first one: enum copy_fault; which of the tree's entries */
	int64_t answer;        /* -errno or the answer */
	uint64_t bad_pass;     /* the first one whose copies differ, counted from 1; 0: none */
	struct copy_difference differs; /* in that pass */
	struct copy_run *run;           /* the stage's own */
	struct copy_counter files[];    /* copied by each task, in_flight of them */
};

enum copy_job_state { COPY_WAITING, COPY_READING, COPY_WRITING, COPY_FINISHED, COPY_FAILED };

struct copy_job {
	struct hd_job job;
	struct copy_run *run;
	uint64_t offset;      /* of the block in hand */
	int32_t in, out;      /* descriptors of the source and of the copy */
	uint32_t have, done;  /* bytes of the block that were read, and written since */
	uint32_t entry;       /* which of the tree's */
	uint16_t state, mode; /* enum copy_job_state; permissions of the source */
	/* Jobs that different tasks step at the same time are neighbours: none shares a line with two. */
	_Alignas(64) char end[];
};

/* In memory that all processes of the model share, made before they are. */
struct copy_run {
	struct copy_board *board;
	struct arena_slot *slots;
	char *buffers; /* `stride` bytes for each task, of which `block` are used */
	uint64_t block, stride, seed, job_count;
	uint32_t in_flight;
	int source, copy; /* the two roots; paths in the tree are relative to them */
	bool fresh, cold, sync;
	struct copy_tree tree;
	struct copy_known *known; /* of each of its entries; the stage's own memory */
	_Alignas(ARENA_SPACING) struct copy_job jobs[];
};

/* How many bytes of arena_workload() a case needs, and where the buffers begin. */
uint64_t copy_job_bytes(uint32_t in_flight, uint64_t block_bytes);
uint64_t copy_job_buffers_at(uint32_t in_flight);

/* Notes what went wrong with a job: the first one is told, the others are counted. */
void copy_job_record(struct copy_run *, uint32_t entry, enum copy_fault, int64_t answer);
/* A descriptor for writing. A copy that its source's permissions made read-only is opened up; the
   job's last step sets them again. */
int copy_job_open_copy(const struct copy_run *, const char *path, int flags, mode_t mode);

int copy_job_setup(struct workload_stage *, struct hd_error *);
/* copy_pass.c */
int copy_pass_prepare(struct workload_stage *, uint64_t pass, struct hd_error *);

#endif
