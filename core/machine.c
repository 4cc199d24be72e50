/* SPDX-License-Identifier: MIT */
#include "machine.h"

#include <errno.h>
#include <glob.h>
#include <limits.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>

#include "clock.h"
#include "cpu_flags.h"
#include "stats.h"
#include "sysfile.h"
#include "virtualisation.h"
#include "words.h"

void machine_unavailable(struct machine *machine, const char *what, const char *why)
{
	int i = machine->unavailable_count;

	if (i == MACHINE_UNAVAILABLE)
		return;
	machine->unavailable[i].what = what;
	snprintf(machine->unavailable[i].why, sizeof(machine->unavailable[i].why), "%s", why);
	machine->unavailable_count++;
}

static void unreadable(struct machine *machine, const char *what, int error)
{
	char why[MACHINE_TEXT];

	snprintf(why, sizeof(why), "not readable: %s", strerror(error));
	machine_unavailable(machine, what, why);
}

static void read_text(struct machine *machine, const char *root, const char *what, const char *path,
                      char text[MACHINE_TEXT])
{
	int code = sysfile_line(root, path, text, MACHINE_TEXT);

	if (code)
		unreadable(machine, what, -code);
}

static void read_cpu_model(struct machine *machine, const char *root)
{
	/* x86 and others; POWER; RISC-V; LoongArch. */
	static const char *const keys[] = {"model name", "cpu", "uarch", "Model Name"};
	static const char path[] = "/proc/cpuinfo";
	char maker[32], part[32];
	int code = -ENODATA;

	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]) && code == -ENODATA; i++)
		code = sysfile_key(root, path, keys[i], machine->cpu_model, MACHINE_TEXT);
	if (code == 0)
		return;
	/* ARM has numbers in place of a name. */
	if (sysfile_key(root, path, "CPU implementer", maker, sizeof(maker)) == 0 &&
	    sysfile_key(root, path, "CPU part", part, sizeof(part)) == 0)
		snprintf(machine->cpu_model, MACHINE_TEXT, "ARM implementer %s, part %s", maker,
		         part);
	else
		unreadable(machine, "cpu_model", -code);
}

static void read_memory(struct machine *machine, const char *root)
{
	char text[64];
	unsigned long long kib;
	int code = sysfile_key(root, "/proc/meminfo", "MemTotal", text, sizeof(text));

	if (code == 0 && sscanf(text, "%llu kB", &kib) == 1)
		machine->memory_bytes = (uint64_t)kib * 1024;
	else
		unreadable(machine, "memory_bytes", code ? -code : EINVAL);
}

/* What cannot be read is told once, at the start. */
static void read_load(struct machine *machine, const char *root, struct machine_load *load)
{
	const struct {
		const char *what, *path, *before;
		double *to;
	} files[] = {
	        {"load_1min", "/proc/loadavg", "", &load->load_1min},
	        {"cpu_pressure_percent", "/proc/pressure/cpu",
	         "some avg10=", &load->cpu_pressure_percent},
	        {"io_pressure_percent", "/proc/pressure/io",
	         "some avg10=", &load->io_pressure_percent},
	};

	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		size_t before = strlen(files[i].before);
		char text[MACHINE_TEXT];
		int code = sysfile_line(root, files[i].path, text, sizeof(text));

		if (!code && (strncmp(text, files[i].before, before) != 0 ||
		              sscanf(text + before, "%lf", files[i].to) != 1))
			code = -EINVAL;
		if (!code)
			continue;
		*files[i].to = NAN;
		if (load == &machine->at_start)
			unreadable(machine, files[i].what, -code);
	}
}

static void add_item(char list[MACHINE_TEXT], const char *word)
{
	size_t used = strlen(list);

	if (!words_has_item(list, word))
		snprintf(list + used, MACHINE_TEXT - used, "%s%s", used ? ", " : "", word);
}

