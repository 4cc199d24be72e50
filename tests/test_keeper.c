/* SPDX-License-Identifier: MIT */
/* The keeper with this program as its stage: what it executes, sees end, and ends itself. */
#include "suite.h"
#include "trial_rig.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "fake_tree.h"
#include "fdpass.h"

static struct rig rig;
static int channel[2];

/* ---- The stage: does what stands in the one message that comes over the channel -------------- */

static void leave_a_family(void)
{
	for (int i = 0; i < 8; i++)
		if (fork() == 0) {
			setsid();
			if (i % 2 && fork() > 0)
				_exit(0);
			signal(SIGTERM, SIG_IGN);
			for (;;)
				pause();
		}
}

static int act(void)
{
	char order[16] = "";
	int none = 0;

	if (fdpass_receive(STAGE_CHANNEL, order, sizeof(order) - 1, NULL, &none) <= 0)
		return 98;
	if (strcmp(order, "exit 7") == 0)
		return 7;
	if (strcmp(order, "die") == 0)
		raise(SIGTERM);
	if (strcmp(order, "print") == 0)
		return printf("printed") == 7 && getenv("HEDDLE_PAD") ? 0 : 1;
	if (strcmp(order, "family") == 0)
		leave_a_family();
	if (strcmp(order, "number") == 0) {
		int number = getpid();

		fdpass_send(STAGE_CHANNEL, &number, sizeof(number), NULL, 0);
		pause();
	}
	fdpass_send(STAGE_CHANNEL, "ready", 6, NULL, 0);
	for (;;)
		pause();
}

/* ---- The core -------------------------------------------------------------------------------- */

static void setup(void)
{
	rig_open(&rig);
	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, channel), 0);
}

static void teardown(void)
{
	close(channel[0]);
	close(channel[1]);
	rig_close(&rig);
}

static pid_t start(const char *order, int output, const char *wrap)
{
	struct keeper_stage stage = {.channel = channel[1], .output = output, .wrap = wrap};
	pid_t pid = keeper_stage(&rig.keeper, &stage, &rig.err);

	ck_assert_msg(pid > 0, "%s", rig.err.text);
	ck_assert_int_eq(fdpass_send(channel[0], order, strlen(order) + 1, NULL, 0), 0);
	return pid;
}

static void await_ready(void)
{
	char text[8];
	int none = 0;

	ck_assert_int_eq(fdpass_receive(channel[0], text, sizeof(text), NULL, &none), 6);
}

static int await_end(void)
{
	uint64_t deadline = clock_now_ns() + 60 * NS_PER_S;
	struct keeper_end end = {.status = -1};
	int code;

	while ((code = keeper_wait(&rig.keeper, &end, 20 * NS_PER_MS, -1)) == 0)
		ck_assert_uint_lt(clock_now_ns(), deadline);
	ck_assert_int_eq(code, 1);
	/* An exec takes time and touches pages. */
	ck_assert_double_gt(end.user_ns + end.system_ns, 0);
	ck_assert_int_gt(end.minor_faults, 0);
	ck_assert_int_ge(end.voluntary_switches + end.involuntary_switches, 0);
	return end.status;
}

static void clean(void)
{
	ck_assert_int_ge(keeper_clean(&rig.keeper, &rig.err), 0);
	ck_assert_int_eq(rig_survivors(), 0);
}

START_TEST(ends_are_told)
{
	int status;

	start("exit 7", -1, NULL);
	status = await_end();
	ck_assert(WIFEXITED(status) && WEXITSTATUS(status) == 7);
	clean();
	start("die", -1, NULL);
	status = await_end();
	ck_assert(WIFSIGNALED(status) && WTERMSIG(status) == SIGTERM);
	clean();
}
END_TEST

START_TEST(output_goes_where_it_should)
{
	char path[128], text[32] = "";
	int fd;

	snprintf(path, sizeof(path), "%s/out", rig.work_dir);
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	start("print", fd, NULL);
	ck_assert_int_eq(await_end(), 0);
	clean();
	ck_assert_int_eq(pread(fd, text, sizeof(text) - 1, 0), 7);
	ck_assert_str_eq(text, "printed");
	close(fd);
	unlink(path);
}
END_TEST

