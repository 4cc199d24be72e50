/* SPDX-License-Identifier: MIT */
/*
 * hazard-race - wrong on purpose: sections of all threads run at the same time, without any exclusion.
 *
 * To increase a word is to read it, to add one and to write it back. Where two threads read the same
 * value, both write the same one back, and one increment is lost. Nothing crashes, nothing waits, and the
 * rate looks fine: only that the verification counts what is left over shows it. `thread-mutex` is the
 * same model with a lock around the section.
 *
 * No config runs it that does not name it; `heddle run hazards` does.
 */
#include <heddle/plugin.h>
#include <heddle/threads.h>

static void increase(volatile uint64_t *word)
{
	uint64_t read = *word;

	sched_yield(); /* so that it does not take luck to come between */
	*word = read + 1;
}

static int64_t perform(void *state, struct hd_request *request)
{
	const struct hd_section *section = &request->section;

	(void)state;
	if (request->op != HD_EXCLUSIVE)
		return hd_thread_answer(request);
	for (uint64_t i = 0; i < request->times; i++) {
		/* Here a lock is missing. */
		for (uint32_t line = 0; line < section->lines; line++)
			increase(section->words + line * HD_LINE_WORDS);
		hd_busy(section->turns);
	}
	return 0;
}

static void *work(void *seat)
{
	return hd_crew_work(seat, perform);
}

static int race_open(const struct hd_host *host, void **state)
{
	return hd_crew_open_alone(host, state, work);
}

HD_EXPORT const struct hd_model heddle_model = {
        .magic = HD_PLUGIN_MAGIC,
        .abi = HD_PLUGIN_ABI,
        .size = sizeof(struct hd_model),
        .option_size = sizeof(struct hd_option),
        .ops = HD_THREAD_OPS | HD_CAN(HD_EXCLUSIVE),
        .name = "hazard-race",
        .summary = "wrong on purpose: no lock, increments get lost",
        .build = HD_BUILD,
        .open = race_open,
        .run = hd_crew_run,
        .close = hd_crew_close_alone,
};
