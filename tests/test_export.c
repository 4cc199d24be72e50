/* SPDX-License-Identifier: MIT */
/* Results in other formats, from documents that stand in the test. Readers' own rules: export.py. */
#include "suite.h"

#include <errno.h>
#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "export.h"
#include "fake_tree.h"

static char root[FAKE_TREE_PATH], told[65536];
static struct hd_error err;

/* In a document ' stands for ". */
#define DOCUMENT(started, cpu, cases)                                                            \
	"{'format': 'heddle-result', 'version': 1, 'run': {'name': 'some', 'started': '" started \
	"'}, 'tool': {'version': '0.1.0', 'build_type': 'Release'}, 'machine': {'hostname': "    \
	"'here', 'cpu_model': '" cpu "', 'pus_usable': 2, 'kernel': '6.1', 'governor': null, "   \
	"'load_1min': 0.5}, 'cases': [" cases "]}"
#define NOON "2026-01-31T12:00:00Z"
#define ONE "2026-01-31T13:00:00Z"

#define TRIALS                                                                              \
	"[{'round': 1, 'order': 4, 'status': 'ok', 'reason': null, 'elapsed_ns': 90000000," \
	"  'window_ns': [20000000, 20000000]},"                                             \
	" {'round': 2, 'order': 0, 'status': 'ok', 'reason': null, 'elapsed_ns': 80000000," \
	"  'window_ns': [40000000]}]"

#define CASE(name, key, series, metrics)                                                         \
	"{'name': '" name "', 'series': '" series "', 'key': '" key                              \
	"', 'workload': 'counter', 'model': 'thread-mutex', 'label': null, 'cores': 2, "         \
	"'shared': false, 'status': 'ok', 'reason': null, 'notes': ['two modes'], "              \
	"'baseline': true, 'versus_baseline': null, 'metrics': {" metrics "}, 'trials': " TRIALS \
	"}"

#define METRIC(name, unit, better, median, interval, one, two)                     \
	"'" name "': {'unit': '" unit "', 'better': " better ", 'median': " median \
	", 'ci95': " interval ", 'mad': 1, 'trials': [" one ", " two "]}"

#define MUTEX "counter/lines=4/thread-mutex/kind=adaptive/cores=2"
#define SERIES "thread-mutex kind=adaptive"
#define RATE METRIC("throughput", "ops/s", "'higher'", "1e6", "[9e5, 1.2e6]", "8e5", "1.2e6")
#define TIME METRIC("time_per_op", "ns", "'lower'", "1000", "null", "1250", "833")
#define CPU METRIC("cpu_per_op", "ns", "'lower'", "1800", "[1700, 1900]", "1700", "1900")
#define FACT METRIC("connections_made", "connections", "null", "4", "null", "4", "4")
#define GOOD CASE(MUTEX, "0a", SERIES, RATE ", " TIME ", " CPU ", " FACT)

#define FAILED                                                                                     \
	"{'name': 'counter/semaphore/cores=2', 'series': 'semaphore', 'key': '0b', "               \
	"'workload': 'counter', 'model': 'semaphore', 'label': null, 'cores': 2, "                 \
	"'shared': false, 'status': 'wrong-result', 'reason': '6 lost, round 2', "                 \
	"'notes': [], 'metrics': {" METRIC("throughput", "ops/s", "'higher'", "null", "null",      \
	                                   "1e6",                                                  \
	                                   "null") "}, 'trials': " TRIALS "}, "                    \
	                                           "{'name': 'echo/serial/cores=1', 'key': '0c', " \
	                                           "'workload': 'echo', 'model': "                 \
	                                           "'serial', 'cores': 1, 'status': 'skipped', "   \
	                                           "'reason': 'cannot, \\'here\\'', "              \
	                                           "'notes': [], 'metrics': null, 'trials': []}"

static void setup(void)
{
	fake_tree_make(root);
	err = (struct hd_error){0};
	told[0] = '\0';
}

static void teardown(void)
{
	fake_tree_remove(root);
}

