/* SPDX-License-Identifier: MIT */
/* The workload `copy` from prepare() to release(), run by an interpreter of a few lines. */
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "scratch.h"
#include "workload.h"
#include "workloads/copy_job.h"
#include "workloads/copy_tree.h"

static char place[] = "/tmp/heddle-test-XXXXXX";
static char source[64], work[64], path_text[8192];
static struct value values[16];
static struct scratch scratch;

static void make_place(void)
{
	strcpy(place, "/tmp/heddle-test-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(place));
	snprintf(source, sizeof(source), "%s/source", place);
	snprintf(work, sizeof(work), "%s/work", place);
	ck_assert_int_eq(mkdir(source, 0755), 0);
	ck_assert_int_eq(mkdir(work, 0755), 0);
	for (size_t i = 0; i < option_count(copy_workload.params); i++)
		values[i] = option_default(&copy_workload.params[i]);
	scratch = (struct scratch){.seed = 42};
}

static void remove_place(void)
{
	scratch_remove(&scratch);
	ck_assert_int_eq(rmdir(work), 0); /* nothing is left behind */
	scratch_remove_tree(place);
}

static void set_text(const char *name, const char *text)
{
	values[option_find(copy_workload.params, name)].text = text;
}

static void set_int(const char *name, int64_t number)
{
	values[option_find(copy_workload.params, name)].number = number;
}

static const char *at(const char *root, const char *name)
{
	snprintf(path_text, sizeof(path_text), "%s/%s", root, name);
	return path_text;
}

static void write_file(const char *path, const char *bytes, size_t size, mode_t mode)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(write(fd, bytes, size), (ssize_t)size);
	ck_assert_int_eq(fchmod(fd, mode), 0);
	close(fd);
}

/* ---- One trial ------------------------------------------------------------------------------- */

struct rig;
typedef int64_t perform_fn(struct rig *, const struct hd_request *);

/* All that a trial has, in one process. */
struct rig {
	struct workload_case kase;
	struct arena arena;
	struct workload_trial trial;
	struct workload_stage stage;
	struct workload_verdict verdict;
	struct hd_error err;
	perform_fn *perform;
	uint64_t requests, skip_job; /* skip_job: index + 1 of a job that is never run */
	bool keep_stopping;          /* a job is left after its first request */
};

static int64_t honest(struct rig *rig, const struct hd_request *request)
{
	ssize_t moved = -1;

	rig->requests++;
	if (request->op == HD_READ)
		moved = pread(request->fd, request->buf, request->size, request->offset);
	else if (request->op == HD_WRITE)
		moved = pwrite(request->fd, request->buf, request->size, request->offset);
	else
		ck_abort_msg("request %u", request->op);
	return moved < 0 ? -errno : moved;
}

static int begin(struct rig *rig)
{
	struct workload_needs needed = {0};
	struct arena_sizes sizes;

	*rig = (struct rig){.perform = honest};
	if (copy_workload.resolve(values, 2, &rig->err))
		return rig->err.code;
	rig->kase =
	        (struct workload_case){.workload = &copy_workload, .params = values, .cores = 2};
	copy_workload.needs(&rig->kase, &needed);
	sizes = (struct arena_sizes){.tasks = needed.in_flight, .workload_bytes = needed.bytes};
	ck_assert_int_eq(arena_create(&rig->arena, &sizes, &rig->err), 0);
	rig->trial = (struct workload_trial){
	        .kase = &rig->kase, .arena = &rig->arena, .scratch = &scratch, .seed = 7};
	rig->stage = (struct workload_stage){.kase = &rig->kase, .arena = &rig->arena, .seed = 7};
	if (copy_workload.prepare(&rig->trial, &rig->err))
		return rig->err.code;
	return copy_workload.setup(&rig->stage, &rig->err);
}

static void run_job(struct rig *rig, uint64_t i)
{
	struct hd_job *job = hd_job_at(&rig->stage.jobs, i);
	struct hd_request request = {0};

	job->task = (uint32_t)(i % 2);
	for (job->step(job, 0, &request); request.op != HD_DONE;) {
		if (rig->keep_stopping)
			return;
		job->step(job, rig->perform(rig, &request), &request);
	}
}

static int prepare_pass(struct rig *rig, uint64_t pass)
{
	return copy_workload.before_pass(&rig->stage, pass, &rig->err);
}

