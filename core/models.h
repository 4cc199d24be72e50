/* SPDX-License-Identifier: MIT */
/*
 * The models that can be found, and what each says of itself. The core never loads a plugin: a stage
 * does, once a file, and a plugin that crashes or hangs while it is asked is one that says so.
 */
#ifndef HEDDLE_MODELS_H
#define HEDDLE_MODELS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "digest.h"
#include "error.h"
#include "loader.h"
#include "status.h"

struct keeper;
struct keeper_limits;

enum { MODEL_REASON = 512 };

struct model {
	char *path;                /* of the file, absolute where it exists */
	char name[MODEL_NAME];     /* the file's name without .so */
	bool asked, by_path;       /* by_path: the user named the file */
	enum status status;        /* STATUS_OK, or how asking it went wrong */
	char reason[MODEL_REASON]; /* "" where status is OK */
	uint64_t hash;             /* XXH3 of the file; a trial refuses another one */
	char sha256[DIGEST_TEXT];  /* of the same; "" where it could not be read */
	struct model_info info;    /* zero where status is not OK */
	struct hd_option options[MODEL_OPTIONS + 1]; /* ends with {0}; texts lie in info */
};

struct model_missing {
	char name[MODEL_NAME], reason[MODEL_LINE];
};

struct models {
	size_t count;
	struct model **items; /* owned, sorted by name; one of a name: the first folder wins */
	size_t missing_count; /* known to the build, but not built */
	struct model_missing *missing;
	/* The models of the build that this one is compared with, or NULL. Then files elsewhere do not
	   count: a model is found by its name alone, and what only the other build has is left out here. */
	const struct models *other;
};

/* Lists all plugins of the folders (ends with NULL) without asking them. 0 or -errno. Folders that are
   not there are passed over. */
int models_find(struct models *, const char *const *folders, struct hd_error *);
/* The model called so, or NULL. It was not necessarily asked yet. */
struct model *models_get(const struct models *, const char *name);
/* A plugin named by its path, the same one for the same path; it goes before one that was found under
   the same name. A file that is not there is told by its status once it is asked. NULL: out of memory. */
struct model *models_add_file(struct models *, const char *path);
/* Has it described by a stage within limits; the second time is free. What goes wrong is in status and reason. */
void models_ask(struct model *, struct keeper *, const struct keeper_limits *, uint32_t timeout_s);
/* The model that does nothing, as it is installed: there is nothing to be right or wrong about it. */
bool model_is_empty(const struct model *);
void models_free(struct models *);

#endif
