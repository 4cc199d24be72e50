/* SPDX-License-Identifier: MIT */
/*
 * copy: every file of a tree, one job a file. The source is walked once a run; folders and links of
 * the copy are made before the time that counts; each job opens its two files, copies block by block,
 * sets length and permissions, and closes them.
 *
 * Copied are names, contents, links and permissions (rwx of user, group and others; the owner of a
 * folder can always write into its copy). Not copied are owners, times, set-user-ID and the like, and
 * hard links become files of their own.
 */
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "copy_check.h"
#include "copy_job.h"
#include "copy_keep.h"
#include "copy_tree.h"
#include "option.h"
#include "scratch.h"
#include "workload.h"

enum { SOURCE, FILES, FILE_KIB, BLOCK_KIB, IN_FLIGHT, CACHE, CREATE, SYNC, WORK_DIR };
enum { MAX_TASKS = 16384, MAX_FILES = 1000000, MAX_FILE_KIB = 1 << 26, MAX_BLOCK_KIB = 1 << 20 };

static const struct hd_option params[] = {
        [SOURCE] = {.name = "source",
                    .kind = HD_OPTION_TEXT,
                    .text = "",
                    .help = "folder to copy, which is only read; without it a tree is generated"},
        [FILES] = {.name = "files",
                   .kind = HD_OPTION_INT,
                   .value = 200,
                   .min = 1,
                   .max = MAX_FILES,
                   .help = "files of the generated tree"},
        [FILE_KIB] = {.name = "file_kib",
                      .kind = HD_OPTION_INT,
                      .value = 64,
                      .min = 1,
                      .max = MAX_FILE_KIB,
                      .help = "size of each of them"},
        [BLOCK_KIB] = {.name = "block_kib",
                       .kind = HD_OPTION_INT,
                       .value = 256,
                       .min = 1,
                       .max = MAX_BLOCK_KIB,
                       .help = "bytes asked for in one request"},
        [IN_FLIGHT] = {.name = "in_flight",
                       .kind = HD_OPTION_INT,
                       .value = 0,
                       .min = 0,
                       .max = MAX_TASKS,
                       .help = "files copied at a time; 0: as many as cores"},
        [CACHE] = {.name = "cache",
                   .kind = HD_OPTION_CHOICE,
                   .text = "warm",
                   .choices = "warm cold",
                   .help = "cold: the source is dropped from the page cache before each pass"},
        [CREATE] =
                {.name = "create",
                 .kind = HD_OPTION_CHOICE,
                 .text = "reuse",
                 .choices = "reuse fresh",
                 .help = "reuse: passes write over the copies of the last; fresh: into new files"},
        [SYNC] = {.name = "sync",
                  .kind = HD_OPTION_CHOICE,
                  .text = "none",
                  .choices = "none file",
                  .help = "file: fsync of each copy before it is closed, within the job's last "
                          "step: it "
                          "holds up whatever thread steps it"},
        [WORK_DIR] =
                {.name = "work_dir",
                 .kind = HD_OPTION_TEXT,
                 .text = "",
                 .help = "where copies go; without it the first of /dev/shm, $TMPDIR, /tmp with "
                         "room"},
        {0},
};

enum { THROUGHPUT, FILES_RATE, CPU_PER_MIB };
static const struct workload_metric metrics[] = {
        [THROUGHPUT] = {"throughput", "bytes/s", "higher", "bytes copied in whole passes"},
        [FILES_RATE] = {"files_rate", "files/s", "higher", "files copied in whole passes"},
        [CPU_PER_MIB] = {"cpu_per_mib", "ns", "lower",
                         "CPU time of all tasks over what they copied"},
        {0},
};

/* ---- Planning -------------------------------------------------------------------------------- */

static int resolve_source(const char *source, struct hd_error *err)
{
	struct stat status;

	if (stat(source, &status) < 0)
		return hd_error(err, -errno, "source: %s: %s", source, strerror(errno));
	if (!S_ISDIR(status.st_mode))
		return hd_error(err, -ENOTDIR, "source: %s: not a folder", source);
	if (access(source, R_OK | X_OK) < 0)
		return hd_error(err, -errno, "source: %s: %s", source, strerror(errno));
	return 0;
}

