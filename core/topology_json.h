/* SPDX-License-Identifier: MIT */
/* The topology for programs. */
#ifndef HEDDLE_TOPOLOGY_JSON_H
#define HEDDLE_TOPOLOGY_JSON_H

#include <jansson.h>

#include "topology.h"

/* An object that the caller owns, or NULL where memory ran out. What is not known is null in it. */
json_t *topology_to_json(const struct topology *);
/* [{"level", "bytes" of one, "line_bytes", "count"}]; null where the machine does not tell. */
json_t *topology_caches_json(const struct topology *);

#endif
