/* SPDX-License-Identifier: MIT */
/* Journals that are gone on with, made from trials that never took place; whole runs are in test_faults.sh. */
#include "suite.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <unistd.h>

#include "fake_run.h"
#include "result_document.h"
#include "result_resume.h"

static struct fake_run run;
static struct resume resume;
static struct problems problems;

static const char config[] =
        "{ \"name\": \"test\", \"models\": [\"serial\", \"thread-mutex\"],"
        "  \"baseline\": \"thread-mutex\", \"cores\": [2],"
        "  \"workloads\": [{ \"workload\": \"counter\" }], \"sampling\": { \"rounds\": 6 } }";
static const char *const arguments[] = {"run", "config.json", "--only", "cores=2", NULL};

static size_t case_of(const char *model)
{
	for (size_t i = 0; i < run.plan.count; i++)
		if (strcmp(run.plan.cases[i].model->name, model) == 0)
			return i;
	ck_abort_msg("no case of %s", model);
	return 0;
}

static size_t serial(void)
{
	return case_of("serial");
}

static size_t mutex(void)
{
	return case_of("thread-mutex");
}

/* A run that ended after two trials. */
static void setup(void)
{
	fake_run_open(&run, config);
	run.facts.arguments = arguments;
	ck_assert_int_eq(journal_begin(&run.journal, &run.plan, &run.facts, &run.err), 0);
	fake_run_add(&run, serial(), 1, fake_trial(1e6));
	fake_run_add(&run, mutex(), 1, fake_failure(STATUS_TIMED_OUT, "no progress"));
	journal_close(&run.journal, false);
}

static void teardown(void)
{
	resume_close(&resume);
	problems_free(&problems);
	fake_run_close(&run);
}

static int open_it(void)
{
	resume_close(&resume);
	run.err = (struct hd_error){0};
	return resume_open(&resume, run.result_path, &run.err);
}

static void opens(void)
{
	ck_assert_msg(open_it() == 0, "%s", run.err.text);
}

static int take(size_t index, uint32_t round)
{
	uint64_t elapsed_ns = 0;

	return resume_take(&resume, &run.journal, &run.plan, index, round, 1, &elapsed_ns,
	                   &run.err);
}

static void append(const char *text)
{
	FILE *file = fopen(run.journal_path, "a");

	ck_assert_int_ge(fputs(text, file), 0);
	ck_assert_int_eq(fclose(file), 0);
}

static void goes_on(void)
{
	ck_assert_msg(resume_journal(&resume, &run.journal, &run.plan, &run.err) == 0, "%s",
	              run.err.text);
}

START_TEST(what_is_there_is_taken)
{
	json_t *document, *facts, *of_case;

	opens();
	ck_assert_uint_eq(resume.count, 2);
	ck_assert_uint_eq(resume.times, 0);
	ck_assert_uint_eq(resume.seed, 42);
	ck_assert_str_eq(resume.started, "2026-01-31T12:00:00Z");
	ck_assert_int_eq(resume.argument_count, 4);
	for (int i = 0; arguments[i]; i++)
		ck_assert_str_eq(resume.arguments[i], arguments[i]);
	ck_assert_ptr_null(resume.arguments[4]);
	ck_assert(resume.own && !resume.torn);
	goes_on();
	ck_assert_int_eq(take(serial(), 1), 1);
	ck_assert(!resume_is_over(&resume));
	ck_assert_int_eq(take(mutex(), 1), 1);
	ck_assert(resume_is_over(&resume));
	ck_assert_int_eq(take(serial(), 2), 0);
	ck_assert_double_eq(run.journal.cases[serial()].gate[0], 1e6);
	ck_assert_uint_eq(run.journal.cases[mutex()].failures, 1);
	ck_assert_int_eq(run.journal.cases[mutex()].status, STATUS_TIMED_OUT);
	fake_run_add(&run, serial(), 2, fake_trial(2e6));
	run.facts.resumed = resume.times + 1;
	ck_assert_int_eq(
	        result_write(run.result_path, &run.journal, &run.plan, &run.facts, &run.err), 0);
	document = json_load_file(run.result_path, 0, NULL);
	facts = json_object_get(document, "run");
	ck_assert_int_eq(json_integer_value(json_object_get(facts, "resumed")), 1);
	of_case = json_array_get(json_object_get(document, "cases"), serial());
	ck_assert_uint_eq(json_array_size(json_object_get(of_case, "trials")), 2);
	json_decref(document);
	journal_close(&run.journal, false);
	opens(); /* and once more */
	ck_assert_uint_eq(resume.count, 3);
	ck_assert_uint_eq(resume.times, 1);
}
END_TEST

