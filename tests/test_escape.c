/* SPDX-License-Identifier: MIT */
/*
 * Trials of models that leave their bounds: in namespaces, as root without them, and as a user who may make
 * neither namespaces nor control groups.
 */
#include "fake_tree.h"
#include "suite.h"
#include "trial_rig.h"

#include <fcntl.h>
#include <grp.h>
#include <math.h>
#include <sys/stat.h>
#include <sys/wait.h>

enum { NOBODY = 65534, FEW_THREADS = 64 };

static struct rig rig;
static char copies[FAKE_TREE_PATH]; /* of plugins, where this test is another user; "" */

static void open_rig(void)
{
	rig_open(&rig);
}

static void close_rig(void)
{
	rig_close(&rig);
	if (copies[0])
		fake_tree_remove(copies);
}

static void reopen(enum keeper_mode mode)
{
	rig_close(&rig);
	rig_open_as(&rig, mode);
	ck_assert(!rig.keeper.isolated || mode == KEEPER_ISOLATED);
}

static const char *plugin_in(const char *folder, const char *file)
{
	static char path[512];

	snprintf(path, sizeof(path), "%s/%s", copies[0] ? copies : folder, file);
	return path;
}

static const char *plugin(const char *name)
{
	char file[64];

	snprintf(file, sizeof(file), "escape-%s.so", name);
	return plugin_in(BROKEN_DIR, file);
}

static const char *serial(void)
{
	return plugin_in(MODEL_PLUGIN_DIR, "serial.so");
}

static void copy(int from, const char *path)
{
	int to = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0700);
	char bytes[1 << 16];
	ssize_t got;

	ck_assert_int_ge(to, 0);
	while ((got = read(from, bytes, sizeof(bytes))) > 0)
		ck_assert_int_eq(write(to, bytes, (size_t)got), got);
	ck_assert_int_eq(got, 0);
	close(to);
	close(from);
}

/* From here on this test is another user's, who need not be let into the folder of this build. */
static void become_nobody(void)
{
	static const char *const names[] = {"session", "double-fork", "group",    "daemon",
	                                    "bomb",    "threads",     "hog-child"};
	enum { COUNT = sizeof(names) / sizeof(names[0]) };
	int from[COUNT + 1];

	rig_close(&rig);
	for (int i = 0; i <= COUNT; i++) {
		from[i] = open(i < COUNT ? plugin(names[i]) : serial(), O_RDONLY | O_CLOEXEC);
		ck_assert_int_ge(from[i], 0);
	}
	if (geteuid() == 0 && (setgroups(0, NULL) || setgid(NOBODY) || setuid(NOBODY)))
		_exit(1);
	fake_tree_make(copies);
	for (int i = 0; i <= COUNT; i++)
		copy(from[i], i < COUNT ? plugin(names[i]) : serial());
	rig_open(&rig);
	ck_assert(!rig.keeper.isolated);
	ck_assert_int_eq(rig.keeper.proc, -1);
}

static void run_with(const char *name, uint32_t threads, uint32_t timeout_s)
{
	rig_prepare(&rig, plugin(name), "counter");
	rig.spec.kase.cores = 1;
	rig.spec.threads = threads;
	rig.spec.timeout_s = timeout_s;
	rig.spec.sampling.window_ms = 100;
	rig_run(&rig);
}

/* The next trial of the same keeper is unharmed. */
static void expect_next_unharmed(void)
{
	rig_prepare(&rig, serial(), "counter");
	rig.spec.kase.cores = 1;
	rig_run(&rig);
	rig_assert_status(&rig, STATUS_OK);
	ck_assert_str_eq(rig.result.changed, "");
	ck_assert_uint_eq(rig.result.left_behind, 0);
}

static void expect(const char *name, enum status status, const char *reason)
{
	run_with(name, FEW_THREADS, 30);
	rig_assert_status(&rig, status);
	rig_assert_reason(&rig, reason);
	ck_assert(isnan(rig.result.metrics[0]) == (status != STATUS_OK));
	expect_next_unharmed();
}

/* ---- Processes ------------------------------------------------------------------------------- */

static void expect_left(const char *name, uint32_t count)
{
	run_with(name, FEW_THREADS, 30);
	rig_assert_status(&rig, STATUS_OK);
	ck_assert_uint_eq(rig.result.left_behind, count);
	expect_next_unharmed();
}

static void leave_processes(void)
{
	expect_left("session", 1);
	expect_left("double-fork", 1);
	expect_left("group", 1);
	expect_left("daemon", 1);
}

START_TEST(processes_left_behind_are_ended_and_told)
{
	leave_processes();
	reopen(KEEPER_OPEN);
	leave_processes();
}
END_TEST

