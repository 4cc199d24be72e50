/* SPDX-License-Identifier: MIT */
/*
 * echo with a rate: messages have planned times, and what a user would see is told from the plan. Evenly
 * spaced by default: on a connection that holds one message at a time random gaps would put some of the
 * wait into the client, however quick the server is. With exponential gaps, as many independent users
 * make them, no rhythm of the server stays hidden between two messages.
 */
#include "echo.h"

#include <errno.h>
#include <math.h>
#include <string.h>

#include "format.h"

enum { LATE_NS = 100000 }; /* of the generator's sends, 1 in 100: from here on it is told */

/* A closed loop has no plan, and nothing to hold a goal against. */
int echo_check_rate(const struct value *values, struct hd_error *err)
{
	int64_t goal = values[LATENCY_GOAL_US].number, percentile = values[PERCENTILE].number;

	if (values[RATE].number == ECHO_MAX_UNDER && !goal)
		return hd_error(
		        err, -EINVAL,
		        "latency_goal_us: is missing; \"rate\": \"max-under\" needs a goal");
	if (values[RATE].number)
		return 0;
	if (goal)
		return hd_error(err, -EINVAL, "latency_goal_us: %lld without a \"rate\"",
		                (long long)goal);
	if (percentile != echo_workload.params[PERCENTILE].value)
		return hd_error(err, -EINVAL, "percentile: %g without a \"rate\"",
		                percentile == ECHO_P999 ? 99.9 : (double)percentile);
	if (strcmp(values[ARRIVALS].text, echo_workload.params[ARRIVALS].text))
		return hd_error(err, -EINVAL, "arrivals: \"%s\" without a \"rate\"",
		                values[ARRIVALS].text);
	return 0;
}

/* Each thread of the generator noticed by itself when the windows began and ended. */
static double per_second(const struct echo_state *state, uint64_t messages)
{
	double threads_s = (double)state->total.wall_ns / 1e9;

	return threads_s > 0 ? state->plan.threads * (double)messages / threads_s : NAN;
}

static double planned_rate(const struct echo_state *state)
{
	return per_second(state, state->total.planned);
}

static double achieved_rate(const struct echo_state *state)
{
	return per_second(state, state->total.answered);
}

void echo_tell_rate(const struct workload_trial *trial, char *note)
{
	const struct echo_state *state = trial->state;
	struct echo_params params = echo_read_params(trial->kase);
	double response_ns = histogram_percentile(&state->total.response, params.percentile);
	double late_ns = histogram_percentile(&state->total.late, 0.99);
	double answered = (double)state->total.answered + WORKLOAD_MESSAGES_SPARED;
	char some[FORMAT_TEXT], all[FORMAT_TEXT];

	if (!state->total.planned)
		text_add(note, ARENA_REASON_BYTES, "; ",
		         "no message was planned in the windows; make them longer");
	if (answered < WORKLOAD_SHARE_HELD * (double)state->total.planned)
		text_add(note, ARENA_REASON_BYTES, "; ",
		         "%s of %s planned messages a second came back",
		         format_count((uint64_t)achieved_rate(state), some),
		         format_count((uint64_t)planned_rate(state), all));
	if (params.goal_ns && response_ns > (double)params.goal_ns)
		text_add(note, ARENA_REASON_BYTES, "; ",
		         "the goal of %s is not held: %s at percentile %g",
		         format_quantity((double)params.goal_ns, "ns", some),
		         format_quantity(response_ns, "ns", all), 100 * params.percentile);
	if (late_ns >= LATE_NS)
		text_add(note, ARENA_REASON_BYTES, "; ",
		         "the load generator was late: 1 in 100 sends by %s or more",
		         format_quantity(late_ns, "ns", some));
}

void echo_measure_rate(const struct workload_trial *trial, double *values)
{
	const struct echo_state *state = trial->state;
	const struct histogram *response = &state->total.response;

	/* A window of a slow plan holds a message or none: their median would tell steps, not the rate. */
	values[THROUGHPUT] = achieved_rate(state);
	values[BYTES_RATE] = achieved_rate(state) * state->plan.message_bytes;
	values[RESPONSE_P50] = histogram_percentile(response, 0.5);
	values[RESPONSE_P90] = histogram_percentile(response, 0.9);
	values[RESPONSE_P99] = histogram_percentile(response, 0.99);
	values[RESPONSE_P999] = histogram_percentile(response, 0.999);
	values[RESPONSE_MAX] = histogram_percentile(response, 1);
	values[RESPONSE_AT_PERCENTILE] =
	        histogram_percentile(response, echo_read_params(trial->kase).percentile);
	values[PLANNED_RATE] = planned_rate(state);
	values[ACHIEVED_RATE] = achieved_rate(state);
	values[UNSENT] = (double)state->total.unsent;
	values[GENERATOR_LATE] = histogram_percentile(&state->total.late, 0.99);
}

bool echo_search(const struct workload_case *kase, struct workload_search *search)
{
	struct echo_params params = echo_read_params(kase);

	*search = (struct workload_search){.param = RATE,
	                                   .planned = PLANNED_RATE,
	                                   .achieved = ACHIEVED_RATE,
	                                   .response = RESPONSE_AT_PERCENTILE,
	                                   .goal = (double)params.goal_ns,
	                                   .percentile = params.percentile,
	                                   .highest = kase->workload->params[RATE].max};
	return kase->params[RATE].number == ECHO_MAX_UNDER;
}
