/* SPDX-License-Identifier: MIT */
/*
 * What a process of the model wrote down when it died (stage_fault.h), made safe and given names. For the core,
 * after the process has ended; the plugin may have written anything there.
 */
#ifndef HEDDLE_FAULT_H
#define HEDDLE_FAULT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "arena.h"
#include "symbols.h"

enum { FAULT_TEXT = 320 };

struct fault_frame {
	char object[ARENA_OBJECT_BYTES]; /* the file, "" where none is known */
	char function[SYMBOL_NAME];      /* "" where none is known */
	uint64_t offset;                 /* in the function; 0 with "" */
	uint64_t address; /* in the object; in the process where that cannot be read */
};

struct fault {
	int pid, signal, code; /* signal 0: exit() was called */
	bool stack_overflow;
	uint64_t address; /* that was touched, with SIGSEGV and SIGBUS of the kernel's */
	int told;         /* the frame that names the place: the plugin's innermost; -1: none */
	uint32_t frames;  /* innermost first */
	struct fault_frame frame[ARENA_FRAMES];
};

/* NULL where nobody wrote, or without memory. free() it. */
struct fault *fault_take(const struct arena_board *, const char *plugin_path);
/*
 * " at crash+0x9 (x.so): address 0x10": the place, " at x.so+0x1139" where the function has no name, and the cause
 * where the kernel tells one. "" where nothing is known. Returns `text`.
 */
const char *fault_words(const struct fault *, char text[FAULT_TEXT]);

#endif
