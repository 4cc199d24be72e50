/* SPDX-License-Identifier: MIT */
/* Sweeps on machines and with models that are made up here. What is refused is in test_config.c. */
#include <check.h>
#include <errno.h>
#include <jansson.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "clock.h"
#include "config.h"
#include "fake_sweep.h"
#include "loopback.h"
#include "plan.h"
#include "search.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static struct config config;
static struct problems problems;
static struct topology topology;
static struct models models;
static struct plan plan;
static int asked;

static void setup(void)
{
	fake_models(&models);
}

static void teardown(void)
{
	plan_free(&plan);
	config_free(&config);
	problems_free(&problems);
	topology_free(&topology);
	models_free(&models);
}

static void load(const char *format, ...) __attribute__((format(printf, 1, 2)));

static void load(const char *format, ...)
{
	char path[] = "/tmp/heddle-test-XXXXXX";
	int fd = mkstemp(path);
	va_list args;
	int code;

	ck_assert_int_ge(fd, 0);
	va_start(args, format);
	ck_assert_int_gt(vdprintf(fd, format, args), 0);
	va_end(args);
	close(fd);
	plan_free(&plan);
	config_free(&config);
	code = config_load(&config, path, NULL, 0, &problems);
	unlink(path);
	ck_assert_msg(code == 0, "%s", problems.count ? problems.lines[0] : "");
}

static int make(const struct plan_filter *filter)
{
	plan_free(&plan);
	problems_free(&problems);
	for (size_t i = 0; i < models.count; i++)
		models.items[i]->asked = false;
	asked = 0;
	return plan_make(&plan, &config, &models, &topology, filter, fake_ask, &asked, &problems);
}

static void make_good(const struct plan_filter *filter)
{
	int code = make(filter);

	ck_assert_msg(code == 0, "%s", problems.count ? problems.lines[0] : "no message");
}

static void expect_problem(const struct plan_filter *filter, const char *message)
{
	ck_assert_int_eq(make(filter), -EINVAL);
	ck_assert_uint_eq(plan.count, 0);
	ck_assert_uint_ge(problems.count, 1);
	ck_assert_str_eq(problems.lines[0], message);
}

/* The core counts of a plan with one model and one set of parameters: "1 2 4". */
static void expect_counts(const char *expected)
{
	char found[8192] = "";
	size_t at = 0;

	for (size_t i = 0; i < plan.count && at < sizeof(found) - 16; i++)
		at += (size_t)snprintf(found + at, sizeof(found) - at, "%s%u", i ? " " : "",
		                       plan.cases[i].cores);
	ck_assert_str_eq(found, expected);
}

static void expect_halves(size_t i, const char *title, const char *series)
{
	char text[PLAN_NAME];

	ck_assert_str_eq(plan_case_title(plan.cases + i, text), title);
	ck_assert_str_eq(plan_case_series(plan.cases + i, text), series);
}

static void expect_name(size_t i, const char *expected)
{
	char name[PLAN_NAME];

	ck_assert_uint_lt(i, plan.count);
	ck_assert_str_eq(plan_case_name(plan.cases + i, name), expected);
}

static const char one_counter[] =
        "{\"models\": [\"serial\"], \"workloads\": [{\"workload\": \"counter\"}], %s}";
static const char one_echo[] =
        "{\"models\": [\"serial\"], \"workloads\": [{\"workload\": \"echo\"}], %s}";

START_TEST(counts_follow_the_machine)
{
	static const struct {
		int packages, cores, threads;
		const char *setting, *counts;
	} sweeps[] = {
	        {1, 1, 1, "\"cores\": \"pow2\"", "1"},
	        {1, 1, 1, "\"cores\": \"all\"", "1"},
	        {1, 1, 1, "\"cores\": [1, \"50%\", \"max\"]", "1"},
	        {1, 2, 1, "\"cores\": \"pow2\"", "1 2"},
	        {1, 6, 1, "\"cores\": \"pow2\"", "1 2 4 6"},
	        {1, 6, 1, "\"cores\": \"all\"", "1 2 3 4 5 6"},
	        {1, 6, 1, "\"cores\": \"max\"", "6"},
	        {1, 6, 1, "\"cores\": [5, \"max\", \"50%\", 1]", "1 3 5 6"},
	        {1, 6, 1, "\"cores\": [\"1%\", \"10%\", \"25%\", \"100%\"]", "1 2 6"},
	        {2, 16, 2, "\"cores\": \"pow2\"", "1 2 4 8 16 32"},
	        {2, 16, 2, "\"pus\": \"pow2\"", "1 2 4 8 16 32 64"},
	        {2, 16, 2, "\"pus\": [33, \"max\"]", "33 64"},
	        {4, 128, 2, "\"cores\": \"pow2\"", "1 2 4 8 16 32 64 128 256 512"},
	        {4, 128, 2, "\"pus\": \"pow2\"", "1 2 4 8 16 32 64 128 256 512 1024"},
	        {1, 6, 1, "\"about\": \"no cores\"", "1 2 4 6"},
	};

	for (size_t i = 0; i < COUNT(sweeps); i++) {
		fake_topology(&topology, sweeps[i].packages, sweeps[i].cores, sweeps[i].threads);
		load(one_counter, sweeps[i].setting);
		make_good(NULL);
		expect_counts(sweeps[i].counts);
		topology_free(&topology);
	}
}
END_TEST

