/* SPDX-License-Identifier: MIT */
/* Trials of models that are right and of models that are wrong in each way: status, reason, nothing
 * left. */
#include "loopback.h"
#include "suite.h"
#include "trial_rig.h"

#include <math.h>

#include "fault.h"
#include "loader.h"

enum { TRIED = 20 };

static struct rig rig;

static void open_rig(void)
{
	rig_open(&rig);
}

static void close_rig(void)
{
	rig_close(&rig);
}

static const char *broken(const char *name)
{
	static char path[512];

	snprintf(path, sizeof(path), BROKEN_DIR "/%s.so", name);
	return path;
}

static void run_broken(const char *name, uint32_t timeout_s)
{
	rig_prepare(&rig, broken(name), "counter");
	/* Room for what is to go wrong on a busy machine; it ends the trial. */
	rig.spec.sampling.window_ms = 250;
	rig.spec.timeout_s = timeout_s;
	rig_run(&rig);
}

static void expect(const char *name, enum status status, const char *reason)
{
	run_broken(name, 30);
	rig_assert_status(&rig, status);
	rig_assert_reason(&rig, reason);
	for (int i = 0; i < WORKLOAD_METRICS; i++)
		ck_assert(isnan(rig.result.metrics[i]));
	/* The next trial of the same keeper is unharmed. */
	rig_prepare(&rig, MODEL_PLUGIN_DIR "/serial.so", "counter");
	rig.spec.kase.cores = 1;
	rig_run(&rig);
	rig_assert_status(&rig, STATUS_OK);
}

START_TEST(right_model_is_measured)
{
	struct trial_result *result = &rig.result;
	uint64_t sum = 0;

	rig_prepare(&rig, broken("worker-daemon"), "counter");
	/* The median of windows is to be more than nothing on a busy machine, too. */
	rig.spec.sampling.window_ms = 150;
	rig_run(&rig); /* it leaves a daemon behind, and is right otherwise */
	rig_assert_status(&rig, STATUS_OK);
	ck_assert_str_eq(result->reason, "");
	ck_assert_uint_eq(result->windows, 4);
	ck_assert_uint_eq(result->tasks, (unsigned)rig.cores);
	/* On a busy machine the second one may be late. */
	ck_assert_uint_ge(result->stepped, 1);
	ck_assert_uint_le(result->stepped, (unsigned)rig.cores);
	ck_assert(result->metrics[0] > 0);
	ck_assert(result->whole_rate > 0);
	for (uint32_t i = 0; i < result->windows; i++)
		ck_assert_uint_gt(result->window_ns[i], 0);
	for (uint32_t i = 0; i < result->tasks; i++)
		sum += result->task_ops[i];
	ck_assert_uint_gt(sum, 0);
	ck_assert_double_nan(result->cpu_ns); /* the daemon's is not known */
	ck_assert_str_eq(result->threads_unknown, "it has processes that the core was not told of");
	ck_assert(result->peak_bytes > 100000);
	ck_assert_uint_gt(result->elapsed_ns, 85 * NS_PER_MS);
	ck_assert(!result->interrupted);
}
END_TEST

/* A turn that is given away on one core is a switch of threads, or of processes; of which, nobody else knows. */
static void check_switches(const char *plugin)
{
	const double *gauges = rig.result.gauges;
	char path[512];

	snprintf(path, sizeof(path), MODEL_PLUGIN_DIR "/%s", plugin);
	rig_prepare(&rig, path, "switch");
	rig.spec.kase.cores = 1;
	rig.spec.sampling.window_ms = 50;
	rig_run(&rig);
	rig_assert_status(&rig, STATUS_OK);
	ck_assert_double_gt(rig.result.cpu_ns, 0);
	ck_assert_double_gt(gauges[GAUGE_OBSERVED], 4 * 40e6);
	ck_assert_double_eq_tol(gauges[GAUGE_OBSERVED], 4 * 50e6, 4 * 50e6);
	ck_assert_double_nan(gauges[GAUGE_CYCLES]); /* was not asked for */
	if (isnan(gauges[GAUGE_SWITCHES]))
		return; /* a kernel without schedstat */
	ck_assert_double_gt(rig.result.per_op[0], 0.5);
	ck_assert_double_lt(rig.result.per_op[0], 1.5);
	ck_assert_double_gt(gauges[GAUGE_RUN_DELAY], 0); /* two want one core */
	ck_assert_double_nan(rig.result.per_op[1]);
}

