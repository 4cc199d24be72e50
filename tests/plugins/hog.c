/* SPDX-License-Identifier: MIT */
/* hog - takes memory without end while its jobs run. */
#include "broken.h"

#include <string.h>

enum { PIECE = 8 << 20, PAUSE_US = 1000 };

static char *volatile newest; /* what nobody could see, a compiler may leave out */

static void *take_memory(void *unused)
{
	for (char *piece; (piece = (char *)malloc(PIECE));) {
		memset(piece, 1, PIECE);
		newest = piece;
		usleep(PAUSE_US);
	}
	return unused;
}

static int hog_run(void *state, const struct hd_jobs *jobs)
{
	pthread_t thread;

	if (pthread_create(&thread, NULL, take_memory, NULL))
		return -EAGAIN;
	pthread_detach(thread);
	return base_run(state, jobs);
}

HD_EXPORT const struct hd_model heddle_model = {BASE_HEAD, BASE_TEXTS, .open = base_open,
                                                .run = hog_run, .close = base_close};
