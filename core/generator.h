/* SPDX-License-Identifier: MIT */
/*
 * The load generator of network workloads: a process of its own that sends messages, verifies every
 * byte that comes back, counts round trips in arena_generator_slots() and takes their times. One
 * thread for each core that it has, connections spread over the threads. In a closed loop `pipeline`
 * messages are under way on each connection, the next one is sent when one came back. In an open loop
 * each message has a planned time (generator_pace.h), and `pipeline` bounds what is under way.
 *
 * Streams are verified in order: a message that comes in the place of another is wrong. A connection
 * that is to be closed is closed for writing first and then read to its end, so that a byte too many
 * shows. Datagrams are sent again 100 ms after they were sent, then after twice that, and so on; lost,
 * doubled and reordered ones are counted, and only an answer that is more than was sent is wrong.
 *
 * A TCP connection leaves its port waiting for a minute. Sources are therefore spread over
 * GENERATOR_SOURCES loopback addresses, each with 28 000 ports: nothing runs out and nothing has to be
 * reset.
 */
#ifndef HEDDLE_GENERATOR_H
#define HEDDLE_GENERATOR_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <sys/un.h>
#include <netinet/in.h>

#include "arena.h"
#include "error.h"
#include "generator_names.h"
#include "histogram.h"

enum generator_transport { GENERATOR_TCP, GENERATOR_UDP, GENERATOR_UNIX };
enum {
	GENERATOR_TEXT_BYTES = 200,
	GENERATOR_READY_MS = 2000,
	GENERATOR_SATURATED_PERCENT = 90, /* of its cores: from here on it is what is measured */
};

/* What a client asks for by name, and what is to come back (generator_fetch.h). */
struct generator_file {
	const char *request; /* the line that is sent, which may hold any byte */
	const char *label;   /* the name, or what is wrong with it, for messages */
	const char *path;    /* where it lies; unused where it is to be refused */
	uint32_t request_bytes;
	bool refused;   /* is to be answered with an error */
	uint64_t bytes; /* of the file */
	uint64_t hash;  /* XXH3, 64 bits, of all of them */
};

struct generator_files {
	const struct generator_file *file, *refused;
	uint32_t count, refused_count;
	bool cold; /* each is dropped from the page cache before it is asked for */
};

struct generator_plan {
	enum generator_transport transport;
	uint32_t connections, message_bytes, pipeline;
	/* 0: kept open; else closed and opened again after so many. */
	uint32_t messages_per_connection;
	uint32_t threads, drain_ms;
	uint32_t rate;   /* planned messages a second over all connections; 0: a closed loop */
	bool poisson;    /* planned with exponential gaps; else evenly spaced on each connection */
	uint64_t seed;   /* of the planned times */
	bool spins;      /* rather than sleeps before a planned time: its cores are its own */
	const int *cpus; /* `threads` of them, OS indexes; NULL: not bound */
	union {
		struct sockaddr any;
		struct sockaddr_in tcp;
		struct sockaddr_un local;
	} address; /* tcp, unix: of the listener */
	socklen_t address_bytes;
	struct generator_names *names; /* tcp, unix: its ends, for the server; or NULL */
	const int *sockets;            /* udp: its end of each connection, already connected */
	struct arena *arena;           /* for the slots, `measuring`, `stop` and `drain` */
	/* tcp, unix: files are asked for in place of messages, with a pipeline of 1; or NULL */
	const struct generator_files *files;
	struct generator_tally *tallies; /* zeroed, in shared memory, `threads` of them */
};

/* What a thread found. Read it after the generator has ended. */
struct generator_tally {
	/* Messages that came back wrong, or bytes never sent. */
	_Alignas(ARENA_SPACING) uint64_t wrong;
	/* Not come back when the drain was over, on connections that were answered. */
	uint64_t owed;
	uint64_t partial;  /* connections on which the next answer had come in part */
	uint64_t dropped;  /* connections that the server closed while it owed an answer */
	uint64_t failed;   /* connections that could not be made */
	uint64_t denied;   /* of these, by the machine: no port, no descriptor */
	uint64_t unclosed; /* connections that the server did not close after the generator had */
	uint64_t made;     /* connections, tcp and unix */
	uint64_t served;   /* of `connections`, those that were answered at least once */
	uint64_t refused;  /* requests for what must be, that were */
	uint64_t resent, lost, duplicate, reordered; /* udp, on connections that were answered */
	_Atomic uint32_t ready; /* 1: all connections were opened or tried once */
	/* Of the thread while board->measuring was set; waiting for a planned time is not CPU. */
	uint64_t cpu_ns, wall_ns;
	char wrong_text[GENERATOR_TEXT_BYTES]; /* the first of each kind, "" where there is none */
	char owed_text[GENERATOR_TEXT_BYTES];
	char dropped_text[GENERATOR_TEXT_BYTES];
	char failed_text[GENERATOR_TEXT_BYTES];
	/* ns from send to complete receive, while board->measuring was set. In an open loop of what was
	   planned then, and came back whenever. */
	struct histogram latency;
	struct histogram first; /* files: to the first byte, then as latency */
	/* Open loop: what was planned while board->measuring was set, and of it what was not sent when the
	   drain began; what came back while it was set; connections on which nothing was to be sent yet. */
	uint64_t planned, unsent, answered, unasked;
	/* From the plan to complete receive; what was not sent has waited until the drain began, what did not
	   come back until it was over. */
	struct histogram response;
	/* From the plan to the send on connections that were free to send: the generator's own. */
	struct histogram late;
};

struct generator {
	pid_t pid;  /* 0: there is none */
	int wake;   /* an eventfd: the drain has begun */
	int status; /* as of waitpid, once it has ended */
	bool ended, killed;
};

/*
 * Forks the process, which ends with its parent, and waits until it has opened its connections, for
 * GENERATOR_READY_MS at most: 4096 take 100 ms, which are no part of what is measured. `plan` is copied
 * by the fork. 0 or -errno.
 */
int generator_start(struct generator *, const struct generator_plan *, struct hd_error *);
/*
 * Sets board->drain: nothing more is sent, and what connections that were answered at least once still
 * owe is taken for drain_ms at most. Waits for the end of the process for that time and grace_ms more,
 * then kills it.
 */
void generator_stop(struct generator *, const struct generator_plan *, uint32_t grace_ms);
/* Ends the process if it still lives, and frees. Harmless where nothing was started. */
void generator_release(struct generator *);
/* Why a generator that was stopped did not end well: NULL where it did. Kept in `text`. */
const char *generator_failure(const struct generator *, char *text, size_t size);
/* The sum over all threads, the first text of each kind. `total` is zeroed by the caller. */
void generator_total(const struct generator_plan *, struct generator_tally *total);

#endif
