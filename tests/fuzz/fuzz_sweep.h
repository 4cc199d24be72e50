/* SPDX-License-Identifier: MIT */
/* The tests' made-up machine and models, where no test runs that Check could tell of. */
#ifndef HEDDLE_TESTS_FUZZ_SWEEP_H
#define HEDDLE_TESTS_FUZZ_SWEEP_H

#include <check.h>

#include "fuzz.h"

#undef ck_assert
#define ck_assert(wanted) ((wanted) ? (void)0 : fuzz_fail(#wanted))

#include "../fake_sweep.h"

#endif
