/* SPDX-License-Identifier: MIT */
/*
 * Memory that ran short where nobody could be told. jansson leaves out what it has no memory for, and goes
 * on: a document would be whole in form and lack a number. Whoever makes or reads one compares the count of
 * failures before and after, and tells an error where it has grown. Before that nothing of it is to be kept.
 */
#ifndef HEDDLE_MEMORY_H
#define HEDDLE_MEMORY_H

#include <stddef.h>

struct json_t;

/* As json_dumps(): free() it. NULL also where memory ran short. */
char *memory_dump(const struct json_t *, size_t flags);
/* As calloc() and strdup(), with failures counted. */
void *memory_zalloc(size_t count, size_t size);
char *memory_text(const char *text);
/* How often memory ran short since the process began: all of jansson's, and what was counted. */
size_t memory_failures(void);
/* Counts one where a function has no other way to tell. */
void memory_count_failure(void);

#endif
