/* SPDX-License-Identifier: MIT */
/* The table of a run that goes on, from trials that never took place. */
#include "suite.h"

#include <locale.h>
#include <stdio.h>
#include <string.h>

#include "fake_run.h"
#include "format.h"
#include "run_table.h"

static struct fake_run run;
static struct run_table table;
static char shown[65536];

static const char config[] = "{ \"models\": [\"serial\", \"thread-mutex\"], \"cores\": [1, 2],"
                             "  \"workloads\": [{ \"workload\": \"counter\", \"batch\": [1, 64] }],"
                             "  \"sampling\": { \"rounds\": 7 } }";

static void setup(void)
{
	fake_run_open(&run, config);
	setlocale(LC_CTYPE, "C.UTF-8");
	run_table_begin(&table, &run.plan, &run.journal);
}

static void teardown(void)
{
	fake_run_close(&run);
}

static void add(const char *name, uint32_t round, double rate)
{
	size_t index = fake_run_case(&run, name);

	fake_run_add(&run, index, round, fake_trial(rate));
	run_table_note(&table, index);
}

static int put(int width, int most)
{
	FILE *out = (shown[0] = 0, fmemopen(shown, sizeof(shown), "w"));
	int lines = 0;

	run_table_put(&table, out, width, most);
	fclose(out);
	for (const char *c = shown; *c; c++)
		lines += *c == '\n';
	ck_assert_int_le(lines, most);
	return lines;
}

static void assert_width(int width)
{
	for (char *rest = NULL, *line = strtok_r(shown, "\n", &rest); line;
	     line = strtok_r(NULL, "\n", &rest))
		ck_assert_msg(format_width(line) <= width, "%d columns: \"%s\"", width, line);
}

START_TEST(all_cases_where_they_fit)
{
	for (uint32_t round = 1; round <= 6; round++)
		add("counter/batch=64/serial/cores=2", round, 1e6 * (100 + round));
	add("counter/thread-mutex/cores=1", 1, 5e6);
	ck_assert_int_eq(put(79, 9), 9);
	ck_assert_str_eq(
	        shown,
	        "so far                          cores       median 95 % interval   trials\n"
	        "  counter batch=1 serial            1            -             -      0/7\n"
	        "  counter batch=1 thread-mutex      1  5.00 Mops/s             -      1/7\n"
	        "  counter batch=1 serial            2            -             -      0/7\n"
	        "  counter batch=1 thread-mutex      2            -             -      0/7\n"
	        "  counter batch=64 serial           1            -             -      0/7\n"
	        "  counter batch=64 thread-mutex     1            -             -      0/7\n"
	        "  counter batch=64 serial           2   104 Mops/s     101 … 106      6/7\n"
	        "  counter batch=64 thread-mutex     2            -             -      0/7\n");
}
END_TEST

START_TEST(the_latest_where_not_all_fit)
{
	ck_assert_int_eq(put(79, 4), 0); /* none has been tried */
	add("counter/batch=64/serial/cores=2", 1, 1e6);
	add("counter/batch=64/thread-mutex/cores=1", 1, 2e6);
	add("counter/serial/cores=1", 1, 3e6);
	add("counter/serial/cores=2", 1, 4e6);
	add("counter/batch=64/thread-mutex/cores=1", 2, 2e6);
	ck_assert_int_eq(put(79, 4), 4);
	ck_assert_str_eq(
	        shown,
	        "so far, last 3 of 8             cores       median 95 % interval   trials\n"
	        "  counter batch=1 serial            1  3.00 Mops/s             -      1/7\n"
	        "  counter batch=1 serial            2  4.00 Mops/s             -      1/7\n"
	        "  counter batch=64 thread-mutex     1  2.00 Mops/s             -      2/7\n");
}
END_TEST

START_TEST(a_case_that_failed_says_so)
{
	size_t index = fake_run_case(&run, "counter/serial/cores=1");

	fake_run_add(&run, index, 1, fake_failure(STATUS_CRASHED, "a reason"));
	run_table_note(&table, index);
	put(79, 9);
	ck_assert_ptr_nonnull(strstr(shown, "\n  counter batch=1 serial            1      crashed "
	                                    "                   1/7\n"));
}
END_TEST

START_TEST(narrow_screens_cut_the_workload)
{
	add("counter/batch=64/thread-mutex/cores=2", 1, 1e6);
	put(39, 9);
	ck_assert_ptr_nonnull(strstr(shown, "so far      cores       median   trials\n"));
	ck_assert_ptr_nonnull(strstr(shown, "\n  thread-m…     2  1.00 Mops/s      1/7\n"));
	assert_width(39);
	put(50, 9);
	ck_assert_ptr_nonnull(strstr(shown, "\n  counte… thread-mutex     2  1.00 Mops/s"));
	assert_width(50);
	for (int width = 39; width < 120; width++)
		for (int most = 2; most < 12; most++) {
			put(width, most);
			assert_width(width);
		}
}
END_TEST

START_TEST(many_more_cases_than_lines)
{
	for (size_t i = 0; i < 3 * PROGRESS_LINES; i++)
		run_table_note(&table, i); /* not shown here: whether they fit */
	ck_assert_uint_eq(table.latest_count, PROGRESS_LINES);
	ck_assert_uint_eq(table.latest[0], 2 * PROGRESS_LINES);
	ck_assert_uint_eq(table.latest[PROGRESS_LINES - 1], 3 * PROGRESS_LINES - 1);
	run_table_note(&table, 2 * PROGRESS_LINES); /* comes to the end, and once */
	ck_assert_uint_eq(table.latest_count, PROGRESS_LINES);
	ck_assert_uint_eq(table.latest[0], 2 * PROGRESS_LINES + 1);
	ck_assert_uint_eq(table.latest[PROGRESS_LINES - 1], 2 * PROGRESS_LINES);
}
END_TEST

int main(void)
{
	const suite_test tests[] = {all_cases_where_they_fit,   the_latest_where_not_all_fit,
	                            a_case_that_failed_says_so, narrow_screens_cut_the_workload,
	                            many_more_cases_than_lines, NULL};

	return suite_run_with("run_table", tests, setup, teardown);
}
