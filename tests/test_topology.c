/* SPDX-License-Identifier: MIT */
/* Placement on machines that nobody here owns, and on this one. Each test is a process of its own.
 */
#include <check.h>
#include <errno.h>
#include <math.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "topology.h"

static struct topology topology;

static void use_synthetic(const char *description)
{
	struct hd_error err = {0};

	setenv("HWLOC_SYNTHETIC", description, 1);
	ck_assert_msg(topology_load(&topology, &err) == 0, "%s", err.text);
	ck_assert(!topology.is_this_system);
	ck_assert_double_nan(topology.cpu_quota);
}

static void use_xml(const char *name)
{
	struct hd_error err = {0};
	char path[512];

	snprintf(path, sizeof(path), "%s/topology/%s", TEST_SOURCE_DIR, name);
	setenv("HWLOC_XMLFILE", path, 1);
	ck_assert_msg(topology_load(&topology, &err) == 0, "%s", err.text);
	ck_assert(!topology.is_this_system);
}

static void setup(void)
{
	unsetenv("HWLOC_SYNTHETIC");
	unsetenv("HWLOC_XMLFILE");
	unsetenv("HWLOC_THISSYSTEM");
}

static void teardown(void)
{
	topology_free(&topology);
	setup();
}

/* `expected` is all of the order, parted by spaces. */
static void assert_order(enum topology_placement placement, const char *expected)
{
	char text[4096] = "";
	size_t used = 0;
	int *cpus = calloc((size_t)topology.pus_usable, sizeof(*cpus));

	ck_assert_ptr_nonnull(cpus);
	topology_order(&topology, placement, cpus, topology.pus_usable);
	for (int i = 0; i < topology.pus_usable; i++)
		used += (size_t)snprintf(text + used, sizeof(text) - used, "%s%d", i ? " " : "",
		                         cpus[i]);
	free(cpus);
	ck_assert_str_eq(text, expected);
}

static void assert_counts(int packages, int numa_nodes, int cores, int pus)
{
	ck_assert_int_eq(topology.packages, packages);
	ck_assert_int_eq(topology.numa_nodes, numa_nodes);
	ck_assert_int_eq(topology.cores, cores);
	ck_assert_int_eq(topology.pus, pus);
}

START_TEST(two_packages_with_siblings)
{
	use_synthetic("pack:2 numa:2 core:8 pu:2");
	assert_counts(2, 4, 32, 64);
	ck_assert_int_eq(topology.kinds, 1);
	ck_assert_int_eq(topology.cores_usable, 32);
	ck_assert_int_eq(topology.pus_usable, 64);
	ck_assert_str_eq(topology.summary, "2 packages, 4 NUMA nodes, 32 cores, 64 PUs");
	ck_assert_str_eq(topology.cpuset, "0-63");
	assert_order(TOPOLOGY_NEAR, "0 2 4 6 8 10 12 14 16 18 20 22 24 26 28 30 "
	                            "32 34 36 38 40 42 44 46 48 50 52 54 56 58 60 62 "
	                            "1 3 5 7 9 11 13 15 17 19 21 23 25 27 29 31 "
	                            "33 35 37 39 41 43 45 47 49 51 53 55 57 59 61 63");
	assert_order(TOPOLOGY_SPREAD, "0 32 2 34 4 36 6 38 8 40 10 42 12 44 14 46 "
	                              "16 48 18 50 20 52 22 54 24 56 26 58 28 60 30 62 "
	                              "1 33 3 35 5 37 7 39 9 41 11 43 13 45 15 47 "
	                              "17 49 19 51 21 53 23 55 25 57 27 59 29 61 31 63");
}
END_TEST

START_TEST(places_are_described)
{
	const struct topology_pu *pu;

	use_synthetic("pack:2 numa:2 core:8 pu:2");
	pu = &topology.usable[63];
	ck_assert_int_eq(pu->os_index, 63);
	ck_assert_int_eq(pu->core, 31);
	ck_assert_int_eq(pu->package, 1);
	ck_assert_int_eq(pu->numa, 3);
	ck_assert_int_eq(pu->kind, -1);
	ck_assert_int_eq(pu->sibling, 1);
	ck_assert_int_eq(topology.usable[31].sibling, 0);
}
END_TEST

