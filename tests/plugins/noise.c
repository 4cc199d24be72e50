/* SPDX-License-Identifier: MIT */
/* noise - right in what it does, but prints garbage to stdout and stderr without end. */
#include "broken.h"

static void *print(void *nothing)
{
	static const char garbage[] = "{\"\x01\xff\n\033[2J garbage %s%n \\u0000 ";

	for (int fd = 1;; fd = 3 - fd)
		if (write(fd, garbage, sizeof(garbage)) < 0)
			usleep(100); /* it goes on for ever, and need not burn a core for it */
	return nothing;
}

static int noise_open(const struct hd_host *host, void **state)
{
	pthread_t thread;
	int code = base_open(host, state);

	return code ? code : -pthread_create(&thread, NULL, print, NULL);
}

HD_EXPORT const struct hd_model heddle_model = {BASE_HEAD, BASE_TEXTS, .open = noise_open,
                                                .run = base_run, .close = base_close};
