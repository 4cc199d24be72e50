/* SPDX-License-Identifier: MIT */
/*
 * conformance PLUGIN.so... - whether models keep the contract of heddle/plugin.h.
 *
 * Each test runs in a forked child with a deadline, over each model and, for options that are a
 * choice or a flag, over each of their values. What a model does not declare in `ops` is not asked
 * of it.
 */
#define _GNU_SOURCE
#include "conformance_rig.h"

#include <ctype.h>
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#define SUBJECTS_MAX 256
#define TEST_TIMEOUT_S 20

struct subject *subjects;

static struct listing {
	int count;
	struct subject subjects[SUBJECTS_MAX];
} * listing;

/* ---- The declaration ---- */

static bool is_word(const char *word, const char *others)
{
	size_t length = 0;

	for (; word && word[length]; length++)
		if (!islower((unsigned char)word[length]) &&
		    !isdigit((unsigned char)word[length]) && !strchr(others, word[length]))
			return false;
	return length > 0;
}

static bool is_line(const char *text)
{
	return text && *text && strlen(text) <= 100 && !strchr(text, '\n');
}

static void check_option(const struct hd_option *option)
{
	ck_assert_msg(is_word(option->name, "_"), "option \"%s\": not [a-z0-9_]+", option->name);
	ck_assert_msg(is_line(option->help), "option %s: no help of one line", option->name);
	switch (option->kind) {
	case HD_OPTION_INT:
		ck_assert_int_le(option->min, option->value);
		ck_assert_int_le(option->value, option->max);
		break;
	case HD_OPTION_FLAG:
		ck_assert_msg(option->value == 0 || option->value == 1, "a flag is 0 or 1");
		break;
	case HD_OPTION_CHOICE: {
		char padded[1024], wanted[128];

		ck_assert_msg(option->text && option->choices, "a choice has words");
		snprintf(padded, sizeof padded, " %s ", option->choices);
		snprintf(wanted, sizeof wanted, " %s ", option->text);
		ck_assert_msg(strstr(padded, wanted), "option %s: \"%s\" is not among \"%s\"",
		              option->name, option->text, option->choices);
		break;
	}
	case HD_OPTION_TEXT:
		ck_assert_msg(option->text != NULL, "option %s: no text", option->name);
		break;
	default:
		ck_abort_msg("option %s: kind %u", option->name, option->kind);
	}
}

/* The file's name without .so; a build may leave the underscores of the source's name. */
static void check_name(const char *name, const char *path)
{
	const char *slash = strrchr(path, '/');
	char file[512];

	snprintf(file, sizeof file, "%s", slash ? slash + 1 : path);
	file[strcspn(file, ".")] = '\0';
	for (char *c = file; *c; c++)
		if (*c == '_')
			*c = '-';
	ck_assert_str_eq(name, file);
}

START_TEST(declaration)
{
	struct rig rig;
	const struct hd_model *model;

	rig_load(&rig, _i);
	model = rig.model;
	ck_assert_uint_eq(model->magic, HD_PLUGIN_MAGIC);
	ck_assert_uint_eq(model->abi, HD_PLUGIN_ABI);
	ck_assert_uint_eq(model->size, sizeof *model);
	ck_assert_uint_eq(model->option_size, sizeof(struct hd_option));
	ck_assert_msg(model->ops != 0, "interprets nothing");
	ck_assert_msg(!(model->ops >> (HD_WAIT + 1)) && !(model->ops & HD_CAN(HD_DONE)),
	              "ops %lx: unknown bits", (unsigned long)model->ops);
	ck_assert_msg(is_word(model->name, "-"), "name \"%s\": not [a-z0-9-]+", model->name);
	check_name(model->name, rig.subject->path);
	ck_assert_msg(is_line(model->summary), "no summary of one line");
	ck_assert_msg(model->build && *model->build, "no build");
	ck_assert_msg(model->open && model->run && model->close, "a function is missing");
	for (const struct hd_option *option = model->options; option && option->name; option++)
		check_option(option);
}
END_TEST

