/* SPDX-License-Identifier: MIT */
#include "check_rig.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "check_property.h"

/* ---- What is told ---- */

static void write_failure(struct check_report *report, const struct check_sentence *sentence)
{
	if (atomic_exchange(&report->failed, 1) == 0)
		report->failure = *sentence;
}

void rig_does(struct rig *rig, const char *expected, const char *format, ...)
{
	struct check_sentence *doing = &rig->report->doing;
	va_list args;

	va_start(args, format);
	vsnprintf(doing->done, sizeof(doing->done), format, args);
	va_end(args);
	snprintf(doing->expected, sizeof(doing->expected), "%s", expected);
	arena_beat(rig->host.arena->board);
}

bool rig_fail(struct rig *rig, const char *format, ...)
{
	struct check_sentence sentence = rig->report->doing;
	va_list args;

	va_start(args, format);
	vsnprintf(sentence.seen, sizeof(sentence.seen), format, args);
	va_end(args);
	write_failure(rig->report, &sentence);
	return false;
}

void rig_complain(const struct rig *rig, const char *done, const char *expected, const char *format,
                  ...)
{
	struct check_sentence sentence = {0};
	va_list args;

	snprintf(sentence.done, sizeof(sentence.done), "%s", done);
	snprintf(sentence.expected, sizeof(sentence.expected), "%s", expected);
	va_start(args, format);
	vsnprintf(sentence.seen, sizeof(sentence.seen), format, args);
	va_end(args);
	write_failure(rig->report, &sentence);
}

bool rig_failed(const struct rig *rig)
{
	return atomic_load_explicit(&rig->report->failed, memory_order_relaxed) != 0;
}

const char *rig_answer(int64_t answer, char text[RIG_ANSWER])
{
	const char *name = answer < 0 && answer > -4096 ? strerrorname_np((int)-answer) : NULL;

	snprintf(text, RIG_ANSWER, name ? "%lld (%s)" : "%lld", (long long)answer, name);
	return text;
}

/* ---- The host ---- */

static struct rig *rig_of(const struct hd_host *host)
{
	return (struct rig *)(uintptr_t)host;
}

static uint32_t own_thread(void)
{
	return (uint32_t)syscall(SYS_gettid) % CHECK_THREADS;
}

static int host_bind(const struct hd_host *host, uint32_t core)
{
	struct rig *rig = rig_of(host);
	uint32_t thread = own_thread();

	atomic_fetch_or(&rig->report->bound[thread / 8], (uint8_t)(1u << thread % 8));
	atomic_fetch_or(&rig->report->cores_bound, UINT64_C(1) << core % rig->cores % 64);
	return rig->offered.bind(host, core);
}

static bool has_bound(const struct rig *rig)
{
	uint32_t thread = own_thread();

	return atomic_load(&rig->report->bound[thread / 8]) & 1u << thread % 8;
}

static void require_option(const struct hd_host *host, const char *name, bool text)
{
	const struct loaded *loaded = rig_of(host)->host.loaded;
	const struct hd_option *option;
	char done[CHECK_TEXT];

	for (uint32_t i = 0; loaded->model.options && (option = loader_option(loaded, i))->name;
	     i++)
		if (strcmp(option->name, name) == 0 &&
		    (option->kind == HD_OPTION_CHOICE || option->kind == HD_OPTION_TEXT) == text)
			return;
	snprintf(done, sizeof(done), "the model asks option_%s() for \"%.64s\"",
	         text ? "text" : "int", name);
	rig_complain(rig_of(host), done, "the name of an option of that kind that it declares",
	             "none of that name");
}

static int64_t host_option_int(const struct hd_host *host, const char *name)
{
	require_option(host, name, false);
	return rig_of(host)->offered.option_int(host, name);
}

static const char *host_option_text(const struct hd_host *host, const char *name)
{
	require_option(host, name, true);
	return rig_of(host)->offered.option_text(host, name);
}

static void host_watch(const struct hd_host *host, int pid)
{
	struct rig *rig = rig_of(host);

	if (!rig->reopens)
		rig->offered.watch(host, pid);
}

static void rig_init(struct rig *rig, const struct stage_host *host)
{
	struct arena_board *board = host->arena->board;

	*rig = (struct rig){.host = *host,
	                    .report = arena_workload(host->arena),
	                    .cores = board->cores,
	                    .tasks = board->in_flight,
	                    .used = (sizeof(struct check_report) + 4095) / 4096 * 4096,
	                    .offered = host->host};
	rig->host.host.bind = host_bind;
	rig->host.host.watch = host_watch;
	rig->host.host.option_int = host_option_int;
	rig->host.host.option_text = host_option_text;
	rig->report->tasks = rig->tasks;
}

void check_look(const struct stage_host *host, const struct stage_traces *before)
{
	static struct rig rig; /* until the process ends: a model may keep the host */

	rig_init(&rig, host);
	rig.before = before;
	arena_begin_beats(host->arena->board);
	check_properties[host->arena->board->check - 1].look(&rig);
}

/* ---- The life of a model ---- */

bool rig_can(const struct rig *rig, uint64_t ops)
{
	return (rig->report->ops & ops) == ops;
}

void *rig_alloc(struct rig *rig, uint64_t size)
{
	char *memory = (char *)rig->report + rig->used;

	if (size > CHECK_MEMORY - rig->used)
		abort(); /* a property of ours that wants too much */
	rig->used += (size + 255) / 256 * 256;
	return memory;
}

