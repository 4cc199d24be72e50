/* SPDX-License-Identifier: MIT */
/*
 * A server's workload from prepare() to release(), with a model of a few lines in the place of a plugin:
 * a thread a job, blocking, in a process of its own that maps the arena anew as a stage does.
 */
#ifndef HEDDLE_TESTS_SERVER_RIG_H
#define HEDDLE_TESTS_SERVER_RIG_H

#include <arpa/inet.h>
#include <check.h>
#include <dirent.h>
#include <errno.h>
#include <math.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "clock.h"
#include "loopback.h"
#include "scratch.h"
#include "workload.h"
#include "workloads/echo.h"

struct rig {
	const struct workload *workload;
	struct value params[ARENA_VALUES];
	struct workload_case kase;
	struct workload_trial trial;
	struct workload_verdict verdict;
	struct arena arena;
	struct scratch scratch;
	/* What a broken model makes of an answer; NULL: nothing. */
	int64_t (*spoil)(const struct hd_request *, int64_t answer);
	bool stranger; /* another program connects before the load begins */
	int stranger_fd;
	uint32_t threads; /* jobs in progress at a time; 0: all */
	pid_t stage;
	int fds_before;
};

static struct rig rig;
static const int first_cpu[] = {0, 0};

static inline int count_fds(void)
{
	DIR *folder = opendir("/proc/self/fd");
	int count = 0;

	while (readdir(folder))
		count++;
	closedir(folder);
	return count;
}

/* The model. */
struct model {
	struct hd_jobs jobs;
	_Atomic uint64_t next;
};

static struct model model;

static inline int64_t perform(const struct hd_request *request)
{
	int64_t answer;

	if (request->op == HD_ACCEPT)
		answer = accept4(request->fd, NULL, NULL, SOCK_CLOEXEC);
	else if (request->op == HD_READ && request->offset >= 0)
		answer = pread(request->fd, request->buf, request->size, request->offset);
	else if (request->op == HD_READ)
		answer = read(request->fd, request->buf, request->size);
	else
		answer = write(request->fd, request->buf, request->size);
	if (answer < 0)
		return -errno;
	return rig.spoil ? rig.spoil(request, answer) : answer;
}

static inline void *run_jobs(void *argument)
{
	uint32_t task = (uint32_t)(uintptr_t)argument;
	uint64_t i;

	while ((i = atomic_fetch_add(&model.next, 1)) < model.jobs.count) {
		struct hd_job *job = hd_job_at(&model.jobs, i);
		struct hd_request request = {0};

		job->task = task;
		for (job->step(job, 0, &request); request.op != HD_DONE;)
			job->step(job, perform(&request), &request);
	}
	return NULL;
}

static inline int run_model(const struct hd_jobs *jobs)
{
	uint32_t count = rig.threads ? rig.threads : (uint32_t)jobs->count;
	pthread_t *threads = calloc(count, sizeof(*threads));

	model.jobs = *jobs;
	for (uint32_t i = 0; i < count; i++)
		if (pthread_create(&threads[i], NULL, run_jobs, (void *)(uintptr_t)i))
			return 3;
	for (uint32_t i = 0; i < count; i++)
		pthread_join(threads[i], NULL);
	free(threads);
	return 0;
}

/* The stage: exit code 0 where the model has ended by itself. */
static inline void run_stage(void)
{
	struct workload_stage stage = {.kase = &rig.kase,
	                               .sockets = rig.trial.sockets,
	                               .socket_count = rig.trial.socket_count};
	struct arena arena;

	signal(SIGPIPE, SIG_IGN);
	if (arena_map(&arena, dup(rig.arena.fd), NULL))
		_exit(1);
	stage.arena = &arena;
	if (rig.workload->setup(&stage, NULL))
		_exit(2);
	_exit(run_model(&stage.jobs));
}

/* All parameters at their defaults but the number of connections. */
static inline void rig_begin(const struct workload *workload, int64_t connections)
{
	memset(&rig, 0, sizeof(rig));
	rig.fds_before = count_fds();
	rig.workload = workload;
	for (int i = 0; workload->params[i].name; i++)
		rig.params[i] = strcmp(workload->params[i].name, "connections")
		                        ? option_default(&workload->params[i])
		                        : (struct value){.number = connections};
	rig.kase = (struct workload_case){.workload = workload,
	                                  .params = rig.params,
	                                  .cores = 1,
	                                  .generator_cpus = first_cpu,
	                                  .generator_cores = 1,
	                                  .drain_ms = 10000};
}

