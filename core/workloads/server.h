/* SPDX-License-Identifier: MIT */
/*
 * What the jobs of servers have in common: one job a connection, which accepts, serves until its peer closes it, and
 * accepts the next one; over datagrams it has a socket of its own. Stands first in a job.
 */
#ifndef HEDDLE_WORKLOADS_SERVER_H
#define HEDDLE_WORKLOADS_SERVER_H

#include <errno.h>

#include "../generator_names.h"
#include "../workload.h"

struct server {
	struct hd_job job; /* first */
	struct arena_slot *slots;
	const struct arena_board *board;
	const struct generator_names *names; /* NULL: datagrams */
	uint32_t strangers;                  /* connections of other programs */
	int32_t listener, fd;                /* listener: -1 for datagrams */
	uint8_t started, no_delay;
};

/* An answer after which the same is asked again. */
static inline bool server_is_passing(int64_t answer)
{
	return answer == -EINTR || answer == -EAGAIN;
}

void server_ask_accept(const struct server *, struct hd_request *);
void server_ask_nothing(struct hd_request *);
/* HD_READ or HD_WRITE; `offset` -1: the current position. */
void server_ask(struct hd_request *, uint32_t op, int fd, void *buf, uint64_t size, int64_t offset);
/*
 * Takes the answer to an ACCEPT. True: there is a connection, and its first request is the caller's to ask.
 * False: the next request has been written.
 */
bool server_accepted(struct server *, int64_t answer, struct hd_request *);
/* The connection is over, it is closed here: the next one, unless it is the end. */
void server_next(struct server *, struct hd_request *);
/* The first step of a job: its task has stepped. */
void server_begin(struct server *);

#endif
