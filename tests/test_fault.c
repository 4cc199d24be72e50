/* SPDX-License-Identifier: MIT */
/* What a dying process may have left on the board, nonsense among it, and the words made of it. */
#include "suite.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fault.h"

static struct arena_board *board;
static struct fault *fault;
static char text[FAULT_TEXT];

static void setup(void)
{
	board = calloc(1, sizeof(*board));
	board->fault.thread = board->fault.pid = 77;
	board->fault.signal = SIGSEGV;
	board->fault.code = SEGV_MAPERR;
	board->fault.address = 16;
}

static void teardown(void)
{
	free(fault);
	free(board);
	fault = NULL;
}

static const char *words(void)
{
	free(fault);
	fault = fault_take(board, MODEL_PLUGIN_DIR "/serial.so");
	ck_assert_ptr_nonnull(fault);
	return fault_words(fault, text);
}

START_TEST(nobody_died)
{
	board->fault.thread = 0;
	ck_assert_ptr_null(fault_take(board, "x.so"));
	ck_assert_str_eq(fault_words(NULL, text), "");
}
END_TEST

START_TEST(each_cause_has_its_words)
{
	static const struct {
		int signal, code;
		const char *words;
	} causes[] = {
	        {SIGSEGV, SEGV_MAPERR, ": address 0x10"},
	        {SIGSEGV, SI_KERNEL, ""}, /* of no canonical address the kernel tells none */
	        {SIGSEGV, SI_USER, ""},   /* sent by kill() */
	        {SIGBUS, BUS_ADRERR, ": address 0x10, where a mapped file has nothing"},
	        {SIGBUS, BUS_ADRALN, ": address 0x10"},
	        {SIGFPE, FPE_INTDIV, ": integer division by zero, or overflow"},
	        {SIGFPE, FPE_FLTDIV, ""},
	        {SIGABRT, SI_TKILL, ""},
	        {SIGILL, ILL_ILLOPN, ""},
	};

	for (size_t i = 0; i < sizeof(causes) / sizeof(causes[0]); i++) {
		board->fault.signal = causes[i].signal;
		board->fault.code = causes[i].code;
		ck_assert_str_eq(words(), causes[i].words);
	}
	board->fault.stack_overflow = 1;
	ck_assert_str_eq(words(), ": stack overflow");
}
END_TEST

/* Frames of a function in a library, in the plugin, and below it. */
static void put_frame(uint32_t i, const char *object, uint64_t offset)
{
	struct arena_fault *from = &board->fault;

	snprintf(from->object[from->objects++], ARENA_OBJECT_BYTES, "%s", object);
	from->frame[i] = (struct arena_frame){
	        .address = 0x7f0000000000 + offset, .offset = offset, .object = from->objects};
	from->frames = i + 1;
}

START_TEST(the_plugin_is_named_not_what_it_called)
{
	put_frame(0, "/no/such/libc.so.6", 64);
	put_frame(1, MODEL_PLUGIN_DIR "/../plugins/serial.so", 64);
	put_frame(2, "[vdso]", 64);
	words();
	ck_assert_int_eq(fault->told, -1); /* none has a name, and none is the plugin's path */
	ck_assert_str_eq(text, ": address 0x10");
	free(fault);
	fault = NULL;
	put_frame(1, MODEL_PLUGIN_DIR "/serial.so", 64);
	ck_assert_str_eq(words(), " at serial.so+0x40: address 0x10");
	ck_assert_int_eq(fault->told, 1);
	ck_assert_uint_eq(fault->frame[0].address, 0x7f0000000000 + 64);
	ck_assert_uint_eq(fault->frame[1].address, 64);
}
END_TEST

START_TEST(nonsense_on_the_board_does_no_harm)
{
	struct arena_fault *from = &board->fault;

	memset(from, 0xff, sizeof(*from));
	words();
	ck_assert_uint_eq(fault->frames, ARENA_FRAMES);
	ck_assert_int_eq(fault->told, -1);
	memset(from, 'A', sizeof(*from)); /* texts without an end */
	for (uint32_t i = 0; i < ARENA_FRAMES; i++)
		from->frame[i].object = i + 1;
	memset(from->object[0], '/', ARENA_OBJECT_BYTES);
	from->frames = 3;
	words();
	ck_assert_uint_eq(fault->frames, 3);
	ck_assert_uint_lt(strlen(fault->frame[1].object), ARENA_OBJECT_BYTES);
	strcpy(from->object[0], "/dev/zero");
	strcpy(from->object[1], "/tmp");
	strcpy(from->object[2], "../../etc/passwd\033[2J");
	words();
	for (int i = 0; i < 3; i++)
		ck_assert_str_eq(fault->frame[i].function, "");
	ck_assert_ptr_null(strchr(fault->frame[2].object, '\033'));
}
END_TEST

int main(void)
{
	const suite_test tests[] = {nobody_died, each_cause_has_its_words,
	                            the_plugin_is_named_not_what_it_called,
	                            nonsense_on_the_board_does_no_harm, NULL};

	return suite_run_with("fault", tests, setup, teardown);
}
