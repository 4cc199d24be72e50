/* SPDX-License-Identifier: MIT */
/*
 * What comes before each pass of `copy`, in the stage and outside of the time that counts: the copies
 * of the last one are compared with their sources, then spoilt or removed.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "copy_job.h"

enum { SPOT = 8 };

/* Jobs that the model forgot in the last pass would otherwise go unseen until the very last one. */
static void rewind_jobs(struct copy_run *run, uint64_t pass)
{
	for (uint64_t i = 0; i < run->job_count; i++) {
		struct copy_job *job = &run->jobs[i];

		if (pass && job->state == COPY_WAITING)
			copy_job_record(run, job->entry, COPY_FAULT_LEFT_OUT, 0);
		if (pass && (job->state == COPY_READING || job->state == COPY_WRITING))
			copy_job_record(run, job->entry, COPY_FAULT_UNFINISHED, 0);
		job->state = COPY_WAITING;
		job->in = job->out = -1;
	}
}

/*
 * All passes, also those that do not count: each begins after the same work. The trial's last one is
 * the core's to compare. Where something is wrong already no second reason is looked for.
 */
static int check_pass(struct copy_run *run, uint64_t pass, struct arena_board *beaten,
                      struct hd_error *err)
{
	struct copy_board *board = run->board;
	struct copy_difference found;
	struct hd_error why = {0};
	int code;

	if (board->bad_pass || atomic_load(&board->faults))
		return 0;
	code = copy_check_files(&run->tree, run->known, run->source, run->copy, beaten, &found,
	                        &why);
	if (code)
		return hd_error(err, code, "the last pass's copies cannot be compared: %s",
		                why.text);
	if (found.count) {
		board->differs = found;
		board->bad_pass = pass;
	}
	return 0;
}

/*
 * Eight random bytes somewhere in each block, so that nothing need be read. Where a block is
 * shorter they reach beyond the file's end: then its length is wrong until it is copied.
 */
static int spoil_file(const struct copy_run *run, int fd, uint64_t seed)
{
	struct stat status;
	uint64_t at = 0;

	if (fstat(fd, &status) < 0)
		return -errno;
	do {
		uint64_t left = (uint64_t)status.st_size - at, random = copy_mix(seed + at),
		         spot = at;

		if (left > run->block)
			left = run->block;
		if (left > SPOT)
			spot += copy_mix(random) % (left - SPOT + 1);
		if (pwrite(fd, &random, SPOT, (off_t)spot) < 0)
			return -errno;
		at += run->block;
	} while (at < (uint64_t)status.st_size);
	return 0;
}

static int spoil(const struct copy_run *run, const struct copy_entry *entry, uint64_t seed)
{
	int fd = copy_job_open_copy(run, copy_path(&run->tree, entry), 0, 0), code;

	if (fd < 0)
		return errno == ENOENT ? 0 : -errno; /* not copied yet */
	code = spoil_file(run, fd, seed);
	close(fd);
	return code;
}

/*
 * Pages that were never written back cannot be dropped. Not by fsync(): that one flushes the disk's
 * own cache as well, a millisecond for each file.
 */
static int drop(const struct copy_run *run, const struct copy_entry *entry, bool first)
{
	int fd = openat(run->source, copy_path(&run->tree, entry),
	                O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	unsigned write_back =
	        SYNC_FILE_RANGE_WAIT_BEFORE | SYNC_FILE_RANGE_WRITE | SYNC_FILE_RANGE_WAIT_AFTER;
	int code = 0;

	if (fd < 0)
		return -errno;
	if (first && sync_file_range(fd, 0, 0, write_back) < 0 && errno == EIO)
		code = -EIO;
	if (!code)
		code = -posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED);
	close(fd);
	return code;
}

static int each_file(const struct copy_run *run, uint64_t pass, struct arena_board *board,
                     struct hd_error *err)
{
	uint64_t seed = copy_mix(run->seed + pass);
	char text[COPY_SHOWN];
	int code = 0;

	for (uint64_t i = 0; i < run->job_count && !code; i++) {
		const struct copy_entry *entry = &run->tree.entries[run->jobs[i].entry];

		arena_beat(board);
		if (!run->fresh)
			code = spoil(run, entry, copy_mix(seed + i));
		if (code)
			return hd_error(err, code, "%s: the old copy cannot be spoilt: %s",
			                copy_shown(copy_path(&run->tree, entry), text),
			                strerror(-code));
		if (run->cold)
			code = drop(run, entry, pass == 0);
		if (code)
			return hd_error(err, code, "%s: cannot be dropped from the page cache: %s",
			                copy_shown(copy_path(&run->tree, entry), text),
			                strerror(-code));
	}
	return 0;
}

int copy_pass_prepare(struct workload_stage *stage, uint64_t pass, struct hd_error *err)
{
	struct copy_board *board = arena_workload(stage->arena);
	struct copy_run *run = board->run;
	int code = 0;

	rewind_jobs(run, pass);
	if (pass && (code = check_pass(run, pass, stage->arena->board, err)))
		return code;
	/* Emptied, not removed: processes of the model that live already hold the descriptor. */
	if (run->fresh && (code = scratch_empty(run->copy)))
		hd_error(err, code, "the last pass's copies cannot be removed: %s",
		         strerror(-code));
	if (run->fresh && !code)
		code = copy_tree_make_folders(&run->tree, run->copy, err);
	if (!code && (run->cold || !run->fresh))
		code = each_file(run, pass, stage->arena->board, err);
	return code;
}
