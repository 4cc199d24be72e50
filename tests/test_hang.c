/* SPDX-License-Identifier: MIT */
/* Trials that stand still in each way: who waits for whom is told, nothing is left, the next one is unharmed. */
#include "suite.h"
#include "trial_rig.h"

#include "result_document.h"

/* A thread of its own that a sanitizer may have moves all numbers. */
#if defined(__SANITIZE_THREAD__)
#define EXTRA_THREAD 1
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define EXTRA_THREAD 1
#endif
#endif
#ifndef EXTRA_THREAD
#define EXTRA_THREAD 0
#endif

static struct rig rig;

static void open_rig(void)
{
	rig_open(&rig);
}

static void close_rig(void)
{
	rig_close(&rig);
}

static void stand_still(const char *name)
{
	char path[512];

	snprintf(path, sizeof(path), BROKEN_DIR "/%s.so", name);
	rig_prepare(&rig, path, "counter");
	rig.spec.timeout_s = 1;
	rig_run(&rig);
	rig_assert_status(&rig, STATUS_TIMED_OUT);
	ck_assert_ptr_nonnull(rig.result.standstill);
	for (int i = 0; i < WORKLOAD_METRICS; i++)
		ck_assert(rig.result.metrics[i] != rig.result.metrics[i]);
}

static void assert_next_is_unharmed(void)
{
	rig_prepare(&rig, MODEL_PLUGIN_DIR "/serial.so", "counter");
	rig.spec.kase.cores = 1;
	rig_run(&rig);
	rig_assert_status(&rig, STATUS_OK);
	ck_assert_ptr_null(rig.result.standstill);
}

/* Without functions, which are there only where eu-stack is. */
static void expect(const char *name, const char *sentence)
{
	static const char start[] = "no progress for 1 s in run: ";
	const char *reason = rig.result.reason;

	setenv("PATH", "/nowhere", 1);
	stand_still(name);
	ck_assert_msg(rig_starts_with(reason, start), "%s", reason);
	ck_assert_str_ne(rig.result.standstill->frames_unknown, "");
	/* A kernel, or a container, that does not tell system calls. */
	if (!EXTRA_THREAD && !rig.result.standstill->calls_unknown[0])
		ck_assert_str_eq(reason + strlen(start), sentence);
	assert_next_is_unharmed();
}

#define TEST_OF(test, name, sentence)   \
	START_TEST(test)                \
	{                               \
		expect(name, sentence); \
	}                               \
	END_TEST

#define CIRCLE                                                                             \
	"thread 1 waits for a mutex held by thread 2, which waits for one held by thread " \
	"1: a deadlock"
#define NOT_WOKEN "thread 1 waits to be woken, and none is left to do it"

TEST_OF(two_mutexes_in_opposite_order, "hang-opposite", CIRCLE)
TEST_OF(robust_mutexes_too, "hang-robust", CIRCLE)
TEST_OF(two_processes_too, "hang-processes", CIRCLE)
TEST_OF(one_mutex_twice, "hang-twice",
        "thread 1 waits for a mutex that it holds itself: a deadlock")
TEST_OF(a_join_is_part_of_a_circle, "hang-join",
        "thread 1 waits for a mutex held by thread 2, which waits for thread 1 to end: a deadlock")
TEST_OF(a_holder_that_does_not_let_go, "hang-held",
        "thread 1 waits for a mutex held by thread 2; thread 2 waits in pause()")
TEST_OF(a_holder_that_has_ended, "hang-left-behind", NOT_WOKEN)
TEST_OF(lost_wake_up, "hang-lost-wake-up", NOT_WOKEN)
TEST_OF(empty_semaphore, "hang-semaphore", NOT_WOKEN)
TEST_OF(stopped, "hang-stopped", "thread 1 is stopped by a signal")
TEST_OF(deaf_to_signals, "hang-deaf", "thread 1 waits in pause()")
TEST_OF(endless_loop, "hang-spins", "thread 1 runs")
TEST_OF(vfork_that_does_not_end, "hang-child-stays",
        "thread 1 waits for the child of a vfork(); thread 2 waits in pause()")
