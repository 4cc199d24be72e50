/* SPDX-License-Identifier: MIT */
/*
 * A keeper and short trials on the PUs of this machine, and a look at what they leave behind. The
 * keeper executes its own program as the stage, so main() of a test that uses this begins with
 * rig_is_stage().
 */
#ifndef HEDDLE_TESTS_TRIAL_RIG_H
#define HEDDLE_TESTS_TRIAL_RIG_H

#include <check.h>
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "clock.h"
#include "keeper.h"
#include "scratch.h"
#include "stage.h"
#include "trial.h"

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define RIG_SANITIZER 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define RIG_SANITIZER 1
#endif
#endif
#ifndef RIG_SANITIZER
#define RIG_SANITIZER 0
#endif

#define BROKEN_DIR TEST_PLUGIN_DIR "/broken"

struct rig {
	struct keeper keeper;
	struct hd_error err;
	struct scratch scratch;
	char work_dir[64];
	struct value params[ARENA_VALUES];
	int cpus[2], cores, descriptors;
	struct trial_spec spec;
	struct trial_result result;
	char plugin[512];
};

static inline int rig_is_stage(int argc, char **argv)
{
	return argc > 1 && strcmp(argv[1], "stage") == 0;
}

/* In the environment of all that the keeper starts, and of nothing else. */
static inline const char *rig_mark(void)
{
	static char mark[64];

	snprintf(mark, sizeof(mark), "HEDDLE_TEST_MARK=%d-", (int)getpid());
	return mark;
}

static inline bool rig_file_has(const char *path, const char *wanted)
{
	static char text[1 << 20];
	FILE *file = fopen(path, "re");
	size_t got = file ? fread(text, 1, sizeof(text), file) : 0;

	if (file)
		fclose(file);
	return memmem(text, got, wanted, strlen(wanted)) != NULL;
}

/* Live processes that descend from a stage of this test, whoever their parent is by now. */
static inline int rig_survivors(void)
{
	DIR *folder = opendir("/proc");
	struct dirent *entry;
	int count = 0;

	ck_assert_ptr_nonnull(folder);
	while ((entry = readdir(folder))) {
		char path[300];

		if (!isdigit((unsigned char)entry->d_name[0]) || atoi(entry->d_name) == getpid())
			continue;
		snprintf(path, sizeof(path), "/proc/%s/environ", entry->d_name);
		count += rig_file_has(path, rig_mark());
	}
	closedir(folder);
	return count;
}

static inline int rig_entries(const char *path)
{
	DIR *folder = opendir(path);
	int count = 0;

	ck_assert_ptr_nonnull(folder);
	while (readdir(folder))
		count++;
	closedir(folder);
	return count;
}

static inline int rig_descriptors(void)
{
	return rig_entries("/proc/self/fd");
}

static inline void rig_find_cpus(struct rig *rig)
{
	cpu_set_t set;

	ck_assert_int_eq(sched_getaffinity(0, sizeof(set), &set), 0);
	for (int cpu = 0; cpu < CPU_SETSIZE && rig->cores < 2; cpu++)
		if (CPU_ISSET(cpu, &set))
			rig->cpus[rig->cores++] = cpu;
}