static void run_pass(struct rig *rig, uint64_t pass)
{
	int code = prepare_pass(rig, pass);

	ck_assert_msg(code == 0, "%s", rig->err.text);
	for (uint64_t i = 0; i < rig->stage.jobs.count; i++)
		if (i + 1 != rig->skip_job)
			run_job(rig, i);
	atomic_store(&rig->arena.board->passes_done, pass + 1);
}

static const struct copy_board *board(const struct rig *rig)
{
	return arena_workload(&rig->arena);
}

static const char *copied(const struct rig *rig, const char *name)
{
	return at(board(rig)->copy, name);
}

static void verify(struct rig *rig)
{
	rig->verdict = (struct workload_verdict){0};
	copy_workload.verify(&rig->trial, &rig->verdict);
}

static void end(struct rig *rig)
{
	copy_workload.release(&rig->trial);
	arena_destroy(&rig->arena);
}

static void start(struct rig *rig)
{
	int code = begin(rig);

	ck_assert_msg(code == 0, "%s", rig->err.text);
}

static void assert_right(struct rig *rig)
{
	verify(rig);
	ck_assert_msg(!rig->verdict.wrong, "%s", rig->verdict.text);
}

static void assert_wrong(struct rig *rig, const char *text)
{
	verify(rig);
	ck_assert(rig->verdict.wrong);
	ck_assert_str_eq(rig->verdict.text, text);
}

static uint64_t bytes_done(const struct rig *rig)
{
	return slot_ops(&arena_slots(&rig->arena)[0]) + slot_ops(&arena_slots(&rig->arena)[1]);
}

static void small_generated(void)
{
	set_text("work_dir", work);
	set_int("files", 250);
	set_int("file_kib", 3);
	set_int("block_kib", 2);
}

/* A tree with everything in it that a copy must keep. */
static void make_source(void)
{
	static char big[10000];

	for (size_t i = 0; i < sizeof(big); i++)
		big[i] = (char)(i * 7 + i / 251);
	write_file(at(source, "big"), big, sizeof(big), 0644);
	write_file(at(source, "empty"), "", 0, 0600);
	write_file(at(source, "short"), "abc", 3, 0444);
	write_file(at(source, "with space\nand line"), "hello", 5, 0755);
	ck_assert_int_eq(mkdir(at(source, "sub"), 0755), 0);
	ck_assert_int_eq(mkdir(at(source, "sub/deeper"), 0555), 0);
	write_file(at(source, "sub/file"), big, 4096, 0640);
	ck_assert_int_eq(symlink("../big", at(source, "sub/up")), 0);
	ck_assert_int_eq(symlink("nowhere at all", at(source, "dangling")), 0);
	ck_assert_int_eq(symlink(".", at(source, "loop")), 0);
	ck_assert_int_eq(symlink("self", at(source, "self")), 0);
	ck_assert_int_eq(mkfifo(at(source, "pipe"), 0600), 0);
	set_text("source", source);
	set_text("work_dir", work);
	set_int("block_kib", 1);
}

/* ---- What is right --------------------------------------------------------------------------- */

START_TEST(generated_tree_is_copied)
{
	struct workload_seen seen = {
	        .rate = 250.0 * 3072, .ops = 250 * 3072, .ns = 1000000000, .cpu_ns = 1e6};
	double got[3];
	struct rig rig;

	small_generated();
	start(&rig);
	ck_assert_uint_eq(rig.stage.jobs.count, 250);
	ck_assert_uint_eq(rig.stage.jobs.stride % 64, 0);
	run_pass(&rig, 0);
	ck_assert_uint_eq(bytes_done(&rig), 250 * 3072);
	ck_assert_uint_eq(rig.requests, 250 * 5); /* two blocks in, two out, the end */
	assert_right(&rig);
	ck_assert_ptr_eq(strstr(rig.verdict.note, "on "), rig.verdict.note);
	run_pass(&rig, 1);
	run_pass(&rig, 2);
	ck_assert_uint_eq(bytes_done(&rig), 3 * 250 * 3072);
	assert_right(&rig);
	ck_assert_double_eq_tol(copy_workload.progress(&rig.trial), 0, 1e-9);
	ck_assert_int_eq(prepare_pass(&rig, 3), 0);
	for (uint64_t i = 0; i < 125; i++)
		run_job(&rig, i);
	ck_assert_double_eq_tol(copy_workload.progress(&rig.trial), 0.5, 1e-9);
	copy_workload.measure(&rig.trial, &seen, got);
	ck_assert_double_eq_tol(got[0], 250.0 * 3072, 1e-6);
	ck_assert_double_eq_tol(got[1], 250, 1e-6);
	ck_assert_double_eq_tol(got[2], 1e6 / (250 * 3072 / 1048576.0), 1e-3);
	end(&rig);
}
END_TEST

