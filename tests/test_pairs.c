/* SPDX-License-Identifier: MIT */
/* Sides that make up their numbers: what comes out of them is known. */
#include "suite.h"

#include <errno.h>
#include <jansson.h>
#include <signal.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fake_tree.h"
#include "pairs.h"
#include "run.h"

enum { BASE, NEW, MOST_CASES = 12 };

/* How a made-up case behaves on one side. */
struct made_up {
	const char *name;
	double rate, spread; /* spread: a part of the rate */
	double later_rate;   /* from the second block on; 0: the same */
	const char *status;  /* before the first trial; NULL: "ok" */
	const char *expect;  /* NULL: "ok" */
	uint32_t fails_from; /* the round; 0: never */
	double margin;       /* percent; 0: not told */
	bool zero;           /* a rate of 0 in the third round */
};

#define MADE(of_name, of_rate, of_spread, ...)                                     \
	{                                                                          \
		.name = of_name, .rate = of_rate, .spread = of_spread, __VA_ARGS__ \
	}

struct fake_side {
	const struct made_up *cases;
	struct run_random random;
	uint32_t pairs, trials, last_round;
	uint32_t interrupt_at; /* the trial; 0: never */
	bool same;
	char order[4096]; /* which side each trial was of */
};

static char place[FAKE_TREE_PATH], output[FAKE_TREE_PATH + 16];
static struct fake_side fakes[2];
static struct side sides[2];
static volatile sig_atomic_t came_signal;
static struct machine machine;
static struct warnings warnings;
static struct topology topology;
static struct hd_error err;
static char order_of_trials[4096];
static json_t *document;

static double uniform(struct run_random *random)
{
	return (double)(run_random_next(random) >> 11) / 0x1p53;
}

static const struct made_up *of(const struct side *side, size_t index)
{
	return &((struct fake_side *)side->state)->cases[index];
}

static int fake_trial(struct side *side, size_t index, const struct side_turn *turn,
                      struct side_trial *trial, struct hd_error *unused)
{
	struct fake_side *fake = side->state;
	const struct made_up *made = of(side, index);
	double rate = made->later_rate && turn->round > fake->pairs ? made->later_rate : made->rate;

	(void)unused;
	*trial = (struct side_trial){.elapsed_s = 0.25};
	turn->show->current = made->name;
	fake->trials++;
	order_of_trials[strlen(order_of_trials)] = side == &sides[NEW] ? 'B' : 'A';
	if (fake->interrupt_at && fake->trials >= fake->interrupt_at) {
		came_signal = SIGINT;
		trial->interrupted = true;
		return 0;
	}
	if (made->fails_from && turn->round >= made->fails_from) {
		trial->status = STATUS_CRASHED;
		snprintf(trial->reason, sizeof(trial->reason), "made up to crash");
		trial->metrics = json_pack("{s:n, s:n}", "throughput", "cost");
		return 0;
	}
	rate *= 1 + made->spread * (uniform(&fake->random) - 0.5);
	if (made->zero && turn->round == 3)
		rate = 0;
	trial->metrics = json_pack("{s:f, s:f}", "throughput", rate, "cost", 1e9 / (rate + 1));
	return 0;
}

static bool fake_same(struct side *side, size_t index, struct side *other, size_t of_other)
{
	(void)index;
	(void)of_other;
	return ((struct fake_side *)side->state)->same && ((struct fake_side *)other->state)->same;
}

static json_t *fake_plugins(struct side *side)
{
	(void)side;
	return json_object();
}

static json_t *fake_objects(struct side *side)
{
	(void)side;
	return json_array();
}

static json_t *fake_measured(struct side *side)
{
	return json_incref(side->cases);
}

static uint32_t fake_warnings(struct side *side, struct warnings *raised)
{
	if (side == &sides[NEW])
		warnings_concern(raised, WARNING_THROTTLED, 3);
	return (uint32_t)json_array_size(side->cases);
}

static void fake_close(struct side *side, bool saved)
{
	(void)side;
	(void)saved;
}

