/* SPDX-License-Identifier: MIT */
#include "pool.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BLOCK_BYTES = 32768 };

struct pool_block {
	struct pool_block *next;
	size_t used, size;
	_Alignas(max_align_t) char bytes[];
};

static struct pool_block *add_block(struct pool *pool, size_t bytes)
{
	size_t size = bytes > BLOCK_BYTES / 4 ? bytes : BLOCK_BYTES;
	struct pool_block *block = calloc(1, sizeof(*block) + size);

	if (!block)
		return NULL;
	block->size = size;
	if (size == bytes && pool->blocks) {
		/* A large piece has a block of its own, behind the one that still has room. */
		block->next = pool->blocks->next;
		pool->blocks->next = block;
	} else {
		block->next = pool->blocks;
		pool->blocks = block;
	}
	return block;
}

void *pool_zalloc(struct pool *pool, size_t count, size_t size)
{
	size_t align = _Alignof(max_align_t), bytes;
	struct pool_block *block = pool->blocks;
	void *piece;

	if (__builtin_mul_overflow(count, size, &bytes) || bytes > SIZE_MAX / 4) {
		pool->failed = true;
		return NULL;
	}
	bytes = bytes ? (bytes + align - 1) / align * align : align;
	if (!block || block->size - block->used < bytes)
		block = add_block(pool, bytes);
	if (!block) {
		pool->failed = true;
		return NULL;
	}
	piece = block->bytes + block->used;
	block->used += bytes;
	return piece;
}

char *pool_text(struct pool *pool, const char *text)
{
	size_t size = strlen(text) + 1;
	char *copy = pool_zalloc(pool, size, 1);

	return copy ? memcpy(copy, text, size) : NULL;
}

char *pool_format(struct pool *pool, const char *format, ...)
{
	va_list args;
	int length;
	char *text;

	va_start(args, format);
	length = vsnprintf(NULL, 0, format, args);
	va_end(args);
	text = length < 0 ? NULL : pool_zalloc(pool, (size_t)length + 1, 1);
	if (!text)
		return NULL;
	va_start(args, format);
	vsnprintf(text, (size_t)length + 1, format, args);
	va_end(args);
	return text;
}

void pool_free(struct pool *pool)
{
	struct pool_block *next;

	for (struct pool_block *block = pool->blocks; block; block = next) {
		next = block->next;
		free(block);
	}
	*pool = (struct pool){0};
}
