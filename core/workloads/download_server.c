/* SPDX-License-Identifier: MIT */
/*
 * The server of download: one job a connection, which reads a line from it, opens the file of that name in its step,
 * and then has the model read the file and write the socket, block by block. What an answer looks like stands in
 * generator_fetch.h.
 */
#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "download.h"

enum { LINE = 64, HEAD = 8, NAME_ROOM = 4096 };
enum { ACCEPTING, NAMING, FETCHING, SENDING };

struct download_job {
	struct server server;     /* first */
	int32_t folder, file;     /* file: -1 where none is open */
	uint64_t bytes, at;       /* of the file; of them in the buffer, or sent */
	uint32_t length, written; /* of what is in the buffer */
	uint32_t block;           /* bytes read at a time */
	uint8_t state;
	bool too_long; /* the name that is being read is to be refused, however it ends */
	_Alignas(LINE) char buffer[];
};

/* An odd number of lines, as of echo. A file that is smaller than a block needs less of it. */
uint64_t download_job_stride(const struct download_params *params)
{
	uint64_t bytes = params->block_bytes;

	if (bytes > params->file_bytes)
		bytes = params->file_bytes;
	bytes += HEAD;
	if (bytes < NAME_ROOM)
		bytes = NAME_ROOM;
	return (((sizeof(struct download_job) + bytes + LINE - 1) / LINE) | 1) * LINE;
}

static uint64_t names_at(const struct download_params *params)
{
	return params->connections * download_job_stride(params);
}

static uint64_t folder_at(const struct download_params *params)
{
	return names_at(params) + sizeof(struct generator_names);
}

uint64_t download_jobs_bytes(const struct download_params *params)
{
	return folder_at(params) + SCRATCH_PATH;
}

struct generator_names *download_names(const struct arena *arena,
                                       const struct download_params *params)
{
	return (void *)((char *)arena_workload(arena) + names_at(params));
}

void download_put_folder(const struct arena *arena, const struct download_params *params,
                         const char *path)
{
	strncpy((char *)arena_workload(arena) + folder_at(params), path, SCRATCH_PATH - 1);
}

static void close_file(struct download_job *job)
{
	if (job->file >= 0)
		close(job->file);
	job->file = -1;
}

static void next_connection(struct download_job *job, struct hd_request *request)
{
	close_file(job);
	job->state = ACCEPTING;
	server_next(&job->server, request);
}

static void ask_name(struct download_job *job, struct hd_request *request)
{
	job->state = NAMING;
	server_ask(request, HD_READ, job->server.fd, job->buffer + job->length,
	           NAME_ROOM - job->length, -1);
}

static void ask_file(struct download_job *job, struct hd_request *request)
{
	uint64_t left = job->bytes - job->at;

	job->state = FETCHING;
	server_ask(request, HD_READ, job->file, job->buffer + job->length,
	           left < job->block ? left : job->block, (int64_t)job->at);
}

static void ask_send(struct download_job *job, struct hd_request *request)
{
	job->state = SENDING;
	server_ask(request, HD_WRITE, job->server.fd, job->buffer + job->written,
	           job->length - job->written, -1);
}

/* The number first, and the file's first block in the same write. */
static void answer_name(struct download_job *job, size_t length, struct hd_request *request)
{
	int fd = job->too_long ? -ENAMETOOLONG
	                       : download_open(job->folder, job->buffer, length, &job->bytes);
	uint64_t head = htole64(fd < 0 ? (uint64_t)(int64_t)fd : job->bytes);

	job->file = fd < 0 ? -1 : fd;
	if (fd < 0)
		job->bytes = 0;
	job->at = 0;
	job->too_long = false;
	memcpy(job->buffer, &head, HEAD);
	job->length = HEAD;
	job->written = 0;
	if (job->bytes)
		ask_file(job, request);
	else
		ask_send(job, request);
}

