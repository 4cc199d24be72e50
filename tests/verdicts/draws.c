/* SPDX-License-Identifier: MIT */
/*
 * How often the verdicts are right: comparisons drawn with replacement from pairs that were recorded.
 *
 *	draws TIMES PAIRS CHANGED DOCUMENT...
 *
 * CHANGED is a part of the name of the case that did change, "" for none. Of each case a draw takes
 * PAIRS pairs of all documents, and as many again where a second block is asked for, and judges them as `ab`
 * does; the ruler is left out. Prints one line of JSON. Exit: 0, 2 usage or a document that cannot be read.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "judgement.h"
#include "result_document.h"
#include "result_rows.h"
#include "run.h"
#include "verdict_document.h"

enum { MOST_CASES = 64, MOST_PAIRS = 100000, MOST_DRAWN = 1000 };

struct recorded {
	const char *name;
	struct verdict_rule rule;
	size_t count;
	double *base, *new;
};

static struct recorded cases[MOST_CASES];
static size_t case_count;

static const json_t *case_called(const json_t *side, const char *name)
{
	json_t *of_case;
	size_t i;

	json_array_foreach(json_object_get(side, "cases"), i,
	                   of_case) if (strcmp(row_text(of_case, "name"), name) ==
	                                0) return of_case;
	return NULL;
}

static struct recorded *recorded_of(const json_t *judged)
{
	const char *name = row_text(judged, "case");
	struct recorded *of;

	for (size_t i = 0; i < case_count; i++)
		if (strcmp(cases[i].name, name) == 0)
			return &cases[i];
	if (case_count == MOST_CASES)
		return NULL;
	of = &cases[case_count++];
	*of = (struct recorded){
	        .name = name,
	        .rule = {.margin = row_number(json_object_get(judged, "margin_percent")) / 100,
	                 .lower = strcmp(row_text(judged, "better"), "lower") == 0},
	        .base = calloc(MOST_PAIRS, sizeof(double)),
	        .new = calloc(MOST_PAIRS, sizeof(double))};
	return of->base && of->new ? of : NULL;
}

static void take_pairs(struct recorded *of, const json_t *base, const json_t *new,
                       const char *metric)
{
	const json_t *of_base = json_object_get(row_metric(base, metric), "trials");
	const json_t *of_new = json_object_get(row_metric(new, metric), "trials");

	for (size_t i = 0; i < json_array_size(of_base) && of->count < MOST_PAIRS; i++) {
		double a = row_number(json_array_get(of_base, i)),
		       b = row_number(json_array_get(of_new, i));

		if (!isfinite(a) || !isfinite(b))
			continue;
		of->base[of->count] = a;
		of->new[of->count++] = b;
	}
}

/* Its pairs are kept; the document stays, as the names are its. */
static bool take_document(const char *path)
{
	struct hd_error err = {0};
	json_t *document = document_load(path, VERDICT_FORMAT, VERDICT_VERSION, &err), *judged;
	size_t i;

	if (!document) {
		fprintf(stderr, "draws: %s\n", err.text);
		return false;
	}
	json_array_foreach(json_object_get(document, "verdicts"), i, judged)
	{
		const char *name = row_text(judged, "case");
		struct recorded *of =
		        json_is_true(json_object_get(judged, "gates")) ? recorded_of(judged) : NULL;

		if (of)
			take_pairs(of, case_called(json_object_get(document, "base"), name),
			           case_called(json_object_get(document, "new"), name),
			           row_text(judged, "metric"));
	}
	return true;
}

static struct estimate draw(const struct recorded *of, size_t pairs, size_t judged,
                            struct run_random *random)
{
	double base[MOST_DRAWN], new[MOST_DRAWN];

	for (size_t i = 0; i < pairs; i++) {
		size_t pick = run_random_next(random) % of->count;

		base[i] = of->base[pick];
		new[i] = of->new[pick];
	}
	return verdict_estimate(base, new, pairs, judged);
}

struct tally {
	uint64_t found, missed_as_same, others_flagged, others;
};

static void draw_once(size_t pairs, const char *changed, struct run_random *random,
                      struct tally *tally)
{
	struct judgement judgements[MOST_CASES] = {0};

	for (size_t i = 0; i < case_count; i++) {
		judgements[i].rule = cases[i].rule;
		judgements[i].first = draw(&cases[i], pairs, case_count, random);
	}
	if (!judge(judgements, case_count))
		return;
	for (size_t i = 0; i < case_count; i++)
		if (judgement_is_flagged(&judgements[i]))
			judgements[i].second = draw(&cases[i], pairs, 1, random);
	if (!judge_again(judgements, case_count))
		return;
	for (size_t i = 0; i < case_count; i++) {
		bool is_changed = *changed && strstr(cases[i].name, changed);

		tally->found += is_changed && judgements[i].verdict == VERDICT_REGRESSION;
		tally->missed_as_same += is_changed && judgements[i].verdict == VERDICT_SAME;
		tally->others += !is_changed;
		tally->others_flagged += !is_changed && judgement_is_flagged(&judgements[i]);
	}
}

int main(int argc, char **argv)
{
	size_t times = argc > 4 ? strtoul(argv[1], NULL, 10) : 0;
	size_t pairs = argc > 4 ? strtoul(argv[2], NULL, 10) : 0;
	struct run_random random;
	struct tally tally = {0};

	if (!times || pairs < VERDICT_LEAST_PAIRS || pairs > MOST_DRAWN) {
		fprintf(stderr, "usage: draws TIMES PAIRS CHANGED DOCUMENT...\n");
		return 2;
	}
	for (int i = 4; i < argc; i++)
		if (!take_document(argv[i]))
			return 2;
	run_random_seed(&random, 1);
	for (size_t i = 0; i < times; i++)
		draw_once(pairs, argv[3], &random, &tally);
	printf("{\"draws\": %zu, \"cases\": %zu, \"pairs\": %zu, \"found\": %llu, \"same\": %llu, "
	       "\"others\": %llu, \"others_flagged\": %llu}\n",
	       times, case_count, case_count ? cases[0].count : 0, (unsigned long long)tally.found,
	       (unsigned long long)tally.missed_as_same, (unsigned long long)tally.others,
	       (unsigned long long)tally.others_flagged);
	return 0;
}
