/* SPDX-License-Identifier: MIT */
/*
 * Fibers of the coroutine model: stacks, and the switch between two of them.
 *
 * The switch is Boost.Context's. A jump hands over where the jumper is to go on; whoever arrives
 * stores that for the one who left, so a fiber is complete only after somebody else has arrived.
 * Who that is stands in the thread's carrier, and the carrier travels in a register: what follows a
 * switch then need not wait for the stack that was switched to, which with many fibers is seldom in
 * the nearest cache (1 000 fibers: half the time). The sanitizers are told of each switch: they
 * follow one stack a thread otherwise.
 */
#ifndef COROUTINE_FIBER_H
#define COROUTINE_FIBER_H

#include <errno.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/mman.h>

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define FIBER_ASAN 1
#endif
#if __has_feature(thread_sanitizer)
#define FIBER_TSAN 1
#endif
#endif
#if defined(__SANITIZE_ADDRESS__)
#define FIBER_ASAN 1
#endif
#if defined(__SANITIZE_THREAD__)
#define FIBER_TSAN 1
#endif
#if defined(FIBER_ASAN)
#include <sanitizer/asan_interface.h>
#include <sanitizer/common_interface_defs.h>
#endif
#if defined(FIBER_TSAN)
#include <sanitizer/tsan_interface.h>
#endif
#if defined(__has_include)
#if __has_include(<valgrind/valgrind.h>)
#include <valgrind/valgrind.h>
#endif
#endif
#ifndef VALGRIND_STACK_REGISTER
#define VALGRIND_STACK_REGISTER(low, high) 0u
#define VALGRIND_STACK_DEREGISTER(id) ((void)(id))
#endif

typedef void *fcontext_t;

struct transfer_t {
	fcontext_t fctx;
	void *data;
};

fcontext_t make_fcontext(void *top, size_t size, void (*entry)(struct transfer_t));
struct transfer_t jump_fcontext(fcontext_t to, void *data);

#define FIBER_PAGE UINT64_C(4096)
/* So much of each stack is touched before the first run: a step's 4 KiB and what lies under it. */
#define FIBER_TOUCHED (2 * FIBER_PAGE)

struct fiber {
	fcontext_t context; /* where it goes on */
	unsigned valgrind;
#if defined(FIBER_ASAN)
	const void *low; /* of its stack */
	size_t size;
	void *fake_stack;
#endif
#if defined(FIBER_TSAN)
	void *tsan;
#endif
};

/* One a thread. */
struct carrier {
	struct fiber *leaving;
};

/* To be called first wherever a jump has led to. */
static inline struct carrier *fiber_arrive(struct fiber *self, struct transfer_t transfer)
{
	struct carrier *carrier = transfer.data;
	struct fiber *from = carrier->leaving;

	from->context = transfer.fctx;
#if defined(FIBER_ASAN)
	__sanitizer_finish_switch_fiber(self->fake_stack, &from->low, &from->size);
#endif
	(void)self;
	return carrier;
}

/* Returns when somebody has switched back, with the carrier in a register: quicker than the old one. */
static inline struct carrier *fiber_switch(struct carrier *carrier, struct fiber *from,
                                           struct fiber *to)
{
#if defined(FIBER_ASAN)
	__sanitizer_start_switch_fiber(&from->fake_stack, to->low, to->size);
#endif
#if defined(FIBER_TSAN)
	__tsan_switch_to_fiber(to->tsan, 0);
#endif
	carrier->leaving = from;
	return fiber_arrive(from, jump_fcontext(to->context, carrier));
}

/* The thread's own stack as a fiber, so that it can be left and come back to. */
static inline void fiber_adopt_thread(struct fiber *fiber)
{
	(void)fiber;
#if defined(FIBER_TSAN)
	fiber->tsan = __tsan_get_current_fiber();
#endif
}

static inline void fiber_make(struct fiber *fiber, char *low, char *top,
                              void (*entry)(struct transfer_t))
{
	for (char *page = top - FIBER_TOUCHED; page < top; page += FIBER_PAGE)
		*(volatile char *)page = 0;
	fiber->context = make_fcontext(top, (size_t)(top - low), entry);
	fiber->valgrind = VALGRIND_STACK_REGISTER(low, top);
#if defined(FIBER_ASAN)
	fiber->low = low;
	fiber->size = (size_t)(top - low);
#endif
#if defined(FIBER_TSAN)
	fiber->tsan = __tsan_create_fiber(0);
#endif
}

static inline void fiber_destroy(struct fiber *fiber)
{
	VALGRIND_STACK_DEREGISTER(fiber->valgrind);
#if defined(FIBER_ASAN)
	/* Frames that were never left have marked the memory, which others may be given next. */
	__asan_unpoison_memory_region(fiber->low, fiber->size);
#endif
#if defined(FIBER_TSAN)
	__tsan_destroy_fiber(fiber->tsan);
#endif
}

/*
 * A pool of stacks in one mapping. Each lies above a page that must not be touched, so that an
 * overflow is a crash and not a wrong number, and below a page whose place is left to the owner.
 */
struct stack_pool {
	char *memory;
	uint64_t count, slot_bytes;
};

static inline int stack_pool_open(struct stack_pool *pool, uint64_t count, uint64_t stack_bytes)
{
	stack_bytes = (stack_bytes + FIBER_PAGE - 1) & ~(FIBER_PAGE - 1);
	pool->slot_bytes = stack_bytes + 2 * FIBER_PAGE;
	pool->memory = mmap(NULL, count * pool->slot_bytes, PROT_READ | PROT_WRITE,
	                    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_STACK, -1, 0);
	if (pool->memory == MAP_FAILED) {
		pool->memory = NULL;
		return -errno;
	}
	pool->count = count;
	for (uint64_t i = 0; i < count; i++)
		if (mprotect(pool->memory + i * pool->slot_bytes, FIBER_PAGE, PROT_NONE))
			return -errno;
	return 0;
}

static inline void stack_pool_close(struct stack_pool *pool)
{
	if (pool->memory)
		munmap(pool->memory, pool->count * pool->slot_bytes);
	pool->memory = NULL;
}

static inline char *stack_pool_low(const struct stack_pool *pool, uint64_t i)
{
	return pool->memory + i * pool->slot_bytes + FIBER_PAGE;
}

#endif
