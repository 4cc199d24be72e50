/* SPDX-License-Identifier: MIT */
/* The download workload from prepare() to release(), and which names it opens. */
#include "server_rig.h"

#include <fcntl.h>
#include <sys/stat.h>

#include "workloads/download.h"

static void rig_make(int64_t connections)
{
	rig_begin(&download_workload, connections);
}

static void set(const char *name, struct value value)
{
	for (int i = 0; download_workload.params[i].name; i++)
		if (strcmp(download_workload.params[i].name, name) == 0) {
			rig.params[i] = value;
			return;
		}
	ck_abort_msg("no parameter %s", name);
}

static void set_int(const char *name, int64_t number)
{
	set(name, (struct value){.number = number});
}

/* ---- Names ------------------------------------------------------------------------------------- */

struct tree {
	char top[64];
	int folder;
};

static void make_file(int folder, const char *name)
{
	int fd = openat(folder, name, O_WRONLY | O_CREAT | O_EXCL, 0600);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(write(fd, "hello", 5), 5);
	close(fd);
}

static void make_tree(struct tree *tree)
{
	int top;

	strcpy(tree->top, "/tmp/test-download-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(tree->top));
	top = open(tree->top, O_RDONLY | O_DIRECTORY);
	ck_assert_int_eq(mkdirat(top, "served", 0700), 0);
	make_file(top, "secret");
	tree->folder = openat(top, "served", O_PATH | O_DIRECTORY);
	ck_assert_int_eq(mkdirat(tree->folder, "a", 0700), 0);
	make_file(tree->folder, "file");
	make_file(tree->folder, "a/b c");
	make_file(tree->folder, "a/..b");
	ck_assert_int_eq(symlinkat("../secret", tree->folder, "out"), 0);
	ck_assert_int_eq(symlinkat("file", tree->folder, "within"), 0);
	ck_assert_int_eq(symlinkat("..", tree->folder, "up"), 0);
	ck_assert_int_eq(symlinkat("a", tree->folder, "b"), 0);
	ck_assert_int_eq(mkfifoat(tree->folder, "pipe", 0600), 0);
	close(top);
}

static void remove_tree(struct tree *tree)
{
	close(tree->folder);
	ck_assert_int_eq(scratch_remove_tree(tree->top), 0);
}

#define NAME(text) text, sizeof(text) - 1

static const struct {
	const char *name;
	size_t length;
	int code; /* 0: opened */
} names[] = {
        {NAME("file"), 0},
        {NAME("a/b c"), 0},
        {NAME("a/..b"), 0},
        {NAME(""), -EACCES},
        {NAME(".."), -EACCES},
        {NAME("."), -EACCES},
        {NAME("./file"), -EACCES},
        {NAME("../secret"), -EACCES},
        {NAME("a/../file"), -EACCES},
        {NAME("a/../../secret"), -EACCES},
        {NAME("/etc/passwd"), -EACCES},
        {NAME("/file"), -EACCES},
        {NAME("//file"), -EACCES},
        {NAME("a//b c"), -EACCES},
        {NAME("a/"), -EACCES},
        {NAME("a"), -EACCES},
        {NAME("out"), -ELOOP},
        {NAME("within"), -ELOOP},
        {NAME("up/secret"), -ENOTDIR},
        {NAME("b/b c"), -ENOTDIR},
        {NAME("file/x"), -ENOTDIR},
        {NAME("pipe"), -EACCES},
        {NAME("none"), -ENOENT},
        {NAME("none/file"), -ENOENT},
        {NAME("file\0"), -EINVAL},
        {NAME("file\0.txt"), -EINVAL},
        {NAME("\0"), -EINVAL},
};

START_TEST(only_files_of_the_folder_are_opened)
{
	struct tree tree;
	int before, fd;

	make_tree(&tree);
	before = count_fds();
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		uint64_t bytes = 0;

		fd = download_open(tree.folder, names[i].name, names[i].length, &bytes);
		if (names[i].code) {
			ck_assert_msg(fd == names[i].code, "%s: %d", names[i].name, fd);
		} else {
			ck_assert_msg(fd >= 0, "%s: %d", names[i].name, fd);
			ck_assert_uint_eq(bytes, 5);
			ck_assert_int_eq(fcntl(fd, F_GETFL) & (O_NONBLOCK | O_ACCMODE), O_RDONLY);
			close(fd);
		}
		ck_assert_int_eq(count_fds(), before);
	}
	remove_tree(&tree);
}
END_TEST

