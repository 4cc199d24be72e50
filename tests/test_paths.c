/* SPDX-License-Identifier: MIT */
#include "suite.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fake_tree.h"
#include "paths.h"

static char root[FAKE_TREE_PATH];

static void setup(void)
{
	fake_tree_make(root);
	ck_assert_int_eq(chdir(root), 0);
}

static void teardown(void)
{
	ck_assert_int_eq(chdir("/"), 0);
	fake_tree_remove(root);
}

START_TEST(plugin_folders_in_their_order)
{
	const char *given[] = {"first", "second"};
	struct plugin_folders folders;

	setenv("HEDDLE_PLUGIN_PATH", "/third::/fourth", 1);
	paths_plugins(&folders, given, 2);
	ck_assert_int_ge(folders.count, 4);
	ck_assert_str_eq(folders.folders[0], "first");
	ck_assert_str_eq(folders.folders[1], "second");
	ck_assert_str_eq(folders.folders[2], "/third");
	ck_assert_str_eq(folders.folders[3], "/fourth");
	ck_assert_ptr_null(folders.folders[folders.count]);
	paths_plugins_free(&folders);
	ck_assert_int_eq(folders.count, 0);
}
END_TEST

START_TEST(too_many_folders_are_left_out)
{
	const char *given[2 * PATHS_FOLDERS];
	struct plugin_folders folders;

	for (int i = 0; i < 2 * PATHS_FOLDERS; i++)
		given[i] = "folder";
	paths_plugins(&folders, given, 2 * PATHS_FOLDERS);
	ck_assert_int_eq(folders.count, PATHS_FOLDERS);
	ck_assert_ptr_null(folders.folders[PATHS_FOLDERS]);
	paths_plugins_free(&folders);
}
END_TEST

START_TEST(a_config_is_a_file_first)
{
	char path[PATH_MAX];

	fake_tree_put(root, "mine.json", "{}");
	ck_assert_int_eq(paths_config("mine.json", path), 0);
	ck_assert_str_eq(path, "mine.json");
	ck_assert_int_eq(paths_config("no-such-config", path), -ENOENT);
	ck_assert_str_eq(path, "no-such-config");
	ck_assert_int_eq(paths_config("folder/none.json", path), -ENOENT);
	ck_assert_str_eq(path, "folder/none.json");
}
END_TEST

START_TEST(scripts_that_are_not_there)
{
	char path[PATH_MAX];

	ck_assert_int_eq(paths_script("no-such-script", path), -ENOENT);
}
END_TEST

START_TEST(results_go_into_the_checkout)
{
	char path[PATH_MAX], expected[PATH_MAX + 16];

	paths_results(path);
	ck_assert_str_eq(path, ".");
	fake_tree_put(root, "core/include/heddle/plugin.h", "");
	fake_tree_put(root, "results/README.md", "");
	fake_tree_put(root, "deep/er/file", "");
	ck_assert_int_eq(chdir("deep/er"), 0);
	paths_results(path);
	snprintf(expected, sizeof(expected), "%s/results", root);
	ck_assert_str_eq(path, expected);
}
END_TEST

START_TEST(without_a_results_folder_the_current_one)
{
	char path[PATH_MAX];

	fake_tree_put(root, "core/include/heddle/plugin.h", "");
	paths_results(path);
	ck_assert_str_eq(path, ".");
}
END_TEST

int main(void)
{
	const suite_test tests[] = {plugin_folders_in_their_order,
	                            too_many_folders_are_left_out,
	                            a_config_is_a_file_first,
	                            scripts_that_are_not_there,
	                            results_go_into_the_checkout,
	                            without_a_results_folder_the_current_one,
	                            NULL};

	return suite_run_with("paths", tests, setup, teardown);
}