/* Writes the documents as 0.json, 1.json, ... and exports them all. NULL with the error. */
static char *export_all(const char *to, const char *const *documents, const char *metric,
                        const char *only)
{
	char names[4][FAKE_TREE_PATH + 16], *text;
	const char *paths[4];
	struct export_options options = {.paths = paths,
	                                 .metrics = &metric,
	                                 .metric_count = metric != NULL,
	                                 .only = &only,
	                                 .only_count = only != NULL};
	const struct export_format *format = export_find(to, &err);
	FILE *messages = fmemopen(told, sizeof(told), "w");
	size_t size;

	ck_assert_ptr_nonnull(format);
	for (; documents[options.path_count]; options.path_count++) {
		size_t i = options.path_count;
		char *json = strdup(documents[i]);

		for (char *quote = json; (quote = strchr(quote, '\''));)
			*quote = '"';
		snprintf(names[i], sizeof(names[i]), "%s/%zu.json", root, i);
		fake_tree_put(root, strrchr(names[i], '/') + 1, json);
		paths[i] = names[i];
		free(json);
	}
	export_text(format, &options, &text, &size, messages, &err);
	fclose(messages);
	ck_assert_int_eq(!text, err.code != 0);
	ck_assert_uint_eq(size, text ? strlen(text) : 0);
	return text;
}

static char *export_one(const char *to, const char *document, const char *metric)
{
	return export_all(to, (const char *const[]){document, NULL}, metric, NULL);
}

static json_t *parsed(char *text)
{
	json_error_t why;
	json_t *json = text ? json_loads(text, JSON_REJECT_DUPLICATES, &why) : NULL;

	ck_assert_msg(json != NULL, "%s", text ? text : err.text);
	free(text);
	return json;
}

static json_t *json_of(const char *to, const char *document, const char *metric)
{
	return parsed(export_one(to, document, metric));
}

static void assert_text(const json_t *object, const char *key, const char *wanted)
{
	const char *found = json_string_value(json_object_get(object, key));

	ck_assert_msg(found && strcmp(found, wanted) == 0, "%s: \"%s\", not \"%s\"", key,
	              found ? found : "none", wanted);
}

static void assert_number(const json_t *object, const char *key, double wanted)
{
	const json_t *found = json_object_get(object, key);

	ck_assert_msg(json_is_number(found) &&
	                      fabs(json_number_value(found) - wanted) <= 1e-9 * fabs(wanted),
	              "%s: %.12g, not %.12g", key, json_number_value(found), wanted);
}

static void assert_holds(const char *text, const char *wanted)
{
	ck_assert_msg(strstr(text, wanted) != NULL, "no \"%s\" in:\n%s", wanted, text);
}

static void assert_refused(char *text, const char *wanted)
{
	ck_assert_ptr_null(text);
	assert_holds(err.text, wanted);
	err = (struct hd_error){0};
}

/* ---- All formats ----------------------------------------------------------------------------- */

START_TEST(an_unknown_format_gets_a_suggestion)
{
	ck_assert_ptr_null(export_find("google-bench", &err));
	assert_holds(err.text,
	             "unknown format \"google-bench\"; did you mean \"google-benchmark\"?");
	assert_holds(err.text, "markdown");
	for (size_t i = 0; export_name(i); i++)
		ck_assert_ptr_nonnull(export_find(export_name(i), NULL));
}
END_TEST

START_TEST(what_is_no_result_is_refused)
{
	assert_refused(export_one("csv", "{'format': 'heddle-verdict', 'version': 1}", NULL),
	               "0.json: not a Heddle result: its \"format\" is \"heddle-verdict\"");
	assert_refused(export_one("csv", "{", NULL), "0.json:1:");
	assert_refused(export_one("csv", DOCUMENT(NOON, "x", "{}"), NULL), "cases[0]: has no name");
	assert_refused(export_one("csv", DOCUMENT(NOON, "x", GOOD ", 7"), NULL),
	               "cases[1]: has no name");
}
END_TEST

