/* SPDX-License-Identifier: MIT */
/* What every test program has: a suite of one group, run, and an exit status. */
#ifndef HEDDLE_TESTS_SUITE_H
#define HEDDLE_TESTS_SUITE_H

#include <check.h>

typedef const TTest *suite_test;

/* Tests end with NULL; each is a process of its own unless CK_FORK=no. */
static inline int suite_run_with(const char *name, const suite_test *tests, void (*setup)(void),
                                 void (*teardown)(void))
{
	Suite *suite = suite_create(name);
	TCase *group = tcase_create(name);
	SRunner *runner;
	int failed;

	tcase_set_timeout(group, 120);
	if (setup)
		tcase_add_checked_fixture(group, setup, teardown);
	for (; *tests; tests++)
		tcase_add_test(group, *tests);
	suite_add_tcase(suite, group);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? 1 : 0;
}

static inline int suite_run(const char *name, const suite_test *tests)
{
	return suite_run_with(name, tests, NULL, NULL);
}

#endif
