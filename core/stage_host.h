/* SPDX-License-Identifier: MIT */
/* What a stage offers to the plugin it loaded: struct hd_host, with the stage's own data behind it. */
#ifndef HEDDLE_STAGE_HOST_H
#define HEDDLE_STAGE_HOST_H

#include "arena.h"
#include "heddle/plugin.h"
#include "loader.h"

struct stage_host {
	struct hd_host host; /* first, so that a pointer to it is a pointer to this */
	struct arena *arena;
	const struct loaded *loaded;
};

void stage_host_init(struct stage_host *, struct arena *, const struct loaded *);
/* Narrows the calling thread to these PUs (OS indexes). 0 or -errno. */
int stage_bind(const int *cpus, uint32_t count);
/* Writes the reason on the board, cut to fit; the first one stays. */
void stage_reason(struct arena_board *, const char *why);

#endif
