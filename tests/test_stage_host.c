/* SPDX-License-Identifier: MIT */
#include "suite.h"

#include <errno.h>
#include <sched.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include "stage_host.h"

static const struct hd_option options[] = {
        {.name = "number", .kind = HD_OPTION_INT},
        {.name = "words", .kind = HD_OPTION_TEXT, .text = ""},
        {.name = "beyond", .kind = HD_OPTION_INT},
        {0},
};

static struct arena arena; /* as the stage maps it */
static struct loaded loaded;
static struct stage_host stage;
static cpu_set_t before;

static void setup(void)
{
	struct arena_sizes sizes = {.tasks = 2};
	struct arena_board *board;
	struct arena made;

	ck_assert_int_eq(arena_create(&made, &sizes, NULL), 0);
	ck_assert_int_eq(arena_map(&arena, dup(made.fd), NULL), 0);
	arena_destroy(&made);
	ck_assert_int_eq(sched_getaffinity(0, sizeof(before), &before), 0);
	board = arena.board;
	board->cores = 1;
	while (!CPU_ISSET(board->cpus[0], &before))
		board->cpus[0]++;
	board->locks = 3;
	board->options = 2; /* one less than the plugin declares */
	board->option[0].number = -5;
	board->option[1].text = arena_put_text(board, "some words");
	loaded = (struct loaded){.model = {.options = options, .option_size = sizeof(options[0])}};
	stage_host_init(&stage, &arena, &loaded);
}

static void teardown(void)
{
	arena_destroy(&arena);
}

START_TEST(numbers_come_from_the_board)
{
	ck_assert_uint_eq(stage.host.size, sizeof(struct hd_host));
	ck_assert_uint_eq(stage.host.cores, 1);
	ck_assert_uint_eq(stage.host.in_flight, 2);
	ck_assert_uint_eq(stage.host.locks, 3);
	ck_assert_ptr_eq(stage.host.cpus, arena.board->cpus);
}
END_TEST

START_TEST(options_by_name)
{
	const struct hd_host *host = &stage.host;

	ck_assert_int_eq(host->option_int(host, "number"), -5);
	ck_assert_str_eq(host->option_text(host, "words"), "some words");
	ck_assert_int_eq(host->option_int(host, "beyond"), 0);
	ck_assert_int_eq(host->option_int(host, "unknown"), 0);
	ck_assert_str_eq(host->option_text(host, "unknown"), "");
	loaded.model.options = NULL;
	ck_assert_int_eq(host->option_int(host, "number"), 0);
}
END_TEST

START_TEST(threads_are_narrowed)
{
	const struct hd_host *host = &stage.host;
	cpu_set_t now;

	for (uint32_t core = 0; core < 3; core++)
		ck_assert_int_eq(host->bind(host, core), 0); /* beyond the cores it starts again */
	ck_assert_int_eq(sched_getaffinity(0, sizeof(now), &now), 0);
	ck_assert_int_eq(CPU_COUNT(&now), 1);
	ck_assert(CPU_ISSET(host->cpus[0], &now));
	arena.board->cpus[0] = 4000;
	ck_assert_int_eq(host->bind(host, 0), -EINVAL);
}
END_TEST

START_TEST(memory_is_shared_and_zero)
{
	char *memory = stage.host.shared_alloc(&stage.host, 100);

	ck_assert_ptr_nonnull(memory);
	ck_assert_uint_eq((uintptr_t)memory % 64, 0);
	for (int i = 0; i < 100; i++)
		ck_assert_int_eq(memory[i], 0);
	ck_assert_ptr_null(stage.host.shared_alloc(&stage.host, UINT64_MAX));
}
END_TEST

START_TEST(first_reason_stays)
{
	void (*say)(const struct hd_host *, const char *) = stage.host.fail; /* fail() is Check's */
	char text[2 * ARENA_REASON_BYTES];

	stage_reason(arena.board, NULL);
	ck_assert_str_eq(arena.board->reason, "");
	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	say(&stage.host, text);
	say(&stage.host, "later");
	ck_assert_uint_eq(strlen(arena.board->reason), ARENA_REASON_BYTES - 1);
}
END_TEST

START_TEST(watched_processes_are_listed)
{
	for (int i = 0; i < ARENA_WATCHED + 10; i++)
		stage.host.watch(&stage.host, 1000 + i);
	ck_assert_uint_eq(arena.board->watched, ARENA_WATCHED);
	ck_assert_int_eq(arena.board->watched_pids[0], 1000);
	ck_assert_int_eq(arena.board->watched_pids[ARENA_WATCHED - 1], 1000 + ARENA_WATCHED - 1);
}
END_TEST

int main(void)
{
	const suite_test tests[] = {numbers_come_from_the_board,
	                            options_by_name,
	                            threads_are_narrowed,
	                            memory_is_shared_and_zero,
	                            first_reason_stays,
	                            watched_processes_are_listed,
	                            NULL};

	return suite_run_with("stage_host", tests, setup, teardown);
}
