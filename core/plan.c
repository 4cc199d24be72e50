/* SPDX-License-Identifier: MIT */
#include "plan.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "memory.h"
#include "plan_make.h"
#include "search.h"

/* What a trial costs beside its warm-up and windows: a process, a plugin, ends. */
#define TRIAL_START_S 0.005
#define TRIAL_OVERHEAD_S 0.010

enum { MOST_PROBLEMS = 100, MIB = 1 << 20 };

/* One entry of the config, all of its dimensions known. */
struct entry {
	const struct config_workload *config;
	const struct workload *workload;
	struct matrix params;
	const struct core_counts *counts;
	struct core_counts own_counts;
	const struct plan_models *models;
	struct plan_models own_models;
	enum status *status; /* one for each model */
	const char **reasons;
	bool pus;
};

void plan_problem(struct maker *maker, const char *place, const char *format, ...)
{
	bool of_config = strncmp(place, "--", 2) != 0;
	struct problems *problems = maker->problems;
	char text[2 * WORDS_LINE];
	va_list args;

	if (problems->count > MOST_PROBLEMS)
		return;
	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	problems_add(problems, "%s%s%s: %s", of_config ? maker->config->path : "",
	             of_config ? ": " : "", place, text);
	/* The same may be wrong with many cases; it is told once. */
	if (problems->count > 1 &&
	    strcmp(problems->lines[problems->count - 1], problems->lines[problems->count - 2]) == 0)
		free(problems->lines[--problems->count]);
}

static const struct workload *find_workload(struct maker *maker,
                                            const struct config_workload *config)
{
	const struct workload *workload = config->workload ? workload_find(config->workload) : NULL;
	char place[WORDS_QUOTE], found[WORDS_QUOTE], hint[WORDS_LINE];
	const char *known[64];
	size_t count = 0;

	if (workload || !config->workload)
		return workload;
	for (; workloads[count] && count < 63; count++)
		known[count] = workloads[count]->name;
	known[count] = NULL;
	snprintf(place, sizeof(place), "%s.workload", config->place);
	plan_problem(maker, place, "unknown workload %s; %s", words_quote(config->workload, found),
	             words_suggest(config->workload, known, "known", hint));
	return NULL;
}

static void check_expect(struct maker *maker, const struct config_workload *config)
{
	const char *known[STATUSES + 1] = {NULL};
	char place[WORDS_QUOTE], found[WORDS_QUOTE], hint[WORDS_LINE];

	if (!config->expect || status_find(config->expect) >= 0)
		return;
	for (int i = 0; i < STATUSES; i++)
		known[i] = status_name((enum status)i);
	snprintf(place, sizeof(place), "%s.expect", config->place);
	plan_problem(maker, place, "%s is no status; %s", words_quote(config->expect, found),
	             words_suggest(config->expect, known, "known", hint));
}

static bool read_params(struct maker *maker, struct entry *entry)
{
	static const char *const keys[] = {"models",         "cores",  "pus", "sampling",
	                                   "margin_percent", "expect", NULL};
	struct matrix_names names = {.place = entry->config->place,
	                             .kind = "parameter",
	                             .owner = entry->workload->name,
	                             .keys = keys,
	                             .paths = true};

	return plan_matrix(maker, entry->workload->params, &entry->config->params, &names,
	                   &entry->params);
}

static bool judge_models(struct maker *maker, struct entry *entry)
{
	size_t count = entry->models->count;

	entry->status = pool_zalloc(maker->pool, count, sizeof(*entry->status));
	entry->reasons = pool_zalloc(maker->pool, count, sizeof(*entry->reasons));
	for (size_t i = 0; entry->status && entry->reasons && i < count; i++)
		entry->status[i] = plan_verdict(entry->models->items[i].model, entry->reasons + i);
	return entry->status && entry->reasons;
}

/* False where something is wrong with it; all of it is told. */
static bool read_entry(struct maker *maker, const struct config_workload *config,
                       struct entry *entry)
{
	bool good;

	entry->config = config;
	entry->workload = find_workload(maker, config);
	entry->pus = plan_counts_in_pus(maker, config);
	check_expect(maker, config);
	good = entry->workload && read_params(maker, entry);
	entry->counts = plan_counts(maker, config, &entry->own_counts);
	entry->models = &maker->common;
	if (config->models.count) {
		entry->models = &entry->own_models;
		good &= plan_find_models(maker, &config->models, &entry->own_models);
	}
	maker->baselines[config - maker->config->workloads] =
	        plan_baseline_of(maker, entry->models);
	return good && entry->counts && judge_models(maker, entry);
}

static struct entry *read_entries(struct maker *maker)
{
	const struct config *config = maker->config;
	size_t count = config->workload_count;
	struct entry *entries = pool_zalloc(maker->pool, count, sizeof(*entries));

