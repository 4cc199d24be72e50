/* SPDX-License-Identifier: MIT */
/*
 * Inside of the generator: files that are asked for by name. A request is a line, an answer is a number of 8 bytes,
 * little-endian, and so many bytes of the file; or a negative errno and nothing. One request is under way on a
 * connection. Each connection asks for the files in turn, beginning with one of its own; one request in
 * FETCH_REFUSED_EVERY is for what must be refused.
 */
#ifndef HEDDLE_GENERATOR_FETCH_H
#define HEDDLE_GENERATOR_FETCH_H

#include <stddef.h>
#include <stdint.h>

#include "generator_load.h"

enum { FETCH_HEAD = 8, FETCH_REFUSED_EVERY = 50 };

/* The hash under way of each of the load's connections. 0 or -ENOMEM. */
int fetch_begin(struct load *);
void fetch_end(struct load *);

uint32_t fetch_request_bytes(const struct load *, const struct connection *, uint64_t message);
uint64_t fetch_answer_bytes(const struct load *, const struct connection *, uint64_t message);
/* What is left of the line that asks for message c->next, into the load's buffer; how many bytes. */
size_t fetch_fill(struct load *, const struct connection *);
/*
 * A part of the answer to message c->done, which is not yet there as a whole. False where it cannot be one: what
 * comes after it on this connection means nothing.
 */
bool fetch_check(struct load *, struct connection *, const char *got, size_t count);
/* What is missing of the answer that is under way. */
void fetch_tell_owed(const struct load *, const struct connection *, char *text);

#endif
