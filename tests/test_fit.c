/* SPDX-License-Identifier: MIT */
/* A fit from documents: what is fitted, what is left out and why, and documents that hold anything. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "fake_tree.h"
#include "fit.h"
#include "scaling.h"
#include "suite.h"

static char root[FAKE_TREE_PATH], path[FAKE_TREE_PATH + 16], text[1 << 16], shown[1 << 16];

static void setup(void)
{
	fake_tree_make(root);
	snprintf(path, sizeof(path), "%s/result.json", root);
	text[0] = '\0';
}

static void teardown(void)
{
	fake_tree_remove(root);
}

static void add(const char *format, ...) __attribute__((format(printf, 1, 2)));

static void add(const char *format, ...)
{
	size_t length = strlen(text);
	va_list args;

	va_start(args, format);
	vsnprintf(text + length, sizeof(text) - length, format, args);
	va_end(args);
}

/* A case whose trials are given, and one whose trials follow the law X(N) = 100 N / (1 + 0.1 (N - 1)). */
static void add_trials(const char *series, const char *cores, const char *rest, const char *trials)
{
	add("%s{\"name\":\"%s/"
	    "%s\",\"title\":\"counter\",\"series\":\"%s\",\"workload\":\"counter\",\"model\":\"m\","
	    "\"cores\":%s,\"status\":\"ok\",%s\"metrics\":{\"throughput\":{\"unit\":\"ops/"
	    "s\",\"trials\":%s}}}",
	    text[0] ? "," : "", series, cores, series, cores, rest, trials);
}

static void add_law(const char *series, int cores, const char *rest)
{
	char trials[512] = "[", number[16];
	double rate = 100.0 * cores / (1 + 0.1 * (cores - 1));

	for (int i = 0; i < 10; i++)
		snprintf(trials + strlen(trials), sizeof(trials) - strlen(trials), "%s%.9g",
		         i ? "," : "", rate * (1 + 0.001 * (i * 7 % 10 - 4.5)));
	strcat(trials, "]");
	snprintf(number, sizeof(number), "%d", cores);
	add_trials(series, number, rest, trials);
}

static json_t *fit(const struct fit_options *with, struct hd_error *err)
{
	static char document[sizeof(text) + 128];
	struct fit_options options = *with;

	snprintf(document, sizeof(document),
	         "{\"format\":\"heddle-result\",\"version\":1,\"run\":{},\"machine\":{"
	         "\"simulated\":\"by hand\"},"
	         "\"cases\":[%s]}",
	         text);
	fake_tree_put(root, "result.json", document);
	options.path = path;
	return fit_document(&options, err);
}

/* The only entry, borrowed from the document; and the text of the whole is in `shown`. */
static json_t *entry_of(json_t *document)
{
	FILE *out = fmemopen(shown, sizeof(shown), "w");

	ck_assert_ptr_nonnull(document);
	fit_print(document, 80, out);
	fclose(out);
	ck_assert_uint_eq(json_array_size(json_object_get(document, "fits")), 1);
	return json_array_get(json_object_get(document, "fits"), 0);
}

/* The same, of numbers that leave room for 80 columns. */
static json_t *only_entry(json_t *document)
{
	json_t *entry = entry_of(document);

	for (const char *line = shown; *line; line = strchr(line, '\n') + 1)
		ck_assert_msg(strchr(line, '\n') - line <= 80, "wide: %s", line);
	return entry;
}

static double number(const json_t *entry, const char *key, const char *end)
{
	return json_number_value(json_object_get(json_object_get(entry, key), end));
}

START_TEST(law_with_predictions)
{
	const struct fit_options options = {.at = {4, 64}, .at_count = 2};
	struct hd_error err = {0};
	json_t *document, *entry, *predictions;

	for (int cores = 1; cores <= 16; cores += 3)
		add_law("a", cores, "\"params\":{\"batch\":1,\"tasks\":9},");
	document = fit(&options, &err);
	entry = only_entry(document);
	ck_assert(json_is_null(json_object_get(entry, "reason")));
	ck_assert_double_eq_tol(number(entry, "lambda", "value"), 100, 0.5);
	ck_assert_double_eq_tol(number(entry, "alpha", "value"), 0.1, 0.002);
	ck_assert_double_eq_tol(number(entry, "beta", "low"), 0, 1e-12);
	predictions = json_object_get(entry, "predictions");
	ck_assert(json_is_null(json_object_get(json_array_get(predictions, 0), "warning")));
	ck_assert_str_eq(
	        json_string_value(json_object_get(json_array_get(predictions, 1), "warning")),
	        "4 x beyond the largest measured, 16 cores; holds if the law does");
	ck_assert_ptr_nonnull(strstr(shown, "simulated  by hand"));
	ck_assert_ptr_nonnull(strstr(shown, "4 x beyond"));
	ck_assert_ptr_nonnull(strstr(shown, "Amdahl"));
	json_decref(document);
}
END_TEST

