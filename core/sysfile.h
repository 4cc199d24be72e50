/* SPDX-License-Identifier: MIT */
/* Small files of /proc and /sys. `root` is "" or the path of a fake file tree for tests. */
#ifndef HEDDLE_SYSFILE_H
#define HEDDLE_SYSFILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/types.h>

/* For reading; NULL with errno. */
FILE *sysfile_open(const char *root, const char *path);
bool sysfile_exists(const char *root, const char *path);
/* The first line without its end; 0 or -errno, with "" in text. An empty file is -ENODATA. */
int sysfile_line(const char *root, const char *path, char *text, size_t size);
/* The whole file, as far as it fits. 0 or -errno, with "" in text. */
int sysfile_text(const char *root, const char *path, char *text, size_t size);
/*
 * The value of a key in a file of "key : value" lines; 0 or -errno, -ENODATA without the key. It
 * ends at an empty line: the first processor of cpuinfo will do, and on large machines the rest
 * takes long.
 */
int sysfile_key(const char *root, const char *path, const char *key, char *text, size_t size);
/* The most memory that a process has held at a time; NAN where it is not known. */
double sysfile_peak_bytes(pid_t);

#endif
