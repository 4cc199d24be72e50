/* SPDX-License-Identifier: MIT */
#include "run_show.h"

#include <math.h>

bool run_show_asked_to_end(const struct run_show *show)
{
	return show->signal && *show->signal != 0;
}

/* The trial calls it every few milliseconds: time to draw, and to see whether to end. */
static bool interrupted(void *context)
{
	struct run_show *show = context;

	progress_within(&show->progress, show->current, show->fraction);
	return run_show_asked_to_end(show);
}

static void share_of_pass(void *context, double fraction)
{
	((struct run_show *)context)->fraction = fraction;
}

void run_show_attach(struct run_show *show, const char *name, struct trial_spec *spec)
{
	show->current = name;
	show->fraction = NAN;
	spec->interrupted = interrupted;
	spec->share_of_pass = share_of_pass;
	spec->context = show;
	progress_trial(&show->progress, name);
}

void run_show_failure(struct run_show *show, enum status status, const char *reason)
{
	if (status != STATUS_OK && status != STATUS_SKIPPED)
		progress_say(&show->progress, "%s: %s: %s", show->current, status_name(status),
		             reason);
}
