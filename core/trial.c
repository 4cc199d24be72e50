/* SPDX-License-Identifier: MIT */
#include "trial.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "loader.h"
#include "stagehand.h"
#include "stats.h"

enum { START_LOOK_NS = 200000, LOOK_NS = 10000000 };
static const uint64_t no_new_task_ns = 50 * NS_PER_MS;

/* What the slots said at one moment. */
struct look {
	uint64_t ns; /* the middle between the clock before and the clock after the slots */
	uint64_t ops;
};

struct trial {
	const struct trial_spec *spec;
	const struct workload *workload;
	struct trial_result *result;
	struct workload_trial of_workload;
	struct arena arena;
	struct stagehand hand;
	struct workload_needs needed;
	bool hand_started;
	uint64_t *first_task_ops;
	struct look first, last;
	uint64_t progress, progress_ns; /* the last sum seen, and when it changed */
	uint64_t run_began_ns, measured_ns, warmup_ns;
};

/* Slots and time. */

static uint64_t sum_slots(const struct arena_slot *slots, uint32_t count)
{
	uint64_t sum = 0;

	for (uint32_t i = 0; i < count; i++)
		sum += slot_ops(&slots[i]);
	return sum;
}

static uint32_t count_stepped(const struct trial *trial)
{
	const struct arena_slot *slots = arena_slots(&trial->arena);
	uint32_t stepped = 0;

	for (uint32_t i = 0; i < trial->needed.in_flight; i++)
		stepped += atomic_load_explicit(&slots[i].stepped, memory_order_relaxed) != 0;
	return stepped;
}

static uint64_t observed_ops(const struct trial *trial)
{
	return trial->workload->network ? sum_slots(arena_generator_slots(&trial->arena),
						    trial->needed.generator_threads)
					: sum_slots(arena_slots(&trial->arena), trial->needed.in_flight);
}

static struct look look(const struct trial *trial)
{
	uint64_t before = clock_now_ns(), ops = observed_ops(trial), after = clock_now_ns();

	return (struct look){.ns = before + (after - before) / 2, .ops = ops};
}

/* Anything that moves while a trial is alive. */
static uint64_t sum_of_progress(const struct trial *trial)
{
	const struct arena_board *board = trial->arena.board;

	return sum_slots(arena_slots(&trial->arena), trial->needed.in_flight) + observed_ops(trial) +
	       count_stepped(trial) + atomic_load(&board->phase) + atomic_load(&board->passes_done);
}

static bool in_time(struct trial *trial)
{
	uint64_t now = clock_now_ns(), progress = sum_of_progress(trial);
	uint64_t timeout_ns = trial->spec->timeout_s * NS_PER_S;

	if (progress != trial->progress) {
		trial->progress = progress;
		trial->progress_ns = now;
	}
	if (!timeout_ns || now - trial->progress_ns < timeout_ns)
		return true;
	stagehand_fail(&trial->hand, STATUS_TIMED_OUT, "no progress for %u s in %s", trial->spec->timeout_s,
		       arena_phase_name(atomic_load(&trial->arena.board->phase)));
	return false;
}

static void tell_share(struct trial *trial)
{
	if (trial->spec->share_of_pass && trial->workload->progress)
		trial->spec->share_of_pass(trial->spec->context,
					   trial->workload->progress(&trial->of_workload));
}

static bool interrupted(struct trial *trial)
{
	const struct trial_spec *spec = trial->spec;

	tell_share(trial);
	if (spec->interrupted && spec->interrupted(spec->context))
		trial->result->interrupted = true;
	return trial->result->interrupted;
}

/* Lets time go by. False when the trial is over, for whatever reason. */
static bool wait_a_little(struct trial *trial, uint64_t ns)
{
	return stagehand_wait(&trial->hand, ns) && !interrupted(trial) && in_time(trial);
}

static bool wait_until(struct trial *trial, uint64_t deadline_ns)
{
	for (uint64_t now = clock_now_ns(); now < deadline_ns; now = clock_now_ns()) {
		uint64_t left = deadline_ns - now;

		if (!wait_a_little(trial, left < LOOK_NS ? left : LOOK_NS))
			return false;
	}
	return true;
}

