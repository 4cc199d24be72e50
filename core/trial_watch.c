/* SPDX-License-Identifier: MIT */
#include "trial_parts.h"

#include <math.h>

#include "clock.h"

/* A look takes the core from whoever runs there: rarely while something is measured. */
enum { START_LOOK_NS = 200000, PASS_LOOK_NS = 5000000, LOOK_NS = 10000000 };
static const uint64_t no_new_task_ns = 50 * NS_PER_MS;

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
	return trial->workload->network
	               ? sum_slots(arena_generator_slots(&trial->arena),
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

	return sum_slots(arena_slots(&trial->arena), trial->needed.in_flight) +
	       observed_ops(trial) + count_stepped(trial) + atomic_load(&board->phase) +
	       atomic_load(&board->passes_done) + atomic_load(&board->beats);
}

static const char *phase_name(const struct trial *trial)
{
	return arena_phase_name(atomic_load(&trial->arena.board->phase));
}

static bool in_time(struct trial *trial)
{
	uint64_t now = clock_now_ns(), progress = sum_of_progress(trial);
	uint64_t timeout_ns = trial->spec->timeout_s * NS_PER_S;

	if (progress != trial->progress) {
		trial->progress = progress;
		trial->progress_ns = now;
	}
	if (timeout_ns && trial->planned_end_ns && now > trial->planned_end_ns + timeout_ns) {
		stagehand_fail(&trial->hand, STATUS_TIMED_OUT, "over its plan by %u s in %s",
		               trial->spec->timeout_s, phase_name(trial));
		return false;
	}
	if (!timeout_ns || now - trial->progress_ns < timeout_ns)
		return true;
	stagehand_fail(&trial->hand, STATUS_TIMED_OUT, "no progress for %u s in %s",
	               trial->spec->timeout_s, phase_name(trial));
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

bool trial_wait(struct trial *trial, uint64_t ns)
{
	return stagehand_wait(&trial->hand, ns) && !interrupted(trial) && in_time(trial) &&
	       stagehand_in_limits(&trial->hand);
}

static bool wait_until(struct trial *trial, uint64_t deadline_ns)
{
	for (uint64_t now = clock_now_ns(); now < deadline_ns; now = clock_now_ns()) {
		uint64_t left = deadline_ns - now;

		if (!trial_wait(trial, left < LOOK_NS ? left : LOOK_NS))
			return false;
	}
	return true;
}

/* A look reads the slots of all tasks: with thousands of them more rarely, so that it stays a small share. */
static uint64_t start_look_ns(const struct trial *trial)
{
	enum { A_TASK_NS = 500 };

	return START_LOOK_NS + (uint64_t)trial->needed.in_flight * A_TASK_NS;
}

bool trial_await_tasks(struct trial *trial)
{
	uint64_t newest_ns = 0;
	uint32_t stepped = 0;

	/* While the stage begins, there is time for it. */
	quota_counts_open(&trial->quota, "");
	trial->tells_frequency = trial_frequency(trial) > 0;
	while (stepped < trial->needed.in_flight) {
		uint32_t now_stepped;

		if (!trial_wait(trial, start_look_ns(trial)))
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
	trial->run_began_ns = newest_ns ? newest_ns : clock_now_ns();
	return true;
}

/* What a model counts itself is no progress here: only an answer that came back is. */
bool trial_await_load(struct trial *trial)
{
	uint64_t timeout_ns = trial->spec->timeout_s * NS_PER_S, began = clock_now_ns();

	if (!trial->workload->network)
		return true;
	while (!observed_ops(trial)) {
		if (!trial_wait(trial, start_look_ns(trial)))
			return false;
		if (!timeout_ns || clock_now_ns() - began < timeout_ns)
			continue;
		stagehand_fail(&trial->hand, STATUS_TIMED_OUT, "no answer for %u s in %s",
		               trial->spec->timeout_s, phase_name(trial));
		return false;
	}
	trial->run_began_ns = clock_now_ns();
	return true;
}

/* A workload that ends by itself takes as long as it takes, while it moves. */
static void plan_end(struct trial *trial)
{
	const struct sampling *sampling = &trial->spec->sampling;
	uint64_t windows_ms = (uint64_t)sampling->windows * sampling->window_ms;

	if (!trial->workload->finite)
		trial->planned_end_ns =
		        clock_now_ns() + (sampling->warmup_ms + windows_ms) * NS_PER_MS;
}

/* About what it takes to look around: that is done at the end of the warm-up, so that a trial is no longer. */
static uint64_t look_around_ns(const struct trial *trial)
{
	enum { ONCE_NS = 200000, A_TASK_NS = 20000, MOST_NS = 10000000 };
	uint64_t ns = ONCE_NS + (uint64_t)trial->needed.in_flight * A_TASK_NS;

	return ns < MOST_NS ? ns : MOST_NS;
}

bool trial_warm_up(struct trial *trial)
{
	struct arena_board *board = trial->arena.board;
	uint64_t end = trial->run_began_ns + trial->spec->sampling.warmup_ms * NS_PER_MS;

	plan_end(trial);
	if (!wait_until(trial, end - look_around_ns(trial)))
		return false;
	/* The first pass makes the files that later ones write over: it is a warm-up in itself. */
	while (trial->workload->finite && !atomic_load(&board->passes_done))
		if (!trial_wait(trial, PASS_LOOK_NS))
			return false;
	trial_look_around(trial, &trial->before);
	if (!wait_until(trial, end))
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
		/* From the last look, not from the first: after a late one no window is cut short. */
		uint64_t planned = trial->last.ns + window_ns;
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
		if (!trial_wait(trial, PASS_LOOK_NS))
			return false;
	return true;
}

bool trial_measure(struct trial *trial)
{
	struct arena_board *board = trial->arena.board;
	uint64_t passes = atomic_load(&board->passes_done);
	struct trial_surroundings after;

	counters_start(&trial->hand.counters);
	atomic_store(&board->measuring, 1);
	if (!watch_windows(trial) || (trial->workload->finite && !await_passes(trial, passes)))
		return false;
	if (trial->workload->finite)
		trial->last = look(trial); /* passes went on beyond the windows */
	counters_stop(&trial->hand.counters);
	atomic_store(&board->measuring, 0);
	trial->measured_ns = clock_now_ns() - trial->first.ns;
	trial_look_around(trial, &after);
	trial_take_gauges(trial, &after);
	trial->result->peak_bytes = stagehand_peak_bytes(&trial->hand);
	return true;
}
