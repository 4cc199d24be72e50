/* SPDX-License-Identifier: MIT */
/* Another heddle, run as a process: a config goes in, or one case of it, and its result document comes out. */
#ifndef HEDDLE_PROGRAM_H
#define HEDDLE_PROGRAM_H

#include <jansson.h>
#include <limits.h>
#include <stdint.h>

#include "digest.h"
#include "error.h"
#include "run_show.h"
#include "workbench.h"

struct program {
	char *path; /* absolute; owned */
	char sha256[DIGEST_TEXT];
	char config[PATH_MAX];                   /* the file that the options name */
	const struct workbench_options *options; /* the caller's */
	char *changes[WORKBENCH_LIST];           /* "PLACE=VALUE" of them; owned */
	char *folder;                            /* private, for what it writes; owned */
};

/* 0 or -errno: -EINVAL where there is no such program or config. program_close in any case. */
int program_open(struct program *, const char *path, const struct workbench_options *,
                 struct hd_error *);
/*
 * Runs one round, of the case called `name` or of all (NULL). A new reference, or NULL with the error: -EINTR
 * where `show` (may be NULL) tells of a signal, which is passed on; -EINVAL where the program refused; -EIO
 * where it ended otherwise.
 */
json_t *program_run(const struct program *, const char *name, uint64_t seed,
                    const struct run_show *, struct hd_error *);
void program_close(struct program *);

#endif
