/* SPDX-License-Identifier: MIT */
/*
 * What is printed of a comparison. tests/verdict/ holds one with everything in it, and what it looks like
 * in each form; smaller ones, and such as nobody should have written, stand here.
 */
#include "suite.h"

#include <errno.h>
#include <locale.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "fake_tree.h"
#include "format.h"
#include "verdict_document.h"
#include "verdict_show.h"

static char root[FAKE_TREE_PATH], junit[128], shown[1 << 21], report[1 << 20];

static void setup(void)
{
	fake_tree_make(root);
	snprintf(junit, sizeof(junit), "%s/junit.xml", root);
	setlocale(LC_CTYPE, "C");
}

static void teardown(void)
{
	fake_tree_remove(root);
}

/* ---- Documents --------------------------------------------------------------------------------- */

/* JSON in which ' stands for ". */
static json_t *parse(const char *text)
{
	char *copy = strdup(text);
	json_error_t why;
	json_t *document;

	for (char *quote = copy; (quote = strchr(quote, '\''));)
		*quote = '"';
	document = json_loads(copy, 0, &why);
	ck_assert_msg(document, "%s: %s", why.text, copy + why.position);
	free(copy);
	return document;
}

#define VERDICT(name, verdict)                                                               \
	"{'case': '" name "', 'workload': 'w', 'model': 'm', 'cores': 1,"                    \
	" 'metric': 'throughput', 'gates': true, 'unit': 'ops/s', 'better': 'higher',"       \
	" 'verdict': '" verdict "', 'reason': null, 'base': 1e6, 'new': 1.1e6, 'pairs': 20," \
	" 'ratio': 1.1, 'ci95': [1.05, 1.15], 'p': 0.01, 'q': 0.02, 'confirmation': null,"   \
	" 'margin_percent': 5, 'smallest_change_percent': 2, 'pairs_needed': null,"          \
	" 'elapsed_s': 1.5}"

/* A document of that kind; the summary is counted. */
static json_t *document_of(const char *kind, const char *verdicts, const char *unjudged)
{
	char text[1 << 16];
	json_t *document;

	snprintf(text, sizeof(text),
	         "{'format': 'heddle-verdict', 'version': 1, 'kind': '%s', 'run': {'pairs': 20},"
	         " 'margin_percent': 5, 'ruler': null, 'groups': null, 'base': {}, 'new': {},"
	         " 'verdicts': [%s], 'unjudged': [%s]}",
	         kind, verdicts, unjudged);
	document = parse(text);
	json_object_set_new(document, "summary",
	                    verdict_summary(json_object_get(document, "verdicts"),
	                                    json_object_get(document, "unjudged")));
	return document;
}

static void print(const json_t *document, const struct verdict_view *view)
{
	struct hd_error err = {0};
	FILE *out = (memset(shown, 0, 256), fmemopen(shown, sizeof(shown), "w"));
	int code = verdict_print(document, view, out, &err);

	fclose(out);
	ck_assert_msg(code == 0, "%s", err.text);
}

static void read_file(const char *path, char *text, size_t size)
{
	FILE *file = fopen(path, "r");
	size_t length;

	ck_assert_msg(file, "%s", path);
	length = fread(text, 1, size - 1, file);
	text[length] = '\0';
	fclose(file);
}

/* The JUnit XML of a document, held against the schema where xmllint is installed. */
static void print_junit(const json_t *document)
{
	struct verdict_view view = {.junit = junit};
	char command[512];

	print(document, &view);
	read_file(junit, report, sizeof(report));
	if (system("command -v xmllint >/dev/null") != 0)
		return;
	snprintf(command, sizeof(command),
	         "xmllint --noout --schema " TEST_SOURCE_DIR
	         "/junit.xsd %s 2>&1 | tail -n 3 >%s.log; grep -q validates %s.log",
	         junit, junit, junit);
	ck_assert_msg(system(command) == 0, "%s", report);
}

static void says(const char *text, const char *wanted)
{
	ck_assert_msg(strstr(text, wanted), "no \"%s\" in:\n%s", wanted, text);
}

static void says_not(const char *text, const char *unwanted)
{
	ck_assert_msg(!strstr(text, unwanted), "\"%s\" in:\n%s", unwanted, text);
}

static size_t count_of(const char *text, const char *part)
{
	size_t count = 0;

	for (; (text = strstr(text, part)); text += strlen(part))
		count++;
	return count;
}

