/* SPDX-License-Identifier: MIT */
/*
 * The open loop: when messages are planned, and sending them then. Each connection has planned times of
 * its own, computed one after the other, so that what waits takes no memory however much it is. What
 * cannot be sent when it is planned (the pipeline is full, the socket blocked, the connection not there)
 * waits here, and its response time counts from the plan.
 */
#ifndef HEDDLE_GENERATOR_PACE_H
#define HEDDLE_GENERATOR_PACE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/epoll.h>

#include "generator_load.h"

enum {
	PACE_SPIN_NS = 50000,  /* before the next plan: no sleep, a wake-up may take so long */
	PACE_SEND_AT_ONCE = 32 /* connections, before answers are looked at again */
};

/* A stream of random numbers for `connection`; the same for the same seed. */
uint64_t pace_seed(uint64_t seed, uint32_t connection);
/* In ns from the plan's beginning. */
double pace_first(const struct pace *, uint64_t *random);
double pace_after(const struct pace *, uint64_t *random, double ns);

/* The plan begins now; nothing where the load is a closed loop, which has no queue. 0 or -ENOMEM. */
int pace_begin(struct load *);
/* Below: open loop only, where load->queue is there. */

/* Releases what is due on a connection that may have room: messages before c->released may be sent. */
void pace_release(struct load *, struct connection *);
/* Sends what is due on connections that have waited for their time alone. */
void pace_send_due(struct load *);
/* epoll_wait() until about the next planned time, in the place of a fixed one. */
int pace_wait(struct load *, struct epoll_event *events);
/* Whether a message planned then belongs to the windows. */
bool pace_measured(const struct load *, uint64_t planned_ns);
/* A message came back; both of its times are taken. */
void pace_count(struct load *, uint64_t planned_ns, uint64_t sent_ns);
/* The drain has begun: what was planned in the windows and not sent is counted, with the time that it has
   waited so far. */
void pace_end(struct load *);
/* The drain is over: what was sent on a connection and never came back has waited until now, so that a
   server that loses messages does not look quicker for it. */
void pace_leave(struct load *, const struct connection *);
void pace_free(struct load *);

#endif