static const struct side_kind fake_kind = {.trial = fake_trial,
                                           .same_bytes = fake_same,
                                           .count_warnings = fake_warnings,
                                           .plugins = fake_plugins,
                                           .objects = fake_objects,
                                           .measured = fake_measured,
                                           .close = fake_close};

static json_t *case_json(const struct made_up *made)
{
	json_t *of_case = json_pack(
	        "{s:s, s:s, s:s, s:i, s:s, s:s, s:s, s:{s:{s:s, s:s}, s:{s:s, s:s}, s:{s:s, "
	        "s:n}}}",
	        "name", made->name, "workload", "counter", "model", "made-up", "cores", 1, "status",
	        made->status ? made->status : "ok", "reason", "known before", "expect",
	        made->expect ? made->expect : "ok", "metrics", "throughput", "unit", "ops/s",
	        "better", "higher", "cost", "unit", "ns", "better", "lower", "tasks", "unit", "1",
	        "better");

	if (made->margin)
		json_object_set_new(of_case, "margin_percent", json_real(made->margin));
	return of_case;
}

static void make_side(int side, const struct made_up *cases, uint32_t pairs)
{
	json_decref(sides[side].cases);
	fakes[side] = (struct fake_side){.cases = cases, .pairs = pairs};
	run_random_seed(&fakes[side].random, (uint64_t)side + 1);
	sides[side] = (struct side){
	        .kind = &fake_kind, .state = &fakes[side], .cases = json_array(), .round_s = 0.5};
	for (size_t i = 0; cases[i].name; i++)
		json_array_append_new(sides[side].cases, case_json(&cases[i]));
}

static struct pairs_options options_of(uint32_t pairs)
{
	return (struct pairs_options){.output = output,
	                              .seed = 7,
	                              .pairs = pairs,
	                              .margin_percent = 5,
	                              .name = "made-up",
	                              .warnings = &warnings,
	                              .machine = &machine,
	                              .topology = &topology,
	                              .signal = &came_signal};
}

static int run_of(const struct pairs_options *options, enum pairs_end *end)
{
	int code = pairs_run(sides, options, end, &err);

	if (!code && *end != PAIRS_NOTHING_DIFFERS) {
		json_decref(document);
		document = json_load_file(output, 0, NULL);
	}
	return code;
}

/* Both sides' cases, 20 pairs; the document is in `document`. */
static void judge_of(const struct made_up *base, const struct made_up *new)
{
	struct pairs_options options = options_of(20);
	enum pairs_end end;

	make_side(BASE, base, 20);
	make_side(NEW, new, 20);
	ck_assert_int_eq(run_of(&options, &end), 0);
	ck_assert_int_eq(end, PAIRS_DONE);
	ck_assert_ptr_nonnull(document);
}

static json_t *member(const char *array, const char *name, const char *metric)
{
	json_t *item;
	size_t i;

	json_array_foreach(json_object_get(document, array), i, item)
	{
		const char *of_metric = json_string_value(json_object_get(item, "metric"));

		if (strcmp(json_string_value(json_object_get(item, "case")), name) == 0 &&
		    (!metric || strcmp(of_metric, metric) == 0))
			return item;
	}
	return NULL;
}

static const char *text(const json_t *object, const char *key)
{
	const char *value = json_string_value(json_object_get(object, key));

	return value ? value : "";
}

static double number(const json_t *object, const char *key)
{
	return json_number_value(json_object_get(object, key));
}

static const char *verdict(const char *name)
{
	return text(member("verdicts", name, NULL), "verdict");
}