/* But of GitHub's commands, which nobody reads as they are. */
static void assert_width(int width)
{
	char *copy = strdup(shown), *rest = NULL;

	for (char *line = strtok_r(copy, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest))
		ck_assert_msg(strncmp(line, "::", 2) == 0 || format_width(line) <= width,
		              "%d columns: \"%s\"", format_width(line), line);
	free(copy);
}

/* ---- All of it --------------------------------------------------------------------------------- */

#define SAMPLE TEST_SOURCE_DIR "/verdict/sample."

static void assert_golden(const char *found, const char *path)
{
	static char wanted[1 << 16];

	read_file(path, wanted, sizeof(wanted));
	ck_assert_str_eq(found, wanted);
}

START_TEST(everything_as_it_should_look)
{
	struct verdict_view view = {.annotations = true, .junit = junit};
	struct verdict_outcome outcome;
	struct hd_error err = {0};
	FILE *out = fmemopen(shown, sizeof(shown), "w");

	ck_assert_int_eq(verdict_show(SAMPLE "json", &view, out, &outcome, &err), 0);
	fclose(out);
	assert_golden(shown, SAMPLE "txt");
	assert_width(80);
	read_file(junit, report, sizeof(report));
	assert_golden(report, SAMPLE "xml");
	ck_assert(!outcome.interrupted);
	ck_assert_uint_eq(outcome.cases, 12);
	ck_assert_uint_eq(outcome.judged, 6);
	ck_assert_uint_eq(outcome.regressions, 1);
	ck_assert_uint_eq(outcome.inconclusive, 2);
	ck_assert_uint_eq(outcome.contaminated, 1);
	ck_assert_uint_eq(outcome.failed, 2);
	view = (struct verdict_view){.form = VERDICT_AS_MARKDOWN};
	out = fmemopen(shown, sizeof(shown), "w");
	ck_assert_int_eq(verdict_show(SAMPLE "json", &view, out, NULL, &err), 0);
	fclose(out);
	assert_golden(shown, SAMPLE "md");
}
END_TEST

START_TEST(the_document_itself_is_json)
{
	json_t *document = document_of("ab", VERDICT("w/m/cores=1", "same"), ""), *again;

	print(document, &(struct verdict_view){.form = VERDICT_AS_JSON});
	again = json_loads(shown, JSON_REJECT_DUPLICATES, NULL);
	ck_assert(json_equal(document, again));
	json_decref(again);
	json_decref(document);
}
END_TEST

START_TEST(annotations_stay_out_of_what_programs_read)
{
	json_t *document = document_of("ab", VERDICT("w/m/cores=1", "regression"), "");
	struct verdict_view view = {.form = VERDICT_AS_JSON, .annotations = true};
	char said[1024] = "";
	FILE *kept = stderr;

	stderr = fmemopen(said, sizeof(said), "w");
	print(document, &view);
	fclose(stderr);
	stderr = kept;
	says_not(shown, "::");
	says(said, "::error title=heddle%3A regression::w/m/cores=1, throughput: +10.0 %25 [");
	json_decref(document);
}
END_TEST

START_TEST(what_is_no_comparison_is_refused)
{
	static const struct {
		const char *text, *why;
		int code;
	} rows[] = {
	        {"{\"format\": \"heddle-result\", \"version\": 1}", "not a Heddle result", -ENOMSG},
	        {"{\"format\": \"heddle-verdict\"}", "not a Heddle result", -ENOMSG},
	        {"[]", "not a Heddle result", -ENOMSG},
	        {"{\"format\": \"heddle-verdict\", \"version\": 2}",
	         "verdict version 2, this heddle reads 1", -EINVAL},
	        {"{\"format\":", "file:1:", -EINVAL},
	};
	struct verdict_view view = {0};
	char path[128];

	snprintf(path, sizeof(path), "%s/file", root);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct hd_error err = {0};

		fake_tree_put(root, "file", rows[i].text);
		ck_assert_int_eq(verdict_show(path, &view, stdout, NULL, &err), rows[i].code);
		says(err.text, rows[i].why);
	}
	ck_assert_int_eq(verdict_show("/nowhere", &view, stdout, NULL, &(struct hd_error){0}),
	                 -ENOENT);
}
END_TEST

