/* SPDX-License-Identifier: MIT */
/*
 * A config with what may stand on the command line beside it: the first part is the file, each line of
 * the second one "set PLACE=VALUE", "only WORD", "cores LIST" or "model NAME". What is accepted is
 * planned; each case has a name that JSON can hold.
 */
#include <errno.h>
#include <jansson.h>
#include <string.h>

#include "config.h"
#include "fuzz.h"
#include "fuzz_sweep.h"
#include "plan.h"

enum { LINES = 16, PLANNED = 2000 /* cases at most: more of them show nothing new */ };

struct words {
	size_t changes, only, models;
	struct config_change change[LINES];
	const char *only_of[LINES], *model_of[LINES], *cores;
};

static void add_change(struct words *words, char *text)
{
	char *value = strchr(text, '=');

	if (!value)
		return;
	*value++ = '\0';
	words->change[words->changes++] = (struct config_change){text, value};
}

static void read_words(struct words *words, char *text)
{
	char *lines[LINES];
	size_t count = fuzz_lines(text, lines, LINES);

	for (size_t i = 0; i < count; i++) {
		char *word = strchr(lines[i], ' ');

		if (!word)
			continue;
		*word++ = '\0';
		if (strcmp(lines[i], "set") == 0)
			add_change(words, word);
		else if (strcmp(lines[i], "only") == 0)
			words->only_of[words->only++] = word;
		else if (strcmp(lines[i], "model") == 0)
			words->model_of[words->models++] = word;
		else if (strcmp(lines[i], "cores") == 0)
			words->cores = word;
	}
}

static void check_text(const char *text)
{
	json_t *json = json_string(text);

	if (!json)
		fuzz_fail("the name of a case is no UTF-8");
	json_decref(json);
}

static void check_plan(const struct plan *plan)
{
	char text[PLAN_NAME];

	for (size_t i = 0; i < plan->count && i < PLANNED; i++) {
		check_text(plan_case_name(&plan->cases[i], text));
		check_text(plan_case_title(&plan->cases[i], text));
		check_text(plan_case_series(&plan->cases[i], text));
		plan_case_key(&plan->cases[i], text);
	}
}

static void plan_it(const struct config *config, const struct words *words,
                    struct problems *problems)
{
	struct plan_filter filter = {.only = words->only_of,
	                             .only_count = words->only,
	                             .cores = words->cores,
	                             .models = words->model_of,
	                             .model_count = words->models};
	struct topology topology;
	struct models models;
	struct plan plan;
	size_t before = problems->count;
	int code;

	fake_topology(&topology, 2, 2, 2);
	fake_models(&models);
	code = plan_make(&plan, config, &models, &topology, &filter, fake_ask, NULL, problems);
	if (code == 0)
		check_plan(&plan);
	else if (problems->count == before && !config->incomplete)
		fuzz_fail("a plan is refused without a word");
	plan_free(&plan);
	models_free(&models);
	topology_free(&topology);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct problems problems = {0};
	struct words words = {0};
	struct fuzz_parts parts;
	struct config config;
	int code;

	fuzz_split(&parts, data, size);
	if (parts.count > 1)
		read_words(&words, parts.texts[1]);
	code = config_load(&config, fuzz_file(0, parts.texts[0], parts.sizes[0]), words.change,
	                   words.changes, &problems);
	if (code && !problems.count)
		fuzz_fail("a config is refused without a word");
	if (code == 0 || code == -EINVAL)
		plan_it(&config, &words, &problems);
	config_free(&config);
	problems_free(&problems);
	fuzz_parts_free(&parts);
	return 0;
}
