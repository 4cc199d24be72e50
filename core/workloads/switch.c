/* SPDX-License-Identifier: MIT */
/*
 * switch: two or more tasks on each core do nothing but give it away to each other. What is left is the
 * price of that: of a coroutine, a thread, a process. A turn that is answered must have let another task
 * run, so each task looks whether one has before it asks again. A model without another task to run is
 * found out, not timed.
 */
#include <errno.h>
#include <inttypes.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>

#include "format.h"
#include "stats.h"
#include "switch.h"

enum {
	APART = 128, /* processors fetch lines in pairs */
	MAX_TASKS = 8192,
	LEAST_REQUESTS = 16, /* that a verdict needs */
	LOOK_EVERY = 64,     /* requests of less than so many turns; a power of two */
};

static const struct hd_option params[] = {
        [SWITCH_TASKS] = {.name = "tasks",
                          .kind = HD_OPTION_INT,
                          .value = 2,
                          .min = 2,
                          .max = MAX_TASKS,
                          .help = "tasks on each core, 8192 at most on all"},
        [SWITCH_BATCH] =
                {.name = "batch",
                 .kind = HD_OPTION_INT,
                 .value = 1,
                 .min = 1,
                 .max = 1048576,
                 .help = "turns that a task gives away at a time; counted when all are answered"},
        [SWITCH_PING_PONG] = {.name = "ping_pong",
                              .kind = HD_OPTION_FLAG,
                              .help = "to a named partner, through PUT and GET, in place of YIELD"},
        [SWITCH_PARTNER] = {.name = "partner",
                            .kind = HD_OPTION_CHOICE,
                            .text = "same-core",
                            .choices = "same-core other-core",
                            .help = "ping_pong: where the partner is"},
        {0},
};

enum { THROUGHPUT, TIME_PER_OP, CPU_PER_OP, FAIRNESS, HANDED_OVER };
static const struct workload_metric metrics[] = {
        [THROUGHPUT] = {"throughput", "switches/s", "higher", "turns given away by all tasks"},
        [TIME_PER_OP] = {"time_per_op", "ns", "lower",
                         "of one switch on one core: cores over throughput, as they switch side by "
                         "side"},
        [CPU_PER_OP] = {"cpu_per_op", "ns", "lower", "CPU time of all tasks over their turns"},
        [FAIRNESS] = {"fairness", "1", "higher",
                      "Jain's index over tasks: 1 is equal, 1/n is one task only"},
        [HANDED_OVER] =
                {"handed_over", "1", "higher",
                 "share of requests after which another task of that core had run; YIELD only"},
        {0},
};

/* Who was stepped last on one PU. */
struct switch_cell {
	_Alignas(ARENA_SPACING) _Atomic uint32_t last;
};

/* Follows the cells in the workload's memory; read by the core after the trial. */
struct switch_job {
	struct hd_job job;
	const struct arena_board *board;
	struct arena_slot *slots;  /* of all tasks: which one is known at the first step */
	struct switch_cell *cells; /* one for each PU of the case, one more for all others */
	struct switch_cell *cell;  /* of `cpu` */
	uint64_t batch, asked;     /* asked: turns whose answer is awaited */
	uint64_t answered, handed; /* requests that were acknowledged; of them, handed over */
	uint64_t failed; /* -errno of the first answer that was an error, as a positive number */
	uint32_t cores, started;
	uint32_t look_mask; /* the PU is asked for where no bit of it is set in `answered` */
	int cpu;
	_Alignas(APART) char end[]; /* no two jobs share a pair of lines */
};

struct switch_layout {
	uint32_t tasks, cells;
	uint64_t jobs_at, bytes;
};

static struct switch_layout layout_of(const struct workload_case *kase)
{
	struct switch_layout layout = {
	        .tasks = (uint32_t)kase->params[SWITCH_TASKS].number * kase->cores,
	        .cells = kase->cores + 1,
	};

	layout.jobs_at = layout.cells * sizeof(struct switch_cell);
	layout.bytes = layout.jobs_at + layout.tasks * sizeof(struct switch_job);
	return layout;
}

static const struct switch_job *jobs_of(const struct workload_trial *trial,
                                        const struct switch_layout *layout)
{
	const char *memory = arena_workload(trial->arena);

	return (const struct switch_job *)(const void *)(memory + layout->jobs_at);
}

static int resolve(struct value *values, uint32_t cores, struct hd_error *err)
{
	int64_t tasks = values[SWITCH_TASKS].number;

	if (tasks * cores <= MAX_TASKS)
		return values[SWITCH_PING_PONG].number ? pong_resolve(values, cores, err) : 0;
	return hd_error(err, -EINVAL,
	                "tasks: %" PRId64 " on each of %" PRIu32 " cores are %" PRId64
	                ", at most %d in all",
	                tasks, cores, tasks * cores, MAX_TASKS);
}

