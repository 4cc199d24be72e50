/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include "conformance_rig.h"

#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define ARENA_BYTES (256u << 20)

int64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

void complain(struct shared *shared, const char *format, ...)
{
	va_list arguments;

	if (__atomic_exchange_n(&shared->complained, 1, __ATOMIC_ACQ_REL))
		return;
	va_start(arguments, format);
	vsnprintf(shared->complaint, sizeof shared->complaint, format, arguments);
	va_end(arguments);
}

/* ---- The host ---- */

static struct rig *rig_of(const struct hd_host *host)
{
	return (struct rig *)(uintptr_t)host;
}

static uint32_t own_thread(void)
{
	return (uint32_t)syscall(SYS_gettid) & ((1u << 22) - 1);
}

static int host_bind(const struct hd_host *host, uint32_t core)
{
	struct rig *rig = rig_of(host);
	uint32_t thread = own_thread();
	cpu_set_t set;

	__atomic_fetch_or(&rig->shared->bound[thread / 8], 1u << thread % 8, __ATOMIC_RELAXED);
	CPU_ZERO(&set);
	CPU_SET(rig->cpus[core % host->cores], &set);
	return sched_setaffinity(0, sizeof set, &set) ? -errno : 0;
}

static void *host_shared_alloc(const struct hd_host *host, uint64_t size)
{
	struct rig *rig = rig_of(host);
	void *memory = rig->arena + rig->arena_used;

	if (size > ARENA_BYTES - rig->arena_used)
		return NULL;
	rig->arena_used += (size + 63) / 64 * 64;
	return memory;
}

static const struct hd_option *option_find(const struct rig *rig, const char *name)
{
	const struct hd_option *option = rig->model->options;

	while (option && option->name && strcmp(option->name, name) != 0)
		option++;
	if (option && option->name)
		return option;
	complain(rig->shared, "asks for an option \"%s\" that it does not declare", name);
	return NULL;
}

static int64_t host_option_int(const struct hd_host *host, const char *name)
{
	const struct rig *rig = rig_of(host);
	const struct hd_option *option = option_find(rig, name);

	if (!strcmp(rig->subject->option, name))
		return rig->subject->value;
	return option ? option->value : 0;
}

static const char *host_option_text(const struct hd_host *host, const char *name)
{
	const struct rig *rig = rig_of(host);
	const struct hd_option *option = option_find(rig, name);

	if (!strcmp(rig->subject->option, name))
		return rig->subject->text;
	return option ? option->text : "";
}

static void host_watch(const struct hd_host *host, int pid)
{
	struct rig *rig = rig_of(host);

	ck_assert_msg(kill(pid, 0) == 0, "watch() of %d, which is no process", pid);
	if (rig->watched_count < (int)(sizeof rig->watched / sizeof *rig->watched))
		rig->watched[rig->watched_count++] = pid;
}

static void host_fail(const struct hd_host *host, const char *why)
{
	struct rig *rig = rig_of(host);

	snprintf(rig->reason, sizeof rig->reason, "%s", why);
}

static void host_note(const struct hd_host *host, const char *what)
{
	(void)host;
	ck_assert_ptr_nonnull(what);
}

/* ---- The rig ---- */

static void *nothing(void *unused)
{
	return unused;
}

/* glibc and the thread sanitizer behave otherwise until a first thread exists. */
static void start_one_thread(void)
{
	pthread_t thread;

	ck_assert_int_eq(pthread_create(&thread, NULL, nothing, NULL), 0);
	pthread_join(thread, NULL);
}

static void find_cpus(struct rig *rig)
{
	cpu_set_t set;
	int found = 0;

	ck_assert_int_eq(sched_getaffinity(0, sizeof set, &set), 0);
	for (int cpu = 0; cpu < CPU_SETSIZE && found < 2; cpu++)
		if (CPU_ISSET(cpu, &set))
			rig->cpus[found++] = cpu;
	if (found == 1) /* two cores are played by one */
		rig->cpus[1] = rig->cpus[0];
}

