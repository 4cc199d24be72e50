/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "pairs_parts.h"
#include "result_rows.h"
#include "words.h"

enum { MOST_KNOWN = 255 };

static bool is_ok(const json_t *of_case)
{
	return strcmp(row_text(of_case, "status"), status_name(STATUS_OK)) == 0;
}

/* A case that is meant to fail gives no number. */
static bool is_expected_ok(const json_t *of_case)
{
	return strcmp(row_text(of_case, "expect"), status_name(STATUS_OK)) == 0;
}

static struct pair_case *find(struct pairs *pairs, const char *name)
{
	for (size_t i = 0; i < pairs->count; i++)
		if (strcmp(pairs->cases[i].name, name) == 0)
			return &pairs->cases[i];
	return NULL;
}

/* In the order of the base, then what only the new side has. */
static void add_cases(struct pairs *pairs, int side)
{
	size_t i;
	json_t *of_case;

	json_array_foreach(pairs->sides[side].cases, i, of_case)
	{
		const char *name = row_text(of_case, "name");
		struct pair_case *pair = side == NEW ? find(pairs, name) : NULL;

		if (!pair) {
			pair = &pairs->cases[pairs->count++];
			*pair = (struct pair_case){.name = name,
			                           .at = {PAIRS_ABSENT, PAIRS_ABSENT}};
		}
		pair->at[side] = (int64_t)i;
		pair->of_case[side] = of_case;
		pair->status[side] =
		        is_ok(of_case) ? STATUS_OK
		                       : (enum status)status_find(row_text(of_case, "status"));
	}
}

/* What both must have alike: the new build may choose other options, not another task. */
static const char *difference(const struct pair_case *pair)
{
	static const char *const keys[] = {"params", "cpus", "generator_cpus"};

	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		const json_t *base = json_object_get(pair->of_case[BASE], keys[i]);
		const json_t *new = json_object_get(pair->of_case[NEW], keys[i]);

		if (base && new && !json_equal(base, new))
			return keys[i];
	}
	return NULL;
}

static bool may_be_tried(const struct pair_case *pair)
{
	for (int side = 0; side < SIDES; side++)
		if (!pair->of_case[side] || !is_ok(pair->of_case[side]) ||
		    !is_expected_ok(pair->of_case[side]))
			return false;
	return !pair->differs;
}

static bool add_metric(struct pair_case *pair, const char *name, uint32_t pairs)
{
	struct pair_metric *metric = &pair->metrics[pair->metric_count];

	for (size_t i = 0; i < pair->metric_count; i++)
		if (strcmp(pair->metrics[i].name, name) == 0)
			return true;
	metric->name = name;
	for (int side = 0; side < SIDES; side++) {
		metric->values[side] = malloc(2 * pairs * sizeof(double));
		if (!metric->values[side])
			return false;
		for (uint32_t i = 0; i < 2 * pairs; i++)
			metric->values[side][i] = NAN;
	}
	pair->metric_count++;
	return true;
}

/* Whether both sides have it, and it is said which direction is the better one. */
static bool can_be_judged(const struct pair_case *pair, const char *metric)
{
	for (int side = 0; side < SIDES; side++)
		if (!*row_text(row_metric(pair->of_case[side], metric), "better"))
			return false;
	return true;
}

static bool take_metrics(struct pairs *pairs, struct pair_case *pair)
{
	const struct pairs_options *options = pairs->options;

	if (!add_metric(pair, row_gate(pair->of_case[NEW]), options->pairs))
		return false;
	for (size_t i = 0; i < options->metric_count; i++)
		if (can_be_judged(pair, options->metrics[i]) &&
		    !add_metric(pair, options->metrics[i], options->pairs))
			return false;
	return true;
}

/* Names that --metric could have given. */
static size_t known_metrics(const struct pairs *pairs, const char **known)
{
	size_t count = 0;

	for (size_t i = 0; i < pairs->count; i++) {
		const json_t *of_case = pairs->cases[i].of_case[NEW];
		json_t *value;
		const char *name;

		if (!pairs->cases[i].tried)
			continue;
		json_object_foreach(json_object_get(of_case, "metrics"), name, value)
		{
			known[count] = NULL;
			if (count < MOST_KNOWN && can_be_judged(&pairs->cases[i], name) &&
			    !words_is_one_of(name, known))
				known[count++] = name;
		}
	}
	known[count] = NULL;
	return count;
}