START_TEST(long_names_are_refused)
{
	char name[DOWNLOAD_NAME_MOST + 2];
	struct tree tree;
	uint64_t bytes;

	make_tree(&tree);
	memset(name, 'x', sizeof(name));
	ck_assert_int_eq(download_open(tree.folder, name, 256, &bytes), -ENAMETOOLONG);
	ck_assert_int_eq(download_open(tree.folder, name, 255, &bytes), -ENOENT);
	for (size_t i = 1; i < sizeof(name); i += 2)
		name[i] = '/';
	ck_assert_int_eq(download_open(tree.folder, name, DOWNLOAD_NAME_MOST + 1, &bytes),
	                 -ENAMETOOLONG);
	ck_assert_int_eq(download_open(tree.folder, name, DOWNLOAD_NAME_MOST - 1, &bytes), -ENOENT);
	remove_tree(&tree);
}
END_TEST

/* ---- Trials ------------------------------------------------------------------------------------ */

START_TEST(metrics_are_filled_in)
{
	rig_make(16);
	set_int("files_per_connection", 10);
	begin();
	stop(2000, 100);
	verify();
	ck_assert_msg(!rig.verdict.wrong, "%s", rig.verdict.text);
	ck_assert_double_eq(measured("throughput"), 1000);
	ck_assert_double_eq(measured("bytes_rate"), 16384000);
	ck_assert_double_eq(measured("server_cpu_per_file"), 5000);
	ck_assert_double_gt(measured("first_byte_p50"), 1000);
	ck_assert_double_ge(measured("first_byte_p99"), measured("first_byte_p50"));
	ck_assert_double_ge(measured("last_byte_p50"), measured("first_byte_p50"));
	ck_assert_double_ge(measured("last_byte_p99"), measured("last_byte_p90"));
	ck_assert_double_ge(measured("last_byte_max"), measured("last_byte_p99"));
	ck_assert_double_eq(measured("never_served"), 0);
	ck_assert_double_gt(measured("connections_made"), 16);
	ck_assert_double_gt(measured("generator_cpu"), 1);
	ck_assert_double_ge(measured("refused"), 2000 / 50 / 2); /* clients differ in speed */
	assert_nothing_left();
}
END_TEST

START_TEST(the_first_byte_of_a_large_file_comes_before_its_last)
{
	rig_make(1);
	set_int("files", 2);
	set_int("file_kib", 8192);
	begin();
	stop(40, 0);
	verify();
	ck_assert_msg(!rig.verdict.wrong, "%s", rig.verdict.text);
	ck_assert_double_gt(measured("last_byte_p50"), 2 * measured("first_byte_p50"));
	assert_nothing_left();
}
END_TEST

/* From a disk, if there is one; what that costs is not looked at. */
START_TEST(cold_files_are_right_as_well)
{
	struct hd_error err = {0};

	rig_make(4);
	set("cache", (struct value){.text = "cold"});
	set("work_dir", (struct value){.text = "/dev/shm"});
	if (scratch_in_memory("/dev/shm")) {
		ck_assert_int_eq(download_workload.resolve(rig.params, 1, &err), -EINVAL);
		ck_assert_ptr_nonnull(strstr(err.text, "cache: cold is impossible: "));
	}
	set("work_dir", (struct value){.text = "/var/tmp"});
	if (scratch_in_memory("/var/tmp"))
		return;
	begin();
	stop(100, 0);
	verify();
	ck_assert_msg(!rig.verdict.wrong, "%s", rig.verdict.text);
	assert_nothing_left();
}
END_TEST

START_TEST(a_folder_that_cannot_be_made_is_told)
{
	struct hd_error err = {0};

	rig_make(1);
	set("work_dir", (struct value){.text = "/none/at/all"});
	ck_assert_int_lt(download_workload.resolve(rig.params, 1, &err), 0);
	ck_assert_msg(strncmp(err.text, "work_dir: ", 10) == 0, "%s", err.text);
}
END_TEST

START_TEST(strangers_are_turned_away)
{
	rig_make(4);
	set_int("files_per_connection", 1);
	rig.stranger = true;
	begin();
	assert_closed(rig.stranger_fd);
	for (int i = 0; i < 20; i++) {
		int fd = connect_stranger();

		assert_closed(fd);
		close(fd);
	}
	stop(500, 20);
	verify();
	ck_assert_msg(!rig.verdict.wrong, "%s", rig.verdict.text);
	ck_assert_str_eq(rig.verdict.note, "21 connections of other programs turned away");
	ck_assert_double_eq(measured("never_served"), 0);
	close(rig.stranger_fd);
	assert_nothing_left();
}
END_TEST