START_TEST(what_changed_is_found_and_confirmed)
{
	static const struct made_up base[] = {MADE("slower", 1e6, 0.04),
	                                      MADE("faster", 1e6, 0.04),
	                                      MADE("alike", 1e6, 0.04),
	                                      MADE("noisy", 1e6, 0.9),
	                                      {.name = NULL}};
	static const struct made_up new[] = {MADE("slower", 0.9e6, 0.04),
	                                     MADE("faster", 1.1e6, 0.04),
	                                     MADE("alike", 1e6, 0.04),
	                                     MADE("noisy", 1e6, 0.9),
	                                     {.name = NULL}};
	const json_t *slower;

	judge_of(base, new);
	ck_assert_str_eq(verdict("slower"), "regression");
	ck_assert_str_eq(verdict("faster"), "improvement");
	ck_assert_str_eq(verdict("alike"), "same");
	ck_assert_str_eq(verdict("noisy"), "inconclusive");
	slower = member("verdicts", "slower", NULL);
	ck_assert_double_eq_tol(number(slower, "ratio"), 0.9, 0.02);
	ck_assert_double_eq(number(slower, "pairs"), 20);
	ck_assert_double_eq(number(json_object_get(slower, "confirmation"), "pairs"), 20);
	ck_assert(json_is_null(json_object_get(member("verdicts", "alike", NULL), "confirmation")));
	ck_assert_double_gt(number(member("verdicts", "noisy", NULL), "pairs_needed"), 20);
	/* 4 cases of both sides, 20 pairs; two of them again. */
	ck_assert_uint_eq(fakes[BASE].trials, 6 * 20);
	ck_assert_uint_eq(fakes[NEW].trials, 6 * 20);
	ck_assert_double_eq(number(json_object_get(document, "summary"), "judged"), 4);
	ck_assert_str_eq(
	        text(json_array_get(json_object_get(json_object_get(document, "run"), "warnings"),
	                            0),
	             "id"),
	        "W02");
	ck_assert_ptr_nonnull(strstr(warnings.of[WARNING_THROTTLED].text, "in 1 of 4 cases"));
	ck_assert(json_is_null(json_object_get(document, "ruler")));
}
END_TEST

START_TEST(the_ruler_rides_along)
{
	static const struct made_up cases[] = {MADE("one", 1e6, 0.01), {.name = NULL}};
	struct pairs_options options = options_of(6);
	const json_t *ruler;
	enum pairs_end end;

	make_side(BASE, cases, 6);
	make_side(NEW, cases, 6);
	json_object_set_new(json_array_get(sides[NEW].cases, 0), "cpus", json_pack("[i]", 0));
	ck_assert_int_eq(run_of(&options, &end), 0);
	ruler = json_object_get(document, "ruler");
	ck_assert_double_eq(number(ruler, "rounds"), 6);
	ck_assert_double_gt(number(ruler, "ratio"), 0);
	ck_assert_double_le(number(ruler, "taken_percent"), 100);
	ck_assert_uint_eq(json_array_size(json_object_get(ruler, "ci95")), 2);
}
END_TEST

START_TEST(a_change_that_goes_away_is_none)
{
	static const struct made_up base[] = {MADE("flash", 1e6, 0.04), {.name = NULL}};
	static const struct made_up new[] = {MADE("flash", 0.8e6, 0.04, .later_rate = 1e6),
	                                     {.name = NULL}};

	judge_of(base, new);
	ck_assert_str_eq(verdict("flash"), "inconclusive");
	ck_assert_ptr_nonnull(strstr(text(member("verdicts", "flash", NULL), "reason"),
	                             "regression not confirmed: -"));
}
END_TEST

START_TEST(a_case_has_its_own_margin)
{
	static const struct made_up base[] = {
	        MADE("loose", 1e6, 0.02), MADE("usual", 1e6, 0.02), {.name = NULL}};
	static const struct made_up new[] = {MADE("loose", 0.9e6, 0.02, .margin = 15),
	                                     MADE("usual", 0.9e6, 0.02),
	                                     {.name = NULL}};

	judge_of(base, new);
	ck_assert_str_eq(verdict("loose"), "same");
	ck_assert_str_eq(verdict("usual"), "regression");
	ck_assert_double_eq(number(member("verdicts", "loose", NULL), "margin_percent"), 15);
}
END_TEST

