/* SPDX-License-Identifier: MIT */
/* pretend - wrong: no message is read or written, though the answers say so. */
#define PERFORM pretending
#include "broken.h"

static int64_t pretending(void *state, struct hd_request *request)
{
	if (request->op == HD_READ || request->op == HD_WRITE)
		return (int64_t)request->size;
	return base_perform(state, request);
}

HD_EXPORT const struct hd_model heddle_model = {BASE_HEAD, BASE_TEXTS, .open = base_open,
                                                .run = base_run, .close = base_close};
