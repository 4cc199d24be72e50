/* SPDX-License-Identifier: MIT */
#include "check_case.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "arena.h"
#include "check_rig.h"
#include "clock.h"
#include "stagehand.h"
#include "standstill.h"

/* OPEN_S: to load and to open; as long as a trial has by default. */
enum { OPEN_S = 10, LONGEST_S = 30, FAILED_S = 1, LOOK_MS = 10, MEMORY_MIB = 4096, THREADS = 4096 };

/* One stage. */
struct look {
	struct arena arena;
	struct stagehand hand;
	uint32_t cores, tasks;
	uint64_t signs;     /* of life, so far */
	uint64_t looked_ns; /* last; what was spent in open() is not part of LONGEST_S */
	uint64_t quiet_since_ns, began_ns, failed_ns; /* 0: not yet */
};

/* ---- The case of a stage ---- */

static uint32_t cores_of(const struct check_spec *spec, const struct check_shape *shape)
{
	return shape->cores == CHECK_ALL_CORES ? spec->cpu_count : shape->cores;
}

static uint32_t tasks_of(const struct check_spec *spec, const struct check_shape *shape)
{
	uint32_t cores = cores_of(spec, shape), tasks = cores < 2 ? 4 : 2 * cores;

	if (shape->tasks != CHECK_TWO_A_CORE)
		return shape->tasks;
	return tasks < CHECK_TASKS ? tasks : CHECK_TASKS;
}

static void fill_board(const struct check *check, const struct check_property *property,
                       struct look *look)
{
	const struct check_spec *spec = check->spec;
	struct arena_board *board = look->arena.board;
	struct check_report *report = arena_workload(&look->arena);

	board->check = 1 + (uint32_t)(property - check_properties);
	board->cores = look->cores;
	for (uint32_t i = 0; i < look->cores; i++)
		board->cpus[i] = spec->cpus[i % spec->cpu_count];
	board->locks = RIG_LOCKS;
	board->queues = RIG_QUEUES;
	board->queue_capacity = RIG_CAPACITY;
	board->events = RIG_EVENTS;
	board->plugin_path = arena_put_text(board, spec->model->path);
	board->options = spec->model->info.option_count;
	for (uint32_t i = 0; i < board->options; i++) {
		board->option[i].number = check->values[i].number;
		if (option_is_text(&spec->model->options[i]))
			board->option[i].text = arena_put_text(board, check->values[i].text);
	}
	report->ops = spec->model->info.ops;
	report->one_at_a_time = check->one_at_a_time;
}

/* ---- Its life ---- */

static uint64_t signs_of_life(const struct look *look)
{
	const struct arena_slot *slots = arena_slots(&look->arena);
	uint64_t sum = atomic_load(&look->arena.board->beats);

	for (uint32_t i = 0; i < look->tasks; i++)
		sum += slot_ops(&slots[i]);
	return sum;
}

/* False once there is nothing more to wait for: it fails, and does not find its end, or it hangs. */
static bool goes_on(struct look *look)
{
	struct stagehand *hand = &look->hand;
	struct check_report *report = arena_workload(&look->arena);
	uint32_t at = atomic_load(&look->arena.board->phase);
	const char *phase = arena_phase_name(at);
	int quiet_s = at <= PHASE_OPEN ? OPEN_S : CHECK_QUIET_S;
	uint64_t now = clock_now_ns(), signs = signs_of_life(look);

	if (at == PHASE_OPEN)
		look->began_ns += now - look->looked_ns;
	look->looked_ns = now;
	if (signs != look->signs)
		look->quiet_since_ns = now;
	look->signs = signs;
	if (!look->failed_ns && atomic_load(&report->failed))
		look->failed_ns = now;
	if (look->failed_ns)
		return now - look->failed_ns < FAILED_S * NS_PER_S;
	if (now - look->quiet_since_ns > quiet_s * NS_PER_S)
		stagehand_fail(hand, STATUS_TIMED_OUT, "no progress for %d s in %s", quiet_s,
		               phase);
	else if (now - look->began_ns > LONGEST_S * NS_PER_S)
		stagehand_fail(hand, STATUS_TIMED_OUT, "no end within %d s in %s", LONGEST_S,
		               phase);
	return hand->status == STATUS_OK;
}