START_TEST(processes_left_behind_without_help)
{
	become_nobody();
	leave_processes();
}
END_TEST

/* Where the kernel refuses what is beyond, that is told at the trial's end. */
enum { REFUSED_MS = 300 };
/* Elsewhere it ends once it is seen, however slowly it forks here, and not before. */
enum { SEEN_MS = 5000 };

static void go_beyond(const char *name, uint32_t window_ms)
{
	rig_prepare(&rig, plugin(name), "counter");
	rig.spec.kase.cores = 1;
	rig.spec.threads = FEW_THREADS;
	rig.spec.sampling.window_ms = window_ms;
	rig_run(&rig);
	rig_assert_status(&rig, STATUS_FAILED);
	rig_assert_reason(&rig, "too many threads: limits.threads is 64");
	expect_next_unharmed();
}

static void go_beyond_threads(uint32_t window_ms)
{
	go_beyond("bomb", window_ms);
	go_beyond("threads", window_ms);
}

START_TEST(fork_bomb_meets_its_limit)
{
	go_beyond_threads(REFUSED_MS);
	reopen(KEEPER_OPEN);
	go_beyond_threads(REFUSED_MS);
}
END_TEST

START_TEST(fork_bomb_without_help)
{
	become_nobody();
	go_beyond_threads(SEEN_MS);
}
END_TEST

static void hog_in_secret(void)
{
	uint32_t mib = RIG_SANITIZER ? 512 : 128;
	char reason[128];
	unsigned held;

	rig_prepare(&rig, plugin("hog-child"), "counter");
	rig.spec.memory_mib = mib;
	rig.spec.sampling.window_ms = 2000;
	rig_run(&rig);
	rig_assert_status(&rig, STATUS_FAILED);
	if (sscanf(rig.result.reason, "its processes hold %u MiB in run", &held) == 1)
		snprintf(reason, sizeof(reason),
		         "its processes hold %u MiB in run; limits.memory_mib is %u", held, mib);
	else /* a control group was quicker */
		snprintf(reason, sizeof(reason), "out of memory: limits.memory_mib is %u", mib);
	ck_assert_str_eq(rig.result.reason, reason);
	expect_next_unharmed();
}

START_TEST(memory_of_a_secret_child_counts)
{
	hog_in_secret();
	reopen(KEEPER_OPEN);
	hog_in_secret();
}
END_TEST

START_TEST(memory_of_a_secret_child_without_help)
{
	become_nobody();
	hog_in_secret();
}
END_TEST

/* ---- The process it runs in ------------------------------------------------------------------ */

static void expect_changed(const char *name, const char *what)
{
	run_with(name, FEW_THREADS, 30);
	rig_assert_status(&rig, STATUS_OK);
	ck_assert_str_eq(rig.result.changed, what);
	expect_next_unharmed();
}

START_TEST(changes_of_the_process_are_told)
{
	expect_changed("descriptors", "standard input, standard output, standard error");
	expect_changed("stdout", "standard output");
	expect_changed("directory", "the directory");
	expect_changed("environment", "the environment");
	expect_changed("handler", "the handler of SIGUSR1");
	expect_changed("handlers", "the handlers of 2 signals");
	expect_changed("mask", "the signals that are blocked");
	expect_changed("locale", "the locale");
	expect_changed("rounding", "the rounding mode");
}
END_TEST

/* A PU that the kernel gives to who asks for all, and that is not the case's; -1: there is none. */
static int stray_cpu(void)
{
	cpu_set_t before, all;
	int cpu = -1;

	ck_assert_int_eq(sched_getaffinity(0, sizeof(before), &before), 0);
	memset(&all, 0xff, sizeof(all));
	sched_setaffinity(0, sizeof(all), &all);
	sched_getaffinity(0, sizeof(all), &all);
	sched_setaffinity(0, sizeof(before), &before);
	for (int i = CPU_SETSIZE - 1; i >= 0; i--)
		if (CPU_ISSET(i, &all) && i != rig.cpus[0])
			cpu = i;
	return cpu;
}

START_TEST(processors_of_others_are_a_failure)
{
	char reason[128];

	if (stray_cpu() < 0)
		return;
	snprintf(reason, sizeof(reason),
	         "a thread of the model may run on PU %d, which is not the case's", stray_cpu());
	expect("affinity", STATUS_FAILED, reason);
	expect("affinity-of-child", STATUS_FAILED, reason);
}
END_TEST

