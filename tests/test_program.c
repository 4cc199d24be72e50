/* SPDX-License-Identifier: MIT */
/* Programs that are shell scripts: they leave the document that the test wrote, or do not. */
#include "suite.h"

#include <errno.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fake_tree.h"
#include "program.h"
#include "side.h"

static char place[FAKE_TREE_PATH], path[FAKE_TREE_PATH + 16], config[FAKE_TREE_PATH + 16],
        journal[FAKE_TREE_PATH + 16];
static struct workbench_options options;
static struct program program;
static struct run_show show;
static volatile sig_atomic_t came_signal;
static struct hd_error err;

static const char two_cases[] =
        "{\"format\": \"heddle-result\", \"version\": 1, \"run\": {\"config\": {\"name\": \"x\"}, "
        "\"plugins\": {\"m\": {\"file\": \"/m.so\", \"sha256\": \"abc\"}}}, \"cases\": ["
        "{\"name\": \"one\", \"model\": \"m\", \"status\": \"ok\", \"reason\": null, \"metrics\": "
        "{\"throughput\": {\"unit\": \"ops/s\", \"better\": \"higher\", \"median\": 5, \"trials\": "
        "[5]}}, \"trials\": [{\"round\": 1}]}%s]}";

static void put_program(const char *script)
{
	fake_tree_put(place, "heddle", script);
	ck_assert_int_eq(chmod(path, 0700), 0);
}

/* A program that leaves this document where -o says, and all its words in `words`. */
static void put_answer(const char *document, int code)
{
	char script[8192];

	snprintf(script, sizeof(script),
	         "#!/bin/sh\nprintf '%%s\\n' \"$@\" >%s/words\nwhile [ $# -gt 0 ]; do\n"
	         "[ \"$1\" = -o ] && printf '%%s' '%s' >\"$2\"\nshift\ndone\n"
	         "echo first line >&2\necho last line >&2\nexit %d\n",
	         place, document, code);
	put_program(script);
}

static void put_cases(const char *more, int code)
{
	char document[4096];

	snprintf(document, sizeof(document), two_cases, more);
	put_answer(document, code);
}

static const char *words(void)
{
	static char text[4096];
	char name[FAKE_TREE_PATH + 16];
	FILE *file;

	snprintf(name, sizeof(name), "%s/words", place);
	file = fopen(name, "r");
	ck_assert_ptr_nonnull(file);
	text[fread(text, 1, sizeof(text) - 1, file)] = '\0';
	fclose(file);
	return text;
}

static int open_side(struct side *side)
{
	const struct side_journal at = {.path = journal};

	return side_open_program(side, path, &options, &at, &show, &err);
}

static json_t *run_one(void)
{
	ck_assert_int_eq(program_open(&program, path, &options, &err), 0);
	return program_run(&program, "one", 42, &show, &err);
}

START_TEST(it_is_asked_for_one_case_and_one_round)
{
	json_t *document;

	options.changes[0] = (struct config_change){.place = "margin_percent", .value = "3"};
	options.change_count = 1;
	options.only[0] = "model=m";
	options.only_count = 1;
	options.cores = "max";
	put_cases("", 0);
	document = run_one();
	ck_assert_ptr_nonnull(document);
	ck_assert_ptr_nonnull(strstr(words(), "run\n"));
	ck_assert_ptr_nonnull(strstr(words(), config));
	ck_assert_ptr_nonnull(strstr(words(), "--only\none\n"));
	ck_assert_ptr_null(strstr(words(), "model=m"));
	ck_assert_ptr_nonnull(strstr(words(), "--set\nmargin_percent=3\n"));
	ck_assert_ptr_nonnull(strstr(words(), "--cores\nmax\n"));
	ck_assert_ptr_nonnull(strstr(words(), "sampling.rounds=1\n"));
	ck_assert_ptr_nonnull(strstr(words(), "--seed\n42\n"));
	json_decref(document);
	document = program_run(&program, NULL, 1, NULL, &err);
	ck_assert_ptr_nonnull(strstr(words(), "--only\nmodel=m\n"));
	json_decref(document);
}
END_TEST