/* Each governor that is in force somewhere, once. */
static void read_governor(struct machine *machine, const char *root)
{
	static const char files[] = "/sys/devices/system/cpu/cpufreq/policy*/scaling_governor";
	char pattern[PATH_MAX], text[MACHINE_TEXT];
	glob_t found;
	int code = -ENOENT;

	if (snprintf(pattern, sizeof(pattern), "%s%s", root, files) < (int)sizeof(pattern) &&
	    glob(pattern, 0, NULL, &found) == 0) {
		for (size_t i = 0; i < found.gl_pathc; i++) {
			code = sysfile_line("", found.gl_pathv[i], text, sizeof(text));
			if (code == 0)
				add_item(machine->governor, text);
		}
		globfree(&found);
	}
	if (!machine->governor[0])
		unreadable(machine, "governor", -code);
}

/* One of the two switches, whose senses are opposite. */
static void read_turbo(struct machine *machine, const char *root)
{
	char text[16];
	int code;

	code = sysfile_line(root, "/sys/devices/system/cpu/intel_pstate/no_turbo", text,
	                    sizeof(text));
	if (code == 0) {
		snprintf(machine->turbo, MACHINE_TEXT, "%s", text[0] == '0' ? "on" : "off");
		return;
	}
	code = sysfile_line(root, "/sys/devices/system/cpu/cpufreq/boost", text, sizeof(text));
	if (code == 0)
		snprintf(machine->turbo, MACHINE_TEXT, "%s", text[0] == '0' ? "off" : "on");
	else
		unreadable(machine, "turbo", -code);
}

static void read_smt(struct machine *machine, const char *root)
{
	char text[16];
	int code = sysfile_line(root, "/sys/devices/system/cpu/smt/active", text, sizeof(text));

	if (code)
		unreadable(machine, "smt", -code);
	else
		snprintf(machine->smt, MACHINE_TEXT, "%s", text[0] == '1' ? "on" : "off");
}

static void read_cpu_flags(struct machine *machine, const char *root)
{
	int code = cpu_flags_read(root, machine->cpu_flags, MACHINE_FLAGS);

	if (code)
		unreadable(machine, "cpu_flags", -code);
}

double machine_clock_read_ns(void)
{
	enum { BATCHES = 21, READS = 200 };
	double costs[BATCHES];

	for (int i = 0; i < BATCHES; i++) {
		uint64_t start = clock_now_ns(), end = start;

		for (int j = 0; j < READS; j++)
			end = clock_now_ns();
		costs[i] = (double)(end - start) / READS;
	}
	return stats_median(costs, BATCHES);
}

void machine_read(struct machine *machine, const char *root)
{
	struct utsname names;

	*machine = (struct machine){.at_end = {NAN, NAN, NAN}};
	read_text(machine, root, "hostname", "/proc/sys/kernel/hostname", machine->hostname);
	read_text(machine, root, "kernel", "/proc/sys/kernel/osrelease", machine->kernel);
	if (uname(&names) == 0)
		snprintf(machine->architecture, MACHINE_TEXT, "%s", names.machine);
	else
		unreadable(machine, "architecture", errno);
	read_cpu_model(machine, root);
	read_governor(machine, root);
	read_turbo(machine, root);
	read_smt(machine, root);
	read_cpu_flags(machine, root);
	if (virtualisation_read(root, machine->virtualisation, MACHINE_TEXT) != 0)
		machine_unavailable(machine, "virtualisation",
		                    "no sign of a hypervisor, nor of its absence");
	read_text(machine, root, "clock_source",
	          "/sys/devices/system/clocksource/clocksource0/current_clocksource",
	          machine->clock_source);
	read_memory(machine, root);
	read_load(machine, root, &machine->at_start);
	machine->clock_read_ns = machine_clock_read_ns();
}

void machine_read_end(struct machine *machine, const char *root)
{
	read_load(machine, root, &machine->at_end);
}
