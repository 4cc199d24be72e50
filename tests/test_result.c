/* SPDX-License-Identifier: MIT */
/* Journal and document, made from trials that never took place. */
#include "suite.h"

#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <jansson.h>
#include <signal.h>
#include <sys/resource.h>

#include "fake_run.h"

static struct fake_run run;

static const char config[] =
        "{ \"name\": \"test\", \"models\": [\"serial\", \"thread-mutex\", \"broken\"],"
        "  \"baseline\": \"thread-mutex\", \"cores\": [2],"
        "  \"workloads\": [{ \"workload\": \"counter\", \"expect\": \"ok\" }],"
        "  \"sampling\": { \"rounds\": 6 } }";

static void setup(void)
{
	fake_run_open(&run, config);
}

static void teardown(void)
{
	fake_run_close(&run);
}

static json_t *write_and_read(void)
{
	json_error_t why;
	json_t *document;

	ck_assert_msg(
	        result_write(run.result_path, &run.journal, &run.plan, &run.facts, &run.err) == 0,
	        "%s", run.err.text);
	document = json_load_file(run.result_path, JSON_REJECT_DUPLICATES, &why);
	ck_assert_msg(document != NULL, "line %d: %s", why.line, why.text);
	return document;
}

static json_t *the_case(const json_t *document, const char *model)
{
	json_t *of_case;
	size_t i;

	json_array_foreach(json_object_get(document, "cases"), i,
	                   of_case) if (strcmp(json_string_value(json_object_get(of_case, "model")),
	                                       model) == 0) return of_case;
	ck_abort_msg("no case of %s", model);
	return NULL;
}

static json_t *at(json_t *object, const char *key)
{
	json_t *value = json_object_get(object, key);

	ck_assert_msg(value != NULL, "no key %s", key);
	return value;
}

static double number(json_t *object, const char *key)
{
	ck_assert(json_is_number(at(object, key)));
	return json_number_value(at(object, key));
}

static const char *text(json_t *object, const char *key)
{
	ck_assert(json_is_string(at(object, key)));
	return json_string_value(at(object, key));
}

/* The model under test, in this document's spelling: the first of its name, at whatever cores. */
static size_t index_of(const char *model)
{
	for (size_t i = 0; i < run.plan.count; i++)
		if (strcmp(run.plan.cases[i].model->name, model) == 0)
			return i;
	ck_abort_msg("no case of %s", model);
	return 0;
}

START_TEST(versus_the_baseline_by_rounds)
{
	/* Ratios of the rounds: 2, 2, 4, 2, 2, 1; the median of their logarithms is log 2; six
	   values have their smallest and greatest as interval. */
	static const double base[] = {1e6, 2e6, 1e6, 3e6, 4e6, 5e6};
	static const double mine[] = {2e6, 4e6, 4e6, 6e6, 8e6, 5e6};
	json_t *document, *versus, *metric;

	for (uint32_t i = 0; i < 6; i++) {
		fake_run_add(&run, index_of("serial"), i + 1, fake_trial(mine[i]));
		fake_run_add(&run, index_of("thread-mutex"), i + 1, fake_trial(base[i]));
	}
	document = write_and_read();
	versus = at(the_case(document, "serial"), "versus_baseline");
	ck_assert_double_eq_tol(number(versus, "ratio"), 2, 1e-9);
	ck_assert_double_eq_tol(json_number_value(json_array_get(at(versus, "ci95"), 0)), 1, 1e-9);
	ck_assert_double_eq_tol(json_number_value(json_array_get(at(versus, "ci95"), 1)), 4, 1e-9);
	ck_assert_int_eq(json_integer_value(at(versus, "pairs")), 6);
	ck_assert(json_is_null(at(the_case(document, "thread-mutex"), "versus_baseline")));
	ck_assert(json_is_true(at(the_case(document, "thread-mutex"), "baseline")));
	metric = at(at(the_case(document, "thread-mutex"), "metrics"), "throughput");
	ck_assert_double_eq_tol(number(metric, "median"), 2.5e6, 1e-3);
	ck_assert_double_eq_tol(number(metric, "mad"), 1.5e6, 1e-3);
	ck_assert_double_eq_tol(json_number_value(json_array_get(at(metric, "ci95"), 0)), 1e6,
	                        1e-3);
	ck_assert_double_eq_tol(json_number_value(json_array_get(at(metric, "ci95"), 1)), 5e6,
	                        1e-3);
	ck_assert_uint_eq(json_array_size(at(metric, "trials")), 6);
	json_decref(document);
}
END_TEST