START_TEST(everything_is_kept)
{
	struct stat status;
	struct rig rig;
	char text[64];

	make_source();
	start(&rig);
	ck_assert_uint_eq(rig.stage.jobs.count, 5);
	for (uint64_t pass = 0; pass < 3; pass++) {
		run_pass(&rig, pass);
		assert_right(&rig);
	}
	ck_assert_ptr_nonnull(strstr(rig.verdict.note, "; 1 special file left out"));
	ck_assert_int_eq(stat(copied(&rig, "short"), &status), 0);
	ck_assert_int_eq(status.st_mode & 07777, 0444);
	ck_assert_int_eq(status.st_size, 3);
	ck_assert_int_eq(stat(copied(&rig, "sub/deeper"), &status), 0);
	ck_assert_int_eq(status.st_mode & 07777, 0755); /* its owner may fill it */
	ck_assert_int_eq(readlink(copied(&rig, "sub/up"), text, sizeof(text)), 6);
	ck_assert_int_eq(lstat(copied(&rig, "pipe"), &status), -1);
	ck_assert_int_eq(stat(copied(&rig, "with space\nand line"), &status), 0);
	end(&rig);
}
END_TEST

/* As somebody whom permissions bind: read-only files and folders are written over all the same. */
START_TEST(everything_is_kept_without_root)
{
	struct rig rig;

	if (geteuid() == 0) {
		ck_assert_int_eq(chmod(place, 0777), 0);
		ck_assert_int_eq(chmod(work, 0777), 0);
		ck_assert_int_eq(rmdir(source), 0);
		ck_assert_int_eq(setegid(65534), 0);
		ck_assert_int_eq(seteuid(65534), 0);
		ck_assert_int_eq(mkdir(source, 0755), 0);
	}
	umask(077);
	make_source();
	/* access() asks for the real user, who is root here. */
	start(&rig);
	for (uint64_t pass = 0; pass < 2; pass++) {
		run_pass(&rig, pass);
		assert_right(&rig);
	}
	end(&rig);
	write_file(at(source, "secret"), "x", 1, 0);
	scratch_remove(&scratch);
	ck_assert_int_eq(begin(&rig), -EACCES);
	ck_assert_ptr_nonnull(strstr(rig.err.text, "secret: cannot be read: Permission denied"));
	end(&rig);
	if (getuid() == 0)
		ck_assert_int_eq(seteuid(0), 0);
}
END_TEST

START_TEST(trials_share_source_and_copy)
{
	char list[SCRATCH_PATH], copy[SCRATCH_PATH];
	struct stat before, after;
	struct rig rig;

	small_generated();
	start(&rig);
	run_pass(&rig, 0);
	assert_right(&rig);
	strcpy(list, board(&rig)->list);
	strcpy(copy, board(&rig)->copy);
	ck_assert_int_eq(stat(copied(&rig, "0000/07"), &before), 0);
	end(&rig);
	set_int("block_kib", 64);
	start(&rig);
	ck_assert_str_eq(list, board(&rig)->list);
	ck_assert_str_eq(copy, board(&rig)->copy);
	run_pass(&rig, 0);
	assert_right(&rig);
	ck_assert_int_eq(stat(copied(&rig, "0000/07"), &after), 0);
	ck_assert_uint_eq(before.st_ino, after.st_ino); /* written over, not made anew */
	/* The next trial does not trust a copy that was not verified. */
	write_file(copied(&rig, "extra"), "x", 1, 0644);
	end(&rig);
	start(&rig);
	ck_assert_int_eq(access(copied(&rig, "extra"), F_OK), 0);
	end(&rig); /* as after a crash: no verdict */
	start(&rig);
	ck_assert_int_ne(access(copied(&rig, "extra"), F_OK), 0);
	run_pass(&rig, 0);
	assert_right(&rig);
	end(&rig);
}
END_TEST