START_TEST(switches_of_threads_and_processes_are_seen)
{
	check_switches("thread-mutex.so");
	check_switches("process-pool.so");
}
END_TEST

/* By the kernel's counters, inherited by threads and children, it is the same number. */
START_TEST(counters_are_there_where_asked_for)
{
	static const char *const plugins[] = {"thread-mutex.so", "process-pool.so"};
	char path[512];

	for (int i = 0; i < 2; i++) {
		snprintf(path, sizeof(path), MODEL_PLUGIN_DIR "/%s", plugins[i]);
		rig_prepare(&rig, path, "switch");
		rig.spec.kase.cores = 1;
		rig.spec.sampling.counters = true;
		rig_run(&rig);
		rig_assert_status(&rig, STATUS_OK);
		if (isnan(rig.result.per_op[0]))
			return;
		ck_assert_double_gt(rig.result.per_op[0], 0.5);
		ck_assert_double_lt(rig.result.per_op[0], 1.5);
		/* Where there are such counters, an operation takes some of both. */
		for (int k = 1; k < PER_OP_METRICS; k++)
			ck_assert(isnan(rig.result.per_op[k]) || rig.result.per_op[k] > 1);
	}
}
END_TEST

/* ---- Wrong results, in every trial ----------------------------------------------------------- */

START_TEST(race_is_caught_every_time)
{
	if (rig.cores < 2)
		return;
	/* A sanitizer that finds the race has not found what this test is about. */
	rig_close(&rig);
	setenv("TSAN_OPTIONS", "exitcode=0", 1);
	rig_open(&rig);
	for (int i = 0; i < TRIED; i++) {
		unsigned long long acknowledged, found, lost;

		rig_prepare(&rig, broken("race"), "counter");
		/* Long enough for both threads to run at once, on a busy machine too. */
		rig.spec.sampling.window_ms = RIG_SANITIZER ? 500 : 30;
		rig_run(&rig);
		rig_assert_status(&rig, STATUS_WRONG_RESULT);
		ck_assert_int_eq(sscanf(rig.result.reason,
		                        "%llu acknowledged, %llu found (%llu lost) in line 1 of 1",
		                        &acknowledged, &found, &lost),
		                 3);
		ck_assert_uint_eq(acknowledged, found + lost);
		ck_assert_uint_gt(lost, 0);
		ck_assert(isnan(rig.result.metrics[0]));
	}
}
END_TEST

static void drop_over(const char *transport, int times)
{
	for (int i = 0; i < times; i++) {
		rig_prepare(&rig, broken("drop"), "echo");
		rig_set_text(&rig, "transport", transport);
		rig_set_int(&rig, "connections", 2);
		rig.spec.sampling.warmup_ms = 30; /* for ten messages, on a busy machine too */
		rig_run(&rig);
		rig_assert_status(&rig, STATUS_WRONG_RESULT);
		ck_assert_msg(strstr(rig.result.reason, "connection "), "%s", rig.result.reason);
	}
}

START_TEST(dropped_byte_is_caught_every_time)
{
	drop_over("unix", 2);
	if (!loopback_is_up())
		return;
	drop_over("tcp", TRIED);
	drop_over("udp", TRIED);
}
END_TEST

START_TEST(server_that_never_answers_whole_is_wrong_not_late)
{
	rig_prepare(&rig, broken("drop-all"), "echo");
	rig_set_text(&rig, "transport", loopback_is_up() ? "tcp" : "unix");
	rig_set_int(&rig, "connections", 2);
	rig.spec.timeout_s = 1;
	rig_run(&rig);
	rig_assert_status(&rig, STATUS_WRONG_RESULT);
	ck_assert_msg(strstr(rig.result.reason, "63 of 64 bytes came back"), "%s",
	              rig.result.reason);
}
END_TEST

START_TEST(memory_without_end_is_ended)
{
	rig_prepare(&rig, broken("hog"), "counter");
	rig.spec.memory_mib = RIG_SANITIZER ? 512 : 128;
	rig.spec.sampling.window_ms = 2000;
	rig_run(&rig);
	rig_assert_status(&rig, STATUS_FAILED);
	ck_assert_msg(strstr(rig.result.reason, " MiB in run; limits.memory_mib is "), "%s",
	              rig.result.reason);
}
END_TEST

