/* SPDX-License-Identifier: MIT */
#include "copy_job.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PAGE = 4096 };

const char *copy_fault_text(uint32_t fault)
{
	static const char *const texts[COPY_FAULTS] = {
	        [COPY_FAULT_SOURCE] = "its source cannot be opened",
	        [COPY_FAULT_COPY] = "its copy cannot be opened",
	        [COPY_FAULT_READ] = "reading failed",
	        [COPY_FAULT_WRITE] = "writing failed",
	        [COPY_FAULT_FINISH] = "the copy cannot be completed",
	        [COPY_FAULT_ANSWER] = "impossible answer",
	        [COPY_FAULT_TASK] = "the job was given an impossible task number",
	        [COPY_FAULT_AGAIN] = "the job was stepped after it was done",
	        [COPY_FAULT_LEFT_OUT] = "the job was never stepped in a pass",
	        [COPY_FAULT_UNFINISHED] = "the job was left unfinished in a pass",
	};

	return fault < COPY_FAULTS && texts[fault] ? texts[fault] : "unknown fault";
}

/* ---- A job ----------------------------------------------------------------------------------- */

void copy_job_record(struct copy_run *run, uint32_t entry, enum copy_fault fault, int64_t answer)
{
	struct copy_board *board = run->board;

	atomic_fetch_add_explicit(&board->faults, 1, memory_order_relaxed);
	if (atomic_exchange(&board->claimed, 1))
		return;
	board->fault = fault;
	board->entry = entry;
	board->answer = answer;
}

static void close_both(struct copy_job *job)
{
	if (job->in >= 0)
		close(job->in);
	if (job->out >= 0)
		close(job->out);
	job->in = job->out = -1;
}

static void give_up(struct copy_job *job, enum copy_fault fault, int64_t answer,
                    struct hd_request *request)
{
	copy_job_record(job->run, job->entry, fault, answer);
	close_both(job);
	job->state = COPY_FAILED;
	request->op = HD_DONE;
}

static const char *path_of(const struct copy_job *job)
{
	return copy_path(&job->run->tree, &job->run->tree.entries[job->entry]);
}

int copy_job_open_copy(const struct copy_run *run, const char *path, int flags, mode_t mode)
{
	int fd;

	flags |= O_WRONLY | O_NOFOLLOW | O_CLOEXEC;
	fd = openat(run->copy, path, flags, mode);
	if (fd < 0 && errno == EACCES && fchmodat(run->copy, path, 0600, 0) == 0)
		fd = openat(run->copy, path, flags, mode);
	return fd;
}

/*
 * Never O_TRUNC: on ext4 a file that was truncated and written is flushed at its close, which is
 * ten times the work of writing over it.
 */
