/* SPDX-License-Identifier: MIT */
/* What the threads of a trial that timed out waited for, as a result tells it. */
#include <inttypes.h>
#include <stdio.h>

#include "result_document.h"
#include "result_value.h"
#include "standstill.h"

enum { PHRASE = 192 };

static json_t *address_json(uint64_t address)
{
	char text[32];

	if (!address)
		return json_null();
	snprintf(text, sizeof(text), "0x%" PRIx64, address);
	return json_string(text);
}

static json_t *number_json(int place)
{
	return place < 0 ? json_null() : json_integer(place + 1);
}

static json_t *frames_json(const struct standstill_thread *thread)
{
	char text[2 * STANDSTILL_NAME + 4];
	json_t *array;

	if (!thread->frame_count)
		return json_null();
	array = json_array();
	for (uint32_t i = 0; i < thread->frame_count; i++) {
		const struct standstill_frame *frame = &thread->frames[i];

		snprintf(text, sizeof(text), "%s%s%s%s", frame->function,
		         frame->module[0] ? " (" : "", frame->module, frame->module[0] ? ")" : "");
		json_array_append_new(array, json_any_text(text));
	}
	return array;
}

static json_t *thread_json(const struct standstill *all, uint32_t i)
{
	const struct standstill_thread *thread = &all->threads[i];
	char phrase[PHRASE], call[STANDSTILL_NAME], state[2] = {thread->state, '\0'};

	return json_pack("{s:i, s:i, s:i, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "thread",
	                 (int)i + 1, "pid", (int)thread->pid, "tid", (int)thread->tid, "name",
	                 json_any_text(thread->name), "state", json_any_text(state), "does",
	                 json_any_text(standstill_phrase(all, i, phrase, sizeof(phrase))), "call",
	                 thread->call >= 0 ? json_string(standstill_call_name(thread->call, call))
	                                   : json_null(),
	                 "kernel", json_text_or_null(thread->kernel), "lock",
	                 address_json(thread->lock), "holder", number_json(thread->holder),
	                 "frames", frames_json(thread));
}

static bool wait_at_one(const struct standstill_thread *a, const struct standstill_thread *b)
{
	return a->lock == b->lock && (a->pid == b->pid || (a->shared && b->shared));
}

static bool is_first(const struct standstill *all, uint32_t i)
{
	for (uint32_t k = 0; k < i; k++)
		if (all->threads[k].told && wait_at_one(&all->threads[k], &all->threads[i]))
			return false;
	return true;
}

static json_t *locks_json(const struct standstill *all)
{
	json_t *array = json_array();

	for (uint32_t i = 0; i < all->count; i++) {
		const struct standstill_thread *first = &all->threads[i];
		json_t *waiters;

		if (!first->told || !first->lock || !is_first(all, i))
			continue;
		waiters = json_array();
		for (uint32_t k = i; k < all->count; k++)
			if (all->threads[k].told && wait_at_one(first, &all->threads[k]))
				json_array_append_new(waiters, json_integer((json_int_t)k + 1));
		json_array_append_new(
		        array, json_pack("{s:o, s:o, s:o}", "address", address_json(first->lock),
		                         "holder", number_json(first->holder), "waiters", waiters));
	}
	return array;
}

json_t *standstill_json(const struct standstill *all)
{
	json_t *stacks = json_array();

	for (uint32_t i = 0; i < all->count; i++)
		if (all->threads[i].told)
			json_array_append_new(stacks, thread_json(all, i));
	return json_pack("{s:o, s:I, s:o, s:o, s:o}", "stacks", stacks, "not_told",
	                 (json_int_t)(all->count - json_array_size(stacks)), "locks",
	                 locks_json(all), "calls_unknown", json_text_or_null(all->calls_unknown),
	                 "frames_unknown", json_text_or_null(all->frames_unknown));
}