START_TEST(pus_are_taken_in_order)
{
	static const int near[] = {0, 1, 2, 3, 4, 5, 6, 7}, spread[] = {0, 2, 1, 3, 4, 6, 5, 7};
	static const int listed[] = {3, 1, 7, 5}, cores_of_list[] = {3, 1};

	fake_topology(&topology, 2, 2, 2);
	load(one_counter, "\"pus\": \"max\"");
	make_good(NULL);
	ck_assert_mem_eq(plan.cases->cpus, near, sizeof(near));
	load(one_counter, "\"pus\": \"max\", \"placement\": \"spread\"");
	make_good(NULL);
	ck_assert_mem_eq(plan.cases->cpus, spread, sizeof(spread));
	load(one_counter, "\"pus\": \"max\", \"placement\": [3, 1, 7, 5]");
	make_good(NULL);
	ck_assert_uint_eq(plan.cases->cores, 4);
	ck_assert_mem_eq(plan.cases->cpus, listed, sizeof(listed));
	load(one_counter, "\"cores\": \"max\", \"placement\": [3, 7, 1, 5]");
	make_good(NULL);
	ck_assert_uint_eq(plan.cases->cores, 2);
	ck_assert_mem_eq(plan.cases->cpus, cores_of_list, sizeof(cores_of_list));
}
END_TEST

static void expect_generator(const char *cpus, const char *shared)
{
	char found[256] = "";
	size_t at = 0;

	for (uint32_t i = 0; i < plan.generator_cores; i++)
		at += (size_t)snprintf(found + at, sizeof(found) - at, "%s%d", i ? " " : "",
		                       plan.generator_cpus[i]);
	ck_assert_str_eq(found, cpus);
	for (size_t i = 0; i < plan.count; i++)
		ck_assert_msg(plan.cases[i].shared == (shared[i] == 's'), "case %zu", i);
	ck_assert_uint_eq(plan.count, strlen(shared));
}

START_TEST(generator_has_one_set_of_cores)
{
	fake_topology(&topology, 1, 6, 1);
	load(one_echo, "\"cores\": \"all\"");
	make_good(NULL);
	expect_generator("3 4 5", "---sss");
	load(one_echo, "\"cores\": \"all\", \"generator_cores\": 1");
	make_good(NULL);
	expect_generator("5", "-----s");
	load(one_counter, "\"cores\": \"all\"");
	make_good(NULL);
	expect_generator("3 4 5", "------");
	ck_assert_uint_eq(plan.cases->generator_cores, 0);
	load(one_echo, "\"cores\": \"all\", \"placement\": [5, 0, 3]");
	make_good(NULL);
	expect_generator("1 2 4", "---");
	load(one_echo, "\"cores\": \"all\", \"placement\": \"spread\"");
	topology_free(&topology);
	fake_topology(&topology, 2, 2, 1);
	make_good(NULL);
	expect_generator("1 3", "--ss");
	topology_free(&topology);
	fake_topology(&topology, 1, 1, 1);
	make_good(NULL);
	expect_generator("0", "s");
}
END_TEST

START_TEST(siblings_of_the_generators_cores_are_shared)
{
	fake_topology(&topology, 1, 2, 2);
	load(one_echo, "\"pus\": \"all\"");
	make_good(NULL);
	expect_generator("1", "-sss");
	/* PU 2 is on core 0, PU 3 the sibling of the generator's. */
	load(one_echo, "\"pus\": \"all\", \"placement\": [0, 2, 3]");
	make_good(NULL);
	expect_generator("3", "--s");
}
END_TEST