START_TEST(fresh_is_a_new_tree_each_pass)
{
	struct stat before, after;
	struct rig rig;

	make_source();
	set_text("create", "fresh");
	start(&rig);
	run_pass(&rig, 0);
	assert_right(&rig);
	write_file(copied(&rig, "left from the last pass"), "x", 1, 0644);
	ck_assert_int_eq(stat(board(&rig)->copy, &before), 0);
	run_pass(&rig, 1);
	assert_right(&rig);
	ck_assert_int_eq(stat(board(&rig)->copy, &after), 0);
	ck_assert_uint_eq(before.st_ino, after.st_ino);
	ck_assert_uint_eq(bytes_done(&rig), 2 * (10000 + 3 + 5 + 4096));
	end(&rig);
}
END_TEST

static int64_t one_byte_at_a_time(struct rig *rig, const struct hd_request *request)
{
	struct hd_request small = *request;

	small.size = 1 + small.offset % 700;
	if (small.size > request->size)
		small.size = request->size;
	return honest(rig, &small);
}

START_TEST(short_answers_are_gone_on_from)
{
	struct rig rig;

	make_source();
	start(&rig);
	rig.perform = one_byte_at_a_time;
	run_pass(&rig, 0);
	run_pass(&rig, 1);
	assert_right(&rig);
	ck_assert_uint_eq(bytes_done(&rig), 2 * (10000 + 3 + 5 + 4096));
	end(&rig);
}
END_TEST

START_TEST(source_that_changes_is_hashed_anew)
{
	struct rig rig;

	make_source();
	start(&rig);
	run_pass(&rig, 0);
	assert_right(&rig);
	write_file(at(source, "big"), "now it is small", 15, 0600);
	assert_wrong(&rig, "1 of 11 copies differ: big is 10000 bytes long, its source 15");
	end(&rig);
	start(&rig);
	run_pass(&rig, 0);
	run_pass(&rig, 1);
	assert_right(&rig); /* and with the new permissions */
	write_file(at(source, "big"), "and as small as before", 15, 0600);
	run_pass(&rig, 2);
	assert_wrong(&rig, "1 of 5 copies differ in pass 2: big differs from its source at byte 0");
	end(&rig);
}
END_TEST

START_TEST(sync_and_cold)
{
	struct rig rig;

	make_source();
	set_text("sync", "file");
	if (!scratch_in_memory("/tmp"))
		set_text("cache", "cold");
	start(&rig);
	run_pass(&rig, 0);
	run_pass(&rig, 1);
	assert_right(&rig);
	end(&rig);
}
END_TEST

START_TEST(few_descriptors_are_enough)
{
	struct rlimit limit = {64, 64};
	struct rig rig;

	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
	small_generated();
	set_int("files", 5000);
	set_int("file_kib", 1);
	start(&rig);
	run_pass(&rig, 0);
	run_pass(&rig, 1);
	assert_right(&rig);
	end(&rig);
}
END_TEST

/* ---- What is wrong --------------------------------------------------------------------------- */

static void begin_again(struct rig *rig)
{
	end(rig);
	start(rig);
	run_pass(rig, 0);
	assert_right(rig);
}

START_TEST(each_difference_is_told)
{
	struct rig rig;
	int fd;

	make_source();
	start(&rig);
	run_pass(&rig, 0);
	assert_right(&rig);

	fd = open(copied(&rig, "big"), O_WRONLY);
	ck_assert_int_eq(pwrite(fd, "\xff", 1, 7777), 1);
	assert_wrong(&rig, "1 of 11 copies differ: big differs from its source at byte 7777");
	ck_assert_int_eq(ftruncate(fd, 9000), 0);
	assert_wrong(&rig, "1 of 11 copies differ: big is 9000 bytes long, its source 10000");
	close(fd);
	ck_assert_int_eq(chmod(copied(&rig, "sub/file"), 0600), 0);
	assert_wrong(&rig, "2 of 11 copies differ: first big is 9000 bytes long, its source 10000");
	begin_again(&rig);

	ck_assert_int_eq(chmod(copied(&rig, "sub/file"), 0600), 0);
	assert_wrong(&rig, "1 of 11 copies differ: sub/file has permissions 0600, its source 0640");
	ck_assert_int_eq(unlink(copied(&rig, "sub/file")), 0);
	assert_wrong(&rig, "1 of 11 copies differ: sub/file is missing");
	write_file(copied(&rig, "sub/extra"), "x", 1, 0644);
	assert_wrong(&rig, "2 of 11 copies differ: first sub/extra is not in the source");
	ck_assert_int_eq(unlink(copied(&rig, "sub/extra")), 0);
	begin_again(&rig);

	ck_assert_int_eq(unlink(copied(&rig, "sub/up")), 0);
	ck_assert_int_eq(symlink("../small", copied(&rig, "sub/up")), 0);
	assert_wrong(&rig,
	             "1 of 11 copies differ: sub/up points to ../small, its source to ../big");
	ck_assert_int_eq(unlink(copied(&rig, "sub/up")), 0);
	ck_assert_int_eq(mkdir(copied(&rig, "sub/up"), 0755), 0);
	assert_wrong(&rig, "1 of 11 copies differ: sub/up is a folder, its source a symbolic link");
	ck_assert_int_eq(rmdir(copied(&rig, "sub/up")), 0);
	ck_assert_int_eq(symlink("../big", copied(&rig, "sub/up")), 0);
	ck_assert_int_eq(chmod(copied(&rig, "sub"), 0700), 0);
	assert_wrong(&rig, "1 of 11 copies differ: sub has permissions 0700, its source 0755");
	ck_assert_int_eq(chmod(copied(&rig, "sub"), 0755), 0);
	ck_assert_int_eq(mkfifo(copied(&rig, "pipe"), 0600), 0);
	assert_wrong(&rig, "1 of 11 copies differ: a special file was made in the copy (1 in "
	                   "all)");
	ck_assert_int_eq(unlink(copied(&rig, "pipe")), 0);
	fd = open(copied(&rig, "with space\nand line"), O_WRONLY);
	ck_assert_int_eq(pwrite(fd, "J", 1, 0), 1);
	close(fd);
	assert_wrong(&rig,
	             "1 of 11 copies differ: with space\\nand line differs from its source at "
	             "byte 0");
	end(&rig);
}
END_TEST