START_TEST(rounds_are_paired_not_trials)
{
	json_t *document, *versus;

	/* Only round 3 has both. */
	fake_run_add(&run, index_of("serial"), 1, fake_trial(1e6));
	fake_run_add(&run, index_of("serial"), 3, fake_trial(6e6));
	fake_run_add(&run, index_of("thread-mutex"), 3, fake_trial(2e6));
	document = write_and_read();
	versus = at(the_case(document, "serial"), "versus_baseline");
	ck_assert_double_eq_tol(number(versus, "ratio"), 3, 1e-9);
	ck_assert_int_eq(json_integer_value(at(versus, "pairs")), 1);
	ck_assert(json_is_null(at(versus, "ci95")));
	json_decref(document);
}
END_TEST

START_TEST(what_was_not_measured_is_null)
{
	json_t *document, *of_case, *gauges;

	fake_run_add(&run, index_of("serial"), 1, fake_trial(1e6));
	document = write_and_read();
	of_case = the_case(document, "serial");
	ck_assert(json_is_null(at(at(at(of_case, "metrics"), "cpu_per_op"), "median")));
	ck_assert(
	        json_is_null(at(at(at(of_case, "metrics"), "throughput"), "ci95"))); /* one trial */
	gauges = at(json_array_get(at(of_case, "trials"), 0), "gauges");
	ck_assert(json_is_null(at(gauges, "peak_resident_bytes")));
	ck_assert(json_is_null(at(gauges, "steal_ns")));
	ck_assert(json_is_null(at(gauges, "throttled_periods")));
	ck_assert(json_is_null(at(gauges, "whole_trial")));
	ck_assert(json_is_null(at(gauges, "threads_unknown")));
	ck_assert(json_is_null(at(of_case, "label")));
	ck_assert(json_is_null(at(of_case, "generator_cpus")));
	ck_assert(json_is_null(at(at(document, "machine"), "cpu_quota")));
	ck_assert(json_is_null(at(at(document, "machine"), "load_1min")));
	ck_assert(json_is_null(at(at(document, "machine"), "governor")));
	json_decref(document);
}
END_TEST

START_TEST(what_disturbed_a_trial_is_told)
{
	struct trial_result trial = fake_trial(1e6);
	json_t *document, *of_case, *gauges;

	trial.noise = (struct noise){.steal_ns = 2e7,
	                             .cpu_pressure_ns = 3e6,
	                             .io_pressure_ns = 0,
	                             .throttled_periods = 4};
	trial.used = (struct keeper_end){.user_ns = 5e6, .involuntary_switches = 7};
	trial.threads_unknown = "too many";
	fake_run_add(&run, index_of("serial"), 1, trial);
	document = write_and_read();
	of_case = the_case(document, "serial");
	gauges = at(json_array_get(at(of_case, "trials"), 0), "gauges");
	ck_assert_double_eq(number(gauges, "steal_ns"), 2e7);
	ck_assert_double_eq(number(gauges, "io_pressure_ns"), 0);
	ck_assert_double_eq(number(gauges, "throttled_periods"), 4);
	ck_assert_str_eq(json_string_value(at(gauges, "threads_unknown")), "too many");
	ck_assert_double_eq(number(at(gauges, "whole_trial"), "user_ns"), 5e6);
	ck_assert_int_eq(json_integer_value(at(at(gauges, "whole_trial"), "involuntary_switches")),
	                 7);
	ck_assert_str_eq(json_string_value(json_array_get(at(of_case, "notes"), 0)),
	                 "throttled by the CPU quota");
	json_decref(document);
}
END_TEST

START_TEST(the_worst_status_wins)
{
	json_t *document, *of_case;
	size_t serial = index_of("serial");

	fake_run_add(&run, serial, 1, fake_trial(1e6));
	fake_run_add(&run, serial, 2, fake_failure(STATUS_WRONG_RESULT, "3 lost"));
	fake_run_add(&run, serial, 3, fake_failure(STATUS_TIMED_OUT, "no progress"));
	ck_assert_uint_eq(run.journal.cases[serial].failures, 2);
	document = write_and_read();
	of_case = the_case(document, "serial");
	ck_assert_str_eq(text(of_case, "status"), "wrong-result");
	ck_assert_str_eq(text(of_case, "reason"), "3 lost, round 2");
	ck_assert(json_is_false(at(of_case, "verified")));
	ck_assert(json_is_null(at(at(at(of_case, "metrics"), "throughput"), "median")));
	ck_assert(json_is_null(at(of_case, "versus_baseline")));
	ck_assert(json_is_null(at(of_case, "spread")));
	ck_assert_uint_eq(json_array_size(at(of_case, "trials")), 3);
	ck_assert(json_is_null(
	        json_array_get(at(at(at(of_case, "metrics"), "throughput"), "trials"), 1)));
	json_decref(document);
}
END_TEST