START_TEST(workload_is_told_of_the_generator)
{
	struct workload_case told;

	fake_topology(&topology, 1, 2, 1);
	load(one_echo, "\"cores\": 1, \"sampling\": {\"drain_ms\": 77}");
	make_good(NULL);
	told = plan_workload_case(&plan, plan.cases);
	ck_assert_uint_eq(told.cores, 1);
	ck_assert_uint_eq(told.generator_cores, 1);
	ck_assert_int_eq(told.generator_cpus[0], 1);
	ck_assert_uint_eq(told.drain_ms, 77);
	ck_assert_int_eq(workload_int(&told, "connections"), 16);
	load(one_counter, "\"cores\": 2");
	make_good(NULL);
	told = plan_workload_case(&plan, plan.cases);
	ck_assert_uint_eq(told.generator_cores, 0);
	ck_assert_ptr_null(told.generator_cpus);
	ck_assert_int_eq(workload_int(&told, "tasks"), 2); /* automatic: as many as cores */
}
END_TEST

START_TEST(quota_bounds_the_sweep)
{
	fake_topology(&topology, 1, 6, 2);
	topology.cpu_quota = 2.5;
	load(one_counter, "\"cores\": \"pow2\"");
	make_good(NULL);
	expect_counts("1 2");
	ck_assert_ptr_null(plan.cases[1].note);
	load(one_counter, "\"pus\": [\"max\", \"50%\", 4]");
	make_good(NULL);
	expect_counts("1 2 4");
	ck_assert_ptr_null(plan.cases[1].note);
	ck_assert_ptr_nonnull(plan.cases[2].note);
	ck_assert_ptr_nonnull(strstr(plan.cases[2].note, "quota"));
	topology.cpu_quota = 0.5;
	load(one_counter, "\"cores\": \"all\"");
	make_good(NULL);
	expect_counts("1");
	ck_assert_ptr_nonnull(plan.cases[0].note);
}
END_TEST

static const char matrix[] =
        "{\"models\": [\"serial\", {\"model\": \"thread-mutex\", \"kind\": [\"normal\","
        " \"adaptive\"]}, {\"model\": \"coroutine\", \"label\": \"mine\"}],"
        " \"baseline\": \"thread-mutex\", \"cores\": [1, 2],"
        " \"workloads\": [{\"workload\": \"counter\", \"batch\": [1, 1024]},"
        " {\"workload\": \"echo\", \"transport\": [\"tcp\", \"udp\"], \"cores\": 2}]}";

START_TEST(cases_come_in_the_configs_order)
{
	fake_topology(&topology, 1, 2, 1);
	load("%s", matrix);
	make_good(NULL);
	ck_assert_int_eq(asked, 3);
	ck_assert_uint_eq(plan.count, 2 * 2 * 4 + 2 * 4);
	expect_name(0, "counter/serial/cores=1");
	expect_name(1, "counter/thread-mutex/cores=1");
	expect_name(2, "counter/thread-mutex/kind=adaptive/cores=1");
	expect_name(3, "counter/coroutine/(mine)/cores=1");
	expect_name(4, "counter/serial/cores=2");
	expect_name(8, "counter/batch=1024/serial/cores=1");
	expect_name(16, "echo/serial/cores=2");
	expect_name(22, "echo/transport=udp/thread-mutex/kind=adaptive/cores=2");
	expect_halves(0, "counter batch=1", "serial");
	expect_halves(3, "counter batch=1", "coroutine (mine)");
	expect_halves(10, "counter batch=1024", "thread-mutex kind=adaptive");
	expect_halves(16, "echo", "serial");
	expect_halves(22, "echo transport=udp", "thread-mutex kind=adaptive");
	ck_assert_uint_eq(plan.cases[7].param_set, 0);
	ck_assert_uint_eq(plan.cases[8].param_set, 1);
	ck_assert_uint_eq(plan.cases[20].param_set, 3);
	ck_assert_ptr_eq(plan.cases[0].params, plan.cases[3].params);
	ck_assert_uint_eq(plan.rounds, 10);
	ck_assert_str_eq(plan.reduced, "");
	ck_assert_double_eq_tol(plan_trial_s(plan.cases), 0.265, 1e-9);
	ck_assert_double_eq_tol(plan.expected_s, 24 * 10 * 0.265, 1e-6);
}
END_TEST

