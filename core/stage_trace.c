/* SPDX-License-Identifier: MIT */
#include "stage_trace.h"

#include <fcntl.h>
#include <stddef.h>
#include <string.h>
#include <unistd.h>
#include <unwind.h>

/* A function's frame may be large, and the first word that it writes anywhere in it. */
enum { NEAR_STACK_BYTES = 64 << 10 };

/* ---- Registers --------------------------------------------------------------------------------- */

struct registers {
	uint64_t *pc, *sp;
};

static struct registers registers_of(ucontext_t *context)
{
#if defined(__x86_64__)
	long long *registers = context->uc_mcontext.gregs;

	return (struct registers){(uint64_t *)&registers[REG_RIP], (uint64_t *)&registers[REG_RSP]};
#elif defined(__aarch64__)
	return (struct registers){(uint64_t *)&context->uc_mcontext.pc,
	                          (uint64_t *)&context->uc_mcontext.sp};
#else
	(void)context;
	return (struct registers){NULL, NULL};
#endif
}

/* A call of what is no code leaves no frame: as if it had returned, the caller is the innermost one. */
static void undo_call(ucontext_t *context, const struct registers *registers)
{
#if defined(__x86_64__)
	(void)context;
	*registers->pc = *(const uint64_t *)*registers->sp;
	*registers->sp += sizeof(uint64_t);
#elif defined(__aarch64__)
	*registers->pc = context->uc_mcontext.regs[30];
#else
	(void)context;
	(void)registers;
#endif
}

/* ---- Frames ------------------------------------------------------------------------------------ */

struct trace {
	struct arena_fault *fault;
	uint32_t count;
	bool begun; /* past the handler's own frames */
};

static _Unwind_Reason_Code take_frame(struct _Unwind_Context *context, void *argument)
{
	struct trace *trace = argument;
	int interrupted = 0;
	uint64_t address = _Unwind_GetIPInfo(context, &interrupted);

	trace->begun |= interrupted;
	if (!trace->begun)
		return _URC_NO_REASON;
	if (trace->count == ARENA_FRAMES || !address)
		return _URC_END_OF_STACK;
	trace->fault->frame[trace->count++].address = address;
	atomic_store(&trace->fault->frames, trace->count);
	return _URC_NO_REASON;
}

static void take_frames(struct arena_fault *fault, uint32_t first, bool begun)
{
	struct trace trace = {.fault = fault, .count = first, .begun = begun};

	_Unwind_Backtrace(take_frame, &trace);
}

static bool is_near(uint64_t address, uint64_t sp)
{
	return address - sp + NEAR_STACK_BYTES <= 2 * NEAR_STACK_BYTES;
}

void stage_trace_interrupted(struct arena_fault *fault, int signal, const siginfo_t *info,
                             ucontext_t *context)
{
	struct registers registers = registers_of(context);
	bool by_kernel = info->si_code > 0, no_code;
	uint64_t pc, sp;

	fault->signal = signal;
	fault->code = info->si_code;
	fault->address = by_kernel ? (uint64_t)(uintptr_t)info->si_addr : 0;
	if (!registers.pc) {
		take_frames(fault, 0, false);
		return;
	}
	pc = *registers.pc;
	sp = *registers.sp;
	/* Should the stack be unreadable, this much is known. */
	fault->frame[0].address = pc;
	atomic_store(&fault->frames, 1);
	no_code = by_kernel && signal == SIGSEGV && fault->address == pc;
	fault->stack_overflow =
	        by_kernel && signal == SIGSEGV && !no_code && is_near(fault->address, sp);
	if (no_code)
		undo_call(context, &registers);
	take_frames(fault, no_code, false);
	*registers.pc = pc;
	*registers.sp = sp;
}

void stage_trace_caller(struct arena_fault *fault)
{
	take_frames(fault, 0, true);
}

/* ---- Objects ----------------------------------------------------------------------------------- */

struct reader {
	int fd;
	ssize_t got, at;
	char bytes[4096];
};

/* Not on the handler's stack; one thread of a process comes here, once. */
static struct reader maps;
static char line[ARENA_OBJECT_BYTES + 128];

static bool read_line(void)
{
	size_t length = 0;

	for (;;) {
		if (maps.at == maps.got) {
			maps.got = read(maps.fd, maps.bytes, sizeof(maps.bytes));
			maps.at = 0;
			if (maps.got <= 0)
				return false;
		}
		if (maps.bytes[maps.at] == '\n')
			break;
		if (length < sizeof(line) - 1)
			line[length++] = maps.bytes[maps.at];
		maps.at++;
	}
	maps.at++;
	line[length] = '\0';
	return true;
}

static uint64_t read_hex(const char **text)
{
	uint64_t value = 0;

	for (;; ++*text) {
		char c = **text;

		if (c >= '0' && c <= '9')
			value = value << 4 | (uint64_t)(c - '0');
		else if (c >= 'a' && c <= 'f')
			value = value << 4 | (uint64_t)(c - 'a' + 10);
		else
			return value;
	}
}

static const char *after_word(const char *text)
{
	while (*text && *text != ' ')
		text++;
	while (*text == ' ')
		text++;
	return text;
}

/* Its place plus one; 0 where there is no room, or no name. */
static uint32_t place_of(struct arena_fault *fault, const char *path)
{
	size_t bytes = strlen(path) + 1;

	for (uint32_t i = 0; i < fault->objects; i++)
		if (strcmp(fault->object[i], path) == 0)
			return i + 1;
	if (bytes == 1 || bytes > ARENA_OBJECT_BYTES || fault->objects == ARENA_OBJECTS)
		return 0;
	memcpy(fault->object[fault->objects], path, bytes);
	return ++fault->objects;
}

/* "START-END rwxp OFFSET MM:MM INODE   PATH" */
static void take_mapping(struct arena_fault *fault, const char *text)
{
	uint64_t start = read_hex(&text), end, offset;
	const char *path;

	text++;
	end = read_hex(&text);
	text = after_word(text);
	text = after_word(text);
	offset = read_hex(&text);
	path = after_word(after_word(after_word(text)));
	for (uint32_t i = 0; i < atomic_load(&fault->frames); i++) {
		struct arena_frame *frame = &fault->frame[i];
		/* Behind the last call of a function another one may begin. */
		uint64_t at = frame->address - (i > 0);

		if (at < start || at >= end)
			continue;
		frame->offset = at - start + offset;
		frame->object = place_of(fault, path);
	}
}

void stage_trace_objects(struct arena_fault *fault)
{
	maps.fd = open("/proc/self/maps", O_RDONLY | O_CLOEXEC);
	if (maps.fd < 0)
		return;
	while (read_line())
		take_mapping(fault, line);
	close(maps.fd);
}
