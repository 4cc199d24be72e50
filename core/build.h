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
/* Whether flags, or a plugin's HD_BUILD, tell of slow code: not optimised, a sanitizer, coverage. */
bool build_is_slow(const char *flags);

/* Generated at each build: core/revision.cmake. */
extern const char build_revision[];

#endif
