/* SPDX-License-Identifier: MIT */
/* The tables, from a document that stands in the test: their words, their width, their order. */
#include "suite.h"

#include <locale.h>
#include <stdio.h>
#include <string.h>

#include "fake_tree.h"
#include "format.h"
#include "result.h"

static char root[FAKE_TREE_PATH], path[128], shown[65536];

/* In the document ' stands for ". */
#define CASE(title, series, model, cores, rest)                                            \
	"{'name': 'its name', 'title': '" title "', 'series': '" series                    \
	"', 'key': '0', 'workload': 'counter', 'model': '" model                           \
	"', 'params': {'batch': 1, 'deep': true}, 'options': {'kind': 'normal'},"          \
	" 'label': null, 'cores': " cores ", 'cpus': [], 'shared': false, 'expect': 'ok'," \
	" 'trials': [], 'status': " rest "}"

#define METRICS(median, low, high, cpu)                                                     \
	"'metrics': {'throughput': {'unit': 'ops/s', 'better': 'higher', 'median': " median \
	", 'ci95': [" low ", " high "], 'mad': 1, 'trials': []}, 'cpu_per_op': {"           \
	"'unit': 'ns', 'better': 'lower', 'median': " cpu                                   \
	", 'ci95': null, 'mad': null, 'trials': []}}"

#define SERIAL                                                                     \
	CASE("counter batch=1", "serial", "serial", "1",                           \
	     "'ok', 'notes': [], 'baseline': false,"                               \
	     "'versus_baseline': {'ratio': 13.4, 'ci95': [13.2, 13.6]}, " METRICS( \
	             "970e6", "962e6", "978e6", "1.03"))

#define MUTEX                                                                           \
	CASE("counter batch=1", "thread-mutex kind=adaptive", "thread-mutex", "2",      \
	     "'ok', 'notes': ['two modes'], 'baseline': true, 'versus_baseline': null," \
	     " " METRICS("19.6e6", "17e6", "20.4e6", "100"))

#define POOL                                                                 \
	CASE("counter batch=1", "process-pool", "process-pool", "2",         \
	     "'wrong-result', 'notes': [],"                                  \
	     "'metrics': {'throughput': {'unit': 'ops/s', 'median': null}}," \
	     "'reason': '1048576 acknowledged, 1048570 found (6 lost) in line 1 of 1, round 3'")

#define LONG_NAME "a-model-with-a-name-that-needs-room"
#define LONG                                                                                  \
	CASE("counter batch=1024 source=/usr/include", LONG_NAME, LONG_NAME, "2",             \
	     "'ok', 'baseline': false, 'versus_baseline': null,"                              \
	     "'notes': ['a note that goes on and on, beyond what eighty columns of a "        \
	     "terminal can hold, and is broken between its words']," METRICS("1", "0.5", "2", \
	                                                                     "null"))

/* Beyond the width of any terminal that is tried; a blank is where it may be broken. */
#define LONGER_NAME \
	"verbose kind=of-a-value order=of-another-value queue=of-a-third-value (a label as well)"
#define LONGER                                                                            \
	CASE("copy source=/usr/include/of/something file_kib=4,8,16 files=20 cache=cold " \
	     "sync=each in_flight=16",                                                    \
	     LONGER_NAME, "verbose", "2", "'ok', 'notes': [], " METRICS("1", "0.5", "2", "null"))

#define BARE                                                                                 \
	"{'name': 'x', 'workload': 'spin', 'model': 'bare', 'cores': 1, 'status': 'failed'," \
	" 'reason': 'no', 'metrics': null}"

static const char document[] =
        "{'format': 'heddle-result', 'version': 1, 'run': {}, 'tool': {},"
        " 'machine': {}, 'cases': [" SERIAL "," MUTEX "," POOL "," LONG "," LONGER "," BARE "]}";

static void setup(void)
{
	char json[sizeof(document)];

	memcpy(json, document, sizeof(document));
	for (char *quote = json; (quote = strchr(quote, '\''));)
		*quote = '"';
	fake_tree_make(root);
	fake_tree_put(root, "result.json", json);
	snprintf(path, sizeof(path), "%s/result.json", root);
	setlocale(LC_CTYPE, "C");
}

static void teardown(void)
{
	fake_tree_remove(root);
}

static int show(const struct table_view *view, struct hd_error *err)
{
	FILE *out = (shown[0] = 0, fmemopen(shown, sizeof(shown), "w"));
	int code = result_show(path, view, out, err);

	fclose(out);
	return code;
}

static void show_well(const struct table_view *view)
{
	struct hd_error err = {0};

	ck_assert_msg(show(view, &err) == 0, "%s", err.text);
}