START_TEST(caches_by_level_and_size)
{
	use_synthetic("pack:2 l3:1(size=33554432) core:4 l1:1(size=32768) pu:2");
	ck_assert_int_eq(topology.cache_count, 2);
	ck_assert_int_eq(topology.caches[0].level, 1);
	ck_assert_uint_eq(topology.caches[0].bytes, 32768);
	ck_assert_int_eq(topology.caches[0].count, 8);
	ck_assert_int_eq(topology.caches[1].level, 3);
	ck_assert_uint_eq(topology.caches[1].bytes, 33554432);
	ck_assert_int_eq(topology.caches[1].count, 2);
	topology_free(&topology);
	use_synthetic("pack:1 core:2 pu:1");
	ck_assert_int_eq(topology.cache_count, 0);
}
END_TEST

START_TEST(one_pu)
{
	use_synthetic("pu:1");
	assert_counts(0, 1, 1, 1);
	ck_assert_str_eq(topology.summary, "1 core, 1 PU");
	ck_assert_int_eq(topology.usable[0].package, -1);
	assert_order(TOPOLOGY_NEAR, "0");
	assert_order(TOPOLOGY_SPREAD, "0");
}
END_TEST

START_TEST(cores_without_packages)
{
	use_synthetic("core:4 pu:1");
	assert_counts(0, 1, 4, 4);
	assert_order(TOPOLOGY_NEAR, "0 1 2 3");
	assert_order(TOPOLOGY_SPREAD, "0 1 2 3");
}
END_TEST

START_TEST(pus_without_cores)
{
	use_synthetic("pack:2 pu:3");
	assert_counts(2, 1, 6, 6);
	ck_assert_int_eq(topology.cores_usable, 6);
	ck_assert_int_eq(topology.usable[0].core, -1);
	assert_order(TOPOLOGY_NEAR, "0 1 2 3 4 5");
	assert_order(TOPOLOGY_SPREAD, "0 3 1 4 2 5");
}
END_TEST

START_TEST(four_pus_a_core)
{
	use_synthetic("pack:4 core:2 pu:4");
	ck_assert_int_eq(topology.cores_usable, 8);
	assert_order(TOPOLOGY_NEAR, "0 4 8 12 16 20 24 28 1 5 9 13 17 21 25 29 "
	                            "2 6 10 14 18 22 26 30 3 7 11 15 19 23 27 31");
	assert_order(TOPOLOGY_SPREAD, "0 8 16 24 4 12 20 28 1 9 17 25 5 13 21 29 "
	                              "2 10 18 26 6 14 22 30 3 11 19 27 7 15 23 31");
}
END_TEST

/* Many servers number all first PUs before the siblings. */
START_TEST(siblings_numbered_last)
{
	use_synthetic("pack:2 core:3 pu:2(indexes=0,6,1,7,2,8,3,9,4,10,5,11)");
	assert_order(TOPOLOGY_NEAR, "0 1 2 3 4 5 6 7 8 9 10 11");
	assert_order(TOPOLOGY_SPREAD, "0 3 1 4 2 5 6 9 7 10 8 11");
}
END_TEST

START_TEST(a_thousand_pus)
{
	uint64_t start = clock_now_ns();

	use_synthetic("pack:16 core:32 pu:2");
	ck_assert_uint_lt(clock_now_ns() - start,
	                  2 * NS_PER_S); /* loose: valgrind, busy machines */
	assert_counts(16, 1, 512, 1024);
	ck_assert_int_eq(topology.usable[511].os_index, 1022);
	ck_assert_int_eq(topology.usable[512].os_index, 1);
	ck_assert_int_eq(topology.spread[1], 64);
	ck_assert_int_eq(topology.spread[16], 2);
	ck_assert_int_eq(topology.spread[1023], 1023);
}
END_TEST