START_TEST(cases_that_never_ran)
{
	json_t *document, *of_case;

	run.facts.status = "interrupted";
	document = write_and_read();
	ck_assert_str_eq(text(at(document, "run"), "status"), "interrupted");
	of_case = the_case(document, "serial");
	ck_assert_str_eq(text(of_case, "status"), "skipped");
	ck_assert_str_eq(text(of_case, "reason"), "the run ended before its first trial");
	of_case = the_case(document, "broken"); /* it died while it was asked */
	ck_assert_str_eq(text(of_case, "status"), "crashed");
	ck_assert_ptr_nonnull(strstr(text(of_case, "reason"), "its constructor died of signal 11"));
	ck_assert(json_is_null(at(of_case, "verified")));
	json_decref(document);
}
END_TEST

static bool has_note(json_t *of_case, const char *start)
{
	json_t *note;
	size_t i;

	json_array_foreach(at(of_case, "notes"), i,
	                   note) if (strncmp(json_string_value(note), start, strlen(start)) ==
	                             0) return true;
	return false;
}

START_TEST(notes_tell_what_the_median_hides)
{
	struct trial_result trial;
	json_t *document;

	for (uint32_t i = 1; i <= 10; i++) {
		fake_run_add(&run, index_of("serial"), i, fake_trial(i % 2 ? 5e6 : 71e6));
		trial = fake_trial(1e6);
		for (uint32_t w = 3; w < trial.windows; w++)
			trial.window_ops[w] *= 3;
		trial.window_ops[2] = 0;
		snprintf(trial.note, sizeof(trial.note), "what the workload says");
		fake_run_add(&run, index_of("thread-mutex"), i, trial);
	}
	document = write_and_read();
	ck_assert(has_note(the_case(document, "serial"), "two modes"));
	ck_assert(has_note(the_case(document, "thread-mutex"), "10 of 60 windows stalled"));
	ck_assert(has_note(the_case(document, "thread-mutex"), "not steady: +"));
	ck_assert(has_note(the_case(document, "thread-mutex"), "what the workload says"));
	ck_assert_int_eq(
	        json_integer_value(at(the_case(document, "thread-mutex"), "stalled_windows")), 10);
	json_decref(document);
}
END_TEST

/* Nine operations in a window or ten: a window without one is chance, or a stall. */
START_TEST(slow_windows_are_no_stalls)
{
	json_t *document;

	for (uint32_t i = 1; i <= 10; i++) {
		struct trial_result slow = fake_trial(9000), fast = fake_trial(10000);

		slow.window_ops[2] = fast.window_ops[2] = 0;
		fake_run_add(&run, index_of("serial"), i, slow);
		fake_run_add(&run, index_of("thread-mutex"), i, fast);
	}
	document = write_and_read();
	ck_assert(!has_note(the_case(document, "serial"), "10 of 60 windows stalled"));
	ck_assert(has_note(the_case(document, "thread-mutex"), "10 of 60 windows stalled"));
	json_decref(document);
}
END_TEST

START_TEST(any_text_makes_a_valid_document)
{
	json_t *document;

	fake_run_add(&run, index_of("serial"), 1,
	             fake_failure(STATUS_CRASHED, "it printed: \xff\xfe \"quoted\" \x01 \\ \xc3"));
	document = write_and_read();
	ck_assert_ptr_nonnull(strstr(text(the_case(document, "serial"), "reason"), "\"quoted\""));
	json_decref(document);
}
END_TEST

