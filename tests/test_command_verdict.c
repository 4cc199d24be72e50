/* SPDX-License-Identifier: MIT */
#include "suite.h"

#include <getopt.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "command_verdict.h"

static const struct command command = {.name = "ab", .usage = "CONFIG"};
static const struct option long_options[] = {COMMAND_VERDICT_OPTIONS, {0}};

/* -1 where all of the line, which ends with NULL, was taken; else the exit code. */
static int take(const char **line, struct verdict_options *options)
{
	int option, code = -1, count = 0;

	*options = (struct verdict_options){0};
	while (line[count])
		count++;
	optind = 0;
	while (code < 0 &&
	       (option = getopt_long(count, (char *const *)(uintptr_t)line,
	                             ":" COMMAND_VERDICT_SHORT, long_options, NULL)) != -1) {
		ck_assert(command_is_verdict_option(option));
		code = command_take_verdict_option(&command, option, options);
	}
	return code;
}

static int take_one(const char *word, const char *value, struct verdict_options *options)
{
	const char *line[] = {"ab", word, value, NULL};

	return take(line, options);
}

START_TEST(a_margin_is_percent)
{
	static const struct {
		const char *text;
		double margin;
	} rows[] = {{"5", 0.05},   {"5%", 0.05},  {"0.5%", 0.005}, {"5 %", 0.05},
	            {"100%", 1.0}, {".5", 0.005}, {"12.5", 0.125}};
	struct verdict_options options;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		ck_assert_int_eq(take_one("--margin", rows[i].text, &options), -1);
		ck_assert_double_eq_tol(options.margin, rows[i].margin, 1e-15);
	}
}
END_TEST

START_TEST(what_is_no_margin_is_refused)
{
	static const char *const words[] = {"0",   "0%",   "-5",  "100.1%", "5x", "",
	                                    "%",   "nan",  "inf", "+5",     " 5", "0x5",
	                                    "5%%", "five", "1e9", "5%5"};
	struct verdict_options options;

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		ck_assert_msg(take_one("--margin", words[i], &options) == EXIT_USAGE, "%s",
		              words[i]);
}
END_TEST

START_TEST(the_error_says_what_is_allowed)
{
	struct verdict_options options;
	char text[512] = "";
	FILE *kept = stderr;

	stderr = fmemopen(text, sizeof(text), "w");
	take_one("--margin", "0\033[2J", &options);
	fclose(stderr);
	stderr = kept;
	ck_assert_ptr_nonnull(strstr(text, "heddle ab: --margin \"0?[2J\": percent, above 0 and up "
	                                   "to 100, such as 5%\n"));
}
END_TEST

START_TEST(options_are_kept)
{
	const char *line[] = {"ab",          "--metric", "cpu_per_op", "--metric",
	                      "latency_p99", "--metric", "cpu_per_op", "--strict",
	                      "--junit",     "x.xml",    "--markdown", "--annotations",
	                      "-o",          "out.json", "-f",         NULL};
	struct verdict_options options;

	ck_assert_int_eq(take(line, &options), -1);
	ck_assert_uint_eq(options.metric_count, 2); /* twice is once */
	ck_assert_str_eq(options.metrics[1], "latency_p99");
	ck_assert(options.strict && options.overwrite && options.view.annotations);
	ck_assert_str_eq(options.output, "out.json");
	ck_assert_str_eq(options.view.junit, "x.xml");
	ck_assert_int_eq(options.view.form, VERDICT_AS_MARKDOWN);
	ck_assert(options.margin == 0);
	ck_assert(!command_is_verdict_option('h') && !command_is_verdict_option('?') &&
	          !command_is_verdict_option(':') && !command_is_verdict_option(256));
}
END_TEST

START_TEST(one_form_at_a_time)
{
	const char *both[] = {"ab", "--json", "--markdown", NULL},
	           *twice[] = {"ab", "--json", "--json", NULL};
	struct verdict_options options;

	ck_assert_int_eq(take(both, &options), EXIT_USAGE);
	ck_assert_int_eq(take(twice, &options), -1);
	ck_assert_int_eq(options.view.form, VERDICT_AS_JSON);
}
END_TEST

START_TEST(too_many_metrics_are_refused)
{
	char names[VERDICT_METRICS + 1][8];
	const char *line[2 * VERDICT_METRICS + 4] = {"ab"};
	struct verdict_options options;

	for (int i = 0; i <= VERDICT_METRICS; i++) {
		snprintf(names[i], sizeof(names[i]), "m%d", i);
		line[1 + 2 * i] = "--metric";
		line[2 + 2 * i] = names[i];
	}
	ck_assert_int_eq(take(line, &options), EXIT_USAGE);
	line[1 + 2 * VERDICT_METRICS] = NULL;
	ck_assert_int_eq(take(line, &options), -1);
	ck_assert_uint_eq(options.metric_count, VERDICT_METRICS);
}
END_TEST

START_TEST(the_worst_decides)
{
	static const struct {
		struct verdict_outcome outcome;
		int plain, strict;
	} rows[] = {
	        {{.cases = 3, .judged = 3}, EXIT_OK, EXIT_OK},
	        {{.cases = 3, .judged = 3, .inconclusive = 1}, EXIT_OK, EXIT_INCONCLUSIVE},
	        {{.cases = 3, .judged = 3, .contaminated = 3}, EXIT_OK, EXIT_INCONCLUSIVE},
	        {{.cases = 3, .judged = 3, .regressions = 1}, EXIT_REGRESSION, EXIT_REGRESSION},
	        {{.cases = 3, .judged = 3, .regressions = 1, .contaminated = 1},
	         EXIT_REGRESSION,
	         EXIT_REGRESSION},
	        {{.cases = 3, .judged = 2, .regressions = 1, .failed = 1},
	         EXIT_CASE_FAILED,
	         EXIT_CASE_FAILED},
	        {{.cases = 3}, EXIT_CASE_FAILED, EXIT_CASE_FAILED},
	        {{.cases = 0}, EXIT_CASE_FAILED, EXIT_CASE_FAILED},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		ck_assert_int_eq(command_verdict_code(&rows[i].outcome, false), rows[i].plain);
		ck_assert_int_eq(command_verdict_code(&rows[i].outcome, true), rows[i].strict);
	}
}
END_TEST

int main(void)
{
	const suite_test tests[] = {a_margin_is_percent,
	                            what_is_no_margin_is_refused,
	                            the_error_says_what_is_allowed,
	                            options_are_kept,
	                            one_form_at_a_time,
	                            too_many_metrics_are_refused,
	                            the_worst_decides,
	                            NULL};

	return suite_run("command_verdict", tests);
}
