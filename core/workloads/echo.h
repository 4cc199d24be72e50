/* SPDX-License-Identifier: MIT */
/* Inside of the echo workload: what its core side and its jobs agree on. */
#ifndef HEDDLE_WORKLOADS_ECHO_H
#define HEDDLE_WORKLOADS_ECHO_H

#include <stdint.h>

#include "../generator.h"
#include "../workload.h"

/* Indexes of parameters and metrics. */
enum echo_param {
	TRANSPORT,
	CONNECTIONS,
	MESSAGE_BYTES,
	PIPELINE,
	MESSAGES_PER_CONNECTION,
	RATE,
	ARRIVALS,
	LATENCY_GOAL_US,
	PERCENTILE
};

enum { ECHO_MAX_UNDER = -1, ECHO_P999 = -1 }; /* as `choices` of their parameters begin */

enum echo_metric {
	THROUGHPUT,
	BYTES_RATE,
	SERVER_CPU,
	LATENCY_P50,
	LATENCY_P90,
	LATENCY_P99,
	LATENCY_P999,
	LATENCY_MAX,
	NEVER_SERVED,
	GENERATOR_CPU,
	CONNECTIONS_MADE,
	LOST,
	DUPLICATE,
	REORDERED,
	RESPONSE_P50,
	RESPONSE_P90,
	RESPONSE_P99,
	RESPONSE_P999,
	RESPONSE_MAX,
	RESPONSE_AT_PERCENTILE,
	PLANNED_RATE,
	ACHIEVED_RATE,
	UNSENT,
	GENERATOR_LATE
};

/* The parameters of a case, read once. */
struct echo_params {
	enum generator_transport transport;
	uint32_t connections, message_bytes, pipeline, messages_per_connection;
	uint32_t rate;     /* 0: a closed loop, also where it is to be searched for */
	double percentile; /* 0 ... 1 */
	uint64_t goal_ns;  /* of the response time at the percentile; 0: none */
	bool poisson;
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
/*
 * Of use to any server that the generator loads, whose trial->state is a struct echo_state with a plan.
 * echo_begin() starts the load; as workload.stop and workload.release are the other two.
 */
uint32_t echo_generator_threads(const struct workload_case *);
int echo_begin(struct workload_trial *, struct generator_names *, struct generator_tally *,
               struct hd_error *);
void echo_stop(struct workload_trial *);
void echo_release(struct workload_trial *);
/* echo_verdict.c: what the generator found, as text. `trips` is what it counts, in plural. */
void echo_judge(struct workload_trial *, const char *trips, uint64_t strangers,
                struct workload_verdict *);
double echo_generator_percent(const struct generator_tally *);
uint64_t echo_never_served(const struct echo_state *);

/* echo_verdict.c: as workload.verify and workload.measure. */
void echo_verify(struct workload_trial *, struct workload_verdict *);
void echo_measure(struct workload_trial *, const struct workload_seen *, double *values);

/* echo_rate.c: the open loop. What is wrong with its parameters: 0 or -EINVAL. */
int echo_check_rate(const struct value *, struct hd_error *);
/* Notes on whether plan and goal were kept, by the model and by the generator. */
void echo_tell_rate(const struct workload_trial *, char *note);
/* As workload.search. */
bool echo_search(const struct workload_case *, struct workload_search *);
void echo_measure_rate(const struct workload_trial *, double *values);

/* The jobs, at the start of the workload's memory. */
uint64_t echo_job_stride(const struct echo_params *);
/* Behind them the names of the generator's connections: NULL for udp, whose sockets hear nobody else. */
struct generator_names *echo_names(const struct arena *, const struct echo_params *);
uint64_t echo_names_bytes(const struct echo_params *);
/* Connections of other programs that the jobs accepted, and closed at once. */
uint64_t echo_count_strangers(const struct workload_trial *);
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