/* A search makes many trials, and a run knows how long they take. */
START_TEST(a_search_takes_many_trials)
{
	fake_topology(&topology, 1, 2, 1);
	load("{\"models\": [\"serial\"], \"cores\": 1, \"workloads\": [{\"workload\": \"echo\","
	     " \"transport\": \"unix\", \"rate\": [1000, \"max-under\"], \"latency_goal_us\": "
	     "9}]}");
	make_good(NULL);
	ck_assert_uint_eq(plan.count, 2);
	ck_assert_double_eq_tol(plan_trial_s(plan.cases), 0.265, 1e-9);
	ck_assert_double_eq_tol(plan_trial_s(plan.cases + 1), SEARCH_TYPICAL_PROBES * 0.265, 1e-9);
	expect_name(1, "echo/transport=unix/rate=max-under/latency_goal_us=9/serial/cores=1");
	make_good(&(struct plan_filter){.only = (const char *const[]){"rate=max-under"},
	                                .only_count = 1});
	ck_assert_uint_eq(plan.count, 1);
}
END_TEST

START_TEST(each_case_has_its_baseline)
{
	fake_topology(&topology, 1, 2, 1);
	load("%s", matrix);
	make_good(NULL);
	for (size_t i = 0; i < plan.count; i++)
		ck_assert_uint_eq(plan.cases[i].baseline, i / 4 * 4 + 1);
	/* Without one of its own, the first of the models that does anything. */
	load("{\"models\": [\"empty\", \"coroutine\", \"serial\"], \"cores\": 1,"
	     " \"workloads\": [{\"workload\": \"counter\"},"
	     " {\"workload\": \"echo\", \"models\": [\"empty\"]}]}");
	make_good(NULL);
	ck_assert_uint_eq(plan.count, 4);
	for (size_t i = 0; i < 3; i++)
		ck_assert_uint_eq(plan.cases[i].baseline, 1);
	ck_assert(plan.cases[3].baseline == PLAN_NO_BASELINE);
	/* A label is meant before a name, a model without a label before one with. */
	load("{\"models\": [{\"model\": \"coroutine\", \"label\": \"a\"}, \"coroutine\"], "
	     "\"cores\": 1,"
	     " \"baseline\": \"coroutine\", \"workloads\": [{\"workload\": \"counter\"}]}");
	make_good(NULL);
	ck_assert_uint_eq(plan.cases[0].baseline, 1);
	load("{\"models\": [\"coroutine\", {\"model\": \"coroutine\", \"label\": \"a\"}], "
	     "\"cores\": 1,"
	     " \"baseline\": \"a\", \"workloads\": [{\"workload\": \"counter\"}]}");
	make_good(NULL);
	ck_assert_uint_eq(plan.cases[0].baseline, 1);
}
END_TEST

START_TEST(only_filters)
{
	static const struct {
		const char *only[3];
		size_t left;
	} filters[] = {
	        {{"workload=echo"}, 8},
	        {{"workload=echo", "workload=counter"}, 24},
	        {{"model=serial"}, 6},
	        {{"label=mine"}, 6},
	        {{"cores=1"}, 8},
	        {{"batch=1024"}, 8},
	        {{"batch=1024", "cores=2"}, 4},
	        {{"batch=1", "batch=1024", "model=coroutine"}, 4},
	        {{"kind=adaptive"}, 6},
	        {{"transport=udp", "kind=normal"}, 1},
	        {{"tasks=2"}, 8},
	        {{"counter/thread-mutex/kind=adaptive/cores=2"}, 1},
	        {{"name=counter/serial/cores=1", "name=echo/serial/cores=2"}, 2},
	};
	char key[PLAN_KEY], name[PLAN_NAME], text[64];
	const char *only = text;
	struct plan_filter filter = {0};

	fake_topology(&topology, 1, 2, 1);
	load("%s", matrix);
	for (size_t i = 0; i < COUNT(filters); i++) {
		filter.only = filters[i].only;
		for (filter.only_count = 0; filter.only_count < 3;)
			if (!filters[i].only[filter.only_count++])
				break;
		filter.only_count -= !filters[i].only[filter.only_count - 1];
		make_good(&filter);
		ck_assert_msg(plan.count == filters[i].left, "%s leaves %zu", filters[i].only[0],
		              plan.count);
	}
	make_good(NULL);
	plan_case_name(plan.cases + 5, name);
	snprintf(text, sizeof(text), "key=%s", plan_case_key(plan.cases + 5, key));
	filter = (struct plan_filter){.only = &only, .only_count = 1};
	make_good(&filter);
	expect_name(0, name);
	only = key;
	make_good(&filter);
	expect_name(0, name);
	ck_assert_uint_eq(plan.count, 1);
	ck_assert_uint_eq(plan.cases->baseline, 0);
}
END_TEST