START_TEST(order_stops_at_count)
{
	int cpus[3] = {-1, -1, -1};

	use_synthetic("pack:2 core:2 pu:2");
	topology_order(&topology, TOPOLOGY_SPREAD, cpus, 2);
	ck_assert_int_eq(cpus[0], 0);
	ck_assert_int_eq(cpus[1], 4);
	ck_assert_int_eq(cpus[2], -1);
}
END_TEST

/* The fast cores come last by number: 8 to 11, two PUs each. hwloc knows kinds from 2.4 on. */
START_TEST(fast_cores_first)
{
	use_xml("hybrid.xml");
	ck_assert_int_eq(topology.kinds, 2);
	ck_assert_int_eq(topology.cores_usable, 6);
	ck_assert_str_eq(topology.summary, "1 package, 6 cores of 2 kinds, 8 PUs");
	assert_order(TOPOLOGY_NEAR, "8 10 0 2 4 6 9 11");
	assert_order(TOPOLOGY_SPREAD, "8 10 0 2 4 6 9 11");
	ck_assert_int_eq(topology.usable[0].kind, 0);
	ck_assert_int_eq(topology.usable[2].kind, 1);
}
END_TEST

START_TEST(kinds_without_rank)
{
	use_xml("unranked.xml");
	ck_assert_int_eq(topology.kinds, 1);
	ck_assert_int_eq(topology.usable[0].kind, -1);
	assert_order(TOPOLOGY_NEAR, "0 1 2 3 4 5 6 7");
}
END_TEST

/* Core 0 keeps its second PU only, core 2 none. */
START_TEST(core_with_a_forbidden_sibling)
{
	use_xml("cpuset.xml");
	assert_counts(1, 1, 4, 8);
	ck_assert_int_eq(topology.cores_usable, 3);
	ck_assert_int_eq(topology.pus_in_cpuset, 4);
	ck_assert_int_eq(topology.pus_usable, 4);
	ck_assert_str_eq(topology.cpuset, "1-3,6");
	assert_order(TOPOLOGY_NEAR, "1 2 6 3");
}
END_TEST

START_TEST(xml_before_synthetic)
{
	setenv("HWLOC_SYNTHETIC", "pu:1", 1);
	use_xml("hybrid.xml");
	ck_assert_int_eq(topology.pus, 8);
}
END_TEST

START_TEST(nonsense_is_refused)
{
	struct hd_error err = {0};

	setenv("HWLOC_SYNTHETIC", "loom:3", 1);
	ck_assert_int_eq(topology_load(&topology, &err), -EINVAL);
	ck_assert_str_eq(err.text, "HWLOC_SYNTHETIC: \"loom:3\": not a topology");
	ck_assert_ptr_null(topology.usable);
	err = (struct hd_error){0};
	setenv("HWLOC_XMLFILE", "/nonexistent/machine.xml", 1);
	ck_assert_int_eq(topology_load(&topology, &err), -EINVAL);
	ck_assert_str_eq(err.text, "HWLOC_XMLFILE: /nonexistent/machine.xml: not a topology");
	ck_assert_int_eq(topology_load(&topology, NULL), -EINVAL);
}
END_TEST

START_TEST(this_machine)
{
	struct hd_error err = {0};
	cpu_set_t mask;

	ck_assert_int_eq(sched_getaffinity(0, sizeof(mask), &mask), 0);
	ck_assert_msg(topology_load(&topology, &err) == 0, "%s", err.text);
	ck_assert(topology.is_this_system);
	ck_assert_int_eq(topology.pus_usable, CPU_COUNT(&mask));
	ck_assert_int_ge(topology.pus, topology.pus_in_cpuset);
	ck_assert_int_ge(topology.pus_in_cpuset, topology.pus_usable);
	ck_assert_int_ge(topology.pus_usable, topology.cores_usable);
	for (int i = 0; i < topology.pus_usable; i++)
		ck_assert(CPU_ISSET((size_t)topology.usable[i].os_index, &mask));
	ck_assert_ptr_null(getenv("HWLOC_PLUGINS_PATH"));
}
END_TEST