/* ---- What is tested ---- */

static struct subject *add_subject(const char *path, const struct hd_model *model)
{
	struct subject *subject = &listing->subjects[listing->count];

	if (listing->count == SUBJECTS_MAX)
		return NULL;
	listing->count++;
	snprintf(subject->path, sizeof subject->path, "%s", path);
	snprintf(subject->name, sizeof subject->name, "%s", model->name);
	subject->ops = model->ops;
	return subject;
}

static void add_choices(const char *path, const struct hd_model *model,
                        const struct hd_option *option)
{
	char words[1024], *rest = words, *word;

	snprintf(words, sizeof words, "%s",
	         option->kind == HD_OPTION_FLAG ? "0 1" : option->choices);
	while ((word = strsep(&rest, " "))) {
		bool is_default = option->kind == HD_OPTION_FLAG ? atoi(word) == option->value
		                                                 : !strcmp(word, option->text);
		struct subject *subject = is_default ? NULL : add_subject(path, model);

		if (!subject)
			continue;
		snprintf(subject->option, sizeof subject->option, "%s", option->name);
		snprintf(subject->text, sizeof subject->text, "%s", word);
		subject->value = atoi(word);
	}
}

/* In a child: a plugin may do anything while it is loaded. */
static int list_plugin(const char *path)
{
	void *object = dlopen(path, RTLD_NOW | RTLD_LOCAL);
	const struct hd_model *model = object ? dlsym(object, "heddle_model") : NULL;

	if (!model) {
		fprintf(stderr, "%s: %s\n", path, dlerror());
		return 1;
	}
	if (model->magic != HD_PLUGIN_MAGIC || model->abi != HD_PLUGIN_ABI || !model->name) {
		fprintf(stderr, "%s: not a model of this interface\n", path);
		return 1;
	}
	add_subject(path, model);
	for (const struct hd_option *option = model->options; option && option->name; option++)
		if (option->kind == HD_OPTION_CHOICE || option->kind == HD_OPTION_FLAG)
			add_choices(path, model, option);
	return 0;
}

static int list_safely(const char *path)
{
	int status = 0;
	pid_t child = fork();

	if (child == 0)
		_exit(list_plugin(path));
	if (child < 0 || waitpid(child, &status, 0) < 0 || status != 0) {
		fprintf(stderr, "%s: cannot be loaded\n", path);
		return 1;
	}
	return 0;
}

static void add_case(Suite *suite, int i)
{
	static char names[SUBJECTS_MAX][256];
	const struct subject *subject = &subjects[i];
	TCase *tcase;

	snprintf(names[i], sizeof names[i], "%s%s%s%s%s", subject->name,
	         *subject->option ? " " : "", subject->option, *subject->option ? "=" : "",
	         subject->text);
	tcase = tcase_create(names[i]);
	tcase_set_timeout(tcase, TEST_TIMEOUT_S);
	tcase_add_loop_test(tcase, declaration, i, i + 1);
	conformance_jobs(tcase, i, i + 1);
	conformance_io(tcase, i, i + 1);
	conformance_queues(tcase, i, i + 1);
	suite_add_tcase(suite, tcase);
}

int main(int argc, char **argv)
{
	Suite *suite = suite_create("conformance");
	SRunner *runner = srunner_create(suite);
	int failed = 0;

	listing = mmap(NULL, sizeof *listing, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
	               -1, 0);
	if (argc < 2 || listing == MAP_FAILED) {
		fprintf(stderr, "usage: %s PLUGIN.so...\n", argv[0]);
		srunner_free(runner);
		return 2;
	}
	subjects = listing->subjects;
	for (int i = 1; i < argc; i++) {
		char *path = realpath(argv[i], NULL);

		failed += list_safely(path ? path : argv[i]);
		free(path);
	}
	for (int i = 0; i < listing->count; i++)
		add_case(suite, i);
	srunner_run_all(runner, CK_ENV);
	failed += srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? 1 : 0;
}
