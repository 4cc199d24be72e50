/* SPDX-License-Identifier: MIT */
#include "suite.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "arena.h"

static struct arena arena;
static struct hd_error err;

static void make(void)
{
	struct arena_sizes sizes = {.tasks = 3, .generator_threads = 2, .workload_bytes = 10000};

	err = (struct hd_error){0};
	ck_assert_msg(arena_create(&arena, &sizes, &err) == 0, "%s", err.text);
}

static void destroy(void)
{
	arena_destroy(&arena);
	ck_assert_int_eq(arena.fd, -1);
	arena_destroy(&arena); /* twice does no harm */
}

static uint64_t distance(const void *from, const void *to)
{
	return (uint64_t)((const char *)to - (const char *)from);
}

START_TEST(parts_lie_apart)
{
	struct arena_slot *slots = arena_slots(&arena), *generator = arena_generator_slots(&arena);

	ck_assert_uint_eq(sizeof(struct arena_slot), ARENA_SPACING);
	ck_assert_uint_ge(distance(arena.board, slots), sizeof(struct arena_board));
	ck_assert_uint_ge(distance(slots, generator), 3 * ARENA_SPACING);
	ck_assert_uint_ge(distance(generator, arena_workload(&arena)), 2 * ARENA_SPACING);
	ck_assert_uint_eq((uintptr_t)arena_workload(&arena) % ARENA_SPACING, 0);
	ck_assert_uint_eq((uintptr_t)slots % ARENA_SPACING, 0);
	ck_assert_uint_eq(arena.board->in_flight, 3);
	ck_assert_uint_eq(arena.board->generator_threads, 2);
	ck_assert_uint_eq(arena.board->workload_bytes, 10000);
}
END_TEST

START_TEST(all_is_zero_at_first)
{
	const char *memory = arena_workload(&arena);

	for (int i = 0; i < 10000; i++)
		ck_assert_int_eq(memory[i], 0);
	ck_assert(!arena_stopping(arena.board));
	ck_assert_uint_eq(slot_ops(&arena_slots(&arena)[2]), 0);
	ck_assert_int_eq(arena.board->phase, PHASE_START);
}
END_TEST

START_TEST(another_process_sees_the_same)
{
	pid_t child;
	int status;

	arena_put_text(arena.board, "hello");
	child = fork();
	if (child == 0) {
		struct arena other;
		int fd = dup(arena.fd);

		if (arena_map(&other, fd, &err) || strcmp(arena_text(other.board, 1), "hello"))
			_exit(1);
		slot_add(&arena_slots(&other)[1], 41);
		slot_add(&arena_slots(&other)[1], 1);
		strcpy(arena_workload(&other), "written");
		atomic_store(&other.board->stop, 1);
		arena_destroy(&other);
		_exit(fcntl(fd, F_GETFD) >= 0); /* it owned the descriptor */
	}
	ck_assert_int_eq(waitpid(child, &status, 0), child);
	ck_assert_int_eq(status, 0);
	ck_assert_uint_eq(slot_ops(&arena_slots(&arena)[1]), 42);
	ck_assert_str_eq(arena_workload(&arena), "written");
	ck_assert(arena_stopping(arena.board));
}
END_TEST

START_TEST(texts_have_places)
{
	struct arena_board *board = arena.board;
	char big[ARENA_TEXT_BYTES];
	uint32_t one = arena_put_text(board, "one"), two = arena_put_text(board, "two");

	ck_assert_str_eq(arena_text(board, one), "one");
	ck_assert_str_eq(arena_text(board, two), "two");
	ck_assert_uint_eq(arena_put_text(board, ""), 0);
	ck_assert_str_eq(arena_text(board, 0), "");
	ck_assert_str_eq(arena_text(board, UINT32_MAX), "");
	memset(big, 'x', sizeof(big) - 1);
	big[sizeof(big) - 1] = '\0';
	ck_assert_uint_eq(arena_put_text(board, big), 0);
	big[sizeof(big) - 10] = '\0';
	ck_assert_uint_ne(arena_put_text(board, big), 0);
	ck_assert_uint_eq(arena_put_text(board, "no room"), 0);
}
END_TEST

START_TEST(plugins_get_aligned_memory_until_it_is_used_up)
{
	struct arena stage;
	char *one, *two;

	ck_assert_ptr_null(arena_plugin_alloc(&arena, 1)); /* the room is the stage's */
	ck_assert_int_eq(arena_map(&stage, dup(arena.fd), &err), 0);
	one = arena_plugin_alloc(&stage, 1);
	two = arena_plugin_alloc(&stage, 65);
	ck_assert_uint_eq((uintptr_t)one % 64, 0);
	ck_assert_uint_eq(distance(one, two), 64);
	ck_assert_ptr_null(arena_plugin_alloc(&stage, UINT64_MAX));
	ck_assert_ptr_null(arena_plugin_alloc(&stage, UINT64_MAX - 63));
	ck_assert_ptr_null(arena_plugin_alloc(&stage, stage.size));
	ck_assert_ptr_nonnull(arena_plugin_alloc(&stage, UINT64_C(900) << 20));
	ck_assert_ptr_null(arena_plugin_alloc(&stage, UINT64_C(900) << 20));
	ck_assert_ptr_nonnull(arena_plugin_alloc(&stage, 64));
	two[64] = 'x';
	arena_destroy(&stage);
}
END_TEST

START_TEST(scribbled_offsets_lead_nobody_astray)
{
	struct arena_slot *slots = arena_slots(&arena);
	void *memory = arena_workload(&arena);

	arena.board->slots_at = arena.board->workload_at = UINT64_MAX / 2;
	ck_assert_ptr_eq(arena_slots(&arena), slots);
	ck_assert_ptr_eq(arena_workload(&arena), memory);
}
END_TEST

START_TEST(what_is_no_arena_is_refused)
{
	struct arena other;
	int fd = memfd_create("small", MFD_CLOEXEC);

	ck_assert_int_eq(arena_map(&other, fd, &err), -EINVAL);
	arena_destroy(&other);
	err = (struct hd_error){0};
	ck_assert_int_eq(arena_map(&other, -1, &err), -EBADF);
	arena_destroy(&other);
	err = (struct hd_error){0};
	ck_assert_int_lt(arena_create(&other,
	                              &(struct arena_sizes){.workload_bytes = UINT64_C(1) << 62},
	                              &err),
	                 0);
	ck_assert_int_eq(other.fd, -1);
	ck_assert_ptr_nonnull(strstr(err.text, "shared memory of the trial"));
}
END_TEST

START_TEST(phases_have_names)
{
	ck_assert_str_eq(arena_phase_name(PHASE_START), "start");
	ck_assert_str_eq(arena_phase_name(PHASE_RUN), "run");
	ck_assert_str_eq(arena_phase_name(PHASE_UNLOAD), "unload");
	ck_assert_str_eq(arena_phase_name((enum arena_phase)77), "unknown");
}
END_TEST

int main(void)
{
	const suite_test tests[] = {parts_lie_apart,
	                            all_is_zero_at_first,
	                            another_process_sees_the_same,
	                            texts_have_places,
	                            plugins_get_aligned_memory_until_it_is_used_up,
	                            scribbled_offsets_lead_nobody_astray,
	                            what_is_no_arena_is_refused,
	                            phases_have_names,
	                            NULL};

	return suite_run_with("arena", tests, make, destroy);
}