START_TEST(other_metrics_are_judged_besides)
{
	static const struct made_up base[] = {MADE("slower", 1e6, 0.04), {.name = NULL}};
	static const struct made_up new[] = {MADE("slower", 0.9e6, 0.04), {.name = NULL}};
	static const char *const metrics[] = {"cost", "throughput"};
	struct pairs_options options = options_of(20);
	enum pairs_end end;

	options.metrics = metrics;
	options.metric_count = 2;
	make_side(BASE, base, 20);
	make_side(NEW, new, 20);
	ck_assert_int_eq(run_of(&options, &end), 0);
	ck_assert_uint_eq(json_array_size(json_object_get(document, "verdicts")), 2);
	ck_assert_str_eq(text(member("verdicts", "slower", "cost"), "verdict"), "regression");
	ck_assert_str_eq(text(member("verdicts", "slower", "cost"), "better"), "lower");
	ck_assert(json_is_false(json_object_get(member("verdicts", "slower", "cost"), "gates")));
	ck_assert_double_eq(number(json_object_get(document, "summary"), "judged"), 1);
}
END_TEST

START_TEST(a_metric_that_nobody_has_is_refused)
{
	static const struct made_up cases[] = {MADE("alike", 1e6, 0.04), {.name = NULL}};
	static const char *const metrics[] = {"costs"};
	struct pairs_options options = options_of(20);
	double seconds;

	options.metrics = metrics;
	options.metric_count = 1;
	make_side(BASE, cases, 20);
	make_side(NEW, cases, 20);
	ck_assert_int_eq(pairs_check(sides, &options, &seconds, &err), -EINVAL);
	ck_assert_str_eq(err.text,
	                 "--metric: no case has a metric \"costs\" that is judged; did you "
	                 "mean \"cost\"? (known: throughput cost)");
}
END_TEST

START_TEST(too_few_pairs_are_refused)
{
	static const struct made_up cases[] = {MADE("a", 1, 0), MADE("b", 1, 0), {.name = NULL}};
	struct pairs_options options = options_of(6);
	double seconds;

	make_side(BASE, cases, 6);
	make_side(NEW, cases, 6);
	ck_assert_int_eq(pairs_check(sides, &options, &seconds, &err), -EINVAL);
	ck_assert_str_eq(err.text, "--pairs 6: with 2 verdicts to reach, even pairs that all agree "
	                           "show nothing below 7");
	options.pairs = 7;
	err = (struct hd_error){0};
	ck_assert_int_eq(pairs_check(sides, &options, &seconds, &err), 0);
	ck_assert_double_eq_tol(seconds, 7 * (0.5 + 0.5 + 0.08), 1e-9);
}
END_TEST

START_TEST(what_only_one_side_has_is_listed)
{
	static const struct made_up base[] = {
	        MADE("both", 1e6, 0.01), MADE("gone", 1, 0), {.name = NULL}};
	static const struct made_up new[] = {MADE("come", 1, 0),
	                                     MADE("both", 1e6, 0.01),
	                                     MADE("cannot", 1, 0, .status = "skipped"),
	                                     {.name = NULL}};

	judge_of(base, new);
	ck_assert_str_eq(text(member("unjudged", "gone", NULL), "state"), "removed");
	ck_assert_str_eq(text(member("unjudged", "come", NULL), "state"), "new");
	ck_assert_str_eq(text(member("unjudged", "cannot", NULL), "state"), "new");
	ck_assert_str_eq(verdict("both"), "same");
	ck_assert_double_eq(number(json_object_get(document, "summary"), "cases"), 4);
}
END_TEST