/* As any program may, from where the generator may come from as well; over UDP a datagram is sent. */
static inline int connect_stranger(void)
{
	const struct generator_plan *plan = &((struct echo_state *)rig.trial.state)->plan;
	struct sockaddr_in near = {.sin_family = AF_INET,
	                           .sin_addr.s_addr = htonl(INADDR_LOOPBACK + 7)};
	struct sockaddr local = {.sa_family = AF_UNIX};
	bool unix_ = plan->transport == GENERATOR_UNIX, udp = plan->transport == GENERATOR_UDP;
	struct sockaddr_storage server;
	socklen_t length = sizeof(server);
	int fd = socket(unix_ ? AF_UNIX : AF_INET, (udp ? SOCK_DGRAM : SOCK_STREAM) | SOCK_CLOEXEC,
	                0);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(bind(fd, unix_ ? &local : (struct sockaddr *)&near,
	                      unix_ ? sizeof(local.sa_family) : sizeof(near)),
	                 0);
	ck_assert_int_eq(getsockname(rig.trial.sockets[0], (struct sockaddr *)&server, &length), 0);
	ck_assert_int_eq(connect(fd, (struct sockaddr *)&server, length), 0);
	return fd;
}

static inline void begin(void)
{
	struct workload_needs needs = {0};
	struct arena_sizes sizes;
	struct hd_error err = {0};

	ck_assert_msg(rig.workload->resolve(rig.params, 1, &err) == 0, "%s", err.text);
	rig.workload->needs(&rig.kase, &needs);
	sizes = (struct arena_sizes){needs.in_flight, needs.generator_threads, needs.bytes};
	ck_assert_int_eq(arena_create(&rig.arena, &sizes, &err), 0);
	rig.trial = (struct workload_trial){
	        .kase = &rig.kase, .cpus = first_cpu, .arena = &rig.arena, .scratch = &rig.scratch};
	ck_assert_msg(rig.workload->prepare(&rig.trial, &err) == 0, "%s", err.text);
	rig.stage = fork();
	if (rig.stage == 0)
		run_stage();
	for (uint64_t i = 0; !rig.threads && i < needs.in_flight; i++)
		while (!atomic_load(&arena_slots(&rig.arena)[i].stepped))
			clock_sleep_until(clock_now_ns() + NS_PER_MS);
	if (rig.stranger)
		rig.stranger_fd = connect_stranger();
	ck_assert_msg(rig.workload->start(&rig.trial, &err) == 0, "%s", err.text);
	atomic_store(&rig.arena.board->measuring, 1);
}

static inline uint64_t sum(const struct arena_slot *slots, uint32_t count)
{
	uint64_t all = 0;

	for (uint32_t i = 0; i < count; i++)
		all += slot_ops(&slots[i]);
	return all;
}

/* After so many round trips and that time; on a busy machine that may take long. */
static inline void stop(uint64_t least, uint32_t after_ms)
{
	const struct arena_slot *slots = arena_generator_slots(&rig.arena);
	uint64_t from = clock_now_ns();

	clock_sleep_until(from + after_ms * NS_PER_MS);
	while (sum(slots, rig.kase.generator_cores) < least &&
	       clock_now_ns() < from + 20 * NS_PER_S)
		clock_sleep_until(clock_now_ns() + NS_PER_MS);
	atomic_store(&rig.arena.board->measuring, 0);
	atomic_store(&rig.arena.board->stop, 1);
	rig.workload->stop(&rig.trial);
}

/* Waits for the stage and has the trial verified. */
static inline void verify(void)
{
	int status;

	ck_assert_int_eq(waitpid(rig.stage, &status, 0), rig.stage);
	ck_assert_int_eq(status, 0);
	rig.workload->verify(&rig.trial, &rig.verdict);
}

static inline void assert_nothing_left(void)
{
	int status;

	rig.workload->release(&rig.trial);
	ck_assert_int_eq(waitpid(-1, &status, WNOHANG), -1);
	ck_assert_int_eq(errno, ECHILD);
	arena_destroy(&rig.arena);
	if (rig.scratch.count)
		ck_assert_int_eq(access(rig.scratch.paths[0], R_OK | W_OK), 0);
	scratch_remove(&rig.scratch);
	ck_assert_int_eq(count_fds(), rig.fds_before);
}

static inline double measured(const char *name)
{
	struct workload_seen seen = {.rate = 1000, .ops = 100, .ns = 100000000, .cpu_ns = 500000};
	double values[WORKLOAD_METRICS];

	rig.workload->measure(&rig.trial, &seen, values);
	for (int i = 0; rig.workload->metrics[i].name; i++)
		if (strcmp(rig.workload->metrics[i].name, name) == 0)
			return values[i];
	ck_abort_msg("no metric %s", name);
	return NAN;
}

static inline void assert_closed(int fd)
{
	char byte;

	ck_assert_int_le(recv(fd, &byte, 1, 0), 0);
}

#endif
