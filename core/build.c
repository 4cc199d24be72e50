/* SPDX-License-Identifier: MIT */
#include "build.h"

#include <string.h>

#include "heddle/plugin.h"

struct build build_of_this(void)
{
	return (struct build){
	        .version = HEDDLE_VERSION,
#ifdef __clang__
	        .compiler = __VERSION__,
#else
	        .compiler = "gcc " __VERSION__,
#endif
	        .type = HEDDLE_BUILD_TYPE,
	        .sanitizers = HEDDLE_SANITIZE,
	        .flags = HEDDLE_FLAGS HD_BUILD_SLOW,
	        .revision = build_revision,
	};
}

bool build_is_slow(const char *flags)
{
	return strstr(flags, "not optimised") || strstr(flags, "-fsanitize=") ||
	       strstr(flags, "--coverage");
}
