/* SPDX-License-Identifier: MIT */
/*
 * What `heddle check` looks at: a row for each thing that a model promises. The core starts a stage for each shape
 * of each row, in which look() runs; see check_rig.h for what it has to work with.
 */
#ifndef HEDDLE_CHECK_PROPERTY_H
#define HEDDLE_CHECK_PROPERTY_H

#include <stdbool.h>
#include <stdint.h>

struct rig;
struct stage_host;
struct stage_traces;

enum {
	CHECK_ALL_CORES = UINT16_MAX,
	CHECK_TWO_A_CORE = UINT16_MAX, /* tasks: twice the cores, 4 at least */
};

struct check_shape {
	uint16_t cores, tasks;
};

struct check_property {
	const char *name;
	const char *promise; /* what is so where it is ok */
	uint64_t ops;        /* all that it asks for; 0: whatever the model interprets */
	const struct check_shape *shapes; /* ends with {0} */
	bool together;                    /* nothing to see where jobs run one after another */
	bool once;                        /* not again for each value of an option */
	void (*look)(struct rig *);
};

/* In the order in which they are looked at; ends with a row without a name. */
extern const struct check_property check_properties[];

/* In a stage that has loaded the model: looks at the property that the board names. */
void check_look(const struct stage_host *, const struct stage_traces *before);

#endif