START_TEST(corrupted_block_is_caught_every_time)
{
	for (int i = 0; i < TRIED; i++) {
		rig_prepare(&rig, broken("corrupt"), "copy");
		rig_set_text(&rig, "work_dir", rig.work_dir);
		rig_set_int(&rig, "files", 8);
		rig_set_int(&rig, "file_kib", 16);
		rig_run(&rig);
		rig_assert_status(&rig, STATUS_WRONG_RESULT);
		ck_assert_msg(
		        strstr(rig.result.reason, " copies differ") &&
		                strstr(rig.result.reason, "differs from its source at byte 0"),
		        "%s", rig.result.reason);
	}
}
END_TEST

/* One has no other task to give the core to, the other does not give it to any. */
START_TEST(kept_core_is_caught_every_time)
{
	static const char *const keeping[] = {MODEL_PLUGIN_DIR "/serial.so",
	                                      MODEL_PLUGIN_DIR "/empty.so"};

	for (int i = 0; i < TRIED; i++) {
		rig_prepare(&rig, keeping[i % 2], "switch");
		rig_run(&rig);
		rig_assert_status(&rig, STATUS_WRONG_RESULT);
		ck_assert_msg(strstr(rig.result.reason, " turns answered, another task ran in "),
		              "%s", rig.result.reason);
	}
	rig_prepare(&rig, MODEL_PLUGIN_DIR "/thread-mutex.so", "switch");
	rig_run(&rig);
	rig_assert_status(&rig, STATUS_OK);
}
END_TEST

/* ---- Death ----------------------------------------------------------------------------------- */

START_TEST(crashes_name_signal_phase_and_place)
{
	expect("crash-in-constructor", STATUS_CRASHED,
	       "killed by SIGSEGV in load at crash+0x (crash-in-constructor.so): address 0x10");
	expect("crash-in-unsupported", STATUS_CRASHED,
	       "killed by SIGSEGV in load at crash+0x (crash-in-unsupported.so): address 0x10");
	expect("crash-in-open", STATUS_CRASHED,
	       "killed by SIGSEGV in open at crash+0x (crash-in-open.so): address 0x10");
	expect("crash-in-run", STATUS_CRASHED,
	       "killed by SIGSEGV in run at crash+0x (crash-in-run.so): address 0x10");
	expect("crash-in-task", STATUS_CRASHED,
	       "killed by SIGSEGV in run at crash+0x (crash-in-task.so): address 0x10");
	expect("crash-in-close", STATUS_CRASHED,
	       "killed by SIGSEGV in close at crash+0x (crash-in-close.so): address 0x10");
	expect("crash-in-destructor", STATUS_CRASHED,
	       "killed by SIGSEGV in unload at crash+0x (crash-in-destructor.so): address 0x10");
}
END_TEST

START_TEST(each_deadly_signal_is_told)
{
	expect("give-up-in-constructor", STATUS_CRASHED,
	       "killed by SIGABRT in load at give_up+0x (give-up-in-constructor.so)");
#if defined(__x86_64__) /* elsewhere division answers 0, and a trap is another signal */
	expect("divide", STATUS_CRASHED,
	       "killed by SIGFPE in run at divide+0x (divide.so): integer division by zero, or "
	       "overflow");
	expect("illegal", STATUS_CRASHED, "killed by SIGILL in run at illegal+0x (illegal.so)");
#endif
	expect("read-cut-file", STATUS_CRASHED,
	       "killed by SIGBUS in run at read_cut_file+0x (read-cut-file.so): address 0x, "
	       "where a mapped file has nothing");
	if (!RIG_SANITIZER) /* whose own report dies of the stack that was smashed */
		expect("smash", STATUS_CRASHED,
		       "killed by SIGABRT in run at smash+0x (smash.so); it printed: *** stack "
		       "smashing detected ***: terminated");
	expect("kill-itself", STATUS_CRASHED, "killed by SIGKILL in run");
}
END_TEST

