/* SPDX-License-Identifier: MIT */
/*
 * Files of /proc and /sys as nobody promised them: the parts of an input become the files below, in this
 * order, and everything that reads one of them does.
 */
#include <string.h>

#include "cgroup.h"
#include "cpu_flags.h"
#include "frequency.h"
#include "fuzz.h"
#include "machine.h"
#include "noise.h"
#include "objects.h"
#include "quota.h"
#include "schedstat.h"
#include "virtualisation.h"

static const char *const files[FUZZ_PARTS] = {
        "/proc/self/cgroup",     "/proc/self/mountinfo",
        "/cgroup/group/cpu.max", "/proc/stat",
        "/proc/cpuinfo",         "/proc/7/maps",
        "/proc/pressure/cpu",    "/proc/7/task/7/schedstat",
};
/* Those that look alike take the text of another. */
static const struct {
	const char *path;
	size_t part;
} twins[] = {
        {"/cgroup/group/cpu.stat", 2},
        {"/cgroup/group/cpu.cfs_quota_us", 2},
        {"/cgroup/group/cpu.cfs_period_us", 2},
        {"/sys/devices/system/cpu/cpu0/cpufreq/scaling_cur_freq", 7},
        {"/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor", 7},
        {"/sys/devices/system/cpu/smt/active", 7},
        {"/sys/devices/system/cpu/cpufreq/boost", 7},
        {"/proc/meminfo", 4},
        {"/proc/loadavg", 7},
        {"/proc/sys/kernel/hostname", 7},
        {"/proc/sys/kernel/osrelease", 6},
        {"/proc/pressure/io", 6},
        {"/proc/7/task/7/sched", 4},
        {"/proc/7/task/8/schedstat", 3},
};

static void read_all(const char *root)
{
	static const int cpus[] = {0, 1};
	static struct schedstat queues[2];
	static struct machine machine;
	struct quota_counts counts;
	struct objects objects = {0};
	struct object_set set;
	struct noise noise;
	char text[512];
	double hz;

	quota_cpus(root);
	quota_counts_open(&counts, root);
	noise_read(&noise, root, cpus, 2, &counts);
	quota_counts_close(&counts);
	noise_between(&noise, &noise);
	cgroup_own(root, NULL, text, sizeof(text));
	cgroup_own(root, "cpu", text, 8);
	frequency_read(root, cpus, 2, &hz);
	cpu_flags_read(root, text, sizeof(text));
	virtualisation_read(root, text, sizeof(text));
	machine_read(&machine, root);
	machine_read_end(&machine, root);
	queues[0].count = queues[1].count = 0;
	queues[0].incomplete = queues[1].incomplete = NULL;
	schedstat_look(&queues[0], root, 7);
	schedstat_look(&queues[1], root, 7);
	schedstat_between(&queues[0], &queues[1]);
	if (objects_of_process(&objects, root, 7, &set) == 0)
		objects_equal(&objects, &set, &objects, &set);
	objects_free(&objects);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_parts parts;

	fuzz_split(&parts, data, size);
	for (size_t i = 0; i < FUZZ_PARTS; i++)
		fuzz_put(files[i], i < parts.count ? parts.texts[i] : "",
		         i < parts.count ? parts.sizes[i] : 0);
	for (size_t i = 0; i < sizeof(twins) / sizeof(twins[0]); i++) {
		size_t part = twins[i].part;

		fuzz_put(twins[i].path, part < parts.count ? parts.texts[part] : "",
		         part < parts.count ? parts.sizes[part] : 0);
	}
	read_all(fuzz_root());
	fuzz_parts_free(&parts);
	return 0;
}