static void needs(const struct workload_case *kase, struct workload_needs *needed)
{
	struct switch_layout layout = layout_of(kase);

	if (kase->params[SWITCH_PING_PONG].number) {
		pong_needs(kase, needed);
		return;
	}
	needed->in_flight = layout.tasks;
	needed->bytes = layout.bytes;
}

static void find_cell(struct switch_job *job, int cpu)
{
	uint32_t i = 0;

	while (i < job->cores && job->board->cpus[i] != cpu)
		i++;
	job->cell = &job->cells[i];
	job->cpu = cpu;
}

/*
 * True where another task was stepped on this PU since the caller was. Tasks are bound, but a model may
 * step a job on different threads in turn, so the PU is asked for now and then: that takes 2 ns.
 */
static inline bool look_for_another(struct switch_job *job)
{
	bool another;

	if ((job->answered & job->look_mask) == 0) {
		int cpu = sched_getcpu();

		if (cpu != job->cpu)
			find_cell(job, cpu);
	}
	another = atomic_load_explicit(&job->cell->last, memory_order_relaxed) != job->job.task;
	atomic_store_explicit(&job->cell->last, job->job.task, memory_order_relaxed);
	return another;
}

static void step(struct hd_job *hd_job, int64_t answer, struct hd_request *request)
{
	struct switch_job *job = (struct switch_job *)(void *)hd_job;
	struct arena_slot *slot = &job->slots[hd_job->task];
	bool another = look_for_another(job);

	if (!job->started) {
		job->started = 1;
		atomic_store_explicit(&slot->stepped, 1, memory_order_relaxed);
	}
	if (answer < 0 && !job->failed) {
		job->failed = (uint64_t)-answer;
	} else if (job->asked) {
		slot_add(slot, job->asked);
		job->answered++;
		job->handed += another;
	}
	job->asked = 0;
	if (arena_stopping(job->board) || job->failed) {
		request->op = HD_DONE;
		return;
	}
	job->asked = job->batch;
	/* Field by field: to zero all of the struct first costs more than a switch does. */
	request->op = HD_YIELD;
	request->flags = 0;
	request->times = job->batch;
}

static int setup(struct workload_stage *stage, struct hd_error *err)
{
	const struct workload_case *kase = stage->kase;
	struct switch_layout layout = layout_of(kase);
	uint64_t batch = (uint64_t)kase->params[SWITCH_BATCH].number;
	char *memory = arena_workload(stage->arena);
	struct switch_job *jobs = (struct switch_job *)(void *)(memory + layout.jobs_at);

	(void)err;
	if (kase->params[SWITCH_PING_PONG].number) {
		pong_setup(stage);
		return 0;
	}
	memset(memory, 0, layout.jobs_at); /* first touch */
	for (uint32_t i = 0; i < layout.tasks; i++)
		jobs[i] = (struct switch_job){
		        .job.step = step,
		        .board = stage->arena->board,
		        .slots = arena_slots(stage->arena),
		        .cells = (struct switch_cell *)(void *)memory,
		        .batch = batch,
		        .cores = kase->cores,
		        .look_mask = batch < LOOK_EVERY ? LOOK_EVERY - 1 : 0,
		        .cpu = -2, /* none, and not the -1 of "not known" */
		};
	stage->jobs = (struct hd_jobs){
	        .count = layout.tasks, .stride = sizeof(*jobs), .first = (char *)jobs};
	return 0;
}

static bool find_failed(const struct switch_job *jobs, uint32_t tasks,
                        struct workload_verdict *verdict)
{
	for (uint32_t i = 0; i < tasks; i++) {
		if (!jobs[i].failed)
			continue;
		verdict->wrong = true;
		snprintf(verdict->text, sizeof(verdict->text),
		         "task %" PRIu32 ": a turn was answered with the error %s", i,
		         strerror((int)jobs[i].failed));
		return true;
	}
	return false;
}

/* A slot holds what the jobs of its task were answered, unless two of them were in progress at a time. */
static bool find_miscounted(const struct switch_job *jobs, const struct arena_slot *slots,
                            uint32_t tasks, struct workload_verdict *verdict)
{
	char some[FORMAT_TEXT], all[FORMAT_TEXT];
	uint64_t turns[MAX_TASKS] = {0};

	for (uint32_t i = 0; i < tasks; i++)
		if (jobs[i].job.task < tasks)
			turns[jobs[i].job.task] += jobs[i].answered * jobs[i].batch;
	for (uint32_t i = 0; i < tasks && !verdict->wrong; i++) {
		verdict->wrong = slot_ops(&slots[i]) != turns[i];
		if (verdict->wrong)
			snprintf(verdict->text, sizeof(verdict->text),
			         "task %" PRIu32 ": %s turns answered, %s counted", i,
			         format_count(turns[i], all),
			         format_count(slot_ops(&slots[i]), some));
	}
	return verdict->wrong;
}