TEST_OF(unknown_child, "hang-child", "thread 1 waits in wait4(); thread 2 waits in pause()")
TEST_OF(many_threads, "hang-many",
        "100 threads wait for a mutex held by thread 1; thread 1 waits in pause()")

START_TEST(the_teaching_model_does_it)
{
	const char *reason = rig.result.reason;

	rig_prepare(&rig, MODEL_PLUGIN_DIR "/hazard-deadlock.so", "counter");
	rig.spec.timeout_s = 1;
	rig_set_int(&rig, "locks", 2);
	rig_set_int(&rig, "tasks", 2);
	rig.spec.option_specs = (struct hd_option[]){
	        {.name = "order", .kind = HD_OPTION_CHOICE, .choices = "own-first ascending"}, {0}};
	rig.spec.options = (struct value[]){{.text = "own-first"}};
	rig_run(&rig);
	rig_assert_status(&rig, STATUS_TIMED_OUT);
	if (!rig.result.standstill->calls_unknown[0])
		ck_assert_msg(strstr(reason, " waits for a mutex held by thread ") &&
		                      strstr(reason, ": a deadlock"),
		              "%s", reason);
	rig.spec.options = (struct value[]){{.text = "ascending"}};
	rig_run(&rig);
	rig_assert_status(&rig, STATUS_OK);
}
END_TEST

static bool has_unwinder(void)
{
	char path[PATH_MAX], *rest = NULL, *all = strdup(getenv("PATH"));
	bool found = false;

	for (char *one = strtok_r(all, ":", &rest); one; one = strtok_r(NULL, ":", &rest)) {
		snprintf(path, sizeof(path), "%s/eu-stack", one);
		found |= access(path, X_OK) == 0;
	}
	free(all);
	return found;
}

/* Where it is there, and may look. */
START_TEST(functions_are_named)
{
	const struct standstill *all;
	json_t *json, *frames;
	char *text;

	if (!has_unwinder() || EXTRA_THREAD)
		return;
	stand_still("hang-opposite");
	all = rig.result.standstill;
	if (all->frames_unknown[0] || all->calls_unknown[0])
		return;
	ck_assert_str_eq(rig.result.reason,
	                 "no progress for 1 s in run: thread 1 in take_both() waits for a mutex "
	                 "held by thread 2, which in take_both() waits for one held by thread 1: a "
	                 "deadlock");
	json = standstill_json(all);
	frames = json_object_get(json_array_get(json_object_get(json, "stacks"), 0), "frames");
	ck_assert_uint_gt(json_array_size(frames), 3);
	text = json_dumps(frames, 0);
	ck_assert_ptr_nonnull(strstr(text, "hang_run (hang-opposite.so)"));
	free(text);
	json_decref(json);
}
END_TEST

/* Of a stopped process, and of one that waits for a vfork(), a stack takes time, but not for ever. */
START_TEST(time_is_bounded)
{
	stand_still("hang-stopped");
	ck_assert_uint_lt(rig.result.elapsed_ns, 20 * NS_PER_S);
	stand_still("hang-child-stays");
	ck_assert_uint_lt(rig.result.elapsed_ns, 20 * NS_PER_S);
	assert_next_is_unharmed();
}
END_TEST

int main(int argc, char **argv)
{
	const suite_test tests[] = {two_mutexes_in_opposite_order,
	                            robust_mutexes_too,
	                            two_processes_too,
	                            one_mutex_twice,
	                            a_join_is_part_of_a_circle,
	                            a_holder_that_does_not_let_go,
	                            a_holder_that_has_ended,
	                            lost_wake_up,
	                            empty_semaphore,
	                            stopped,
	                            deaf_to_signals,
	                            endless_loop,
	                            vfork_that_does_not_end,
	                            unknown_child,
	                            many_threads,
	                            the_teaching_model_does_it,
	                            functions_are_named,
	                            time_is_bounded,
	                            NULL};

	if (rig_is_stage(argc, argv))
		return stage_main();
	return suite_run_with("hang", tests, open_rig, close_rig);
}
