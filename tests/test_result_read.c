/* SPDX-License-Identifier: MIT */
/* Reading case by case gives what reading the whole gives, but for what was not wanted of the cases. */
#include <stdio.h>
#include <string.h>

#include "fake_tree.h"
#include "result_document.h"
#include "suite.h"

static char root[FAKE_TREE_PATH], path[FAKE_TREE_PATH + 16];

static void setup(void)
{
	fake_tree_make(root);
	snprintf(path, sizeof(path), "%s/result.json", root);
}

static void teardown(void)
{
	fake_tree_remove(root);
}

static json_t *whole_without_trials(const char *file, struct hd_error *err)
{
	json_t *document = result_load(file, err), *of_case;
	size_t i;

	json_array_foreach(json_object_get(document, "cases"), i, of_case)
	{
		if (json_is_object(of_case))
			result_forget_trials(of_case);
	}
	return document;
}

/* Both read it and agree, or both refuse it with the same words. Whether they read it. */
static bool alike(const char *file)
{
	struct hd_error of_whole = {0}, of_short = {0};
	json_t *whole = whole_without_trials(file, &of_whole);
	json_t *shortened = result_load_shortened(file, result_forget_trials, &of_short);
	bool read = whole != NULL;

	ck_assert_str_eq(of_whole.text, of_short.text);
	ck_assert_int_eq(of_whole.code, of_short.code);
	ck_assert_int_eq(whole == NULL, shortened == NULL);
	if (read)
		ck_assert(json_equal(whole, shortened));
	json_decref(whole);
	json_decref(shortened);
	return read;
}

static bool alike_text(const char *text)
{
	fake_tree_put(root, "result.json", text);
	return alike(path);
}

#define HEAD "{ \"format\": \"heddle-result\", \"version\": 1,"

START_TEST(real_results)
{
	ck_assert(alike(TEST_SOURCE_DIR "/plot/sample.json"));
	ck_assert(alike(TEST_SOURCE_DIR "/../results/example.json"));
}
END_TEST

START_TEST(whatever_stands_in_a_case)
{
	static const char *const cases[] = {"",
	                                    "{}",
	                                    "{ \"trials\": [{ \"a\": [1, {}] }] }",
	                                    "{ \"name\": \"}], \\\"{\" }",
	                                    "{ \"name\": \"a\\\\\", \"trials\": [\"\\\\\"] }",
	                                    "{ \"name\": \"\xc3\xa4\" }",
	                                    "null",
	                                    "[ { \"trials\": 1 } ]",
	                                    "7, { \"trials\": 2 }, [], {\n\n}\n, \"{\""};
	char text[512];

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		snprintf(text, sizeof(text), HEAD " \"cases\": [%s],\n\"after\": {} }", cases[i]);
		ck_assert_msg(alike_text(text), "%s", cases[i]);
	}
}
END_TEST

START_TEST(what_only_looks_like_the_cases)
{
	ck_assert(alike_text(HEAD "\"run\": { \"cases\": [{ \"trials\": 1 }] }, \"cases\": [] }"));
	ck_assert(
	        alike_text(HEAD "\"a\": \"cases\", \"b\": [{ \"trials\": 1 }], \"cases\": [{}] }"));
	ck_assert(alike_text(HEAD "\"a\": [\"cases\", [{ \"trials\": 1 }]], \"cases\": [{}] }"));
	ck_assert(alike_text(HEAD "\"casesx\": [{ \"trials\": 1 }], \"cases\": [] }"));
	ck_assert(!alike_text(HEAD "\"cases\": { \"trials\": 1 } }"));
	ck_assert(!alike_text(HEAD "\"cases\": [{}], \"cases\": [] }"));
	ck_assert(!alike_text("[{ \"cases\": [{}] }]"));
	ck_assert(!alike_text(""));
}
END_TEST

/* A case a line, as results are written: then the places that errors name are the same, too. */
START_TEST(cut_or_spoilt_anywhere)
{
	static const char good[] =
	        HEAD " \"cases\": [\n{ \"name\": \"\xc3\xa4\", \"trials\": [1, 2] },\n"
	             "{ \"name\": \"b\" }\n],\n\"run\": {} }\n";
	char text[sizeof(good)];

	ck_assert(alike_text(good));
	for (size_t i = 0; i < sizeof(good) - 1; i++) {
		memcpy(text, good, i);
		text[i] = '\0';
		alike_text(text);
		memcpy(text, good, sizeof(good));
		text[i] = text[i] == '\n' ? '\n' : '#';
		alike_text(text);
	}
}
END_TEST

int main(void)
{
	const suite_test tests[] = {real_results, whatever_stands_in_a_case,
	                            what_only_looks_like_the_cases, cut_or_spoilt_anywhere, NULL};

	return suite_run_with("result_read", tests, setup, teardown);
}
