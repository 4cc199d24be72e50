/* SPDX-License-Identifier: MIT */
/* What can be warned of before the first trial. */
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "build.h"
#include "run.h"
#include "words.h"

/* From here on somebody else is busy enough to be seen in the numbers. */
enum { PRESSURE_PERCENT = 10 };

static bool is_first_of_model(const struct plan *plan, size_t index)
{
	size_t earlier = 0;

	while (plan->cases[earlier].model != plan->cases[index].model)
		earlier++;
	return earlier == index;
}

/* The models of the plan with such a build, each once. */
static void list_slow_models(const struct plan *plan, char *text, size_t size)
{
	for (size_t i = 0; i < plan->count; i++) {
		const struct model *model = plan->cases[i].model;

		if (is_first_of_model(plan, i) && build_is_slow(model->info.build))
			text_add(text, size, ", ", "model %s", model->name);
	}
}

static void look_at_builds(struct warnings *warnings, const struct plan *plan)
{
	struct build build = build_of_this();
	char which[200] = "";

	if (strcmp(build.type, "Debug") == 0 || build_is_slow(build.flags))
		text_add(which, sizeof(which), ", ", "heddle itself (%s%s%s)", build.type,
		         build.sanitizers[0] ? ", sanitizer " : "", build.sanitizers);
	list_slow_models(plan, which, sizeof(which));
	if (which[0])
		warnings_raise(warnings, WARNING_BUILD,
		               "debug or sanitizer build: %s. Its numbers say nothing about "
		               "optimised code. Build with CMAKE_BUILD_TYPE=Release, plugins with "
		               "-O2 and without -fsanitize.",
		               which);
}

/* A sticky folder is safe: only its owner may replace what is in it. */
static bool anybody_may_write(const char *path, const char **which)
{
	char folder[PATH_MAX];
	struct stat status;

	*which = "";
	if (stat(path, &status) == 0 && status.st_mode & S_IWOTH)
		return true;
	*which = " (its folder)";
	snprintf(folder, sizeof(folder), "%.*s", (int)(strrchr(path, '/') - path), path);
	return stat(folder[0] ? folder : "/", &status) == 0 && status.st_mode & S_IWOTH &&
	       !(status.st_mode & S_ISVTX);
}

/* What anybody may write, root would run. */
static void look_at_permissions(struct warnings *warnings, const struct plan *plan)
{
	char list[200] = "";
	const char *which;

	if (geteuid() != 0)
		return;
	for (size_t i = 0; i < plan->count; i++) {
		const struct model *model = plan->cases[i].model;

		if (is_first_of_model(plan, i) && model->path && strchr(model->path, '/') &&
		    anybody_may_write(model->path, &which))
			text_add(list, sizeof(list), ", ", "%s%s", model->name, which);
	}
	if (list[0])
		warnings_raise(warnings, WARNING_UNSAFE,
		               "plugin writable by all: %s. Whoever writes there has root run "
		               "it. Take the right away: chmod o-w, or run heddle as another "
		               "user.",
		               list);
}

static void look_at_machine(struct warnings *warnings, const struct machine *machine)
{
	const struct machine_load *load = &machine->at_start;

	if (load->cpu_pressure_percent >= PRESSURE_PERCENT)
		warnings_raise(warnings, WARNING_CPU_PRESSURE,
		               "CPU pressure %.0f %%: other programs are running, or were a moment "
		               "ago; expect ±10 %% or worse. Stop them, or use `heddle ab`.",
		               load->cpu_pressure_percent);
	if (load->io_pressure_percent >= PRESSURE_PERCENT)
		warnings_raise(
		        warnings, WARNING_IO_PRESSURE,
		        "I/O pressure %.0f %%: other programs wait for disks, or did a moment "
		        "ago; expect copies to be slower than they are. Stop them, or use "
		        "`heddle ab`.",
		        load->io_pressure_percent);
	if (words_has_item(machine->governor, "powersave"))
		warnings_raise(warnings, WARNING_GOVERNOR,
		               "the CPU governor is powersave: cores may run below their speed and "
		               "change it within a trial, by tens of percent. As an administrator: "
		               "cpupower frequency-set -g performance");
}

static void look_at_generator(struct warnings *warnings, const struct plan *plan)
{
	size_t shared = 0;

	for (size_t i = 0; i < plan->count; i++)
		shared += plan->cases[i].status == STATUS_OK && plan->cases[i].shared;
	if (shared)
		warnings_raise(
		        warnings, WARNING_SHARED,
		        "the load generator shares cores with the model in %zu of %zu cases: "
		        "they show both together, and less than the model can do. Take fewer "
		        "cores (--cores), or compare them with each other only.",
		        shared, plan->count);
}

void run_find_warnings(struct warnings *warnings, const struct plan *plan,
                       const struct machine *machine)
{
	if (plan) {
		look_at_builds(warnings, plan);
		look_at_permissions(warnings, plan);
	}
	look_at_machine(warnings, machine);
	if (plan)
		look_at_generator(warnings, plan);
}
