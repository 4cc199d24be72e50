/* SPDX-License-Identifier: MIT */
/*
 * empty - answers each request at once and does nothing, so what is left is the harness's own
 * share.
 *
 * Its threads are those of the other models, only the work is gone. It declares requests whose
 * answer says no more than "done": a job that is told so goes on and comes to its end. Bytes,
 * connections and messages cannot be answered without being there: "none" ends a job that should
 * have worked, "all of them" keeps one that waits for the last for ever. Cases that need them are
 * skipped.
 */
#include <heddle/plugin.h>
#include <heddle/threads.h>

static inline int64_t perform(void *state, struct hd_request *request)
{
	(void)state;
	(void)request;
	return 0;
}

static void *work(void *seat)
{
	return hd_crew_work(seat, perform);
}

static int empty_open(const struct hd_host *host, void **state)
{
	struct hd_crew *crew = calloc(1, sizeof *crew);
	int error = crew ? hd_crew_open(crew, host, work, crew) : -ENOMEM;

	if (error)
		free(crew);
	else
		*state = crew;
	return error;
}

static void empty_close(void *state)
{
	hd_crew_close(state);
	free(state);
}

HD_EXPORT const struct hd_model heddle_model = {
        .magic = HD_PLUGIN_MAGIC,
        .abi = HD_PLUGIN_ABI,
        .size = sizeof(struct hd_model),
        .option_size = sizeof(struct hd_option),
        .ops = HD_CAN(HD_EXCLUSIVE) | HD_CAN(HD_SHARED) | HD_CAN(HD_YIELD),
        .name = "empty",
        .summary = "answers at once and does nothing: the harness's own share",
        .build = HD_BUILD,
        .open = empty_open,
        .run = hd_crew_run,
        .close = empty_close,
};
