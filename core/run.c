/* SPDX-License-Identifier: MIT */
#include "run.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "clock.h"
#include "gauges.h"
#include "machine.h"
#include "progress.h"
#include "result.h"
#include "search.h"
#include "stopping.h"

/* After so many failed trials a case is not tried again. */
enum { FAILURES_ALLOWED = 2, LEAST_ROUNDS = 6 };

struct run {
	struct workbench *bench;
	const struct run_options *options;
	struct journal journal;
	struct machine machine;
	struct progress progress;
	struct result_run facts;
	struct run_random random;
	size_t *order;
	bool *precise; /* cases that are precise enough, where that was asked for */
	struct warnings own_warnings, *warnings;
	uint64_t began_ns;
	const char *current; /* name of the case whose trial is under way */
	double fraction;
};

static bool asked_to_end(const struct run *run)
{
	return run->options->signal && *run->options->signal != 0;
}

/* The trial calls it every few milliseconds: time to draw, and to see whether to end. */
static bool interrupted(void *context)
{
	struct run *run = context;

	progress_trial(&run->progress, run->current, run->fraction);
	return asked_to_end(run);
}

static void share_of_pass(void *context, double fraction)
{
	((struct run *)context)->fraction = fraction;
}

static void tell_failure(struct run *run, const struct trial_result *result)
{
	if (result->status != STATUS_OK && result->status != STATUS_SKIPPED)
		progress_say(&run->progress, "%s: %s: %s", run->current,
		             status_name(result->status), result->reason);
}

/* Looked at after 10, 20 and 40 good trials only: see stopping.h. */
static void look_whether_precise(struct run *run, size_t index, uint32_t round)
{
	const struct journal_case *of_case = &run->journal.cases[index];
	double target = run->bench->config.sampling.target_ci_percent;
	double values[STOPPING_MOST];
	size_t n = 0;

	for (uint32_t i = 0; target > 0 && i < of_case->rounds && n < STOPPING_MOST; i++)
		if (isfinite(of_case->gate[i]))
			values[n++] = of_case->gate[i];
	if (!stopping_is_look(n) || !(stopping_half_width_percent(values, n) <= target))
		return;
	run->precise[index] = true;
	run->progress.total -= run->bench->plan.rounds - round;
}

static int run_trial(struct run *run, size_t index, uint32_t round, uint32_t order,
                     struct hd_error *err)
{
	struct trial_spec spec = workbench_trial(run->bench, index);
	struct trial_result result;
	char name[PLAN_NAME];
	int code = 0;

	run->current = plan_case_name(&run->bench->plan.cases[index], name);
	run->fraction = NAN;
	spec.seed = run_random_next(&run->random);
	spec.interrupted = interrupted;
	spec.share_of_pass = share_of_pass;
	spec.context = run;
	progress_trial(&run->progress, name, NAN);
	search_run(&spec, &run->bench->keeper, &result);
	if (!result.interrupted) {
		tell_failure(run, &result);
		code = journal_append(&run->journal, &run->bench->plan, index, round, order,
		                      &result, err);
		progress_done(&run->progress);
		if (!code)
			look_whether_precise(run, index, round);
	}
	trial_free(&result);
	return code ? code : workbench_revive_keeper(run->bench, err);
}

static bool is_to_be_run(const struct run *run, size_t index)
{
	return run->bench->plan.cases[index].status == STATUS_OK && !run->precise[index] &&
	       run->journal.cases[index].failures < FAILURES_ALLOWED;
}

static uint64_t trials_of_a_round(const struct run *run)
{
	uint64_t count = 0;

	for (size_t i = 0; i < run->bench->plan.count; i++)
		count += is_to_be_run(run, i);
	return count;
}

static int run_round(struct run *run, uint32_t round, struct hd_error *err)
{
	uint32_t order = 0;
	int code = 0;

	run->facts.rounds = round;
	progress_round(&run->progress, round);
	run_shuffle(&run->random, run->order, run->bench->plan.count);
	for (size_t i = 0; !code && i < run->bench->plan.count && !asked_to_end(run); i++)
		if (is_to_be_run(run, run->order[i]))
			code = run_trial(run, run->order[i], round, ++order, err);
	return code;
}

/* The plan's estimate was made without knowing the machine: the clock has the last word. */
static bool budget_ends(const struct run *run, uint32_t rounds_done)
{
	uint32_t budget_s = run->bench->config.sampling.budget_s;
	double gone_s = (double)(clock_now_ns() - run->began_ns) / 1e9;

	return budget_s && rounds_done >= LEAST_ROUNDS && gone_s + gone_s / rounds_done > budget_s;
}