/* What a result may hold is no more than that; a format that lengthens a name may come to more. */
START_TEST(names_have_1024_bytes_at_most)
{
	static const struct {
		const char *format;
		size_t length;
		const char *refused;
	} tried[] = {{"bencher", 1024, NULL},
	             {"bencher", 1025, "cases[0].name: 1025 bytes long; at most 1024"},
	             {"googlecpp-summary", 1017, NULL},
	             {"googlecpp-summary", 1018,
	              "cases[0]: a name of 1025 bytes, googlecpp-summary takes 1024"}};
	char document[8192], name[1026];

	for (size_t i = 0; i < sizeof(tried) / sizeof(tried[0]); i++) {
		memset(name, 'n', tried[i].length);
		name[tried[i].length] = '\0';
		snprintf(document, sizeof(document),
		         DOCUMENT(NOON, "x", CASE("%s", "0a", SERIES, RATE ", " TIME ", " CPU)),
		         name);
		if (tried[i].refused)
			assert_refused(export_one(tried[i].format, document, NULL),
			               tried[i].refused);
		else
			json_decref(json_of(tried[i].format, document, NULL));
	}
}
END_TEST

START_TEST(no_cases)
{
	static const char *const never[] = {"googlecpp-summary", "github-action-bigger",
	                                    "github-action-smaller", "pyperf", NULL};
	static const char *const may[] = {"google-benchmark", "bencher", "benchfmt", "csv",
	                                  "markdown",         NULL};
	const char *empty = DOCUMENT(NOON, "x", "");

	for (const char *const *name = never; *name; name++)
		assert_refused(export_one(*name, empty, NULL), "no case is left, and what reads");
	for (const char *const *name = may; *name; name++)
		free(export_one(*name, empty, NULL));
	ck_assert_int_eq(err.code, 0);
}
END_TEST

START_TEST(failed_cases_are_left_out_and_told)
{
	static const char *const formats[] = {
	        "googlecpp-summary", "github-action-bigger", "bencher", "pyperf", "benchfmt", NULL};

	for (const char *const *name = formats; *name; name++) {
		char *text = export_one(*name, DOCUMENT(NOON, "x", GOOD ", " FAILED), NULL);

		ck_assert_msg(text != NULL, "%s: %s", *name, err.text);
		ck_assert_ptr_null(strstr(text, "semaphore"));
		ck_assert_ptr_null(strstr(text, "serial"));
		assert_holds(told, "semaphore");
		assert_holds(told, "left out: wrong-result: 6 lost, round 2\n");
		assert_holds(told, "left out: skipped: cannot, \"here\"\n");
		free(text);
	}
}
END_TEST

START_TEST(only_and_metric_choose)
{
	const char *both[] = {DOCUMENT(NOON, "x", GOOD), DOCUMENT(ONE, "x", FAILED), NULL};
	char *text = export_all("csv", both, NULL, "model=semaphore");

	ck_assert_ptr_nonnull(text);
	ck_assert_ptr_null(strstr(text, "thread-mutex"));
	free(text);
	assert_refused(export_all("csv", both, NULL, "colour=blue"),
	               "--only colour=blue: no case has that key");
	assert_refused(export_one("csv", both[0], "time_per_opp"),
	               "--metric \"time_per_opp\": no case has it; did you mean \"time_per_op\"?");
	assert_refused(export_one("csv", DOCUMENT(NOON, "x", ""), "throughput"),
	               "--metric \"throughput\": no case has it");
	assert_refused(export_one("github-action-smaller", both[0], "throughput"),
	               "--metric throughput: better higher; github-action-smaller holds what is "
	               "better lower");
	assert_refused(export_one("github-action-bigger", both[0], "connections_made"),
	               "--metric connections_made: no direction is better; ");
}
END_TEST

/* ---- Several results ------------------------------------------------------------------------- */

START_TEST(a_name_once)
{
	static const char *const formats[] = {"googlecpp-summary", "github-action-bigger",
	                                      "bencher", NULL};
	const char *twice[] = {DOCUMENT(NOON, "x", GOOD), DOCUMENT(ONE, "x", GOOD), NULL},
	           *apart[] = {twice[0], DOCUMENT(ONE, "x", CASE("other", "0d", "", RATE ", " CPU)),
	                       NULL};

	for (const char *const *name = formats; *name; name++) {
		char *text;

		assert_refused(export_all(*name, twice, NULL, NULL), "holds a name once");
		assert_refused(export_one(*name, DOCUMENT(NOON, "x", GOOD ", " GOOD), NULL),
		               "is in it already");
		text = export_all(*name, apart, NULL, NULL);
		ck_assert_msg(text != NULL, "%s", err.text);
		assert_holds(text, MUTEX);
		assert_holds(text, "\"other");
		free(text);
	}
}
END_TEST

