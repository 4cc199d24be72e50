/* SPDX-License-Identifier: MIT */
/* The requests of the plugin interface by name. */
#ifndef HEDDLE_REQUEST_H
#define HEDDLE_REQUEST_H

#include <stdint.h>

enum { REQUEST_NAMES = 160 };

/* "EXCLUSIVE", "READ", ...; NULL for a number that is no request. */
const char *request_name(uint32_t op);
/* The names of a set of HD_CAN(op), a blank between two; "nothing" for none. Returns text. */
const char *request_names(uint64_t ops, char text[REQUEST_NAMES]);

#endif