/* What the given tree is does not depend on what the generated one would be. */
static int resolve_unused(const struct value *values, struct hd_error *err)
{
	static const int unused[] = {FILES, FILE_KIB};

	for (size_t i = 0; i < sizeof(unused) / sizeof(unused[0]); i++)
		if (values[unused[i]].number != params[unused[i]].value)
			return hd_error(err, -EINVAL,
			                "%s: describes a generated tree; leave it out "
			                "where there is a source",
			                params[unused[i]].name);
	return 0;
}

static uint64_t generated_bytes(const struct value *values)
{
	return copy_keep_bytes((uint64_t)values[FILES].number, (uint64_t)values[FILE_KIB].number);
}

static int resolve_place(const struct value *values, char place[SCRATCH_PATH], struct hd_error *err)
{
	uint64_t bytes = *values[SOURCE].text ? 0 : 2 * generated_bytes(values);
	struct hd_error why = {0};
	int code = scratch_choose(values[WORK_DIR].text, bytes, place, &why);

	if (code)
		return hd_error(err, code, "work_dir: %s", why.text);
	return 0;
}

static int resolve_buffers(const struct value *values, struct hd_error *err)
{
	uint64_t bytes =
	        (uint64_t)values[IN_FLIGHT].number * (uint64_t)values[BLOCK_KIB].number * 1024;
	uint64_t memory = (uint64_t)sysconf(_SC_PHYS_PAGES) * (uint64_t)sysconf(_SC_PAGESIZE);
	char need[32], has[32];

	if (bytes <= memory)
		return 0;
	return hd_error(err, -ENOMEM,
	                "block_kib: %" PRId64 " buffers of it take %s, the machine has %s",
	                values[IN_FLIGHT].number, scratch_print_bytes(bytes, need, sizeof(need)),
	                scratch_print_bytes(memory, has, sizeof(has)));
}

static int resolve(struct value *values, uint32_t cores, struct hd_error *err)
{
	const char *source = values[SOURCE].text;
	char place[SCRATCH_PATH];
	int code = 0;

	if (values[IN_FLIGHT].number == 0)
		values[IN_FLIGHT].number = cores < MAX_TASKS ? cores : MAX_TASKS;
	if (*source && !(code = resolve_source(source, err)))
		code = resolve_unused(values, err);
	if (!code)
		code = resolve_place(values, place, err);
	if (!code && *source)
		code = copy_keep_refuse_inside(place, source, err);
	if (!code && strcmp(values[CACHE].text, "cold") == 0)
		code = copy_keep_need_disk(place, source, err);
	return code ? code : resolve_buffers(values, err);
}

static void needs(const struct workload_case *kase, struct workload_needs *needed)
{
	needed->in_flight = (uint32_t)workload_int(kase, "in_flight");
	needed->bytes =
	        copy_job_bytes(needed->in_flight, (uint64_t)workload_int(kase, "block_kib") * 1024);
}

/* ---- A trial --------------------------------------------------------------------------------- */

static int prepare(struct workload_trial *trial, struct hd_error *err)
{
	struct copy_board *board = arena_workload(trial->arena);
	struct copy_state *state = trial->state = calloc(1, sizeof(*state));
	int code;

	if (!state)
		return hd_error(err, -ENOMEM, "%s", strerror(ENOMEM));
	code = copy_keep_find(trial, state, err);
	/* After a trial that failed the copy may hold anything: it is begun anew. */
	if (!code && !state->target->clean)
		code = copy_keep_clean(state, err);
	if (code)
		return code;
	state->target->clean = false;
	snprintf(board->list, sizeof(board->list), "%s", state->source->list);
	snprintf(board->source, sizeof(board->source), "%s", state->source->path);
	snprintf(board->copy, sizeof(board->copy), "%s", state->target->path);
	return 0;
}

/* The board is the stage's to scribble on: nothing in it is taken for granted. */
static void tell_fault(const struct copy_board *board, const struct copy_tree *tree,
                       struct workload_verdict *verdict)
{
	uint64_t faults = atomic_load(&board->faults);
	bool known = board->entry < tree->totals.entries;
	char name[COPY_SHOWN], answer[96] = "";

	if (board->answer < 0 && board->answer > -4096)
		snprintf(answer, sizeof(answer), ": %s", strerror((int)-board->answer));
	else if (board->fault == COPY_FAULT_ANSWER || board->fault == COPY_FAULT_TASK)
		snprintf(answer, sizeof(answer), ": %" PRId64, board->answer);
	snprintf(verdict->text, sizeof(verdict->text), "%s: %s%s (%" PRIu64 " failure%s)",
	         known ? copy_shown(copy_path(tree, &tree->entries[board->entry]), name) : "a file",
	         copy_fault_text(board->fault), answer, faults, faults == 1 ? "" : "s");
}