static int check_metrics(const struct pairs *pairs, struct hd_error *err)
{
	const struct pairs_options *options = pairs->options;
	const char *known[MOST_KNOWN + 1];
	char quoted[WORDS_QUOTE], line[WORDS_LINE];

	known_metrics(pairs, known);
	for (size_t i = 0; i < options->metric_count; i++)
		if (!words_is_one_of(options->metrics[i], known))
			return hd_error(err, -EINVAL,
			                "--metric: no case has a metric %s that is judged; %s",
			                words_quote(options->metrics[i], quoted),
			                words_suggest(options->metrics[i], known, "known", line));
	return 0;
}

/* The PUs of the widest case. */
static int take_ruler_cpus(struct pairs *pairs)
{
	const json_t *widest = NULL;
	int *cpus;

	for (size_t i = 0; i < pairs->count; i++) {
		const json_t *of_case = json_object_get(pairs->cases[i].of_case[NEW], "cpus");

		if (pairs->cases[i].tried && json_array_size(of_case) > json_array_size(widest))
			widest = of_case;
	}
	pairs->ruler_cpu_count = (uint32_t)json_array_size(widest);
	cpus = calloc(pairs->ruler_cpu_count + 1, sizeof(*cpus));
	pairs->ruler_cpus = cpus;
	for (uint32_t i = 0; cpus && i < pairs->ruler_cpu_count; i++)
		cpus[i] = (int)json_integer_value(json_array_get(widest, i));
	return cpus ? 0 : -ENOMEM;
}

static int make_ready(struct pairs *pairs, struct hd_error *err)
{
	uint32_t rounds = pairs->options->pairs;
	bool good = true;

	for (size_t i = 0; good && i < pairs->count; i++) {
		struct pair_case *pair = &pairs->cases[i];

		pair->differs = difference(pair);
		pair->tried = may_be_tried(pair);
		if (pair->tried) {
			good = take_metrics(pairs, pair);
			pairs->judgement_count += pair->metric_count;
		}
	}
	pairs->taken = calloc((size_t)SIDES * PAIRS_RULER * 2 * rounds, sizeof(double));
	pairs->judgements = calloc(pairs->judgement_count + 1, sizeof(*pairs->judgements));
	pairs->order = calloc(pairs->count + 1, sizeof(*pairs->order));
	if (!good || !pairs->taken || !pairs->judgements || !pairs->order ||
	    take_ruler_cpus(pairs) || !add_metric(&pairs->ruler, "rate", PAIRS_RULER * rounds))
		return hd_error(err, -ENOMEM, "out of memory");
	return 0;
}

int pairs_match(struct pairs *pairs, struct side sides[2], const struct pairs_options *options,
                struct hd_error *err)
{
	size_t most = json_array_size(sides[BASE].cases) + json_array_size(sides[NEW].cases);
	size_t fewest;
	int code;

	*pairs = (struct pairs){.sides = sides, .options = options, .show.signal = options->signal};
	pairs->cases = calloc(most + 1, sizeof(*pairs->cases));
	if (!pairs->cases)
		return hd_error(err, -ENOMEM, "out of memory");
	add_cases(pairs, BASE);
	add_cases(pairs, NEW);
	code = make_ready(pairs, err);
	if (!code)
		code = check_metrics(pairs, err);
	if (code)
		return code;
	fewest = verdict_fewest_pairs(pairs->judgement_count ? pairs->judgement_count : 1);
	if (pairs->judgement_count == 0)
		return hd_error(err, -EINVAL, "no case can be tried on both sides");
	if (options->pairs < fewest)
		return hd_error(err, -EINVAL,
		                "--pairs %u: with %zu verdicts to reach, even pairs that all agree "
		                "show nothing below %zu",
		                options->pairs, pairs->judgement_count, fewest);
	return 0;
}

static void free_metrics(struct pair_case *pair)
{
	for (size_t i = 0; i <= PAIRS_METRICS; i++)
		for (int side = 0; side < SIDES; side++)
			free(pair->metrics[i].values[side]);
}

void pairs_free(struct pairs *pairs)
{
	for (size_t i = 0; i < pairs->count; i++)
		free_metrics(&pairs->cases[i]);
	free_metrics(&pairs->ruler);
	free(pairs->cases);
	free(pairs->order);
	free(pairs->taken);
	free(pairs->ruler_cpus);
	free(pairs->judgements);
}
