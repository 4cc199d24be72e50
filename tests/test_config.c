/* SPDX-License-Identifier: MIT */
/*
 * Configs as people write them. Each of config/valid makes exactly the cases that are named in the
 * .txt beside it, each of config/invalid is refused with exactly the messages there. GOLDEN=write
 * in the environment writes the .txt files anew; look at the difference before it is kept.
 */
#include <check.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "config.h"
#include "fake_sweep.h"
#include "loopback.h"
#include "plan.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static struct config config;
static struct problems problems;
static char folder[32];

static void teardown(void)
{
	config_free(&config);
	problems_free(&problems);
}

static char *read_all(const char *path)
{
	char *text = NULL;
	size_t size = 0;
	FILE *file = fopen(path, "re");

	if (!file)
		return NULL;
	if (getdelim(&text, &size, '\0', file) < 0)
		text = calloc(1, 1);
	fclose(file);
	return text;
}

/* Where the checkout lies is left out. */
static void print_elsewhere(const char *line, FILE *to)
{
	const char *folder_of_config = config.folder, *found = strstr(line, folder_of_config);

	if (found)
		fprintf(to, "%.*sFOLDER%s\n", (int)(found - line), line,
		        found + strlen(folder_of_config));
	else
		fprintf(to, "%s\n", line);
}

/* The messages, or where there are none, the cases. */
static void print_outcome(const char *path, FILE *to)
{
	struct topology topology;
	struct models models;
	struct plan plan = {0};
	char name[PLAN_NAME];

	fake_topology(&topology, 1, 2, 1);
	fake_models(&models);
	config_load(&config, path, NULL, 0, &problems);
	plan_make(&plan, &config, &models, &topology, NULL, fake_ask, NULL, &problems);
	for (size_t i = 0; i < problems.count; i++)
		print_elsewhere(problems.lines[i], to);
	for (size_t i = 0; i < plan.count; i++) {
		const struct plan_case *kase = plan.cases + i;

		fprintf(to, "%s%s", plan_case_name(kase, name), kase->shared ? " shared" : "");
		if (kase->status != STATUS_OK)
			fprintf(to, " %s: %s", status_name(kase->status), kase->reason);
		fprintf(to, "\n");
	}
	plan_free(&plan);
	models_free(&models);
	topology_free(&topology);
}

static void check_golden(const char *name, bool valid)
{
	const char *mode = getenv("GOLDEN");
	char *found = NULL, *expected, path[300];
	size_t size, length = strlen(name) - strlen(".json");
	FILE *to = open_memstream(&found, &size);

	ck_assert_ptr_nonnull(to);
	print_outcome(name, to);
	fclose(to);
	if (valid)
		ck_assert_msg(problems.count == 0, "%s", found);
	else
		ck_assert_msg(problems.count > 0, "%s is taken for a good one", name);
	snprintf(path, sizeof(path), "%.*s.txt", (int)length, name);
	if (mode && strcmp(mode, "write") == 0) {
		to = fopen(path, "we");
		ck_assert_ptr_nonnull(to);
		fputs(found, to);
		fclose(to);
	}
	expected = read_all(path);
	ck_assert_msg(expected != NULL, "%s is not there", path);
	ck_assert_msg(strcmp(found, expected) == 0, "%s\nfound:\n%sexpected:\n%s", name, found,
	              expected);
	free(found);
	free(expected);
}

static int is_json(const struct dirent *entry)
{
	size_t length = strlen(entry->d_name);

	return length > 5 && strcmp(entry->d_name + length - 5, ".json") == 0;
}

static int list_goldens(const char *kind, struct dirent ***entries)
{
	char path[512];

	snprintf(path, sizeof(path), "%s/config/%s", TEST_SOURCE_DIR, kind);
	ck_assert_int_eq(chdir(path), 0);
	return scandir(".", entries, is_json, alphasort);
}

static void check_goldens(const char *kind, bool valid, int least)
{
	struct dirent **entries;
	int count = list_goldens(kind, &entries);

	ck_assert_int_ge(count, least);
	for (int i = 0; i < count; i++) {
		check_golden(entries[i]->d_name, valid);
		teardown();
		free(entries[i]);
	}
	free(entries);
}

