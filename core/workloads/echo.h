/* SPDX-License-Identifier: MIT */
/* Inside of the echo workload: what its core side and its jobs agree on. */
#ifndef HEDDLE_WORKLOADS_ECHO_H
#define HEDDLE_WORKLOADS_ECHO_H

#include <stdint.h>

#include "../generator.h"
#include "../workload.h"

/* The parameters of a case, read once. */
struct echo_params {
	enum generator_transport transport;
	uint32_t connections, message_bytes, pipeline, messages_per_connection;
};

/* What the core keeps of a trial. */
struct echo_state {
	struct generator_tally total; /* filled by verify() */
	struct generator generator;
	struct generator_plan plan;
	int *clients; /* udp: the generator's ends */
	uint32_t client_count;
};

struct echo_params echo_read_params(const struct workload_case *);

/* The jobs, at the start of the workload's memory. */
uint64_t echo_job_stride(const struct echo_params *);
int echo_setup(struct workload_stage *, struct hd_error *);

/*
 * A network namespace of one's own (`unshare -n`) begins with its loopback down. Nothing but itself can
 * be reached by it: it is brought up where that is allowed. 0 or -ENETDOWN.
 */
int echo_need_loopback(struct hd_error *);
/* Listener or pairs of sockets, into trial->sockets and the state's plan. */
int echo_open_sockets(struct workload_trial *, const struct echo_params *, struct hd_error *);
/* Every accept and receive that waits, or will, ends. */
void echo_shut_sockets(struct workload_trial *);
void echo_close_sockets(struct workload_trial *);
/* Lets this process have so many descriptors more than a program has anyway. */
int echo_allow_descriptors(uint64_t count, struct hd_error *);

#endif
