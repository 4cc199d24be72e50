/* SPDX-License-Identifier: MIT */
/* Inside of the generator: one thread's load, and the two kinds of connections. */
#ifndef HEDDLE_GENERATOR_LOAD_H
#define HEDDLE_GENERATOR_LOAD_H

#include <stdbool.h>
#include <stdint.h>

#include "generator.h"

enum {
	LOAD_BUFFER = 128 << 10, /* of a thread: what is sent or received at a time */
	LOAD_EVENTS = 128,       /* taken at a time */
	LOAD_TICK_MS = 20,       /* between two looks at what did not happen */
	LOAD_RESEND_MS = 100,    /* after which a datagram is sent again, doubled each time */
	LOAD_RESEND_DOUBLED = 6, /* times, at most */
	LOAD_OLDEST = 1 << 20,   /* messages back that a late datagram may be */
	LOAD_ROUNDS_LATE = 1024, /* of events that are still taken after the drain's deadline */
};

enum connection_state {
	CONNECTION_NONE,    /* to be opened, tried again with each tick */
	CONNECTION_OPEN,    /* or under way; `answered` and `made` tell more */
	CONNECTION_CLOSING, /* closed for writing, the server's end is awaited */
	CONNECTION_OVER,    /* not to be opened again */
};

/*
 * Messages are numbered from 0 over all the times that a connection is opened, so that bytes of an
 * earlier time show. done <= next <= done + pipeline.
 */
struct connection {
	int fd;
	int32_t name; /* tcp, unix: in plan->names, -1: it has none there */
	uint32_t id;
	uint64_t next;              /* the message that is sent next, or is being sent */
	uint64_t done;              /* all before came back */
	uint64_t end;               /* after this one the connection is closed */
	uint64_t highest;           /* udp: one more than the highest that came back */
	uint32_t sent_at;           /* bytes of `next` that were sent */
	uint32_t received_at;       /* bytes of `done` that came back */
	uint32_t resent, duplicate; /* udp */
	uint8_t state;              /* enum connection_state */
	bool made, answered;        /* this time */
	bool served;                /* answered at least once in the whole trial */
	bool bad;                   /* a byte of message `done` was wrong */
	char head[8];               /* files: what an answer begins with, until it is whole */
	bool blocked;               /* waits for room to send */
	/* Open loop. next <= released <= done + pipeline. */
	bool queued;       /* in load->queue: has room and waits for its time */
	uint64_t released; /* the message that is planned next; all before may be sent */
	double due_ns;     /* when, after load->plan_from_ns */
	uint64_t random;   /* of the planned times */
};

/* The plan of one connection, in ns from its beginning; doubles keep a ns for 100 days. */
struct pace {
	double gap_ns; /* mean */
	bool poisson;  /* gaps are exponential; else all the same, from a random phase */
};

/* A datagram under way. */
struct flight {
	uint64_t resent_ns; /* when it was sent last */
	uint32_t tries;
	bool back;
};

/* One thread. */
struct load {
	const struct generator_plan *plan;
	struct generator_tally *tally;
	struct arena_slot *slot;
	struct arena_board *board;
	struct connection *connections;
	uint64_t *sent_ns; /* ring_mask + 1 for each connection: when a message was sent first */
	struct flight *flights;       /* the same, udp only */
	struct XXH3_state_s **hashes; /* files: one for each connection */
	char *buffer;
	uint32_t count, open, waiting; /* connections; with a descriptor; to be tried again */
	uint32_t ring_mask, ring_bits;
	int epoll, wake;
	int refused; /* the error of the last connection that is to be tried again; 0: none yet */
	bool draining, measuring;
	uint64_t now; /* read after the last receive or wait */
	uint64_t cpu_from_ns, wall_from_ns;
	uint64_t measure_from_ns, measure_to_ns; /* as this thread noticed; UINT64_MAX: not yet */
	/* Open loop; queue is NULL in a closed one. */
	struct pace pace;
	uint64_t plan_from_ns, spun_ns; /* spun: CPU time spent waiting since measure_from_ns */
	uint64_t *planned_ns;           /* as sent_ns */
	uint32_t *queue, queued;        /* a heap of connections' indexes, see generator_pace.c */
};

/* One thread of the generator from its start to the end of the drain. 0 or -errno. */
int load_run(const struct generator_plan *, uint32_t thread, int wake);

static inline size_t load_ring(const struct load *load, const struct connection *c,
                               uint64_t message)
{
	return ((size_t)(c - load->connections) << load->ring_bits) + (message & load->ring_mask);
}

/* CPU time of the calling thread. */
uint64_t load_cpu_ns(void);
/* The connection was answered as it should be, at least once. */
void load_count_served(struct load *, struct connection *);
/* One verified round trip. */
void load_count(struct load *, struct connection *, uint64_t message);
/* Asks epoll for this connection's events. 0 or -errno. */
int load_watch(struct load *, struct connection *, int op, uint32_t events);
void load_close(struct load *, struct connection *, enum connection_state next);
/* Keeps the first text of its kind. */
void load_tell(char *text, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* A message that is not as sent: its byte at `at` is what `got` points to. */
void load_tell_byte(struct load *, const struct connection *, uint64_t message, size_t at,
                    char got);

void stream_open(struct load *, struct connection *);
/* The drain begins: one that was refused all along was not made. */
void stream_give_up(struct load *, struct connection *);
/* What may be sent, until the socket is full. */
void stream_send(struct load *, struct connection *);
void stream_event(struct load *, struct connection *, uint32_t events);
/* The drain begins: what was never answered is closed, what owes nothing is closed for writing. */
void stream_drain(struct load *, struct connection *);
/* The drain is over, or the connection broke: how many messages are owed. */
void stream_owe(struct load *, struct connection *);

void datagram_open(struct load *, struct connection *);
void datagram_send(struct load *, struct connection *);
void datagram_event(struct load *, struct connection *);
/* Sends again what did not come back in time. */
void datagram_tick(struct load *, struct connection *);
void datagram_drain(struct load *, struct connection *);
void datagram_owe(struct load *, struct connection *);

#endif
