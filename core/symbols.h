/* SPDX-License-Identifier: MIT */
/*
 * Which function lies at a place of an ELF file: read from its symbol tables, so that static functions have their
 * names, too. The file is looked at with suspicion, never mapped: whoever wrote the plugin may have
 * written it, and it may change at any time.
 */
#ifndef HEDDLE_SYMBOLS_H
#define HEDDLE_SYMBOLS_H

#include <stdint.h>

enum { SYMBOL_NAME = 128 };

struct symbol {
	char name
	        [SYMBOL_NAME]; /* as the file spells it, cut to fit; "" where no function is known */
	uint64_t begin;        /* of it, among the addresses of the file; 0 with "" */
	uint64_t address;      /* of the place itself: what `addr2line -e FILE` takes */
};

/* `offset`: in the file, in bytes, of code. 0, or -errno: -ENOEXEC is no ELF file of ours, or has no such place. */
int symbols_find(const char *path, uint64_t offset, struct symbol *);

#endif
