/* SPDX-License-Identifier: MIT */
/* Facts about the machine that a result carries. What cannot be read is empty and told in
 * `unavailable`. */
#ifndef HEDDLE_MACHINE_H
#define HEDDLE_MACHINE_H

#include <stdint.h>

enum { MACHINE_TEXT = 128, MACHINE_UNAVAILABLE = 12 };

struct machine {
	char hostname[MACHINE_TEXT], kernel[MACHINE_TEXT], architecture[MACHINE_TEXT];
	char cpu_model[MACHINE_TEXT];
	char governor[MACHINE_TEXT];       /* "performance"; several are parted by commas */
	char turbo[MACHINE_TEXT];          /* "on" or "off" */
	char virtualisation[MACHINE_TEXT]; /* "none", "KVM", "KVM, docker", "none, docker" */
	char clock_source[MACHINE_TEXT];   /* the kernel's: "tsc"; others make clock reads dear */
	uint64_t memory_bytes;
	double clock_read_ns;        /* what reading the clock costs: median of batches */
	double load_1min;            /* NAN where unknown */
	double cpu_pressure_percent; /* PSI, some, avg10; NAN where unknown */
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

#endif