/* ---- Kinds ------------------------------------------------------------------------------------- */

START_TEST(the_noise_floor)
{
	json_t *document = document_of(
	        "aa", VERDICT("w/m/cores=1", "same") "," VERDICT("w/m/cores=2", "improvement"), "");

	print(document, &(struct verdict_view){0});
	says(shown, "judged 2 of 2 cases against themselves: 1 false verdict, 1 same "
	            "(margin 5 %, 20\n  pairs)\n");
	says(shown, "cores    median     noise floor %  smallest %  verdict\n"
	            "+ m                1    1.00 M     [+5.0, +15.0]         2.0  improvement\n"
	            "  m                1    1.00 M     [+5.0, +15.0]         2.0  same\n");
	print(document, &(struct verdict_view){.form = VERDICT_AS_MARKDOWN});
	says(shown, "| case | one way | the other | noise floor, % | smallest change, % |");
	says(shown, "| w/m/cores=1 | 1.00 Mops/s | 1.10 Mops/s | [+5.0, +15.0] | 2.0 | same |");
	json_decref(document);
}
END_TEST

START_TEST(two_results_say_that_they_are_weaker)
{
	json_t *document = document_of("compare", VERDICT("w/m/cores=1", "same"), "");

	json_object_set_new(document, "run", json_null());
	json_object_set_new(document, "groups",
	                    parse("[{'name': 'thread-mutex', 'ratio': 0.97, 'cases': 4},"
	                          " {'name': 'none', 'ratio': null, 'cases': 0},"
	                          " {'name': 'one', 'ratio': 1, 'cases': 1}]"));
	json_object_set_new(
	        document, "base",
	        parse("{'results': [{'path': 'a.json', 'name': 'gate', 'started': 'then'},"
	              " {'path': 'b.json'}, {'path': 'c.json'}]}"));
	print(document, &(struct verdict_view){0});
	says(shown, "(margin 5 %; weaker than pairs: the machine may have\n  changed");
	says(shown, "\nbase     a.json (gate, then) and 2 more\n");
	says(shown, "geometric means over the cases in both\n  thread-mutex: -3.0 % over 4 cases\n"
	            "  none: - % over 0 cases\n  one: 0.0 % over 1 case\n");
	print(document, &(struct verdict_view){.form = VERDICT_AS_MARKDOWN});
	says(shown, "| thread-mutex | -3.0 % | 4 |\n");
	print_junit(document);
	says_not(report, "timestamp");
	json_decref(document);
}
END_TEST

START_TEST(nothing_judged_is_said)
{
	json_t *document = document_of("ab", "", "");

	print(document, &(struct verdict_view){.annotations = true});
	ck_assert_str_eq(shown, "judged 0 of 0 cases: no verdict (margin 5 %, 20 pairs)\n");
	print(document, &(struct verdict_view){.form = VERDICT_AS_MARKDOWN});
	says(shown, "### heddle: judged 0 of 0 cases: no verdict (");
	print_junit(document);
	says(report, "<testsuites name=\"heddle\" tests=\"0\" failures=\"0\" errors=\"0\"");
	ck_assert_uint_eq(verdict_outcome(document).judged, 0);
	json_decref(document);
}
END_TEST

START_TEST(an_interrupted_run_says_so)
{
	json_t *document = document_of("ab", VERDICT("w/m/cores=1", "same"), "");

	json_object_set_new(json_object_get(document, "run"), "status", json_string("interrupted"));
	print(document, &(struct verdict_view){0});
	says(shown, "(margin 5 %, 20 pairs, interrupted)");
	ck_assert(verdict_outcome(document).interrupted);
	json_decref(document);
}
END_TEST

START_TEST(the_ruler_says_what_it_knows)
{
	json_t *document = document_of("ab", VERDICT("w/m/cores=1", "same"), "");

	json_object_set_new(document, "ruler",
	                    parse("{'rounds': 3, 'ratio': 1, 'ci95': null, 'taken_percent': 12}"));
	print(document, &(struct verdict_view){0});
	says(shown,
	     "ruler    3 rounds are too few to say how far the machine moved; others took 12.0\n"
	     "         % of a processor\n");
	json_decref(document);
}
END_TEST

/* ---- Failures ---------------------------------------------------------------------------------- */

#define CASE(status, expect) \
	"{'cases': [{'name': 'w/m/cores=1', 'status': '" status "', 'expect': '" expect "'}]}"
