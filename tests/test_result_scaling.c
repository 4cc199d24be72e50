/* SPDX-License-Identifier: MIT */
/* How series grow with cores, from documents that are put together here: the lines as they are printed. */
#include "suite.h"

#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "format.h"
#include "result_rows.h"
#include "result_scaling.h"

enum { ENOUGH_TRIALS = 10 };

static json_t *document;
static char shown[16384];

static void setup(void)
{
	document = json_pack("{s:[]}", "cases");
	setlocale(LC_CTYPE, "C.UTF-8");
}

static void teardown(void)
{
	json_decref(document);
}

/* Trials that lie around the rate, so that the law can be weighed. */
static json_t *trials_around(double rate)
{
	json_t *trials = json_array();

	for (int i = 0; i < ENOUGH_TRIALS; i++)
		json_array_append_new(trials, json_real(rate * (1 + 0.002 * (i - 4.5))));
	return trials;
}

static json_t *add(const char *series, int cores, double rate)
{
	json_t *of_case = json_pack(
	        "{s:s, s:s, s:s, s:i, s:s, s:b, s:b, s:{s:i}, s:{s:{s:s, s:f, s:o}}}", "title",
	        "counter", "series", series, "model", series, "cores", cores, "status", "ok",
	        "verified", 1, "shared", 0, "params", "batch", 1, "metrics", "throughput", "unit",
	        "ops/s", "median", rate, "trials", trials_around(rate));

	json_array_append_new(json_object_get(document, "cases"), of_case);
	return of_case;
}

static struct scaling_told show(bool bars, int width)
{
	const struct table_view view = {0};
	FILE *out = (shown[0] = 0, fmemopen(shown, sizeof(shown), "w"));
	struct scaling_told told = {0};
	struct hd_error err = {0};
	struct row *rows;
	size_t count;

	ck_assert_int_eq(rows_collect(document, &view, &rows, &count, &err), 0);
	scaling_lines(rows, count, bars, width, out, &told);
	free(rows);
	fclose(out);
	return told;
}

START_TEST(a_line_tells_how_a_series_grows)
{
	add("thread-mutex", 1, 100);
	add("thread-mutex", 2, 61);
	add("ideal", 1, 50);
	add("ideal", 2, 100);
	ck_assert(show(true, 80).speedups);
	ck_assert_str_eq(shown, "  speedup, cores      1      2 \n"
	                        "  thread-mutex     1.00█  0.61▂\n"
	                        "  ideal            1.00█  2.00█\n");
	ck_assert(!show(false, 80).peaks);
	ck_assert_str_eq(shown, "  speedup, cores      1     2\n"
	                        "  thread-mutex     1.00  0.61\n"
	                        "  ideal            1.00  2.00\n");
}
END_TEST

/* What is missing is "-"; the fewest cores with a number are what the others are told over. */
START_TEST(what_does_not_count_is_missing)
{
	json_t *failed = add("failed", 1, 100);

	json_object_set_new(failed, "status", json_string("crashed"));
	add("failed", 2, 100);
	add("failed", 4, 100);
	json_object_set_new(add("doubtful", 1, 1), "verified", json_null());
	add("doubtful", 2, 10);
	add("doubtful", 4, 15);
	add("shared", 1, 10);
	add("shared", 2, 20);
	json_object_set_new(add("shared", 4, 80), "shared", json_true());
	add("never-tried", 1, 10);
	add("never-tried", 4, 40);
	show(true, 80);
	ck_assert_str_eq(shown, "  speedup, cores      1      2      4 \n"
	                        "  failed              -   1.00█  1.00▄\n"
	                        "  doubtful            -   1.00█  1.50▆\n"
	                        "  shared           1.00█  2.00█     - \n"
	                        "  never-tried      1.00█     -   4.00█\n");
}
END_TEST

START_TEST(no_line_without_two_core_counts)
{
	json_t *of_case;

	add("alone", 1, 100);
	add("twice", 2, 100);
	add("twice", 2, 100);
	add("nothing", 1, 0);
	add("nothing", 2, 100);
	for (int cores = 1; cores <= 2; cores++) {
		of_case = add("planned", cores, 100);
		json_object_set_new(json_object_get(of_case, "params"), "rate", json_integer(100));
		of_case = add("no-throughput", cores, 100);
		json_object_clear(json_object_get(of_case, "metrics"));
	}
	ck_assert(!show(true, 80).speedups);
	ck_assert_str_eq(shown, "");
}
END_TEST