START_TEST(invalid_ones_are_refused_with_these_words)
{
	check_goldens("invalid", false, 45);
}
END_TEST

START_TEST(valid_ones_make_these_cases)
{
	check_goldens("valid", true, 8);
}
END_TEST

/* A promise of each config that is shipped, on this many cores. */
static void check_shipped(const char *name, int cores, double most_s)
{
	struct topology topology;
	struct models models;
	struct plan plan = {0};
	char path[512];

	snprintf(path, sizeof(path), "%s/../configs/%s.json", TEST_SOURCE_DIR, name);
	fake_topology(&topology, 1, cores, 1);
	fake_models(&models);
	config_load(&config, path, NULL, 0, &problems);
	plan_make(&plan, &config, &models, &topology, NULL, fake_ask, NULL, &problems);
	ck_assert_msg(problems.count == 0, "%s", problems.lines[0]);
	ck_assert_str_eq(config.name, name);
	ck_assert_uint_ge(plan.rounds, 6);
	ck_assert_double_le(plan.expected_s, most_s);
	for (size_t i = 0; i < plan.count; i++) {
		ck_assert_int_eq(plan.cases[i].status, STATUS_OK);
		ck_assert(plan.cases[i].baseline != PLAN_NO_BASELINE);
	}
	plan_free(&plan);
	models_free(&models);
	topology_free(&topology);
	teardown();
}

START_TEST(shipped_ones_keep_their_time)
{
	static const int cores[] = {1, 2, 3, 8, 64, 1024};

	/* Half of quick's 20 s is left for what trials take beside their windows. */
	for (size_t i = 0; i < COUNT(cores); i++) {
		check_shipped("quick", cores[i], 12);
		check_shipped("default", cores[i], 180);
	}
}
END_TEST

static json_t *at(json_t *json, const char *key)
{
	json_t *found = json_object_get(json, key);

	ck_assert_msg(found != NULL, "the schema has no %s", key);
	return found;
}

/* Words in place of a number: one for now. */
static void check_words(json_t *described, const char *choices)
{
	json_t *words = at(described, "enum"), *word = json_array_get(words, 0);

	ck_assert_uint_eq(json_array_size(words), 1);
	if (json_is_string(word))
		ck_assert_str_eq(json_string_value(word), choices);
	else
		ck_assert_double_eq(json_number_value(word), strtod(choices, NULL));
}

static void check_described(json_t *definitions, const struct workload *workload)
{
	json_t *properties = at(at(definitions, workload->name), "properties");

	for (const struct hd_option *param = workload->params; param->name; param++) {
		json_t *described = at(properties, param->name);
		json_t *single = json_array_get(at(described, "anyOf"), 0);
		char words[256] = "";

		for (size_t i = 0; i < json_array_size(json_object_get(single, "enum")); i++) {
			strcat(words, i ? " " : "");
			strcat(words, json_string_value(
			                      json_array_get(json_object_get(single, "enum"), i)));
		}
		if (param->kind == HD_OPTION_CHOICE)
			ck_assert_str_eq(words, param->choices);
		if (option_has_words(param))
			check_words(json_array_get(at(described, "anyOf"), 1), param->choices);
		if (param->kind != HD_OPTION_INT)
			continue;
		ck_assert_int_eq(json_integer_value(at(single, "minimum")), param->min);
		ck_assert_int_eq(json_integer_value(at(single, "maximum")), param->max);
		ck_assert_int_eq(json_integer_value(at(described, "default")), param->value);
	}
}

START_TEST(schema_describes_every_parameter)
{
	json_t *schema = json_load_file(TEST_SOURCE_DIR "/../configs/config.schema.json", 0, NULL);

	ck_assert_ptr_nonnull(schema);
	for (size_t i = 0; workloads[i]; i++)
		check_described(at(schema, "definitions"), workloads[i]);
	json_decref(schema);
}
END_TEST

