/* SPDX-License-Identifier: MIT */
/* drop - wrong: of each EVERY-th message the last byte is not written, though the answer says so.
 */
#include <stdatomic.h>
#define PERFORM dropping
#include "broken.h"

static _Atomic uint64_t writes;

static int64_t dropping(void *state, struct hd_request *request)
{
	int64_t answer;
	uint64_t dropped;

	if (request->op != HD_WRITE)
		return base_perform(state, request);
	dropped = atomic_fetch_add(&writes, 1) % EVERY == EVERY - 1 && request->size > 0;
	request->size -= dropped;
	answer = base_perform(state, request);
	return answer < 0 ? answer : answer + (int64_t)dropped;
}

HD_EXPORT const struct hd_model heddle_model = {BASE_HEAD, BASE_TEXTS, .open = base_open,
                                                .run = base_run, .close = base_close};
