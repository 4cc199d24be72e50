/* SPDX-License-Identifier: MIT */
/* One stage of `heddle check`: a property, for one number of tasks and cores, with one set of options. */
#ifndef HEDDLE_CHECK_CASE_H
#define HEDDLE_CHECK_CASE_H

#include <stdbool.h>
#include <stdint.h>

#include "check_property.h"
#include "check_result.h"
#include "error.h"
#include "models.h"
#include "option.h"

struct keeper;

struct check_spec {
	const struct model *model; /* asked, and well */
	bool does_nothing; /* the model that answers without doing: its answers are not looked at */
	const int *cpus;   /* in the order in which they are used */
	uint32_t cpu_count;
	const char *const *only; /* names of properties, `only_count` of them; 0: all */
	uint32_t only_count;
};

/* What is known while all properties are looked at with one set of options. */
struct check {
	const struct check_spec *spec;
	struct keeper *keeper;
	struct value values[MODEL_OPTIONS];
	bool one_at_a_time; /* found by a case */
	bool cannot_run;    /* the last one: the model says so, with these options */
	uint32_t hangs;
	uint64_t
	        failing; /* a bit for the place of each property that fails; with an option: by default */
	const char *
	        broken; /* a property without which no other means anything, and that fails; else NULL */
};

/*
 * Looks, and makes the result worse where that is what it finds. 0, or -errno where the check itself could not go on.
 */
int check_case(struct check *, const struct check_property *, const struct check_shape *,
               struct check_result *, struct hd_error *);

#endif
