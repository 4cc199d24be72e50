/* SPDX-License-Identifier: MIT */
#include "fault.h"

#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "error.h"

static void take_frame(const struct arena_fault *from, uint32_t i, struct fault_frame *to)
{
	const struct arena_frame *frame = &from->frame[i];
	uint32_t object = frame->object;
	struct symbol symbol;

	to->address = frame->address;
	if (!object || object > ARENA_OBJECTS)
		return;
	snprintf(to->object, sizeof(to->object), "%.*s", ARENA_OBJECT_BYTES - 1,
	         from->object[object - 1]);
	text_clean(to->object);
	/* "[vdso]" is no file. */
	if (to->object[0] != '/' || symbols_find(to->object, frame->offset, &symbol))
		return;
	to->address = symbol.address;
	memcpy(to->function, symbol.name, sizeof(to->function));
	/* What was looked up is the call, what the process had is where it returns to. */
	if (symbol.name[0])
		to->offset = symbol.address - symbol.begin + (i > 0);
}

/* The plugin's innermost frame; without one, the innermost that has a name. */
static int frame_to_tell(const struct fault *fault, const char *plugin_path)
{
	char *real = realpath(plugin_path, NULL);
	const char *plugin = real ? real : plugin_path;
	int named = -1, own = -1;

	for (int i = (int)fault->frames - 1; i >= 0; i--) {
		if (fault->frame[i].function[0])
			named = i;
		if (strcmp(fault->frame[i].object, plugin) == 0)
			own = i;
	}
	free(real);
	return own >= 0 ? own : named;
}

struct fault *fault_take(const struct arena_board *board, const char *plugin_path)
{
	const struct arena_fault *from = &board->fault;
	uint32_t frames = atomic_load(&from->frames);
	struct fault *fault;

	if (!atomic_load(&from->thread) || !from->pid)
		return NULL;
	fault = calloc(1, sizeof(*fault));
	if (!fault)
		return NULL;
	fault->pid = from->pid;
	fault->signal = from->signal;
	fault->code = from->code;
	fault->stack_overflow = from->stack_overflow;
	fault->address = from->address;
	fault->frames = frames < ARENA_FRAMES ? frames : ARENA_FRAMES;
	for (uint32_t i = 0; i < fault->frames; i++)
		take_frame(from, i, &fault->frame[i]);
	fault->told = frame_to_tell(fault, plugin_path);
	return fault;
}

static void tell_place(const struct fault *fault, char text[FAULT_TEXT])
{
	const struct fault_frame *frame;
	const char *slash, *object;

	if (fault->told < 0)
		return;
	frame = &fault->frame[fault->told];
	slash = strrchr(frame->object, '/');
	object = slash ? slash + 1 : frame->object;
	if (frame->function[0])
		snprintf(text, FAULT_TEXT, " at %s+0x%llx (%.100s)", frame->function,
		         (unsigned long long)frame->offset, object);
	else
		snprintf(text, FAULT_TEXT, " at %.100s+0x%llx", object,
		         (unsigned long long)frame->address);
}

/* Only what the kernel told, and only where it helps. */
static void describe(const struct fault *fault, char *text, size_t size)
{
	bool has_address = fault->code > 0 && fault->code != SI_KERNEL;

	if (fault->stack_overflow)
		snprintf(text, size, ": stack overflow");
	else if (fault->signal == SIGFPE && fault->code == FPE_INTDIV)
		snprintf(text, size, ": integer division by zero, or overflow");
	else if (fault->signal == SIGBUS && fault->code == BUS_ADRERR)
		snprintf(text, size, ": address 0x%llx, where a mapped file has nothing",
		         (unsigned long long)fault->address);
	else if ((fault->signal == SIGSEGV || fault->signal == SIGBUS) && has_address)
		snprintf(text, size, ": address 0x%llx", (unsigned long long)fault->address);
}

const char *fault_words(const struct fault *fault, char text[FAULT_TEXT])
{
	size_t used;

	text[0] = '\0';
	if (!fault)
		return text;
	tell_place(fault, text);
	used = strlen(text);
	describe(fault, text + used, FAULT_TEXT - used);
	return text;
}
