/* SPDX-License-Identifier: MIT */
/* Facts about the machine that a result carries. What cannot be read is empty and told in
 * `unavailable`. */
#ifndef HEDDLE_MACHINE_H
#define HEDDLE_MACHINE_H

#include <stdbool.h>
#include <stdint.h>

enum { MACHINE_TEXT = 128, MACHINE_FLAGS = 512, MACHINE_UNAVAILABLE = 40 };

/* How busy it is; NAN where unknown. */
struct machine_load {
	double load_1min;
	double cpu_pressure_percent, io_pressure_percent; /* PSI, some, avg10 */
};

struct machine {
	char hostname[MACHINE_TEXT], kernel[MACHINE_TEXT], architecture[MACHINE_TEXT];
	char cpu_model[MACHINE_TEXT];
	char governor[MACHINE_TEXT];       /* "performance"; several are parted by commas */
	char turbo[MACHINE_TEXT];          /* "on" or "off" */
	char smt[MACHINE_TEXT];            /* siblings in use: "on" or "off" */
	char cpu_flags[MACHINE_FLAGS];     /* as cpu_flags_read() */
	char virtualisation[MACHINE_TEXT]; /* "none", "KVM", "KVM, docker", "none, docker" */
	char clock_source[MACHINE_TEXT];   /* the kernel's: "tsc"; others make clock reads dear */
	char protection
	        [MACHINE_TEXT]; /* "namespaces" around the models; whoever starts them tells it */
	uint64_t memory_bytes;
	double clock_read_ns;  /* what reading the clock costs: median of batches */
	bool counts_user_only; /* the processor's counters may not count the kernel's part here */
	struct machine_load at_start, at_end;
	struct {
		const char *what; /* the field's name */
		char why[MACHINE_TEXT];
	} unavailable[MACHINE_UNAVAILABLE];
	int unavailable_count;
};

/*
 * Never fails: what cannot be read is told. `root` is "" or a fake file tree's path for tests; what
 * comes from no file (architecture, the hypervisor's name as the processor tells it) is the real
 * machine's.
 */
void machine_read(struct machine *, const char *root);
/* Once more how busy it is, into at_end. */
void machine_read_end(struct machine *, const char *root);
/* Tells why a field, or a gauge of the trials, cannot be read here. `what` must be a constant. */
void machine_unavailable(struct machine *, const char *what, const char *why);
/* What reading the clock costs: median of batches, in less than a millisecond. */
double machine_clock_read_ns(void);

#endif
