/* SPDX-License-Identifier: MIT */
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "scratch.h"

static char place[] = "/tmp/heddle-test-XXXXXX";

static void make_place(void)
{
	strcpy(place, "/tmp/heddle-test-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(place));
}

static void remove_place(void)
{
	ck_assert_int_eq(scratch_remove_tree(place), 0);
	ck_assert_int_ne(access(place, F_OK), 0);
}

static char *in_place(const char *name)
{
	static char path[8][512];
	static unsigned next;
	char *text = path[next++ % 8];

	snprintf(text, sizeof(path[0]), "%s/%s", place, name);
	return text;
}

static void write_file(const char *path)
{
	int fd = open(path, O_WRONLY | O_CREAT, 0644);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(write(fd, "x", 1), 1);
	close(fd);
}

static char announced[SCRATCH_PATH];

static void announce(void *context, const char *path)
{
	++*(int *)context;
	snprintf(announced, sizeof(announced), "%s", path);
}

START_TEST(folder_is_private_shared_and_told)
{
	int told = 0;
	struct scratch scratch = {.announce = announce, .context = &told};
	struct hd_error err = {0};
	const char *one, *two;
	struct stat status;

	ck_assert_int_eq(scratch_folder(&scratch, place, 100, &one, &err), 0);
	ck_assert_int_eq(stat(one, &status), 0);
	ck_assert_int_eq(status.st_mode & 07777, 0700);
	ck_assert_ptr_nonnull(strstr(one, "/heddle-"));
	ck_assert_int_eq(strncmp(one, place, strlen(place)), 0);
	ck_assert_str_eq(announced, one);
	ck_assert_int_eq(scratch_folder(&scratch, in_place("."), 0, &two, &err), 0);
	ck_assert_str_eq(one, two);
	ck_assert_int_eq(told, 1);
	scratch_remove(&scratch);
	ck_assert_int_ne(stat(announced, &status), 0);
	ck_assert_int_eq(scratch.count, 0);
}
END_TEST

START_TEST(refusals_say_why)
{
	struct scratch scratch = {0};
	struct hd_error err = {0};
	const char *path;

	ck_assert_int_eq(scratch_folder(&scratch, place, UINT64_C(1) << 60, &path, &err), -ENOSPC);
	ck_assert_ptr_nonnull(strstr(err.text, ": 1.0 EiB needed, "));
	ck_assert_ptr_nonnull(strstr(err.text, " free"));
	err = (struct hd_error){0};
	ck_assert_int_eq(scratch_folder(&scratch, "/no/such", 1, &path, &err), -ENOENT);
	ck_assert_str_eq(err.text, "/no/such: No such file or directory");
	err = (struct hd_error){0};
	write_file(in_place("file"));
	ck_assert_int_eq(scratch_folder(&scratch, in_place("file"), 1, &path, &err), -ENOTDIR);
	ck_assert_ptr_nonnull(strstr(err.text, "not a folder"));
	err = (struct hd_error){0};
	ck_assert_int_eq(scratch_folder(&scratch, "", UINT64_C(1) << 60, &path, &err), -ENOSPC);
	ck_assert_ptr_nonnull(strstr(err.text, "no place for files: "));
	ck_assert_ptr_nonnull(strstr(err.text, "/tmp: 1.0 EiB needed"));
	ck_assert_int_eq(scratch.count, 0);
	scratch_remove(&scratch);
}
END_TEST

START_TEST(automatic_place_falls_back)
{
	char chosen[SCRATCH_PATH];
	struct hd_error err = {0};

	setenv("TMPDIR", place, 1);
	ck_assert_int_eq(scratch_choose("", 0, chosen, &err), 0);
	/* More than the memory that /dev/shm may take, where the disk has it. */
	if (scratch_room("/dev/shm") < scratch_room(place)) {
		ck_assert_int_eq(
		        scratch_choose("", scratch_room("/dev/shm") + (64u << 20), chosen, &err),
		        0);
		ck_assert_str_eq(chosen, place);
	}
}
END_TEST

static void destroy(void *value)
{
	++*(int *)value;
}

START_TEST(items_live_as_long_as_the_folders)
{
	struct scratch scratch = {0};
	int one = 0, two = 0;

	ck_assert_ptr_null(scratch_find(&scratch, "a"));
	ck_assert_int_eq(scratch_keep(&scratch, "a", &one, destroy, NULL), 0);
	ck_assert_int_eq(scratch_keep(&scratch, "b", &two, NULL, NULL), 0);
	ck_assert_ptr_eq(scratch_find(&scratch, "a"), &one);
	ck_assert_ptr_eq(scratch_find(&scratch, "b"), &two);
	scratch_remove(&scratch);
	ck_assert_int_eq(one, 1);
	ck_assert_int_eq(two, 0);
	ck_assert_ptr_null(scratch_find(&scratch, "a"));
}
END_TEST

START_TEST(links_are_removed_not_followed)
{
	ck_assert_int_eq(mkdir(in_place("outside"), 0755), 0);
	write_file(in_place("outside/kept"));
	ck_assert_int_eq(mkdir(in_place("tree"), 0755), 0);
	ck_assert_int_eq(symlink("../outside", in_place("tree/link")), 0);
	ck_assert_int_eq(symlink("nowhere", in_place("tree/dangling")), 0);
	ck_assert_int_eq(mkfifo(in_place("tree/pipe"), 0600), 0);
	ck_assert_int_eq(scratch_remove_tree(in_place("tree")), 0);
	ck_assert_int_ne(access(in_place("tree"), F_OK), 0);
	ck_assert_int_eq(access(in_place("outside/kept"), F_OK), 0);
	/* A link in the tree's own place. */
	ck_assert_int_eq(symlink("outside", in_place("link")), 0);
	ck_assert_int_eq(scratch_remove_tree(in_place("link")), 0);
	ck_assert_int_eq(access(in_place("outside/kept"), F_OK), 0);
	ck_assert_int_eq(scratch_remove_tree(in_place("not-there")), 0);
}
END_TEST

/* As somebody whom permissions bind, in a process of its own. */
static void become_nobody(void)
{
	if (geteuid())
		return;
	ck_assert_int_eq(chmod(place, 0777), 0);
	ck_assert_int_eq(setegid(65534), 0);
	ck_assert_int_eq(seteuid(65534), 0);
}

START_TEST(forbidding_folders_are_opened_up)
{
	become_nobody();
	ck_assert_int_eq(mkdir(in_place("t"), 0755), 0);
	ck_assert_int_eq(mkdir(in_place("t/closed"), 0755), 0);
	write_file(in_place("t/closed/file"));
	ck_assert_int_eq(chmod(in_place("t/closed"), 0), 0);
	ck_assert_int_eq(mkdir(in_place("t/fixed"), 0755), 0);
	write_file(in_place("t/fixed/file"));
	ck_assert_int_eq(chmod(in_place("t/fixed"), 0555), 0);
	ck_assert_int_eq(scratch_remove_tree(in_place("t")), 0);
	ck_assert_int_ne(access(in_place("t"), F_OK), 0);
	if (getuid() == 0)
		ck_assert_int_eq(seteuid(0), 0);
}
END_TEST

START_TEST(deeper_than_there_are_descriptors)
{
	struct rlimit limit = {32, 32};
	int fd = open(place, O_RDONLY | O_DIRECTORY);

	for (int i = 0; i < 1500; i++) {
		int below;

		ck_assert_int_eq(mkdirat(fd, "d", 0755), 0);
		below = openat(fd, "d", O_RDONLY | O_DIRECTORY);
		ck_assert_int_ge(below, 0);
		close(fd);
		fd = below;
	}
	close(fd);
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
	ck_assert_int_eq(scratch_remove_tree(in_place("d")), 0);
	ck_assert_int_ne(access(in_place("d"), F_OK), 0);
}
END_TEST

/* Swaps a folder that forbids to be read with a link to what must not be touched, until it is killed. */
static void swap_for_ever(const char *folder, const char *outside)
{
	char aside[600];

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	snprintf(aside, sizeof(aside), "%s.aside", in_place("x"));
	for (;;) {
		rmdir(aside);
		(void)!symlink(outside, aside);
		syscall(SYS_renameat2, AT_FDCWD, aside, AT_FDCWD, folder, 2 /* RENAME_EXCHANGE */);
		syscall(SYS_renameat2, AT_FDCWD, aside, AT_FDCWD, folder, 2);
	}
}

START_TEST(a_race_with_a_link_leads_nowhere)
{
	char outside[512], folder[512];
	struct stat status;
	pid_t racer;

	become_nobody();
	snprintf(outside, sizeof(outside), "%s", in_place("outside"));
	snprintf(folder, sizeof(folder), "%s", in_place("inside/folder"));
	ck_assert_int_eq(mkdir(outside, 0700), 0);
	write_file(in_place("outside/precious"));
	ck_assert_int_eq(chmod(outside, 0500), 0);
	racer = fork();
	if (racer == 0)
		swap_for_ever(folder, outside);
	for (int i = 0; i < 3000; i++) {
		mkdir(in_place("inside"), 0700);
		mkdir(folder, 0);
		scratch_remove_tree(in_place("inside"));
	}
	kill(racer, SIGKILL);
	ck_assert_int_eq(waitpid(racer, NULL, 0), racer);
	ck_assert_int_eq(stat(outside, &status), 0);
	ck_assert_uint_eq(status.st_mode & 0777, 0500);
	ck_assert_int_eq(access(in_place("outside/precious"), F_OK), 0);
	ck_assert_int_eq(chmod(outside, 0700), 0);
	if (getuid() == 0)
		ck_assert_int_eq(seteuid(0), 0);
}
END_TEST

START_TEST(emptied_folder_stays)
{
	int fd = open(place, O_RDONLY | O_DIRECTORY);
	struct stat before, after;

	ck_assert_int_eq(mkdir(in_place("a"), 0755), 0);
	write_file(in_place("a/b"));
	write_file(in_place("c"));
	fstat(fd, &before);
	ck_assert_int_eq(scratch_empty(fd), 0);
	ck_assert_int_eq(scratch_empty(fd), 0);
	ck_assert_int_ne(access(in_place("a"), F_OK), 0);
	ck_assert_int_eq(stat(place, &after), 0);
	ck_assert_uint_eq(before.st_ino, after.st_ino);
	ck_assert_int_eq(faccessat(fd, "c", F_OK, 0), -1);
	close(fd);
}
END_TEST

START_TEST(file_systems_have_names)
{
	char text[32];

	scratch_file_system("/proc", text, sizeof(text));
	ck_assert_str_eq(text, "proc");
	scratch_file_system("/no/such", text, sizeof(text));
	ck_assert_str_eq(text, "unknown");
	ck_assert(!scratch_in_memory("/proc"));
	scratch_file_system("/dev/shm", text, sizeof(text));
	ck_assert_int_eq(scratch_in_memory("/dev/shm"), strcmp(text, "tmpfs") == 0);
}
END_TEST

START_TEST(bytes_are_printed_for_people)
{
	char text[32];

	ck_assert_str_eq(scratch_print_bytes(0, text, sizeof(text)), "0 bytes");
	ck_assert_str_eq(scratch_print_bytes(1023, text, sizeof(text)), "1023 bytes");
	ck_assert_str_eq(scratch_print_bytes(1536, text, sizeof(text)), "1.5 KiB");
	ck_assert_str_eq(scratch_print_bytes(UINT64_MAX, text, sizeof(text)), "16.0 EiB");
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("scratch");
	TCase *group = tcase_create("scratch");
	SRunner *runner;
	int failed;

	tcase_set_timeout(group, 60);
	tcase_add_checked_fixture(group, make_place, remove_place);
	tcase_add_test(group, folder_is_private_shared_and_told);
	tcase_add_test(group, refusals_say_why);
	tcase_add_test(group, automatic_place_falls_back);
	tcase_add_test(group, items_live_as_long_as_the_folders);
	tcase_add_test(group, links_are_removed_not_followed);
	tcase_add_test(group, forbidding_folders_are_opened_up);
	tcase_add_test(group, deeper_than_there_are_descriptors);
	tcase_add_test(group, a_race_with_a_link_leads_nowhere);
	tcase_add_test(group, emptied_folder_stays);
	tcase_add_test(group, file_systems_have_names);
	tcase_add_test(group, bytes_are_printed_for_people);
	suite_add_tcase(suite, group);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? 1 : 0;
}