START_TEST(filters_are_checked)
{
	static const struct {
		const char *only, *message;
	} wrong[] = {
	        {"bach=1",
	         "--only: unknown key \"bach\"; did you mean \"batch\"? (known: workload model "
	         "label cores name key lines turns think batch tasks locks transport "
	         "connections message_bytes pipeline messages_per_connection rate arrivals "
	         "latency_goal_us percentile kind stack_kib io "
	         "guard)"},
	        {"nothing", "--only: \"nothing\"; must be KEY=VALUE or the name of a case"},
	        {"=1", "--only: \"=1\"; must be KEY=VALUE or the name of a case"},
	        {"cores=7", "--only: none of 24 cases is left; without it, --dry-run lists them"},
	        {"workload=copy",
	         "--only: none of 24 cases is left; without it, --dry-run lists them"},
	};
	static const char *const cores[] = {"",   "0",          "1,",  ",",   "x", "1,2,200%",
	                                    "-1", "9999999999", "1 2", "pow", "%"};
	struct plan_filter filter = {.only_count = 1};

	fake_topology(&topology, 1, 2, 1);
	load("%s", matrix);
	for (size_t i = 0; i < COUNT(wrong); i++) {
		filter.only = &wrong[i].only;
		expect_problem(&filter, wrong[i].message);
	}
	filter = (struct plan_filter){0};
	for (size_t i = 0; i < COUNT(cores); i++) {
		filter.cores = cores[i];
		ck_assert_msg(make(&filter) == -EINVAL, "%s", cores[i]);
		ck_assert_uint_eq(problems.count, 1);
	}
	filter.cores = "1,3";
	expect_problem(&filter,
	               "--cores: 3 of 2 usable cores (cpuset 0-1); use \"all\", \"max\" or "
	               "numbers up to 2");
}
END_TEST

START_TEST(command_line_replaces_cores)
{
	static const struct {
		const char *cores, *counts;
	} lists[] = {{"1,2,max", "1 2 6"}, {"pow2", "1 2 4 6"}, {"all", "1 2 3 4 5 6"},
	             {"max", "6"},         {"50%", "3"},        {"3,3,50%", "3"}};
	struct plan_filter filter = {0};

	fake_topology(&topology, 1, 6, 1);
	load("{\"models\": [\"serial\"], \"workloads\": [{\"workload\": \"counter\", \"cores\": "
	     "5}]}");
	for (size_t i = 0; i < COUNT(lists); i++) {
		filter.cores = lists[i].cores;
		make_good(&filter);
		expect_counts(lists[i].counts);
	}
}
END_TEST

START_TEST(command_line_replaces_models)
{
	static const char *const names[] = {"thread-mutex", "semaphore"}, *const label[] = {"mine"};
	static const char *const unknown[] = {"corutine"}, *const file[] = {"/nowhere/mine.so"};
	static const char *const food[] = {"./food"};
	struct plan_filter filter = {.models = names, .model_count = 2};

	fake_topology(&topology, 1, 2, 1);
	load("%s", matrix);
	make_good(&filter);
	/* The config's own entry keeps its options, the other has the defaults. */
	ck_assert_uint_eq(plan.count, 6 * 3);
	expect_name(1, "counter/thread-mutex/kind=adaptive/cores=1");
	expect_name(2, "counter/semaphore/cores=1");
	ck_assert_uint_eq(plan.cases[2].baseline, 0);
	filter = (struct plan_filter){.models = label, .model_count = 1, .with_empty = true};
	make_good(&filter);
	ck_assert_uint_eq(plan.count, 6 * 2);
	expect_name(0, "counter/coroutine/(mine)/cores=1");
	expect_name(1, "counter/empty/cores=1");
	ck_assert(plan.cases[0].baseline == PLAN_NO_BASELINE);
	filter = (struct plan_filter){.models = unknown, .model_count = 1};
	expect_problem(&filter,
	               "--model: unknown model \"corutine\"; did you mean \"coroutine\"? (known: "
	               "broken coroutine empty lock-only process-pool semaphore serial "
	               "thread-mutex uring)");
	filter.models = file;
	expect_problem(&filter, "--model: \"/nowhere/mine.so\" is not there, or no file");
	filter.models = food;
	expect_problem(&filter, "--model: \"./food\" is not there, or no file");
}
END_TEST