static void watch(struct look *look, const char *path)
{
	struct stagehand *hand = &look->hand;

	while (stagehand_wait(hand, LOOK_MS * NS_PER_MS) && goes_on(look))
		;
	if (hand->status == STATUS_TIMED_OUT)
		standstill_free(standstill_tell(hand->keeper->pid, hand->pid, path, hand->reason,
		                                sizeof(hand->reason)));
}

/* ---- What came of it ---- */

/* A stage that died or hung has said what it was about to do. */
static void say_lost(struct check_result *result, const struct look *look)
{
	const struct check_report *report = arena_workload(&look->arena);
	struct check_sentence sentence = report->doing;
	const char *reason = look->hand.reason;
	bool is_about_stage =
	        strncmp(reason, "killed", 6) == 0 || strncmp(reason, "exited", 6) == 0;

	if (!sentence.done[0])
		snprintf(sentence.done, sizeof(sentence.done), "loading the plugin");
	if (!sentence.expected[0])
		snprintf(sentence.expected, sizeof(sentence.expected), "an end");
	snprintf(sentence.seen, sizeof(sentence.seen), "%s%.*s",
	         is_about_stage ? "the process " : "", CHECK_TEXT - 16, reason);
	check_say_failure(result, &sentence, look->tasks, look->cores);
}

/* Whoever left the model's process group, and its life, is found by the keeper alone. */
static void judge_left(struct check_result *result, const struct look *look,
                       const struct check_property *property)
{
	uint32_t left = look->hand.left_behind;
	struct check_sentence sentence = {0};
	char text[CHECK_TEXT];

	if (property->look != check_reopened || !left || result->status == CHECK_FAILED)
		return;
	snprintf(text, sizeof(text), "%u process%s left when the stage had ended", left,
	         left == 1 ? "" : "es");
	if (left < CHECK_CYCLES) {
		check_say(result, CHECK_TOLD, text);
		return;
	}
	snprintf(sentence.done, sizeof(sentence.done), "%d times open(), run() and close()",
	         CHECK_CYCLES);
	snprintf(sentence.expected, sizeof(sentence.expected), "no process left behind");
	snprintf(sentence.seen, sizeof(sentence.seen), "%s", text);
	check_say_failure(result, &sentence, look->tasks, look->cores);
}

static void judge(struct check *check, const struct check_property *property,
                  const struct look *look, struct check_result *result)
{
	struct check_report *report = arena_workload(&look->arena);

	check->hangs += look->hand.status == STATUS_TIMED_OUT;
	if (atomic_load(&report->failed))
		check_say_failure(result, &report->failure, look->tasks, look->cores);
	else if ((check->cannot_run = look->hand.status == STATUS_SKIPPED))
		check_say(result, CHECK_SKIPPED, look->hand.reason);
	else if (look->hand.status != STATUS_OK)
		say_lost(result, look);
	else if (report->told[0] && result->status == CHECK_OK)
		check_say(result, report->left_out ? CHECK_SKIPPED : CHECK_TOLD, report->told);
	judge_left(result, look, property);
	check->one_at_a_time |= report->found_one_at_a_time;
}

int check_case(struct check *check, const struct check_property *property,
               const struct check_shape *shape, struct check_result *result, struct hd_error *err)
{
	struct keeper_limits limits = {.threads = THREADS, .memory_mib = MEMORY_MIB};
	struct look look = {.cores = cores_of(check->spec, shape),
	                    .tasks = tasks_of(check->spec, shape)};
	struct arena_sizes sizes = {.tasks = look.tasks, .workload_bytes = CHECK_MEMORY};
	int code = arena_create(&look.arena, &sizes, err);

	if (code)
		return code;
	fill_board(check, property, &look);
	look.began_ns = look.looked_ns = look.quiet_since_ns = clock_now_ns();
	code = stagehand_start(&look.hand, check->keeper, &limits, &look.arena, NULL, 0, NULL, err);
	if (!code)
		watch(&look, check->spec->model->path);
	stagehand_finish(&look.hand);
	if (!code)
		judge(check, property, &look, result);
	free(look.hand.fault);
	arena_destroy(&look.arena);
	return code;
}
