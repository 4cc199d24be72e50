/* SPDX-License-Identifier: MIT */
#include "trial.h"

#include <errno.h>
#include <sched.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>

#include "clock.h"
#include "loader.h"
#include "trial_parts.h"

enum { LOOK_NS = 10000000 };

/* The parts of a trial, in their order. Each returns false where the trial ends there. */

/* False where there is no room for its texts. */
static bool put_values(struct arena_board *board, struct arena_value *to, uint32_t *count,
                       const struct hd_option *specs, const struct value *values)
{
	for (; specs && specs[*count].name; ++*count) {
		uint32_t i = *count;

		if (i == ARENA_VALUES)
			return false;
		to[i].number = values[i].number;
		if (!option_is_text(&specs[i]))
			continue;
		to[i].text = arena_put_text(board, values[i].text);
		if (values[i].text[0] && !to[i].text)
			return false;
	}
	return true;
}

static int fill_board(struct trial *trial, struct hd_error *err)
{
	const struct trial_spec *spec = trial->spec;
	struct arena_board *board = trial->arena.board;

	if (spec->kase.cores > ARENA_CPUS)
		return hd_error(err, -E2BIG, "%u cores; a trial can have %d", spec->kase.cores,
		                ARENA_CPUS);
	board->cores = spec->kase.cores;
	board->locks = trial->needed.locks;
	board->queues = trial->needed.queues;
	board->queue_capacity = trial->needed.queue_capacity;
	board->events = trial->needed.events;
	board->seed = spec->seed;
	board->counted = spec->sampling.counters;
	for (uint32_t i = 0; i < board->cores; i++)
		board->cpus[i] = spec->cpus[i];
	board->plugin_path = arena_put_text(board, spec->plugin_path);
	board->workload_name = arena_put_text(board, trial->workload->name);
	if (!board->plugin_path ||
	    !put_values(board, board->param, &board->params, trial->workload->params,
	                spec->kase.params) ||
	    !put_values(board, board->option, &board->options, spec->option_specs, spec->options))
		return hd_error(err, -E2BIG, "paths and texts of the case are too long");
	return 0;
}

static bool make_arena(struct trial *trial, struct hd_error *err)
{
	struct arena_sizes sizes;

	trial->workload->needs(&trial->spec->kase, &trial->needed);
	sizes = (struct arena_sizes){.tasks = trial->needed.in_flight,
	                             .generator_threads = trial->needed.generator_threads,
	                             .workload_bytes = trial->needed.bytes};
	if (arena_create(&trial->arena, &sizes, err))
		return false;
	trial->result->tasks = trial->needed.in_flight;
	trial->result->task_ops = calloc(trial->needed.in_flight, sizeof(uint64_t));
	trial->first_task_ops = calloc(trial->needed.in_flight, sizeof(uint64_t));
	trial->result->window_ns = calloc(trial->spec->sampling.windows, sizeof(uint64_t));
	trial->result->window_ops = calloc(trial->spec->sampling.windows, sizeof(uint64_t));
	if (!trial->result->task_ops || !trial->first_task_ops || !trial->result->window_ns ||
	    !trial->result->window_ops) {
		hd_error(err, -ENOMEM, "out of memory");
		return false;
	}
	return fill_board(trial, err) == 0;
}

static bool same_plugin(const struct trial *trial, struct hd_error *err)
{
	const struct trial_spec *spec = trial->spec;
	uint64_t hash;
	int code;

	if (!spec->plugin_hash)
		return true;
	code = loader_hash(spec->plugin_path, &hash);
	if (code)
		hd_error(err, code, "%s: %s", spec->plugin_path, strerror(-code));
	else if (hash != spec->plugin_hash)
		code = hd_error(err, -ESTALE, "%s: the file has changed since the run began",
		                spec->plugin_path);
	return code == 0;
}

#define CPU_IS_GONE "CPU %d cannot be used any more: taken offline, or out of the cpuset"

static bool has_cpus(const struct trial *trial, struct hd_error *err)
{
	int missing = trial_missing_cpu(trial);

	return missing < 0 || !hd_error(err, -ENODEV, CPU_IS_GONE, missing);
}

