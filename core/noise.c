/* SPDX-License-Identifier: MIT */
#include "noise.h"

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "clock.h"
#include "sysfile.h"

static bool is_one_of(int cpu, const int *cpus, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++)
		if (cpus[i] == cpu)
			return true;
	return false;
}

/* "cpu0 user nice system idle iowait irq softirq steal ...", in ticks of the clock. PUs come first. */
static void read_stat(struct noise *noise, const char *root, const int *cpus, uint32_t count)
{
	FILE *file = sysfile_open(root, "/proc/stat");
	double tick_ns = (double)NS_PER_S / (double)sysconf(_SC_CLK_TCK);
	unsigned long long steal_ticks = 0, busy_ticks = 0;
	uint32_t found = 0;
	char *line = NULL;
	size_t room = 0;

	while (file && found < count && getline(&line, &room, file) > 0) {
		unsigned long long user, nice, system, steal;
		int cpu;

		/* The sum's line has a blank where these have a number. */
		if (strncmp(line, "cpu", 3) != 0 || line[3] == ' ')
			continue;
		if (sscanf(line, "cpu%d %llu %llu %llu %*u %*u %*u %*u %llu", &cpu, &user, &nice,
		           &system, &steal) != 5 ||
		    !is_one_of(cpu, cpus, count))
			continue;
		busy_ticks += user + nice + system;
		steal_ticks += steal;
		found++;
	}
	free(line);
	if (file)
		fclose(file);
	noise->steal_ns = found == count ? (double)steal_ticks * tick_ns : NAN;
	noise->busy_ns = found == count ? (double)busy_ticks * tick_ns : NAN;
}

static double read_pressure(const char *root, const char *path)
{
	unsigned long long us;
	char text[128];

	if (sysfile_line(root, path, text, sizeof(text)) ||
	    sscanf(text, "some avg10=%*f avg60=%*f avg300=%*f total=%llu", &us) != 1)
		return NAN;
	return (double)us * 1e3;
}

void noise_read(struct noise *noise, const char *root, const int *cpus, uint32_t count,
                const struct quota_counts *quota)
{
	*noise = (struct noise){
	        .cpu_pressure_ns = read_pressure(root, "/proc/pressure/cpu"),
	        .io_pressure_ns = read_pressure(root, "/proc/pressure/io"),
	        .throttled_periods = quota_counts_throttled(quota),
	};
	read_stat(noise, root, cpus, count);
}

static double between(double before, double after)
{
	return after >= before ? after - before : NAN;
}

struct noise noise_between(const struct noise *before, const struct noise *after)
{
	return (struct noise){
	        .steal_ns = between(before->steal_ns, after->steal_ns),
	        .busy_ns = between(before->busy_ns, after->busy_ns),
	        .cpu_pressure_ns = between(before->cpu_pressure_ns, after->cpu_pressure_ns),
	        .io_pressure_ns = between(before->io_pressure_ns, after->io_pressure_ns),
	        .throttled_periods = between(before->throttled_periods, after->throttled_periods),
	};
}
