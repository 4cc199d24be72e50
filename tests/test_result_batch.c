/* SPDX-License-Identifier: MIT */
/* The note on what a batch hides, from trials that never took place. */
#include "suite.h"

#include <jansson.h>

#include "fake_run.h"

static struct fake_run run;

static const char config[] =
        "{ \"models\": [{ \"model\": \"thread-mutex\", \"kind\": [\"normal\", \"adaptive\"] },"
        "  { \"model\": \"thread-mutex\", \"label\": \"mine\" }], \"cores\": [1, 2],"
        "  \"workloads\": [{ \"workload\": \"counter\", \"batch\": [1, 64], \"lines\": [1, 4] }],"
        "  \"sampling\": { \"rounds\": 6 } }";

static void setup(void)
{
	fake_run_open(&run, config);
}

static void teardown(void)
{
	fake_run_close(&run);
}

/* Six rounds at this rate, the first of them at `first`. */
static void add(const char *name, double rate, double first)
{
	for (uint32_t round = 1; round <= 6; round++)
		fake_run_add(&run, fake_run_case(&run, name), round,
		             fake_trial(round == 1 ? first : rate));
}

/* The case's note about its batch in the document, or "". Owned by the document. */
static const char *note_of(const json_t *document, const char *name)
{
	json_t *of_case, *note;
	size_t i, n;

	json_array_foreach(json_object_get(document, "cases"), i, of_case)
	{
		if (strcmp(json_string_value(json_object_get(of_case, "name")), name))
			continue;
		json_array_foreach(json_object_get(of_case, "notes"), n, note)
		{
			if (strstr(json_string_value(note), "amortises"))
				return json_string_value(note);
		}
		return "";
	}
	ck_abort_msg("no case %s", name);
	return "";
}

static json_t *write_and_read(void)
{
	json_t *document;

	ck_assert_int_eq(
	        result_write(run.result_path, &run.journal, &run.plan, &run.facts, &run.err), 0);
	document = json_load_file(run.result_path, 0, NULL);
	ck_assert_ptr_nonnull(document);
	return document;
}

START_TEST(a_factor_above_2_is_told)
{
	json_t *document;

	add("counter/thread-mutex/cores=1", 1e7, 5e7);
	add("counter/batch=64/thread-mutex/cores=1", 3.1e8, 4e8);
	document = write_and_read();
	/* By rounds: 8 once, 31 five times. */
	ck_assert_str_eq(note_of(document, "counter/batch=64/thread-mutex/cores=1"),
	                 "batch 64 amortises: 31.0x the rate of batch 1");
	ck_assert_str_eq(note_of(document, "counter/thread-mutex/cores=1"), "");
	json_decref(document);
}
END_TEST

START_TEST(a_small_factor_is_not)
{
	json_t *document;

	add("counter/thread-mutex/cores=1", 1e7, 1e7);
	add("counter/batch=64/thread-mutex/cores=1", 1.99e7, 1.99e7);
	document = write_and_read();
	ck_assert_str_eq(note_of(document, "counter/batch=64/thread-mutex/cores=1"), "");
	json_decref(document);
}
END_TEST

/* Another option, label, parameter or core count is another case; so is one that failed. */
START_TEST(only_the_same_case_is_compared)
{
	static const char *const others[] = {
	        "counter/thread-mutex/kind=adaptive/cores=1", "counter/thread-mutex/(mine)/cores=1",
	        "counter/lines=4/thread-mutex/cores=1", "counter/thread-mutex/cores=2"};
	json_t *document;

	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		add(others[i], 1e6, 1e6);
	add("counter/batch=64/thread-mutex/cores=1", 3e8, 3e8);
	document = write_and_read();
	ck_assert_str_eq(note_of(document, "counter/batch=64/thread-mutex/cores=1"), "");
	json_decref(document);
	add("counter/thread-mutex/cores=1", 1e7, 1e7);
	fake_run_add(&run, fake_run_case(&run, "counter/thread-mutex/cores=1"), 6,
	             fake_failure(STATUS_CRASHED, "killed by SIGSEGV in run"));
	document = write_and_read();
	ck_assert_str_eq(note_of(document, "counter/batch=64/thread-mutex/cores=1"), "");
	json_decref(document);
}
END_TEST

int main(void)
{
	const suite_test tests[] = {a_factor_above_2_is_told, a_small_factor_is_not,
	                            only_the_same_case_is_compared, NULL};

	return suite_run_with("result_batch", tests, setup, teardown);
}
