/* SPDX-License-Identifier: MIT */
/* What came back of what was sent, and the numbers of a trial. */
#include "echo.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "format.h"

static uint64_t verified(const struct workload_trial *trial, uint32_t threads)
{
	const struct arena_slot *slots = arena_generator_slots(trial->arena);
	uint64_t sum = 0;

	for (uint32_t i = 0; i < threads; i++)
		sum += slot_ops(&slots[i]);
	return sum;
}

/* What is wrong, the gravest first; "" where nothing is. */
static void tell_wrong(const struct workload_trial *trial, const struct echo_state *state,
                       const char *name, char *text, size_t size)
{
	const struct generator_tally *total = &state->total;
	uint64_t trips = verified(trial, state->plan.threads) + total->wrong + total->owed;
	char some[FORMAT_TEXT], all[FORMAT_TEXT];

	if (total->wrong)
		snprintf(text, size, "%s of %s %s wrong: %s", format_count(total->wrong, some),
		         format_count(trips, all), name, total->wrong_text);
	else if (total->dropped)
		snprintf(text, size, "%s connections broken off: %s",
		         format_count(total->dropped, some), total->dropped_text);
	else if (total->owed)
		snprintf(text, size, "%s of %s %s owed after a drain of %u ms: %s",
		         format_count(total->owed, some), format_count(trips, all), name,
		         state->plan.drain_ms, total->owed_text);
	else if (!total->served && total->unasked < state->plan.connections)
		snprintf(text, size, "none of %s connections was answered%s%s",
		         format_count(state->plan.connections, all),
		         *total->failed_text ? ": " : "", total->failed_text);
}

double echo_generator_percent(const struct generator_tally *total)
{
	return total->wall_ns ? 100.0 * (double)total->cpu_ns / (double)total->wall_ns : NAN;
}

uint64_t echo_never_served(const struct echo_state *state)
{
	return state->plan.connections - state->total.served - state->total.unasked;
}

static void tell_notes(const struct workload_trial *trial, uint64_t strangers, char *note)
{
	const struct echo_state *state = trial->state;
	const struct generator_tally *total = &state->total;
	char some[FORMAT_TEXT], all[FORMAT_TEXT], more[FORMAT_TEXT];

	if (strangers)
		text_add(note, ARENA_REASON_BYTES, "; ",
		         "%s connections of other programs turned away",
		         format_count(strangers, some));
	if (echo_never_served(state))
		text_add(note, ARENA_REASON_BYTES, "; ", "%s of %s connections never served",
		         format_count(echo_never_served(state), some),
		         format_count(state->plan.connections, all));
	if (total->failed)
		text_add(note, ARENA_REASON_BYTES, "; ", "%s connections not made: %s",
		         format_count(total->failed, some), total->failed_text);
	if (total->unclosed)
		text_add(note, ARENA_REASON_BYTES, "; ",
		         "%s connections not closed by the server in time",
		         format_count(total->unclosed, some));
	if (total->resent || total->reordered)
		text_add(note, ARENA_REASON_BYTES, "; ",
		         "%s messages lost, %s came twice, %s out of order",
		         format_count(total->lost, some), format_count(total->duplicate, all),
		         format_count(total->reordered, more));
	if (echo_generator_percent(total) >= GENERATOR_SATURATED_PERCENT)
		text_add(note, ARENA_REASON_BYTES, "; ",
		         "the load generator is the limit: %.0f %% of its cores",
		         echo_generator_percent(total));
	if (state->plan.rate)
		echo_tell_rate(trial, note);
}

void echo_judge(struct workload_trial *trial, const char *trips, uint64_t strangers,
                struct workload_verdict *verdict)
{
	struct echo_state *state = trial->state;

	memset(&state->total, 0, sizeof(state->total));
	if (generator_failure(&state->generator, verdict->text, sizeof(verdict->text))) {
		verdict->wrong = verdict->harness = true;
		return;
	}
	generator_total(&state->plan, &state->total);
	tell_wrong(trial, state, trips, verdict->text, sizeof(verdict->text));
	verdict->wrong = verdict->text[0] != '\0';
	verdict->harness = state->total.denied == state->plan.connections;
	verdict->partial = state->total.wrong || state->total.dropped || state->total.partial;
	tell_notes(trial, strangers, verdict->note);
}

void echo_verify(struct workload_trial *trial, struct workload_verdict *verdict)
{
	echo_judge(trial, "round trips", echo_count_strangers(trial), verdict);
}

void echo_measure(struct workload_trial *trial, const struct workload_seen *seen, double *values)
{
	const struct echo_state *state = trial->state;
	const struct generator_tally *total = &state->total;
	bool udp = state->plan.transport == GENERATOR_UDP;

	values[THROUGHPUT] = seen->rate;
	values[BYTES_RATE] = seen->rate * state->plan.message_bytes;
	values[SERVER_CPU] = seen->ops ? seen->cpu_ns / (double)seen->ops : NAN;
	values[LATENCY_P50] = histogram_percentile(&total->latency, 0.5);
	values[LATENCY_P90] = histogram_percentile(&total->latency, 0.9);
	values[LATENCY_P99] = histogram_percentile(&total->latency, 0.99);
	values[LATENCY_P999] = histogram_percentile(&total->latency, 0.999);
	values[LATENCY_MAX] = histogram_percentile(&total->latency, 1);
	values[NEVER_SERVED] = (double)echo_never_served(state);
	values[GENERATOR_CPU] = echo_generator_percent(total);
	values[CONNECTIONS_MADE] = udp ? NAN : (double)total->made;
	values[LOST] = udp ? (double)total->lost : NAN;
	values[DUPLICATE] = udp ? (double)total->duplicate : NAN;
	values[REORDERED] = udp ? (double)total->reordered : NAN;
	if (state->plan.rate)
		echo_measure_rate(trial, values);
}
