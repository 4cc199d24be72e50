/* SPDX-License-Identifier: MIT */
/* What can only be seen in all cases together: equal ones, and what each is compared with. */
#include "plan_make.h"

#include <stdlib.h>
#include <string.h>

enum { MOST_TOLD = 10 };

struct keyed {
	char key[PLAN_KEY];
	size_t at, first; /* places in the plan; the first one of the same key */
};

static int by_place(const void *a, const void *b)
{
	const struct keyed *one = a, *other = b;

	return (one->at > other->at) - (one->at < other->at);
}

static int by_key(const void *a, const void *b)
{
	const struct keyed *one = a, *other = b;
	int order = strcmp(one->key, other->key);

	return order ? order : by_place(a, b);
}

static void tell_equal(struct maker *maker, size_t first, size_t second)
{
	const struct plan_case *one = maker->plan->cases + first;
	const struct plan_case *other = maker->plan->cases + second;
	const struct config_model *model = maker->origins[first]->config;
	const struct config_model *same = maker->origins[second]->config;
	char name[PLAN_NAME];

	plan_case_name(other, name);
	if (one->entry != other->entry)
		plan_problem(maker, other->entry->place,
		             "the case %s is in %s as well; each case once", name,
		             one->entry->place);
	else if (model != same)
		plan_problem(maker, same->place,
		             "the case %s is the one of %s as well; change an option or give it a "
		             "\"label\"",
		             name, model->place);
	else
		plan_problem(maker, other->entry->place,
		             "the case %s is there twice, from different values that come to the "
		             "same",
		             name);
}

/* Between the same two places one equal case is told of, not all. */
static bool was_told(const struct maker *maker, size_t (*told)[2], size_t count, size_t first,
                     size_t second)
{
	const struct plan_case *cases = maker->plan->cases;

	for (size_t i = 0; i < count; i++)
		if (cases[told[i][0]].entry == cases[first].entry &&
		    cases[told[i][1]].entry == cases[second].entry &&
		    (cases[first].entry != cases[second].entry ||
		     (maker->origins[told[i][0]] == maker->origins[first] &&
		      maker->origins[told[i][1]] == maker->origins[second])))
			return true;
	return count == MOST_TOLD;
}

/* Of a plugin that could not be asked the options are not known, so its cases look alike. */
static size_t make_keys(const struct plan *plan, struct keyed *keys)
{
	size_t count = 0;

	for (size_t i = 0; i < plan->count; i++) {
		if (plan->cases[i].model->status != STATUS_OK)
			continue;
		plan_case_key(plan->cases + i, keys[count].key);
		keys[count++].at = i;
	}
	qsort(keys, count, sizeof(*keys), by_key);
	for (size_t i = 0; i < count; i++) {
		bool same = i > 0 && strcmp(keys[i].key, keys[i - 1].key) == 0;

		keys[i].first = same ? keys[i - 1].first : keys[i].at;
	}
	qsort(keys, count, sizeof(*keys), by_place);
	return count;
}

void plan_refuse_equal(struct maker *maker)
{
	struct keyed *keys = malloc((maker->plan->count + 1) * sizeof(*keys));
	size_t told[MOST_TOLD][2], told_count = 0, count;

	if (!keys) {
		maker->pool->failed = true;
		return;
	}
	count = make_keys(maker->plan, keys);
	for (size_t i = 0; i < count; i++) {
		size_t first = keys[i].first, second = keys[i].at;

		if (first == second || was_told(maker, told, told_count, first, second))
			continue;
		tell_equal(maker, first, second);
		told[told_count][0] = first;
		told[told_count++][1] = second;
	}
	free(keys);
}

static bool same_group(const struct plan_case *a, const struct plan_case *b)
{
	return a->param_set == b->param_set && a->cores == b->cores;
}

static void join_group(struct maker *maker, size_t from, size_t to, const struct plan_model *wanted)
{
	size_t baseline = PLAN_NO_BASELINE;

	for (size_t i = from; wanted && i < to && baseline == PLAN_NO_BASELINE; i++)
		if (maker->origins[i] == wanted)
			baseline = i;
	for (size_t i = from; i < to; i++)
		maker->plan->cases[i].baseline = baseline;
}

void plan_join_baselines(struct maker *maker)
{
	const struct plan *plan = maker->plan;

	for (size_t from = 0, to; from < plan->count; from = to) {
		to = from + 1;
		while (to < plan->count && same_group(plan->cases + from, plan->cases + to))
			to++;
		join_group(maker, from, to,
		           maker->baselines[plan->cases[from].entry - maker->config->workloads]);
	}
}
