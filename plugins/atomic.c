/* SPDX-License-Identifier: MIT */
/*
 * atomic - threads; a section is one atomic addition, and no lock is anywhere.
 *
 * What can be had where the work on shared data fits into one instruction, and what every lock is measured
 * against. A section of more than one word, or with work in it, cannot be had so: it is refused.
 */
#include <heddle/plugin.h>
#include <heddle/threads.h>

static int64_t refuse(const struct hd_crew *crew)
{
	crew->host->fail(crew->host, "an atomic addition changes one word, and does no other work");
	return -EOPNOTSUPP;
}

static int64_t perform(void *state, struct hd_request *request)
{
	const struct hd_section *section = &request->section;

	if (request->op != HD_EXCLUSIVE && request->op != HD_SHARED)
		return hd_thread_answer(request);
	if (section->lines > 1 || section->turns)
		return refuse(state);
	for (uint64_t times = request->times; times; times--) {
		if (request->op == HD_SHARED)
			(void)__atomic_load_n(section->words, __ATOMIC_ACQUIRE);
		else
			__atomic_fetch_add(section->words, 1, __ATOMIC_ACQ_REL);
	}
	return 0;
}

static void *work(void *seat)
{
	return hd_crew_work(seat, perform);
}

static int atomic_open(const struct hd_host *host, void **state)
{
	return hd_crew_open_alone(host, state, work);
}

HD_EXPORT const struct hd_model heddle_model = {
        .magic = HD_PLUGIN_MAGIC,
        .abi = HD_PLUGIN_ABI,
        .size = sizeof(struct hd_model),
        .option_size = sizeof(struct hd_option),
        .ops = HD_THREAD_OPS | HD_CAN(HD_EXCLUSIVE) | HD_CAN(HD_SHARED),
        .name = "atomic",
        .summary = "threads; an atomic addition in place of each section",
        .build = HD_BUILD,
        .open = atomic_open,
        .run = hd_crew_run,
        .close = hd_crew_close_alone,
};