START_TEST(a_torn_line_is_cut_off)
{
	static const char *const torn[] = {"{\"case\": \"", "{\"resumed\": 1", "x\n", "\n"};

	for (size_t i = 0; i < sizeof(torn) / sizeof(torn[0]); i++) {
		append(torn[i]);
		opens();
		ck_assert(resume.torn);
		ck_assert_uint_eq(resume.count, 2);
		goes_on();
		journal_close(&run.journal, false);
		opens();
		ck_assert(!resume.torn);
		ck_assert_uint_eq(resume.times, i + 1);
	}
}
END_TEST

static void refused(const char *line, const char *why)
{
	ck_assert_int_eq(truncate(run.journal_path, 0), 0);
	append(line);
	ck_assert_int_eq(open_it(), -EINVAL);
	ck_assert_msg(strstr(run.err.text, why) != NULL, "%s: %s", line, run.err.text);
}

#define BEGIN "{\"format\":\"heddle-journal\",\"version\":1,\"started\":\"2026-01-31T12:00:00Z\","
#define HEAD BEGIN "\"seed\":1,\"folder\":\"\",\"arguments\":[]}\n"
#define KEY "\"case\":\"0123456789abcdef0123456789abcdef\","
#define REST                                                                           \
	"\"round\":1,\"order\":1,\"elapsed_ns\":1,\"window_ns\":[],\"window_ops\":[]," \
	"\"gauges\":{}"

START_TEST(a_line_without_an_end_is_refused)
{
	FILE *file = fopen(run.journal_path, "a");

	ck_assert_int_eq(ftruncate(fileno(file), JOURNAL_LONGEST_LINE + (1 << 20)), 0); /* NULs */
	fclose(file);
	ck_assert_int_eq(open_it(), -EINVAL);
	ck_assert_msg(strstr(run.err.text, ": a line longer than 16 MiB; not as a run writes it") !=
	                      NULL,
	              "%s", run.err.text);
}
END_TEST

START_TEST(what_is_no_journal_is_refused)
{
	refused("", "not one trial");
	refused("{", "not one trial");
	refused("{}\n", "no journal of a run");
	refused("[]\n", "no journal of a run");
	refused("{\"format\":\"heddle-result\",\"version\":1}\n", "no journal of a run");
	refused("{\"format\":\"heddle-journal\",\"version\":2}\n",
	        "journal version 2, this heddle");
	refused("{\"format\":\"heddle-journal\",\"version\":1}\n", "its first line is not");
	refused(BEGIN "\"seed\":-1,\"folder\":\"\",\"arguments\":[]}\n", "its first line is not");
	refused(BEGIN "\"seed\":1,\"folder\":\"\",\"arguments\":[1]}\n", "its first line is not");
	refused("{\"format\":\"heddle-journal\",\"version\":1,\"started\":\"now\",\"seed\":1,"
	        "\"folder\":\"\",\"arguments\":[]}\n",
	        "its first line is not");
	refused(HEAD, "not one trial");
	refused(HEAD "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[\n",
	        "nested more than 64 deep; not as a run writes it");
	refused(HEAD "x\n" HEAD, "a line that is no JSON");
	refused(HEAD "{}\n", "not as a run writes it");
	refused(HEAD HEAD, "not as a run writes it");
	refused(HEAD "{\"case\":\"short\",\"metrics\":{},\"notes\":[],\"trial\":{\"status\":\"ok\","
	             "\"reason\":null," REST "}}\n",
	        "not as a run writes it");
	refused(HEAD "{" KEY "\"metrics\":{\"a\":\"b\"},\"notes\":[],\"trial\":{\"status\":\"ok\","
	             "\"reason\":null," REST "}}\n",
	        "not as a run writes it");
	refused(HEAD "{" KEY "\"metrics\":{},\"notes\":[0],\"trial\":{\"status\":\"ok\","
	             "\"reason\":null," REST "}}\n",
	        "not as a run writes it");
	refused(HEAD "{" KEY "\"metrics\":{},\"notes\":[],\"trial\":{\"status\":\"fine\","
	             "\"reason\":null," REST "}}\n",
	        "not as a run writes it");
	refused(HEAD "{" KEY "\"metrics\":{},\"notes\":[],\"trial\":{\"status\":\"ok\","
	             "\"reason\":7," REST "}}\n",
	        "not as a run writes it");
	ck_assert_int_eq(truncate(run.journal_path, 0), 0);
	append(HEAD "{" KEY "\"metrics\":{},\"notes\":[],\"trial\":{\"status\":\"ok\","
	            "\"reason\":null," REST "}}\n");
	opens();
}
END_TEST

