/* SPDX-License-Identifier: MIT */
/*
 * By which a server knows the generator's connections from those of other programs: the addresses of the
 * generator's ends, in shared memory. Each is added before the connection is made, so that it is there when the
 * server accepts it, and nobody else can have the same one while it is. A process id would not do: it means
 * nothing in another PID namespace, and TCP has none.
 */
#ifndef HEDDLE_GENERATOR_NAMES_H
#define HEDDLE_GENERATOR_NAMES_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

enum {
	GENERATOR_SOURCES = 200, /* loopback addresses that TCP connections come from */
	GENERATOR_PORTS = 1 << 16,
};

/* A bit for each address and port of TCP, or for each name that the kernel gives a local socket. Zeroed, nothing
   is in it; memory is taken where a bit is touched. */
struct generator_names {
	_Atomic uint64_t bits[GENERATOR_SOURCES * (GENERATOR_PORTS / 64)];
};

/* Adds the address that the socket is bound to. It, or -1 where that is none that a generator takes. */
int32_t names_add(struct generator_names *, int fd);
/* Takes one away, harmless for -1: of a connection that the server has accepted, its end is not closed yet. */
void names_remove(struct generator_names *, int32_t name);
/* Whether the peer of an accepted connection is another program. One that has gone already is none: reading
   tells it. */
bool names_lack_peer(const struct generator_names *, int fd);

#endif