START_TEST(what_does_not_go_together)
{
	static const char *const formats[] = {"google-benchmark", "pyperf", "benchfmt", NULL};
	const char *same[] = {DOCUMENT(NOON, "x", GOOD), DOCUMENT(NOON, "x", GOOD), NULL},
	           *other_case[] = {same[0],
	                            DOCUMENT(ONE, "x", CASE(MUTEX, "0f", SERIES, RATE ", " CPU)),
	                            NULL},
	           *elsewhere[] = {same[0], DOCUMENT(ONE, "y", GOOD), NULL};

	for (const char *const *name = formats; *name; name++) {
		assert_refused(export_all(*name, same, NULL, NULL), "1.json: the same run as ");
		assert_refused(export_all(*name, other_case, NULL, NULL),
		               "is another case than in ");
		if (strcmp(*name, "benchfmt"))
			assert_refused(export_all(*name, elsewhere, NULL, NULL),
			               "another machine than that of ");
	}
}
END_TEST

START_TEST(repetitions_go_on)
{
	const char *both[] = {DOCUMENT(NOON, "x", FAILED ", " GOOD), DOCUMENT(ONE, "x", GOOD),
	                      NULL};
	json_t *json = parsed(export_all("google-benchmark", both, NULL, NULL)), *row;
	size_t i, seen = 0;

	json_array_foreach(json_object_get(json, "benchmarks"), i, row)
	{
		if (json_object_get(row, "error_occurred"))
			continue;
		assert_text(row, "name", MUTEX);
		assert_number(row, "family_index", 2);
		assert_number(row, "repetitions", 4);
		assert_number(row, "repetition_index", (double)seen++);
	}
	ck_assert_uint_eq(seen, 4);
	json_decref(json);
	json = parsed(export_all("pyperf", both, NULL, NULL));
	ck_assert_uint_eq(json_array_size(json_object_get(json, "benchmarks")), 1);
	json_decref(json);
}
END_TEST

/* ---- google-benchmark ------------------------------------------------------------------------ */

START_TEST(a_repetition_a_trial)
{
	json_t *json = json_of("google-benchmark", DOCUMENT(NOON, "x", GOOD), NULL);
	const json_t *rows = json_object_get(json, "benchmarks"), *row = json_array_get(rows, 1);

	ck_assert_uint_eq(json_array_size(rows), 2);
	assert_text(row, "name", MUTEX);
	assert_text(row, "run_name", MUTEX);
	assert_text(row, "run_type", "iteration");
	assert_text(row, "time_unit", "ns");
	assert_number(row, "repetition_index", 1);
	assert_number(row, "threads", 2);
	assert_number(row, "real_time", 1e9 / 1.2e6);
	assert_number(row, "cpu_time", 1900);
	assert_number(row, "items_per_second", 1.2e6);
	assert_number(row, "iterations", 48000); /* 40 ms of 1.2 a microsecond */
	json_decref(json);
}
END_TEST

START_TEST(bytes_are_told_by_the_mib)
{
#define BYTES METRIC("throughput", "bytes/s", "'higher'", "1048576", "null", "1048576", "2097152")
#define FILES METRIC("files_rate", "files/s", "'higher'", "4", "null", "4", "8")
#define PER_MIB METRIC("cpu_per_mib", "ns", "'lower'", "2e8", "null", "2e8", "1e8")
	const char *document =
	        DOCUMENT(NOON, "x", CASE("copy/x/cores=2", "0a", "x", BYTES "," FILES "," PER_MIB));
	json_t *json = json_of("google-benchmark", document, NULL);
	const json_t *row = json_array_get(json_object_get(json, "benchmarks"), 1);

	assert_number(row, "real_time", 5e8);
	assert_number(row, "cpu_time", 1e8);
	assert_number(row, "bytes_per_second", 2097152);
	ck_assert_ptr_null(json_object_get(row, "items_per_second"));
	json_decref(json);
	/* A file is a quarter of a MiB here. */
	json = json_of("google-benchmark", document, "files_rate");
	row = json_array_get(json_object_get(json, "benchmarks"), 0);
	assert_number(row, "real_time", 2.5e8);
	assert_number(row, "cpu_time", 5e7);
	assert_number(row, "items_per_second", 4);
	json_decref(json);
	json = json_of("bencher", document, NULL);
	row = json_object_get(json, "copy/x/cores=2");
	ck_assert_ptr_null(json_object_get(row, "throughput"));
	assert_number(json_object_get(row, "bytes-rate"), "value", 1048576);
	json_decref(json);
}
END_TEST