START_TEST(facts_of_the_run)
{
	json_t *document = write_and_read(), *facts = at(document, "run");

	ck_assert_str_eq(text(document, "format"), "heddle-result");
	ck_assert_int_eq(json_integer_value(at(document, "version")), RESULT_VERSION);
	ck_assert_str_eq(text(facts, "name"), "test");
	ck_assert_str_eq(text(facts, "started"), "2026-01-31T12:00:00Z");
	ck_assert_int_eq(json_integer_value(at(facts, "seed")), 42);
	ck_assert(json_is_object(at(facts, "config")));
	ck_assert(json_is_object(at(at(facts, "plugins"), "serial")));
	ck_assert_uint_eq(json_array_size(at(document, "cases")), run.plan.count);
	json_decref(document);
}
END_TEST

static void assert_null(json_t *object, const char *key)
{
	ck_assert_msg(json_is_null(at(object, key)), "%s is not null", key);
}

/* The path of a search, in the trial that it made; a trial without one has no such key. */
START_TEST(the_path_of_a_search_is_kept)
{
	struct trial_result trial = fake_trial(5000);
	json_t *document, *trials, *probes;

	trial.probe_count = 2;
	trial.probes[0] = (struct trial_probe){.achieved = 9000, .response = NAN};
	trial.probes[1] = (struct trial_probe){
	        .rate = 5000, .achieved = 4990.5, .response = 81000, .held = true};
	fake_run_add(&run, index_of("serial"), 1, trial);
	fake_run_add(&run, index_of("serial"), 2, fake_trial(5100));
	document = write_and_read();
	trials = at(the_case(document, "serial"), "trials");
	probes = at(json_array_get(trials, 0), "search");
	ck_assert_uint_eq(json_array_size(probes), 2);
	assert_null(json_array_get(probes, 0), "rate");
	assert_null(json_array_get(probes, 0), "response_ns");
	assert_null(json_array_get(probes, 0), "held");
	ck_assert_double_eq(number(json_array_get(probes, 0), "achieved"), 9000);
	ck_assert_double_eq(number(json_array_get(probes, 1), "rate"), 5000);
	ck_assert_double_eq(number(json_array_get(probes, 1), "achieved"), 4990.5);
	ck_assert_double_eq(number(json_array_get(probes, 1), "response_ns"), 81000);
	ck_assert(json_is_true(at(json_array_get(probes, 1), "held")));
	ck_assert_ptr_null(json_object_get(json_array_get(trials, 1), "search"));
	json_decref(document);
}
END_TEST

START_TEST(a_journal_is_not_written_over)
{
	struct journal second;
	struct hd_error err = {0};

	ck_assert_int_eq(journal_open(&second, run.journal_path, &run.plan, false, &err), -EEXIST);
	ck_assert_ptr_nonnull(strstr(err.text, "another run may be writing it; -f writes over it"));
	journal_close(&second, false);
	err = (struct hd_error){0};
	ck_assert_int_eq(journal_open(&second, "/no/such/folder/j", &run.plan, false, &err),
	                 -ENOENT);
	journal_close(&second, false);
	err = (struct hd_error){0};
	/* Not even by force while a run has it open. */
	ck_assert_int_eq(journal_open(&second, run.journal_path, &run.plan, true, &err), -EBUSY);
	ck_assert_ptr_nonnull(strstr(err.text, "another run is writing it"));
	journal_close(&second, false);
	journal_close(&run.journal, false);
	err = (struct hd_error){0};
	ck_assert_int_eq(journal_open(&second, run.journal_path, &run.plan, true, &err), 0);
	journal_close(&second, false);
	ck_assert_int_eq(access(run.journal_path, F_OK), 0);
}
END_TEST

START_TEST(a_journal_is_lines_of_json)
{
	FILE *file;
	char line[65536];
	int lines = 0;

	for (uint32_t i = 1; i <= 20; i++)
		fake_run_add(&run, index_of("serial"), i, fake_trial(1e6 * i));
	file = fopen(run.journal_path, "r");
	while (fgets(line, sizeof(line), file)) {
		json_t *value = json_loads(line, 0, NULL);

		ck_assert_ptr_nonnull(value);
		ck_assert_int_eq(json_integer_value(at(at(value, "trial"), "round")), ++lines);
		json_decref(value);
	}
	fclose(file);
	ck_assert_int_eq(lines, 20);
}
END_TEST

START_TEST(a_full_disk_is_an_error)
{
	struct journal full;
	struct hd_error err = {0};
	struct trial_result trial = fake_trial(1e6);

	if (access("/dev/full", W_OK) < 0)
		return;
	ck_assert_int_eq(journal_open(&full, "/dev/full", &run.plan, true, &err), 0);
	ck_assert_int_eq(journal_append(&full, &run.plan, 0, 1, 1, &trial, &err), -ENOSPC);
	ck_assert_str_eq(err.text, "/dev/full: No space left on device");
	journal_close(&full, false);
	trial_free(&trial);
}
END_TEST