	maker->baselines = pool_zalloc(maker->pool, count, sizeof(*maker->baselines));
	if (!entries || !maker->baselines)
		return NULL;
	plan_place(maker);
	if (config->models.count)
		plan_find_models(maker, &config->models, &maker->common);
	plan_check_baseline(maker);
	for (size_t i = 0; i < count; i++)
		read_entry(maker, config->workloads + i, entries + i);
	plan_check_filter(maker);
	return entries;
}

static uint64_t count_cases(const struct maker *maker, const struct entry *entries)
{
	uint64_t all = 0;

	for (size_t i = 0; i < maker->config->workload_count; i++) {
		const struct entry *entry = entries + i;
		uint64_t of_models = 0, sets;

		for (size_t j = 0; j < entry->models->count; j++)
			of_models += entry->models->items[j].options.sets;
		if (__builtin_mul_overflow(entry->params.sets * entry->counts->count, of_models,
		                           &sets) ||
		    __builtin_add_overflow(all, sets, &all))
			return UINT64_MAX;
	}
	return all;
}

static void add_case(struct maker *maker, const struct plan_case *kase,
                     const struct plan_model *model)
{
	struct plan *plan = maker->plan;

	if (!plan_filter_keeps(maker->filter, kase))
		return;
	maker->origins[plan->count] = model;
	plan->cases[plan->count++] = *kase;
}

static void add_model(struct maker *maker, const struct entry *entry, size_t i,
                      struct plan_case *kase)
{
	const struct plan_model *model = entry->models->items + i;

	kase->model = model->model;
	kase->label = model->config->label;
	kase->status = entry->status[i];
	kase->reason = entry->reasons[i];
	if (kase->status == STATUS_OK)
		kase->reason = plan_missing(maker, entry->workload, kase->params, model->model);
	if (kase->status == STATUS_OK && !kase->reason && entry->workload->unsupported)
		kase->reason = entry->workload->unsupported(kase->params);
	if (kase->status == STATUS_OK && kase->reason)
		kase->status = STATUS_SKIPPED;
	for (size_t set = 0; set < model->options.sets; set++) {
		kase->options = matrix_set(&model->options, set);
		add_case(maker, kase, model);
	}
}

/* Memory that the workload takes is known before anything runs. */
static bool check_needs(struct maker *maker, const struct plan_case *kase)
{
	struct workload_case told = plan_workload_case(maker->plan, kase);
	struct workload_needs needs = {0};
	uint64_t limit = maker->config->memory_mib;

	if (kase->workload->needs)
		kase->workload->needs(&told, &needs);
	if (needs.bytes / MIB < limit)
		return true;
	plan_problem(maker, kase->entry->place,
	             "takes %" PRIu64 " MiB at cores=%" PRIu32 "; limits.memory_mib is %" PRIu64,
	             needs.bytes / MIB, kase->cores, limit);
	return false;
}

/* What the workload says begins with the parameter where it knows which one is to blame. */
static void tell_refused(struct maker *maker, const struct plan_case *kase, const char *why)
{
	size_t length = strcspn(why, ":");
	char name[WORDS_QUOTE], place[2 * WORDS_QUOTE];
	bool of_param;

	snprintf(name, sizeof(name), "%.*s", (int)(length < sizeof(name) ? length : 0), why);
	of_param = why[length] == ':' && option_find(kase->workload->params, name) >= 0;
	snprintf(place, sizeof(place), "%s%s%s", kase->entry->place, of_param ? "." : "",
	         of_param ? name : "");
	why += of_param ? length + 1 : 0;
	plan_problem(maker, place, "%s", why + strspn(why, " "));
}

/* Values in force for this number of cores. False where the workload refuses, which is told. */
static bool resolve(struct maker *maker, const struct entry *entry, struct plan_case *kase)
{
	size_t width = entry->params.width;
	struct value *values = pool_zalloc(maker->pool, width, sizeof(*values));
	struct hd_error err = {0};

	if (!values)
		return false;
	if (width)
		memcpy(values, kase->given, width * sizeof(*values));
	kase->params = values;
	if (entry->workload->resolve && entry->workload->resolve(values, kase->cores, &err)) {
		tell_refused(maker, kase, err.text);
		return false;
	}
	return check_needs(maker, kase);
}

static const char *note_of(struct maker *maker, uint32_t cores)
{
	char text[256];

	if (!topology_quota_note(maker->topology, (int)cores, text, sizeof(text)))
		return NULL;
	return pool_text(maker->pool, text);
}