START_TEST(what_cannot_run_or_is_to_fail_is_listed)
{
	static const struct made_up base[] = {MADE("good", 1e6, 0.01),
	                                      MADE("cannot", 1, 0),
	                                      MADE("broken", 1, 0, .status = "crashed"),
	                                      MADE("lesson", 1, 0, .expect = "wrong-result"),
	                                      {.name = NULL}};
	static const struct made_up new[] = {MADE("good", 1e6, 0.01),
	                                     MADE("cannot", 1, 0, .status = "skipped"),
	                                     MADE("broken", 1, 0, .status = "crashed"),
	                                     MADE("lesson", 1, 0, .expect = "wrong-result"),
	                                     {.name = NULL}};

	judge_of(base, new);
	ck_assert_str_eq(text(member("unjudged", "cannot", NULL), "state"), "skipped");
	ck_assert_str_eq(text(member("unjudged", "cannot", NULL), "side"), "new");
	ck_assert_str_eq(text(member("unjudged", "cannot", NULL), "reason"),
	                 "skipped: known before");
	ck_assert_str_eq(text(member("unjudged", "broken", NULL), "state"), "failed");
	ck_assert_str_eq(text(member("unjudged", "broken", NULL), "side"), "both");
	ck_assert_str_eq(text(member("unjudged", "lesson", NULL), "reason"),
	                 "is expected to end as wrong-result");
	ck_assert_uint_eq(fakes[NEW].trials, 20);
}
END_TEST

START_TEST(a_case_that_fails_is_tried_twice_and_told)
{
	static const struct made_up base[] = {
	        MADE("good", 1e6, 0.01), MADE("dies", 1e6, 0.01), {.name = NULL}};
	static const struct made_up new[] = {
	        MADE("good", 1e6, 0.01), MADE("dies", 1e6, 0.01, .fails_from = 5), {.name = NULL}};

	judge_of(base, new);
	ck_assert_str_eq(text(member("unjudged", "dies", NULL), "state"), "failed");
	ck_assert_str_eq(text(member("unjudged", "dies", NULL), "side"), "new");
	ck_assert_str_eq(text(member("unjudged", "dies", NULL), "reason"),
	                 "crashed: made up to crash");
	ck_assert_ptr_null(member("verdicts", "dies", NULL));
	ck_assert_uint_eq(fakes[NEW].trials, 20 + 6);
}
END_TEST

START_TEST(a_case_that_fails_in_the_second_block_has_no_verdict)
{
	static const struct made_up base[] = {
	        MADE("dies", 1e6, 0.01), MADE("slow", 1e6, 0.01), {.name = NULL}};
	static const struct made_up new[] = {MADE("dies", 0.8e6, 0.01, .fails_from = 25),
	                                     MADE("slow", 0.8e6, 0.01),
	                                     {.name = NULL}};

	judge_of(base, new);
	ck_assert_ptr_null(member("verdicts", "dies", NULL));
	ck_assert_str_eq(text(member("unjudged", "dies", NULL), "state"), "failed");
	ck_assert_str_eq(verdict("slow"), "regression");
}
END_TEST

START_TEST(a_zero_has_no_ratio)
{
	static const struct made_up base[] = {MADE("stalls", 1e6, 0.01), {.name = NULL}};
	static const struct made_up new[] = {MADE("stalls", 1e6, 0.01, .zero = true),
	                                     {.name = NULL}};

	judge_of(base, new);
	ck_assert_str_eq(verdict("stalls"), "inconclusive");
	ck_assert_str_eq(text(member("verdicts", "stalls", NULL), "reason"),
	                 "1 of 20 pairs have a zero: there is no ratio");
}
END_TEST

/* Of each two pairs of a case one begins with the base, one with the new: ABBA or BAAB, both by chance. */
START_TEST(the_order_alternates)
{
	static const struct made_up cases[] = {MADE("one", 1e6, 0.01), {.name = NULL}};
	size_t abba = 0, baab = 0;

	judge_of(cases, cases);
	ck_assert_uint_eq(strlen(order_of_trials), 40);
	for (size_t i = 0; i < 40; i += 4) {
		abba += strncmp(order_of_trials + i, "ABBA", 4) == 0;
		baab += strncmp(order_of_trials + i, "BAAB", 4) == 0;
	}
	ck_assert_uint_eq(abba + baab, 10);
	ck_assert_uint_gt(abba, 0);
	ck_assert_uint_gt(baab, 0);
}
END_TEST

