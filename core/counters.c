/* SPDX-License-Identifier: MIT */
#include "counters.h"

#include <errno.h>
#include <linux/perf_event.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "sysfile.h"

static const struct {
	uint32_t type;
	uint64_t config;
} events[COUNTERS] = {
        [COUNTER_CYCLES] = {PERF_TYPE_HARDWARE, PERF_COUNT_HW_CPU_CYCLES},
        [COUNTER_INSTRUCTIONS] = {PERF_TYPE_HARDWARE, PERF_COUNT_HW_INSTRUCTIONS},
        [COUNTER_CACHE_MISSES] = {PERF_TYPE_HARDWARE, PERF_COUNT_HW_CACHE_MISSES},
        [COUNTER_SWITCHES] = {PERF_TYPE_SOFTWARE, PERF_COUNT_SW_CONTEXT_SWITCHES},
        [COUNTER_MIGRATIONS] = {PERF_TYPE_SOFTWARE, PERF_COUNT_SW_CPU_MIGRATIONS},
};

/* As PERF_FORMAT_TOTAL_TIME_ENABLED | PERF_FORMAT_TOTAL_TIME_RUNNING lays it out. */
struct reading {
	uint64_t total, enabled_ns, running_ns;
};

static int open_one(int which, pid_t pid, bool user_only)
{
	struct perf_event_attr attr = {
	        .size = sizeof(attr),
	        .type = events[which].type,
	        .config = events[which].config,
	        .disabled = 1,
	        .inherit = 1,
	        .exclude_kernel = user_only,
	        .exclude_hv = user_only,
	        .read_format = PERF_FORMAT_TOTAL_TIME_ENABLED | PERF_FORMAT_TOTAL_TIME_RUNNING,
	};

	return (int)syscall(SYS_perf_event_open, &attr, pid, -1, -1, PERF_FLAG_FD_CLOEXEC);
}

static bool is_refused(int error)
{
	return error == EACCES || error == EPERM;
}

void counters_open(struct counters *counters, pid_t pid)
{
	*counters = (struct counters){.opened = true};
	for (int i = 0; i < COUNTERS; i++) {
		bool hardware = events[i].type == PERF_TYPE_HARDWARE;

		counters->fds[i] = open_one(i, pid, false);
		/* All that the kernel's own counters count is done by the kernel: without it they
		   would say 0. */
		if (counters->fds[i] < 0 && is_refused(errno) && hardware) {
			counters->fds[i] = open_one(i, pid, true);
			counters->user_only |= counters->fds[i] >= 0;
		}
		counters->errors[i] = counters->fds[i] < 0 ? errno : 0;
	}
}

static bool is_open(const struct counters *counters, int which)
{
	return counters->opened && counters->fds[which] >= 0;
}

static void control(const struct counters *counters, unsigned long order)
{
	for (int i = 0; i < COUNTERS; i++)
		if (is_open(counters, i))
			ioctl(counters->fds[i], order, 0); /* children as well */
}

void counters_start(const struct counters *counters)
{
	control(counters, PERF_EVENT_IOC_ENABLE);
}

void counters_stop(const struct counters *counters)
{
	control(counters, PERF_EVENT_IOC_DISABLE);
}

double counters_scale(double total, double enabled_ns, double running_ns)
{
	if (!(running_ns > 0))
		return NAN;
	return running_ns < enabled_ns ? total * enabled_ns / running_ns : total;
}

void counters_read(const struct counters *counters, double values[COUNTERS])
{
	for (int i = 0; i < COUNTERS; i++) {
		struct reading reading;

		values[i] = NAN;
		if (is_open(counters, i) &&
		    read(counters->fds[i], &reading, sizeof(reading)) == (ssize_t)sizeof(reading))
			values[i] =
			        counters_scale((double)reading.total, (double)reading.enabled_ns,
			                       (double)reading.running_ns);
	}
}

void counters_close(struct counters *counters)
{
	for (int i = 0; i < COUNTERS; i++)
		if (is_open(counters, i))
			close(counters->fds[i]);
	*counters = (struct counters){0};
}

const char *counters_explain(int error, const char *root, char *text, size_t size)
{
	char paranoid[16];

	if (error == ENOSYS)
		snprintf(text, size, "this kernel has no perf_event_open");
	else if (error == ENOENT || error == EOPNOTSUPP || error == ENODEV || error == EINVAL)
		snprintf(text, size, "this machine has no such counter");
	else if (!is_refused(error))
		snprintf(text, size, "perf_event_open: %s", strerror(error));
	else if (sysfile_line(root, "/proc/sys/kernel/perf_event_paranoid", paranoid,
	                      sizeof(paranoid)))
		snprintf(text, size, "perf_event_open is not permitted here");
	else
		snprintf(text, size,
		         "perf_event_open is not permitted here; kernel.perf_event_paranoid is %s",
		         paranoid);
	return text;
}