START_TEST(error_rows_keep_their_fields)
{
	json_t *json = json_of("google-benchmark", DOCUMENT(NOON, "x", FAILED), NULL), *row;
	size_t i;

	ck_assert_uint_eq(json_array_size(json_object_get(json, "benchmarks")), 2);
	json_array_foreach(json_object_get(json, "benchmarks"), i, row)
	{
		ck_assert(json_is_true(json_object_get(row, "error_occurred")));
		assert_text(row, "error_message",
		            i ? "skipped: cannot, \"here\"" : "wrong-result: 6 lost, round 2");
		assert_text(row, "time_unit", "ns");
		ck_assert(json_is_real(json_object_get(row, "real_time")));
		ck_assert(json_is_real(json_object_get(row, "cpu_time")));
	}
	json_decref(json);
}
END_TEST

START_TEST(a_trial_of_zero_is_an_error_row)
{
#define HALF METRIC("throughput", "ops/s", "'higher'", "5e5", "null", "0", "1e6")
	const char *half = DOCUMENT(NOON, "x", CASE(MUTEX, "0a", SERIES, HALF ", " CPU));
	json_t *json = json_of("google-benchmark", half, NULL), *rows;

	rows = json_object_get(json, "benchmarks");
	ck_assert(json_is_true(json_object_get(json_array_get(rows, 0), "error_occurred")));
	assert_number(json_array_get(rows, 1), "real_time", 1000);
	json_decref(json);
	json = json_of("pyperf", half, NULL);
	rows = json_object_get(json_array_get(json_object_get(json, "benchmarks"), 0), "runs");
	ck_assert_uint_eq(json_array_size(rows), 1);
	assert_holds(told, "1 of 2 trials left out");
	json_decref(json);
}
END_TEST

START_TEST(no_time_of_nothing)
{
#define NOTHING METRIC("throughput", "ops/s", "'higher'", "0", "[0, 0]", "0", "0")
	static const char *const times[] = {"googlecpp-summary", "pyperf", NULL};
	const char *zero = DOCUMENT(NOON, "x", CASE(MUTEX, "0a", SERIES, NOTHING ", " CPU));
	json_t *json;
	char *text;

	for (const char *const *name = times; *name; name++) {
		assert_refused(export_one(*name, zero, NULL), "no case is left");
		assert_holds(told, "throughput is 0 ops/s, which is no time of a unit of work");
	}
	json = json_of("google-benchmark", zero, NULL);
	ck_assert(json_is_true(json_object_get(
	        json_array_get(json_object_get(json, "benchmarks"), 0), "error_occurred")));
	json_decref(json);
	json = json_of("github-action-bigger", zero, NULL);
	assert_number(json_array_get(json, 0), "value", 0);
	json_decref(json);
	text = export_one("benchfmt", zero, NULL);
	assert_holds(text, "-2 1 0 ops/s\n");
	ck_assert_ptr_null(strstr(text, "inf"));
	free(text);
}
END_TEST

START_TEST(without_cpu_time)
{
	const char *document = DOCUMENT(NOON, "x", CASE(MUTEX, "0a", SERIES, RATE));

	assert_refused(export_one("googlecpp-summary", document, NULL), "no case is left");
	assert_holds(told, "left out: CPU time was not measured");
	json_decref(json_of("pyperf", document, NULL));
	json_decref(json_of("github-action-bigger", document, NULL));
}
END_TEST