static bool prepare(struct trial *trial, struct keeper *keeper, struct hd_error *err)
{
	struct workload_trial *of_workload = &trial->of_workload;
	struct keeper_limits limits = {.threads = trial->spec->threads,
	                               .memory_mib = trial->spec->memory_mib};

	if (!has_cpus(trial, err) || !same_plugin(trial, err) || !make_arena(trial, err))
		return false;
	*of_workload = (struct workload_trial){.kase = &trial->spec->kase,
	                                       .cpus = trial->spec->cpus,
	                                       .arena = &trial->arena,
	                                       .scratch = trial->spec->scratch,
	                                       .seed = trial->spec->seed};
	if (trial->workload->prepare && trial->workload->prepare(of_workload, err))
		return false;
	trial->progress_ns = clock_now_ns();
	trial->hand_started = true;
	return stagehand_start(&trial->hand, keeper, &limits, &trial->arena, of_workload->sockets,
	                       (int)of_workload->socket_count, trial->spec->wrap, err) == 0;
}

/* A model that ends by itself before it was told to has not done what it was asked. */
static bool await_end(struct trial *trial)
{
	uint64_t began = clock_now_ns(), ran = began - trial->run_began_ns;
	uint64_t longest = trial->spec->timeout_s * NS_PER_S + 2 * ran;

	while (!trial->hand.ended) {
		if (!trial_wait(trial, LOOK_NS) && !trial->hand.ended)
			return false;
		if (!trial->spec->timeout_s || trial->hand.ended ||
		    clock_now_ns() - began < longest)
			continue;
		stagehand_fail(&trial->hand, STATUS_TIMED_OUT, "still in %s %.0f s after the stop",
		               arena_phase_name(atomic_load(&trial->arena.board->phase)),
		               (double)longest / 1e9);
		return false;
	}
	return trial->hand.status == STATUS_OK;
}

static bool stop(struct trial *trial)
{
	trial->planned_end_ns = 0; /* from here on await_end() has the clock */
	atomic_store(&trial->arena.board->stop, 1);
	if (trial->workload->stop)
		trial->workload->stop(&trial->of_workload);
	return await_end(trial);
}

static bool start_load(struct trial *trial)
{
	struct hd_error err = {0};

	if (!trial->workload->start)
		return true;
	trial->load_started = true;
	if (!trial->workload->start(&trial->of_workload, &err))
		return true;
	stagehand_fail(&trial->hand, STATUS_FAILED, "%s", err.text);
	return false;
}

/* A server that lost part of an answer stands still with its clients: they know more than a clock
 * does. */
static void ask_the_load(struct trial *trial)
{
	struct workload_verdict verdict = {0};

	if (!trial->workload->network || trial->hand.status != STATUS_TIMED_OUT ||
	    !trial->load_started)
		return;
	atomic_store(&trial->arena.board->stop, 1);
	trial->workload->stop(&trial->of_workload);
	trial->workload->verify(&trial->of_workload, &verdict);
	/* That answers are owed is what a standstill means. */
	if (!verdict.wrong || (!verdict.harness && !verdict.partial))
		return;
	trial->hand.status = STATUS_OK;
	stagehand_fail(&trial->hand, verdict.harness ? STATUS_FAILED : STATUS_WRONG_RESULT, "%s",
	               verdict.text);
}

/*
 * With all cores spinning an ordinary process would look at the windows milliseconds late. What it forks
 * is ordinary again.
 */
static void become_observer(void)
{
	struct sched_param param = {.sched_priority = 1};

	sched_setscheduler(0, SCHED_FIFO | SCHED_RESET_ON_FORK, &param);
	prctl(PR_SET_TIMERSLACK, 1UL);
}

static void cease_to_observe(void)
{
	struct sched_param param = {.sched_priority = 0};

	sched_setscheduler(0, SCHED_OTHER, &param);
	prctl(PR_SET_TIMERSLACK, 0UL);
}