static void have_name(struct download_job *job, int64_t answer, struct hd_request *request)
{
	const char *end;

	if (server_is_passing(answer)) {
		ask_name(job, request);
		return;
	}
	if (answer <= 0) {
		next_connection(job, request);
		return;
	}
	job->length += (uint32_t)answer;
	end = memchr(job->buffer, '\n', job->length);
	if (!end) {
		job->too_long |= job->length > DOWNLOAD_NAME_MOST;
		if (job->too_long)
			job->length = 0;
		ask_name(job, request);
	} else if (end + 1 < job->buffer + job->length) {
		next_connection(job, request); /* a client has one request under way */
	} else {
		answer_name(job, (size_t)(end - job->buffer), request);
	}
}

static void have_file(struct download_job *job, int64_t answer, struct hd_request *request)
{
	if (server_is_passing(answer)) {
		ask_file(job, request);
	} else if (answer <= 0) {
		next_connection(job,
		                request); /* it is shorter than it was: no end of it is made up */
	} else {
		job->length += (uint32_t)answer;
		job->at += (uint64_t)answer;
		ask_send(job, request);
	}
}

static void have_sent(struct download_job *job, int64_t answer, struct hd_request *request)
{
	if (answer <= 0 && !server_is_passing(answer)) {
		next_connection(job, request);
		return;
	}
	if (answer > 0)
		job->written += (uint32_t)answer;
	if (job->written < job->length) {
		ask_send(job, request);
		return;
	}
	job->length = job->written = 0;
	if (job->at < job->bytes) {
		ask_file(job, request);
		return;
	}
	if (job->file >= 0)
		slot_add(&job->server.slots[job->server.job.task], 1);
	close_file(job);
	ask_name(job, request);
}

static void accepted(struct download_job *job, int64_t answer, struct hd_request *request)
{
	if (!server_accepted(&job->server, answer, request))
		return;
	job->length = 0;
	job->too_long = false;
	ask_name(job, request);
}

static void step(struct hd_job *base, int64_t answer, struct hd_request *request)
{
	struct download_job *job = (struct download_job *)base;

	if (!job->server.started) {
		server_begin(&job->server);
		server_ask_accept(&job->server, request);
	} else if (job->state == NAMING) {
		have_name(job, answer, request);
	} else if (job->state == FETCHING) {
		have_file(job, answer, request);
	} else if (job->state == SENDING) {
		have_sent(job, answer, request);
	} else {
		accepted(job, answer, request);
	}
}

uint64_t download_count_strangers(const struct workload_trial *trial)
{
	struct download_params params = download_read_params(trial->kase);
	uint64_t stride = download_job_stride(&params), strangers = 0;
	const char *jobs = arena_workload(trial->arena);

	for (uint32_t i = 0; i < params.connections; i++)
		strangers += ((const struct server *)(const void *)(jobs + i * stride))->strangers;
	return strangers;
}

int download_setup(struct workload_stage *stage, struct hd_error *err)
{
	struct download_params params = download_read_params(stage->kase);
	uint64_t stride = download_job_stride(&params);
	const char *path = (const char *)arena_workload(stage->arena) + folder_at(&params);
	int folder = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);

	if (folder < 0)
		return hd_error(err, -errno, "download: %s: %s", path, strerror(errno));
	if (stage->socket_count != 1)
		return hd_error(err, -EINVAL, "download: %u sockets were handed over",
		                stage->socket_count);
	stage->jobs = (struct hd_jobs){params.connections, stride, arena_workload(stage->arena)};
	memset(stage->jobs.first, 0, stride * params.connections);
	for (uint32_t i = 0; i < params.connections; i++) {
		struct download_job *job = (struct download_job *)hd_job_at(&stage->jobs, i);

		job->server = (struct server){
		        .job.step = step,
		        .slots = arena_slots(stage->arena),
		        .board = stage->arena->board,
		        .names = download_names(stage->arena, &params),
		        .listener = stage->sockets[0],
		        .fd = -1,
		        .no_delay = 1,
		};
		job->folder = folder;
		job->file = -1;
		job->block = (uint32_t)params.block_bytes;
	}
	return 0;
}
