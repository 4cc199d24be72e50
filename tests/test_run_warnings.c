/* SPDX-License-Identifier: MIT */
/* What is warned of before the first trial. */
#include "suite.h"

#include "build.h"
#include "fake_run.h"
#include "run.h"

static struct fake_run run;
static struct warnings warnings;

static const char config[] =
        "{ \"name\": \"test\", \"models\": [\"serial\", \"thread-mutex\"], \"cores\": [1, 2],"
        "  \"workloads\": [{ \"workload\": \"counter\" }] }";

static void setup(void)
{
	fake_run_open(&run, config);
}

static void teardown(void)
{
	fake_run_close(&run);
}

static const char *find(enum warning warning)
{
	run_find_warnings(&warnings, &run.plan, &run.machine);
	return warnings.of[warning].text;
}

static bool is_slow_here(void)
{
	struct build build = build_of_this();

	return strcmp(build.type, "Debug") == 0 || build_is_slow(build.flags);
}

START_TEST(a_quiet_machine_raises_none)
{
	run.machine.at_start = (struct machine_load){0.1, 9.9, 9.9};
	snprintf(run.machine.governor, MACHINE_TEXT, "performance");
	run_find_warnings(&warnings, &run.plan, &run.machine);
	for (int i = WARNING_BUILD + 1; i < WARNINGS; i++)
		ck_assert_str_eq(warnings.of[i].text, "");
	ck_assert_int_eq(warnings.of[WARNING_BUILD].text[0] != '\0', is_slow_here());
}
END_TEST

START_TEST(slow_builds_are_named_once)
{
	struct model *model = models_get(&run.models, "thread-mutex");
	const char *text;

	snprintf(model->info.build, sizeof(model->info.build), "gcc 12.2.0; -O2 -fsanitize=thread");
	text = find(WARNING_BUILD);
	ck_assert_msg(strstr(text, "model thread-mutex. Its numbers") != NULL, "%s", text);
	ck_assert_ptr_null(strstr(text, "serial"));
	ck_assert_int_eq(strstr(text, "heddle itself (") != NULL, is_slow_here());
}
END_TEST

START_TEST(pressure_at_the_start)
{
	const char *text;

	run.machine.at_start = (struct machine_load){5, 45, 12};
	text = find(WARNING_CPU_PRESSURE);
	ck_assert_msg(strncmp(text, "CPU pressure 45 %: other programs", 33) == 0, "%s", text);
	text = warnings.of[WARNING_IO_PRESSURE].text;
	ck_assert_msg(strncmp(text, "I/O pressure 12 %: other programs", 33) == 0, "%s", text);
}
END_TEST

START_TEST(unknown_pressure_is_none)
{
	ck_assert_str_eq(find(WARNING_CPU_PRESSURE), "");
	ck_assert_str_eq(warnings.of[WARNING_IO_PRESSURE].text, "");
}
END_TEST

START_TEST(powersave_among_others)
{
	snprintf(run.machine.governor, MACHINE_TEXT, "performance, powersave");
	ck_assert_ptr_nonnull(strstr(find(WARNING_GOVERNOR), "powersave"));
}
END_TEST

START_TEST(a_generator_on_the_same_cores)
{
	run.plan.cases[0].shared = true;
	run.plan.cases[1].shared = true;
	run.plan.cases[1].status = STATUS_SKIPPED; /* it will not run */
	ck_assert_ptr_nonnull(strstr(find(WARNING_SHARED), "in 1 of 4 cases"));
}
END_TEST

static bool begins(const char *text, const char *with)
{
	return strncmp(text, with, strlen(with)) == 0;
}

static const char *unsafe_with(const char *path)
{
	struct model *model = models_get(&run.models, "serial");

	free(model->path);
	model->path = strdup(path);
	warnings = (struct warnings){0};
	return find(WARNING_UNSAFE);
}

/* Who is not root runs it with no more rights than whoever wrote it could have. */
START_TEST(root_and_what_anybody_may_write)
{
	bool root = geteuid() == 0;
	char file[128], folder[100];

	fake_tree_put(run.root, "plugins/serial.so", "x");
	snprintf(folder, sizeof(folder), "%s/plugins", run.root);
	snprintf(file, sizeof(file), "%s/serial.so", folder);
	ck_assert_str_eq(unsafe_with(file), "");
	ck_assert_int_eq(chmod(file, 0666), 0);
	ck_assert_int_eq(begins(unsafe_with(file), "plugin writable by all: serial. Whoever"),
	                 root);
	ck_assert_int_eq(chmod(file, 0644), 0);
	ck_assert_int_eq(chmod(folder, 0777), 0);
	ck_assert_int_eq(
	        begins(unsafe_with(file), "plugin writable by all: serial (its folder). Whoever"),
	        root);
	ck_assert_int_eq(chmod(folder, 01777), 0); /* sticky */
	ck_assert_str_eq(unsafe_with(file), "");
	ck_assert_str_eq(unsafe_with("/nowhere/serial.so"), "");
	ck_assert_str_eq(unsafe_with("/serial.so"), "");
	ck_assert_int_eq(chmod(folder, 0700), 0);
}
END_TEST

int main(void)
{
	const suite_test tests[] = {a_quiet_machine_raises_none,     slow_builds_are_named_once,
	                            pressure_at_the_start,           unknown_pressure_is_none,
	                            powersave_among_others,          a_generator_on_the_same_cores,
	                            root_and_what_anybody_may_write, NULL};

	return suite_run_with("run_warnings", tests, setup, teardown);
}