void rig_load(struct rig *rig, int i)
{
	void *object = dlopen(subjects[i].path, RTLD_NOW | RTLD_LOCAL);

	signal(SIGPIPE, SIG_IGN);
	memset(rig, 0, sizeof *rig);
	rig->subject = &subjects[i];
	ck_assert_msg(object != NULL, "%s", dlerror());
	rig->model = dlsym(object, "heddle_model");
	ck_assert_msg(rig->model != NULL, "no symbol heddle_model");
	find_cpus(rig);
	start_one_thread();
	rig->arena = mmap(NULL, ARENA_BYTES, PROT_READ | PROT_WRITE,
	                  MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	ck_assert_ptr_ne(rig->arena, MAP_FAILED);
	rig->shared = rig_alloc(rig, sizeof *rig->shared);
}

bool rig_is(const struct rig *rig, const char *name)
{
	return !strcmp(rig->model->name, name);
}

bool rig_can(const struct rig *rig, uint64_t ops)
{
	return (rig->model->ops & ops) == ops && !rig_is(rig, "empty");
}

void *rig_alloc(struct rig *rig, uint64_t size)
{
	void *memory = host_shared_alloc(&rig->host, size);

	ck_assert_ptr_nonnull(memory);
	return memory;
}

static int count_entries(const char *path)
{
	DIR *folder = opendir(path);
	int count = 0;

	ck_assert_ptr_nonnull(folder);
	while (readdir(folder))
		count++;
	closedir(folder);
	return count;
}

static void fill_host(struct rig *rig, uint32_t cores, uint32_t in_flight)
{
	rig->host = (struct hd_host){
	        .size = sizeof rig->host,
	        .cores = cores,
	        .in_flight = in_flight,
	        .locks = LOCKS,
	        .queues = QUEUES,
	        .queue_capacity = QUEUE_CAPACITY,
	        .events = EVENTS,
	        .cpus = rig->cpus,
	        .bind = host_bind,
	        .shared_alloc = host_shared_alloc,
	        .option_int = host_option_int,
	        .option_text = host_option_text,
	        .watch = host_watch,
	        .fail = host_fail,
	        .note = host_note,
	};
}

bool rig_open(struct rig *rig, uint32_t cores, uint32_t in_flight)
{
	const char *why = NULL;
	int error;

	fill_host(rig, cores, in_flight);
	rig->shared->in_flight = in_flight;
	rig->watched_count = 0;
	memset(rig->shared->bound, 0, sizeof rig->shared->bound);
	rig->fds_before = count_entries("/proc/self/fd");
	rig->threads_before = count_entries("/proc/self/task");
	if (rig->model->unsupported)
		why = rig->model->unsupported(&rig->host);
	if (why) {
		fprintf(stderr, "%s %s=%s: skipped: %s\n", rig->subject->name, rig->subject->option,
		        rig->subject->text, why);
		return false;
	}
	error = rig->model->open(&rig->host, &rig->state);
	ck_assert_msg(error == 0, "open() with %u tasks on %u cores: %s (%s)", in_flight, cores,
	              strerror(-error), rig->reason);
	return true;
}

static void job_step(struct hd_job *job, int64_t answer, struct hd_request *request)
{
	struct test_job *test = (struct test_job *)(void *)job;
	struct shared *shared = test->shared;
	uint32_t thread = own_thread(), free_seat = 0;

	memset(request, 0, sizeof *request);
	request->fd2 = -1;
	request->offset = request->timeout_ns = -1;
	if (!(__atomic_load_n(&shared->bound[thread / 8], __ATOMIC_RELAXED) & 1u << thread % 8))
		complain(shared, "a job is stepped by a thread that has not called bind()");
	if (job->task >= shared->in_flight) {
		complain(shared, "task %u of %u", job->task, shared->in_flight);
		return;
	}
	if (test->finished)
		complain(shared, "job %u is stepped after HD_DONE", test->index);
	if (!test->started++) {
		if (answer != 0)
			complain(shared, "the first answer is %ld, not 0", (long)answer);
		if (!__atomic_compare_exchange_n(&shared->occupied[job->task], &free_seat,
		                                 test->index + 1, false, __ATOMIC_ACQ_REL,
		                                 __ATOMIC_ACQUIRE))
			complain(shared, "jobs %u and %u are in progress as task %u", free_seat - 1,
			         test->index, job->task);
	} else if (__atomic_load_n(&shared->occupied[job->task], __ATOMIC_ACQUIRE) !=
	           test->index + 1) {
		complain(shared, "job %u has changed its task or been started twice", test->index);
	}
	test->script(test, answer, request);
	if (request->op == HD_DONE) {
		test->finished++;
		__atomic_store_n(&shared->occupied[job->task], 0, __ATOMIC_RELEASE);
	}
}

void rig_run(struct rig *rig, void *jobs, uint64_t count, uint64_t stride)
{
	const struct hd_jobs all = {.count = count, .stride = stride, .first = jobs};
	int error;

	for (uint64_t i = 0; i < count; i++) {
		struct test_job *test = (struct test_job *)(void *)hd_job_at(&all, i);

		test->job.step = job_step;
		test->job.task = UINT32_MAX;
		test->shared = rig->shared;
		test->index = (uint32_t)i;
		test->started = test->finished = 0;
	}
	error = rig->model->run(rig->state, &all);
	ck_assert_msg(!rig->shared->complained, "%u tasks on %u cores: %s", rig->host.in_flight,
	              rig->host.cores, rig->shared->complaint);
	ck_assert_msg(error == 0, "run(): %s (%s)", strerror(-error), rig->reason);
	for (uint64_t i = 0; i < count; i++) {
		struct test_job *test = (struct test_job *)(void *)hd_job_at(&all, i);

		ck_assert_msg(test->finished == 1, "job %lu of %lu was finished %u times",
		              (unsigned long)i, (unsigned long)count, test->finished);
	}
}

/* Threads leave /proc a little after they were joined. */
static int settled_entries(const char *path, int most)
{
	int64_t deadline = now_ns() + 1000 * MS;
	int found;

	while ((found = count_entries(path)) > most && now_ns() < deadline)
		usleep(1000);
	return found;
}

void rig_close(struct rig *rig)
{
	int fds, threads;

	rig->model->close(rig->state);
	fds = settled_entries("/proc/self/fd", rig->fds_before);
	threads = settled_entries("/proc/self/task", rig->threads_before);
	ck_assert_msg(fds <= rig->fds_before, "%d descriptors left open by close()",
	              fds - rig->fds_before);
	ck_assert_msg(threads <= rig->threads_before, "%d threads left by close()",
	              threads - rig->threads_before);
	for (int i = 0; i < rig->watched_count; i++)
		ck_assert_msg(kill(rig->watched[i], 0) && errno == ESRCH,
		              "process %d left by close()", rig->watched[i]);
	ck_assert_msg(waitpid(-1, NULL, WNOHANG) == -1 && errno == ECHILD,
	              "a child process left by close()");
	ck_assert_msg(!rig->shared->complained, "%s", rig->shared->complaint);
}

/* ---- Lines ---- */

struct player {
	struct test_job base;
	const struct line *lines;
	uint32_t count, at;
	int64_t asked_ns;
};

static void player_judge(const struct player *player, int64_t answer)
{
	const struct line *line = &player->lines[player->at - 1];
	int64_t took_ns = now_ns() - player->asked_ns;

	if (answer < line->least || answer > line->most)
		complain(player->base.shared, "%s: answer %ld, not %ld ... %ld", line->what,
		         (long)answer, (long)line->least, (long)line->most);
	else if (took_ns < line->wait_ns)
		complain(player->base.shared, "%s: after %ld ns, too early", line->what,
		         (long)took_ns);
	else if (line->bytes && answer > 0 &&
	         memcmp(line->bytes, line->request.buf, (size_t)answer) != 0)
		complain(player->base.shared, "%s: wrong bytes", line->what);
}

static void player_step(struct test_job *test, int64_t answer, struct hd_request *request)
{
	struct player *player = (struct player *)(void *)test;

	if (player->at)
		player_judge(player, answer);
	if (player->at == player->count || test->shared->complained)
		return;
	*request = player->lines[player->at++].request;
	player->asked_ns = now_ns();
}

void rig_play(struct rig *rig, const struct line *lines, uint32_t count)
{
	struct player *player;

	for (uint32_t l = 0; l < count; l++)
		if (!rig_can(rig, HD_CAN(lines[l].request.op)))
			return;
	player = rig_alloc(rig, sizeof *player);
	player->base.script = player_step;
	player->lines = lines;
	player->count = count;
	if (!rig_open(rig, 1, 2))
		return;
	rig_run(rig, player, 1, sizeof *player);
	rig_close(rig);
}
