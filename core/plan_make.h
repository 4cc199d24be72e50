/* SPDX-License-Identifier: MIT */
/* Shared by the plan_*.c files: what is at hand while a plan is made. */
#ifndef HEDDLE_PLAN_MAKE_H
#define HEDDLE_PLAN_MAKE_H

#include "plan.h"
#include "pool.h"
#include "words.h"

/* All combinations of the values of parameters or options, spelt out. */
struct matrix {
	size_t width, sets;         /* settings; combinations, at least 1 */
	const struct value *values; /* sets x width */
};

static inline const struct value *matrix_set(const struct matrix *matrix, size_t i)
{
	return matrix->values + i * matrix->width;
}

struct plan_model {
	struct model *model;
	const struct config_model *config;
	struct matrix options;
};

struct plan_models {
	size_t count;
	struct plan_model *items;
};

struct core_counts {
	bool made;
	size_t count;
	uint32_t *items; /* ascending */
};

/* The PUs in the order in which cases take them, for "cores" (one of each core) and for "pus". */
struct pu_order {
	int *cpus;
	uint32_t count;
	uint32_t before_shared; /* so many of them are on other cores than the generator's */
};

struct maker {
	struct plan *plan;
	struct pool *pool;
	const struct config *config;
	struct models *models;
	const struct topology *topology;
	const struct plan_filter *filter;
	void (*ask)(struct model *, void *context);
	void *context;
	struct problems *problems;
	size_t asked_count;
	struct model **asked;
	struct plan_models common; /* of entries without models of their own */
	struct pu_order order[2];  /* by `pus` */
	struct core_counts counts[2];
	const struct plan_model **origins;   /* one for each case of the plan */
	const struct plan_model **baselines; /* one for each entry of the config, or NULL */
};

/* "PATH: PLACE: sentence"; without the path where the place is an option of the command line. */
void plan_problem(struct maker *, const char *place, const char *format, ...)
        __attribute__((format(printf, 3, 4)));

/* plan_values.c: checks settings against their specs. `owner` is told of: "counter". */
struct matrix_names {
	const char *place, *kind, *owner; /* "workloads[0]", "parameter", "counter" */
	const char *const *keys;          /* that may stand beside the settings; ends with NULL */
	bool paths;                       /* texts are paths, made absolute */
};
bool plan_matrix(struct maker *, const struct hd_option *specs, const struct config_settings *,
                 const struct matrix_names *, struct matrix *);

/* plan_models.c */
bool plan_find_models(struct maker *, const struct config_models *, struct plan_models *);
void plan_check_baseline(struct maker *);
/* The one of the list that others are compared with, or NULL. */
const struct plan_model *plan_baseline_of(const struct maker *, const struct plan_models *);
/* How a model's cases start: STATUS_OK, or what is known beforehand and why. */
enum status plan_verdict(const struct model *, const char **reason);
/* The requests of a case that the model does not interpret, as the reason to skip it; NULL: none. */
const char *plan_missing(struct maker *, const struct workload *, const struct value *params,
                         const struct model *);

/* plan_cores.c */
void plan_place(struct maker *); /* the orders and the generator's cores */
/* The counts of an entry of the config; NULL where there is something wrong with them. */
const struct core_counts *plan_counts(struct maker *, const struct config_workload *,
                                      struct core_counts *own);
bool plan_counts_in_pus(const struct maker *, const struct config_workload *);

/* plan_filter.c */
void plan_check_filter(struct maker *);
/* Whether any case of the workload can be left: of others nothing is prepared, nor can it be
 * refused. */
bool plan_filter_wants(const struct plan_filter *, const struct workload *);
bool plan_filter_keeps(const struct plan_filter *, const struct plan_case *);
bool plan_parse_cores(struct maker *, const char *text, struct config_cores *);

/* plan_budget.c: fewer rounds, then fewer core counts. */
void plan_keep_budget(struct maker *);

/* plan_check.c */
void plan_refuse_equal(struct maker *);
void plan_join_baselines(struct maker *);

#endif