/* Every file is skipped once in a last pass: none may look copied, not even the empty one. */
START_TEST(stale_copies_show)
{
	struct rig rig;
	uint64_t pass = 0;

	make_source();
	start(&rig);
	run_pass(&rig, pass++);
	for (uint64_t i = 0; i < 5; i++) {
		rig.skip_job = i + 1;
		run_pass(&rig, pass++);
		verify(&rig);
		ck_assert(rig.verdict.wrong);
		ck_assert_ptr_nonnull(strstr(rig.verdict.text, i ? "never stepped" : "1 of 11"));
		rig.skip_job = 0;
		run_pass(&rig, pass++);
	}
	end(&rig);
}
END_TEST

static int64_t drop_third_block(struct rig *rig, const struct hd_request *request)
{
	if (request->op == HD_WRITE && request->offset == 2048)
		return (int64_t)request->size;
	return honest(rig, request);
}

START_TEST(dropped_block_shows)
{
	struct rig rig;

	make_source();
	start(&rig);
	run_pass(&rig, 0);
	rig.perform = drop_third_block;
	run_pass(&rig, 1);
	verify(&rig);
	ck_assert(rig.verdict.wrong);
	ck_assert_str_eq(rig.verdict.text + strcspn(rig.verdict.text, ":"),
	                 strstr(rig.verdict.text, ": first big differs from its source at byte 2"));
	ck_assert_int_eq(strncmp(rig.verdict.text, "2 of 11", 7), 0);
	end(&rig);
}
END_TEST

/* ---- What is wrong in a pass before the last one --------------------------------------------- */

static void put(const char *path, const char *bytes, off_t offset)
{
	int fd = open(path, O_WRONLY);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(pwrite(fd, bytes, 1, offset), 1);
	close(fd);
}

typedef void harm_fn(const struct rig *);

/* Five passes, after one of which the copies are harmed; counted from 1. */
static void harm_in_pass(harm_fn *harm, uint64_t which, const char *text)
{
	struct rig rig;

	start(&rig);
	for (uint64_t pass = 0; pass < 5; pass++) {
		run_pass(&rig, pass);
		if (pass + 1 == which)
			harm(&rig);
	}
	assert_wrong(&rig, text);
	end(&rig);
}

static void first_byte(const struct rig *rig)
{
	put(copied(rig, "big"), "\xff", 0);
}

static void last_byte(const struct rig *rig)
{
	put(copied(rig, "with space\nand line"), "O", 4);
}

static void two_files(const struct rig *rig)
{
	put(copied(rig, "sub/file"), "\xff", 4095);
	put(copied(rig, "big"), "\xff", 9999);
}

static void one_bit(const struct rig *rig)
{
	put(copied(rig, "short"), "c", 1); /* abc: acc */
}

static void a_byte_more(const struct rig *rig)
{
	put(copied(rig, "empty"), "", 0);
}

