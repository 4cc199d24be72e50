/* SPDX-License-Identifier: MIT */
/* The document of `heddle check --json`. */
#ifndef HEDDLE_CHECK_JSON_H
#define HEDDLE_CHECK_JSON_H

#include <stdio.h>

#include "check_result.h"
#include "models.h"

/* 0 or -errno. */
int check_print_json(const struct model *, const struct check_results *, uint64_t elapsed_ns,
                     FILE *);

#endif
