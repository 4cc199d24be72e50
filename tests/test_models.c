/* SPDX-License-Identifier: MIT */
/* Plugins that are found, and what a stage is told when it asks them. */
#include "suite.h"
#include "trial_rig.h"

#include <sys/stat.h>

#include "fake_tree.h"
#include "models.h"

static struct rig rig;
static struct models models;
static char root[FAKE_TREE_PATH];

static void setup(void)
{
	rig_open(&rig);
	fake_tree_make(root);
}

static void teardown(void)
{
	models_free(&models);
	fake_tree_remove(root);
	rig_close(&rig);
}

static void find(const char *const *folders)
{
	struct hd_error err = {0};

	ck_assert_msg(models_find(&models, folders, &err) == 0, "%s", err.text);
}

START_TEST(found_once_and_sorted)
{
	const char *folders[] = {root, "/no/such/folder", MODEL_PLUGIN_DIR, NULL};
	struct model *model;

	fake_tree_put(root, "serial.so", "mine goes first");
	fake_tree_put(root, "zebra.so", "");
	fake_tree_put(root, ".hidden.so", "");
	fake_tree_put(root, "libother.a", "");
	fake_tree_put(root, ".so", "");
	fake_tree_put(root, "not-built.txt",
	              "fibers needs Boost.Context\nshort\n\nlast has no newline");
	find(folders);
	for (size_t i = 1; i < models.count; i++)
		ck_assert_int_lt(strcmp(models.items[i - 1]->name, models.items[i]->name), 0);
	model = models_get(&models, "serial");
	ck_assert_ptr_nonnull(model);
	ck_assert_int_eq(strncmp(model->path, root, strlen(root)), 0);
	ck_assert(!model->asked);
	ck_assert_ptr_nonnull(models_get(&models, "zebra"));
	ck_assert_ptr_null(models_get(&models, ".hidden"));
	ck_assert_ptr_null(models_get(&models, "libother"));
	ck_assert_uint_ge(models.missing_count, 2);
	ck_assert_str_eq(models.missing[0].name, "fibers");
	ck_assert_str_eq(models.missing[0].reason, "needs Boost.Context");
	ck_assert_str_eq(models.missing[1].name, "last");
}
END_TEST

START_TEST(a_file_goes_before_what_was_found)
{
	const char *folders[] = {MODEL_PLUGIN_DIR, NULL};
	struct model *found, *added;
	char path[128];

	find(folders);
	found = models_get(&models, "serial");
	ck_assert_ptr_eq(models_add_file(&models, MODEL_PLUGIN_DIR "/../plugins/serial.so"), found);
	fake_tree_put(root, "serial.so", "x");
	snprintf(path, sizeof(path), "%s/serial.so", root);
	added = models_add_file(&models, path);
	ck_assert_ptr_ne(added, found);
	ck_assert_ptr_eq(models_get(&models, "serial"), added);
	ck_assert_ptr_eq(models_add_file(&models, path), added);
}
END_TEST

static const struct keeper_limits limits = {.memory_mib = 512, .threads = 64};

static struct model *ask(const char *path, uint32_t timeout_s)
{
	struct model *model = models_add_file(&models, path);

	ck_assert_ptr_nonnull(model);
	models_ask(model, &rig.keeper, &limits, timeout_s);
	ck_assert(model->asked);
	ck_assert_int_eq(rig_survivors(), 0);
	ck_assert_int_eq(rig_descriptors(), rig.descriptors);
	return model;
}

static void expect(const char *path, enum status status, const char *reason)
{
	struct model *model = ask(path, 30);

	ck_assert_msg(model->status == status, "%s: %s", status_name(model->status), model->reason);
	if (RIG_SANITIZER && status == STATUS_CRASHED)
		return;
	ck_assert_str_eq(rig_without_offsets(model->reason), reason);
	ck_assert_uint_eq(model->info.ops, 0);
}

START_TEST(a_good_one_describes_itself)
{
	struct model *model = ask(MODEL_PLUGIN_DIR "/process-pool.so", 30);

	ck_assert_int_eq(model->status, STATUS_OK);
	ck_assert_str_eq(model->reason, "");
	ck_assert_str_eq(model->info.name, "process-pool");
	ck_assert_str_eq(model->info.unsupported, "");
	ck_assert_uint_ne(model->hash, 0);
	ck_assert_uint_eq(strlen(model->sha256), DIGEST_TEXT - 1);
	ck_assert_int_ge(option_find(model->options, "exclusion"), 0);
	ck_assert_ptr_null(model->options[model->info.option_count].name);
	model = ask(BROKEN_DIR "/cannot-run-here.so", 30);
	ck_assert_int_eq(model->status, STATUS_OK);
	ck_assert_str_eq(model->info.unsupported, "no quantum processor");
}
END_TEST