START_TEST(a_failed_case_leaves_a_document)
{
	json_t *document;

	put_cases("", 3);
	document = run_one();
	ck_assert_ptr_nonnull(document);
	json_decref(document);
}
END_TEST

START_TEST(a_refusal_is_told_by_its_first_line)
{
	put_answer("", 2);
	ck_assert_ptr_null(run_one());
	ck_assert_int_eq(err.code, -EINVAL);
	ck_assert_ptr_nonnull(strstr(err.text, "ended with 2: first line"));
}
END_TEST

START_TEST(other_ends_are_told_by_the_last_line)
{
	put_answer("", 6);
	ck_assert_ptr_null(run_one());
	ck_assert_int_eq(err.code, -EIO);
	ck_assert_ptr_nonnull(strstr(err.text, "ended with 6: last line"));
}
END_TEST

START_TEST(its_death_is_told)
{
	put_program("#!/bin/sh\nkill -SEGV $$\n");
	ck_assert_ptr_null(run_one());
	ck_assert_int_eq(err.code, -EIO);
	ck_assert_ptr_nonnull(strstr(err.text, "ended by signal 11"));
}
END_TEST

START_TEST(no_document_is_an_error)
{
	put_program("#!/bin/sh\nexit 0\n");
	ck_assert_ptr_null(run_one());
	ck_assert_int_eq(err.code, -ENOENT);
}
END_TEST

static void on_alarm(int signal)
{
	(void)signal;
	came_signal = SIGTERM;
}

START_TEST(a_signal_is_passed_on)
{
	struct sigaction action = {.sa_handler = on_alarm};

	show.signal = &came_signal;
	put_program("#!/bin/sh\ntrap 'exit 143' TERM\nsleep 20 & wait\n");
	sigaction(SIGALRM, &action, NULL);
	ualarm(200000, 0);
	ck_assert_ptr_null(run_one());
	ck_assert_int_eq(err.code, -EINTR);
}
END_TEST

START_TEST(what_is_no_program_or_config_is_refused)
{
	ck_assert_int_eq(program_open(&program, "/no/such/heddle", &options, &err), -EINVAL);
	ck_assert_str_eq(err.text, "/no/such/heddle: No such file or directory");
	program_close(&program);
	err = (struct hd_error){0};
	put_cases("", 0);
	options.config = "no-such-config";
	ck_assert_int_eq(program_open(&program, path, &options, &err), -EINVAL);
	ck_assert_str_eq(err.text, "no-such-config: no such file, and no installed config");
}
END_TEST

START_TEST(a_side_of_it_gives_values)
{
	struct side_turn turn = {.seed = 3, .round = 1, .order = 1, .show = &show};
	struct side_trial trial;
	struct side side;
	json_t *measured;

	put_cases("", 0);
	ck_assert_int_eq(open_side(&side), 0);
	ck_assert_int_eq(side.kind->begin(&side, &err), 0);
	ck_assert_uint_eq(json_array_size(side.cases), 1);
	for (int i = 0; i < 2; i++) {
		ck_assert_int_eq(side.kind->trial(&side, 0, &turn, &trial, &err), 0);
		ck_assert_int_eq(trial.status, STATUS_OK);
		ck_assert_double_eq(json_number_value(json_object_get(trial.metrics, "throughput")),
		                    5);
		side_trial_free(&trial);
	}
	ck_assert(side.kind->same_bytes(&side, 0, &side, 0));
	measured = side.kind->measured(&side);
	ck_assert_uint_eq(json_array_size(json_object_get(json_array_get(measured, 0), "trials")),
	                  2);
	json_decref(measured);
	measured = side.kind->objects(&side);
	ck_assert_uint_eq(json_array_size(measured), 2);
	json_decref(measured);
	ck_assert_int_eq(access(journal, F_OK), 0);
	side_close(&side, true);
	ck_assert_int_eq(access(journal, F_OK), -1);
}
END_TEST

