/* SPDX-License-Identifier: MIT */
/* How this program was built. */
#ifndef HEDDLE_BUILD_H
#define HEDDLE_BUILD_H

#include <stdbool.h>

/* Texts are constants; "" where there is none. */
struct build {
	const char *version, *compiler, *type, *sanitizers;
	const char *flags;    /* that make code; warnings are left out */
	const char *revision; /* as git describes the checkout, "-dirty" where it was changed */
};

struct build build_of_this(void);
/*
 * Whether flags make slow code on purpose: -O0, a sanitizer, coverage. The last -O of several is in force;
 * a text without any, which says nothing, is not meant.
 */
bool build_flags_are_slow(const char *flags);

/* Generated at each build: core/revision.cmake. */
extern const char build_revision[];

#endif
