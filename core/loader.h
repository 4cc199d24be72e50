/* SPDX-License-Identifier: MIT */
/*
 * Loads plugins and says exactly what is wrong with one. The only file that includes dlfcn.h; called in
 * stages only, never in the core.
 */
#ifndef HEDDLE_LOADER_H
#define HEDDLE_LOADER_H

#include <stdint.h>

#include "error.h"
#include "heddle/plugin.h"

enum { MODEL_NAME = 64, MODEL_LINE = 256, MODEL_CHOICES = 512, MODEL_OPTIONS = 32 };

/* An option with its texts inside, so that a description can travel through shared memory. */
struct model_option {
	char name[MODEL_NAME], text[MODEL_LINE], choices[MODEL_CHOICES], help[MODEL_LINE];
	uint32_t kind;
	int64_t value, min, max;
};

/* What a plugin says of itself. Texts end with a zero and were cut to fit. */
struct model_info {
	char name[MODEL_NAME], summary[MODEL_LINE], build[MODEL_LINE];
	char unsupported[MODEL_LINE]; /* why it cannot run here, or "" */
	uint32_t abi;
	uint64_t ops;
	uint32_t option_count;
	struct model_option options[MODEL_OPTIONS];
};

struct loaded {
	void *handle;
	struct hd_model model; /* a copy: fields that the plugin is too old to have are zero */
};

/*
 * Opens the plugin and checks everything that can be checked without calling it: symbol, magic, abi,
 * size, required functions, name, options. 0 or -errno with a sentence that names the file.
 */
int loader_open(struct loaded *, const char *path, struct hd_error *);
/* Copies what the plugin says. Does not call it. */
void loader_describe(const struct loaded *, struct model_info *);
/*
 * Whether the file can be a plugin of this machine, as far as its headers tell. Loads nothing and waits for nothing,
 * whatever the file is; for the core, and before the dynamic linker believes it. 0 or -errno with a sentence.
 */
int loader_look(const char *path, struct hd_error *);
/* XXH3 of the file, to notice that it was replaced. 0 or -errno. Loads nothing; for the core. */
int loader_hash(const char *path, uint64_t *hash);
/* The i-th option of the plugin, whose struct may be larger than ours. */
const struct hd_option *loader_option(const struct loaded *, uint32_t i);

#endif
