/* SPDX-License-Identifier: MIT */
/*
 * `heddle check` from outside: a stage for each property, for each number of tasks and cores, so that a plugin that
 * crashes or hangs is a failure that is told.
 */
#ifndef HEDDLE_CHECK_MODEL_H
#define HEDDLE_CHECK_MODEL_H

#include "check_case.h"

typedef void check_tell(void *data, const struct check_result *);

/* Tells each result as it comes. 0, or -errno where the check itself could not go on. */
int check_model(const struct check_spec *, struct keeper *, check_tell *, void *data,
                struct hd_error *);
/* A property's row, or NULL. */
const struct check_property *check_find(const char *name);

#endif
