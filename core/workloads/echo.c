/* SPDX-License-Identifier: MIT */
/*
 * echo: a server in the model under test, loaded by the core's generator. This file is the workload's
 * core side: parameters, load, verdict, metrics. The jobs are in echo_server.c.
 */
#include "echo.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum {
	DATAGRAM_BYTES = 65507, /* of payload, at most, over IPv4 */
	GRACE_MS = 1000,        /* for the generator to end after its drain, on a busy machine */
};

static const struct hd_option params_of_echo[] = {
        [TRANSPORT] = {.name = "transport",
                       .kind = HD_OPTION_CHOICE,
                       .text = "tcp",
                       .choices = "tcp udp unix",
                       .help = "how messages travel, on loopback"},
        [CONNECTIONS] = {.name = "connections",
                         .kind = HD_OPTION_INT,
                         .value = 16,
                         .min = 1,
                         .max = 65536,
                         .help = "clients at a time, and tasks of the server"},
        [MESSAGE_BYTES] = {.name = "message_bytes",
                           .kind = HD_OPTION_INT,
                           .value = 64,
                           .min = 1,
                           .max = 1 << 20,
                           .help = "of each message; udp: at most 65507"},
        [PIPELINE] = {.name = "pipeline",
                      .kind = HD_OPTION_INT,
                      .value = 1,
                      .min = 1,
                      .max = 1024,
                      .help = "messages under way on each connection"},
        [MESSAGES_PER_CONNECTION] =
                {.name = "messages_per_connection",
                 .kind = HD_OPTION_INT,
                 .value = 0,
                 .min = 0,
                 .max = 1000000000,
                 .help = "after so many it is closed and opened again; 0: kept open"},
        [RATE] = {.name = "rate",
                  .kind = HD_OPTION_INT,
                  .value = 0,
                  .min = 0,
                  .max = 10000000,
                  .choices = "max-under",
                  .help = "messages a second over all connections, each with a planned time; "
                          "0: a closed loop; max-under: the highest under the goal"},
        [ARRIVALS] = {.name = "arrivals",
                      .kind = HD_OPTION_CHOICE,
                      .text = "even",
                      .choices = "even poisson",
                      .help = "with a rate: evenly spaced on each connection from a random phase, "
                              "or with exponential gaps"},
        [LATENCY_GOAL_US] = {.name = "latency_goal_us",
                             .kind = HD_OPTION_INT,
                             .value = 0,
                             .min = 0,
                             .max = 60000000,
                             .help = "with a rate: what the response time is to hold; 0: no goal"},
        [PERCENTILE] = {.name = "percentile",
                        .kind = HD_OPTION_INT,
                        .value = 99,
                        .min = 1,
                        .max = 99,
                        .choices = "99.9",
                        .help = "of the response times, at which the goal is to hold"},
        {0},
};

