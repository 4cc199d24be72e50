/* SPDX-License-Identifier: MIT */
#include "suite.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "fake_tree.h"
#include "objects.h"

static char root[FAKE_TREE_PATH];
static struct objects objects;
static struct object_set set;

static const struct object *object_of(const char *path)
{
	for (uint32_t i = 0; i < set.count; i++)
		if (strstr(objects.items[set.items[i]].path, path))
			return &objects.items[set.items[i]];
	return NULL;
}

START_TEST(this_process_has_its_program_and_the_c_library)
{
	char program[PATH_MAX] = "", hex[DIGEST_TEXT];

	ck_assert_int_gt(readlink("/proc/self/exe", program, sizeof(program) - 1), 0);
	ck_assert_int_eq(objects_of_process(&objects, "", getpid(), &set), 0);
	ck_assert_ptr_nonnull(object_of("libc.so"));
	ck_assert_ptr_nonnull(object_of(program));
	ck_assert_int_eq(digest_file(program, hex), 0);
	ck_assert_str_eq(object_of(program)->sha256, hex);
}
END_TEST

START_TEST(an_object_is_kept_once)
{
	struct object_set again;
	size_t count;

	ck_assert_int_eq(objects_of_process(&objects, "", getpid(), &set), 0);
	count = objects.count;
	ck_assert_int_eq(objects_of_process(&objects, "", getpid(), &again), 0);
	ck_assert_uint_eq(objects.count, count);
	ck_assert_uint_eq(again.count, set.count);
	for (uint32_t i = 1; i < set.count; i++)
		ck_assert_uint_lt(set.items[i - 1], set.items[i]);
}
END_TEST

/* Data, what belongs to no file, and broken lines are passed over. */
START_TEST(only_code_of_files_counts)
{
	fake_tree_put(root, "proc/7/maps",
	              "1000-2000 r--p 00000000 08:01 11 /data\n"
	              "2000-3000 rw-p 00000000 00:00 0 [heap]\n"
	              "3000-4000 r-xp 00000000 00:00 0 [vdso]\n"
	              "4000-5000 r-xp 00000000 08:01 12 /not/there with a blank.so\n"
	              "5000-6000 r-xp 00000000 08:01 12 /not/there with a blank.so\n"
	              "6000-7000 r-xs 00000000 08:01 13 /gone.so (deleted)\n"
	              "nonsense\n"
	              "\n");
	ck_assert_int_eq(objects_of_process(&objects, root, 7, &set), 0);
	ck_assert_uint_eq(set.count, 2);
	ck_assert_str_eq(objects.items[0].path, "/not/there with a blank.so");
	ck_assert_str_eq(objects.items[0].sha256, "");
	ck_assert_str_eq(objects.items[1].path, "/gone.so (deleted)");
}
END_TEST

START_TEST(a_process_that_is_gone_has_none)
{
	ck_assert_int_eq(objects_of_process(&objects, root, 8, &set), -ENOENT);
	ck_assert_uint_eq(set.count, 0);
}
END_TEST

/* A line of the maps for a file of the tree, in memory to be executed. */
static void map_file(char *text, size_t size, const char *name)
{
	char path[PATH_MAX];
	struct stat status;

	snprintf(path, sizeof(path), "%s/%s", root, name);
	ck_assert_int_eq(stat(path, &status), 0);
	snprintf(text + strlen(text), size - strlen(text),
	         "1000-2000 r-xp 00000000 08:01 %llu %s\n", (unsigned long long)status.st_ino,
	         path);
}

START_TEST(equal_bytes_are_equal_wherever_they_lie)
{
	struct object_set one, two, three;
	char first[8192] = "", second[8192] = "", third[8192] = "";

	fake_tree_put(root, "a/plugin.so", "the same");
	fake_tree_put(root, "b/plugin.so", "the same");
	fake_tree_put(root, "b/other.so", "another");
	map_file(first, sizeof(first), "a/plugin.so");
	map_file(second, sizeof(second), "b/plugin.so");
	map_file(third, sizeof(third), "b/plugin.so");
	map_file(third, sizeof(third), "b/other.so");
	fake_tree_put(root, "proc/1/maps", first);
	fake_tree_put(root, "proc/2/maps", second);
	fake_tree_put(root, "proc/3/maps", third);
	ck_assert_int_eq(objects_of_process(&objects, root, 1, &one), 0);
	ck_assert_int_eq(objects_of_process(&objects, root, 2, &two), 0);
	ck_assert_int_eq(objects_of_process(&objects, root, 3, &three), 0);
	ck_assert(objects_equal(&objects, &one, &objects, &two));
	ck_assert(!objects_equal(&objects, &one, &objects, &three));
	ck_assert(!objects_equal(&objects, &three, &objects, &one));
}
END_TEST

START_TEST(what_was_not_read_is_equal_to_nothing)
{
	fake_tree_put(root, "proc/7/maps", "4000-5000 r-xp 00000000 08:01 12 /not/there.so\n");
	ck_assert_int_eq(objects_of_process(&objects, root, 7, &set), 0);
	ck_assert(!objects_equal(&objects, &set, &objects, &set));
	set.count = 0;
	ck_assert(!objects_equal(&objects, &set, &objects, &set));
}
END_TEST

START_TEST(more_than_there_is_room_for_are_counted)
{
	char *lines = calloc(OBJECTS_OF_PROCESS + 8, 80);

	ck_assert_ptr_nonnull(lines);
	for (int i = 0; i < OBJECTS_OF_PROCESS + 3; i++)
		sprintf(lines + strlen(lines), "1000-2000 r-xp 00000000 08:01 %d /no/%d.so\n",
		        i + 1, i);
	fake_tree_put(root, "proc/7/maps", lines);
	ck_assert_int_eq(objects_of_process(&objects, root, 7, &set), 0);
	ck_assert_uint_eq(set.count, OBJECTS_OF_PROCESS);
	ck_assert_uint_eq(set.left_out, 3);
	free(lines);
}
END_TEST

static void make(void)
{
	fake_tree_make(root);
}

static void clear(void)
{
	objects_free(&objects);
	fake_tree_remove(root);
}

int main(void)
{
	const suite_test tests[] = {this_process_has_its_program_and_the_c_library,
	                            an_object_is_kept_once,
	                            only_code_of_files_counts,
	                            a_process_that_is_gone_has_none,
	                            equal_bytes_are_equal_wherever_they_lie,
	                            what_was_not_read_is_equal_to_nothing,
	                            more_than_there_is_room_for_are_counted,
	                            NULL};

	return suite_run_with("objects", tests, make, clear);
}