static int run_rounds(struct run *run, struct hd_error *err)
{
	uint32_t rounds = run->bench->plan.rounds;
	int code = 0;

	for (uint32_t round = 1; !code && round <= rounds && !asked_to_end(run); round++) {
		if (!trials_of_a_round(run))
			break;
		if (budget_ends(run, round - 1)) {
			progress_say(&run->progress,
			             "the budget of %u s is used up: %u of %u rounds",
			             run->bench->config.sampling.budget_s, round - 1, rounds);
			break;
		}
		code = run_round(run, round, err);
	}
	return code;
}

static void count_outcome(const struct run *run, struct run_outcome *outcome)
{
	for (size_t i = 0; i < run->bench->plan.count; i++) {
		const struct plan_case *kase = &run->bench->plan.cases[i];
		const struct journal_case *of_case = &run->journal.cases[i];
		int expected = kase->entry->expect ? status_find(kase->entry->expect) : STATUS_OK;
		bool tried = of_case->count > 0 || kase->status != STATUS_OK;

		outcome->cases_tried += of_case->count > 0;
		outcome->cases_ok += tried && of_case->status == STATUS_OK;
		if (tried && of_case->status != STATUS_SKIPPED && (int)of_case->status != expected)
			outcome->unexpected++;
	}
	outcome->interrupted = asked_to_end(run);
}

/* A device or a pipe would be replaced by a file. */
static int check_output(const char *path, struct hd_error *err)
{
	struct stat status;

	if (lstat(path, &status) < 0 || S_ISREG(status.st_mode))
		return 0;
	return hd_error(err, -EINVAL, "%s: no regular file; --json prints the result", path);
}

static bool counters_are_wanted(const struct plan *plan)
{
	for (size_t i = 0; i < plan->count; i++)
		if (plan->cases[i].entry->sampling.counters)
			return true;
	return false;
}

static int begin(struct run *run, struct hd_error *err)
{
	struct plan *plan = &run->bench->plan;
	time_t now = time(NULL);
	struct tm utc;
	char *journal_path;
	int code = check_output(run->options->output, err);

	if (code)
		return code;
	if (asprintf(&journal_path, "%s.journal", run->options->output) < 0)
		return hd_error(err, -ENOMEM, "out of memory");
	code = journal_open(&run->journal, journal_path, plan, run->options->overwrite, err);
	free(journal_path);
	run->order = calloc(plan->count + 1, sizeof(*run->order));
	run->precise = calloc(plan->count + 1, sizeof(*run->precise));
	if (!code && (!run->order || !run->precise))
		code = hd_error(err, -ENOMEM, "out of memory");
	machine_read(&run->machine, "");
	gauges_probe(&run->machine, "", &run->bench->topology.usable[0].os_index, 1,
	             counters_are_wanted(plan));
	if (!run->bench->topology.cache_count)
		machine_unavailable(&run->machine, "caches", "hwloc finds none");
	gmtime_r(&now, &utc);
	strftime(run->facts.started, sizeof(run->facts.started), "%Y-%m-%dT%H:%M:%SZ", &utc);
	run->facts.seed = run->options->seed;
	run->facts.machine = &run->machine;
	run->facts.topology = &run->bench->topology;
	run->facts.models = &run->bench->models;
	run_random_seed(&run->random, run->options->seed);
	run->bench->scratch.seed = run->options->seed;
	run->began_ns = clock_now_ns();
	return code;
}

int run_all(struct workbench *bench, const struct run_options *options, struct run_outcome *outcome,
            struct hd_error *err)
{
	struct run run = {.bench = bench, .options = options};
	int code = begin(&run, err);

	run.warnings = options->warnings ? options->warnings : &run.own_warnings;
	if (!code) {
		progress_begin(&run.progress, bench->plan.rounds,
		               bench->plan.rounds * trials_of_a_round(&run),
		               bench->plan.expected_s);
		code = run_rounds(&run, err);
		progress_end(&run.progress);
	}
	if (!code) {
		count_outcome(&run, outcome);
		run.facts.status = outcome->interrupted ? "interrupted" : "complete";
		machine_read_end(&run.machine, "");
		result_find_warnings(&run.journal, &bench->plan, run.warnings);
		run.facts.warnings = run.warnings;
		run.facts.elapsed_s = (double)(clock_now_ns() - run.began_ns) / 1e9;
		code = result_write(options->output, &run.journal, &bench->plan, &run.facts, err);
	}
	if (code && run.journal.path && err)
		snprintf(err->text + strlen(err->text), sizeof(err->text) - strlen(err->text),
		         "; what was measured is in %s", run.journal.path);
	journal_close(&run.journal, code == 0);
	free(run.order);
	free(run.precise);
	return code;
}
