/* SPDX-License-Identifier: MIT */
#include "suite.h"

#include <errno.h>
#include <glob.h>
#include <stdio.h>
#include <string.h>

#include "fake_tree.h"
#include "outfile.h"

static char root[FAKE_TREE_PATH], path[128];

static void setup(void)
{
	fake_tree_make(root);
	fake_tree_put(root, "file", "old");
	snprintf(path, sizeof(path), "%s/file", root);
}

static void teardown(void)
{
	fake_tree_remove(root);
}

static void assert_holds(const char *wanted)
{
	char text[64], pattern[160];
	glob_t found = {0};
	FILE *file = fopen(path, "r");
	size_t length = fread(text, 1, sizeof(text) - 1, file);

	fclose(file);
	text[length] = '\0';
	ck_assert_str_eq(text, wanted);
	snprintf(pattern, sizeof(pattern), "%s.*", path);
	ck_assert_int_eq(glob(pattern, 0, NULL, &found), GLOB_NOMATCH);
}

START_TEST(a_file_is_replaced_at_the_end)
{
	struct hd_error err = {0};
	struct outfile file;

	ck_assert_int_eq(outfile_open(&file, path, &err), 0);
	fputs("new", file.stream);
	fflush(file.stream);
	ck_assert_int_eq(access(path, F_OK), 0);
	ck_assert_int_eq(outfile_close(&file, true, &err), 0);
	assert_holds("new");
	ck_assert_int_eq(outfile_close(&file, true, &err), 0); /* closed: nothing to do */
}
END_TEST

START_TEST(what_did_not_go_well_leaves_the_old)
{
	struct hd_error err = {0};
	struct outfile file;

	ck_assert_int_eq(outfile_open(&file, path, &err), 0);
	fputs("half", file.stream);
	errno = ENOMEM;
	ck_assert_int_eq(outfile_close(&file, false, &err), -ENOMEM);
	ck_assert_ptr_nonnull(strstr(err.text, "/file: "));
	assert_holds("old");
}
END_TEST

START_TEST(a_folder_that_is_not_there_is_named)
{
	struct hd_error err = {0};
	struct outfile file;

	snprintf(path, sizeof(path), "%s/absent/file", root);
	ck_assert_int_eq(outfile_open(&file, path, &err), -ENOENT);
	ck_assert_ptr_nonnull(strstr(err.text, "absent/file: No such file"));
	ck_assert_int_eq(outfile_open(&file, root, &err), -EISDIR);
}
END_TEST

START_TEST(a_device_is_written_to_as_it_is)
{
	struct hd_error err = {0};
	struct outfile file;

	ck_assert_int_eq(outfile_open(&file, "/dev/null", &err), 0);
	fputs("text", file.stream);
	ck_assert_int_eq(outfile_close(&file, true, &err), 0);
	ck_assert_int_eq(outfile_open(&file, "/dev/full", &err), 0);
	fputs("text", file.stream);
	ck_assert_int_eq(outfile_close(&file, true, &err), -ENOSPC);
	ck_assert_str_eq(err.text, "/dev/full: No space left on device");
}
END_TEST

static void put_link(const char *name, const char *to)
{
	char full[160];

	snprintf(full, sizeof(full), "%s/%s", root, name);
	ck_assert_int_eq(symlink(to, full), 0);
}

START_TEST(no_link_that_others_laid_is_followed)
{
	char victim[128], text[16] = "";
	struct hd_error err = {0};
	struct outfile file;
	struct stat status;
	FILE *stream;

	fake_tree_put(root, "victim", "untouched");
	snprintf(victim, sizeof(victim), "%s/victim", root);
	put_link("file.heddle.tmp", "victim");
	ck_assert_int_eq(remove(path), 0);
	put_link("file", "victim"); /* the path itself: the link goes, what it led to stays */
	ck_assert_int_eq(outfile_open(&file, path, &err), 0);
	fputs("new", file.stream);
	ck_assert_int_eq(outfile_close(&file, true, &err), 0);
	ck_assert_int_eq(lstat(path, &status), 0);
	ck_assert(S_ISREG(status.st_mode));
	stream = fopen(victim, "r");
	ck_assert_ptr_nonnull(stream);
	ck_assert_ptr_nonnull(fgets(text, sizeof(text), stream));
	fclose(stream);
	ck_assert_str_eq(text, "untouched");
}
END_TEST

START_TEST(two_that_write_the_same_do_not_meet)
{
	struct hd_error err = {0};
	struct outfile one, other;

	ck_assert_int_eq(outfile_open(&one, path, &err), 0);
	ck_assert_int_eq(outfile_open(&other, path, &err), 0);
	fputs("first", one.stream);
	fputs("second", other.stream);
	ck_assert_int_eq(outfile_close(&other, true, &err), 0);
	ck_assert_int_eq(outfile_close(&one, true, &err), 0);
	assert_holds("first");
}
END_TEST

START_TEST(what_a_killed_process_left_is_removed)
{
	struct hd_error err = {0};
	struct outfile file;
	char left[160];

	snprintf(left, sizeof(left), "%s/file.heddle.tmp", root);
	fake_tree_put(root, "file.heddle.tmp", "half of it, and much longer than the next");
	ck_assert_int_eq(outfile_open(&file, path, &err), 0);
	ck_assert_str_eq(file.temporary, left);
	fputs("whole", file.stream);
	ck_assert_int_eq(outfile_close(&file, true, &err), 0);
	assert_holds("whole");
	ck_assert_int_ne(access(left, F_OK), 0);
}
END_TEST

int main(void)
{
	const suite_test tests[] = {
	        a_file_is_replaced_at_the_end,         what_did_not_go_well_leaves_the_old,
	        a_folder_that_is_not_there_is_named,   a_device_is_written_to_as_it_is,
	        no_link_that_others_laid_is_followed,  two_that_write_the_same_do_not_meet,
	        what_a_killed_process_left_is_removed, NULL};

	return suite_run_with("outfile", tests, setup, teardown);
}
