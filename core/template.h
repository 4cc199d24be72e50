/* SPDX-License-Identifier: MIT */
/*
 * Plugins to begin with. A template is a union of folders below share/heddle/templates: that of its kind ("lock"), of
 * its language ("c") and of both ("c-lock"). Their files are copied with the plugin's name in the place of @NAME@, and
 * of NAME in a file's name: NAME.c.
 */
#ifndef HEDDLE_TEMPLATE_H
#define HEDDLE_TEMPLATE_H

#include <limits.h>
#include <stddef.h>

#include "error.h"

struct template
{
	const char *name; /* of the plugin */
	const char *lang, *kind;
	const char *templates; /* the folder of all of them */
};

enum { TEMPLATE_FILES = 32 };

/* What was made: paths below the folder in the order of their making, folders among them; owned. */
struct template_files {
	size_t count;
	char *paths[TEMPLATE_FILES];
};

/* What may be asked for; each ends with NULL. */
extern const char *const template_langs[], *const template_kinds[];

/* Whether a plugin may be called so: 0 or -EINVAL with what is allowed. */
int template_check_name(const char *name, struct hd_error *);
/*
 * Makes `folder`, or takes it where it is there and empty, and writes the plugin into it. 0, or -errno (-ENOTEMPTY:
 * something is in it) with all removed again that was made. No file that is there is ever written to.
 */
int template_write(const struct template *, const char *folder, struct template_files *,
                   struct hd_error *);
void template_files_free(struct template_files *);

#endif
