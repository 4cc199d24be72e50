/* SPDX-License-Identifier: MIT */
/* The topology as people and programs get it. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "topology_json.h"
#include "topology_print.h"

static struct topology topology;
static char *text;

static void use_synthetic(const char *description)
{
	struct hd_error err = {0};

	setenv("HWLOC_SYNTHETIC", description, 1);
	ck_assert_msg(topology_load(&topology, &err) == 0, "%s", err.text);
}

static void print(void)
{
	size_t size;
	FILE *out;

	free(text);
	out = open_memstream(&text, &size);
	ck_assert_ptr_nonnull(out);
	topology_print(&topology, out);
	ck_assert_int_eq(fclose(out), 0);
}

static void setup(void)
{
	unsetenv("HWLOC_XMLFILE");
}

static void teardown(void)
{
	topology_free(&topology);
	free(text);
	text = NULL;
	unsetenv("HWLOC_SYNTHETIC");
}

static size_t lines_of_80(void)
{
	size_t lines = 0;

	for (const char *line = text; *line; lines++) {
		size_t length = strcspn(line, "\n");

		ck_assert_uint_le(length, 80);
		line += length + 1;
	}
	return lines;
}

START_TEST(synthetic_machine)
{
	use_synthetic("pack:2 core:2 pu:2");
	print();
	ck_assert_str_eq(
	        text,
	        "found               2 packages, 4 cores, 8 PUs\n"
	        "                    not this system (HWLOC_SYNTHETIC or HWLOC_XMLFILE): nothing\n"
	        "                    can be run\n"
	        "usable              4 of 4 cores, 8 of 8 PUs: 0-7\n"
	        "CPU quota           none\n"
	        "order near\n"
	        "  cores             0, 2 | 4, 6\n"
	        "  siblings          1, 3 | 5, 7\n"
	        "cores \"pow2\"        1, 2, 4\n");
}
END_TEST

START_TEST(limits_are_told)
{
	use_synthetic("core:6 pu:1");
	topology.is_this_system = true;
	topology.cores_usable = topology.pus_usable = 5;
	topology.pus_in_cpuset = 5;
	topology.cpu_quota = 3.5;
	print();
	ck_assert_ptr_nonnull(strstr(text, "5 of 6 cores, 5 of 6 PUs"));
	ck_assert_ptr_nonnull(strstr(text, "the control group's cpuset leaves 5 of 6 PUs\n"));
	ck_assert_ptr_null(strstr(text, "affinity mask"));
	ck_assert_ptr_nonnull(strstr(text, "3.5 CPUs of time: enough for 3 cores\n"));
	ck_assert_ptr_nonnull(strstr(text, "cores \"pow2\"        1, 2, 3\n"));
	topology.pus_in_cpuset = 6;
	print();
	ck_assert_ptr_nonnull(strstr(text, "the affinity mask (taskset) leaves 5 of 6 PUs\n"));
	ck_assert_ptr_null(strstr(text, "cpuset leaves"));
}
END_TEST

START_TEST(a_thousand_pus_are_compact)
{
	use_synthetic("pack:16 core:32 pu:2");
	print();
	ck_assert_uint_le(lines_of_80(), 20);
}
END_TEST

START_TEST(ranges_and_single_pus)
{
	static const int order[] = {7, 5, 6, 1, 0, 4, 8, 12};

	use_synthetic("core:8 pu:1");
	for (int i = 0; i < 8; i++)
		topology.usable[i].os_index = order[i];
	print();
	ck_assert_ptr_nonnull(strstr(text, "  cores             7, 5-6, 1, 0-12:4\n"));
}
END_TEST

START_TEST(json_of_a_machine)
{
	json_t *json, *pu;

	use_synthetic("pack:2 core:2 pu:2");
	json = topology_to_json(&topology);
	ck_assert_ptr_nonnull(json);
	ck_assert(json_is_false(json_object_get(json, "is_this_system")));
	ck_assert(json_is_null(json_object_get(json, "cpu_quota")));
	ck_assert(json_is_null(json_object_get(json, "cpu_model")));
	ck_assert_int_eq(json_integer_value(json_object_get(json, "cores_usable")), 4);
	ck_assert_uint_eq(json_array_size(json_object_get(json, "order_near")), 8);
	ck_assert_int_eq(
	        json_integer_value(json_array_get(json_object_get(json, "order_spread"), 1)), 4);
	pu = json_array_get(json_object_get(json, "usable"), 7);
	ck_assert_int_eq(json_integer_value(json_object_get(pu, "pu")), 7);
	ck_assert_int_eq(json_integer_value(json_object_get(pu, "sibling")), 1);
	ck_assert(json_is_null(json_object_get(pu, "kind")));
	ck_assert(json_is_null(json_object_get(json, "caches")));
	json_decref(json);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("topology_print");
	TCase *tests = tcase_create("topology_print");
	SRunner *runner = srunner_create(suite);
	int failed;

	suite_add_tcase(suite, tests);
	tcase_add_checked_fixture(tests, setup, teardown);
	tcase_add_test(tests, synthetic_machine);
	tcase_add_test(tests, limits_are_told);
	tcase_add_test(tests, a_thousand_pus_are_compact);
	tcase_add_test(tests, ranges_and_single_pus);
	tcase_add_test(tests, json_of_a_machine);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