START_TEST(too_few_core_counts)
{
	struct hd_error err = {0};
	json_t *document, *entry;

	for (int cores = 1; cores <= 16; cores *= 2)
		add_law("a", cores, "");
	document = fit(&(struct fit_options){.at = {64}, .at_count = 1}, &err);
	entry = only_entry(document);
	ck_assert_str_eq(json_string_value(json_object_get(entry, "reason")),
	                 "5 core counts (1, 2, 4, 8, 16); at least 6 are needed");
	ck_assert(json_is_null(json_object_get(entry, "alpha")));
	ck_assert_uint_eq(json_array_size(json_object_get(entry, "predictions")), 0);
	ck_assert_ptr_nonnull(strstr(shown, "at least 6 are needed"));
	json_decref(document);
}
END_TEST

START_TEST(what_is_left_out)
{
	static const char *const reasons[] = {"crashed: it died",
	                                      "shares cores with the load generator",
	                                      "there is another case with as many cores",
	                                      "2 of 7 trials are 0, which no law tells",
	                                      "5 trials, at least 6 are needed",
	                                      "1 of its trials are no numbers",
	                                      "its cores are no number from 1 to 1048576",
	                                      "its cores are no number from 1 to 1048576",
	                                      "no throughput was measured"};
	struct hd_error err = {0};
	json_t *document, *entry, *item;
	size_t i;

	for (int cores = 1; cores <= 16; cores += 3)
		add_law("a", cores, "");
	add(",{\"name\":\"x\",\"title\":\"counter\",\"series\":\"a\",\"cores\":32,\"status\":"
	    "\"crashed\",\"reason\":"
	    "\"it died\"}");
	add_law("a", 33, "\"shared\":true,");
	add_law("a", 4, "");
	add_trials("a", "34", "", "[0,0,1,1,1,1,1]");
	add_trials("a", "35", "", "[1,1,1,1,1,null,null,null]");
	add_trials("a", "36", "", "[1,1,1,1,1,1,\"NaN\"]");
	add_trials("a", "0", "", "[1,1,1,1,1,1]");
	add_trials("a", "99999999999", "", "[1,1,1,1,1,1]");
	add(",{\"name\":\"y\",\"title\":\"counter\",\"series\":\"a\",\"cores\":37,\"status\":"
	    "\"ok\",\"metrics\":7}");
	document = fit(&(struct fit_options){0}, &err);
	entry = only_entry(document);
	ck_assert(json_is_null(json_object_get(entry, "reason")));
	ck_assert_uint_eq(json_array_size(json_object_get(entry, "points")), 6);
	ck_assert_uint_eq(json_array_size(json_object_get(entry, "left_out")), 9);
	json_array_foreach(json_object_get(entry, "left_out"), i, item)
	{
		ck_assert_str_eq(json_string_value(json_object_get(item, "reason")), reasons[i]);
	}
	json_decref(document);
}
END_TEST

START_TEST(planned_load)
{
	struct hd_error err = {0};
	json_t *document, *entry;

	for (int cores = 1; cores <= 16; cores += 3)
		add_law("a", cores, "\"params\":{\"rate\":2000},");
	document = fit(&(struct fit_options){0}, &err);
	entry = only_entry(document);
	ck_assert_ptr_nonnull(
	        strstr(json_string_value(json_object_get(entry, "reason")), "rate=2000"));
	json_decref(document);
}
END_TEST

START_TEST(settings_that_follow_the_cores)
{
	struct hd_error err = {0};
	json_t *document, *params;

	add_law("a", 1, "\"params\":{\"batch\":1,\"tasks\":1},");
	add_law("a", 2, "\"params\":{\"batch\":1,\"tasks\":2},");
	document = fit(&(struct fit_options){0}, &err);
	params = json_object_get(only_entry(document), "params");
	ck_assert_uint_eq(json_object_size(params), 1);
	ck_assert_int_eq(json_integer_value(json_object_get(params, "batch")), 1);
	json_decref(document);
}
END_TEST