static double law(double contention, double coherence, double n)
{
	return 1000 * n / (1 + contention * (n - 1) + coherence * n * (n - 1));
}

START_TEST(the_peak_is_that_of_the_law)
{
	for (int cores = 1; cores <= 64; cores *= 2) {
		add("inside", cores, law(0.1, 0.01, cores)); /* sqrt(0.9 / 0.01) = 9.5 */
		add("beyond", cores, law(0.01, 0.0001, cores));
		add("nowhere", cores, law(0.02, 0, cores));
		add("lawless", cores, cores % 3 == 1 ? 100 : 500);
		if (cores < 32)
			add("too-few", cores, cores);
	}
	ck_assert(show(false, 80).peaks);
	ck_assert_ptr_nonnull(strstr(shown, "    64     peak\n"));
	ck_assert_ptr_nonnull(strstr(shown, "\n  too-few          1.00  2.00  4.00  8.00  16.0"
	                                    "     -     -        -\n"));
	for (char *rest = NULL, *line = strtok_r(shown, "\n", &rest); line;
	     line = strtok_r(NULL, "\n", &rest)) {
		const char *end = line + strlen(line);

		if (strstr(line, "inside"))
			ck_assert_str_eq(end - 3, "  9");
		if (strstr(line, "beyond"))
			ck_assert_str_eq(end - 6, "  > 64");
		if (strstr(line, "nowhere"))
			ck_assert_ptr_nonnull(strstr(end - 10, "from "));
		if (strstr(line, "lawless"))
			ck_assert_str_eq(end - 8, "  no law");
	}
}
END_TEST

static void assert_narrow(int width)
{
	for (char *rest = NULL, *line = strtok_r(shown, "\n", &rest); line;
	     line = strtok_r(NULL, "\n", &rest))
		ck_assert_msg(format_width(line) <= width, "%d columns: \"%s\"", width, line);
}

START_TEST(many_core_counts_fit)
{
	for (int cores = 1; cores <= 64; cores++) {
		add("model", cores, cores * 10);
		add("a-model-with-a-name-of-its-own", cores, cores);
	}
	show(true, 80);
	ck_assert_ptr_nonnull(strstr(shown, "\n  7 of 64 core counts are shown\n"));
	ck_assert_ptr_nonnull(strstr(shown, "\n  a-model-with-a-name-of-its-own\n   "));
	ck_assert_ptr_nonnull(strstr(shown, "  1.00█"));
	ck_assert_ptr_nonnull(strstr(shown, "  64.0█"));
	assert_narrow(80);
	show(false, 80);
	assert_narrow(80);
	show(true, 40);
	ck_assert_ptr_nonnull(strstr(shown, "\n  2 of 64 core counts are shown\n"));
	assert_narrow(40);
}
END_TEST

START_TEST(the_legend_says_what_was_shown)
{
	static const char plain[] = "\nspeedup  throughput over that with the fewest cores";
	struct scaling_told told = {0};

	for (int i = 0; i < 3; i++) {
		FILE *out = (shown[0] = 0, fmemopen(shown, sizeof(shown), "w"));

		told.speedups = i > 0;
		told.peaks = i > 1;
		scaling_legend(&told, i > 1, 80, out);
		fclose(out);
		if (i == 0)
			ck_assert_str_eq(shown, "");
		else
			ck_assert_int_eq(strncmp(shown, plain, strlen(plain)), 0);
		ck_assert_int_eq(strstr(shown, "its bar is full") != NULL, i > 1);
		ck_assert_int_eq(strstr(shown, "heddle fit") != NULL, i > 1);
		assert_narrow(80);
	}
}
END_TEST

int main(void)
{
	const suite_test tests[] = {a_line_tells_how_a_series_grows,
	                            what_does_not_count_is_missing,
	                            no_line_without_two_core_counts,
	                            the_peak_is_that_of_the_law,
	                            many_core_counts_fit,
	                            the_legend_says_what_was_shown,
	                            NULL};

	return suite_run_with("result_scaling", tests, setup, teardown);
}