/* No frame of its own: the caller is named. */
START_TEST(call_of_what_is_no_function)
{
	expect("call-nothing", STATUS_CRASHED,
	       "killed by SIGSEGV in run at call_nothing+0x (call-nothing.so): address 0x0");
}
END_TEST

START_TEST(stack_overflows_are_told)
{
	expect("overflow", STATUS_CRASHED,
	       "killed by SIGSEGV in run at recurse+0x (overflow.so): stack overflow");
	expect("overflow-in-task", STATUS_CRASHED,
	       "killed by SIGSEGV in run at recurse+0x (overflow-in-task.so): stack overflow");
	expect("overflow-coroutine-in-task", STATUS_CRASHED,
	       "killed by SIGSEGV in run at recurse+0x (overflow-coroutine-in-task.so): stack "
	       "overflow");
}
END_TEST

/* Threads that never called bind() have no stack for a handler of an overflow; for all else they do. */
START_TEST(threads_that_nobody_knows)
{
	expect("crash-stranger", STATUS_CRASHED,
	       "killed by SIGSEGV in run at crash+0x (crash-stranger.so): address 0x10");
	expect("overflow-stranger", STATUS_CRASHED, "killed by SIGSEGV in run");
}
END_TEST

START_TEST(backtrace_is_kept)
{
	const struct fault *fault;
	uint32_t i = 0;

	run_broken("crash-in-run", 30);
	fault = rig.result.fault;
	if (RIG_SANITIZER)
		return;
	ck_assert_ptr_nonnull(fault);
	ck_assert_int_eq(fault->signal, SIGSEGV);
	ck_assert_uint_eq(fault->address, 16);
	ck_assert_uint_ge(fault->frames, 4);
	ck_assert_int_eq(fault->told, 0);
	ck_assert_str_eq(fault->frame[0].function, "crash");
	ck_assert_ptr_nonnull(strstr(fault->frame[0].object, "/crash-in-run.so"));
	while (i < fault->frames && strcmp(fault->frame[i].function, "stage_main") != 0)
		i++;
	ck_assert_uint_lt(i, fault->frames);
	rig_prepare(&rig, MODEL_PLUGIN_DIR "/serial.so", "counter");
	rig.spec.kase.cores = 1;
	rig_run(&rig);
	ck_assert_ptr_null(rig.result.fault);
}
END_TEST

START_TEST(exits_are_no_success)
{
	expect("exit-0", STATUS_CRASHED,
	       "exited with status 0 in run at exit_0+0x (exit-0.so), before the trial was over");
	expect("exit-5", STATUS_CRASHED, "exited with status 5 in run at exit_5+0x (exit-5.so)");
	expect("exit-in-constructor", STATUS_CRASHED,
	       "exited with status 0 in load at exit_0+0x (exit-in-constructor.so), before the "
	       "trial was over");
	expect("exit-at-once-0", STATUS_CRASHED,
	       "exited with status 0 in run, before the trial was over");
	expect("exit-at-once-3", STATUS_CRASHED, "exited with status 3 in run");
}
END_TEST

START_TEST(last_words_are_kept)
{
	expect("print-and-abort", STATUS_CRASHED,
	       "killed by SIGABRT in run at print_and_abort+0x (print-and-abort.so); it printed: "
	       "last words\?\?[31m");
}
END_TEST

START_TEST(dead_workers_are_found)
{
	expect("worker-killed", STATUS_CRASHED, "a worker process was killed by SIGKILL in run");
	expect("worker-crashes", STATUS_CRASHED,
	       "a worker process was killed by SIGSEGV in run at crash+0x (worker-crashes.so): "
	       "address 0x10");
	expect("worker-exits-5", STATUS_CRASHED, "a worker process exited with status 5 in run");
	expect("worker-ends", STATUS_CRASHED, "a worker process ended in run");
	expect("worker-family", STATUS_CRASHED, "a worker process was killed by SIGKILL in run");
}
END_TEST

/* One that the core was not told of dies, and the model waits for it. */
START_TEST(death_that_nobody_watched_explains_a_hang)
{
	const char *reason;

	run_broken("worker-unseen", 1);
	rig_assert_status(&rig, STATUS_TIMED_OUT);
	reason = rig_without_offsets(rig.result.reason);
	ck_assert_msg(rig_starts_with(reason, "no progress for 1 s in run: "), "%s", reason);
	if (!RIG_SANITIZER)
		ck_assert_msg(strstr(reason,
		                     "; thread 4 has ended; a process had died of SIGSEGV at "
		                     "crash+0x (worker-unseen.so): address 0x10") ||
		                      rig.cores < 2,
		              "%s", reason);
}
END_TEST