START_TEST(a_median_a_case)
{
	json_t *json = json_of("googlecpp-summary", DOCUMENT(NOON, "x", GOOD), NULL);
	const json_t *row = json_array_get(json_object_get(json, "benchmarks"), 0),
	             *context = json_object_get(json, "context");

	ck_assert_uint_eq(json_array_size(json_object_get(json, "benchmarks")), 1);
	assert_text(row, "name", MUTEX "_median");
	assert_text(row, "run_name", MUTEX);
	assert_text(row, "run_type", "aggregate");
	assert_text(row, "aggregate_name", "median");
	assert_number(row, "real_time", 1000);
	assert_number(row, "cpu_time", 1800);
	ck_assert(json_is_array(json_object_get(context, "caches")));
	assert_number(context, "json_schema_version", 1);
	assert_text(context, "host_name", "here");
	ck_assert_ptr_null(json_object_get(context, "mhz_per_cpu"));
	ck_assert_ptr_null(json_object_get(context, "cpu_scaling_enabled"));
	json_decref(json);
}
END_TEST

/* ---- github-action, Bencher ------------------------------------------------------------------ */

START_TEST(each_direction_is_a_file)
{
	json_t *json = json_of("github-action-bigger", DOCUMENT(NOON, "x", GOOD), NULL);

	ck_assert_uint_eq(json_array_size(json), 1);
	assert_text(json_array_get(json, 0), "name", MUTEX);
	assert_text(json_array_get(json, 0), "unit", "ops/s");
	assert_number(json_array_get(json, 0), "value", 1e6);
	assert_text(json_array_get(json, 0), "range", "\u00b1 150000");
	assert_text(json_array_get(json, 0), "extra",
	            "metric: throughput\ntrials: 2\nci95: 900 kops/s..1.20 Mops/s\ntwo modes");
	json_decref(json);
	json = json_of("github-action-smaller", DOCUMENT(NOON, "x", GOOD), NULL);
	assert_text(json_array_get(json, 0), "unit", "ns");
	assert_number(json_array_get(json, 0), "value", 1000);
	ck_assert_ptr_null(json_object_get(json_array_get(json, 0), "range"));
	json_decref(json);
}
END_TEST

/* The reader's pattern wants a digit and one character more. */
START_TEST(ranges_are_read_back)
{
	static const struct {
		const char *low, *high, *range;
	} cases[] = {
	        {"0", "0", "\u00b1 0.000"},
	        {"1", "11", "\u00b1 5.000"},
	        {"1e-30", "3e-30", "\u00b1 1.000e-30"},
	        {"0", "1e18", "\u00b1 500000000000000000"},
	        {"100", "300.5", "\u00b1 100.2"},
	};
	char document[8192];

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		json_t *json;

		snprintf(document, sizeof(document),
		         DOCUMENT(NOON, "x",
		                  CASE(MUTEX, "0a", SERIES,
		                       METRIC("throughput", "ops/s", "'higher'", "5", "[%s, %s]",
		                              "5", "5"))),
		         cases[i].low, cases[i].high);
		json = json_of("github-action-bigger", document, NULL);
		assert_text(json_array_get(json, 0), "range", cases[i].range);
		json_decref(json);
	}
}
END_TEST

START_TEST(measures_have_intervals)
{
	json_t *json = json_of("bencher", DOCUMENT(NOON, "x", GOOD), NULL);
	const json_t *measures = json_object_get(json, MUTEX);

	ck_assert_uint_eq(json_object_size(measures), 3); /* the fact has no direction */
	assert_number(json_object_get(measures, "throughput"), "value", 1e6);
	assert_number(json_object_get(measures, "throughput"), "lower_value", 9e5);
	assert_number(json_object_get(measures, "throughput"), "upper_value", 1.2e6);
	assert_number(json_object_get(measures, "time-per-op"), "value", 1000);
	ck_assert_uint_eq(json_object_size(json_object_get(measures, "time-per-op")), 1);
	json_decref(json);
	json = json_of("bencher", DOCUMENT(NOON, "x", GOOD), "connections_made");
	ck_assert_uint_eq(json_object_size(json_object_get(json, MUTEX)), 1);
	json_decref(json);
}
END_TEST

/* ---- pyperf, benchfmt ------------------------------------------------------------------------ */