static void a_byte_less(const struct rig *rig)
{
	ck_assert_int_eq(truncate(copied(rig, "big"), 9999), 0);
}

static void no_file(const struct rig *rig)
{
	ck_assert_int_eq(unlink(copied(rig, "sub/file")), 0);
}

static void a_link(const struct rig *rig)
{
	no_file(rig);
	ck_assert_int_eq(symlink("../big", copied(rig, "sub/file")), 0);
}

static void permissions(const struct rig *rig)
{
	ck_assert_int_eq(chmod(copied(rig, "empty"), 0640), 0);
}

static void harm_early_passes(void)
{
	harm_in_pass(first_byte, 1,
	             "1 of 5 copies differ in pass 1: big differs from its source at byte 0");
	harm_in_pass(last_byte, 4,
	             "1 of 5 copies differ in pass 4: with space\\nand line differs from its "
	             "source at byte 4");
	harm_in_pass(two_files, 3,
	             "2 of 5 copies differ in pass 3: first big differs from its source at byte "
	             "9999");
	harm_in_pass(one_bit, 2,
	             "1 of 5 copies differ in pass 2: short differs from its source at byte 1");
	harm_in_pass(a_byte_more, 2,
	             "1 of 5 copies differ in pass 2: empty is 1 bytes long, its source 0");
	harm_in_pass(a_byte_less, 2,
	             "1 of 5 copies differ in pass 2: big is 9999 bytes long, its source 10000");
	harm_in_pass(no_file, 2, "1 of 5 copies differ in pass 2: sub/file is missing");
	harm_in_pass(permissions, 3,
	             "1 of 5 copies differ in pass 3: empty has permissions 0640, its source 0600");
	/* The last one is seen from outside. */
	harm_in_pass(first_byte, 5, "1 of 11 copies differ: big differs from its source at byte 0");
}

START_TEST(every_pass_is_compared)
{
	make_source();
	harm_early_passes();
}
END_TEST

START_TEST(every_fresh_pass_is_compared)
{
	make_source();
	set_text("create", "fresh");
	harm_early_passes();
	harm_in_pass(a_link, 2,
	             "1 of 5 copies differ in pass 2: sub/file cannot be read in the copy: Too "
	             "many levels of symbolic links");
}
END_TEST

/* Over an old copy no more than a few bytes of the block are wrong. */
static void leave_out_in_pass(uint64_t which)
{
	static const char text[] = "2 of 5 copies differ in pass %llu: first big differs from its "
	                           "source at byte %llu";
	unsigned long long pass = 0, byte = 0;
	struct rig rig;

	start(&rig);
	for (uint64_t i = 0; i < 4; i++) {
		rig.perform = i + 1 == which ? drop_third_block : honest;
		run_pass(&rig, i);
	}
	verify(&rig);
	ck_assert(rig.verdict.wrong);
	ck_assert_msg(sscanf(rig.verdict.text, text, &pass, &byte) == 2, "%s", rig.verdict.text);
	ck_assert_uint_eq(pass, which);
	ck_assert_uint_ge(byte, 2048);
	ck_assert_uint_lt(byte, 3072);
	end(&rig);
}

START_TEST(dropped_block_of_an_early_pass_shows)
{
	make_source();
	for (uint64_t pass = 1; pass <= 3; pass++)
		leave_out_in_pass(pass);
	set_text("create", "fresh");
	for (uint64_t pass = 1; pass <= 3; pass++)
		leave_out_in_pass(pass);
}
END_TEST

/* The board is in memory that a model could write to: a text without an end is cut off. */
START_TEST(difference_without_end_is_cut_off)
{
	struct copy_board *harmed;
	struct rig rig;

	make_source();
	start(&rig);
	run_pass(&rig, 0);
	harmed = arena_workload(&rig.arena);
	harmed->bad_pass = harmed->differs.count = 1;
	memset(harmed->differs.first, 'x', sizeof(harmed->differs.first));
	verify(&rig);
	ck_assert(rig.verdict.wrong);
	ck_assert_uint_eq(strlen(rig.verdict.text),
	                  strlen("1 of 5 copies differ in pass 1: ") + COPY_DIFFERENCE - 1);
	end(&rig);
}
END_TEST

/* ---- What is answered ------------------------------------------------------------------------ */

static int64_t broken_disk(struct rig *rig, const struct hd_request *request)
{
	return request->op == HD_WRITE && request->offset >= 3072 ? -EIO : honest(rig, request);
}