START_TEST(another_order_is_refused)
{
	opens();
	goes_on();
	ck_assert_int_eq(take(mutex(), 1), -EINVAL);
	ck_assert_ptr_nonnull(strstr(run.err.text, "not the trial that comes next"));
}
END_TEST

START_TEST(differences_are_told)
{
	json_t *head;

	opens();
	ck_assert_int_eq(resume_check(&resume, &run.plan, &run.facts, &problems), 0);
	ck_assert_msg(problems.count == 0, "%s", problems.count ? problems.lines[0] : "");
	head = resume.head;
	json_object_set_new(json_object_get(head, "machine"), "kernel", json_string("1.0"));
	json_object_set_new(json_object_get(head, "plugins"), "serial", json_null());
	json_object_del(json_object_get(head, "tool"), "revision");
	json_object_set_new(head, "config", json_integer(3));
	ck_assert_int_eq(resume_check(&resume, &run.plan, &run.facts, &problems), 0);
	ck_assert_uint_ge(problems.count, 3);
	ck_assert_ptr_nonnull(strstr(problems.lines[0], "config: 3 then, {"));
	ck_assert_ptr_nonnull(strstr(problems.lines[1], "tool.revision: nothing then, "));
	problems_free(&problems);
	problems = (struct problems){0};
	opens();
	json_object_set_new(resume.head, "cases", json_string("0"));
	ck_assert_int_eq(resume_check(&resume, &run.plan, &run.facts, &problems), 0);
	ck_assert_uint_eq(problems.count, 1);
	ck_assert_ptr_nonnull(strstr(problems.lines[0], "the cases: others are chosen now"));
}
END_TEST

START_TEST(whose_it_is_and_who_has_it)
{
	struct resume other;

	opens();
	ck_assert_int_eq(resume_open(&other, run.journal_path, &run.err), -EBUSY);
	ck_assert_ptr_nonnull(strstr(run.err.text, "another run is writing it"));
	resume_close(&other);
	ck_assert_int_eq(chmod(run.journal_path, 0666), 0);
	opens();
	ck_assert(!resume.own);
	ck_assert_int_eq(resume_check_output(&resume, &run.err), 0);
	fake_tree_put(run.root, "result.json", "{}");
	ck_assert_int_eq(resume_check_output(&resume, &run.err), -EEXIST);
	resume_close(&resume);
	unlink(run.journal_path);
	ck_assert_int_eq(mkdir(run.journal_path, 0700), 0);
	ck_assert_int_lt(open_it(), 0);
	rmdir(run.journal_path);
	ck_assert_int_eq(mkfifo(run.journal_path, 0600), 0);
	ck_assert_int_eq(open_it(), -EINVAL); /* and does not wait */
	unlink(run.journal_path);
	ck_assert_int_eq(open_it(), -ENOENT);
}
END_TEST

int main(void)
{
	const suite_test tests[] = {what_is_there_is_taken,           a_torn_line_is_cut_off,
	                            a_line_without_an_end_is_refused, what_is_no_journal_is_refused,
	                            another_order_is_refused,         differences_are_told,
	                            whose_it_is_and_who_has_it,       NULL};

	return suite_run_with("result_resume", tests, setup, teardown);
}