START_TEST(output_is_kept_and_made_fit)
{
	const char *output = rig.result.output;

	rig_prepare(&rig, BROKEN_DIR "/noise.so", "counter");
	rig_run(&rig);
	rig_assert_status(&rig, STATUS_OK);
	ck_assert_uint_gt(strlen(output), 500);
	ck_assert_uint_lt(strlen(output), STAGEHAND_OUTPUT);
	ck_assert_ptr_nonnull(strstr(output, " garbage %s%n \\u0000 "));
	ck_assert_ptr_nonnull(strchr(output, '\n'));
	for (const char *c = output; *c; c++)
		ck_assert(*c == '\n' || (unsigned char)*c >= 0x20);
	expect_next_unharmed();
	ck_assert_str_eq(output, "");
}
END_TEST

/* ---- Memory ---------------------------------------------------------------------------------- */

START_TEST(guards_stand_around_shared_memory)
{
	expect("write-beyond", STATUS_CRASHED,
	       "killed by SIGSEGV in run at write_beyond+0x (escape-write-beyond.so): address 0x");
	expect("read-before", STATUS_CRASHED,
	       "killed by SIGSEGV in run at read_before+0x (escape-read-before.so): address 0x");
	expect("read-before-own", STATUS_CRASHED,
	       "killed by SIGSEGV in run at read_before+0x (escape-read-before-own.so): address "
	       "0x");
}
END_TEST

/* ---- Others ---------------------------------------------------------------------------------- */

START_TEST(tracing_the_keeper_is_refused)
{
	if (!rig.keeper.isolated)
		return;
	run_with("trace-parent", FEW_THREADS, 30);
	rig_assert_status(&rig, STATUS_OK);
	ck_assert_str_eq(rig.result.model_note, "Operation not permitted");
	expect_next_unharmed();
}
END_TEST

static void be_traced(void)
{
	run_with("trace-me", FEW_THREADS, 1);
	rig_assert_status(&rig, STATUS_TIMED_OUT);
	ck_assert_msg(rig_starts_with(rig.result.reason, "no progress for 1 s in run"), "%s",
	              rig.result.reason);
	expect_next_unharmed();
}

START_TEST(who_is_traced_is_ended_all_the_same)
{
	be_traced();
	reopen(KEEPER_OPEN);
	be_traced();
}
END_TEST

/* Somebody outside whom a stray signal would hit. */
static pid_t bystander(void)
{
	pid_t pid = fork();

	if (pid == 0)
		for (;;)
			pause();
	return pid;
}

START_TEST(kill_of_all_reaches_its_own_only)
{
	pid_t outside;
	int status;

	/* Nowhere else: it would end all processes of this machine. */
	if (!rig.keeper.isolated)
		return;
	outside = bystander();
	expect("kill-all", STATUS_CRASHED, "a worker process was killed by SIGKILL in run");
	ck_assert_int_eq(waitpid(outside, &status, WNOHANG), 0);
	kill(outside, SIGKILL);
	ck_assert_int_eq(waitpid(outside, &status, 0), outside);
}
END_TEST

START_TEST(keeper_in_a_namespace_cannot_be_killed)
{
	if (!rig.keeper.isolated)
		return;
	expect("kill-parent", STATUS_OK, "");
	expect("stop-parent", STATUS_OK, "");
}
END_TEST

START_TEST(keeper_that_was_killed_is_told)
{
	reopen(KEEPER_OPEN);
	rig_prepare(&rig, plugin("kill-parent"), "counter");
	/* On a busy machine it takes its time to die; that ends the trial. */
	rig.spec.sampling.window_ms = 2000;
	rig_try(&rig);
	/* The stage dies of its parent's death, a moment later. */
	for (int i = 0; i < 500 && rig_survivors(); i++)
		usleep(10000);
	ck_assert_int_eq(rig_survivors(), 0);
	rig_assert_status(&rig, STATUS_CRASHED);
	ck_assert_str_eq(rig.result.reason, "the keeper process was killed in run");
	keeper_reap(&rig.keeper);
	ck_assert_int_eq(keeper_start(&rig.keeper, KEEPER_OPEN, &rig.err), 0);
	expect_next_unharmed();
}
END_TEST

static int lines_of(const char *path, const char *wanted)
{
	FILE *file = fopen(path, "re");
	char line[1024];
	int count = 0;

	while (file && fgets(line, sizeof(line), file))
		count += strstr(line, wanted) != NULL;
	if (file)
		fclose(file);
	return count;
}

START_TEST(mounts_and_shared_memory_go_with_the_trial)
{
	int segments = lines_of("/proc/sysvipc/shm", "");

	if (!rig.keeper.isolated)
		return;
	expect("mount", STATUS_OK, "");
	ck_assert_int_eq(lines_of("/proc/self/mounts", "heddle-escape"), 0);
	expect("system-v", STATUS_OK, "");
	ck_assert_int_eq(lines_of("/proc/sysvipc/shm", ""), segments);
}
END_TEST