/* Files may not grow beyond this, which is what a full disk looks like to stdio. */
START_TEST(a_document_that_does_not_fit_leaves_nothing)
{
	struct rlimit small = {200, RLIM_INFINITY}, before;
	char pattern[160];
	glob_t found = {0};

	signal(SIGXFSZ, SIG_IGN);
	getrlimit(RLIMIT_FSIZE, &before);
	small.rlim_max = before.rlim_max;
	setrlimit(RLIMIT_FSIZE, &small);
	ck_assert_int_lt(
	        result_write(run.result_path, &run.journal, &run.plan, &run.facts, &run.err), 0);
	setrlimit(RLIMIT_FSIZE, &before);
	ck_assert_ptr_nonnull(strstr(run.err.text, "/result.json: "));
	ck_assert_int_ne(access(run.result_path, F_OK), 0);
	snprintf(pattern, sizeof(pattern), "%s.*.tmp", run.result_path);
	ck_assert_int_eq(glob(pattern, 0, NULL, &found), GLOB_NOMATCH);
	run.err = (struct hd_error){0};
	ck_assert_int_eq(
	        result_write("/no/such/folder/r", &run.journal, &run.plan, &run.facts, &run.err),
	        -ENOENT);
}
END_TEST

static void refused(const char *content, const char *why)
{
	struct table_view view = {0};
	struct hd_error err = {0};
	FILE *out = fopen("/dev/null", "w");
	char path[128];

	fake_tree_put(run.root, "bad.json", content);
	snprintf(path, sizeof(path), "%s/bad.json", run.root);
	ck_assert_int_lt(result_show(path, &view, out, &err), 0);
	ck_assert_msg(strstr(err.text, why) != NULL, "%s", err.text);
	fclose(out);
}

START_TEST(what_is_no_result_is_refused)
{
	refused("", "bad.json:");
	refused("{", "bad.json:1:");
	refused("[]", "not a Heddle result");
	refused("{\"format\": \"heddle-verdict\", \"cases\": []}",
	        "its \"format\" is \"heddle-verdict\"");
	refused("{}", "not a Heddle result");
	refused("{\"format\": \"heddle-result\"}", "not a Heddle result");
	refused("{\"format\": \"heddle-result\", \"version\": 99, \"cases\": []}",
	        "result version 99, this heddle reads 1");
}
END_TEST

START_TEST(a_dump_is_the_document)
{
	json_t *one = write_and_read(), *two;
	FILE *out = tmpfile();

	ck_assert_int_eq(result_dump(run.result_path, 2, out, &run.err), 0);
	rewind(out);
	two = json_loadf(out, 0, NULL);
	ck_assert(json_equal(one, two));
	json_decref(one);
	json_decref(two);
	fclose(out);
}
END_TEST

/* `many` pieces between two texts. The caller's. */
static char *repeated(const char *before, const char *piece, size_t many, const char *after)
{
	size_t length = strlen(piece), at = strlen(before);
	char *text = malloc(at + many * length + strlen(after) + 1);

	ck_assert_ptr_nonnull(text);
	strcpy(text, before);
	for (size_t i = 0; i < many; i++, at += length)
		memcpy(text + at, piece, length);
	strcpy(text + at, after);
	return text;
}

static void refused_many(const char *before, const char *piece, size_t many, const char *after,
                         const char *why)
{
	char *text = repeated(before, piece, many, after);

	refused(text, why);
	free(text);
}

#define BEGIN "{\"format\": \"heddle-result\", \"version\": 1, "

START_TEST(a_document_has_limits)
{
	struct hd_error err = {0};
	struct table_view view = {0};
	char path[128];

	refused_many(BEGIN "\"cases\": [{}", ",{}", 100000, "]}",
	             "bad.json: cases: 100001 of them; at most 100000");
	refused_many(BEGIN "\"cases\": [{\"name\": \"", "n", 1025, "\"}]}",
	             "bad.json: cases[0].name: 1025 bytes long; at most 1024");
	refused_many(BEGIN "\"cases\": ", "[", 64, "",
	             "bad.json: nested more than 64 deep; not a Heddle");
	refused_many(BEGIN "\"cases\": [{\"name\": \"", "n", 65536, "\"}]}",
	             "bad.json: a string longer than 64 KiB; not a Heddle result");
	refused("{\"format\": \"heddle-result\", \"version\": 4294967297, \"cases\": []}",
	        "result version 4294967297, this heddle reads 1");
	snprintf(path, sizeof(path), "%s/bad.json", run.root);
	ck_assert_int_eq(truncate(path, ((off_t)1 << 30) + 1), 0); /* a hole: it takes no room */
	ck_assert_int_eq(result_show(path, &view, stdout, &err), -EFBIG);
	ck_assert_ptr_nonnull(strstr(err.text, "bad.json: larger than 1 GiB; not a Heddle result"));
}
END_TEST