/* ---- Models that are wrong --------------------------------------------------------------------- */

static _Atomic uint32_t seen;

static bool is_nth(const struct hd_request *request, uint32_t op, bool file, uint32_t nth)
{
	return request->op == op && (request->offset >= 0) == file &&
	       atomic_fetch_add(&seen, 1) + 1 == nth;
}

static int64_t end_early(const struct hd_request *request, int64_t answer)
{
	return is_nth(request, HD_READ, true, 200) ? 0 : answer;
}

static int64_t answer_other_size(const struct hd_request *request, int64_t answer)
{
	if (is_nth(request, HD_READ, true, 200))
		((char *)request->buf)[-8] ^= 1; /* where the answer begins */
	return answer;
}

static int64_t refuse(const struct hd_request *request, int64_t answer)
{
	/* A name of the folder, not one that is to be refused in any case. */
	if (answer == sizeof("0000/00\n") - 1 && is_nth(request, HD_READ, false, 200))
		*(char *)request->buf = 'x';
	return answer;
}

static int64_t break_disk(const struct hd_request *request, int64_t answer)
{
	return is_nth(request, HD_READ, true, 200) ? -EIO : answer;
}

static int64_t say_twice(const struct hd_request *request, int64_t answer)
{
	if (is_nth(request, HD_WRITE, false, 200))
		ck_assert_int_gt(write(request->fd, request->buf, request->size), 0);
	return answer;
}

static int64_t die(const struct hd_request *request, int64_t answer)
{
	if (is_nth(request, HD_READ, true, 200))
		raise(SIGKILL);
	return answer;
}

static const struct {
	int64_t (*spoil)(const struct hd_request *, int64_t);
	const char *words;
} wrong[] = {
        {end_early, "1 connections broken off: connection "},
        {break_disk, "1 connections broken off: connection "},
        {answer_other_size, " has 16384 bytes, the answer 16385"},
        {refuse, " was refused: No such file or directory"},
};

START_TEST(faults_are_wrong_results)
{
	rig_make(4);
	rig.spoil = wrong[_i].spoil;
	begin();
	stop(400, 0);
	verify();
	ck_assert(rig.verdict.wrong);
	ck_assert_msg(strstr(rig.verdict.text, wrong[_i].words), "%s", rig.verdict.text);
	assert_nothing_left();
}
END_TEST

/* What comes behind an answer is wrong, or is taken for the next answer and wrong. */
START_TEST(a_byte_too_many_is_a_wrong_result)
{
	rig_make(4);
	rig.spoil = say_twice;
	begin();
	stop(400, 0);
	verify();
	ck_assert(rig.verdict.wrong);
	ck_assert_msg(strstr(rig.verdict.text, " files wrong: connection "), "%s",
	              rig.verdict.text);
	assert_nothing_left();
}
END_TEST

START_TEST(crash_leaves_nothing)
{
	int status;

	rig_make(16);
	rig.spoil = die;
	begin();
	ck_assert_int_eq(waitpid(rig.stage, &status, 0), rig.stage);
	ck_assert_int_eq(WTERMSIG(status), SIGKILL);
	assert_nothing_left();
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("download_server");
	TCase *good = tcase_create("right"), *bad = tcase_create("faults");
	SRunner *runner = srunner_create(suite);
	int failures;

	if (!loopback_is_up())
		return TEST_SKIPPED;
	tcase_set_timeout(good, 60);
	tcase_add_test(good, only_files_of_the_folder_are_opened);
	tcase_add_test(good, long_names_are_refused);
	tcase_add_test(good, metrics_are_filled_in);
	tcase_add_test(good, the_first_byte_of_a_large_file_comes_before_its_last);
	tcase_add_test(good, cold_files_are_right_as_well);
	tcase_add_test(good, a_folder_that_cannot_be_made_is_told);
	tcase_add_test(good, strangers_are_turned_away);
	tcase_set_timeout(bad, 60);
	tcase_add_loop_test(bad, faults_are_wrong_results, 0, sizeof(wrong) / sizeof(wrong[0]));
	tcase_add_test(bad, a_byte_too_many_is_a_wrong_result);
	tcase_add_test(bad, crash_leaves_nothing);
	suite_add_tcase(suite, good);
	suite_add_tcase(suite, bad);
	srunner_run_all(runner, CK_NORMAL);
	failures = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failures ? EXIT_FAILURE : EXIT_SUCCESS;
}