static void assert_width(int width)
{
	char copy[sizeof(shown)];

	strcpy(copy, shown);
	for (char *rest = NULL, *line = strtok_r(copy, "\n", &rest); line;
	     line = strtok_r(NULL, "\n", &rest))
		ck_assert_msg(format_width(line) <= width, "%d columns: \"%s\"", format_width(line),
		              line);
}

/* Rows of the same table are told by where their beginnings stand. */
static void assert_order(const char *first, const char *second)
{
	const char *one = strstr(shown, first), *two = strstr(shown, second);

	ck_assert_msg(one && two && one < two, "\"%s\" before \"%s\" in:\n%s", first, second,
	              shown);
}

START_TEST(rows_say_what_the_document_says)
{
	show_well(&(struct table_view){0});
	ck_assert_ptr_nonnull(strstr(shown, "970 Mops/s"));
	ck_assert_ptr_nonnull(strstr(shown, "962 - 978"));
	ck_assert_ptr_nonnull(strstr(shown, "13.4x [13.2, 13.6]"));
	ck_assert_ptr_nonnull(strstr(shown, "1.03 ns"));
	ck_assert_ptr_nonnull(strstr(shown, "19.6 Mops/s"));
	ck_assert_ptr_nonnull(strstr(shown, "17.0 - 20.4"));
	ck_assert_ptr_nonnull(strstr(shown, "baseline"));
	ck_assert_ptr_nonnull(strstr(shown, "two modes"));
	ck_assert_ptr_nonnull(strstr(shown, "vs thread-mutex"));
	ck_assert_ptr_nonnull(strstr(shown, "wrong-result: 1048576"));
}
END_TEST

START_TEST(no_line_is_too_wide)
{
	static const int widths[] = {0, 40, 80, 100, 132};
	static const char *const by[] = {NULL, "workload", "model", "cores"};

	for (int locale = 0; locale < 2; locale++)
		for (int w = 0; w < 5; w++)
			for (int b = 0; b < 4; b++) {
				struct table_view view = {.width = widths[w],
				                          .by = by[b],
				                          .bars = locale,
				                          .scaling = true};

				setlocale(LC_CTYPE, locale ? "C.UTF-8" : "C");
				show_well(&view);
				assert_width(widths[w] ? widths[w] : 80);
			}
}
END_TEST

START_TEST(tables_are_made_by_what_is_asked)
{
	show_well(&(struct table_view){0});
	ck_assert_ptr_nonnull(strstr(shown, "\ncounter batch=1 "));
	ck_assert_ptr_nonnull(strstr(shown, "\ncounter batch=1024 source=/usr/include\n"));
	ck_assert_ptr_nonnull(
	        strstr(shown, "\nspin ")); /* of a document without title and series */
	ck_assert_ptr_nonnull(strstr(shown, "\n  bare "));
	show_well(&(struct table_view){.by = "model"});
	ck_assert_ptr_nonnull(strstr(shown, "\nserial "));
	ck_assert_ptr_nonnull(strstr(shown, "\nthread-mutex kind=adaptive"));
	show_well(&(struct table_view){.by = "cores"});
	ck_assert_ptr_nonnull(strstr(shown, "\ncores=1"));
	ck_assert_ptr_nonnull(strstr(shown, "\ncores=2"));
	ck_assert_ptr_nonnull(strstr(shown, "counter batch=1 serial"));
}
END_TEST

START_TEST(rows_are_sorted)
{
	show_well(&(struct table_view){0});
	assert_order("\n  serial", "\n  thread-mutex kind");
	assert_order("\n  thread-mutex kind", "\n  process-pool");
	show_well(&(struct table_view){.sort = "name"});
	assert_order("\n  process-pool", "\n  serial");
	assert_order("\n  serial", "\n  thread-mutex");
	show_well(&(struct table_view){.sort = "throughput"});
	assert_order("\n  serial", "\n  thread-mutex");
	assert_order("\n  thread-mutex", "\n  process-pool"); /* without a number last */
	show_well(&(struct table_view){.sort = "cores"});
	assert_order("\n  serial", "\n  thread-mutex");
}
END_TEST

static void show_only(const char *one, const char *two)
{
	const char *only[] = {one, two};
	struct table_view view = {.only = only, .only_count = two ? 2 : 1};

	show_well(&view);
}

START_TEST(only_what_is_wanted)
{
	show_only("model=serial", NULL);
	ck_assert_ptr_nonnull(strstr(shown, "serial"));
	ck_assert_ptr_null(strstr(shown, "process-pool"));
	show_only("model=serial", "model=process-pool"); /* either */
	ck_assert_ptr_nonnull(strstr(shown, "serial"));
	ck_assert_ptr_nonnull(strstr(shown, "process-pool"));
	ck_assert_ptr_null(strstr(shown, "kind=adaptive"));
	show_only("cores=2", "status=wrong-result"); /* both */
	ck_assert_ptr_nonnull(strstr(shown, "process-pool"));
	ck_assert_ptr_null(strstr(shown, "kind=adaptive"));
	show_only("deep=true", "cores=1");
	ck_assert_ptr_nonnull(strstr(shown, "serial"));
	show_only("kind=normal", NULL);
	ck_assert_ptr_nonnull(strstr(shown, "process-pool"));
	show_only("model=nobody", NULL);
	ck_assert_ptr_null(strstr(shown, "serial"));
}
END_TEST