START_TEST(a_plugin_is_named_by_its_file)
{
	char folder[] = "/tmp/heddle-test-XXXXXX", path[64];
	const char *file = path;
	struct plan_filter filter = {.models = &file, .model_count = 1};
	FILE *made;

	ck_assert_ptr_nonnull(mkdtemp(folder));
	snprintf(path, sizeof(path), "%s/mine.so", folder);
	made = fopen(path, "we");
	ck_assert_ptr_nonnull(made);
	fclose(made);
	fake_topology(&topology, 1, 1, 1);
	load("{\"models\": [\"serial\", {\"plugin\": \"%s\", \"label\": \"x\"}],"
	     " \"workloads\": [{\"workload\": \"counter\"}]}",
	     path);
	make(NULL);
	ck_assert_msg(problems.count == 0, "%s", problems.lines[0]);
	ck_assert_uint_eq(plan.count, 2);
	expect_name(1, "counter/mine/(x)/cores=1");
	make_good(&filter);
	ck_assert_uint_eq(plan.count, 1);
	expect_name(0, "counter/mine/cores=1");
	unlink(path);
	rmdir(folder);
}
END_TEST

static void key_of(size_t i, const char *text, char key[PLAN_KEY])
{
	load("%s", text);
	make_good(NULL);
	plan_case_key(plan.cases + i, key);
	ck_assert_uint_eq(strlen(key), 32);
}

START_TEST(keys_hold_all_that_matters)
{
	static const char *const same[] = {
	        "{\"models\": [\"coroutine\"], \"workloads\": [{\"workload\": \"echo\"}]}",
	        "{\"models\": [{\"model\": \"coroutine\", \"stack_kib\": 64}], \"name\": \"x\","
	        " \"margin_percent\": 1, \"sampling\": {\"rounds\": 20, \"windows\": 10},"
	        " \"workloads\": [{\"workload\": \"echo\", \"connections\": 16, \"cores\": [1]}]}",
	};
	static const char *const others[] = {
	        "{\"models\": [\"serial\"], \"workloads\": [{\"workload\": \"echo\"}]}",
	        "{\"models\": [\"coroutine\"], \"workloads\": [{\"workload\": \"counter\"}]}",
	        "{\"models\": [\"coroutine\"], \"cores\": 2, \"workloads\": [{\"workload\": "
	        "\"echo\"}]}",
	        "{\"models\": [\"coroutine\"], \"pus\": 1, \"workloads\": [{\"workload\": "
	        "\"echo\"}]}",
	        "{\"models\": [{\"model\": \"coroutine\", \"guard\": false}],"
	        " \"workloads\": [{\"workload\": \"echo\"}]}",
	        "{\"models\": [{\"model\": \"coroutine\", \"label\": \"x\"}],"
	        " \"workloads\": [{\"workload\": \"echo\"}]}",
	        "{\"models\": [\"coroutine\"], \"workloads\": [{\"workload\": \"echo\","
	        " \"transport\": \"unix\"}]}",
	        "{\"models\": [\"coroutine\"], \"workloads\": [{\"workload\": \"echo\","
	        " \"sampling\": {\"windows\": 11}}]}",
	        "{\"models\": [\"coroutine\"], \"workloads\": [{\"workload\": \"echo\"}],"
	        " \"sampling\": {\"warmup_ms\": 51}}",
	        "{\"models\": [\"coroutine\"], \"placement\": \"spread\","
	        " \"workloads\": [{\"workload\": \"echo\"}]}",
	        "{\"models\": [\"coroutine\"], \"placement\": [1],"
	        " \"workloads\": [{\"workload\": \"echo\"}]}",
	        "{\"models\": [\"coroutine\"], \"placement\": [0],"
	        " \"workloads\": [{\"workload\": \"echo\"}]}",
	        "{\"models\": [\"coroutine\"], \"generator_cores\": 2,"
	        " \"workloads\": [{\"workload\": \"echo\"}]}",
	};
	char first[PLAN_KEY], keys[COUNT(others)][PLAN_KEY];

	fake_topology(&topology, 1, 2, 1);
	key_of(0, same[0], first);
	key_of(0, same[1], keys[0]);
	ck_assert_str_eq(first, keys[0]);
	for (size_t i = 0; i < COUNT(others); i++) {
		key_of(0, others[i], keys[i]);
		ck_assert_msg(strcmp(first, keys[i]) != 0, "%s", others[i]);
		for (size_t j = 0; j < i; j++)
			ck_assert_msg(strcmp(keys[j], keys[i]) != 0, "%s", others[i]);
	}
}
END_TEST

/* Results of earlier versions are joined on it: it may only change with the counter's parameters.
 */
