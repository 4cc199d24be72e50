/* SPDX-License-Identifier: MIT */
/* Plugins that must be refused, and with which sentence. Nothing here is ever called. */
#include "suite.h"

#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <stddef.h>
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

/* The beginning of a good plugin, with one byte of it changed where `at` is not negative. */
static const char *altered_copy(const char *name, size_t bytes, int at, unsigned char value)
{
	int in = open(BROKEN "noise.so", O_RDONLY | O_CLOEXEC);
	int out = open(in_root(name), O_WRONLY | O_CREAT | O_CLOEXEC, 0755);
	char *memory = malloc(bytes);
	ssize_t got = read(in, memory, bytes);

	ck_assert_int_gt(got, 0);
	if (at >= 0)
		memory[at] = (char)value;
	ck_assert_int_eq(write(out, memory, (size_t)got), got);
	free(memory);
	close(in);
	close(out);
	return in_root(name);
}

enum { WHOLE = 8 << 20 };

/* By the core, before anything is started for it, and by the stage. */
static void no_plugin(const char *path, int code, const char *why)
{
	struct hd_error err = {0};
	char sentence[200];

	snprintf(sentence, sizeof(sentence), "cannot be loaded: %s", why);
	refused(path, code, sentence);
	ck_assert_int_eq(loader_look(path, &err), code);
	ck_assert_str_eq(err.text + strlen(path) + 2, sentence);
}

START_TEST(files_that_are_no_plugins)
{
	fake_tree_put(root, "text.so", "This is no ELF file.\n");
	fake_tree_put(root, "empty.so", "");
	fake_tree_put(root, "short.so", "\177ELF\2\1\1");
	no_plugin(in_root("text.so"), -ENOEXEC, "no ELF file");
	no_plugin(in_root("empty.so"), -ENOEXEC, "the file is empty");
	no_plugin(in_root("short.so"), -ENOEXEC, "the file is cut short");
	no_plugin(altered_copy("cut.so", 700, -1, 0), -ENOEXEC, "the file is cut short");
	no_plugin(altered_copy("tail.so", 5000, -1, 0), -ENOEXEC, "the file is cut short");
	ck_assert_int_eq(loader_look(altered_copy("whole.so", WHOLE, -1, 0), NULL), 0);
}
END_TEST

START_TEST(what_is_no_file_does_not_block)
{
	ck_assert_int_eq(mkdir(in_root("folder.so"), 0700), 0);
	ck_assert_int_eq(mkfifo(in_root("pipe.so"), 0600), 0);
	ck_assert_int_eq(symlink("loop.so", in_root("loop.so")), 0);
	ck_assert_int_eq(symlink("nowhere.so", in_root("dangling.so")), 0);
	no_plugin(in_root("folder.so"), -ENOEXEC, "a folder, no file");
	no_plugin(in_root("pipe.so"), -ENOEXEC, "a FIFO, no file");
	no_plugin("/dev/zero", -ENOEXEC, "a device, no file");
	no_plugin(in_root("loop.so"), -ELOOP, "Too many levels of symbolic links");
	no_plugin(in_root("dangling.so"), -ENOENT, "No such file or directory");
	no_plugin(in_root("missing.so"), -ENOENT, "No such file or directory");
}
END_TEST

#if defined(__x86_64__)
#define OWN_MACHINE "x86-64"
#elif defined(__aarch64__)
#define OWN_MACHINE "AArch64"
#else
#define OWN_MACHINE "" /* a machine that has no name here: the beginning has to do */
#endif

static void built_for(const char *path, const char *machine)
{
	struct hd_error err = {0};
	char expected[600];

	snprintf(expected, sizeof(expected), "%s: cannot be loaded: built for %s, this heddle for ",
	         path, machine);
	ck_assert_int_eq(loader_look(path, &err), -ENOEXEC);
	ck_assert_msg(strncmp(err.text, expected, strlen(expected)) == 0, "%s", err.text);
}

START_TEST(other_machines_and_other_types)
{
	static const struct {
		unsigned char type;
		const char *why;
	} types[] = {{ET_REL, "an object file, not linked yet: link it with -shared"},
	             {ET_EXEC, "a program, no shared library: link it with -shared"},
	             {ET_CORE, "a core dump"},
	             {99, "its ELF header is damaged"}};
	const int machine = offsetof(ElfW(Ehdr), e_machine), type = offsetof(ElfW(Ehdr), e_type);

	built_for(altered_copy("sparc.so", WHOLE, machine, EM_SPARCV9), "SPARC (64-bit)");
	built_for(altered_copy("other.so", WHOLE, machine, 250), "ELF machine 250 (64-bit)");
	built_for(altered_copy("narrow.so", WHOLE, EI_CLASS, ELFCLASS32), OWN_MACHINE " (32-bit)");
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		char name[16];

		snprintf(name, sizeof(name), "type%zu.so", i);
		no_plugin(altered_copy(name, WHOLE, type, types[i].type), -ENOEXEC, types[i].why);
	}
	no_plugin(altered_copy("parts.so", WHOLE, offsetof(ElfW(Ehdr), e_phentsize), 1), -ENOEXEC,
	          "its ELF header is damaged");
}
END_TEST

/* The dynamic linker's own sentences. */
START_TEST(what_a_plugin_needs_is_not_there)
{
	refused(BROKEN "undefined.so", -ENOEXEC,
	        "cannot be loaded: undefined symbol: heddle_absent");
	refused(BROKEN "no-library.so", -ENOEXEC,
	        "cannot be loaded: libheddle-absent.so: cannot open shared object file: "
	        "No such file or directory");
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
	const suite_test tests[] = {each_fault_has_its_sentence,
	                            options_are_looked_at,
	                            files_that_are_no_plugins,
	                            what_is_no_file_does_not_block,
	                            other_machines_and_other_types,
	                            what_a_plugin_needs_is_not_there,
	                            good_ones_are_described,
	                            hash_is_of_the_content,
	                            NULL};

	return suite_run_with("loader", tests, setup, teardown);
}
