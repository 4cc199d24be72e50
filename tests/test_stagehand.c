/* SPDX-License-Identifier: MIT */
/* A stage that is watched over: its processes, its output, the words for its end. */
#include "suite.h"
#include "trial_rig.h"

#include <math.h>
#include <sys/stat.h>

#include "fdpass.h"
#include "stagehand.h"

static struct rig rig;
static struct arena arena;
static struct stagehand hand;

/* ---- The stage: maps the arena and does what stands on the board as the plugin's path ----------
 */

static void print_without_end(void)
{
	static char block[4096];

	memset(block, 'g', sizeof(block));
	for (int i = 0; i < 1000; i++)
		if (write(STDOUT_FILENO, block, sizeof(block)) < 0)
			return;
	_exit(55); /* a disk would have been filled */
}

static int act(void)
{
	struct arena mine;
	const char *order;
	int fd, one;

	if (fdpass_receive_all(STAGE_CHANNEL, &fd, 1) || arena_map(&mine, fd, NULL))
		return 98;
	order = arena_text(mine.board, mine.board->plugin_path);
	if (mine.board->sockets && fdpass_receive_all(STAGE_CHANNEL, &one, 1))
		return 97;
	mine.board->finished = strcmp(order, "finish") == 0;
	if (strcmp(order, "socket") == 0)
		return write(one, "here", 4) == 4 ? 4 : 1;
	if (strcmp(order, "endless") == 0)
		print_without_end();
	while (strcmp(order, "stay") == 0)
		pause();
	return 0;
}

/* ---- The core -------------------------------------------------------------------------------- */

static void setup(void)
{
	struct arena_sizes sizes = {.tasks = 1};

	rig_open(&rig);
	ck_assert_int_eq(arena_create(&arena, &sizes, &rig.err), 0);
}

static void teardown(void)
{
	arena_destroy(&arena);
	rig_close(&rig);
}

static void start(const char *order, const int *sockets, int count)
{
	int code;

	arena.board->plugin_path = arena_put_text(arena.board, order);
	code = stagehand_start(&hand, &rig.keeper, &(struct keeper_limits){0}, &arena, sockets,
	                       count, NULL, &rig.err);
	ck_assert_msg(code == 0, "%s", rig.err.text);
}

static void finish(enum status status, const char *reason)
{
	uint64_t deadline = clock_now_ns() + 60 * NS_PER_S;

	while (stagehand_wait(&hand, 20 * NS_PER_MS))
		ck_assert_uint_lt(clock_now_ns(), deadline);
	ck_assert(!stagehand_wait(&hand, 0)); /* and it stays so */
	stagehand_finish(&hand);
	ck_assert_int_eq(hand.status, status);
	ck_assert_str_eq(hand.reason, reason);
	ck_assert_int_eq(rig_survivors(), 0);
	ck_assert_int_eq(rig_descriptors(), rig.descriptors + 1); /* the arena */
}

START_TEST(a_good_end_has_no_reason)
{
	start("finish", NULL, 0);
	finish(STATUS_OK, "");
	ck_assert(hand.ended);
}
END_TEST

START_TEST(an_end_before_the_end_is_a_crash)
{
	start("leave", NULL, 0);
	finish(STATUS_CRASHED, "exited with status 0 in start, before the trial was over");
}
END_TEST

START_TEST(sockets_are_handed_over)
{
	char text[8] = "";
	int ends[2];

	ck_assert_int_eq(pipe(ends), 0);
	start("socket", &ends[1], 1);
	while (stagehand_wait(&hand, 20 * NS_PER_MS))
		;
	stagehand_finish(&hand);
	ck_assert_str_eq(hand.reason, "exited with status 4 in start");
	ck_assert_int_eq(read(ends[0], text, sizeof(text)), 4);
	close(ends[0]);
	close(ends[1]);
}
END_TEST

START_TEST(output_is_limited)
{
	struct stat status;

	start("endless", NULL, 0);
	while (stagehand_wait(&hand, 20 * NS_PER_MS))
		;
	ck_assert_int_eq(fstat(hand.output, &status), 0);
	ck_assert_int_eq(status.st_size, 64 * 1024);
	stagehand_finish(&hand);
	ck_assert_ptr_nonnull(strstr(hand.reason, "exited with status 0 in start"));
	ck_assert_ptr_nonnull(strstr(hand.reason, "; it printed: ggggg"));
	ck_assert_uint_lt(strlen(hand.reason), 300);
}
END_TEST

START_TEST(the_first_reason_stays)
{
	start("stay", NULL, 0);
	ck_assert(stagehand_wait(&hand, 1));
	stagehand_fail(&hand, STATUS_TIMED_OUT, "after %d s", 5);
	stagehand_fail(&hand, STATUS_CRASHED, "later");
	finish(STATUS_TIMED_OUT, "after 5 s");
}
END_TEST

START_TEST(a_watched_process_that_is_not_there)
{
	start("stay", NULL, 0);
	arena.board->watched_pids[0] = 0x3fffffff; /* beyond the greatest pid */
	atomic_store(&arena.board->watched, 1);
	finish(STATUS_CRASHED, "a worker process (1073741823) has ended in start");
}
END_TEST

START_TEST(nonsense_on_the_board_does_no_harm)
{
	start("stay", NULL, 0);
	arena.board->watched_pids[0] = -1;
	atomic_store(&arena.board->watched, UINT32_MAX);
	ck_assert(stagehand_wait(&hand, NS_PER_MS));
	atomic_store(&arena.board->phase, 12345);
	kill(hand.pid, SIGKILL);
	finish(STATUS_CRASHED, "killed by SIGKILL in unknown");
}
END_TEST

START_TEST(gauges_of_a_living_stage)
{
	double cpu_ns = 0, peak_bytes = 0;

	start("stay", NULL, 0);
	/* On a busy machine it may not have run yet, or be in the middle of its exec. */
	for (int looks = 0; looks < 2000 && !(cpu_ns > 0 && peak_bytes > 10000); looks++) {
		ck_assert(stagehand_wait(&hand, NS_PER_MS));
		cpu_ns = stagehand_cpu_ns(&hand);
		peak_bytes = stagehand_peak_bytes(&hand);
	}
	ck_assert(cpu_ns > 0);
	ck_assert(peak_bytes > 10000);
	kill(hand.pid, SIGKILL);
	finish(STATUS_CRASHED, "killed by SIGKILL in start");
	ck_assert(isnan(stagehand_peak_bytes(&hand)));
}
END_TEST

START_TEST(a_dead_keeper_is_told)
{
	start("stay", NULL, 0);
	kill(rig.keeper.pid, SIGKILL);
	while (stagehand_wait(&hand, 20 * NS_PER_MS))
		;
	ck_assert_str_eq(hand.reason, "the keeper process was killed in start");
	stagehand_finish(&hand);
}
END_TEST

int main(int argc, char **argv)
{
	const suite_test tests[] = {a_good_end_has_no_reason,
	                            an_end_before_the_end_is_a_crash,
	                            sockets_are_handed_over,
	                            output_is_limited,
	                            the_first_reason_stays,
	                            a_watched_process_that_is_not_there,
	                            nonsense_on_the_board_does_no_harm,
	                            gauges_of_a_living_stage,
	                            a_dead_keeper_is_told,
	                            NULL};

	if (rig_is_stage(argc, argv))
		return act();
	return suite_run_with("stagehand", tests, setup, teardown);
}
