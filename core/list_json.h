/* SPDX-License-Identifier: MIT */
/* `heddle list --json`. */
#ifndef HEDDLE_LIST_JSON_H
#define HEDDLE_LIST_JSON_H

#include <stdio.h>

#include "models.h"

/* Models as they are in `models`, and all workloads. 0 or -errno. */
int list_print_json(const struct models *, FILE *);

#endif
