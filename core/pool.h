/* SPDX-License-Identifier: MIT */
/* Memory that lives and dies together: many small pieces, freed at once. */
#ifndef HEDDLE_POOL_H
#define HEDDLE_POOL_H

#include <stdbool.h>
#include <stddef.h>

struct pool_block;

/* All zero is an empty pool. */
struct pool {
	struct pool_block *blocks;
	bool failed; /* memory was short at least once: a NULL was handed out */
};

/* Zeroed memory for `count` things of `size` bytes, aligned for any type. NULL where memory is
 * short. */
void *pool_zalloc(struct pool *, size_t count, size_t size);
char *pool_text(struct pool *, const char *text);
char *pool_format(struct pool *, const char *format, ...) __attribute__((format(printf, 2, 3)));
void pool_free(struct pool *);

#endif
