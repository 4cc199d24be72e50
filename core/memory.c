/* SPDX-License-Identifier: MIT */
#include "memory.h"

#include <jansson.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* jansson's hooks know nothing of their caller, so the count is the process's. */
static atomic_size_t failures;

/*
 * jansson 2.14 reads on when a token that it is reading cannot grow: the byte is missing, and where it is the quote
 * that ends a string, the end of its memory is read over and written over. So it is never told: what there was no
 * memory for lies here, and the document is refused by whoever looks at the count. nesting.h bounds what a token can
 * ask for. Whole again once all of it was given back.
 */
enum { RESERVE = 1 << 20 };
static struct {
	pthread_mutex_t lock;
	size_t used, given; /* bytes; pieces that were not given back */
	_Alignas(max_align_t) char bytes[RESERVE];
} reserve = {.lock = PTHREAD_MUTEX_INITIALIZER};

static void *take_reserve(size_t size)
{
	const size_t unit = _Alignof(max_align_t);
	void *memory = NULL;

	pthread_mutex_lock(&reserve.lock);
	if (size <= RESERVE - reserve.used) {
		memory = reserve.bytes + reserve.used;
		reserve.used += (size + unit - 1) / unit * unit; /* RESERVE is whole units */
		reserve.given++;
	}
	pthread_mutex_unlock(&reserve.lock);
	return memory;
}

static void *allocate(size_t size)
{
	void *memory = malloc(size);

	if (memory || !size)
		return memory;
	memory_count_failure();
	return take_reserve(size);
}

static void release(void *memory)
{
	uintptr_t at = (uintptr_t)memory, first = (uintptr_t)reserve.bytes;

	if (at < first || at >= first + RESERVE) {
		free(memory);
		return;
	}
	pthread_mutex_lock(&reserve.lock);
	if (--reserve.given == 0)
		reserve.used = 0;
	pthread_mutex_unlock(&reserve.lock);
}

/* Before main(): nothing of jansson's is there yet that another function would have to free. */
__attribute__((constructor)) static void watch_jansson(void)
{
	json_set_alloc_funcs(allocate, release);
}

void memory_count_failure(void)
{
	atomic_fetch_add_explicit(&failures, 1, memory_order_relaxed);
}

char *memory_dump(const json_t *value, size_t flags)
{
	size_t before = memory_failures();
	char *text = value ? json_dumps(value, flags) : NULL;

	if (text && memory_failures() == before)
		return text;
	release(text);
	return NULL;
}

void *memory_zalloc(size_t count, size_t size)
{
	void *memory = calloc(count, size);

	if (!memory)
		memory_count_failure();
	return memory;
}

char *memory_text(const char *text)
{
	char *copy = strdup(text);

	if (!copy)
		memory_count_failure();
	return copy;
}

size_t memory_failures(void)
{
	return atomic_load_explicit(&failures, memory_order_relaxed);
}