START_TEST(a_side_tells_how_its_program_failed)
{
	struct side_turn turn = {.seed = 3, .round = 1, .order = 1, .show = &show};
	struct side_trial trial;
	struct side side;

	put_cases("", 0);
	ck_assert_int_eq(open_side(&side), 0);
	ck_assert_int_eq(side.kind->begin(&side, &err), 0);
	put_program("#!/bin/sh\nkill -SEGV $$\n");
	ck_assert_int_eq(side.kind->trial(&side, 0, &turn, &trial, &err), 0);
	ck_assert_int_eq(trial.status, STATUS_CRASHED);
	ck_assert_ptr_nonnull(strstr(trial.reason, "ended by signal 11"));
	side_trial_free(&trial);
	put_answer("{\"format\": \"heddle-result\", \"version\": 1, \"cases\": []}", 0);
	ck_assert_int_eq(side.kind->trial(&side, 0, &turn, &trial, &err), -EINVAL);
	ck_assert_ptr_nonnull(strstr(err.text, "one was not run"));
	side_trial_free(&trial);
	side_close(&side, false);
	ck_assert_int_eq(access(journal, F_OK), 0);
}
END_TEST

START_TEST(a_status_of_another_time_is_refused)
{
	struct side side;

	put_cases(", {\"name\": \"two\", \"status\": \"sublime\"}", 0);
	ck_assert_int_eq(open_side(&side), -EINVAL);
	ck_assert_ptr_nonnull(strstr(err.text, "two: status \"sublime\" is not known here"));
	side_close(&side, false);
}
END_TEST

START_TEST(what_a_dead_program_left_is_removed)
{
	char left[FAKE_TREE_PATH * 2];

	put_cases("", 0);
	ck_assert_int_eq(program_open(&program, path, &options, &err), 0);
	snprintf(left, sizeof(left), "%s/result.json.journal", program.folder);
	fclose(fopen(left, "w"));
	snprintf(left, sizeof(left), "%s", program.folder);
	program_close(&program);
	ck_assert_int_eq(access(left, F_OK), -1);
}
END_TEST

START_TEST(a_journal_that_exists_is_not_written_over)
{
	struct side side;

	put_cases("", 0);
	fake_tree_put(place, "journal", "kept");
	ck_assert_int_eq(open_side(&side), 0);
	ck_assert_int_eq(side.kind->begin(&side, &err), -EEXIST);
	ck_assert_ptr_nonnull(strstr(err.text, "-f writes over it"));
	side_close(&side, true);
	ck_assert_int_eq(access(journal, F_OK), 0);
}
END_TEST

static void make(void)
{
	fake_tree_make(place);
	snprintf(path, sizeof(path), "%s/heddle", place);
	snprintf(config, sizeof(config), "%s/config.json", place);
	snprintf(journal, sizeof(journal), "%s/journal", place);
	fake_tree_put(place, "config.json", "{}");
	options.config = config;
	show.fraction = NAN;
}

static void clear(void)
{
	program_close(&program);
	fake_tree_remove(place);
}

int main(void)
{
	const suite_test tests[] = {it_is_asked_for_one_case_and_one_round,
	                            a_failed_case_leaves_a_document,
	                            a_refusal_is_told_by_its_first_line,
	                            other_ends_are_told_by_the_last_line,
	                            its_death_is_told,
	                            no_document_is_an_error,
	                            a_signal_is_passed_on,
	                            what_is_no_program_or_config_is_refused,
	                            a_side_of_it_gives_values,
	                            a_side_tells_how_its_program_failed,
	                            a_status_of_another_time_is_refused,
	                            what_a_dead_program_left_is_removed,
	                            a_journal_that_exists_is_not_written_over,
	                            NULL};

	return suite_run_with("program", tests, make, clear);
}