START_TEST(an_unknown_key_is_an_error)
{
	const char *only[] = {"colour=blue"};
	struct table_view view = {.only = only, .only_count = 1};
	struct hd_error err = {0};

	ck_assert_int_eq(show(&view, &err), -EINVAL);
	ck_assert_str_eq(err.text, "--only colour=blue: no case has that key");
	ck_assert_str_eq(shown, "");
}
END_TEST

static const char two_core_counts[] =
        "{\"format\": \"heddle-result\", \"version\": 1, \"cases\": ["
        "{\"workload\": \"counter\", \"model\": \"m\", \"status\": \"ok\", \"cores\": 1, "
        "\"verified\": true, \"metrics\": {\"throughput\": {\"unit\": \"ops/s\", \"median\": 2}}},"
        "{\"workload\": \"counter\", \"model\": \"m\", \"status\": \"ok\", \"cores\": 2, "
        "\"verified\": true, \"metrics\": {\"throughput\": {\"unit\": \"ops/s\", \"median\": "
        "3}}}]}";

START_TEST(bars_share_a_scale_within_their_workload)
{
	setlocale(LC_CTYPE, "C.UTF-8");
	show_well(&(struct table_view){.bars = true});
	ck_assert_ptr_nonnull(strstr(shown,
	                             "\n  serial            1  970 Mops/s ███████    962…978 "
	                             "   13.4x 13.2…13.6  1.03 ns\n"));
	ck_assert_ptr_nonnull(strstr(shown, "   2 19.6 Mops/s ▏        17.0…20.4"));
	ck_assert_ptr_nonnull(strstr(shown, "\n  a full bar: 970 Mops/s\n"));
	ck_assert_ptr_nonnull(strstr(shown, " 1.00 ops/s ███████  0.50…2.00 ")); /* of its own */
	ck_assert_ptr_nonnull(strstr(shown, "\n  a full bar: 1.00 ops/s\n"));
	ck_assert_ptr_nonnull(strstr(shown, "   2  wrong-result: 1048576"));
	show_well(&(struct table_view){.bars = true, .by = "cores"});
	ck_assert_ptr_nonnull(strstr(shown, "\n  a full bar: the largest of its workload\n"));
	show_well(&(struct table_view){.bars = false});
	ck_assert_ptr_null(strstr(shown, "full bar"));
	ck_assert_ptr_null(strstr(shown, "█"));
}
END_TEST

static void put_late(const char *median)
{
	char json[1024];

	snprintf(json, sizeof(json),
	         "{\"format\": \"heddle-result\", \"version\": 1, \"cases\": ["
	         "{\"workload\": \"timers\", \"model\": \"m\", \"status\": \"ok\", \"cores\": 1, "
	         "\"metrics\": {\"late_p50\": {\"unit\": \"ns\", \"better\": \"lower\", "
	         "\"median\": %s}}}]}",
	         median);
	fake_tree_put(root, "result.json", json);
	show_well(&(struct table_view){.bars = true});
}

START_TEST(short_bars_are_better_where_less_is)
{
	setlocale(LC_CTYPE, "C.UTF-8");
	put_late("1500");
	ck_assert_ptr_nonnull(strstr(shown, "    1.50 us ███████ "));
	ck_assert_ptr_nonnull(strstr(shown, "\n  a full bar: 1.50 us; shorter is better\n"));
	put_late("null");
	ck_assert_ptr_nonnull(strstr(shown, "          -         "));
	ck_assert_ptr_null(strstr(shown, "full bar"));
	put_late("0");
	ck_assert_ptr_null(strstr(shown, "full bar"));
}
END_TEST

START_TEST(narrow_tables_leave_columns_out)
{
	static const int widths[] = {40, 49, 60, 71, 79, 80, 99, 130};

	setlocale(LC_CTYPE, "C.UTF-8");
	for (size_t i = 0; i < 2 * sizeof(widths) / sizeof(widths[0]); i++) {
		struct table_view view = {.width = widths[i / 2], .bars = i % 2, .only_count = 1};
		const char *only = "model=serial";

		view.only = &only;
		show_well(&view);
		assert_width(view.width);
		ck_assert_ptr_nonnull(strstr(shown, "970 Mops/s"));
		ck_assert_int_eq(strstr(shown, "13.4x") != NULL, view.width >= 71);
		ck_assert_int_eq(strstr(shown, "1.03 ns") != NULL, view.width >= 79 + !view.bars);
	}
}
END_TEST