#define FAILED(side)                                                                             \
	"{'case': 'w/m/cores=1', 'workload': 'w', 'model': 'm', 'cores': 1, 'state': 'failed', " \
	"'side': '" side "', 'reason': 'why'}"

static json_t *failed(const char *unjudged, const char *base, const char *new)
{
	json_t *document = document_of("ab", "", unjudged);

	json_object_set_new(document, "base", parse(base));
	json_object_set_new(document, "new", parse(new));
	return document;
}

START_TEST(failures_are_told_by_side)
{
	json_t *document = failed(FAILED("both"), CASE("crashed", "ok"), CASE("timed-out", "ok"));

	print(document, &(struct verdict_view){.annotations = true});
	says(shown, "not judged, failed\n! w/m/cores=1: timed-out on both sides: why\n");
	says(shown, "::error title=heddle%3A failed::w/m/cores=1: timed-out on both sides: why\n");
	print_junit(document);
	says(report, "<failure type=\"timed-out\" message=\"timed-out on both sides: why\"/>");
	ck_assert_uint_eq(verdict_outcome(document).failed, 1);
	json_decref(document);
}
END_TEST

START_TEST(the_base_alone_fails_nobody)
{
	json_t *document = failed(FAILED("base"), CASE("crashed", "ok"), CASE("ok", "ok"));

	print(document, &(struct verdict_view){.annotations = true});
	says(shown, "\n  w/m/cores=1: crashed on the base side: why\n");
	says(shown,
	     "::warning title=heddle%3A failed::w/m/cores=1: crashed on the base side: why\n");
	print_junit(document);
	says(report, "<skipped message=\"crashed on the base side: why\"/>");
	ck_assert_uint_eq(verdict_outcome(document).failed, 0);
	json_decref(document);
}
END_TEST

START_TEST(what_is_expected_to_fail_fails_nobody)
{
	json_t *document = failed(FAILED("both"), CASE("wrong-result", "wrong-result"),
	                          CASE("wrong-result", "wrong-result"));

	print(document, &(struct verdict_view){.annotations = true});
	says(shown, "\n  w/m/cores=1: wrong-result (as expected) on both sides: why\n");
	says_not(shown, "::");
	ck_assert_uint_eq(verdict_outcome(document).failed, 0);
	json_decref(document);
}
END_TEST

START_TEST(ten_annotations_at_most)
{
	char verdicts[1 << 14] = "";
	json_t *document;

	for (int i = 0; i < 12; i++)
		strcat(verdicts, i == 11 ? VERDICT("w/m/cores=99", "regression")
		                 : i % 2 ? VERDICT("w/m/cores=1", "inconclusive") ","
		                         : VERDICT("w/m/cores=2", "contaminated") ",");
	document = document_of("ab", verdicts, "");
	print(document, &(struct verdict_view){.annotations = true});
	ck_assert_uint_eq(count_of(shown, "\n::"), VERDICT_ANNOTATIONS);
	ck_assert_uint_eq(count_of(shown, "\n::error"), 1);
	ck_assert_ptr_eq(strstr(shown, "\n::"), strstr(shown, "\n::error"));
	ck_assert_uint_eq(count_of(shown, "title=heddle%3A contaminated"), 6);
	says(shown, "\n::warning title=heddle::and 3 more; the table has them all\n");
	json_decref(document);
	/* Ten fit. */
	verdicts[0] = '\0';
	for (int i = 0; i < 10; i++)
		strcat(verdicts, i ? "," VERDICT("w/m/cores=1", "regression")
		                   : VERDICT("w/m/cores=1", "regression"));
	document = document_of("ab", verdicts, "");
	print(document, &(struct verdict_view){.annotations = true});
	ck_assert_uint_eq(count_of(shown, "\n::error"), 10);
	says_not(shown, "more;");
	json_decref(document);
}
END_TEST

/* ---- What nobody should have written ----------------------------------------------------------- */

#define HOSTILE                                                                               \
	"a|b`c`<script>&amp;\\\\|*_[x](y)]]>%25::error::, \\u0001\\u001b[2J\\u009b2J\\r\\n# " \
	"h\\n|$@\\uffff\\\""