START_TEST(anything_in_a_case)
{
	static const char *const cases[] = {
	        "null",
	        "7",
	        "[]",
	        "{}",
	        "{\"cores\":\"4\",\"status\":7,\"metrics\":[]}",
	        "{\"cores\":4,\"status\":\"ok\",\"params\":3,\"metrics\":{\"throughput\":{"
	        "\"trials\":{}}}}",
	        "{\"cores\":4,\"status\":\"ok\",\"title\":\"\\u001b[2J\",\"series\":\"\\n\","
	        "\"metrics\":{\"throughput\":3}}",
	        "{\"cores\":1e300,\"status\":\"ok\"}"};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct hd_error err = {0};
		json_t *document;

		text[0] = '\0';
		add("%s", cases[i]);
		document = fit(&(struct fit_options){0}, &err);
		ck_assert_ptr_nonnull(json_object_get(only_entry(document), "reason"));
		ck_assert_ptr_null(strchr(shown, '\033'));
		json_decref(document);
	}
}
END_TEST

/* Values that no run measures, and as many as none makes: an entry that is whole. */
START_TEST(values_beyond_all_measure)
{
	static const char *const values[][2] = {{"1e-310", "1e300"},
	                                        {"1e300", "1e-310"},
	                                        {"1e-320", "1"},
	                                        {"1", "1e308"},
	                                        {"1e308", "1e308"}};

	for (size_t v = 0; v < sizeof(values) / sizeof(values[0]); v++) {
		const struct fit_options options = {.at = {1, 1 << 20}, .at_count = 2};
		struct hd_error err = {0};
		char trials[256], cores[16];
		json_t *document, *entry;

		text[0] = '\0';
		for (int i = 0; i < 7; i++) {
			const char *value = values[v][i % 2];

			snprintf(trials, sizeof(trials), "[%s,%s,%s,%s,%s,%s]", value, value, value,
			         value, value, value);
			snprintf(cores, sizeof(cores), "%d", 1 << i);
			add_trials("a", cores, "", trials);
		}
		document = fit(&options, &err);
		entry = entry_of(document);
		if (json_is_null(json_object_get(entry, "reason"))) {
			ck_assert(json_is_object(json_object_get(entry, "worst")));
			ck_assert(json_is_string(json_object_get(entry, "law")));
			ck_assert_uint_eq(json_array_size(json_object_get(entry, "predictions")),
			                  2);
		}
		ck_assert_ptr_null(strstr(shown, "nan"));
		json_decref(document);
	}
}
END_TEST

START_TEST(more_trials_than_a_run_makes)
{
	struct hd_error err = {0};
	char trials[2 * SCALING_MOST_TRIALS + 16] = "[1";
	json_t *document, *item;

	for (size_t i = 0; i < SCALING_MOST_TRIALS; i++)
		memcpy(trials + 2 + 2 * i, ",1", 3);
	strcat(trials, "]");
	add_trials("a", "1", "", trials);
	document = fit(&(struct fit_options){0}, &err);
	item = json_array_get(json_object_get(only_entry(document), "left_out"), 0);
	ck_assert_str_eq(json_string_value(json_object_get(item, "reason")),
	                 "10001 trials, at most 10000 are taken");
	json_decref(document);
}
END_TEST

START_TEST(no_case)
{
	const char *const only[] = {"cores=77"};
	struct hd_error err = {0};

	add_law("a", 1, "");
	ck_assert_ptr_null(fit(&(struct fit_options){.only = only, .only_count = 1}, &err));
	ck_assert_int_eq(err.code, -EINVAL);
	ck_assert_ptr_nonnull(strstr(err.text, "no case is left by --only"));
}
END_TEST

int main(void)
{
	const suite_test tests[] = {law_with_predictions,
	                            too_few_core_counts,
	                            what_is_left_out,
	                            planned_load,
	                            settings_that_follow_the_cores,
	                            anything_in_a_case,
	                            values_beyond_all_measure,
	                            more_trials_than_a_run_makes,
	                            no_case,
	                            NULL};

	return suite_run_with("fit", tests, setup, teardown);
}