/* By now it has opened its model: all that it needs is there. */
static bool look_at_objects(struct trial *trial)
{
	const struct trial_spec *spec = trial->spec;

	if (spec->objects)
		(void)objects_of_process(spec->objects, "", trial->hand.pid, spec->object_set);
	return true;
}

/* True where it was measured and stopped as planned. */
static bool observe(struct trial *trial)
{
	return trial_await_tasks(trial) && look_at_objects(trial) && start_load(trial) &&
	       trial_await_load(trial) && trial_warm_up(trial) && trial_measure(trial) &&
	       stop(trial);
}

/* Before anything of it is stirred. */
static void tell_standstill(struct trial *trial)
{
	struct stagehand *hand = &trial->hand;

	if (hand->status == STATUS_TIMED_OUT)
		trial->result->standstill =
		        standstill_tell(hand->keeper->pid, hand->pid, trial->spec->plugin_path,
		                        hand->reason, sizeof(hand->reason));
}

/* What was measured on fewer PUs than the case's is not its number. */
static void look_at_cpus(struct trial *trial)
{
	int missing = trial_missing_cpu(trial);

	if (missing >= 0)
		stagehand_fail(&trial->hand, STATUS_FAILED, CPU_IS_GONE, missing);
}

static void live(struct trial *trial)
{
	become_observer();
	observe(trial);
	cease_to_observe();
	look_at_cpus(trial);
	if (!trial->result->interrupted && trial->hand.status == STATUS_OK && trial->hand.ended) {
		trial_conclude(trial);
	} else {
		tell_standstill(trial);
		ask_the_load(trial);
	}
}

static void finish(struct trial *trial)
{
	struct trial_result *result = trial->result;

	if (trial->hand_started) {
		stagehand_finish(&trial->hand);
		result->status = trial->hand.status;
		result->used = trial->hand.end;
		result->fault = trial->hand.fault;
		result->left_behind = trial->hand.left_behind;
		memcpy(result->output, trial->hand.tail, sizeof(result->output));
		snprintf(result->reason, sizeof(result->reason), "%s", trial->hand.reason);
	}
	if (trial->of_workload.kase && trial->workload->release)
		trial->workload->release(&trial->of_workload);
	quota_counts_close(&trial->quota);
	arena_destroy(&trial->arena);
	free(trial->first_task_ops);
}

static void forget_metrics(struct trial_result *result)
{
	for (int i = 0; i < WORKLOAD_METRICS; i++)
		result->metrics[i] = NAN;
	for (int i = 0; i < PER_OP_METRICS; i++)
		result->per_op[i] = NAN;
}

void trial_result_init(struct trial_result *result)
{
	*result = (struct trial_result){.cpu_ns = NAN,
	                                .peak_bytes = NAN,
	                                .whole_rate = NAN,
	                                .noise = {NAN, NAN, NAN, NAN, NAN}};
	forget_metrics(result);
	gauges_init(result->gauges);
}

void trial_run(const struct trial_spec *spec, struct keeper *keeper, struct trial_result *result)
{
	struct trial trial = {
	        .spec = spec, .workload = spec->kase.workload, .result = result, .arena.fd = -1};
	struct hd_error err = {0};
	uint64_t began = clock_now_ns();

	trial_result_init(result);
	if (prepare(&trial, keeper, &err))
		live(&trial);
	finish(&trial);
	if (err.code && result->status == STATUS_OK) {
		result->status = STATUS_FAILED;
		snprintf(result->reason, sizeof(result->reason), "%.*s", ARENA_REASON_BYTES - 1,
		         err.text);
	}
	/* Also where it went wrong after all was measured. */
	if (result->status != STATUS_OK)
		forget_metrics(result);
	result->elapsed_ns = clock_now_ns() - began;
	result->overhead_ns = result->elapsed_ns - trial.measured_ns - trial.warmup_ns;
}

void trial_free(struct trial_result *result)
{
	free(result->window_ns);
	free(result->window_ops);
	free(result->task_ops);
	free(result->fault);
	standstill_free(result->standstill);
	result->window_ns = result->window_ops = result->task_ops = NULL;
	result->fault = NULL;
	result->standstill = NULL;
}
