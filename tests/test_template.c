/* SPDX-License-Identifier: MIT */
#include "suite.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fake_tree.h"
#include "template.h"

static char root[FAKE_TREE_PATH];
static const struct template mine = {
        .name = "mine", .lang = "c", .kind = "lock", .templates = "templates"};

static void setup(void)
{
	fake_tree_make(root);
	ck_assert_int_eq(chdir(root), 0);
	fake_tree_put(root, "templates/lock/NAME.json", "{\"@NAME@\"}");
	fake_tree_put(root, "templates/c/below/a", "@NAME");
	fake_tree_put(root, "templates/c/.hidden", "x");
	fake_tree_put(root, "templates/c-lock/below/NAME.c", "@NAME@-@NAME@\n@@NAME@@");
}

static void teardown(void)
{
	ck_assert_int_eq(chdir("/"), 0);
	fake_tree_remove(root);
}

static void check_file(const char *path, const char *expected)
{
	char text[256] = "";
	FILE *file = fopen(path, "r");

	ck_assert_msg(file != NULL, "%s is not there", path);
	text[fread(text, 1, sizeof(text) - 1, file)] = '\0';
	fclose(file);
	ck_assert_str_eq(text, expected);
}

START_TEST(folders_are_put_together)
{
	struct template_files files;
	struct hd_error err = {0};

	ck_assert_int_eq(template_write(&mine, "made", &files, &err), 0);
	ck_assert_uint_eq(files.count, 4);
	ck_assert_str_eq(files.paths[0], "made/mine.json");
	check_file("made/mine.json", "{\"mine\"}");
	check_file("made/below/a", "@NAME");
	check_file("made/below/mine.c", "mine-mine\n@mine@");
	ck_assert_int_ne(access("made/.hidden", F_OK), 0);
	template_files_free(&files);
	ck_assert_uint_eq(files.count, 0);
}
END_TEST

/* What fails half-way takes back what it made, and no more. */
static void check_taken_back(const char *says)
{
	struct template_files files;
	struct hd_error err = {0};

	ck_assert_int_lt(template_write(&mine, "made", &files, &err), 0);
	ck_assert_msg(strstr(err.text, says) != NULL, "%s", err.text);
	ck_assert_int_ne(access("made", F_OK), 0);
	ck_assert_int_eq(mkdir("empty", 0700), 0);
	ck_assert_int_lt(template_write(&mine, "empty", &files, &err), 0);
	ck_assert_int_eq(rmdir("empty"), 0);
}

START_TEST(a_part_is_missing)
{
	ck_assert_int_eq(remove("templates/c-lock/below/NAME.c"), 0);
	ck_assert_int_eq(remove("templates/c-lock/below"), 0);
	ck_assert_int_eq(remove("templates/c-lock"), 0);
	check_taken_back("templates/c-lock: No such file");
}
END_TEST

START_TEST(two_parts_have_one_file)
{
	fake_tree_put(root, "templates/c-lock/below/a", "other");
	check_taken_back("made/below/a: cannot be made: File exists");
}
END_TEST

START_TEST(an_empty_file_is_no_template)
{
	fake_tree_put(root, "templates/c-lock/empty", "");
	check_taken_back("templates/c-lock/empty: Input/output error");
}
END_TEST

START_TEST(a_link_that_leads_round_ends)
{
	ck_assert_int_eq(symlink(".", "templates/c-lock/round"), 0);
	check_taken_back("Too many levels");
}
END_TEST

START_TEST(too_many_files)
{
	char path[64];

	for (int i = 0; i < TEMPLATE_FILES; i++) {
		snprintf(path, sizeof(path), "templates/c-lock/%d", i);
		fake_tree_put(root, path, "x");
	}
	check_taken_back("too many files");
}
END_TEST

START_TEST(names)
{
	struct hd_error err = {0};

	ck_assert_int_eq(template_check_name("a", &err), 0);
	ck_assert_int_eq(template_check_name("my-lock-2", &err), 0);
	ck_assert_int_eq(template_check_name("9lock", &err), -EINVAL);
	ck_assert_str_eq(err.text,
	                 "\"9lock\" is no name of a model: a letter of a-z, then a-z, 0-9 and -, "
	                 "63 characters at most");
}
END_TEST

int main(void)
{
	const suite_test tests[] = {folders_are_put_together,
	                            a_part_is_missing,
	                            two_parts_have_one_file,
	                            an_empty_file_is_no_template,
	                            a_link_that_leads_round_ends,
	                            too_many_files,
	                            names,
	                            NULL};

	return suite_run_with("template", tests, setup, teardown);
}