static bool open_both(struct copy_job *job, struct hd_request *request)
{
	const struct copy_run *run = job->run;
	const char *path = path_of(job);
	int flags = run->fresh ? O_CREAT | O_EXCL : O_CREAT;
	struct stat status;

	job->in = openat(run->source, path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	if (job->in < 0 || fstat(job->in, &status) < 0) {
		give_up(job, COPY_FAULT_SOURCE, -errno, request);
		return false;
	}
	job->mode = (uint16_t)(status.st_mode & 0777);
	job->out = copy_job_open_copy(run, path, flags, job->mode | 0200u);
	if (job->out >= 0)
		return true;
	give_up(job, COPY_FAULT_COPY, -errno, request);
	return false;
}

static char *buffer_of(const struct copy_job *job)
{
	return job->run->buffers + job->job.task * job->run->stride;
}

static void ask(struct hd_request *request, uint32_t op, int fd, char *bytes, uint64_t size,
                uint64_t offset)
{
	*request = (struct hd_request){.op = op,
	                               .fd = fd,
	                               .fd2 = -1,
	                               .buf = bytes,
	                               .size = size,
	                               .offset = (int64_t)offset,
	                               .timeout_ns = -1};
}

static void ask_read(struct copy_job *job, struct hd_request *request)
{
	job->state = COPY_READING;
	ask(request, HD_READ, job->in, buffer_of(job), job->run->block, job->offset);
}

static void ask_write(struct copy_job *job, struct hd_request *request)
{
	job->state = COPY_WRITING;
	ask(request, HD_WRITE, job->out, buffer_of(job) + job->done, job->have - job->done,
	    job->offset + job->done);
}

static void begin(struct copy_job *job, struct hd_request *request)
{
	if (job->job.task >= job->run->in_flight) {
		give_up(job, COPY_FAULT_TASK, job->job.task, request);
		return;
	}
	atomic_store_explicit(&job->run->slots[job->job.task].stepped, 1, memory_order_relaxed);
	job->offset = 0;
	if (open_both(job, request))
		ask_read(job, request);
}

/* What was longer before is cut off; permissions are set where they differ. 0 or -errno. */
static int settle(struct copy_job *job)
{
	struct stat status;
	int fd = job->out;

	if (fstat(fd, &status) < 0)
		return -errno;
	if ((uint64_t)status.st_size != job->offset && ftruncate(fd, (off_t)job->offset) < 0)
		return -errno;
	if ((status.st_mode & 07777) != job->mode && fchmod(fd, job->mode) < 0)
		return -errno;
	if (job->run->sync && fsync(fd) < 0)
		return -errno;
	job->out = -1;
	return close(fd) < 0 ? -errno : 0;
}

static void finish(struct copy_job *job, struct hd_request *request)
{
	struct copy_counter *counter = &job->run->board->files[job->job.task];
	int code = settle(job);

	if (code) {
		give_up(job, COPY_FAULT_FINISH, code, request);
		return;
	}
	close_both(job);
	job->state = COPY_FINISHED;
	atomic_store_explicit(&counter->files,
	                      atomic_load_explicit(&counter->files, memory_order_relaxed) + 1,
	                      memory_order_relaxed);
	request->op = HD_DONE;
}

static void was_read(struct copy_job *job, int64_t answer, struct hd_request *request)
{
	if (answer < 0) {
		give_up(job, COPY_FAULT_READ, answer, request);
	} else if ((uint64_t)answer > job->run->block) {
		give_up(job, COPY_FAULT_ANSWER, answer, request);
	} else if (answer == 0) {
		finish(job, request);
	} else {
		job->have = (uint32_t)answer;
		job->done = 0;
		ask_write(job, request);
	}
}

static void was_written(struct copy_job *job, int64_t answer, struct hd_request *request)
{
	if (answer < 0) {
		give_up(job, COPY_FAULT_WRITE, answer, request);
		return;
	}
	if (answer == 0 || answer > job->have - job->done) {
		give_up(job, COPY_FAULT_ANSWER, answer, request);
		return;
	}
	slot_add(&job->run->slots[job->job.task], (uint64_t)answer);
	job->done += (uint32_t)answer;
	if (job->done < job->have) {
		ask_write(job, request);
		return;
	}
	job->offset += job->have;
	ask_read(job, request);
}

/* The stop flag is not looked at: half a pass could be neither counted nor verified. */
static void step(struct hd_job *base, int64_t answer, struct hd_request *request)
{
	struct copy_job *job = (struct copy_job *)(void *)base;

	switch (job->state) {
	case COPY_WAITING:
		begin(job, request);
		break;
	case COPY_READING:
		was_read(job, answer, request);
		break;
	case COPY_WRITING:
		was_written(job, answer, request);
		break;
	default:
		copy_job_record(job->run, job->entry, COPY_FAULT_AGAIN, answer);
		request->op = HD_DONE;
	}
}

/* ---- Setting up ------------------------------------------------------------------------------ */

static uint64_t in_pages(uint64_t bytes)
{
	return (bytes + PAGE - 1) / PAGE * PAGE;
}

uint64_t copy_job_buffers_at(uint32_t in_flight)
{
	return in_pages(sizeof(struct copy_board) + in_flight * sizeof(struct copy_counter));
}

uint64_t copy_job_bytes(uint32_t in_flight, uint64_t block_bytes)
{
	return copy_job_buffers_at(in_flight) + in_flight * in_pages(block_bytes);
}

/* As far as the administrator lets us; beyond that a job tells that it cannot open its files. */
static void allow_descriptors(uint32_t in_flight)
{
	rlim_t need = (rlim_t)in_flight * 2 + 64;
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) < 0 || limit.rlim_cur >= need)
		return;
	limit.rlim_cur = limit.rlim_max < need ? limit.rlim_max : need;
	setrlimit(RLIMIT_NOFILE, &limit);
}

