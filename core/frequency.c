/* SPDX-License-Identifier: MIT */
#include "frequency.h"

#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sysfile.h"

static int from_cpufreq(const char *root, const int *cpus, uint32_t count, double *hz)
{
	double sum = 0, khz;
	char path[96], text[64];
	int code = count ? 0 : -ENODATA;

	for (uint32_t i = 0; !code && i < count; i++) {
		snprintf(path, sizeof(path),
		         "/sys/devices/system/cpu/cpu%d/cpufreq/scaling_cur_freq", cpus[i]);
		code = sysfile_line(root, path, text, sizeof(text));
		if (!code && sscanf(text, "%lf", &khz) != 1)
			code = -EINVAL;
		if (!code)
			sum += khz * 1e3;
	}
	*hz = code ? NAN : sum / count;
	return code;
}

static bool is_one_of(int cpu, const int *cpus, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++)
		if (cpus[i] == cpu)
			return true;
	return false;
}

/* Paragraphs of "processor : 3", "cpu MHz : 2400.000", "flags : ... aperfmperf ...". */
static int from_cpuinfo(const char *root, const int *cpus, uint32_t count, double *hz)
{
	FILE *file = sysfile_open(root, "/proc/cpuinfo");
	double sum = 0, mhz = NAN;
	uint32_t found = 0;
	char *line = NULL;
	size_t room = 0;
	int cpu = -1, code = file ? -ENODATA : -errno;

	while (file && found < count && getline(&line, &room, file) > 0) {
		if (sscanf(line, "processor : %d", &cpu) == 1)
			mhz = NAN;
		if (sscanf(line, "cpu MHz : %lf", &mhz) == 1 || strncmp(line, "flags", 5) != 0)
			continue;
		if (!strstr(line, " aperfmperf"))
			break;
		if (!is_one_of(cpu, cpus, count) || isnan(mhz))
			continue;
		sum += mhz * 1e6;
		found++;
	}
	if (found && found == count) {
		*hz = sum / count;
		code = 0;
	}
	free(line);
	if (file)
		fclose(file);
	return code;
}

int frequency_read(const char *root, const int *cpus, uint32_t count, double *hz)
{
	int code = from_cpufreq(root, cpus, count, hz);

	return code ? from_cpuinfo(root, cpus, count, hz) : 0;
}
