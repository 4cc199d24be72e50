/* SPDX-License-Identifier: MIT */
#include "digest.h"
#include "fake_tree.h"
#include "suite.h"

static char root[FAKE_TREE_PATH], path[128], hex[DIGEST_TEXT];

static void setup(void)
{
	fake_tree_make(root);
	snprintf(path, sizeof(path), "%s/file", root);
}

static void teardown(void)
{
	fake_tree_remove(root);
}

/* The examples of FIPS 180-4: "abc", nothing, and a million times "a", which is many blocks. */
START_TEST(published_examples)
{
	enum { MILLION = 1000000 };
	char *many = malloc(MILLION + 1);

	fake_tree_put(root, "file", "abc");
	ck_assert_int_eq(digest_file(path, hex), 0);
	ck_assert_str_eq(hex, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
	fake_tree_put(root, "file", "");
	ck_assert_int_eq(digest_file(path, hex), 0);
	ck_assert_str_eq(hex, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
	ck_assert_ptr_nonnull(many);
	memset(many, 'a', MILLION);
	many[MILLION] = '\0';
	fake_tree_put(root, "file", many);
	free(many);
	ck_assert_int_eq(digest_file(path, hex), 0);
	ck_assert_str_eq(hex, "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}
END_TEST

START_TEST(what_is_no_regular_file)
{
	ck_assert_int_eq(digest_file(path, hex), -ENOENT);
	ck_assert_str_eq(hex, "");
	ck_assert_int_eq(digest_file(root, hex), -ENOEXEC);
	ck_assert_int_eq(mkfifo(path, 0600), 0); /* must not block */
	ck_assert_int_eq(digest_file(path, hex), -ENOEXEC);
	ck_assert_str_eq(hex, "");
}
END_TEST

int main(void)
{
	const suite_test tests[] = {published_examples, what_is_no_regular_file, NULL};

	return suite_run_with("digest", tests, setup, teardown);
}
