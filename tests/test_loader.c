/* SPDX-License-Identifier: MIT */
/* Plugins that must be refused, and with which sentence. Nothing here is ever called. */
#include "suite.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fake_tree.h"
#include "loader.h"

#define BROKEN TEST_PLUGIN_DIR "/broken/"

static char root[FAKE_TREE_PATH];

static void setup(void)
{
	fake_tree_make(root);
}

static void teardown(void)
{
	fake_tree_remove(root);
}

static void refused(const char *path, int code, const char *sentence)
{
	struct hd_error err = {0};
	struct loaded loaded;

	ck_assert_int_eq(loader_open(&loaded, path, &err), code);
	ck_assert_ptr_null(loaded.handle);
	ck_assert_msg(strncmp(err.text, path, strlen(path)) == 0 && err.text[strlen(path)] == ':',
	              "%s", err.text);
	ck_assert_str_eq(err.text + strlen(path) + 2, sentence);
}

START_TEST(each_fault_has_its_sentence)
{
	refused(BROKEN "no-symbol.so", -ENOENT, "no symbol heddle_model");
	refused(BROKEN "magic.so", -EINVAL,
	        "heddle_model is no Heddle model: magic 0x12345678, expected 0x48444c45");
	refused(BROKEN "older-abi.so", -EINVAL,
	        "built for the older plugin interface 0, this heddle has 1; rebuild the plugin");
	refused(BROKEN "newer-abi.so", -EINVAL,
	        "built for the newer plugin interface 2, this heddle has 1; use a newer heddle");
	refused(BROKEN "small-size.so", -EINVAL,
	        "struct hd_model of 64 bytes, at least 88 are needed: built with a broken header "
	        "or a "
	        "wrong size");
	refused(BROKEN "no-open.so", -EINVAL, "the model has no open(), which is required");
	refused(BROKEN "no-run.so", -EINVAL, "the model has no run(), which is required");
	refused(BROKEN "no-close.so", -EINVAL, "the model has no close(), which is required");
	refused(BROKEN "other-name.so", -EINVAL,
	        "the model calls itself \"somebody-else\"; the file must be somebody-else.so");
	refused(BROKEN "no-name.so", -EINVAL, "the model has no name");
	refused(BROKEN "bad-name.so", -EINVAL,
	        "name \"Bad Name\": only a-z, 0-9 and - are allowed, less than 64 of them");
}
END_TEST

START_TEST(options_are_looked_at)
{
	refused(BROKEN "bad-default.so", -EINVAL,
	        "option threads: its default is not allowed: 1 to 64");
	refused(BROKEN "bad-kind.so", -EINVAL, "option threads: unknown kind 77");
	refused(BROKEN "bad-option-name.so", -EINVAL,
	        "option \"Threads!\": only a-z, 0-9 and _ are allowed");
	refused(BROKEN "small-option.so", -EINVAL,
	        "struct hd_option of 8 bytes, at least 64 are needed");
	refused(BROKEN "no-text.so", -EINVAL, "option threads: no default text");
}
END_TEST

static const char *in_root(const char *name)
{
	static char path[2][512];
	static int next;

	next = !next;
	snprintf(path[next], sizeof(path[0]), "%s/%s", root, name);
	return path[next];
}

static void truncated_copy(const char *from, const char *to, size_t bytes)
{
	static char memory[4096];
	int in = open(from, O_RDONLY), out = open(to, O_WRONLY | O_CREAT, 0755);

	ck_assert_int_eq(read(in, memory, bytes), (ssize_t)bytes);
	ck_assert_int_eq(write(out, memory, bytes), (ssize_t)bytes);
	close(in);
	close(out);
}

/* The linker's own sentence follows: only its beginning is ours. */
static void cannot_be_loaded(const char *path)
{
	struct hd_error err = {0};
	struct loaded loaded;
	char expected[600];

	snprintf(expected, sizeof(expected), "%s: cannot be loaded: ", path);
	ck_assert_int_eq(loader_open(&loaded, path, &err), -ENOEXEC);
	ck_assert_msg(strncmp(err.text, expected, strlen(expected)) == 0, "%s", err.text);
	ck_assert_uint_gt(strlen(err.text), strlen(expected));
	ck_assert_ptr_null(strstr(err.text + strlen(path) + 2, path)); /* the path once */
}

START_TEST(files_that_are_no_plugins)
{
	fake_tree_put(root, "text.so", "This is no ELF file.\n");
	fake_tree_put(root, "empty.so", "");
	truncated_copy(BROKEN "noise.so", in_root("truncated.so"), 700);
	ck_assert_int_eq(mkdir(in_root("folder.so"), 0700), 0);
	ck_assert_int_eq(symlink("loop.so", in_root("loop.so")), 0);
	cannot_be_loaded(in_root("text.so"));
	cannot_be_loaded(in_root("empty.so"));
	refused(in_root("truncated.so"), -ENOEXEC, "cannot be loaded: the file is cut short");
	cannot_be_loaded(in_root("folder.so"));
	cannot_be_loaded(in_root("loop.so"));
	cannot_be_loaded(in_root("missing.so"));
}
END_TEST

START_TEST(good_ones_are_described)
{
	struct hd_error err = {0};
	struct loaded loaded;
	struct model_info info;

	ck_assert_msg(loader_open(&loaded, MODEL_PLUGIN_DIR "/process-pool.so", &err) == 0, "%s",
	              err.text);
	loader_describe(&loaded, &info);
	ck_assert_str_eq(info.name, "process-pool");
	ck_assert_uint_gt(strlen(info.summary), 0);
	ck_assert_uint_gt(strlen(info.build), 0);
	ck_assert_uint_eq(info.abi, HD_PLUGIN_ABI);
	ck_assert(info.ops & HD_CAN(HD_EXCLUSIVE));
	ck_assert_uint_ge(info.option_count, 2);
	ck_assert_str_eq(info.options[0].name, loader_option(&loaded, 0)->name);
	ck_assert_uint_gt(strlen(info.options[0].choices), 0);
}
END_TEST

START_TEST(hash_is_of_the_content)
{
	uint64_t one, two, three;

	fake_tree_put(root, "one.so", "same");
	fake_tree_put(root, "two.so", "same");
	fake_tree_put(root, "three.so", "other");
	fake_tree_put(root, "empty.so", "");
	ck_assert_int_eq(mkfifo(in_root("pipe.so"), 0600), 0);
	ck_assert_int_eq(loader_hash(in_root("one.so"), &one), 0);
	ck_assert_int_eq(loader_hash(in_root("two.so"), &two), 0);
	ck_assert_int_eq(loader_hash(in_root("three.so"), &three), 0);
	ck_assert_uint_eq(one, two);
	ck_assert_uint_ne(one, three);
	ck_assert_int_eq(loader_hash(in_root("empty.so"), &one), -ENOEXEC);
	ck_assert_int_eq(loader_hash(in_root("pipe.so"), &one), -ENOEXEC); /* and does not block */
	ck_assert_int_eq(loader_hash(root, &one), -ENOEXEC);
	ck_assert_int_eq(loader_hash(in_root("missing.so"), &one), -ENOENT);
}
END_TEST

int main(void)
{
	const suite_test tests[] = {each_fault_has_its_sentence, options_are_looked_at,
	                            files_that_are_no_plugins,   good_ones_are_described,
	                            hash_is_of_the_content,      NULL};

	return suite_run_with("loader", tests, setup, teardown);
}