static int64_t unreadable_disk(struct rig *rig, const struct hd_request *request)
{
	(void)rig;
	(void)request;
	return -EINTR;
}

static int64_t boastful(struct rig *rig, const struct hd_request *request)
{
	(void)rig;
	return (int64_t)request->size + 1;
}

static int64_t writes_nothing(struct rig *rig, const struct hd_request *request)
{
	return request->op == HD_WRITE ? 0 : honest(rig, request);
}

static void run_badly(perform_fn *perform, const char *text)
{
	struct rig rig;

	start(&rig);
	rig.perform = perform;
	run_pass(&rig, 0);
	assert_wrong(&rig, text);
	end(&rig);
}

START_TEST(bad_answers_are_told)
{
	make_source();
	run_badly(broken_disk, "big: writing failed: Input/output error (2 failures)");
	run_badly(unreadable_disk, "big: reading failed: Interrupted system call (5 failures)");
	run_badly(boastful, "big: impossible answer: 1025 (5 failures)");
	run_badly(writes_nothing, "big: impossible answer: 0 (4 failures)");
}
END_TEST

START_TEST(bad_models_are_told)
{
	struct hd_request request = {0};
	struct hd_job *job;
	struct rig rig;

	make_source();
	start(&rig);
	run_pass(&rig, 0);
	run_job(&rig, 1);
	assert_wrong(&rig, "empty: the job was stepped after it was done (1 failure)");
	end(&rig);

	start(&rig);
	rig.keep_stopping = true;
	run_pass(&rig, 0);
	ck_assert_int_eq(prepare_pass(&rig, 1), 0);
	assert_wrong(&rig, "big: the job was left unfinished in a pass (5 failures)");
	end(&rig);

	start(&rig);
	ck_assert_int_eq(prepare_pass(&rig, 0), 0);
	job = hd_job_at(&rig.stage.jobs, 0);
	job->task = 2;
	job->step(job, 0, &request);
	ck_assert_uint_eq(request.op, HD_DONE);
	assert_wrong(&rig, "big: the job was given an impossible task number: 2 (1 failure)");
	end(&rig);
}
END_TEST

START_TEST(vanished_source_is_told)
{
	struct rig rig;

	make_source();
	start(&rig);
	ck_assert_int_eq(unlink(at(source, "short")), 0);
	run_pass(&rig, 0);
	assert_wrong(&rig, "short: its source cannot be opened: No such file or directory (1 "
	                   "failure)");
	end(&rig);
}
END_TEST

/* ---- What cannot be -------------------------------------------------------------------------- */

static void assert_refused(int code, const char *text)
{
	struct hd_error err = {0};

	ck_assert_int_eq(copy_workload.resolve(values, 2, &err), code);
	ck_assert_msg(strstr(err.text, text) != NULL, "%s", err.text);
}

START_TEST(impossible_values_are_refused)
{
	char path[128];

	snprintf(path, sizeof(path), "%s/missing", place);
	set_text("source", path);
	assert_refused(-ENOENT, "/missing: No such file or directory");
	snprintf(path, sizeof(path), "%s/file", place);
	write_file(path, "x", 1, 0644);
	assert_refused(-ENOTDIR, "/file: not a folder");
	set_text("source", source);
	set_int("files", 10);
	assert_refused(-EINVAL, "files: describes a generated tree");
	set_int("files", 200);
	set_text("work_dir", "/no/such");
	assert_refused(-ENOENT, "work_dir: /no/such: No such file or directory");
	set_text("work_dir", source);
	assert_refused(-EINVAL, "lies in the source");
	set_text("source", "");
	set_text("work_dir", work);
	set_int("files", 1000000);
	set_int("file_kib", 1 << 26);
	assert_refused(-ENOSPC, "work_dir: ");
	set_text("work_dir", "");
	assert_refused(-ENOSPC, "work_dir: no place for files: ");
	set_int("files", 1);
	set_int("file_kib", 1);
	set_int("in_flight", 16384);
	set_int("block_kib", 1 << 20);
	assert_refused(-ENOMEM, "block_kib: 16384 buffers of it take 16.0 TiB");
}
END_TEST