/* What others wrote may hold anything, and all of it ends up on a terminal. */
START_TEST(a_hostile_document_is_printed_clean)
{
	static const char hostile[] = BEGIN
	        "\"cases\": [7, null, [], {\"name\": 1}, {\"name\": \"a\\u001b[2J\", \"title\": "
	        "\"t\\u001b]0;x\\u0007\", \"series\": \"s\\u009b\", \"model\": \"m\\u001b\", "
	        "\"baseline\": true, \"status\": \"ok\", \"notes\": [1, null, \"n\\u001b[1m\"], "
	        "\"metrics\": {\"throughput\": {\"unit\": \"o\\u001bps/s\", \"median\": 5, "
	        "\"ci95\": "
	        "[1, 2]}, \"cpu_per_\\u001b\": {\"median\": 1}}}, {\"status\": \"cr\\u001bashed\", "
	        "\"reason\": \"\\u001b[31m\", \"cores\": -9223372036854775808}]}";
	struct table_view view = {.sort = "cores"};
	struct hd_error err = {0};
	char path[128], *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	fake_tree_put(run.root, "hostile.json", hostile);
	snprintf(path, sizeof(path), "%s/hostile.json", run.root);
	ck_assert_msg(result_show(path, &view, out, &err) == 0, "%s", err.text);
	fclose(out);
	for (size_t i = 0; i < size; i++)
		ck_assert_msg((unsigned char)text[i] >= 0x20 || text[i] == '\n', "%s", text);
	ck_assert_ptr_null(strstr(text, "\xc2\x9b"));
	ck_assert_ptr_nonnull(strstr(text, "n?[1m"));
	free(text);
	fake_tree_put(run.root, "hostile.json", "{\"format\": \"\\u001b[2J\"}");
	err = (struct hd_error){0};
	ck_assert_int_eq(result_show(path, &view, stdout, &err), -ENOMSG);
	ck_assert_ptr_nonnull(strstr(err.text, "\"?[2J\""));
}
END_TEST

START_TEST(a_journal_follows_no_link)
{
	char victim[128], link[128], text[16];
	struct hd_error err = {0};
	struct journal journal;
	FILE *file;

	fake_tree_put(run.root, "victim", "untouched");
	snprintf(victim, sizeof(victim), "%s/victim", run.root);
	snprintf(link, sizeof(link), "%s/other.journal", run.root);
	ck_assert_int_eq(symlink(victim, link), 0);
	ck_assert_int_eq(journal_open(&journal, link, &run.plan, true, &err), -ELOOP);
	journal_close(&journal, false);
	file = fopen(victim, "r");
	ck_assert_ptr_nonnull(fgets(text, sizeof(text), file));
	ck_assert_str_eq(text, "untouched");
	fclose(file);
}
END_TEST

int main(void)
{
	const suite_test tests[] = {versus_the_baseline_by_rounds,
	                            rounds_are_paired_not_trials,
	                            what_was_not_measured_is_null,
	                            what_disturbed_a_trial_is_told,
	                            the_worst_status_wins,
	                            cases_that_never_ran,
	                            notes_tell_what_the_median_hides,
	                            slow_windows_are_no_stalls,
	                            any_text_makes_a_valid_document,
	                            facts_of_the_run,
	                            the_path_of_a_search_is_kept,
	                            a_document_has_limits,
	                            a_hostile_document_is_printed_clean,
	                            a_journal_follows_no_link,
	                            a_journal_is_not_written_over,
	                            a_journal_is_lines_of_json,
	                            a_full_disk_is_an_error,
	                            a_document_that_does_not_fit_leaves_nothing,
	                            what_is_no_result_is_refused,
	                            a_dump_is_the_document,
	                            NULL};

	return suite_run_with("result", tests, setup, teardown);
}