/* Of a pass before the last one, which only the stage could see. */
static void tell_pass(const struct copy_board *board, const struct copy_tree *tree,
                      struct workload_verdict *verdict)
{
	const struct copy_difference *differs = &board->differs;

	snprintf(verdict->text, sizeof(verdict->text),
	         "%" PRIu64 " of %" PRIu64 " copies differ in pass %" PRIu64 ": %s%.*s",
	         differs->count, tree->totals.files, board->bad_pass,
	         differs->count > 1 ? "first " : "", COPY_DIFFERENCE - 1, differs->first);
}

static void tell_note(const struct workload_trial *trial, const struct copy_state *state,
                      struct workload_verdict *verdict)
{
	uint64_t special = state->source->tree.totals.special;
	bool useless = strcmp(workload_text(trial->kase, "sync"), "file") == 0 &&
	               scratch_in_memory(state->target->path);
	char name[32], left[64] = "";

	scratch_file_system(state->target->path, name, sizeof(name));
	if (special)
		snprintf(left, sizeof(left), "; %" PRIu64 " special file%s left out", special,
		         special == 1 ? "" : "s");
	snprintf(verdict->note, sizeof(verdict->note), "on %s%s%s", name,
	         useless ? ", where sync does nothing" : "", left);
}

static void verify(struct workload_trial *trial, struct workload_verdict *verdict)
{
	const struct copy_board *board = arena_workload(trial->arena);
	struct copy_state *state = trial->state;
	struct copy_source *source = state->source;
	struct copy_difference found;
	struct hd_error err = {0};

	tell_note(trial, state, verdict);
	verdict->wrong = true;
	if (atomic_load(&board->faults)) {
		tell_fault(board, &source->tree, verdict);
		return;
	}
	if (board->bad_pass) {
		tell_pass(board, &source->tree, verdict);
		return;
	}
	if (copy_check(&source->tree, source->known, source->path, state->target->path, &found,
	               &err)) {
		snprintf(verdict->text, sizeof(verdict->text),
		         "the copies cannot be compared: %.400s", err.text);
		return;
	}
	verdict->wrong = found.count > 0;
	state->target->clean = !verdict->wrong;
	if (verdict->wrong)
		snprintf(verdict->text, sizeof(verdict->text),
		         "%" PRIu64 " of %" PRIu64 " copies differ: %s%s", found.count,
		         source->tree.totals.entries, found.count > 1 ? "first " : "", found.first);
}

static void measure(struct workload_trial *trial, const struct workload_seen *seen, double *values)
{
	const struct copy_state *state = trial->state;
	const struct copy_totals *totals = &state->source->tree.totals;

	values[THROUGHPUT] = seen->rate;
	values[FILES_RATE] = seen->rate / (double)totals->bytes * (double)totals->files;
	if (seen->ops)
		values[CPU_PER_MIB] = seen->cpu_ns / ((double)seen->ops / 1048576);
}

static double progress(struct workload_trial *trial)
{
	const struct copy_board *board = arena_workload(trial->arena);
	const struct copy_state *state = trial->state;
	uint32_t tasks = (uint32_t)workload_int(trial->kase, "in_flight");
	uint64_t passes = atomic_load(&trial->arena->board->passes_done), files = 0;
	double share;

	if (!state || !state->source)
		return NAN;
	for (uint32_t i = 0; i < tasks; i++)
		files += atomic_load_explicit(&board->files[i].files, memory_order_relaxed);
	share = (double)files / (double)state->source->tree.totals.files - (double)passes;
	return share < 0 ? 0 : share > 1 ? 1 : share;
}

static void release(struct workload_trial *trial)
{
	free(trial->state);
	trial->state = NULL;
}

const struct workload copy_workload = {
        .name = "copy",
        .summary = "copies every file of a tree, one job a file",
        .params = params,
        .metrics = metrics,
        .op_unit = "bytes",
        .ops = HD_CAN(HD_READ) | HD_CAN(HD_WRITE),
        .finite = true,
        .resolve = resolve,
        .needs = needs,
        .prepare = prepare,
        .setup = copy_job_setup,
        .before_pass = copy_pass_prepare,
        .verify = verify,
        .measure = measure,
        .release = release,
        .progress = progress,
};