static const struct workload_metric metrics_of_echo[] = {
        [THROUGHPUT] = {"throughput", "round trips/s", "higher", "verified round trips"},
        [BYTES_RATE] = {"bytes_rate", "bytes/s", "higher", "bytes echoed"},
        [SERVER_CPU] = {"server_cpu_per_round_trip", "ns", "lower",
                        "CPU time of the model's processes"},
        [LATENCY_P50] = {"latency_p50", "ns", "lower",
                         "service time: from send to complete receive, median"},
        [LATENCY_P90] = {"latency_p90", "ns", "lower", "nine in ten were quicker"},
        [LATENCY_P99] = {"latency_p99", "ns", "lower", "99 in 100 were quicker"},
        [LATENCY_P999] = {"latency_p999", "ns", "lower", "999 in 1000 were quicker"},
        [LATENCY_MAX] = {"latency_max", "ns", "lower", "the slowest"},
        [NEVER_SERVED] = {"never_served", "connections", "lower", "not answered once in the trial"},
        [GENERATOR_CPU] = {"generator_cpu", "percent", NULL,
                           "of the generator's cores that it used"},
        [CONNECTIONS_MADE] = {"connections_made", "connections", NULL,
                              "in the whole trial; tcp, unix"},
        [LOST] = {"lost", "messages", "lower", "udp: sent again, and came back once"},
        [DUPLICATE] = {"duplicate", "messages", "lower", "udp: sent again, and came back twice"},
        [REORDERED] = {"reordered", "messages", "lower", "udp: came back after a later one"},
        [RESPONSE_P50] = {"response_p50", "ns", "lower",
                          "with a rate: from the planned send to complete receive, median"},
        [RESPONSE_P90] = {"response_p90", "ns", "lower", "nine in ten were quicker"},
        [RESPONSE_P99] = {"response_p99", "ns", "lower", "99 in 100 were quicker"},
        [RESPONSE_P999] = {"response_p999", "ns", "lower", "999 in 1000 were quicker"},
        [RESPONSE_MAX] = {"response_max", "ns", "lower", "the slowest"},
        [RESPONSE_AT_PERCENTILE] = {"response_at_percentile", "ns", "lower",
                                    "the same at the case's percentile"},
        [PLANNED_RATE] = {"planned_rate", "messages/s", NULL, "planned in the windows"},
        [ACHIEVED_RATE] = {"achieved_rate", "messages/s", "higher", "came back in the windows"},
        [UNSENT] = {"unsent", "messages", "lower", "planned in the windows, not sent by their end"},
        [GENERATOR_LATE] = {"generator_late_p99", "ns", "lower",
                            "from the plan to the send, where nothing but the generator waited"},
        {0},
};

static enum generator_transport transport_of(const char *text)
{
	if (strcmp(text, "udp") == 0)
		return GENERATOR_UDP;
	return strcmp(text, "unix") == 0 ? GENERATOR_UNIX : GENERATOR_TCP;
}

struct echo_params echo_read_params(const struct workload_case *kase)
{
	const struct value *values = kase->params;
	int64_t rate = values[RATE].number, percentile = values[PERCENTILE].number;

	return (struct echo_params){
	        .transport = transport_of(values[TRANSPORT].text),
	        .connections = (uint32_t)values[CONNECTIONS].number,
	        .message_bytes = (uint32_t)values[MESSAGE_BYTES].number,
	        .pipeline = (uint32_t)values[PIPELINE].number,
	        .messages_per_connection = (uint32_t)values[MESSAGES_PER_CONNECTION].number,
	        .rate = rate > 0 ? (uint32_t)rate : 0,
	        .percentile = percentile == ECHO_P999 ? 0.999 : (double)percentile / 100,
	        .goal_ns = (uint64_t)values[LATENCY_GOAL_US].number * 1000,
	        .poisson = strcmp(values[ARRIVALS].text, "poisson") == 0,
	};
}

static int echo_resolve(struct value *values, uint32_t cores, struct hd_error *err)
{
	int64_t bytes = values[MESSAGE_BYTES].number;
	int code = echo_check_rate(values, err);

	(void)cores;
	if (code)
		return code;
	if (transport_of(values[TRANSPORT].text) != GENERATOR_UDP)
		return 0;
	if (bytes > DATAGRAM_BYTES)
		return hd_error(err, -EINVAL, "message_bytes: %lld, a datagram holds at most %d",
		                (long long)bytes, DATAGRAM_BYTES);
	if (values[MESSAGES_PER_CONNECTION].number)
		return hd_error(
		        err, -EINVAL,
		        "messages_per_connection: udp has nothing to close and open again, only 0");
	if (bytes == 1 && values[PIPELINE].number > 64)
		return hd_error(err, -EINVAL,
		                "pipeline: %lld, datagrams of 1 byte can be told apart up to 64",
		                (long long)values[PIPELINE].number);
	return 0;
}

static const char *echo_unsupported(const struct value *values)
{
	bool local = transport_of(values[TRANSPORT].text) == GENERATOR_UNIX;

	return local || echo_need_loopback(NULL) == 0
	               ? NULL
	               : "the loopback interface is down; as root: ip link set lo up";
}

