/* SPDX-License-Identifier: MIT */
/* What `heddle ab` does once it is known what is asked: opens both sides, judges them, shows the verdicts. */
#ifndef HEDDLE_COMMAND_AB_H
#define HEDDLE_COMMAND_AB_H

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>

#include "command_verdict.h"
#include "command_workbench.h"
#include "warning.h"

enum { AB_SIDES = 2 /* the base, the new one */ };

/* As the command line has it. */
struct ab_arguments {
	struct workbench_options bench;
	struct verdict_options verdict;
	struct warnings warnings; /* those that are not wanted */
	const char *places[AB_SIDES], *programs[AB_SIDES];
	char folders[AB_SIDES][PATH_MAX]; /* that the plugins of --base DIR and --new DIR lie in */
	bool no_lock;
	uint32_t pairs;
	uint64_t seed;
	char margin[32];       /* as the config is to have it */
	char path[PATH_MAX];   /* of the document */
	bool only_in_journals; /* what was measured: there is no document of it */
	char journals[AB_SIDES][PATH_MAX + 16];
};

/* Two folders, two plugins, or, where no place is given, one build against itself. An exit code. */
int command_ab_benches(const struct command *, struct ab_arguments *);
/* Two programs. An exit code. */
int command_ab_programs(const struct command *, struct ab_arguments *);

#endif
