/* SPDX-License-Identifier: MIT */
/* A stage alone, without a keeper: what it finds on the board, and what it leaves there. */
#include "suite.h"
#include "trial_rig.h"

#include <sys/socket.h>
#include <sys/wait.h>

#include "fdpass.h"

static struct arena arena;
static struct hd_error err;
static int channel[2];

static void setup(void)
{
	struct arena_sizes sizes = {.tasks = 1, .workload_bytes = 1 << 20};
	struct rig cpus = {.cores = 0};
	struct arena_board *board;

	ck_assert_int_eq(arena_create(&arena, &sizes, &err), 0);
	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, channel), 0);
	rig_find_cpus(&cpus);
	board = arena.board;
	board->cores = 1;
	board->cpus[0] = cpus.cpus[0];
	board->locks = 1;
}

static void teardown(void)
{
	arena_destroy(&arena);
	close(channel[0]);
}

/* Runs it to its end. Returns its exit status. */
static int stage(const char *plugin, const char *workload, bool hand_over)
{
	pid_t child;
	int status;

	arena.board->plugin_path = arena_put_text(arena.board, plugin);
	arena.board->workload_name = arena_put_text(arena.board, workload);
	for (int i = 0; counter_workload.params[i].name; i++, arena.board->params++)
		arena.board->param[i].number = i == 4 ? 1 : counter_workload.params[i].value;
	child = fork();
	if (child == 0) {
		dup2(channel[1], STAGE_CHANNEL);
		execl("/proc/self/exe", "test", "stage", (char *)NULL);
		_exit(97);
	}
	close(channel[1]);
	if (hand_over)
		ck_assert_int_eq(fdpass_send_all(channel[0], &arena.fd, 1), 0);
	else
		shutdown(channel[0], SHUT_RDWR);
	ck_assert_int_eq(waitpid(child, &status, 0), child);
	ck_assert(WIFEXITED(status));
	return WEXITSTATUS(status);
}

START_TEST(a_stopped_workload_ends_at_once)
{
	atomic_store(&arena.board->stop, 1);
	ck_assert_int_eq(stage(MODEL_PLUGIN_DIR "/serial.so", "counter", true), 0);
	ck_assert_str_eq(arena.board->reason, "");
	ck_assert_int_eq(arena.board->code, 0);
	ck_assert_uint_eq(arena.board->finished, 1);
	ck_assert_int_eq(arena.board->phase, PHASE_UNLOAD);
	ck_assert_uint_eq(arena_slots(&arena)[0].stepped, 1);
}
END_TEST

START_TEST(what_goes_wrong_stands_on_the_board)
{
	ck_assert_int_eq(stage("/no/such.so", "counter", true), 0);
	ck_assert_int_eq(arena.board->code, -ENOENT);
	ck_assert_ptr_nonnull(strstr(arena.board->reason, "/no/such.so: cannot be loaded: "));
	ck_assert_uint_eq(arena.board->finished, 1);
}
END_TEST

START_TEST(an_unknown_workload_is_told)
{
	ck_assert_int_eq(stage(MODEL_PLUGIN_DIR "/serial.so", "knitting", true), 0);
	ck_assert_str_eq(arena.board->reason, "unknown workload");
}
END_TEST

START_TEST(processors_that_are_not_there_are_told)
{
	arena.board->cpus[0] = 4000;
	ck_assert_int_eq(stage(MODEL_PLUGIN_DIR "/serial.so", "counter", true), 0);
	ck_assert_str_eq(arena.board->reason, "the case's PUs cannot be used");
	ck_assert_int_eq(arena.board->code, -EINVAL);
}
END_TEST

START_TEST(a_core_that_says_nothing)
{
	ck_assert_int_eq(stage(MODEL_PLUGIN_DIR "/serial.so", "counter", false), STAGE_EXIT_BROKEN);
	ck_assert_uint_eq(arena.board->finished, 0);
}
END_TEST

int main(int argc, char **argv)
{
	const suite_test tests[] = {
	        a_stopped_workload_ends_at_once, what_goes_wrong_stands_on_the_board,
	        an_unknown_workload_is_told,     processors_that_are_not_there_are_told,
	        a_core_that_says_nothing,        NULL};

	if (rig_is_stage(argc, argv))
		return stage_main();
	return suite_run_with("stage", tests, setup, teardown);
}