START_TEST(a_key_is_the_same_for_ever)
{
	char key[PLAN_KEY];

	fake_topology(&topology, 1, 2, 1);
	key_of(0, "{\"models\": [\"serial\"], \"workloads\": [{\"workload\": \"counter\"}]}", key);
	ck_assert_str_eq(key, "4ab61f3ba8db6b66e7b076b22692c978");
}
END_TEST

START_TEST(names_stay_short)
{
	char long_path[3000], name[PLAN_NAME];

	memset(long_path, 'p', sizeof(long_path));
	snprintf(long_path + sizeof(long_path) - 16, 16, "/last/of/it");
	fake_topology(&topology, 1, 1, 1);
	load("{\"models\": [{\"model\": \"semaphore\", \"trace\": \"%s\"}],"
	     " \"workloads\": [{\"workload\": \"counter\"}]}",
	     long_path);
	make_good(NULL);
	plan_case_name(plan.cases, name);
	ck_assert_ptr_nonnull(strstr(name, "/last/of/it/cores=1"));
	ck_assert_uint_lt(strlen(name), 120);
	ck_assert_uint_gt(strlen(plan.cases->options[1].text), 2900);
}
END_TEST

static const char budgeted[] =
        "{\"models\": [\"serial\", \"coroutine\"], \"cores\": \"pow2\", \"workloads\":"
        " [{\"workload\": \"counter\"}, {\"workload\": \"echo\", \"cores\": [2, \"max\"]}],"
        " \"sampling\": {\"budget_s\": %d, \"rounds\": %d, \"warmup_ms\": 85}}";

/* A round is 2 models x (7 + 2) counts x 0.3 s = 5.4 s. */
START_TEST(budget_takes_rounds_then_cores)
{
	static const struct {
		int budget_s, rounds;
		size_t cases;
		uint32_t rounds_left;
		const char *told;
	} budgets[] = {
	        {0, 10, 18, 10, ""},
	        {60, 10, 18, 10, ""},
	        {54, 10, 18, 10, ""},
	        {50, 10, 18, 9, "for the budget of 50 s: 9 rounds in place of 10"},
	        {33, 10, 18, 6, "for the budget of 33 s: 6 rounds in place of 10"},
	        {30, 10, 16, 6,
	         "for the budget of 30 s: 6 rounds in place of 10, without cores 32"},
	        {26, 10, 14, 6,
	         "for the budget of 26 s: 6 rounds in place of 10, without cores 8, 32"},
	        {15, 10, 8, 6,
	         "for the budget of 15 s: 6 rounds in place of 10, without cores 2, 4, 8, 16, 32"},
	        {1, 10, 8, 6,
	         "for the budget of 1 s: 6 rounds in place of 10, without cores 2, 4, 8, 16, 32; "
	         "still about 14 s"},
	        {10, 3, 10, 3, "for the budget of 10 s: 3 rounds, without cores 2, 8, 16, 32"},
	};

	fake_topology(&topology, 1, 64, 1);
	for (size_t i = 0; i < COUNT(budgets); i++) {
		load(budgeted, budgets[i].budget_s, budgets[i].rounds);
		make_good(NULL);
		ck_assert_str_eq(plan.reduced, budgets[i].told);
		ck_assert_uint_eq(plan.count, budgets[i].cases);
		ck_assert_uint_eq(plan.rounds, budgets[i].rounds_left);
		ck_assert_double_eq_tol(plan.expected_s,
		                        0.3 * (double)plan.count * budgets[i].rounds_left, 1e-6);
		for (size_t j = 0; j < plan.count; j++)
			ck_assert_uint_eq(plan.cases[j].baseline, j / 2 * 2);
		ck_assert_uint_eq(plan.cases[0].cores, 1);
		ck_assert_uint_eq(plan.cases[plan.count - 3].cores, 2); /* echo's first */
		ck_assert_uint_eq(plan.cases[plan.count - 1].cores, 64);
	}
}
END_TEST

START_TEST(what_cannot_run_takes_no_time)
{
	fake_topology(&topology, 1, 2, 1);
	load("{\"models\": [\"broken\", \"uring\", \"lock-only\", \"serial\"], \"cores\": 1,"
	     " \"workloads\": [{\"workload\": \"echo\"}]}");
	make_good(NULL);
	ck_assert_uint_eq(plan.count, 4);
	ck_assert_int_eq(plan.cases[0].status, STATUS_CRASHED);
	ck_assert_int_eq(plan.cases[1].status, STATUS_SKIPPED);
	ck_assert_int_eq(plan.cases[2].status, STATUS_SKIPPED);
	ck_assert_int_eq(plan.cases[3].status, STATUS_OK);
	ck_assert_str_eq(plan.cases[2].reason, "does not interpret READ WRITE ACCEPT");
	ck_assert_ptr_null(plan.cases[3].reason);
	ck_assert_double_eq_tol(plan.expected_s, 10 * 0.265, 1e-9);
}
END_TEST

