/* SPDX-License-Identifier: MIT */
#include "suite.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fake_tree.h"
#include "runlock.h"

static char root[FAKE_TREE_PATH], path[128], text[RUNLOCK_TEXT];
static struct runlock lock, second;

static void setup(void)
{
	fake_tree_make(root); /* 0700, as a runtime folder is */
	snprintf(path, sizeof(path), "%s/heddle.lock", root);
	setenv("XDG_RUNTIME_DIR", root, 1);
}

static void teardown(void)
{
	fake_tree_remove(root);
}

START_TEST(the_second_is_told_the_first)
{
	char wanted[64];

	ck_assert_int_eq(runlock_try(&lock, "heddle run quick", text), 0);
	ck_assert_int_eq(runlock_try(&second, "heddle ab gate", text), -EWOULDBLOCK);
	ck_assert_int_eq(second.fd, -1);
	snprintf(wanted, sizeof(wanted), "heddle run quick (process %d), since ", (int)getpid());
	ck_assert_msg(strstr(text, wanted) == text, "%s", text);
	runlock_release(&lock);
	runlock_release(&lock); /* once more is nothing */
	ck_assert_int_eq(runlock_try(&second, "heddle ab gate", text), 0);
	ck_assert_int_eq(runlock_try(&lock, "", text), -EWOULDBLOCK);
	ck_assert_msg(strstr(text, "heddle ab gate (process") == text, "%s", text);
	runlock_release(&second);
}
END_TEST

START_TEST(it_goes_with_its_holder)
{
	pid_t pid = fork();

	if (pid == 0)
		_exit(runlock_try(&lock, "x", text) ? 1 : 0); /* without a release */
	waitpid(pid, NULL, 0);
	ck_assert_int_eq(runlock_try(&lock, "x", text), 0);
	runlock_release(&lock);
}
END_TEST

static void no_lock(const char *why)
{
	int code = runlock_try(&lock, "x", text);

	ck_assert_int_lt(code, 0);
	ck_assert_int_ne(code, -EWOULDBLOCK);
	ck_assert_int_eq(lock.fd, -1);
	ck_assert_msg(strstr(text, why) != NULL, "%s", text);
}

START_TEST(what_is_not_ours_is_no_lock)
{
	char other[160];
	struct stat status;

	fake_tree_put(root, "precious", "text");
	snprintf(other, sizeof(other), "%s/precious", root);
	ck_assert_int_eq(symlink(other, path), 0);
	no_lock("heddle.lock: ");
	unlink(path);
	ck_assert_int_eq(link(other, path), 0); /* a second name of some file of ours */
	no_lock("not this user's own file");
	ck_assert_int_eq(stat(other, &status), 0);
	ck_assert_int_eq(status.st_size, 4);
	unlink(path);
	ck_assert_int_eq(mkfifo(path, 0600), 0);
	no_lock("not this user's own file");
	unlink(path);
	ck_assert_int_eq(mkdir(path, 0700), 0);
	no_lock("heddle.lock: ");
	rmdir(path);
	if (geteuid() != 0)
		return;
	fake_tree_put(root, "heddle.lock", "theirs");
	ck_assert_int_eq(chown(path, 65534, 65534), 0);
	no_lock("not this user's own file");
}
END_TEST

/* Else anybody could put a file there. */
START_TEST(a_folder_that_others_may_write_is_passed_over)
{
	int code;

	ck_assert_int_eq(chmod(root, 0777), 0);
	code = runlock_try(&lock, "x", text); /* in /tmp, where somebody may have it */
	ck_assert(code == 0 || code == -EWOULDBLOCK || strstr(text, "/tmp/heddle-") == text);
	ck_assert_int_ne(access(path, F_OK), 0);
	runlock_release(&lock);
}
END_TEST

int main(void)
{
	const suite_test tests[] = {the_second_is_told_the_first, it_goes_with_its_holder,
	                            what_is_not_ours_is_no_lock,
	                            a_folder_that_others_may_write_is_passed_over, NULL};

	return suite_run_with("runlock", tests, setup, teardown);
}
