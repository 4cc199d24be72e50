/* SPDX-License-Identifier: MIT */
/*
 * The server: one job a connection, a state machine over ACCEPT, READ and WRITE. Over streams a job
 * serves a connection until its peer closes it, then accepts the next one; over UDP it has a socket of
 * its own. It writes what it read, whatever the sizes, so that it needs to know nothing of messages.
 */
#include "echo.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
	BUFFER_MOST = 64 << 10, /* of a stream; more than this a read seldom finds */
	LINE = 64,
};

enum { ACCEPTING, READING, WRITING };

struct echo_job {
	struct hd_job job; /* first */
	struct arena_slot *slots;
	const struct arena_board *board;
	uint64_t unacknowledged; /* bytes echoed that are not yet a message */
	uint32_t message_bytes, buffer_bytes;
	uint32_t length, written; /* of what is in the buffer */
	int32_t listener, fd;     /* listener: -1 for udp */
	uint8_t state, started, no_delay;
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

static void ask_accept(struct echo_job *job, struct hd_request *request)
{
	job->state = ACCEPTING;
	*request = (struct hd_request){
	        .op = HD_ACCEPT, .fd = job->listener, .fd2 = -1, .offset = -1, .timeout_ns = -1};
}

static void ask_read(struct echo_job *job, struct hd_request *request)
{
	job->state = READING;
	*request = (struct hd_request){.op = HD_READ,
	                               .fd = job->fd,
	                               .fd2 = -1,
	                               .buf = job->buffer,
	                               .size = job->buffer_bytes,
	                               .offset = -1,
	                               .timeout_ns = -1};
}

static void ask_write(struct echo_job *job, struct hd_request *request)
{
	job->state = WRITING;
	*request = (struct hd_request){.op = HD_WRITE,
	                               .fd = job->fd,
	                               .fd2 = -1,
	                               .buf = job->buffer + job->written,
	                               .size = job->length - job->written,
	                               .offset = -1,
	                               .timeout_ns = -1};
}

static void ask_nothing(struct hd_request *request)
{
	*request = (struct hd_request){.op = HD_DONE, .fd = -1, .fd2 = -1};
}

static bool is_passing(int64_t answer)
{
	return answer == -EINTR || answer == -EAGAIN;
}

/* The connection is over: the next one, unless it is the end. */
static void next_connection(struct echo_job *job, struct hd_request *request)
{
	close(job->fd);
	job->fd = -1;
	if (arena_stopping(job->board))
		ask_nothing(request);
	else
		ask_accept(job, request);
}

static void accepted(struct echo_job *job, int64_t answer, struct hd_request *request)
{
	int on = 1;

	if (answer < 0) {
		/* A peer that has gone already is no reason to end; the listener's end is. */
		if ((is_passing(answer) || answer == -ECONNABORTED) && !arena_stopping(job->board))
			ask_accept(job, request);
		else
			ask_nothing(request);
		return;
	}
	job->fd = (int32_t)answer;
	job->unacknowledged = 0;
	if (arena_stopping(job->board)) {
		next_connection(job, request);
		return;
	}
	if (job->no_delay)
		setsockopt(job->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	ask_read(job, request);
}

/* Over UDP an error belongs to a datagram, and the socket lives on until the stop. */
static void failed(struct echo_job *job, int64_t answer, struct hd_request *request)
{
	if (job->listener >= 0)
		next_connection(job, request);
	else if (answer == 0 || answer == -EBADF || arena_stopping(job->board))
		ask_nothing(request);
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
	slot_add(&job->slots[job->job.task], messages);
}

static void have_read(struct echo_job *job, int64_t answer, struct hd_request *request)
{
	if (is_passing(answer)) {
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
	if (is_passing(answer)) {
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
	job->started = 1;
	atomic_store_explicit(&job->slots[job->job.task].stepped, 1, memory_order_relaxed);
	if (job->listener >= 0)
		ask_accept(job, request);
	else
		ask_read(job, request);
}

static void step(struct hd_job *base, int64_t answer, struct hd_request *request)
{
	struct echo_job *job = (struct echo_job *)base;

	if (!job->started)
		start(job, request);
	else if (job->state == READING)
		have_read(job, answer, request);
	else if (job->state == WRITING)
		have_written(job, answer, request);
	else
		accepted(job, answer, request);
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

		job->job.step = step;
		job->slots = arena_slots(stage->arena);
		job->board = stage->arena->board;
		job->message_bytes = params.message_bytes;
		job->buffer_bytes = (uint32_t)(stride - offsetof(struct echo_job, buffer));
		job->listener = udp ? -1 : stage->sockets[0];
		job->fd = udp ? stage->sockets[i] : -1;
		job->no_delay = params.transport == GENERATOR_TCP;
	}
	return 0;
}
