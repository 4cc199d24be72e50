/* SPDX-License-Identifier: MIT */
#include "run.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "clock.h"
#include "machine.h"
#include "result.h"
#include "run_show.h"
#include "run_table.h"
#include "search.h"
#include "stopping.h"

/* After so many failed trials a case is not tried again. */
enum { FAILURES_ALLOWED = 2, LEAST_ROUNDS = 6 };

struct run {
	struct workbench *bench;
	const struct run_options *options;
	struct journal journal;
	struct machine machine;
	struct run_show show;
	struct run_table table;
	struct result_run facts;
	struct run_random random;
	size_t *order;
	bool *precise; /* cases that are precise enough, where that was asked for */
	struct warnings own_warnings, *warnings;
	uint64_t began_ns;
};

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
	run->show.progress.total -= run->bench->plan.rounds - round;
}

/* One that was made before the run was resumed. 1 where it was taken, 0 where it is to be made, or -errno. */
static int take_trial(struct run *run, size_t index, uint32_t round, uint32_t order,
                      struct hd_error *err)
{
	uint64_t elapsed_ns;
	int taken = run->options->resume
	                    ? resume_take(run->options->resume, &run->journal, &run->bench->plan,
	                                  index, round, order, &elapsed_ns, err)
	                    : 0;

	if (taken <= 0)
		return taken;
	/* Budget and expected end count the time that it took. */
	run->began_ns -= elapsed_ns;
	run->show.progress.began_ns -= elapsed_ns;
	progress_done(&run->show.progress);
	run_table_note(&run->table, index);
	look_whether_precise(run, index, round);
	return 1;
}

static int run_trial(struct run *run, size_t index, uint32_t round, uint32_t order,
                     struct hd_error *err)
{
	struct trial_spec spec = workbench_trial(run->bench, index);
	struct trial_result result;
	char name[PLAN_NAME];
	int code;

	spec.seed = run_random_next(&run->random); /* also of one that is not made again */
	code = take_trial(run, index, round, order, err);
	if (code)
		return code < 0 ? code : 0;
	run_show_attach(&run->show, plan_case_name(&run->bench->plan.cases[index], name), &spec);
	search_run(&spec, &run->bench->keeper, &result);
	if (!result.interrupted) {
		run_show_failure(&run->show, result.status, result.reason);
		code = journal_append(&run->journal, &run->bench->plan, index, round, order,
		                      &result, err);
		progress_done(&run->show.progress);
		run_table_note(&run->table, index);
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

/* What was made before is taken in any case. */
static bool asked_to_end(const struct run *run)
{
	return run_show_asked_to_end(&run->show) &&
	       (!run->options->resume || resume_is_over(run->options->resume));
}

static int run_round(struct run *run, uint32_t round, struct hd_error *err)
{
	uint32_t order = 0;
	int code = 0;

	run->facts.rounds = round;
	progress_round(&run->show.progress, round);
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
			progress_say(&run->show.progress,
			             "the budget of %u s is used up: %u of %u rounds",
			             run->bench->config.sampling.budget_s, round - 1, rounds);
			break;
		}
		code = run_round(run, round, err);
	}
	if (!code && run->options->resume && !resume_is_over(run->options->resume))
		code = hd_error(err, -EINVAL, "%s: more trials than this run makes",
		                run->journal.path);
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
	outcome->interrupted = run_show_asked_to_end(&run->show);
}

static int open_journal(struct run *run, struct hd_error *err)
{
	const struct run_options *options = run->options;
	const struct plan *plan = &run->bench->plan;
	char *path;
	int code;

	if (options->resume)
		return resume_journal(options->resume, &run->journal, plan, err);
	if (asprintf(&path, "%s.journal", options->output) < 0)
		return hd_error(err, -ENOMEM, "out of memory");
	code = journal_open(&run->journal, path, plan, options->overwrite, err);
	free(path);
	return code ? code : journal_begin(&run->journal, plan, &run->facts, err);
}

