/* SPDX-License-Identifier: MIT */
/*
 * The server: one job a connection, a state machine over ACCEPT, READ and WRITE. Over streams a job
 * serves a connection until its peer closes it, then accepts the next one; over UDP it has a socket of
 * its own. It writes what it read, whatever the sizes, so that it needs to know nothing of messages.
 */
#include "echo.h"

#include <errno.h>
#include <string.h>

#include "server.h"

enum {
	BUFFER_MOST = 64 << 10, /* of a stream; more than this a read seldom finds */
	LINE = 64,
};

enum { ACCEPTING, READING, WRITING };

struct echo_job {
	struct server server;    /* first */
	uint64_t unacknowledged; /* bytes echoed that are not yet a message */
	uint32_t message_bytes, buffer_bytes;
	uint32_t length, written; /* of what is in the buffer */
	uint8_t state;
	_Alignas(LINE) char buffer[];
};

/*
 * A buffer holds what can be under way on a connection, so that one read takes all of it. An odd
 * number of lines a job: buffers that start at multiples of a power of two would fight for the same
 * sets of the caches.
 */
uint64_t echo_job_stride(const struct echo_params *params)
{
	uint64_t bytes = params->message_bytes, lines;

	if (params->transport != GENERATOR_UDP)
		bytes *= params->pipeline;
	if (params->transport != GENERATOR_UDP && bytes > BUFFER_MOST)
		bytes = BUFFER_MOST;
	lines = (sizeof(struct echo_job) + bytes + LINE - 1) / LINE;
	return (lines | 1) * LINE;
}

uint64_t echo_names_bytes(const struct echo_params *params)
{
	return params->transport == GENERATOR_UDP ? 0 : sizeof(struct generator_names);
}

struct generator_names *echo_names(const struct arena *arena, const struct echo_params *params)
{
	char *memory = arena_workload(arena);

	return params->transport == GENERATOR_UDP
	               ? NULL
	               : (void *)(memory + params->connections * echo_job_stride(params));
}

static void ask_read(struct echo_job *job, struct hd_request *request)
{
	job->state = READING;
	server_ask(request, HD_READ, job->server.fd, job->buffer, job->buffer_bytes, -1);
}

static void ask_write(struct echo_job *job, struct hd_request *request)
{
	job->state = WRITING;
	server_ask(request, HD_WRITE, job->server.fd, job->buffer + job->written,
	           job->length - job->written, -1);
}

static void next_connection(struct echo_job *job, struct hd_request *request)
{
	job->state = ACCEPTING;
	server_next(&job->server, request);
}

static void accepted(struct echo_job *job, int64_t answer, struct hd_request *request)
{
	if (!server_accepted(&job->server, answer, request))
		return;
	job->unacknowledged = 0;
	ask_read(job, request);
}

/* Over UDP an error belongs to a datagram, and the socket lives on until the stop. */
static void failed(struct echo_job *job, int64_t answer, struct hd_request *request)
{
	if (job->server.listener >= 0)
		next_connection(job, request);
	else if (answer == 0 || answer == -EBADF || arena_stopping(job->server.board))
		server_ask_nothing(request);
	else
		ask_read(job, request);
}

static void acknowledge(struct echo_job *job)
{
	uint64_t messages;

	job->unacknowledged += job->length;
	if (job->unacknowledged < job->message_bytes)
		return;
	messages = job->unacknowledged / job->message_bytes;
	job->unacknowledged -= messages * job->message_bytes;
	slot_add(&job->server.slots[job->server.job.task], messages);
}

static void have_read(struct echo_job *job, int64_t answer, struct hd_request *request)
{
	if (server_is_passing(answer)) {
		ask_read(job, request);
	} else if (answer <= 0) {
		failed(job, answer, request);
	} else {
		job->length = (uint32_t)answer;
		job->written = 0;
		ask_write(job, request);
	}
}

static void have_written(struct echo_job *job, int64_t answer, struct hd_request *request)
{
	if (server_is_passing(answer)) {
		ask_write(job, request);
		return;
	}
	if (answer <= 0) {
		failed(job, answer, request);
		return;
	}
	job->written += (uint32_t)answer;
	if (job->written < job->length) {
		ask_write(job, request);
		return;
	}
	acknowledge(job);
	ask_read(job, request);
}

static void start(struct echo_job *job, struct hd_request *request)
{
	server_begin(&job->server);
	if (job->server.listener >= 0)
		server_ask_accept(&job->server, request);
	else
		ask_read(job, request);
}

static void step(struct hd_job *base, int64_t answer, struct hd_request *request)
{
	struct echo_job *job = (struct echo_job *)base;

	if (!job->server.started)
		start(job, request);
	else if (job->state == READING)
		have_read(job, answer, request);
	else if (job->state == WRITING)
		have_written(job, answer, request);
	else
		accepted(job, answer, request);
}

uint64_t echo_count_strangers(const struct workload_trial *trial)
{
	struct echo_params params = echo_read_params(trial->kase);
	uint64_t stride = echo_job_stride(&params), strangers = 0;
	const char *jobs = arena_workload(trial->arena);

	for (uint32_t i = 0; i < params.connections; i++)
		strangers += ((const struct echo_job *)(const void *)(jobs + i * stride))
		                     ->server.strangers;
	return strangers;
}

int echo_setup(struct workload_stage *stage, struct hd_error *err)
{
	struct echo_params params = echo_read_params(stage->kase);
	bool udp = params.transport == GENERATOR_UDP;
	uint64_t stride = echo_job_stride(&params);
	int code = echo_allow_descriptors(params.connections, err);

	if (code)
		return code;
	if (stage->socket_count != (udp ? params.connections : 1))
		return hd_error(err, -EINVAL, "echo: %u sockets were handed over",
		                stage->socket_count);
	stage->jobs = (struct hd_jobs){params.connections, stride, arena_workload(stage->arena)};
	memset(stage->jobs.first, 0, stride * params.connections);
	for (uint32_t i = 0; i < params.connections; i++) {
		struct echo_job *job = (struct echo_job *)hd_job_at(&stage->jobs, i);

		job->server = (struct server){
		        .job.step = step,
		        .slots = arena_slots(stage->arena),
		        .board = stage->arena->board,
		        .names = echo_names(stage->arena, &params),
		        .listener = udp ? -1 : stage->sockets[0],
		        .fd = udp ? stage->sockets[i] : -1,
		        .no_delay = params.transport == GENERATOR_TCP,
		};
		job->message_bytes = params.message_bytes;
		job->buffer_bytes = (uint32_t)(stride - offsetof(struct echo_job, buffer));
	}
	return 0;
}