static int open_root(const char *path, int *fd, struct hd_error *err)
{
	*fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return *fd < 0 ? hd_error(err, -errno, "%s: %s", path, strerror(errno)) : 0;
}

static void make_jobs(struct copy_run *run)
{
	uint64_t made = 0;

	for (uint64_t i = 0; i < run->tree.totals.entries; i++)
		if (run->tree.entries[i].kind == COPY_FILE && made < run->job_count)
			run->jobs[made++] = (struct copy_job){.job.step = step,
			                                      .run = run,
			                                      .in = -1,
			                                      .out = -1,
			                                      .entry = (uint32_t)i};
}

/*
 * How many jobs there are is known only after the source was walked, which is once a run; so they
 * lie in shared memory of their own, which ends with the stage.
 */
static int make_run(struct workload_stage *stage, const struct copy_tree *tree,
                    struct copy_run **made, struct hd_error *err)
{
	uint64_t bytes = sizeof(struct copy_run) + tree->totals.files * sizeof(struct copy_job);
	struct copy_run *run = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
	                            MAP_SHARED | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);

	if (run == MAP_FAILED)
		return hd_error(err, -errno, "memory of %llu copy jobs: %s",
		                (unsigned long long)tree->totals.files, strerror(errno));
	run->board = arena_workload(stage->arena);
	run->slots = arena_slots(stage->arena);
	run->seed = stage->seed;
	run->job_count = tree->totals.files;
	run->in_flight = (uint32_t)workload_int(stage->kase, "in_flight");
	run->block = (uint64_t)workload_int(stage->kase, "block_kib") * 1024;
	run->stride = in_pages(run->block);
	run->buffers = (char *)run->board + copy_job_buffers_at(run->in_flight);
	run->fresh = strcmp(workload_text(stage->kase, "create"), "fresh") == 0;
	run->cold = strcmp(workload_text(stage->kase, "cache"), "cold") == 0;
	run->sync = strcmp(workload_text(stage->kase, "sync"), "file") == 0;
	run->tree = *tree;
	run->source = run->copy = -1;
	make_jobs(run);
	*made = run;
	return 0;
}

/* Only the thread that prepares passes looks at it. It ends with the stage as well. */
static int make_known(struct copy_run *run, struct hd_error *err)
{
	run->known = mmap(NULL, run->tree.totals.entries * sizeof(*run->known),
	                  PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (run->known == MAP_FAILED)
		return hd_error(err, -errno, "memory of the sources' hashes: %s", strerror(errno));
	return 0;
}

int copy_job_setup(struct workload_stage *stage, struct hd_error *err)
{
	struct copy_board *board = arena_workload(stage->arena);
	struct copy_tree tree;
	struct copy_run *run = NULL;
	int code = copy_tree_load(&tree, board->list, err);

	if (!code)
		code = make_run(stage, &tree, &run, err);
	if (!code)
		code = make_known(run, err);
	if (!code)
		code = open_root(board->source, &run->source, err);
	if (!code)
		code = open_root(board->copy, &run->copy, err);
	if (code)
		return code; /* what was opened and mapped ends with the stage */
	board->run = run;
	allow_descriptors(run->in_flight);
	for (uint64_t at = 0; at < run->in_flight * run->stride; at += PAGE)
		run->buffers[at] = 1; /* first touch, bound to the case's PUs */
	stage->jobs = (struct hd_jobs){.count = run->job_count,
	                               .stride = sizeof(struct copy_job),
	                               .first = (char *)run->jobs};
	return 0;
}
