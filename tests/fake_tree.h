/* SPDX-License-Identifier: MIT */
/* A file tree in a private folder, for code that reads /proc and /sys below a root. */
#ifndef HEDDLE_TESTS_FAKE_TREE_H
#define HEDDLE_TESTS_FAKE_TREE_H

#include <check.h>
#include <errno.h>
#include <ftw.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FAKE_TREE_PATH = 64 };

static inline void fake_tree_make(char root[FAKE_TREE_PATH])
{
	snprintf(root, FAKE_TREE_PATH, "/tmp/heddle-test-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(root));
}

/* Writes the file at `path`, without a slash at its front, and makes the folders above it. */
static inline void fake_tree_put(const char *root, const char *path, const char *text)
{
	char full[PATH_MAX];
	FILE *file;

	snprintf(full, sizeof(full), "%s/%s", root, path);
	for (char *slash = strchr(full + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		ck_assert(mkdir(full, 0700) == 0 || errno == EEXIST);
		*slash = '/';
	}
	file = fopen(full, "w");
	ck_assert_ptr_nonnull(file);
	ck_assert_int_ge(fputs(text, file), 0);
	ck_assert_int_eq(fclose(file), 0);
}

static inline int fake_tree_remove_one(const char *path, const struct stat *status, int kind,
                                       struct FTW *place)
{
	(void)status;
	(void)kind;
	(void)place;
	return remove(path);
}

static inline void fake_tree_remove(const char *root)
{
	ck_assert_int_eq(nftw(root, fake_tree_remove_one, 8, FTW_DEPTH | FTW_PHYS), 0);
}

#endif