START_TEST(crashes_while_asked_are_told)
{
	expect(BROKEN_DIR "/crash-in-constructor.so", STATUS_CRASHED,
	       "killed by SIGSEGV in load at crash+0x (crash-in-constructor.so): address 0x10");
	expect(BROKEN_DIR "/crash-in-unsupported.so", STATUS_CRASHED,
	       "killed by SIGSEGV in load at crash+0x (crash-in-unsupported.so): address 0x10");
	expect(BROKEN_DIR "/crash-in-destructor.so", STATUS_CRASHED,
	       "killed by SIGSEGV in unload at crash+0x (crash-in-destructor.so): address 0x10");
	expect(BROKEN_DIR "/give-up-in-constructor.so", STATUS_CRASHED,
	       "killed by SIGABRT in load at give_up+0x (give-up-in-constructor.so)");
	expect(BROKEN_DIR "/exit-in-constructor.so", STATUS_CRASHED,
	       "exited with status 0 in load at exit_0+0x (exit-in-constructor.so), before the "
	       "trial was over");
	expect(BROKEN_DIR "/no-symbol.so", STATUS_FAILED,
	       BROKEN_DIR "/no-symbol.so: no symbol heddle_model");
}
END_TEST

static void expect_hang(const char *path)
{
	struct model *model = ask(path, 1);

	ck_assert_int_eq(model->status, STATUS_TIMED_OUT);
	ck_assert_msg(rig_starts_with(model->reason, "not loaded within 1 s: thread 1 "), "%s",
	              model->reason);
}

START_TEST(hangs_while_asked_are_told)
{
	expect_hang(BROKEN_DIR "/hang-in-constructor.so");
	expect_hang(BROKEN_DIR "/hang-in-unsupported.so");
	expect_hang(BROKEN_DIR "/hang-in-destructor.so");
}
END_TEST

START_TEST(limits_hold_while_asked)
{
	struct model *model = ask(BROKEN_DIR "/hog-in-unsupported.so", 30);

	ck_assert_int_eq(model->status, STATUS_FAILED);
	ck_assert_msg(rig_starts_with(model->reason, "its processes hold ") ||
	                      rig_starts_with(model->reason, "out of memory: "),
	              "%s", model->reason);
	ck_assert_msg(strstr(model->reason, "limits.memory_mib is 512"), "%s", model->reason);
	expect(BROKEN_DIR "/swarm-in-constructor.so", STATUS_FAILED,
	       "too many threads: limits.threads is 64");
}
END_TEST

/* Nothing is started for them. */
START_TEST(files_that_are_no_plugins)
{
	static const struct {
		const char *name, *why;
	} no[] = {{"text.so", "no ELF file"},
	          {"empty.so", "the file is empty"},
	          {"pipe.so", "a FIFO, no file"},
	          {"folder.so", "a folder, no file"},
	          {"loop.so", "Too many levels of symbolic links"},
	          {"none.so", "No such file or directory"}};
	char path[128], reason[256];

	fake_tree_put(root, "text.so", "This is no ELF file, whatever it is called.\n");
	fake_tree_put(root, "empty.so", "");
	snprintf(path, sizeof(path), "%s/pipe.so", root);
	ck_assert_int_eq(mkfifo(path, 0600), 0);
	snprintf(path, sizeof(path), "%s/folder.so", root);
	ck_assert_int_eq(mkdir(path, 0700), 0);
	snprintf(path, sizeof(path), "%s/loop.so", root);
	ck_assert_int_eq(symlink("loop.so", path), 0);
	for (size_t i = 0; i < sizeof(no) / sizeof(no[0]); i++) {
		snprintf(path, sizeof(path), "%s/%s", root, no[i].name);
		snprintf(reason, sizeof(reason), "%s: cannot be loaded: %s", path, no[i].why);
		expect(path, STATUS_FAILED, reason);
	}
}
END_TEST

START_TEST(what_a_plugin_needs_is_not_there)
{
	expect(BROKEN_DIR "/undefined.so", STATUS_FAILED,
	       BROKEN_DIR "/undefined.so: cannot be loaded: undefined symbol: heddle_absent");
	expect(BROKEN_DIR "/no-library.so", STATUS_FAILED,
	       BROKEN_DIR "/no-library.so: cannot be loaded: libheddle-absent.so: cannot open "
	                  "shared object file: No such file or directory");
}
END_TEST

START_TEST(asked_once)
{
	struct model *model = ask(MODEL_PLUGIN_DIR "/serial.so", 30);

	model->status = STATUS_SKIPPED; /* a second look would change it */
	models_ask(model, &rig.keeper, &limits, 30);
	ck_assert_int_eq(model->status, STATUS_SKIPPED);
}
END_TEST

int main(int argc, char **argv)
{
	const suite_test tests[] = {found_once_and_sorted,
	                            a_file_goes_before_what_was_found,
	                            a_good_one_describes_itself,
	                            crashes_while_asked_are_told,
	                            hangs_while_asked_are_told,
	                            limits_hold_while_asked,
	                            files_that_are_no_plugins,
	                            what_a_plugin_needs_is_not_there,
	                            asked_once,
	                            NULL};

	if (rig_is_stage(argc, argv))
		return stage_main();
	return suite_run_with("models", tests, setup, teardown);
}
