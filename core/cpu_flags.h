/* SPDX-License-Identifier: MIT */
/* Those of a processor's flags that decide what is measured, or how. */
#ifndef HEDDLE_CPU_FLAGS_H
#define HEDDLE_CPU_FLAGS_H

#include <stddef.h>

/*
 * The flags' names with a blank between, in an order of our own; "" where it has none of them. 0, or -errno
 * where the processor's flags cannot be read. `root` as in sysfile.h.
 */
int cpu_flags_read(const char *root, char *text, size_t size);

#endif