uint32_t echo_generator_threads(const struct workload_case *kase)
{
	return kase->generator_cores ? kase->generator_cores : 1;
}

static uint64_t tallies_at(const struct echo_params *params)
{
	uint64_t bytes = echo_job_stride(params) * params->connections + echo_names_bytes(params);

	return (bytes + ARENA_SPACING - 1) / ARENA_SPACING * ARENA_SPACING;
}

static void echo_needs(const struct workload_case *kase, struct workload_needs *needs)
{
	struct echo_params params = echo_read_params(kase);

	needs->in_flight = params.connections;
	needs->generator_threads = echo_generator_threads(kase);
	needs->bytes =
	        tallies_at(&params) + needs->generator_threads * sizeof(struct generator_tally);
}

static int echo_prepare(struct workload_trial *trial, struct hd_error *err)
{
	const struct workload_case *kase = trial->kase;
	struct echo_params params = echo_read_params(kase);
	struct echo_state *state = aligned_alloc(ARENA_SPACING, sizeof(*state));

	if (!state)
		return hd_error(err, -ENOMEM, "echo: no memory");
	memset(state, 0, sizeof(*state));
	state->plan = (struct generator_plan){
	        .transport = params.transport,
	        .connections = params.connections,
	        .message_bytes = params.message_bytes,
	        .pipeline = params.pipeline,
	        .messages_per_connection = params.messages_per_connection,
	        .threads = echo_generator_threads(kase),
	        .cpus = kase->generator_cores ? kase->generator_cpus : NULL,
	        .drain_ms = kase->drain_ms,
	        .rate = params.rate,
	        .poisson = params.poisson,
	        .seed = trial->seed,
	};
	trial->state = state;
	return echo_open_sockets(trial, &params, err);
}

static bool shares_cores(const struct workload_trial *trial)
{
	const struct workload_case *kase = trial->kase;

	for (uint32_t i = 0; i < kase->generator_cores; i++)
		for (uint32_t k = 0; k < kase->cores; k++)
			if (kase->generator_cpus[i] == trial->cpus[k])
				return true;
	return false;
}

int echo_begin(struct workload_trial *trial, struct generator_names *names,
               struct generator_tally *tallies, struct hd_error *err)
{
	struct echo_state *state = trial->state;

	state->plan.arena = trial->arena;
	state->plan.spins = trial->kase->generator_cores && !shares_cores(trial);
	state->plan.names = names;
	state->plan.tallies = tallies;
	return generator_start(&state->generator, &state->plan, err);
}

static int echo_start(struct workload_trial *trial, struct hd_error *err)
{
	struct echo_params params = echo_read_params(trial->kase);
	char *memory = arena_workload(trial->arena);

	return echo_begin(trial, echo_names(trial->arena, &params),
	                  (struct generator_tally *)(void *)(memory + tallies_at(&params)), err);
}

void echo_stop(struct workload_trial *trial)
{
	struct echo_state *state = trial->state;

	state->plan.arena = trial->arena;
	generator_stop(&state->generator, &state->plan, GRACE_MS);
	echo_shut_sockets(trial);
}

void echo_release(struct workload_trial *trial)
{
	struct echo_state *state = trial->state;

	if (!state)
		return;
	generator_release(&state->generator);
	echo_close_sockets(trial);
	free(state);
	trial->state = NULL;
}

const struct workload echo_workload = {
        .name = "echo",
        .summary = "a server that sends back what it receives, one job a connection",
        .params = params_of_echo,
        .metrics = metrics_of_echo,
        .op_unit = "round trips",
        .ops = HD_CAN(HD_READ) | HD_CAN(HD_WRITE) | HD_CAN(HD_ACCEPT),
        .network = true,
        .resolve = echo_resolve,
        .needs = echo_needs,
        .unsupported = echo_unsupported,
        .search = echo_search,
        .prepare = echo_prepare,
        .setup = echo_setup,
        .start = echo_start,
        .stop = echo_stop,
        .verify = echo_verify,
        .measure = echo_measure,
        .release = echo_release,
};
