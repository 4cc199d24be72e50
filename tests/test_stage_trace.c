/* SPDX-License-Identifier: MIT */
/* Frames that are written down, and the names that the core finds for them. */
#include "suite.h"

#include <stdlib.h>
#include <string.h>

#include "fault.h"
#include "stage_trace.h"

static struct arena_board *board;
static struct fault *fault;

static void setup(void)
{
	board = calloc(1, sizeof(*board));
	board->fault.thread = board->fault.pid = 1;
}

static void teardown(void)
{
	free(fault);
	free(board);
	fault = NULL;
}

static volatile int depth;

__attribute__((noinline)) static void inner(void)
{
	stage_trace_caller(&board->fault);
	depth++; /* no tail call */
}

__attribute__((noinline)) static void outer(void)
{
	inner();
	depth++;
}

__attribute__((noinline)) static void far_down(int levels)
{
	if (levels)
		far_down(levels - 1);
	else
		inner();
	depth++;
}

/* The frame of the function, or -1. */
static int find(const char *function)
{
	for (uint32_t i = 0; i < fault->frames; i++)
		if (strcmp(fault->frame[i].function, function) == 0)
			return (int)i;
	return -1;
}

static void take(void)
{
	stage_trace_objects(&board->fault);
	fault = fault_take(board, "no plugin");
	ck_assert_ptr_nonnull(fault);
}

START_TEST(callers_stand_behind_who_is_called)
{
	const struct fault_frame *frame;

	outer();
	take();
	ck_assert_int_ge(find("inner"), 0);
	ck_assert_int_eq(find("outer"), find("inner") + 1);
	frame = &fault->frame[find("outer")];
	ck_assert_ptr_nonnull(strstr(frame->object, "/test_stage_trace"));
	ck_assert_uint_gt(frame->offset, 0);
	ck_assert_uint_lt(frame->offset, 1000);
	ck_assert_int_eq(fault->told, 0); /* nothing of it is the plugin's: the innermost */
}
END_TEST

START_TEST(only_the_innermost_are_kept)
{
	far_down(100);
	take();
	ck_assert_uint_eq(fault->frames, ARENA_FRAMES);
	ck_assert_int_ge(find("inner"), 0);
	ck_assert_int_eq(find("far_down"), find("inner") + 1);
	ck_assert_int_eq(find("main"), -1);
}
END_TEST

START_TEST(what_has_no_room_has_no_name)
{
	board->fault.objects = ARENA_OBJECTS;
	outer();
	take();
	ck_assert_uint_ge(fault->frames, 3);
	ck_assert_str_eq(fault->frame[0].object, "");
	ck_assert_str_eq(fault->frame[0].function, "");
	ck_assert_uint_ne(fault->frame[0].address, 0);
	ck_assert_int_eq(fault->told, -1);
}
END_TEST

START_TEST(what_lies_in_no_mapping_has_no_name)
{
	board->fault.frame[0].address = 0;
	board->fault.frame[1].address = 1;
	board->fault.frame[2].address = UINT64_MAX;
	atomic_store(&board->fault.frames, 3);
	take();
	ck_assert_uint_eq(board->fault.objects, 0);
	ck_assert_uint_eq(fault->frame[2].address, UINT64_MAX);
}
END_TEST

int main(void)
{
	const suite_test tests[] = {callers_stand_behind_who_is_called, only_the_innermost_are_kept,
	                            what_has_no_room_has_no_name,
	                            what_lies_in_no_mapping_has_no_name, NULL};

	return suite_run_with("stage_trace", tests, setup, teardown);
}
