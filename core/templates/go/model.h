/* What C does for Go: cgo cannot call a function pointer. */
#ifndef MODEL_H
#define MODEL_H

#include <heddle/threads.h>

/* Goroutines wander, so that a thread of Go's is tied to no core: bind() is called as it must be, and then the thread
   may have any core of the case. */
static inline void model_bind(const struct hd_host *host)
{
	cpu_set_t cpus;

	host->bind(host, 0);
	CPU_ZERO(&cpus);
	for (uint32_t i = 0; i < host->cores; i++)
		if (host->cpus[i] < CPU_SETSIZE)
			CPU_SET(host->cpus[i], &cpus);
	sched_setaffinity(0, sizeof(cpus), &cpus);
}

/* Sends the job its answer; what it asks for next is in *request. */
static inline void model_step(const struct hd_host *host, struct hd_job *job, int64_t answer,
                              struct hd_request *request)
{
	static __thread const struct hd_host *bound;

	if (bound != host) {
		bound = host;
		model_bind(host);
	}
	job->step(job, answer, request);
}

/* What heddle.go answers by itself; ops.h adds what `perform` does. */
#define MODEL_OPS (HD_CAN(HD_YIELD) | HD_CAN(HD_SLEEP))

#endif