/* Names first, bars with what is left; but a name is not to push everything out of sight. */
START_TEST(wide_tables_have_room_for_names)
{
	setlocale(LC_CTYPE, "C.UTF-8");
	show_well(&(struct table_view){.bars = true, .width = 120});
	ck_assert_ptr_nonnull(strstr(shown, "\n  " LONG_NAME "    2  1.00 ops/s █"));
	ck_assert_ptr_nonnull(strstr(shown, "\n  serial                                 1  970 "));
	assert_width(120);
	show_well(&(struct table_view){.bars = true, .width = 80});
	ck_assert_ptr_nonnull(strstr(shown, "\n  " LONG_NAME "\n"));
	ck_assert_ptr_null(strstr(shown, "\n  " LONGER_NAME " "));
}
END_TEST

START_TEST(scaling_is_told_where_it_is_wanted)
{
	setlocale(LC_CTYPE, "C.UTF-8");
	show_well(&(struct table_view){.scaling = true});
	ck_assert_ptr_null(strstr(shown, "speedup")); /* no series has two core counts */
	fake_tree_put(root, "result.json", two_core_counts);
	show_well(&(struct table_view){.scaling = true});
	ck_assert_ptr_nonnull(strstr(shown, "\n  m                1.00  1.50\n"));
	ck_assert_ptr_nonnull(strstr(shown, "\nspeedup  throughput over that with the fewest "
	                                    "cores\n"));
	show_well(&(struct table_view){.scaling = true, .by = "model"});
	ck_assert_ptr_nonnull(strstr(shown, "\n  counter          1.00  1.50\n"));
	show_well(&(struct table_view){.scaling = true, .by = "cores"});
	ck_assert_ptr_null(strstr(shown, "speedup"));
	show_well(&(struct table_view){.scaling = false});
	ck_assert_ptr_null(strstr(shown, "speedup"));
}
END_TEST

static void put_machine(const char *machine)
{
	char json[1024];

	snprintf(json, sizeof(json),
	         "{\"format\": \"heddle-result\", \"version\": 1, \"run\": {}, \"tool\": {}, "
	         "\"machine\": %s, \"cases\": []}",
	         machine);
	fake_tree_put(root, "result.json", json);
}

START_TEST(what_ran_unprotected_is_told)
{
	put_machine("{\"protection\": null, \"unavailable\": {\"protection\": \"a reason\"}}");
	show_well(&(struct table_view){0});
	ck_assert_str_eq(shown,
	                 "\nunprotected: models could signal and trace what else ran here (a "
	                 "reason)\n");
	assert_width(80);
	put_machine("{\"protection\": \"namespaces\", \"unavailable\": {}}");
	show_well(&(struct table_view){0});
	ck_assert_str_eq(shown, "");
	put_machine("{}"); /* of before this was known */
	show_well(&(struct table_view){0});
	ck_assert_str_eq(shown, "");
}
END_TEST

START_TEST(a_document_without_cases)
{
	fake_tree_put(root, "result.json",
	              "{ \"format\": \"heddle-result\", \"version\": 1, \"cases\": [] }");
	show_well(&(struct table_view){0});
	fake_tree_put(
	        root, "result.json",
	        "{ \"format\": \"heddle-result\", \"version\": 1, \"cases\": [1, null, {}, \"x\","
	        "{ \"name\": 5, \"notes\": 7, \"metrics\": [], \"status\": \"ok\", \"cores\": "
	        "\"x\" }] "
	        "}");
	show_well(&(struct table_view){0}); /* whatever it says, it does not die */
	fake_tree_put(root, "result.json",
	              "{ \"format\": \"heddle-result\", \"version\": 1, \"cases\": ["
	              "{ \"name\": \"a\", \"status\": \"ok\", \"notes\": [1, {}, \"seen\"] },"
	              "{ \"name\": \"b\", \"status\": \"ok\", \"notes\": [null, \"other\"] }] }");
	show_well(&(struct table_view){0});
	ck_assert_ptr_nonnull(strstr(shown, "seen"));
}
END_TEST

int main(void)
{
	const suite_test tests[] = {rows_say_what_the_document_says,
	                            no_line_is_too_wide,
	                            tables_are_made_by_what_is_asked,
	                            rows_are_sorted,
	                            only_what_is_wanted,
	                            an_unknown_key_is_an_error,
	                            bars_share_a_scale_within_their_workload,
	                            short_bars_are_better_where_less_is,
	                            narrow_tables_leave_columns_out,
	                            wide_tables_have_room_for_names,
	                            scaling_is_told_where_it_is_wanted,
	                            what_ran_unprotected_is_told,
	                            a_document_without_cases,
	                            NULL};

	return suite_run_with("table", tests, setup, teardown);
}