static json_t *hostile(void)
{
	char text[4096];
	json_t *document = document_of("ab", VERDICT("w/m/cores=1", "regression"), FAILED("new")),
	       *changed = NULL;
	json_t *verdict = json_array_get(json_object_get(document, "verdicts"), 0);
	json_t *unjudged = json_array_get(json_object_get(document, "unjudged"), 0);
	static const char *const keys[] = {"case", "workload", "model", "metric", "unit", "reason"};

	snprintf(text, sizeof(text), "[\"%s\"]", HOSTILE);
	changed = json_loads(text, 0, NULL);
	ck_assert_ptr_nonnull(changed);
	for (int i = 0; i < 6; i++) {
		json_object_set(verdict, keys[i], json_array_get(changed, 0));
		if (i < 2 || i == 5)
			json_object_set(unjudged, keys[i], json_array_get(changed, 0));
	}
	json_object_set(json_object_get(document, "base"), "place", json_array_get(changed, 0));
	json_decref(changed);
	return document;
}

static void assert_no_controls(void)
{
	for (const char *c = shown; *c; c++)
		ck_assert_msg((unsigned char)*c >= 0x20 || *c == '\n', "%d in:\n%s", *c, shown);
}

START_TEST(hostile_texts_stay_texts)
{
	json_t *document = hostile();

	print(document, &(struct verdict_view){0});
	assert_no_controls();
	says_not(shown, "\xc2\x9b");
	ck_assert_uint_eq(count_of(shown, "\n# h"), 0);
	print(document, &(struct verdict_view){.form = VERDICT_AS_MARKDOWN});
	assert_no_controls();
	says_not(shown, "<script>");
	says_not(shown, "`");
	ck_assert_uint_eq(count_of(shown, "<"), 4); /* details, summary */
	/* A row has as many cells as its heading. */
	for (const char *row = shown; (row = strstr(row, "\n| a")); row++) {
		size_t cells = 0;

		for (const char *c = row + 1; *c && *c != '\n'; c++)
			cells += *c == '|';
		ck_assert_msg(cells == 8 || cells == 3, "%zu in:\n%s", cells, row);
	}
	json_decref(document);
}
END_TEST

START_TEST(hostile_texts_are_well_formed)
{
	json_t *document = hostile();

	print_junit(document);
	says_not(report, "<script>");
	says(report, "&#60;script&#62;&#38;amp;");
	says(report, "&#13;&#10;# h");
	ck_assert_uint_eq(count_of(report, "\xef\xbf\xbf"), 0);
	ck_assert_uint_eq(count_of(report, "\033"), 0);
	print(document, &(struct verdict_view){.annotations = true});
	/* The table says it in its own words above; a command begins a line of its own. */
	ck_assert_uint_eq(count_of(shown, "\n::"), 2);
	says(strstr(shown, "\n::"), "%2525::error::, %01%1B[2J??2J%0D%0A# h%0A|");
	json_decref(document);
}
END_TEST

/* Whatever is missing, or of another type, is told as not measured; nothing dies of it. */
static void assert_all_forms(const json_t *document)
{
	struct verdict_view view = {.annotations = true};

	print(document, &view);
	assert_width(80);
	says_not(shown, "nan");
	print(document, &(struct verdict_view){.form = VERDICT_AS_MARKDOWN});
	says_not(shown, "nan");
	view.junit = junit;
	print(document, &view);
	read_file(junit, report, sizeof(report));
	says_not(report, "nan");
	verdict_outcome(document);
}

START_TEST(what_is_missing_is_not_told)
{
	static const char *const documents[] = {
	        "{}",
	        "{'verdicts': [{}], 'unjudged': [{}], 'summary': null, 'base': null, 'new': []}",
	        "{'verdicts': [null, 1, 'x', []], 'unjudged': [null, 1, 'x', []]}",
	        "{'verdicts': {}, 'unjudged': 5, 'summary': [], 'ruler': 5, 'groups': {}}",
	        "{'kind': 'aa', 'verdicts': [{'verdict': 'regression', 'case': '', 'model': ''}]}",
	        "{'kind': 'compare', 'base': {'results': [null, {}]}, 'groups': [null, {}]}",
	        "{'verdicts': [{'verdict': 'inconclusive', 'case': '/m/', 'model': 'm',"
	        " 'ci95': [1], 'confirmation': {}, 'margin_percent': null, 'pairs_needed': 'x'}]}",
	        "{'verdicts': [{'verdict': 'same', 'ci95': [null, null], 'cores': 1e300}],"
	        " 'ruler': {}, 'run': {'started': 'zzzzzzzzzzzzzzzzzzz'}, 'unjudged':"
	        " [{'state': 'failed', 'side': 7}, {'state': 'failed', 'side': 'base'}]}",
	};

	for (size_t i = 0; i < sizeof(documents) / sizeof(documents[0]); i++) {
		json_t *document = parse(documents[i]);

		assert_all_forms(document);
		json_decref(document);
	}
}
END_TEST