static inline void rig_open_as(struct rig *rig, enum keeper_mode mode)
{
	memset(rig, 0, sizeof(*rig));
	setenv("HEDDLE_TEST_MARK", strchr(rig_mark(), '=') + 1, 1);
	rig_find_cpus(rig);
	ck_assert_msg(keeper_start(&rig->keeper, mode, &rig->err) == 0, "%s", rig->err.text);
	strcpy(rig->work_dir, "/tmp/heddle-rig-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(rig->work_dir));
	rig->descriptors = rig_descriptors();
}

static inline void rig_open(struct rig *rig)
{
	rig_open_as(rig, KEEPER_ISOLATED);
}

/* What trials in this rig are to be: a plugin's path, a workload with its defaults, two cores if
 * any. */
static inline void rig_prepare(struct rig *rig, const char *plugin, const char *workload)
{
	struct workload_case *kase = &rig->spec.kase;

	snprintf(rig->plugin, sizeof(rig->plugin), "%s", plugin);
	rig->spec = (struct trial_spec){.plugin_path = rig->plugin,
	                                .cpus = rig->cpus,
	                                .sampling = {.rounds = 1,
	                                             .warmup_ms = 5,
	                                             .window_ms = 20,
	                                             .windows = 4,
	                                             .drain_ms = 200},
	                                .timeout_s = 30,
	                                .seed = 7,
	                                .scratch = &rig->scratch};
	*kase = (struct workload_case){.workload = workload_find(workload),
	                               .params = rig->params,
	                               .cores = (uint32_t)rig->cores,
	                               .generator_cpus = rig->cpus,
	                               .generator_cores = 1,
	                               .drain_ms = 200};
	ck_assert_ptr_nonnull(kase->workload);
	for (size_t i = 0; kase->workload->params[i].name; i++)
		rig->params[i] = option_default(&kase->workload->params[i]);
}

static inline void rig_set_int(struct rig *rig, const char *name, int64_t number)
{
	int i = option_find(rig->spec.kase.workload->params, name);

	ck_assert_int_ge(i, 0);
	rig->params[i].number = number;
}

static inline void rig_set_text(struct rig *rig, const char *name, const char *text)
{
	int i = option_find(rig->spec.kase.workload->params, name);

	ck_assert_int_ge(i, 0);
	rig->params[i].text = text;
}

static inline void rig_try(struct rig *rig)
{
	struct workload_case *kase = &rig->spec.kase;

	trial_free(&rig->result);
	if (kase->workload->resolve)
		ck_assert_msg(kase->workload->resolve(rig->params, kase->cores, &rig->err) == 0,
		              "%s", rig->err.text);
	trial_run(&rig->spec, &rig->keeper, &rig->result);
}

/* One trial. Whatever it was, nothing is left of it. */
static inline void rig_run(struct rig *rig)
{
	rig_try(rig);
	ck_assert_int_eq(rig_survivors(), 0);
	scratch_remove(&rig->scratch); /* the run's folders live longer than its trials */
	ck_assert_int_eq(rig_entries(rig->work_dir), 2);
	ck_assert_int_eq(rig_descriptors(), rig->descriptors);
}

static inline void rig_assert_status(const struct rig *rig, enum status status)
{
	ck_assert_msg(rig->result.status == status, "%s: %s", status_name(rig->result.status),
	              rig->result.reason);
}

static inline bool rig_starts_with(const char *text, const char *start)
{
	return strncmp(text, start, strlen(start)) == 0;
}

/* How far into a function is the compiler's to say, where a mapping lies the kernel's: both are left out. */
static inline const char *rig_without_offsets(const char *text)
{
	static char rest[ARENA_REASON_BYTES];
	char *to = rest;

	while (*text && to < rest + sizeof(rest) - 8) {
		size_t word = rig_starts_with(text, "+0x")  ? 3
		              : rig_starts_with(text, "0x") ? 2
		                                            : 0;
		size_t digits = strspn(text + word, "0123456789abcdef");

		if (word == 2 && digits < 9)
			digits = 0;
		to = mempcpy(to, text, word ? word : 1);
		text += word ? word + digits : 1;
	}
	*to = '\0';
	return rest;
}

/* The reason exactly, but for offsets. A sanitizer turns some signals into an exit status, has handlers of
 * its own and adds words of its own. */
static inline void rig_assert_reason(const struct rig *rig, const char *reason)
{
	const char *found = rig_without_offsets(rig->result.reason);
	const char *place = strstr(reason, " at ");
	int sure = (int)(place ? place - reason : (long)strlen(reason));

	if (RIG_SANITIZER && rig->result.status == STATUS_CRASHED)
		ck_assert_msg(strncmp(found, reason, (size_t)sure) == 0 ||
		                      rig_starts_with(found, "exited with status") ||
		                      rig_starts_with(found, "a worker process exited with status"),
		              "\"%s\", expected \"%.*s\"", found, sure, reason);
	else
		ck_assert_str_eq(found, reason);
}

static inline void rig_close(struct rig *rig)
{
	pid_t keeper = rig->keeper.pid;

	trial_free(&rig->result);
	keeper_stop(&rig->keeper);
	ck_assert(kill(keeper, 0) < 0 && errno == ESRCH);
	ck_assert_int_eq(rmdir(rig->work_dir), 0);
}

#endif
