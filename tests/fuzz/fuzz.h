/* SPDX-License-Identifier: MIT */
/* What the fuzz targets share: an input as a file, a folder that looks like /proc and /sys, silence. */
#ifndef HEDDLE_TESTS_FUZZ_H
#define HEDDLE_TESTS_FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* A target: one input, as libFuzzer and main.c call it. 0: used. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The path of a file in memory that holds the input, until the next call with the same number, 0 or 1. */
const char *fuzz_file(int number, const void *data, size_t size);
/* A stream that swallows everything. */
FILE *fuzz_nowhere(void);

/* An input that is several texts: they are parted by lines "%%". */
enum { FUZZ_PARTS = 8 };
struct fuzz_parts {
	char *memory; /* owned */
	size_t count, sizes[FUZZ_PARTS];
	char *texts[FUZZ_PARTS]; /* each ends with a NUL that is not counted */
};
void fuzz_split(struct fuzz_parts *, const uint8_t *data, size_t size);
void fuzz_parts_free(struct fuzz_parts *);

/* Lines of a text; they are cut apart in place. How many, at most `room`. */
size_t fuzz_lines(char *text, char **lines, size_t room);

/* The root of a file tree in memory, made at the first call and removed when the process ends well. */
const char *fuzz_root(void);
/* Writes a file below it, with the folders above. */
void fuzz_put(const char *path, const void *data, size_t size);

/* Ends the process as a crash would: something is wrong that no sanitizer sees. */
void fuzz_fail(const char *why) __attribute__((noreturn));

#endif
