/* SPDX-License-Identifier: MIT */
#include "suite.h"

#include <errno.h>
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
	char text[64], temporary[160];
	FILE *file = fopen(path, "r");
	size_t length = fread(text, 1, sizeof(text) - 1, file);

	fclose(file);
	text[length] = '\0';
	ck_assert_str_eq(text, wanted);
	snprintf(temporary, sizeof(temporary), "%s.tmp", path);
	ck_assert_int_ne(access(temporary, F_OK), 0);
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
	ck_assert_ptr_nonnull(strstr(err.text, "file.tmp: "));
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

int main(void)
{
	const suite_test tests[] = {
	        a_file_is_replaced_at_the_end, what_did_not_go_well_leaves_the_old,
	        a_folder_that_is_not_there_is_named, a_device_is_written_to_as_it_is, NULL};

	return suite_run_with("outfile", tests, setup, teardown);
}
