/* SPDX-License-Identifier: MIT */
/* What the counter holds against what was acknowledged, and the numbers of a trial. */
#include "counter.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "machine.h"
#include "stats.h"

/* A job takes the locks in turn, beginning with its own number's: so many of its batches were lock's. */
static uint64_t batches_of(const struct counter_job *job, uint32_t number, uint32_t lock)
{
	uint32_t first = number % job->locks, distance = (lock + job->locks - first) % job->locks;

	return job->answered / job->locks + (distance < job->answered % job->locks);
}

static uint64_t acknowledged_of(const struct counter_job *jobs, uint32_t tasks, uint32_t lock)
{
	uint64_t sum = 0;

	for (uint32_t i = 0; i < tasks; i++)
		sum += batches_of(&jobs[i], i, lock) * jobs[i].batch;
	return sum;
}

static bool find_failed(const struct counter_job *jobs, uint32_t tasks,
                        struct workload_verdict *verdict)
{
	for (uint32_t i = 0; i < tasks; i++) {
		if (!jobs[i].failed)
			continue;
		verdict->wrong = true;
		verdict->refused = jobs[i].failed == EOPNOTSUPP;
		snprintf(verdict->text, sizeof(verdict->text),
		         "task %" PRIu32 ": a section was answered with the error %s", i,
		         strerror((int)jobs[i].failed));
		return true;
	}
	return false;
}

static void tell_difference(const struct counter_layout *layout, uint32_t lock, uint32_t line,
                            uint64_t acknowledged, uint64_t found, char *text, size_t size)
{
	bool lost = found < acknowledged;
	int length =
	        snprintf(text, size,
	                 "%" PRIu64 " acknowledged, %" PRIu64 " found (%" PRIu64
	                 " %s) in line %" PRIu32 " of %" PRIu32,
	                 acknowledged, found, lost ? acknowledged - found : found - acknowledged,
	                 lost ? "lost" : "too many", line + 1, layout->lines);

	if (layout->locks > 1)
		snprintf(text + length, size - (size_t)length, " of lock %" PRIu32, lock);
}

/* Lines of one lock that differ are a section that was torn, locks that differ one that was mixed up. */
void counter_verify(struct workload_trial *trial, struct workload_verdict *verdict)
{
	struct counter_layout layout = counter_layout_of(trial->kase);
	const struct counter_job *jobs = counter_jobs(trial->arena);

	if (find_failed(jobs, layout.tasks, verdict))
		return;
	for (uint32_t lock = 0; lock < layout.locks && !verdict->wrong; lock++) {
		uint64_t acknowledged = acknowledged_of(jobs, layout.tasks, lock);
		const uint64_t *words = counter_words(trial->arena, &layout, lock);

		for (uint32_t line = 0; line < layout.lines && !verdict->wrong; line++) {
			uint64_t found = words[line * HD_LINE_WORDS];

			verdict->wrong = found != acknowledged;
			if (verdict->wrong)
				tell_difference(&layout, lock, line, acknowledged, found,
				                verdict->text, sizeof(verdict->text));
		}
	}
}

static void measure_latency(struct workload_trial *trial, double *values)
{
	struct counter_layout layout = counter_layout_of(trial->kase);
	const struct counter_times *times = counter_times(trial->arena, &layout);
	struct histogram all = {0};

	for (uint32_t i = 0; i < layout.times; i++)
		histogram_merge(&all, &times[i].histogram);
	values[LATENCY_P50] = histogram_percentile(&all, 0.5);
	values[LATENCY_P99] = histogram_percentile(&all, 0.99);
	values[LATENCY_P999] = histogram_percentile(&all, 0.999);
	values[LATENCY_MAX] = histogram_percentile(&all, 1);
	if (all.total)
		values[LATENCY_CLOCK] = machine_clock_read_ns();
}

void counter_measure(struct workload_trial *trial, const struct workload_seen *seen, double *values)
{
	double shares[COUNTER_MAX_TASKS], total = 0, least = INFINITY, most = 0;

	measure_latency(trial, values);
	values[THROUGHPUT] = seen->rate;
	if (seen->rate > 0)
		values[TIME_PER_OP] = 1e9 / seen->rate;
	if (seen->ops > 0)
		values[CPU_PER_OP] = seen->cpu_ns / (double)seen->ops;
	for (uint32_t i = 0; i < seen->in_flight; i++) {
		shares[i] = (double)seen->task_ops[i];
		total += shares[i];
		least = fmin(least, shares[i]);
		most = fmax(most, shares[i]);
	}
	if (total <= 0)
		return;
	values[FAIRNESS] = stats_jain(shares, seen->in_flight);
	values[SHARE_MIN] = least / total;
	values[SHARE_MAX] = most / total;
}