static void write_to(const char *path, const char *text)
{
	FILE *file = fopen(path, "we");

	ck_assert_ptr_nonnull(file);
	fputs(text, file);
	fclose(file);
}

START_TEST(frozen_processes_do_not_hold_up_the_run)
{
	static const char group[] = "/sys/fs/cgroup/freezer/heddle-frozen";

	if (access("/sys/fs/cgroup/freezer", W_OK) < 0)
		return;
	if (rig.keeper.isolated)
		expect("frozen", STATUS_FAILED, "run() returned -30 (Read-only file system)");
	reopen(KEEPER_OPEN);
	rig_prepare(&rig, plugin("frozen"), "counter");
	rig.spec.kase.cores = 1;
	rig.spec.timeout_s = 1;
	rig_try(&rig);
	write_to("/sys/fs/cgroup/freezer/heddle-frozen/freezer.state", "THAWED");
	rig_assert_status(&rig, STATUS_TIMED_OUT);
	ck_assert_ptr_nonnull(strstr(rig.result.reason, "; its processes cannot be ended: they are "
	                                                "frozen, or wait in the kernel"));
	ck_assert(!keeper_is_there(&rig.keeper));
	reopen(KEEPER_OPEN);
	expect_next_unharmed();
	for (int tries = 0; rmdir(group) < 0 && tries < 200; tries++)
		usleep(10000);
	ck_assert_int_lt(access(group, F_OK), 0);
}
END_TEST

/* Whatever stands there: the core lives, and what never was done is not told as done or as skipped. */
START_TEST(shared_memory_is_not_believed)
{
	enum { WAYS = 4, ON_ALL = 2, WORKLOADS = 9, FEW = 3 };
	static const char *const ways[] = {"letters", "anything", "zeros", "and-exit"};
	static const char *const names[] = {"counter", "copy",   "echo",   "switch", "spawn",
	                                    "queue",   "lookup", "timers", "wake"};

	for (int i = 0; i < WAYS; i++)
		for (int k = 0; k < (i < ON_ALL ? WORKLOADS : FEW); k++) {
			char file[64];

			snprintf(file, sizeof(file), "scribble-%s.so", ways[i]);
			rig_prepare(&rig, plugin_in(BROKEN_DIR, file), names[k]);
			rig.spec.kase.cores = 1;
			rig.spec.timeout_s = 1;
			rig_run(&rig);
			ck_assert_msg(rig.result.status != STATUS_SKIPPED, "%s on %s: %s", ways[i],
			              names[k], rig.result.reason);
			ck_assert_msg(rig.result.status != STATUS_OK || i < 3, "%s on %s", ways[i],
			              names[k]);
		}
	expect_next_unharmed();
}
END_TEST

START_TEST(answers_of_a_server_that_only_pretends)
{
	rig_prepare(&rig, plugin_in(BROKEN_DIR, "pretend.so"), "echo");
	rig_set_text(&rig, "transport", "udp");
	rig.spec.timeout_s = 1;
	rig_run(&rig);
	rig_assert_status(&rig, STATUS_TIMED_OUT);
	ck_assert_ptr_nonnull(strstr(rig.result.reason, "no answer for 1 s in run"));
	expect_next_unharmed();
}
END_TEST

int main(int argc, char **argv)
{
	const suite_test tests[] = {processes_left_behind_are_ended_and_told,
	                            processes_left_behind_without_help,
	                            fork_bomb_meets_its_limit,
	                            fork_bomb_without_help,
	                            memory_of_a_secret_child_counts,
	                            memory_of_a_secret_child_without_help,
	                            changes_of_the_process_are_told,
	                            processors_of_others_are_a_failure,
	                            output_is_kept_and_made_fit,
	                            guards_stand_around_shared_memory,
	                            tracing_the_keeper_is_refused,
	                            who_is_traced_is_ended_all_the_same,
	                            kill_of_all_reaches_its_own_only,
	                            keeper_in_a_namespace_cannot_be_killed,
	                            keeper_that_was_killed_is_told,
	                            mounts_and_shared_memory_go_with_the_trial,
	                            frozen_processes_do_not_hold_up_the_run,
	                            shared_memory_is_not_believed,
	                            answers_of_a_server_that_only_pretends,
	                            NULL};

	if (rig_is_stage(argc, argv))
		return stage_main();
	return suite_run_with("escape", tests, open_rig, close_rig);
}