static void tell_resume(struct run *run)
{
	const struct resume *resume = run->options->resume;

	progress_say(&run->show.progress, "resumed  %zu trial%s of %s %s there%s", resume->count,
	             resume->count == 1 ? "" : "s", resume->started,
	             resume->count == 1 ? "is" : "are",
	             resume->torn ? "; the last line was torn: dropped" : "");
}

void run_facts(struct result_run *facts, const struct workbench *bench,
               const struct machine *machine, const struct run_options *options)
{
	const struct resume *resume = options->resume;
	time_t now = time(NULL);
	struct tm utc;

	*facts = (struct result_run){.seed = resume ? resume->seed : options->seed,
	                             .resumed = resume ? resume->times + 1 : 0,
	                             .machine = machine,
	                             .topology = &bench->topology,
	                             .models = &bench->models,
	                             .arguments = options->arguments,
	                             .filter = options->filter};
	gmtime_r(&now, &utc);
	strftime(facts->started, sizeof(facts->started), "%Y-%m-%dT%H:%M:%SZ", &utc);
	if (resume)
		snprintf(facts->started, sizeof(facts->started), "%s", resume->started);
}

static int begin(struct run *run, struct hd_error *err)
{
	struct plan *plan = &run->bench->plan;
	int code = run_check_output(run->options->output, err);

	if (code)
		return code;
	run->machine = *run->options->machine;
	run_facts(&run->facts, run->bench, &run->machine, run->options);
	code = open_journal(run, err);
	run->order = calloc(plan->count + 1, sizeof(*run->order));
	run->precise = calloc(plan->count + 1, sizeof(*run->precise));
	if (!code && (!run->order || !run->precise))
		code = hd_error(err, -ENOMEM, "out of memory");
	run_random_seed(&run->random, run->facts.seed);
	run->bench->scratch.seed = run->facts.seed;
	run->began_ns = clock_now_ns();
	return code;
}

static int conclude(struct run *run, struct run_outcome *outcome, struct hd_error *err)
{
	const struct plan *plan = &run->bench->plan;

	count_outcome(run, outcome);
	run->facts.status = outcome->interrupted ? "interrupted" : "complete";
	machine_read_end(&run->machine, "");
	result_raise_warnings(run->warnings,
	                      result_count_warnings(&run->journal, plan, run->warnings));
	run->facts.warnings = run->warnings;
	run->facts.elapsed_s = (double)(clock_now_ns() - run->began_ns) / 1e9;
	return result_write(run->options->output, &run->journal, plan, &run->facts, err);
}

int run_all(struct workbench *bench, const struct run_options *options, struct run_outcome *outcome,
            struct hd_error *err)
{
	struct run run = {.bench = bench, .options = options, .show.signal = options->signal};
	int code = begin(&run, err);

	run.warnings = options->warnings ? options->warnings : &run.own_warnings;
	if (!code) {
		run_table_begin(&run.table, &bench->plan, &run.journal);
		run.show.progress.table =
		        (struct progress_table){.put = run_table_put, .context = &run.table};
		progress_begin(&run.show.progress, bench->plan.rounds,
		               bench->plan.rounds * trials_of_a_round(&run),
		               bench->plan.expected_s);
		if (options->resume)
			tell_resume(&run);
		code = run_rounds(&run, err);
		progress_end(&run.show.progress);
	}
	if (!code)
		code = conclude(&run, outcome, err);
	outcome->journal_stays = run.journal.path && (code || outcome->interrupted) &&
	                         (run.journal.trials || options->resume);
	if (code && outcome->journal_stays && err)
		snprintf(err->text + strlen(err->text), sizeof(err->text) - strlen(err->text),
		         "; what was measured is in %s", run.journal.path);
	journal_close(&run.journal, !outcome->journal_stays);
	free(run.order);
	free(run.precise);
	return code;
}