START_TEST(cold_in_memory_is_refused)
{
	if (!scratch_in_memory("/dev/shm"))
		return;
	set_text("cache", "cold");
	set_text("work_dir", "/dev/shm");
	assert_refused(-EINVAL, "cache: cold is impossible: the source lies in /dev/shm, which is "
	                        "tmpfs: there is no disk below; set work_dir");
	/* It is the source that is read from disk; its copies may lie in memory. */
	set_text("source", "/usr/include");
	if (access("/usr/include", R_OK) == 0 && !scratch_in_memory("/usr/include"))
		ck_assert_int_eq(copy_workload.resolve(values, 2, NULL), 0);
}
END_TEST

START_TEST(nothing_to_copy_is_refused)
{
	struct rig rig;

	set_text("source", source);
	set_text("work_dir", work);
	ck_assert_int_eq(begin(&rig), -EINVAL);
	ck_assert_ptr_nonnull(strstr(rig.err.text, "no files to copy"));
	end(&rig);
	write_file(at(source, "empty"), "", 0, 0644);
	ck_assert_int_eq(begin(&rig), -EINVAL);
	ck_assert_ptr_nonnull(strstr(rig.err.text, "all its files are empty"));
	end(&rig);
}
END_TEST

START_TEST(automatic_in_flight_is_the_cores)
{
	ck_assert_int_eq(copy_workload.resolve(values, 3, NULL), 0);
	ck_assert_int_eq(values[option_find(copy_workload.params, "in_flight")].number, 3);
}
END_TEST

START_TEST(no_room_for_the_copy)
{
	struct rig rig;

	/* A hole as large as no disk. */
	set_text("source", source);
	set_text("work_dir", work);
	write_file(at(source, "hole"), "x", 1, 0644);
	if (truncate(at(source, "hole"), (off_t)1 << 43) < 0)
		return;
	ck_assert_int_eq(begin(&rig), -ENOSPC);
	ck_assert_ptr_nonnull(strstr(rig.err.text, "8.0 TiB needed"));
	end(&rig);
}
END_TEST

START_TEST(names_are_shown_on_one_line)
{
	char text[COPY_SHOWN], name[1001];

	ck_assert_str_eq(copy_shown("a b", text), "a b");
	ck_assert_str_eq(copy_shown("a\nb\t\\\x1b\x7f", text), "a\\nb\\t\\\\\\x1b\\x7f");
	ck_assert_str_eq(copy_shown("\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80", text),
	                 "\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80");
	ck_assert_str_eq(copy_shown("\xff\xc3\xed\xa0\x80\xc0\x80", text),
	                 "\\xff\\xc3\\xed\\xa0\\x80\\xc0\\x80");
	memset(name, 'n', sizeof(name));
	strcpy(name + sizeof(name) - 5, "last");
	copy_shown(name, text);
	ck_assert_uint_lt(strlen(text), sizeof(text));
	ck_assert_uint_gt(strlen(text), sizeof(text) - 10);
	ck_assert_int_eq(strncmp(text, "...nnn", 6), 0);
	ck_assert_str_eq(text + strlen(text) - 4, "last");
}
END_TEST

static void add(Suite *suite, const char *name, const TTest *const *tests, size_t count)
{
	TCase *group = tcase_create(name);

	tcase_set_timeout(group, 60);
	tcase_add_checked_fixture(group, make_place, remove_place);
	for (size_t i = 0; i < count; i++)
		tcase_add_test(group, tests[i]);
	suite_add_tcase(suite, group);
}

int main(void)
{
	const TTest *const tests[] = {
	        generated_tree_is_copied,
	        everything_is_kept,
	        everything_is_kept_without_root,
	        trials_share_source_and_copy,
	        fresh_is_a_new_tree_each_pass,
	        short_answers_are_gone_on_from,
	        source_that_changes_is_hashed_anew,
	        sync_and_cold,
	        few_descriptors_are_enough,
	        each_difference_is_told,
	        stale_copies_show,
	        dropped_block_shows,
	        every_pass_is_compared,
	        every_fresh_pass_is_compared,
	        dropped_block_of_an_early_pass_shows,
	        difference_without_end_is_cut_off,
	        bad_answers_are_told,
	        bad_models_are_told,
	        vanished_source_is_told,
	        impossible_values_are_refused,
	        cold_in_memory_is_refused,
	        nothing_to_copy_is_refused,
	        automatic_in_flight_is_the_cores,
	        no_room_for_the_copy,
	        names_are_shown_on_one_line,
	};
	Suite *suite = suite_create("copy");
	SRunner *runner;
	int failed;

	add(suite, "copy", tests, sizeof(tests) / sizeof(tests[0]));
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? 1 : 0;
}