/* All cases of one combination of parameters, up to a count of cores that the workload refuses. */
static void add_params(struct maker *maker, const struct entry *entry, struct plan_case *kase)
{
	const struct pu_order *order = &maker->order[entry->pus];

	for (size_t i = 0; i < entry->counts->count; i++) {
		kase->cores = entry->counts->items[i];
		kase->cpus = order->cpus;
		kase->note = note_of(maker, kase->cores);
		kase->shared = kase->generator_cores && kase->cores > order->before_shared;
		if (!resolve(maker, entry, kase))
			return;
		for (size_t j = 0; j < entry->models->count; j++)
			add_model(maker, entry, j, kase);
	}
}

static void add_entry(struct maker *maker, const struct entry *entry, uint32_t *param_set)
{
	struct plan_case kase = {
	        .entry = entry->config,
	        .workload = entry->workload,
	        .pus = entry->pus,
	        .placement = (uint8_t)maker->config->placement.kind,
	        .generator_cores = entry->workload->network ? maker->plan->generator_cores : 0,
	        .baseline = PLAN_NO_BASELINE,
	};

	for (size_t i = 0; i < entry->params.sets; i++) {
		kase.given = matrix_set(&entry->params, i);
		kase.param_set = (*param_set)++;
		add_params(maker, entry, &kase);
	}
}

static void make_cases(struct maker *maker, const struct entry *entries)
{
	uint64_t most = count_cases(maker, entries);
	struct plan *plan = maker->plan;
	size_t before = maker->problems->count;
	uint32_t param_set = 0;

	if (most > PLAN_CASES) {
		plan_problem(maker, "workloads", "make %" PRIu64 " cases; at most %d", most,
		             PLAN_CASES);
		return;
	}
	plan->cases = pool_zalloc(maker->pool, most, sizeof(*plan->cases));
	maker->origins = pool_zalloc(maker->pool, most, sizeof(*maker->origins));
	if (!plan->cases || !maker->origins)
		return;
	for (size_t i = 0; i < maker->config->workload_count; i++)
		if (plan_filter_wants(maker->filter, entries[i].workload))
			add_entry(maker, entries + i, &param_set);
	/* Of two builds one may have none of them: whoever compares them looks at both. */
	if (plan->count == 0 && maker->filter->only_count && !maker->models->other &&
	    maker->problems->count == before)
		plan_problem(maker, "--only",
		             "none of %" PRIu64 " cases is left; without it, --dry-run lists them",
		             most);
}

static void fill(struct maker *maker)
{
	size_t before = maker->problems->count;
	struct entry *entries = read_entries(maker);

	if (!entries || maker->pool->failed || maker->problems->count > before ||
	    maker->config->incomplete)
		return;
	make_cases(maker, entries);
	if (maker->pool->failed || maker->problems->count > before)
		return;
	plan_refuse_equal(maker);
	plan_keep_budget(maker);
	plan_join_baselines(maker);
}

int plan_make(struct plan *plan, const struct config *config, struct models *models,
              const struct topology *topology, const struct plan_filter *filter,
              void (*ask)(struct model *, void *context), void *context, struct problems *problems)
{
	static const struct plan_filter no_filter;
	struct maker maker = {.plan = plan,
	                      .config = config,
	                      .models = models,
	                      .topology = topology,
	                      .filter = filter ? filter : &no_filter,
	                      .ask = ask,
	                      .context = context,
	                      .problems = problems};
	size_t before = problems->count, failures = memory_failures();

	*plan = (struct plan){.config = config};
	plan->memory = maker.pool = calloc(1, sizeof(*maker.pool));
	if (maker.pool)
		fill(&maker);
	if (!maker.pool || maker.pool->failed || memory_failures() != failures) {
		problems_add(problems, "%s: %s", config->path, strerror(ENOMEM));
		plan->count = 0;
		return -ENOMEM;
	}
	if (problems->count == before && !config->incomplete)
		return 0;
	plan->count = 0;
	return -EINVAL;
}

void plan_free(struct plan *plan)
{
	if (plan->memory)
		pool_free(plan->memory);
	free(plan->memory);
	*plan = (struct plan){0};
}

struct workload_case plan_workload_case(const struct plan *plan, const struct plan_case *kase)
{
	bool network = kase->workload->network;

	return (struct workload_case){
	        .workload = kase->workload,
	        .params = kase->params,
	        .cores = kase->cores,
	        .generator_cpus = network ? plan->generator_cpus : NULL,
	        .generator_cores = network ? plan->generator_cores : 0,
	        .drain_ms = kase->entry->sampling.drain_ms,
	};
}

double plan_trial_s(const struct plan_case *kase)
{
	const struct workload_case told = {.workload = kase->workload, .params = kase->params};
	const struct sampling *sampling = &kase->entry->sampling;
	double windows_ms = (double)sampling->windows * sampling->window_ms;

	return search_trials(&told) *
	       (TRIAL_START_S + TRIAL_OVERHEAD_S + (sampling->warmup_ms + windows_ms) / 1000);
}
