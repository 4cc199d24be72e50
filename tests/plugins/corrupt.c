/* SPDX-License-Identifier: MIT */
/* corrupt - wrong: in each third block that is written the first byte is changed. */
#include <stdatomic.h>
#define PERFORM corrupting
#include "broken.h"

static _Atomic uint64_t writes;

static int64_t corrupting(void *state, struct hd_request *request)
{
	if (request->op == HD_WRITE && request->size && atomic_fetch_add(&writes, 1) % 3 == 2)
		*(char *)request->buf ^= 1;
	return base_perform(state, request);
}

HD_EXPORT const struct hd_model heddle_model = {BASE_HEAD, BASE_TEXTS, .open = base_open,
                                                .run = base_run, .close = base_close};
