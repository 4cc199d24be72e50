/* SPDX-License-Identifier: MIT */
/* The topology for people: what was found, what may be used and why less, the order, the core
 * counts. */
#ifndef HEDDLE_TOPOLOGY_PRINT_H
#define HEDDLE_TOPOLOGY_PRINT_H

#include <stdio.h>

#include "topology.h"

/*
 * Lines of at most 80 columns. PUs are OS indexes as taskset takes them, "0-14:2" is every second
 * one; their order is the order in which they are taken, "|" parts packages.
 */
void topology_print(const struct topology *, FILE *);

#endif
