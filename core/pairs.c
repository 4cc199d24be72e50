/* SPDX-License-Identifier: MIT */
#include "pairs.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "clock.h"
#include "pairs_parts.h"
#include "ruler.h"

/* After so many failed trials a case is not tried again. */
enum { FAILURES_ALLOWED = 2 };

/* One of the two blocks: the first is of all cases, the second of the flagged ones. */
struct block {
	bool second;
	uint32_t round; /* from 1, within the block */
};

static bool ended(const struct pairs *pairs)
{
	return run_show_asked_to_end(&pairs->show);
}

static size_t place_of(const struct pairs *pairs, const struct block *block)
{
	return (block->second ? pairs->options->pairs : 0) + block->round - 1;
}

/* ABBA or BAAB over two rounds: which of them, chance decides. */
static void take_turns(struct pairs *pairs, struct pair_case *pair, const struct block *block)
{
	pair->new_first =
	        block->round % 2 ? run_random_next(&pairs->random) >> 63 : !pair->new_first;
}

/* ---- A pair ---------------------------------------------------------------------------------- */

static void take_values(struct pair_case *pair, int side, size_t place,
                        const struct side_trial *trial)
{
	for (size_t m = 0; m < pair->metric_count; m++) {
		json_t *value = json_object_get(trial->metrics, pair->metrics[m].name);

		pair->metrics[m].values[side][place] =
		        json_is_number(value) ? json_number_value(value) : NAN;
	}
}

static void take_failure(struct pairs *pairs, struct pair_case *pair, int side,
                         const struct side_trial *trial)
{
	run_show_failure(&pairs->show, trial->status, trial->reason);
	pair->failures += trial->status != STATUS_OK;
	if (trial->status <= pair->status[side])
		return;
	pair->status[side] = trial->status;
	snprintf(pair->reason[side], sizeof(pair->reason[side]), "%s", trial->reason);
}

static int try_side(struct pairs *pairs, struct pair_case *pair, int side, size_t place,
                    struct side_turn *turn, struct hd_error *err)
{
	struct side *of = &pairs->sides[side];
	struct side_trial trial = {0};
	int code = of->kind->trial(of, (size_t)pair->at[side], turn, &trial, err);

	turn->order++;
	if (!code && !trial.interrupted) {
		pair->elapsed_s += trial.elapsed_s;
		take_values(pair, side, place, &trial);
		take_failure(pairs, pair, side, &trial);
		progress_done(&pairs->show.progress);
	}
	side_trial_free(&trial);
	return code;
}

/* A pair that has only one number has no ratio. */
static int try_pair(struct pairs *pairs, struct pair_case *pair, const struct block *block,
                    uint32_t *order, struct hd_error *err)
{
	size_t place = place_of(pairs, block);
	struct side_turn turn = {.seed = run_random_next(&pairs->random) >> 11, /* of a double */
	                         .round = (uint32_t)place + 1,
	                         .order = *order,
	                         .show = &pairs->show};
	int first = pair->new_first ? NEW : BASE, code;

	code = try_side(pairs, pair, first, place, &turn, err);
	if (!code && !ended(pairs))
		code = try_side(pairs, pair, !first, place, &turn, err);
	*order = turn.order;
	return code;
}

static int look_at_ruler(struct pairs *pairs, int side, size_t place, struct hd_error *err)
{
	struct ruler_look look;
	int code = ruler_measure(pairs->ruler_cpus, pairs->ruler_cpu_count, &look, err);

	if (code)
		return code;
	pairs->ruler.metrics[0].values[side][place] = look.rate;
	pairs->taken[pairs->taken_count++] = look.taken;
	return 0;
}

static int lay_ruler(struct pairs *pairs, const struct block *block, struct hd_error *err)
{
	size_t place = PAIRS_RULER * place_of(pairs, block);
	int code = 0;

	for (int i = 0; !code && i < SIDES * PAIRS_RULER && !ended(pairs); i++) {
		bool is_second = i % SIDES;
		/* ABBA or BAAB as with the cases. */
		bool is_new = pairs->ruler.new_first ^ is_second ^ (i / SIDES % 2);

		code = look_at_ruler(pairs, is_new ? NEW : BASE, place + (size_t)(i / SIDES), err);
	}
	return code == -EINTR ? 0 : code; /* a look is missing: the pair has no ratio */
}

/* ---- A block --------------------------------------------------------------------------------- */

static bool is_wanted(const struct pair_case *pair, const struct block *block)
{
	return pair->tried && pair->failures < FAILURES_ALLOWED &&
	       (!block->second || pair->flagged);
}

static int run_round(struct pairs *pairs, const struct block *block, struct hd_error *err)
{
	uint32_t order = 1;
	int code = 0;

	progress_round(&pairs->show.progress, block->round);
	run_shuffle(&pairs->random, pairs->order, pairs->count + 1);
	for (size_t i = 0; !code && i <= pairs->count && !ended(pairs); i++) {
		bool is_ruler = pairs->order[i] == pairs->count;
		struct pair_case *pair = is_ruler ? &pairs->ruler : &pairs->cases[pairs->order[i]];

		if (is_ruler ? !pairs->ruler_cpu_count : !is_wanted(pair, block))
			continue;
		take_turns(pairs, pair, block);
		code = is_ruler ? lay_ruler(pairs, block, err)
		                : try_pair(pairs, pair, block, &order, err);
	}
	if (!code && !ended(pairs))
		pairs->pairs_done[block->second] = block->round;
	return code;
}