static long resident_kib(void)
{
	struct rusage usage;

	getrusage(RUSAGE_SELF, &usage);
	return usage.ru_maxrss;
}

/* 10 x 10 parameters, 10 core counts, 10 models: what it takes is bounded. */
START_TEST(ten_thousand_cases_are_little)
{
	long before;
	uint64_t begin;

	fake_topology(&topology, 4, 128, 2);
	load("{\"models\": [\"serial\", {\"model\": \"coroutine\", \"stack_kib\":"
	     " {\"from\": 16, \"to\": 24, \"step\": 1}}], \"cores\": \"pow2\", \"workloads\":"
	     " [{\"workload\": \"counter\", \"lines\": {\"from\": 1, \"to\": 10, \"step\": 1},"
	     " \"turns\": {\"from\": 0, \"to\": 9, \"step\": 1}}],"
	     " \"sampling\": {\"budget_s\": 10000}}");
	before = resident_kib();
	begin = clock_now_ns();
	make_good(NULL);
	ck_assert_double_lt((double)(clock_now_ns() - begin) / 1e6,
	                    10000); /* under valgrind, too */
	ck_assert_int_lt(resident_kib() - before, 16 * 1024);
	ck_assert_uint_eq(plan.count, 6000); /* the budget left 6 of 10 counts */
}
END_TEST

/* A result is JSON, so a name that is cut must stay UTF-8. */
START_TEST(long_names_stay_whole)
{
	char name[PLAN_NAME], path[512] = "/tmp/", text[1024];
	json_t *json;

	fake_topology(&topology, 1, 1, 1);
	for (int i = 0; i < 20; i++)
		strcat(path, "\xe2\x82\xac\xc3\xa4"); /* of 3 and 2 bytes */
	for (int pad = 0; pad < 6; pad++) {
		strcat(path, "x");
		ck_assert_int_eq(mkdir(path, 0700), 0);
		snprintf(text, sizeof(text), "\"work_dir\": \"%s\"", path);
		load("{\"models\": [\"serial\"], \"workloads\": [{\"workload\": \"copy\", "
		     "\"files\": 1, %s}]}",
		     text);
		make_good(NULL);
		ck_assert_int_eq(rmdir(path), 0);
		ck_assert_uint_eq(plan.count, 1);
		json = json_string(plan_case_name(plan.cases, name));
		ck_assert_msg(json != NULL, "%s", name);
		json_decref(json);
	}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("plan");
	TCase *tests = tcase_create("plan");
	SRunner *runner = srunner_create(suite);
	int failed;

	if (!loopback_is_up()) /* cases of echo are expected to be possible */
		return TEST_SKIPPED;
	suite_add_tcase(suite, tests);
	tcase_add_checked_fixture(tests, setup, teardown);
	tcase_set_timeout(tests, 60);
	tcase_add_test(tests, counts_follow_the_machine);
	tcase_add_test(tests, pus_are_taken_in_order);
	tcase_add_test(tests, generator_has_one_set_of_cores);
	tcase_add_test(tests, siblings_of_the_generators_cores_are_shared);
	tcase_add_test(tests, workload_is_told_of_the_generator);
	tcase_add_test(tests, quota_bounds_the_sweep);
	tcase_add_test(tests, cases_come_in_the_configs_order);
	tcase_add_test(tests, a_search_takes_many_trials);
	tcase_add_test(tests, each_case_has_its_baseline);
	tcase_add_test(tests, long_names_stay_whole);
	tcase_add_test(tests, only_filters);
	tcase_add_test(tests, filters_are_checked);
	tcase_add_test(tests, command_line_replaces_cores);
	tcase_add_test(tests, command_line_replaces_models);
	tcase_add_test(tests, a_plugin_is_named_by_its_file);
	tcase_add_test(tests, keys_hold_all_that_matters);
	tcase_add_test(tests, a_key_is_the_same_for_ever);
	tcase_add_test(tests, names_stay_short);
	tcase_add_test(tests, budget_takes_rounds_then_cores);
	tcase_add_test(tests, what_cannot_run_takes_no_time);
	tcase_add_test(tests, ten_thousand_cases_are_little);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