/* ---- Size -------------------------------------------------------------------------------------- */

START_TEST(a_long_name_has_a_line_of_its_own)
{
	json_t *document =
	        document_of("ab", VERDICT("w/batch=1/m/option=a-long-one/cores=1", "same"), "");

	print(document, &(struct verdict_view){0});
	says(shown, "\nw/batch=1: throughput, ops/s\n");
	says(shown, "\n  m/option=a-long-one\n                   1  1.00 M  1.10 M  +10.0");
	print(document, &(struct verdict_view){.width = 100});
	says(shown, "\n  m/option=a-long-one                  1  1.00 M  1.10 M  +10.0");
	assert_width(100);
	json_decref(document);
}
END_TEST

START_TEST(a_summary_stays_below_what_github_takes)
{
	enum { ROWS = 9000 };
	json_t *document = document_of("ab", VERDICT("w/m/cores=1", "same"), "");
	json_t *verdicts = json_object_get(document, "verdicts");
	json_t *regression = json_deep_copy(json_array_get(verdicts, 0));
	unsigned left_out = 0;

	json_object_set_new(json_array_get(verdicts, 0), "reason",
	                    json_string("some text that makes rows longer than they would be"));
	for (int i = 1; i < ROWS; i++)
		json_array_append(verdicts, json_array_get(verdicts, 0));
	json_object_set_new(regression, "verdict", json_string("regression"));
	json_array_append_new(verdicts, regression);
	print(document, &(struct verdict_view){.form = VERDICT_AS_MARKDOWN});
	ck_assert_uint_lt(strlen(shown), 1024 * 1024);
	ck_assert_uint_gt(strlen(shown), 900 * 1024);
	ck_assert_int_eq(
	        sscanf(strstr(shown, "</details>\n\n") + 12, "%u rows are left out", &left_out), 1);
	ck_assert_uint_eq(count_of(shown, "\n| w/m/cores=1 |") + left_out, ROWS + 1);
	says(shown, "**regression**");
	json_decref(document);
}
END_TEST

START_TEST(a_report_that_cannot_be_written_is_an_error)
{
	json_t *document = document_of("ab", VERDICT("w/m/cores=1", "same"), "");
	struct verdict_view view = {.junit = "/nowhere/at/all.xml"};
	struct hd_error err = {0};
	FILE *out = fmemopen(shown, sizeof(shown), "w");

	ck_assert_int_eq(verdict_print(document, &view, out, &err), -ENOENT);
	says(err.text, "/nowhere/at/all.xml");
	view.junit = "/dev/full";
	err = (struct hd_error){0};
	if (access("/dev/full", W_OK) == 0)
		ck_assert_int_eq(verdict_print(document, &view, out, &err), -ENOSPC);
	fclose(out);
	json_decref(document);
}
END_TEST

int main(void)
{
	const suite_test tests[] = {everything_as_it_should_look,
	                            the_document_itself_is_json,
	                            annotations_stay_out_of_what_programs_read,
	                            what_is_no_comparison_is_refused,
	                            the_noise_floor,
	                            two_results_say_that_they_are_weaker,
	                            nothing_judged_is_said,
	                            an_interrupted_run_says_so,
	                            the_ruler_says_what_it_knows,
	                            failures_are_told_by_side,
	                            the_base_alone_fails_nobody,
	                            what_is_expected_to_fail_fails_nobody,
	                            ten_annotations_at_most,
	                            hostile_texts_stay_texts,
	                            hostile_texts_are_well_formed,
	                            what_is_missing_is_not_told,
	                            a_long_name_has_a_line_of_its_own,
	                            a_summary_stays_below_what_github_takes,
	                            a_report_that_cannot_be_written_is_an_error,
	                            NULL};

	return suite_run_with("verdict_show", tests, setup, teardown);
}
