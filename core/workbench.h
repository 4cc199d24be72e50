/* SPDX-License-Identifier: MIT */
/* What a run and a single trial have in common: machine, models, config and plan, all made ready. */
#ifndef HEDDLE_WORKBENCH_H
#define HEDDLE_WORKBENCH_H

#include <stdbool.h>
#include <stddef.h>

#include "config.h"
#include "error.h"
#include "keeper.h"
#include "machine.h"
#include "models.h"
#include "plan.h"
#include "scratch.h"
#include "topology.h"
#include "trial.h"

enum { WORKBENCH_LIST = 64 };

/* As the command line gives it; texts are the caller's. */
struct workbench_options {
	const char *config;
	const char *plugin_dirs[WORKBENCH_LIST], *only[WORKBENCH_LIST], *models[WORKBENCH_LIST];
	struct config_change changes[WORKBENCH_LIST];
	size_t plugin_dir_count, only_count, model_count, change_count;
	const char *cores;
	/* NULL, or the one folder that models are found in, and that of the build it is compared with:
	   see struct models. */
	const char *models_from, *other_models_from;
	bool with_empty; /* add the model that does nothing */
	enum keeper_mode mode;
};

struct workbench {
	struct topology topology;
	struct models models, other_models;
	struct keeper keeper;
	struct config config;
	struct plan plan;
	struct scratch scratch;
	enum keeper_mode mode;
};

/* Splits PLACE=VALUE of --set. False where there is no "=". The text is cut in two. */
bool workbench_add_change(struct workbench_options *, char *text);
/* What of them a plan takes; valid as long as they are. */
struct plan_filter workbench_filter(const struct workbench_options *);
/* 0; -EINVAL where problems tell what is wrong with the input; else -errno with err. workbench_close in
   any case. */
int workbench_open(struct workbench *, const struct workbench_options *, struct problems *,
                   struct hd_error *);
/* Starts a new keeper where the old one was killed. 0 or -errno. */
int workbench_revive_keeper(struct workbench *, struct hd_error *);
/* Tells in the machine's facts what stands between the models and all else, or why nothing does. */
void workbench_tell_protection(const struct workbench *, struct machine *);
/* What a trial of a case is to do; valid as long as the workbench. Zero seed, no callbacks. */
struct trial_spec workbench_trial(struct workbench *, size_t index);
/* Removes the run's folders and ends the keeper. */
void workbench_close(struct workbench *);

#endif
