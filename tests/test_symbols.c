/* SPDX-License-Identifier: MIT */
/* Names of functions in files that are right, stripped, damaged, and no files. */
#include "suite.h"

#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <stddef.h>
#include <stdbool.h>

#include "fake_tree.h"
#include "symbols.h"

static char root[FAKE_TREE_PATH];

static void setup(void)
{
	fake_tree_make(root);
}

static void teardown(void)
{
	fake_tree_remove(root);
}

__attribute__((noinline)) static int a_static_function(int x)
{
	return x * 3 + getpid();
}

/* Where in this program's file a function of it lies. */
static uint64_t file_offset(int (*function)(int))
{
	uint64_t at = (uint64_t)(uintptr_t)function, start, end, offset, found = 0;
	FILE *file = fopen("/proc/self/maps", "re");
	char line[512];

	while (fgets(line, sizeof(line), file))
		if (sscanf(line, "%lx-%lx %*s %lx", &start, &end, &offset) == 3 && at >= start &&
		    at < end)
			found = at - start + offset;
	fclose(file);
	return found;
}

START_TEST(a_static_function_has_its_name)
{
	uint64_t offset = file_offset(a_static_function);
	struct symbol symbol;

	ck_assert_int_ne(a_static_function(1), 0);
	ck_assert_int_eq(symbols_find("/proc/self/exe", offset + 1, &symbol), 0);
	ck_assert_str_eq(symbol.name, "a_static_function");
	ck_assert_uint_eq(symbol.address, symbol.begin + 1);
}
END_TEST

START_TEST(what_is_no_code_has_none)
{
	struct symbol symbol;

	/* The header is loaded, and belongs to no function. */
	ck_assert_int_eq(symbols_find("/proc/self/exe", 8, &symbol), 0);
	ck_assert_str_eq(symbol.name, "");
	ck_assert_uint_eq(symbol.begin, 0);
	ck_assert_int_eq(symbols_find("/proc/self/exe", UINT64_MAX, &symbol), -ENOEXEC);
}
END_TEST

static const char *in_root(const char *name)
{
	static char path[128];

	snprintf(path, sizeof(path), "%s/%s", root, name);
	return path;
}

START_TEST(what_is_no_elf_file)
{
	struct symbol symbol;

	fake_tree_put(root, "empty", "");
	fake_tree_put(root, "text",
	              "This is longer than the header of an ELF file, but none. "
	              "It goes on for a while.");
	ck_assert_int_eq(mkfifo(in_root("pipe"), 0600), 0);
	ck_assert_int_eq(symbols_find(in_root("pipe"), 0, &symbol), -ENOEXEC);
	ck_assert_int_eq(symbols_find(in_root("empty"), 0, &symbol), -ENOEXEC);
	ck_assert_int_eq(symbols_find(in_root("text"), 0, &symbol), -ENOEXEC);
	ck_assert_int_eq(symbols_find(root, 0, &symbol), -ENOEXEC);
	ck_assert_int_eq(symbols_find("/dev/zero", 0, &symbol), -ENOEXEC);
	ck_assert_int_eq(symbols_find(in_root("none"), 0, &symbol), -ENOENT);
}
END_TEST

/* A copy of a plugin of which `size` bytes at `at` are another value. */
static void damage(const char *name, size_t at, size_t size, unsigned char value)
{
	char command[600], bytes[64];
	int fd;

	snprintf(command, sizeof(command), "cp %s/serial.so %s", MODEL_PLUGIN_DIR, in_root(name));
	ck_assert_int_eq(system(command), 0);
	memset(bytes, value, sizeof(bytes));
	fd = open(in_root(name), O_WRONLY | O_CLOEXEC);
	ck_assert_int_eq(pwrite(fd, bytes, size, (off_t)at), (ssize_t)size);
	close(fd);
}

/* Whatever the headers promise, there is an answer. */
START_TEST(each_byte_of_the_header_may_lie)
{
	struct symbol symbol;

	for (size_t at = 0; at < sizeof(ElfW(Ehdr)); at++)
		for (int value = 0; value < 256; value += 85) {
			int code;

			damage("lies", at, 1, (unsigned char)value);
			code = symbols_find(in_root("lies"), 0x1100, &symbol);
			ck_assert(code == 0 || code == -ENOEXEC);
			ck_assert_uint_lt(strlen(symbol.name), SYMBOL_NAME);
		}
}
END_TEST

START_TEST(tables_that_lie_nowhere)
{
	struct symbol symbol;

	damage("sections", offsetof(ElfW(Ehdr), e_shoff), sizeof(ElfW(Off)), 0x7f);
	ck_assert_int_eq(symbols_find(in_root("sections"), 0x100, &symbol), 0);
	ck_assert_str_eq(symbol.name, "");
	damage("segments", offsetof(ElfW(Ehdr), e_phoff), sizeof(ElfW(Off)), 0xff);
	ck_assert_int_eq(symbols_find(in_root("segments"), 0x100, &symbol), -ENOEXEC);
}
END_TEST

/* libc has no other names where distributions strip it. */
START_TEST(a_library_has_what_it_exports)
{
	uint64_t start, end, offset, at = (uint64_t)(uintptr_t)abort;
	char line[512], path[400];
	FILE *file = fopen("/proc/self/maps", "re");
	struct symbol symbol = {0};

	while (fgets(line, sizeof(line), file))
		if (sscanf(line, "%lx-%lx %*s %lx %*s %*s %399s", &start, &end, &offset, path) ==
		            4 &&
		    at >= start && at < end)
			symbols_find(path, at - start + offset, &symbol);
	fclose(file);
	ck_assert_str_eq(symbol.name, "abort");
}
END_TEST

int main(void)
{
	const suite_test tests[] = {a_static_function_has_its_name,
	                            what_is_no_code_has_none,
	                            what_is_no_elf_file,
	                            each_byte_of_the_header_may_lie,
	                            tables_that_lie_nowhere,
	                            a_library_has_what_it_exports,
	                            NULL};

	return suite_run_with("symbols", tests, setup, teardown);
}
