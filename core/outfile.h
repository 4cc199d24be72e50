/* SPDX-License-Identifier: MIT */
/*
 * A file that is there whole or not at all: written beside its place as PATH.heddle.tmp, synced, renamed into
 * it. What a killed process left of one the next one removes. A path that is no regular file, as a pipe or /dev/stdout, is written to as it is.
 */
#ifndef HEDDLE_OUTFILE_H
#define HEDDLE_OUTFILE_H

#include <stdbool.h>
#include <stdio.h>

#include "error.h"

struct outfile {
	FILE *stream;     /* to write to; errors may wait for outfile_close() */
	const char *path; /* the caller's */
	char *temporary;  /* owned; NULL where the path is written to as it is */
};

/* 0 or -errno; what stands at the path is not touched yet. */
int outfile_open(struct outfile *, const char *path, struct hd_error *);
/* Ends it, where it was opened. Not `good`, or an error of the stream: the path keeps what it had. 0 or
   -errno. */
int outfile_close(struct outfile *, bool good, struct hd_error *);
/* A file that was made or renamed lasts only once its folder has been synced. */
void outfile_sync_folder(const char *path_of_file);

#endif