/* ---- Standstill ------------------------------------------------------------------------------ */

/* Threads of the model that have nothing to do are told as well. */
static void expect_hang(const char *name, const char *phase)
{
	char start[64];

	run_broken(name, 1);
	rig_assert_status(&rig, STATUS_TIMED_OUT);
	snprintf(start, sizeof(start), "no progress for 1 s in %s: ", phase);
	ck_assert_msg(rig_starts_with(rig.result.reason, start) &&
	                      (strstr(rig.result.reason, "thread 1 ") ||
	                       strstr(rig.result.reason, "threads 1 ")),
	              "%s", rig.result.reason);
}

START_TEST(hang_in_constructor)
{
	expect_hang("hang-in-constructor", "load");
}
END_TEST

START_TEST(hang_in_unsupported)
{
	expect_hang("hang-in-unsupported", "load");
}
END_TEST

START_TEST(hang_in_open)
{
	expect_hang("hang-in-open", "open");
}
END_TEST

START_TEST(hang_in_run)
{
	expect_hang("hang-in-run", "run");
}
END_TEST

START_TEST(endless_loop_in_run)
{
	expect_hang("spin", "run");
}
END_TEST

START_TEST(hang_in_close)
{
	expect_hang("hang-in-close", "close");
}
END_TEST

START_TEST(hang_in_destructor)
{
	expect_hang("hang-in-destructor", "unload");
}
END_TEST

/* ---- Errors that are told -------------------------------------------------------------------- */

START_TEST(errors_keep_their_reason)
{
	expect("open-with-reason", STATUS_FAILED,
	       "the licence server does not answer: Permission denied");
	expect("open-without", STATUS_FAILED, "open() returned -13 (Permission denied)");
	expect("open-positive", STATUS_FAILED, "open() returned 13 (Permission denied)");
	expect("run-fails", STATUS_FAILED, "run() returned -5 (Input/output error)");
	expect("run-returns", STATUS_FAILED, "run() returned before it was told to stop");
	expect("cannot-run-here", STATUS_SKIPPED, "no quantum processor");
	expect("section-fails", STATUS_WRONG_RESULT,
	       "task 0: a section was answered with the error Resource deadlock avoided");
	expect("unfit-refuses-sections", STATUS_SKIPPED, "one word is all that fits");
}
END_TEST

START_TEST(noise_is_kept_apart)
{
	run_broken("noise", 30);
	rig_assert_status(&rig, STATUS_OK);
	ck_assert_str_eq(rig.result.reason, "");
}
END_TEST

START_TEST(another_file_is_refused)
{
	uint64_t hash;

	ck_assert_int_eq(loader_hash(broken("noise"), &hash), 0);
	rig_prepare(&rig, MODEL_PLUGIN_DIR "/serial.so", "counter");
	rig.spec.plugin_hash = hash;
	rig_run(&rig);
	rig_assert_status(&rig, STATUS_FAILED);
	ck_assert_msg(
	        strstr(rig.result.reason, "serial.so: the file has changed since the run began"),
	        "%s", rig.result.reason);
	rig_prepare(&rig, "/no/such.so", "counter");
	rig.spec.plugin_hash = hash;
	rig_run(&rig);
	rig_assert_status(&rig, STATUS_FAILED);
	ck_assert_str_eq(rig.result.reason, "/no/such.so: No such file or directory");
}
END_TEST

/* ---- What the caller may do ------------------------------------------------------------------ */

static bool end_at_once(void *context)
{
	++*(int *)context;
	return true;
}

START_TEST(interruption_is_nobodys_fault)
{
	int asked = 0;

	rig_prepare(&rig, MODEL_PLUGIN_DIR "/serial.so", "counter");
	rig.spec.interrupted = end_at_once;
	rig.spec.context = &asked;
	rig_run(&rig);
	ck_assert(rig.result.interrupted);
	ck_assert_int_ge(asked, 1);
	ck_assert(isnan(rig.result.metrics[0]));
}
END_TEST