/* What taskset does. */
START_TEST(affinity_mask_is_kept)
{
	struct hd_error err = {0};
	cpu_set_t mask, one;
	size_t last = 0;
	char expected[32];

	ck_assert_int_eq(sched_getaffinity(0, sizeof(mask), &mask), 0);
	for (size_t cpu = 0; cpu < CPU_SETSIZE; cpu++)
		if (CPU_ISSET(cpu, &mask))
			last = cpu;
	CPU_ZERO(&one);
	CPU_SET(last, &one);
	ck_assert_int_eq(sched_setaffinity(0, sizeof(one), &one), 0);
	ck_assert_msg(topology_load(&topology, &err) == 0, "%s", err.text);
	ck_assert_int_eq(sched_setaffinity(0, sizeof(mask), &mask), 0);
	ck_assert_int_eq(topology.cores_usable, 1);
	ck_assert_int_eq(topology.pus_usable, 1);
	ck_assert_int_eq(topology.usable[0].os_index, (int)last);
	ck_assert_int_ge(topology.pus_in_cpuset, CPU_COUNT(&mask));
	snprintf(expected, sizeof(expected), "%zu", last);
	ck_assert_str_eq(topology.cpuset, expected);
}
END_TEST

START_TEST(a_long_cpuset_is_cut)
{
	char description[8192];
	size_t used = (size_t)snprintf(description, sizeof(description), "core:200 pu:1(indexes=");

	for (int i = 0; i < 200; i++)
		used += (size_t)snprintf(description + used, sizeof(description) - used, "%s%d",
		                         i ? "," : "", 2 * i);
	snprintf(description + used, sizeof(description) - used, ")");
	use_synthetic(description);
	ck_assert_uint_eq(strlen(topology.cpuset), sizeof(topology.cpuset) - 1);
	ck_assert_str_eq(topology.cpuset + sizeof(topology.cpuset) - 4, "...");
}
END_TEST

START_TEST(quota_and_budget)
{
	char text[128];

	use_synthetic("core:4 pu:2");
	ck_assert_int_eq(topology_budget(&topology, 4), 4);
	ck_assert(!topology_quota_note(&topology, 4, text, sizeof(text)));
	ck_assert_str_eq(text, "");
	topology.cpu_quota = 0.25;
	ck_assert_int_eq(topology_budget(&topology, 4), 1);
	topology.cpu_quota = 2.5;
	ck_assert_int_eq(topology_budget(&topology, 4), 2);
	ck_assert(!topology_quota_note(&topology, 2, text, sizeof(text)));
	ck_assert(topology_quota_note(&topology, 4, text, sizeof(text)));
	ck_assert_str_eq(text, "CPU quota of 2.5 CPUs: 4 cores may run 62 % of the time");
	ck_assert_int_eq(topology_budget(&topology, 2), 2);
	topology.cpu_quota = 64;
	ck_assert_int_eq(topology_budget(&topology, 4), 4);
	ck_assert_int_eq(topology_budget(&topology, 8), 8);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("topology");
	TCase *tests = tcase_create("topology");
	SRunner *runner = srunner_create(suite);
	int failed;

	suite_add_tcase(suite, tests);
	tcase_add_checked_fixture(tests, setup, teardown);
	tcase_set_timeout(tests, 30);
	tcase_add_test(tests, two_packages_with_siblings);
	tcase_add_test(tests, places_are_described);
	tcase_add_test(tests, caches_by_level_and_size);
	tcase_add_test(tests, one_pu);
	tcase_add_test(tests, cores_without_packages);
	tcase_add_test(tests, pus_without_cores);
	tcase_add_test(tests, four_pus_a_core);
	tcase_add_test(tests, siblings_numbered_last);
	tcase_add_test(tests, a_thousand_pus);
	tcase_add_test(tests, order_stops_at_count);
	tcase_add_test(tests, fast_cores_first);
	tcase_add_test(tests, kinds_without_rank);
	tcase_add_test(tests, core_with_a_forbidden_sibling);
	tcase_add_test(tests, xml_before_synthetic);
	tcase_add_test(tests, nonsense_is_refused);
	tcase_add_test(tests, this_machine);
	tcase_add_test(tests, affinity_mask_is_kept);
	tcase_add_test(tests, a_long_cpuset_is_cut);
	tcase_add_test(tests, quota_and_budget);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