START_TEST(a_tool_stands_in_front)
{
	int status;

	start("exit 7", -1, "env HEDDLE_TEST_TOOL=1 nice -n 1");
	status = await_end();
	ck_assert(WIFEXITED(status) && WEXITSTATUS(status) == 7);
	clean();
	start("exit 7", -1, "/no/such/tool");
	status = await_end();
	ck_assert(WIFEXITED(status) && WEXITSTATUS(status) == 127);
	clean();
}
END_TEST

START_TEST(a_family_of_daemons_is_ended)
{
	/* More than once: a cgroup that was killed must not harm the next stage. */
	for (int i = 0; i < 3; i++) {
		start("family", -1, NULL);
		await_ready();
		clean();
	}
	start("exit 7", -1, NULL);
	ck_assert_int_eq(WEXITSTATUS(await_end()), 7);
	clean();
}
END_TEST

/* By the number that it has for itself, which in a namespace is another than here. */
static void find_stage(void)
{
	struct keeper_process found[2];
	int none = 0, numbers[2] = {0, 0x3fffffff};
	pid_t pid = start("number", -1, NULL);

	ck_assert_int_eq(fdpass_receive(channel[0], &numbers[0], sizeof(int), NULL, &none),
	                 sizeof(int));
	ck_assert(rig.keeper.isolated ? numbers[0] != pid : numbers[0] == pid);
	ck_assert_int_eq(kill(pid, 0), 0);
	ck_assert_int_eq(keeper_find(&rig.keeper, numbers, 2, found), 0);
	ck_assert_int_ge(found[0].fd, 0);
	ck_assert_int_eq(found[0].pid, pid);
	ck_assert_int_eq(found[1].fd, -ESRCH);
	close(found[0].fd);
	clean();
}

START_TEST(processes_are_found_by_their_own_numbers)
{
	find_stage();
	rig_close(&rig);
	rig_open_as(&rig, KEEPER_OPEN);
	ck_assert(!rig.keeper.isolated);
	find_stage();
}
END_TEST

/* A question that crosses the stage's end loses neither. */
START_TEST(an_end_on_its_way_is_kept)
{
	struct keeper_process found;
	struct keeper_end end = {0};
	int number = 0x3fffffff;
	struct pollfd polled = {.events = POLLIN};

	start("exit 7", -1, NULL);
	polled.fd = rig.keeper.socket;
	ck_assert_int_eq(poll(&polled, 1, 60000), 1);
	ck_assert_int_eq(keeper_find(&rig.keeper, &number, 1, &found), 0);
	ck_assert_int_eq(found.fd, -ESRCH);
	ck_assert_int_eq(keeper_wait(&rig.keeper, &end, 0, -1), 1);
	ck_assert_int_eq(WEXITSTATUS(end.status), 7);
	ck_assert_int_eq(keeper_wait(&rig.keeper, &end, 0, -1), 0); /* once */
	clean();
}
END_TEST

/* With it all that it started, at once: it was process 1 of their namespace. */
START_TEST(a_namespace_ends_with_its_keeper)
{
	if (!rig.keeper.isolated)
		return;
	start("family", -1, NULL);
	await_ready();
	kill(rig.keeper.pid, SIGKILL);
	keeper_reap(&rig.keeper);
	ck_assert_int_eq(rig_survivors(), 0);
	ck_assert_int_eq(keeper_start(&rig.keeper, KEEPER_ISOLATED, &rig.err), 0);
}
END_TEST

START_TEST(stop_ends_what_runs)
{
	start("family", -1, NULL);
	await_ready();
	keeper_stop(&rig.keeper);
	ck_assert_int_eq(rig_survivors(), 0);
	keeper_stop(&rig.keeper); /* twice does no harm */
	ck_assert_int_eq(keeper_start(&rig.keeper, KEEPER_ISOLATED, &rig.err), 0);
}
END_TEST