START_TEST(a_run_a_trial)
{
	json_t *json = json_of("pyperf", DOCUMENT(NOON, "x\\ty", GOOD), NULL);
	const json_t *benchmark = json_array_get(json_object_get(json, "benchmarks"), 0),
	             *run = json_array_get(json_object_get(benchmark, "runs"), 0),
	             *metadata = json_object_get(run, "metadata");

	assert_text(json, "version", "1.0");
	assert_text(json_object_get(json, "metadata"), "unit", "second");
	assert_text(json_object_get(json, "metadata"), "cpu_model_name", "x?y");
	assert_text(json_object_get(benchmark, "metadata"), "name", MUTEX);
	assert_text(metadata, "date", "2026-01-31 12:00:00");
	assert_number(metadata, "loops", 32000);
	assert_number(metadata, "duration", 0.09);
	ck_assert_uint_eq(json_array_size(json_object_get(run, "values")), 1);
	ck_assert(
	        fabs(json_real_value(json_array_get(json_object_get(run, "values"), 0)) / 1.25e-6 -
	             1) < 1e-9);
	json_decref(json);
}
END_TEST

START_TEST(a_line_a_trial)
{
	char *text = export_one("benchfmt", DOCUMENT(NOON, "x", GOOD), NULL);

	assert_holds(text, "Unit ops/s better=higher\nUnit ns/op better=lower\ncpu: x\n# ");
	assert_holds(text, "\nBenchmarkCounter/lines=4/model=thread-mutex/kind=adaptive/cores=2-2 "
	                   "32000 1250 ns/op 800000 ops/s\n");
	free(text);
	text = export_one("benchfmt", DOCUMENT(NOON, "x", GOOD), "cpu_per_op");
	assert_holds(text, "Unit cpu_per_op-ns better=lower\n");
	assert_holds(text, " 32000 1700 cpu_per_op-ns\n");
	free(text);
	text = export_one("benchfmt", DOCUMENT(NOON, "x", GOOD), "connections_made");
	ck_assert_ptr_null(strstr(text, "Unit"));
	free(text);
}
END_TEST

START_TEST(a_trial_without_a_number_is_told)
{
	char *text = export_one(
	        "benchfmt",
	        DOCUMENT(NOON, "x",
	                 CASE(MUTEX, "0a", SERIES,
	                      METRIC("latency_p999", "ns", "'lower'", "5", "null", "null", "5"))),
	        NULL);

	assert_holds(text, "-2 1 5 latency_p999-ns\n");
	assert_holds(told, "1 of 2 trials left out: not measured\n");
	free(text);
}
END_TEST

START_TEST(a_name_is_one_field)
{
	char *text =
	        export_one("benchfmt",
	                   DOCUMENT(NOON, "x",
	                            CASE("counter/thread-mutex/(a b\u2003c\\u00a0d\\ne)/cores=2",
	                                 "0a", "thread-mutex (a b\u2003c\\u00a0d\\ne)",
	                                 RATE) ", " CASE("bare", "0b", "", RATE)),
	                   NULL);

	assert_holds(text, "\nBenchmarkCounter/model=thread-mutex/(a_b_c_d_e)/cores=2-2 ");
	assert_holds(text, "\nBenchmarkBare-2 ");
	free(text);
	/* Two cases that would look alike are not pooled. */
	assert_refused(
	        export_one("benchfmt",
	                   DOCUMENT(NOON, "x",
	                            CASE("a b", "0a", "", RATE) ", " CASE("a_b", "0b", "", RATE)),
	                   NULL),
	        "BenchmarkA_b-2 is another case than in");
}
END_TEST

/* ---- csv, markdown --------------------------------------------------------------------------- */

START_TEST(fields_are_quoted)
{
	char *text = export_one("csv", DOCUMENT(NOON, "x", GOOD ", " FAILED), NULL);

	assert_holds(text, "result,run,started,hostname,");
	assert_holds(text, ",some," NOON ",here,x,6.1,0.1.0," MUTEX
	                   ",0a,counter,thread-mutex,,2,false,1,4,ok,,90000000,throughput,ops/s,"
	                   "higher,800000\r\n");
	assert_holds(text, ",semaphore,,2,false,2,0,ok,,80000000,throughput,ops/s,higher,\r\n");
	assert_holds(text, ",serial,,1,,,,skipped,\"cannot, \"\"here\"\"\",,,,,\r\n");
	free(text);
	text = export_one("csv", DOCUMENT(NOON, "a\\r\\nb", GOOD), "cpu_per_op");
	assert_holds(text, ",\"a\r\nb\",6.1,");
	assert_holds(text, "cpu_per_op,ns,lower,1900\r\n");
	free(text);
}
END_TEST