static void enter(const struct rig *rig, enum arena_phase phase)
{
	atomic_store(&rig->host.arena->board->phase, phase);
	arena_beat(rig->host.arena->board);
}

static const char *reason_of(const struct rig *rig)
{
	return rig->host.arena->board->reason;
}

bool rig_open(struct rig *rig)
{
	struct check_sentence *doing = &rig->report->doing, then = *doing;
	char answer[RIG_ANSWER];
	int code;

	rig_does(rig, "0", "open()");
	enter(rig, PHASE_OPEN);
	code = rig->host.loaded->model.open(&rig->host.host, &rig->state);
	if (code)
		return rig_fail(rig, "%s%s%s", rig_answer(code, answer),
		                *reason_of(rig) ? ": " : "", reason_of(rig));
	*doing = then;
	return !rig_failed(rig);
}

void rig_close(struct rig *rig)
{
	struct check_sentence *doing = &rig->report->doing, then = *doing;

	rig_does(rig, "it to return", "close()");
	enter(rig, PHASE_CLOSE);
	rig->host.loaded->model.close(rig->state);
	*doing = then;
}

/* ---- Jobs ---- */

static void begin_job(struct check_job *job, int64_t answer)
{
	const struct rig *rig = job->rig;
	struct check_report *report = rig->report;
	uint32_t free_seat = 0, now = atomic_fetch_add(&report->in_progress, 1) + 1;
	uint32_t peak = atomic_load(&report->peak);
	char text[RIG_ANSWER];

	while (now > peak && !atomic_compare_exchange_weak(&report->peak, &peak, now))
		;
	job->task = job->job.task;
	if (answer != 0)
		rig_complain(rig, "the first step of a job", "to be sent 0", "%s",
		             rig_answer(answer, text));
	if (!atomic_compare_exchange_strong(&report->occupied[job->task], &free_seat,
	                                    job->index + 1) &&
	    rig->judges_tasks)
		rig_complain(rig, "two jobs in progress at the same time", "two task numbers",
		             "jobs %u and %u as task %u", free_seat - 1, job->index, job->task);
}

static void judge_step(const struct check_job *job)
{
	const struct rig *rig = job->rig;

	if (rig->judges_bind && !has_bound(rig))
		rig_complain(rig, "a step of a job", "a thread that has called bind()",
		             "one that has not");
	if (job->finished)
		rig_complain(rig, "a job that was done", "no further step", "job %u stepped again",
		             job->index);
	if (job->started && job->job.task != job->task && rig->judges_tasks)
		rig_complain(rig, "a job in progress", "the task number that it began with",
		             "job %u, begun as task %u, as task %u", job->index, job->task,
		             job->job.task);
}

static void end_job(struct check_job *job)
{
	struct check_report *report = job->rig->report;

	job->finished++;
	atomic_store(&report->occupied[job->task], 0);
	atomic_fetch_sub(&report->in_progress, 1);
}

static void job_step(struct hd_job *base, int64_t answer, struct hd_request *request)
{
	struct check_job *job = (struct check_job *)(void *)base;
	const struct rig *rig = job->rig;

	memset(request, 0, sizeof(*request));
	request->fd2 = -1;
	request->offset = request->timeout_ns = -1;
	request->times = 1;
	if (job->job.task >= rig->tasks) {
		rig_complain(rig, "a job that begins", "a task number below in_flight",
		             "task %u of %u", job->job.task, rig->tasks);
		return;
	}
	judge_step(job);
	slot_add(&arena_slots(rig->host.arena)[job->job.task], 1);
	if (job->started++ == 0)
		begin_job(job, answer);
	/* After a failure nothing is to be seen any more. */
	if (!rig_failed(rig))
		job->script(job, answer, request);
	if (request->op == HD_DONE)
		end_job(job);
}

static bool all_done_once(struct rig *rig, const struct hd_jobs *jobs)
{
	for (uint64_t i = 0; i < jobs->count; i++) {
		const struct check_job *job = (struct check_job *)(void *)hd_job_at(jobs, i);

		if (job->finished != 1)
			return rig_fail(rig,
			                "job %llu of %llu stepped %u times and to its end %u times "
			                "when run() returned",
			                (unsigned long long)i, (unsigned long long)jobs->count,
			                job->started, job->finished);
	}
	return true;
}

bool rig_run(struct rig *rig, void *jobs, uint64_t count, uint64_t stride)
{
	const struct hd_jobs all = {.count = count, .stride = stride, .first = jobs};
	char answer[RIG_ANSWER];
	int code;

	atomic_store(&rig->report->peak, 0);
	for (uint64_t i = 0; i < count; i++) {
		struct check_job *job = (struct check_job *)(void *)hd_job_at(&all, i);

		job->job.step = job->bare ? job->bare : job_step;
		job->job.task = UINT32_MAX;
		job->rig = rig;
		job->index = (uint32_t)i;
		job->started = job->finished = 0;
	}
	enter(rig, PHASE_RUN);
	code = rig->host.loaded->model.run(rig->state, &all);
	if (code && !rig_failed(rig))
		return rig_fail(rig, "run() return %s%s%s", rig_answer(code, answer),
		                *reason_of(rig) ? ": " : "", reason_of(rig));
	return !rig_failed(rig) && all_done_once(rig, &all);
}

bool rig_do(struct rig *rig, void *jobs, uint64_t count, uint64_t stride)
{
	if (!rig_open(rig) || !rig_run(rig, jobs, count, stride))
		return false;
	rig_close(rig);
	return !rig_failed(rig);
}