START_TEST(waiting_looks_at_another_descriptor)
{
	struct keeper_end end;
	int ends[2];
	uint64_t began = clock_now_ns();

	ck_assert_int_eq(pipe(ends), 0);
	ck_assert_int_eq(write(ends[1], "x", 1), 1);
	start("stay", -1, NULL);
	await_ready();
	ck_assert_int_eq(keeper_wait(&rig.keeper, &end, 300 * NS_PER_S, ends[0]), 0);
	ck_assert_uint_lt(clock_now_ns() - began, 60 * NS_PER_S);
	clean();
	close(ends[0]);
	close(ends[1]);
}
END_TEST

static void await_survivors(int count)
{
	uint64_t deadline = clock_now_ns() + 30 * NS_PER_S;
	int found;

	/* Not counted again: those between a daemon and its parent come and go. */
	while ((found = rig_survivors()) != count && clock_now_ns() < deadline)
		usleep(5000);
	ck_assert_int_eq(found, count);
}

/* A core of its own that dies; the keeper tidies up after it. */
START_TEST(death_of_the_core_ends_all)
{
	char folder[128];
	struct stat status;
	pid_t core;

	snprintf(folder, sizeof(folder), "%s/announced", rig.work_dir);
	ck_assert_int_eq(mkdir(folder, 0700), 0);
	core = fork();
	if (core == 0) {
		struct keeper own;

		close(rig.keeper.socket);
		keeper_start(&own, KEEPER_ISOLATED, NULL);
		rig.keeper = own;
		keeper_announce(&own, folder);
		start("family", -1, NULL);
		await_ready();
		for (;;)
			pause();
	}
	await_survivors(9); /* the stage and eight daemons */
	kill(core, SIGKILL);
	ck_assert_int_eq(waitpid(core, NULL, 0), core);
	await_survivors(0);
	for (int i = 0; i < 5000 && stat(folder, &status) == 0; i++)
		usleep(1000);
	ck_assert_int_ne(stat(folder, &status), 0);
}
END_TEST

START_TEST(a_dead_keeper_is_told)
{
	struct keeper_stage stage = {.channel = channel[1], .output = -1};
	char long_words[SCRATCH_PATH + 1];
	struct keeper_end end;

	memset(long_words, 'w', sizeof(long_words) - 1);
	long_words[sizeof(long_words) - 1] = '\0';
	stage.wrap = long_words;
	ck_assert_int_eq(keeper_stage(&rig.keeper, &stage, &rig.err), -E2BIG);
	stage.wrap = NULL;
	rig.err = (struct hd_error){0};
	kill(rig.keeper.pid, SIGKILL);
	ck_assert_int_eq(waitpid(rig.keeper.pid, NULL, 0), rig.keeper.pid);
	ck_assert_int_eq(keeper_stage(&rig.keeper, &stage, &rig.err), -EPIPE);
	ck_assert_str_eq(rig.err.text, "the keeper process is gone");
	ck_assert_int_eq(keeper_wait(&rig.keeper, &end, NS_PER_S, -1), -EPIPE);
	ck_assert_int_eq(keeper_clean(&rig.keeper, NULL), -EPIPE);
}
END_TEST

int main(int argc, char **argv)
{
	const suite_test tests[] = {ends_are_told,
	                            output_goes_where_it_should,
	                            a_tool_stands_in_front,
	                            a_family_of_daemons_is_ended,
	                            processes_are_found_by_their_own_numbers,
	                            an_end_on_its_way_is_kept,
	                            a_namespace_ends_with_its_keeper,
	                            stop_ends_what_runs,
	                            waiting_looks_at_another_descriptor,
	                            death_of_the_core_ends_all,
	                            a_dead_keeper_is_told,
	                            NULL};

	if (rig_is_stage(argc, argv))
		return act();
	return suite_run_with("keeper", tests, setup, teardown);
}