START_TEST(numbers_keep_their_size)
{
	char *text = export_one("csv",
	                        DOCUMENT(NOON, "x",
	                                 CASE(MUTEX, "0a", SERIES,
	                                      METRIC("throughput", "ops/s", "'higher'", "1", "null",
	                                             "1.25e-300", "9007199254740993"))),
	                        NULL);

	assert_holds(text, "higher,1.25e-300\r\n");
	assert_holds(text, "higher,9007199254740993\r\n");
	free(text);
	assert_refused(export_one("csv",
	                          DOCUMENT(NOON, "x",
	                                   CASE(MUTEX, "0a", SERIES,
	                                        METRIC("throughput", "ops/s", "'higher'", "1e999",
	                                               "null", "1", "1"))),
	                          NULL),
	               "real number overflow");
}
END_TEST

START_TEST(a_table_is_not_broken)
{
	char *text = export_one(
	        "markdown",
	        DOCUMENT(NOON, "x",
	                 CASE("a|b\\nc<d>*_`[\\\\#~&\u00e9", "0a", SERIES, RATE) ", " FAILED),
	        NULL);

	assert_holds(text, "### heddle: some, 3 cases: 1 ok, 1 wrong-result, 1 skipped\n");
	assert_holds(text, "\n| a\\|b?c&lt;d&gt;\\*\\_\\`\\[\\\\\\#\\~&amp;\u00e9 | throughput | "
	                   "1.00 Mops/s | 900 kops/s to 1.20 Mops/s |  | baseline | 2 | two modes "
	                   "|\n");
	assert_holds(text, "**wrong-result: 6 lost, round 2** |\n");
	free(text);
}
END_TEST

START_TEST(a_large_table_is_told)
{
	size_t room = 2 << 20, at;
	char *document = malloc(room), *text;

	at = (size_t)snprintf(document, room, "%.*s",
	                      (int)(strlen(DOCUMENT(NOON, "x", "")) - strlen("]}")),
	                      DOCUMENT(NOON, "x", ""));
	for (int i = 0; i < 9000; i++)
		at += (size_t)snprintf(
		        document + at, room - at,
		        "%s{'name': 'a-case-with-quite-a-name-%0100d', 'status': 'ok'}",
		        i ? "," : "", i);
	snprintf(document + at, room - at, "]}");
	text = export_one("markdown", document, NULL);
	ck_assert_msg(text != NULL, "%s", err.text);
	ck_assert_uint_gt(strlen(text), 1 << 20);
	assert_holds(told, "bytes of Markdown: a step summary on GitHub holds 1048576");
	free(text);
	free(document);
}
END_TEST

int main(void)
{
	const suite_test tests[] = {an_unknown_format_gets_a_suggestion,
	                            what_is_no_result_is_refused,
	                            names_have_1024_bytes_at_most,
	                            no_cases,
	                            failed_cases_are_left_out_and_told,
	                            only_and_metric_choose,
	                            a_name_once,
	                            what_does_not_go_together,
	                            repetitions_go_on,
	                            a_repetition_a_trial,
	                            bytes_are_told_by_the_mib,
	                            error_rows_keep_their_fields,
	                            a_trial_of_zero_is_an_error_row,
	                            no_time_of_nothing,
	                            without_cpu_time,
	                            a_median_a_case,
	                            each_direction_is_a_file,
	                            ranges_are_read_back,
	                            measures_have_intervals,
	                            a_run_a_trial,
	                            a_line_a_trial,
	                            a_trial_without_a_number_is_told,
	                            a_name_is_one_field,
	                            fields_are_quoted,
	                            numbers_keep_their_size,
	                            a_table_is_not_broken,
	                            a_large_table_is_told,
	                            NULL};

	return suite_run_with("export", tests, setup, teardown);
}
