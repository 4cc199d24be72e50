/* SPDX-License-Identifier: MIT */
#include "build.h"

#include <string.h>

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
	        .flags = HEDDLE_FLAGS,
	        .revision = build_revision,
	};
}

static bool starts_with(const char *text, const char *start)
{
	return strncmp(text, start, strlen(start)) == 0;
}

bool build_flags_are_slow(const char *flags)
{
	bool slow = false, zero = false;

	for (const char *word = flags; *word; word += strcspn(word, " ;")) {
		word += strspn(word, " ;");
		if (starts_with(word, "-O"))
			zero = word[2] == '0';
		slow = slow || starts_with(word, "-fsanitize=") || starts_with(word, "--coverage");
	}
	return slow || zero;
}