static bool nothing_differs(struct pairs *pairs)
{
	struct side *base = &pairs->sides[BASE], *new = &pairs->sides[NEW];
	size_t same = 0, tried = 0;

	if (pairs->options->against_itself)
		return false;
	for (size_t i = 0; i < pairs->count; i++) {
		const struct pair_case *pair = &pairs->cases[i];

		tried += pair->tried;
		same += pair->tried && base->kind->same_bytes(base, (size_t)pair->at[BASE], new,
		                                              (size_t)pair->at[NEW]);
	}
	return same == tried;
}

static uint64_t trials_of_a_round(const struct pairs *pairs, const struct block *block)
{
	uint64_t count = 0;

	for (size_t i = 0; i < pairs->count; i++)
		count += is_wanted(&pairs->cases[i], block) ? 2 : 0;
	return count;
}

static double expected_s(const struct pairs *pairs)
{
	double round_s = (double)SIDES * PAIRS_RULER * RULER_MS / 1000;

	for (int side = 0; side < SIDES; side++)
		round_s += pairs->sides[side].round_s;
	return round_s * pairs->options->pairs;
}

/* `stop` becomes true where the first round has shown that there is nothing to compare. */
static int run_block(struct pairs *pairs, bool second, bool *stop, struct hd_error *err)
{
	struct block block = {.second = second};
	uint64_t trials = trials_of_a_round(pairs, &block);
	uint32_t rounds = pairs->options->pairs;
	int code = 0;

	progress_begin(&pairs->show.progress, rounds, rounds * trials,
	               second ? expected_s(pairs) * (double)trials / (double)(2 * pairs->count)
	                      : expected_s(pairs));
	while (!code && !*stop && block.round < rounds && !ended(pairs)) {
		block.round++;
		code = run_round(pairs, &block, err);
		if (!code && !second && block.round == 1 && !ended(pairs))
			*stop = nothing_differs(pairs);
	}
	progress_end(&pairs->show.progress);
	return code;
}

static size_t flagged(const struct pairs *pairs)
{
	size_t count = 0;

	for (size_t i = 0; i < pairs->count; i++)
		count += pairs->cases[i].flagged;
	return count;
}

static int judge_all(struct pairs *pairs, struct hd_error *err)
{
	bool stop = false;
	size_t again;
	int code = 0;

	if (!pairs_judge(pairs))
		return hd_error(err, -ENOMEM, "out of memory");
	again = ended(pairs) ? 0 : flagged(pairs);
	if (again) {
		fprintf(stderr, "%zu case%s seem%s changed: a second block of %u pairs\n", again,
		        again == 1 ? "" : "s", again == 1 ? "s" : "", pairs->options->pairs);
		code = run_block(pairs, true, &stop, err);
	}
	pairs->interrupted = ended(pairs);
	if (!code && again && !pairs->interrupted && !pairs_judge_again(pairs))
		code = hd_error(err, -ENOMEM, "out of memory");
	if (!code)
		pairs_judge_rest(pairs);
	return code;
}

/* What can be told of the machine and the trials once they are over. */
static void look_back(struct pairs *pairs)
{
	struct warnings *warnings = pairs->options->warnings;
	uint32_t tried = 0;

	/* A case counts once, whichever side it concerns. */
	for (int side = 0; side < SIDES; side++) {
		struct warnings of_side = {0};
		uint32_t of_cases =
		        pairs->sides[side].kind->count_warnings(&pairs->sides[side], &of_side);

		tried = of_cases > tried ? of_cases : tried;
		warnings_join(warnings, &of_side);
	}
	result_raise_warnings(warnings, tried);
	machine_read_end(pairs->options->machine, "");
}

/* ---- The whole ------------------------------------------------------------------------------- */

int pairs_check(struct side sides[2], const struct pairs_options *options, double *seconds,
                struct hd_error *err)
{
	struct pairs pairs;
	int code = pairs_match(&pairs, sides, options, err);

	*seconds = code ? NAN : expected_s(&pairs);
	pairs_free(&pairs);
	return code;
}

static void begin(struct pairs *pairs)
{
	time_t now = time(NULL);
	struct tm utc;

	gmtime_r(&now, &utc);
	strftime(pairs->started, sizeof(pairs->started), "%Y-%m-%dT%H:%M:%SZ", &utc);
	run_random_seed(&pairs->random, pairs->options->seed);
}

int pairs_run(struct side sides[2], const struct pairs_options *options, enum pairs_end *end,
              struct hd_error *err)
{
	uint64_t began = clock_now_ns();
	struct pairs pairs;
	bool stop = false;
	int code = pairs_match(&pairs, sides, options, err);

	if (!code) {
		begin(&pairs);
		code = run_block(&pairs, false, &stop, err);
	}
	if (!code && !stop) {
		code = judge_all(&pairs, err);
		look_back(&pairs);
		pairs.elapsed_s = (double)(clock_now_ns() - began) / 1e9;
	}
	if (!code && !stop)
		code = pairs_write(&pairs, err);
	*end = stop ? PAIRS_NOTHING_DIFFERS : pairs.interrupted ? PAIRS_INTERRUPTED : PAIRS_DONE;
	pairs_free(&pairs);
	return code;
}