struct tally {
	uint64_t answered, handed; /* requests */
};

static struct tally tally_of(const struct switch_job *jobs, uint32_t tasks)
{
	struct tally tally = {0};

	for (uint32_t i = 0; i < tasks; i++) {
		tally.answered += jobs[i].answered;
		tally.handed += jobs[i].handed;
	}
	return tally;
}

/* Too few requests tell nothing. */
static bool find_kept(const char *who, struct tally tally, uint64_t least_handed, uint64_t batch,
                      struct workload_verdict *verdict)
{
	char turns[FORMAT_TEXT], handed[FORMAT_TEXT], answered[FORMAT_TEXT];

	if (tally.answered < LEAST_REQUESTS || tally.handed >= least_handed)
		return false;
	verdict->wrong = true;
	snprintf(verdict->text, sizeof(verdict->text),
	         "%s%s turns answered, another task ran in %s of %s requests", who,
	         format_count(tally.answered * batch, turns), format_count(tally.handed, handed),
	         format_count(tally.answered, answered));
	return true;
}

/*
 * Whether the core was kept. Where only preemption takes it away, another task is seen after one request
 * in a hundred thousand; where turns are given away, after nearly all. In between lie schedulers that let
 * the caller go on while time is owed to it, and tasks that were answered before the others began: a
 * tenth of all requests is far from both. A task that has never seen another is alone on its core.
 */
static bool find_any_kept(const struct switch_job *jobs, uint32_t tasks, struct tally all,
                          struct workload_verdict *verdict)
{
	char who[32];

	if (find_kept("", all, all.answered / 10, jobs->batch, verdict))
		return true;
	for (uint32_t i = 0; i < tasks; i++) {
		struct tally own = {.answered = jobs[i].answered, .handed = jobs[i].handed};

		snprintf(who, sizeof(who), "task %" PRIu32 ": ", i);
		if (find_kept(who, own, 1, jobs[i].batch, verdict))
			return true;
	}
	return false;
}

static void verify(struct workload_trial *trial, struct workload_verdict *verdict)
{
	struct switch_layout layout = layout_of(trial->kase);
	const struct switch_job *jobs = jobs_of(trial, &layout);
	struct tally all;

	if (trial->kase->params[SWITCH_PING_PONG].number) {
		pong_verify(trial, verdict);
		return;
	}
	all = tally_of(jobs, layout.tasks);
	if (find_failed(jobs, layout.tasks, verdict) ||
	    find_miscounted(jobs, arena_slots(trial->arena), layout.tasks, verdict) ||
	    find_any_kept(jobs, layout.tasks, all, verdict))
		return;
	if (all.answered >= LEAST_REQUESTS && all.handed < all.answered * 9 / 10)
		snprintf(verdict->note, sizeof(verdict->note),
		         "no other task was seen to run in %.0f %% of the requests",
		         100.0 * (double)(all.answered - all.handed) / (double)all.answered);
}

static void measure(struct workload_trial *trial, const struct workload_seen *seen, double *values)
{
	struct switch_layout layout = layout_of(trial->kase);
	struct tally tally = {0};
	double shares[MAX_TASKS];

	values[THROUGHPUT] = seen->rate;
	if (seen->rate > 0)
		values[TIME_PER_OP] = trial->kase->cores * 1e9 / seen->rate;
	if (seen->ops > 0)
		values[CPU_PER_OP] = seen->cpu_ns / (double)seen->ops;
	for (uint32_t i = 0; i < seen->in_flight; i++)
		shares[i] = (double)seen->task_ops[i];
	values[FAIRNESS] = stats_jain(shares, seen->in_flight);
	if (!trial->kase->params[SWITCH_PING_PONG].number)
		tally = tally_of(jobs_of(trial, &layout), layout.tasks);
	if (tally.answered)
		values[HANDED_OVER] = (double)tally.handed / (double)tally.answered;
}

static uint64_t asks(const struct value *values)
{
	return values[SWITCH_PING_PONG].number ? HD_CAN(HD_PUT) | HD_CAN(HD_GET) : HD_CAN(HD_YIELD);
}

const struct workload switch_workload = {
        .name = "switch",
        .summary = "tasks give their core to each other; serial, which has no other, fails",
        .params = params,
        .metrics = metrics,
        .op_unit = "switches",
        .ops = HD_CAN(HD_YIELD),
        .asks = asks,
        .resolve = resolve,
        .needs = needs,
        .setup = setup,
        .verify = verify,
        .measure = measure,
};