START_TEST(model_that_does_nothing_may_go_unverified)
{
	rig_prepare(&rig, MODEL_PLUGIN_DIR "/empty.so", "counter");
	rig.spec.kase.cores = 1;
	rig.spec.unverified = true;
	rig_run(&rig);
	rig_assert_status(&rig, STATUS_OK);
	rig.spec.unverified = false;
	rig_run(&rig);
	rig_assert_status(&rig, STATUS_WRONG_RESULT);
	ck_assert_ptr_nonnull(strstr(rig.result.reason, ", 0 found ("));
}
END_TEST

START_TEST(killed_keeper_is_told)
{
	pid_t keeper = rig.keeper.pid;

	kill(keeper, SIGKILL);
	rig_prepare(&rig, MODEL_PLUGIN_DIR "/serial.so", "counter");
	trial_run(&rig.spec, &rig.keeper, &rig.result);
	ck_assert_int_ne(rig.result.status, STATUS_OK);
	ck_assert_msg(strstr(rig.result.reason, "keeper process"), "%s", rig.result.reason);
}
END_TEST

/* Processes that come and go, and ones that stay as long as their connections. */
START_TEST(processes_that_nobody_watches_leave_their_time_unknown)
{
	static const char *const kinds[] = {"spawn", "echo"};

	for (int i = 0; i < 2; i++) {
		rig_prepare(&rig, MODEL_PLUGIN_DIR "/process-per-job.so", kinds[i]);
		rig.spec.kase.cores = 1;
		rig.spec.sampling.window_ms = 50;
		rig_run(&rig);
		rig_assert_status(&rig, STATUS_OK);
		ck_assert_double_nan(rig.result.cpu_ns);
		ck_assert_double_nan(rig.result.gauges[GAUGE_SWITCHES]);
		ck_assert_str_eq(rig.result.threads_unknown,
		                 "it has processes that the core was not told of");
	}
}
END_TEST

START_TEST(passes_of_a_finite_workload_are_whole)
{
	rig_prepare(&rig, broken("worker-daemon"), "copy");
	rig_set_text(&rig, "work_dir", rig.work_dir);
	rig_set_int(&rig, "files", 10);
	rig_set_int(&rig, "file_kib", 16);
	rig_run(&rig);
	rig_assert_status(&rig, STATUS_OK);
	ck_assert_uint_ge(rig.result.passes, 1);
	ck_assert(rig.result.metrics[0] > 0);
	ck_assert_msg(strstr(rig.result.note, "on "), "%s", rig.result.note);
}
END_TEST

int main(int argc, char **argv)
{
	const suite_test tests[] = {right_model_is_measured,
	                            race_is_caught_every_time,
	                            dropped_byte_is_caught_every_time,
	                            corrupted_block_is_caught_every_time,
	                            kept_core_is_caught_every_time,
	                            server_that_never_answers_whole_is_wrong_not_late,
	                            memory_without_end_is_ended,
	                            crashes_name_signal_phase_and_place,
	                            each_deadly_signal_is_told,
	                            call_of_what_is_no_function,
	                            stack_overflows_are_told,
	                            threads_that_nobody_knows,
	                            backtrace_is_kept,
	                            exits_are_no_success,
	                            last_words_are_kept,
	                            dead_workers_are_found,
	                            death_that_nobody_watched_explains_a_hang,
	                            hang_in_constructor,
	                            hang_in_unsupported,
	                            hang_in_open,
	                            hang_in_run,
	                            endless_loop_in_run,
	                            hang_in_close,
	                            hang_in_destructor,
	                            errors_keep_their_reason,
	                            noise_is_kept_apart,
	                            switches_of_threads_and_processes_are_seen,
	                            counters_are_there_where_asked_for,
	                            another_file_is_refused,
	                            interruption_is_nobodys_fault,
	                            model_that_does_nothing_may_go_unverified,
	                            killed_keeper_is_told,
	                            passes_of_a_finite_workload_are_whole,
	                            processes_that_nobody_watches_leave_their_time_unknown,
	                            NULL};

	if (rig_is_stage(argc, argv))
		return stage_main();
	return suite_run_with("trial", tests, open_rig, close_rig);
}