START_TEST(the_same_bytes_are_noticed_after_one_round)
{
	static const struct made_up cases[] = {
	        MADE("one", 1e6, 0.01), MADE("two", 1e6, 0.01), {.name = NULL}};
	struct pairs_options options = options_of(20);
	enum pairs_end end;

	make_side(BASE, cases, 20);
	make_side(NEW, cases, 20);
	fakes[BASE].same = fakes[NEW].same = true;
	ck_assert_int_eq(run_of(&options, &end), 0);
	ck_assert_int_eq(end, PAIRS_NOTHING_DIFFERS);
	ck_assert_uint_eq(fakes[NEW].trials, 2);
	ck_assert_int_ne(access(output, F_OK), 0);
	options.against_itself = true;
	ck_assert_int_eq(run_of(&options, &end), 0);
	ck_assert_int_eq(end, PAIRS_DONE);
	ck_assert_str_eq(text(document, "kind"), "aa");
}
END_TEST

START_TEST(an_interruption_leaves_verdicts_open)
{
	static const struct made_up base[] = {MADE("slower", 1e6, 0.01), {.name = NULL}};
	static const struct made_up new[] = {MADE("slower", 0.8e6, 0.01), {.name = NULL}};
	struct pairs_options options = options_of(20);
	enum pairs_end end;

	make_side(BASE, base, 20);
	make_side(NEW, new, 20);
	fakes[NEW].interrupt_at = 12;
	ck_assert_int_eq(run_of(&options, &end), 0);
	ck_assert_int_eq(end, PAIRS_INTERRUPTED);
	ck_assert_str_eq(text(json_object_get(document, "run"), "status"), "interrupted");
	ck_assert_str_eq(verdict("slower"), "inconclusive");
	ck_assert_str_eq(text(member("verdicts", "slower", NULL), "reason"),
	                 "interrupted after 11 of 20 pairs");
	came_signal = 0;
	make_side(NEW, new, 20);
	fakes[NEW].interrupt_at = 26;
	ck_assert_int_eq(run_of(&options, &end), 0);
	ck_assert_str_eq(text(member("verdicts", "slower", NULL), "reason"),
	                 "interrupted after 5 of 20 pairs of the second block");
}
END_TEST

START_TEST(a_document_that_cannot_be_written_is_an_error)
{
	static const struct made_up cases[] = {MADE("one", 1e6, 0.01), {.name = NULL}};
	struct pairs_options options = options_of(6);
	enum pairs_end end;

	make_side(BASE, cases, 6);
	make_side(NEW, cases, 6);
	options.output = "/nowhere/at/all.json";
	ck_assert_int_eq(pairs_run(sides, &options, &end, &err), -ENOENT);
	ck_assert_ptr_nonnull(strstr(err.text, "/nowhere/at/all.json"));
}
END_TEST

static void open_place(void)
{
	fake_tree_make(place);
	snprintf(output, sizeof(output), "%s/out.json", place);
}

static void close_place(void)
{
	json_decref(document);
	json_decref(sides[BASE].cases);
	json_decref(sides[NEW].cases);
	fake_tree_remove(place);
}

int main(void)
{
	const suite_test tests[] = {what_changed_is_found_and_confirmed,
	                            the_ruler_rides_along,
	                            a_change_that_goes_away_is_none,
	                            a_case_has_its_own_margin,
	                            other_metrics_are_judged_besides,
	                            a_metric_that_nobody_has_is_refused,
	                            too_few_pairs_are_refused,
	                            what_only_one_side_has_is_listed,
	                            what_cannot_run_or_is_to_fail_is_listed,
	                            a_case_that_fails_is_tried_twice_and_told,
	                            a_case_that_fails_in_the_second_block_has_no_verdict,
	                            a_zero_has_no_ratio,
	                            the_order_alternates,
	                            the_same_bytes_are_noticed_after_one_round,
	                            an_interruption_leaves_verdicts_open,
	                            a_document_that_cannot_be_written_is_an_error,
	                            NULL};

	return suite_run_with("pairs", tests, open_place, close_place);
}