/* The parts of a trial, in their order. Each returns false where the trial ends there. */

static void fill_board(struct trial *trial)
{
	const struct trial_spec *spec = trial->spec;
	struct arena_board *board = trial->arena.board;
	const struct hd_option *params = trial->workload->params;

	board->cores = spec->kase.cores;
	board->locks = trial->needed.locks;
	board->queues = trial->needed.queues;
	board->queue_capacity = trial->needed.queue_capacity;
	board->events = trial->needed.events;
	board->seed = spec->seed;
	for (uint32_t i = 0; i < board->cores && i < ARENA_CPUS; i++)
		board->cpus[i] = spec->cpus[i];
	board->plugin_path = arena_put_text(board, spec->plugin_path);
	board->workload_name = arena_put_text(board, trial->workload->name);
	for (; params[board->params].name && board->params < ARENA_VALUES; board->params++) {
		const struct value *value = &spec->kase.params[board->params];

		board->param[board->params].number = value->number;
		if (option_is_text(&params[board->params]))
			board->param[board->params].text = arena_put_text(board, value->text);
	}
	for (; spec->option_specs && spec->option_specs[board->options].name &&
	       board->options < ARENA_VALUES; board->options++) {
		const struct value *value = &spec->options[board->options];

		board->option[board->options].number = value->number;
		if (option_is_text(&spec->option_specs[board->options]))
			board->option[board->options].text = arena_put_text(board, value->text);
	}
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
	fill_board(trial);
	return true;
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

static bool prepare(struct trial *trial, struct keeper *keeper, struct hd_error *err)
{
	struct workload_trial *of_workload = &trial->of_workload;

	if (!same_plugin(trial, err) || !make_arena(trial, err))
		return false;
	*of_workload = (struct workload_trial){.kase = &trial->spec->kase,
					       .arena = &trial->arena,
					       .scratch = trial->spec->scratch,
					       .seed = trial->spec->seed};
	if (trial->workload->prepare && trial->workload->prepare(of_workload, err))
		return false;
	trial->progress_ns = clock_now_ns();
	trial->hand_started = true;
	return stagehand_start(&trial->hand, keeper, &trial->arena, of_workload->sockets,
			       (int)of_workload->socket_count, trial->spec->wrap, err) == 0;
}

/* Until every task was stepped, or no new one for a while: the iterative server steps one at a time. */
static bool await_tasks(struct trial *trial)
{
	uint64_t newest_ns = 0;
	uint32_t stepped = 0;

	while (stepped < trial->needed.in_flight) {
		uint32_t now_stepped;

		if (!wait_a_little(trial, START_LOOK_NS))
			return false;
		now_stepped = count_stepped(trial);
		if (now_stepped != stepped)
			newest_ns = clock_now_ns();
		stepped = now_stepped;
		if (stepped && clock_now_ns() - newest_ns > no_new_task_ns)
			break;
		if (atomic_load(&trial->arena.board->passes_done))
			break; /* a finite workload with fewer jobs than tasks */
	}
	trial->result->stepped = stepped;
	return true;
}

static bool all_connected(const struct trial *trial)
{
	const struct arena_slot *slots = arena_generator_slots(&trial->arena);

	for (uint32_t i = 0; i < trial->needed.generator_threads; i++)
		if (!atomic_load_explicit(&slots[i].stepped, memory_order_relaxed))
			return false;
	return true;
}

/* A load is there when all connections were made, or given up, and the first answer has come. */
static bool await_load(struct trial *trial)
{
	while (trial->workload->network && !(all_connected(trial) && observed_ops(trial)))
		if (!wait_a_little(trial, START_LOOK_NS))
			return false;
	trial->run_began_ns = clock_now_ns();
	return true;
}

static bool warm_up(struct trial *trial)
{
	struct arena_board *board = trial->arena.board;
	uint64_t end = trial->run_began_ns + trial->spec->sampling.warmup_ms * NS_PER_MS;

	if (!wait_until(trial, end))
		return false;
	/* The first pass makes the files that later ones write over: it is a warm-up in itself. */
	while (trial->workload->finite && !atomic_load(&board->passes_done))
		if (!wait_a_little(trial, START_LOOK_NS))
			return false;
	trial->warmup_ns = clock_now_ns() - trial->run_began_ns;
	return true;
}

static void look_at_tasks(struct trial *trial, uint64_t *ops)
{
	const struct arena_slot *slots = arena_slots(&trial->arena);

	for (uint32_t i = 0; i < trial->needed.in_flight; i++)
		ops[i] = slot_ops(&slots[i]);
}

static bool watch_windows(struct trial *trial)
{
	const struct sampling *sampling = &trial->spec->sampling;
	struct trial_result *result = trial->result;
	uint64_t window_ns = sampling->window_ms * NS_PER_MS;

	look_at_tasks(trial, trial->first_task_ops);
	trial->first = trial->last = look(trial);
	for (uint32_t i = 0; i < sampling->windows; i++) {
		uint64_t planned = trial->first.ns + (i + 1) * window_ns;
		struct look now;

		if (!wait_until(trial, planned))
			return false;
		now = look(trial);
		result->late_ns = fmax(result->late_ns, (double)now.ns - (double)planned);
		result->window_ns[i] = now.ns - trial->last.ns;
		result->window_ops[i] = now.ops - trial->last.ops;
		result->windows++;
		trial->last = now;
	}
	look_at_tasks(trial, result->task_ops);
	for (uint32_t i = 0; i < trial->needed.in_flight; i++)
		result->task_ops[i] -= trial->first_task_ops[i];
	return true;
}

/* At least one pass that began after the warm-up must end; the one on its way then does not count. */
static bool await_passes(struct trial *trial, uint64_t done_before)
{
	struct arena_board *board = trial->arena.board;

	while (atomic_load(&board->passes_done) < done_before + 2)
		if (!wait_a_little(trial, START_LOOK_NS))
			return false;
	return true;
}

static bool measure(struct trial *trial)
{
	struct arena_board *board = trial->arena.board;
	uint64_t passes = atomic_load(&board->passes_done);
	double cpu_before;
	bool seen;

	cpu_before = stagehand_cpu_ns(&trial->hand);
	atomic_store(&board->measuring, 1);
	seen = watch_windows(trial) && (!trial->workload->finite || await_passes(trial, passes));
	if (!seen)
		return false;
	if (trial->workload->finite)
		trial->last = look(trial); /* passes went on beyond the windows, and so did CPU time */
	trial->result->cpu_ns = stagehand_cpu_ns(&trial->hand) - cpu_before;
	trial->measured_ns = clock_now_ns() - trial->first.ns;
	trial->result->peak_bytes = stagehand_peak_bytes(&trial->hand);
	atomic_store(&board->measuring, 0);
	return true;
}

/* A model that ends by itself before it was told to has not done what it was asked. */
static bool await_end(struct trial *trial)
{
	uint64_t began = clock_now_ns(), ran = began - trial->run_began_ns;
	uint64_t longest = trial->spec->timeout_s * NS_PER_S + 2 * ran;

	while (!trial->hand.ended) {
		if (!wait_a_little(trial, LOOK_NS) && !trial->hand.ended)
			return false;
		if (!trial->spec->timeout_s || trial->hand.ended || clock_now_ns() - began < longest)
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
	atomic_store(&trial->arena.board->stop, 1);
	if (trial->workload->stop)
		trial->workload->stop(&trial->of_workload);
	return await_end(trial);
}

static bool start_load(struct trial *trial)
{
	struct hd_error err = {0};

	if (!trial->workload->start || !trial->workload->start(&trial->of_workload, &err))
		return true;
	stagehand_fail(&trial->hand, STATUS_FAILED, "%s", err.text);
	return false;
}

/* The verdict. */

static void verify(struct trial *trial)
{
	struct workload_verdict verdict = {0};

	if (trial->spec->unverified)
		return;
	trial->workload->verify(&trial->of_workload, &verdict);
	if (verdict.wrong)
		stagehand_fail(&trial->hand, STATUS_WRONG_RESULT, "%s", verdict.text);
	snprintf(trial->result->note, sizeof(trial->result->note), "%s", verdict.note);
}

static double median_rate(const struct trial_result *result)
{
	double *rates = calloc(result->windows ? result->windows : 1, sizeof(*rates)), median = NAN;

	if (!rates)
		return NAN;
	for (uint32_t i = 0; i < result->windows; i++)
		rates[i] = (double)result->window_ops[i] * 1e9 / (double)result->window_ns[i];
	median = stats_median(rates, result->windows);
	free(rates);
	return median;
}

/* Whole passes of a finite workload; the middle of the windows of one without end. */
static struct workload_seen what_was_seen(struct trial *trial)
{
	const struct arena_passes *passes = &trial->arena.board->measured;
	struct trial_result *result = trial->result;
	struct workload_seen seen = {.cpu_ns = result->cpu_ns,
				     .tasks = result->stepped,
				     .task_ops = result->task_ops,
				     .in_flight = result->tasks,
				     .ops = trial->last.ops - trial->first.ops,
				     .ns = trial->last.ns - trial->first.ns};

	result->whole_rate = seen.ns ? (double)seen.ops * 1e9 / (double)seen.ns : NAN;
	if (!trial->workload->finite) {
		seen.rate = median_rate(result);
		return seen;
	}
	/* CPU time was taken over all of the time observed: it is scaled to the work in whole passes. */
	if (seen.ops)
		seen.cpu_ns *= (double)passes->ops / (double)seen.ops;
	result->passes = passes->count;
	seen.ops = passes->ops;
	seen.ns = passes->ns;
	seen.rate = passes->ns ? (double)passes->ops * 1e9 / (double)passes->ns : NAN;
	return seen;
}

static void conclude(struct trial *trial)
{
	struct trial_result *result = trial->result;
	struct workload_seen seen;

	/* What a job was answered tells more than that all jobs ended early. */
	verify(trial);
	if (!trial->measured_ns)
		stagehand_fail(&trial->hand, STATUS_FAILED, "run() returned before it was told to stop");
	if (trial->hand.status != STATUS_OK)
		return;
	seen = what_was_seen(trial);
	trial->workload->measure(&trial->of_workload, &seen, result->metrics);
}

static void live(struct trial *trial)
{
	bool measured = await_tasks(trial) && start_load(trial) && await_load(trial) && warm_up(trial) &&
			measure(trial);

	if (measured)
		measured = stop(trial);
	if (!trial->result->interrupted && trial->hand.status == STATUS_OK && trial->hand.ended)
		conclude(trial);
}

static void finish(struct trial *trial)
{
	struct trial_result *result = trial->result;

	if (trial->hand_started) {
		stagehand_finish(&trial->hand);
		result->status = trial->hand.status;
		snprintf(result->reason, sizeof(result->reason), "%s", trial->hand.reason);
	}
	if (trial->of_workload.kase && trial->workload->release)
		trial->workload->release(&trial->of_workload);
	arena_destroy(&trial->arena);
	free(trial->first_task_ops);
}

void trial_run(const struct trial_spec *spec, struct keeper *keeper, struct trial_result *result)
{
	struct trial trial = {.spec = spec,
			      .workload = spec->kase.workload,
			      .result = result,
			      .arena.fd = -1};
	struct hd_error err = {0};
	uint64_t began = clock_now_ns();

	*result = (struct trial_result){.cpu_ns = NAN, .peak_bytes = NAN, .whole_rate = NAN};
	for (int i = 0; i < WORKLOAD_METRICS; i++)
		result->metrics[i] = NAN;
	if (prepare(&trial, keeper, &err))
		live(&trial);
	finish(&trial);
	if (err.code && result->status == STATUS_OK) {
		result->status = STATUS_FAILED;
		snprintf(result->reason, sizeof(result->reason), "%.*s", ARENA_REASON_BYTES - 1, err.text);
	}
	result->elapsed_ns = clock_now_ns() - began;
	result->overhead_ns = result->elapsed_ns - trial.measured_ns - trial.warmup_ns;
}

void trial_free(struct trial_result *result)
{
	free(result->window_ns);
	free(result->window_ops);
	free(result->task_ops);
	result->window_ns = result->window_ops = result->task_ops = NULL;
}
