/* SPDX-License-Identifier: MIT */
/*
 * config x models x topology -> the list of cases. Everything that can be wrong with a config's meaning
 * is found here, before anything runs.
 */
#ifndef HEDDLE_PLAN_H
#define HEDDLE_PLAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "config.h"
#include "models.h"
#include "topology.h"
#include "workload.h"

enum { PLAN_NAME = 512, PLAN_KEY = 33, PLAN_CASES = 100000 /* at most */ };
#define PLAN_NO_BASELINE SIZE_MAX

struct plan_case {
	const struct config_workload *entry; /* of the config: sampling, expect, margin */
	const struct workload *workload;
	const struct model *model;
	const char *label;          /* NULL where there is none */
	const struct value *params; /* one for each of workload->params, automatic ones filled in */
	const struct value *given;  /* the same before they were: what the name is made of */
	const struct value *options; /* one for each of model->options */
	const int *cpus;             /* `cores` OS indexes, the PUs of the case */
	uint32_t cores;
	uint32_t generator_cores; /* 0 where the workload needs none */
	bool pus;                 /* `cores` counts PUs, siblings among them */
	bool shared;              /* a core of the case is one of the generator's */
	uint8_t placement;        /* of struct config_placement */
	uint32_t param_set;       /* cases of the same entry and parameters share this number */
	size_t baseline;          /* index of the case it is compared with; its own where it is the
	                                 baseline; PLAN_NO_BASELINE */
	enum status status;       /* OK: to be run; else known beforehand, with the reason */
	const char *reason;       /* NULL or why */
	const char *note;         /* NULL, or what the table should tell of it */
};

struct plan {
	const struct config *config;
	size_t count;
	/* In the config's order: workload, parameters, cores, model, options. */
	struct plan_case *cases;
	int *generator_cpus; /* one set for the whole sweep */
	uint32_t generator_cores;
	uint32_t rounds;   /* after the budget was looked at */
	double expected_s; /* the whole run */
	char reduced[256]; /* what the budget took away, or "" */
	void *memory;      /* behind the pointers of the cases; plan.c's own */
};

/* What the command line leaves of the matrix. All fields may be empty. */
struct plan_filter {
	const char *const *only; /* "workload=echo", "cores=2", "batch=1", "model=mine": KEY=VALUE;
	                                 values of the same key are alternatives, keys are a conjunction.
	                                 KEY is workload, model, label, cores, name, key, a parameter or
	                                 an option; a whole case name may stand alone */
	size_t only_count;
	const char *cores; /* --cores LIST in place of the config's: "1,2,max", "pow2", "50%" */
	const char *const *models; /* --model NAME|FILE.so in place of the config's; an entry of the
	                                 config that is called so keeps its options */
	size_t model_count;
	bool with_empty; /* the model "empty" besides */
};

/*
 * Makes the plan. `ask` is called once for each model that the config names, before its options are
 * looked at (models_ask with the run's keeper; a test has its own). Problems are added as in config.h.
 * An incomplete config is checked as far as it goes, so that all errors are told at once.
 * 0 or -EINVAL. plan_free in any case; config, models and topology must outlive the plan.
 */
int plan_make(struct plan *, const struct config *, struct models *, const struct topology *,
              const struct plan_filter *, void (*ask)(struct model *, void *context), void *context,
              struct problems *);
void plan_free(struct plan *);

/* "counter/lines=4/thread-mutex/kind=adaptive/cores=2": values that are not the defaults, in the
   schema's order, label last before cores in parentheses. Returns text. */
const char *plan_case_name(const struct plan_case *, char text[PLAN_NAME]);
/* The two halves of it as tables have them, blanks between: "counter batch=1024", where a batch is
   always told as it decides who wins; "thread-mutex kind=adaptive (mine, first try)". Return text. */
const char *plan_case_title(const struct plan_case *, char text[PLAN_NAME]);
const char *plan_case_series(const struct plan_case *, char text[PLAN_NAME]);
/* Hash (XXH3, 32 hex digits) of everything that affects the case: workload, params, model, options,
   label, cores, PUs or cores, placement, the generator's cores, warm-up and windows. Returns text. */
const char *plan_case_key(const struct plan_case *, char text[PLAN_KEY]);
/* What the workload is told; valid as long as the plan. */
struct workload_case plan_workload_case(const struct plan *, const struct plan_case *);
/* Time that one trial of the case takes, in seconds, warm-up, windows and what is around them; of all its
   probes where it is a search. */
double plan_trial_s(const struct plan_case *);

#endif