/* Writes a config into the test's folder and loads it. */
static int load_text(const char *text, size_t size, const struct config_change *changes,
                     size_t count)
{
	int fd = open("test.json", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	teardown();
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(write(fd, text, size), (ssize_t)size);
	close(fd);
	return config_load(&config, "test.json", changes, count, &problems);
}

static int load(const char *text)
{
	return load_text(text, strlen(text), NULL, 0);
}

static void setup_folder(void)
{
	strcpy(folder, "/tmp/heddle-test-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(folder));
	ck_assert_int_eq(chdir(folder), 0);
}

static void teardown_folder(void)
{
	teardown();
	unlink("test.json");
	ck_assert_int_eq(chdir("/"), 0);
	rmdir(folder);
}

static const char small[] =
        "{\"models\": [\"serial\", {\"model\": \"coroutine\", \"io\": \"epoll\"}],"
        " \"workloads\": [{\"workload\": \"counter\", \"batch\": [1, 1024]}]}";

START_TEST(defaults_are_in_force)
{
	const struct config_workload *workload;

	ck_assert_int_eq(load(small), 0);
	workload = config.workloads;
	ck_assert_str_eq(config.name, "test");
	ck_assert_ptr_null(config.baseline);
	ck_assert(config.cores.kind == CORES_POW2 && !config.cores.given && !config.cores.pus);
	ck_assert(config.placement.kind == PLACEMENT_NEAR);
	ck_assert_uint_eq(config.sampling.rounds, 10);
	ck_assert_uint_eq(config.sampling.budget_s, 0);
	ck_assert_double_eq(config.sampling.target_ci_percent, 0);
	ck_assert(!config.sampling.counters);
	ck_assert_uint_eq(config.trial_timeout_s, 10);
	ck_assert_uint_eq(config.memory_mib, 4096);
	ck_assert_uint_eq(config.threads, 16384);
	ck_assert_uint_eq(config.generator_cores, 0);
	ck_assert_uint_eq(workload->sampling.warmup_ms, 50);
	ck_assert_uint_eq(workload->sampling.window_ms, 20);
	ck_assert_uint_eq(workload->sampling.windows, 10);
	ck_assert_uint_eq(workload->sampling.drain_ms, 1000);
	ck_assert_double_eq(workload->margin_percent, 5);
	ck_assert_ptr_null(workload->expect);
	ck_assert_str_eq(config.models.items[0].name_place, "models[0]");
	ck_assert_str_eq(config.models.items[1].name_place, "models[1].model");
	ck_assert_str_eq(config.models.items[1].options.items->place, "models[1].io");
	ck_assert_uint_eq(workload->params.items->count, 2);
}
END_TEST

START_TEST(ranges_are_spelt_out)
{
	static const struct {
		const char *range;
		size_t count;
		int64_t values[9];
	} ranges[] = {
	        {"{\"from\": 4, \"to\": 256}", 7, {4, 8, 16, 32, 64, 128, 256}},
	        {"{\"from\": 3, \"to\": 20}", 5, {3, 4, 8, 16, 20}},
	        {"{\"from\": 0, \"to\": 4}", 4, {0, 1, 2, 4}},
	        {"{\"from\": 5, \"to\": 5}", 1, {5}},
	        {"{\"from\": 0, \"to\": 10, \"step\": 4}", 3, {0, 4, 8}},
	        {"{\"from\": -4, \"to\": 4, \"step\": 4}", 3, {-4, 0, 4}},
	        {"{\"from\": 7, \"to\": 9, \"step\": 1, \"about\": \"x\"}", 3, {7, 8, 9}},
	        {"{\"from\": 9223372036854775806, \"to\": 9223372036854775807}",
	         2,
	         {INT64_MAX - 1, INT64_MAX}},
	        {"{\"from\": -9223372036854775808, \"to\": 9223372036854775807,"
	         " \"step\": 9223372036854775807}",
	         3,
	         {INT64_MIN, -1, INT64_MAX - 1}},
	};
	char text[512];

	for (size_t i = 0; i < COUNT(ranges); i++) {
		const struct config_setting *setting;

		snprintf(text, sizeof(text),
		         "{\"models\": [\"m\"], \"workloads\": [{\"workload\": \"w\", \"p\": %s}]}",
		         ranges[i].range);
		ck_assert_int_eq(load(text), 0);
		setting = config.workloads->params.items;
		ck_assert_uint_eq(setting->count, ranges[i].count);
		for (size_t j = 0; j < setting->count; j++)
			ck_assert_int_eq(setting->values[j].value.number, ranges[i].values[j]);
	}
}
END_TEST

START_TEST(paths_are_relative_to_the_config)
{
	char expected[600], *here = realpath(".", NULL);

	ck_assert_int_eq(load("{\"models\": [{\"plugin\": \"sub/mine.so\"},"
	                      " {\"model\": \"other\", \"plugin\": \"/lib/other.so\"}],"
	                      " \"workloads\": [{\"workload\": \"counter\"}]}"),
	                 0);
	snprintf(expected, sizeof(expected), "%s/sub/mine.so", here);
	ck_assert_str_eq(config.models.items[0].plugin, expected);
	ck_assert_str_eq(config.models.items[0].model, "mine");
	ck_assert_str_eq(config.models.items[1].plugin, "/lib/other.so");
	ck_assert_str_eq(config.folder, here);
	free(here);
}
END_TEST

START_TEST(sampling_of_a_workload_differs_where_it_says)
{
	ck_assert_int_eq(load("{\"models\": [\"m\"], \"margin_percent\": 2.5,"
	                      " \"sampling\": {\"warmup_ms\": 7, \"windows\": 3, \"rounds\": 8},"
	                      " \"workloads\": [{\"workload\": \"a\"}, {\"workload\": \"b\","
	                      " \"margin_percent\": 10, \"sampling\": {\"windows\": 4}}]}"),
	                 0);
	ck_assert_uint_eq(config.workloads[0].sampling.windows, 3);
	ck_assert_uint_eq(config.workloads[1].sampling.windows, 4);
	ck_assert_uint_eq(config.workloads[1].sampling.warmup_ms, 7);
	ck_assert_double_eq(config.workloads[0].margin_percent, 2.5);
	ck_assert_double_eq(config.workloads[1].margin_percent, 10);
}
END_TEST

START_TEST(a_precision_makes_rounds_an_upper_limit)
{
	ck_assert_int_eq(load("{\"models\": [\"m\"], \"workloads\": [{\"workload\": \"a\"}, "
	                      " {\"workload\": \"b\", \"sampling\": {\"counters\": true}}],"
	                      " \"sampling\": {\"target_ci_percent\": 2.5}}"),
	                 0);
	ck_assert_double_eq(config.sampling.target_ci_percent, 2.5);
	ck_assert_uint_eq(config.sampling.rounds, 40);
	ck_assert(!config.workloads[0].sampling.counters);
	ck_assert(config.workloads[1].sampling.counters);
	config_free(&config);
	ck_assert_int_eq(load("{\"models\": [\"m\"], \"workloads\": [{\"workload\": \"a\"}],"
	                      " \"sampling\": {\"target_ci_percent\": 2, \"rounds\": 12}}"),
	                 0);
	ck_assert_uint_eq(config.sampling.rounds, 12);
}
END_TEST

START_TEST(changes_reach_their_place)
{
	static const struct config_change changes[] = {
	        {"sampling.rounds", "6"},
	        {"workloads[0].batch", "[2, 4]"},
	        {"models[0].kind", "adaptive"},
	        {"models[1].io", "io_uring"},
	        {"name", "changed"},
	        {"cores", "50%"},
	        {"workloads[0].sampling.windows", "3"},
	        {"limits.memory_mib", "100"},
	};

	ck_assert_int_eq(load_text(small, strlen(small), changes, COUNT(changes)), 0);
	ck_assert_uint_eq(config.sampling.rounds, 6);
	ck_assert_int_eq(config.workloads->params.items->values[1].value.number, 4);
	ck_assert_str_eq(config.models.items[0].model, "serial");
	ck_assert_str_eq(config.models.items[0].options.items->values->value.text, "adaptive");
	ck_assert_str_eq(config.models.items[1].options.items->values->value.text, "io_uring");
	ck_assert_str_eq(config.name, "changed");
	ck_assert(config.cores.kind == CORES_LIST && config.cores.list->kind == COUNT_PERCENT);
	ck_assert_uint_eq(config.workloads->sampling.windows, 3);
	ck_assert_uint_eq(config.memory_mib, 100);
	ck_assert_ptr_nonnull(strstr(config.json, "\"rounds\":6"));
}
END_TEST

START_TEST(changes_elsewhere_are_refused)
{
	static const struct {
		struct config_change change;
		const char *message;
	} wrong[] = {
	        {{"sampling..rounds", "6"},
	         "--set sampling..rounds: must be a place such as sampling.rounds or "
	         "workloads[0].batch"},
	        {{"", "6"},
	         "--set : must be a place such as sampling.rounds or workloads[0].batch"},
	        {{"workloads[", "6"},
	         "--set workloads[: must be a place such as sampling.rounds or workloads[0].batch"},
	        {{"workloads[-1].batch", "6"},
	         "--set workloads[-1].batch: must be a place such as sampling.rounds or "
	         "workloads[0].batch"},
	        {{"workloads[1].batch", "6"}, "--set workloads[1].batch: there is no workloads[1]"},
	        {{"workloads[99999999999999999999999].batch", "6"},
	         "--set workloads[99999999999999999999999].batch: there is no "
	         "workloads[99999999999999999999999]"},
	        {{"worklods[0].batch", "6"}, "--set worklods[0].batch: there is no worklods"},
	        {{"models[2]", "serial"}, "--set models[2]: no such place; there is no such item"},
	        {{"workloads.batch", "6"},
	         "--set workloads.batch: no such place; what it lies in is not an object"},
	        {{"workloads[0].batch", "[1, 2"},
	         "--set workloads[0].batch: \"[1, 2\" is not valid JSON"},
	        {{"name", "\xff"}, "--set name: not valid UTF-8"},
	        {{"smapling", "1"},
	         "test.json: smapling: unknown key; did you mean \"sampling\"? (known: name models "
	         "baseline cores pus placement workloads sampling limits margin_percent "
	         "generator_cores)"},
	};

	for (size_t i = 0; i < COUNT(wrong); i++) {
		ck_assert_int_eq(load_text(small, strlen(small), &wrong[i].change, 1), -EINVAL);
		ck_assert_uint_eq(problems.count, 1);
		ck_assert_str_eq(problems.lines[0], wrong[i].message);
	}
}
END_TEST

static void expect_problem(int code, const char *message)
{
	ck_assert_uint_eq(problems.count, 1);
	ck_assert_str_eq(problems.lines[0], message);
	ck_assert_int_lt(code, 0);
	teardown();
}

START_TEST(what_is_no_file_is_refused)
{
	expect_problem(config_load(&config, "none.json", NULL, 0, &problems),
	               "none.json: No such file or directory");
	expect_problem(config_load(&config, "/", NULL, 0, &problems),
	               "/: a folder; must be a file");
	expect_problem(config_load(&config, "/dev/zero", NULL, 0, &problems),
	               "/dev/zero: larger than 1 MiB; not a config");
	expect_problem(config_load(&config, "/dev/null", NULL, 0, &problems),
	               "/dev/null: empty; must be a JSON object");
}
END_TEST

START_TEST(a_pipe_is_read)
{
	int ends[2];
	char path[64];

	ck_assert_int_eq(pipe(ends), 0);
	ck_assert_int_eq(write(ends[1], small, strlen(small)), (ssize_t)strlen(small));
	close(ends[1]);
	snprintf(path, sizeof(path), "/dev/fd/%d", ends[0]);
	ck_assert_int_eq(config_load(&config, path, NULL, 0, &problems), 0);
	close(ends[0]);
}
END_TEST

/* `count` times `text`, between `before` and `after`. */
static int load_repeated(const char *before, const char *text, size_t count, const char *after)
{
	char *whole = NULL;
	size_t size;
	FILE *to = open_memstream(&whole, &size);
	int code;

	fputs(before, to);
	for (size_t i = 0; i < count; i++)
		fputs(text, to);
	fputs(after, to);
	fclose(to);
	code = load_text(whole, size, NULL, 0);
	free(whole);
	return code;
}

START_TEST(large_inputs_stay_small_problems)
{
	ck_assert_int_lt(load_repeated("", "[", 500000, ""), 0);
	ck_assert_int_lt(load_repeated("", "{\"a\":", 100000, ""), 0);
	ck_assert_int_lt(load_repeated("{\"name\": \"", "a", 900000, "\"}"), 0);
	for (size_t i = 0; i < problems.count; i++)
		ck_assert_uint_lt(strlen(problems.lines[i]), 2000);
	ck_assert_int_lt(load_repeated("{\"models\": [1", ",1", 300000, "]}"), 0);
	ck_assert_int_lt(load_repeated("{\"models\": [1", ",1", 1000, "]}"), 0);
	ck_assert_uint_eq(problems.count, 101);
	ck_assert_str_eq(problems.lines[100], "test.json: more errors follow");
	ck_assert_int_lt(load_repeated("", " ", 2000000, ""), 0);
}
END_TEST

/* Every beginning of a config, and each of its bytes changed: an answer, never a crash. */
START_TEST(mutilated_ones_are_answered)
{
	static const char *const full =
	        "{\"models\": [\"serial\", {\"model\": \"coroutine\", \"io\": [\"epoll\"]}],"
	        "\"cores\": [1, \"50%\", \"max\"], \"placement\": [0, 1], \"baseline\": \"serial\","
	        "\"workloads\": [{\"workload\": \"counter\", \"batch\": {\"from\": 1, \"to\": 8},"
	        "\"sampling\": {\"windows\": 3}, \"expect\": \"ok\", \"margin_percent\": 1}],"
	        "\"limits\": {\"memory_mib\": 100}}";
	static const char bytes[] = "\0\"[]{},:0a\xff\\-.9 ";
	size_t length = strlen(full);
	char *text = malloc(length);

	ck_assert_ptr_nonnull(text);
	ck_assert_int_eq(load(full), 0);
	for (size_t i = 0; i < length; i++) {
		memcpy(text, full, length);
		ck_assert_int_lt(load_text(text, i, NULL, 0), 0);
		for (size_t j = 0; j < sizeof(bytes) - 1; j++) {
			text[i] = bytes[j];
			if (load_text(text, length, NULL, 0) != 0)
				ck_assert_uint_gt(problems.count, 0);
		}
	}
	free(text);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("config");
	TCase *golden = tcase_create("golden"), *tests = tcase_create("config");
	SRunner *runner = srunner_create(suite);
	int failed;

	if (!loopback_is_up()) /* cases of echo are expected to be possible */
		return TEST_SKIPPED;
	suite_add_tcase(suite, golden);
	tcase_add_checked_fixture(golden, NULL, teardown);
	tcase_set_timeout(golden, 60);
	tcase_add_test(golden, invalid_ones_are_refused_with_these_words);
	tcase_add_test(golden, valid_ones_make_these_cases);
	tcase_add_test(golden, shipped_ones_keep_their_time);
	tcase_add_test(golden, schema_describes_every_parameter);
	suite_add_tcase(suite, tests);
	tcase_add_checked_fixture(tests, setup_folder, teardown_folder);
	tcase_set_timeout(tests, 60);
	tcase_add_test(tests, defaults_are_in_force);
	tcase_add_test(tests, ranges_are_spelt_out);
	tcase_add_test(tests, paths_are_relative_to_the_config);
	tcase_add_test(tests, sampling_of_a_workload_differs_where_it_says);
	tcase_add_test(tests, a_precision_makes_rounds_an_upper_limit);
	tcase_add_test(tests, changes_reach_their_place);
	tcase_add_test(tests, changes_elsewhere_are_refused);
	tcase_add_test(tests, what_is_no_file_is_refused);
	tcase_add_test(tests, a_pipe_is_read);
	tcase_add_test(tests, large_inputs_stay_small_problems);
	tcase_add_test(tests, mutilated_ones_are_answered);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
