/* SPDX-License-Identifier: MIT */
#include "side.h"

void side_close(struct side *side, bool saved)
{
	if (side->kind)
		side->kind->close(side, saved);
	json_decref(side->config);
	json_decref(side->cases);
	*side = (struct side){0};
}

void side_trial_free(struct side_trial *trial)
{
	json_decref(trial->metrics);
	trial->metrics = NULL;
}
