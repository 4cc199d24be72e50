/* SPDX-License-Identifier: MIT */
#include "suite.h"

#include <math.h>
#include <string.h>

#include "judgement.h"

enum { PAIRS = 20 };

/* n pairs about the ratio, half a percent to each side; the first `against` of them the other way. */
static struct estimate pairs(double ratio, size_t n, size_t against)
{
	double base[PAIRS], new[PAIRS];

	for (size_t i = 0; i < n; i++) {
		base[i] = 1000;
		new[i] = i < against ? 1000 / ratio : 1000 * ratio *(i % 2 ? 1.005 : 0.995);
	}
	return verdict_estimate(base, new, n, 1);
}

static struct judgement judgement(struct estimate first)
{
	return (struct judgement){.name = "case", .rule = {.margin = 0.05}, .first = first};
}

static struct judgement judged_again(struct estimate first, struct estimate second)
{
	struct judgement one = judgement(first);

	ck_assert(judge(&one, 1));
	ck_assert_int_eq(one.verdict, VERDICT_REGRESSION);
	ck_assert(judgement_is_flagged(&one));
	one.second = second;
	ck_assert(judge_again(&one, 1));
	return one;
}

static const struct ruler_summary still = {
        .rounds = 20, .taken = 0.004, .estimate = {.ratio = 1, .ci95 = {0.99, 1.01}}};

START_TEST(verdicts_share_the_false_discoveries)
{
	/* Three of 20 against: p is 0.00258, alone a regression; among 30 that say nothing q is 0.077. */
	struct judgement alone = judgement(pairs(0.85, PAIRS, 3)), many[30];

	ck_assert(judge(&alone, 1));
	ck_assert_int_eq(alone.verdict, VERDICT_REGRESSION);
	ck_assert_double_eq_tol(alone.q, alone.first.p, 1e-15);
	for (int i = 0; i < 30; i++)
		many[i] = judgement(i ? pairs(1, PAIRS, 0) : pairs(0.85, PAIRS, 3));
	ck_assert(judge(many, 30));
	ck_assert_double_eq_tol(many[0].q, 30 * alone.first.p, 1e-12);
	ck_assert_int_eq(many[0].verdict, VERDICT_INCONCLUSIVE);
	ck_assert_int_eq(many[1].verdict, VERDICT_SAME);
	/* Two regressions help each other. */
	many[1] = judgement(pairs(0.85, PAIRS, 3));
	ck_assert(judge(many, 30));
	ck_assert_double_eq_tol(many[0].q, 15 * alone.first.p, 1e-12);
	ck_assert_int_eq(many[0].verdict, VERDICT_REGRESSION);
}
END_TEST

START_TEST(what_has_no_ratio_says_why)
{
	static const double base[] = {1, 1, 1, 1, 1, 1, 1, 1}, zero[] = {2, 2, 2, 0, 2, 2, 2, 2};
	struct judgement all[] = {judgement(verdict_estimate(base, zero, 8, 1)),
	                          judgement(pairs(0.8, 5, 0))};

	ck_assert(judge(all, 2));
	ck_assert_int_eq(all[0].verdict, VERDICT_INCONCLUSIVE);
	ck_assert_str_eq(all[0].reason, "1 of 8 pairs have a zero: there is no ratio");
	ck_assert_int_eq(all[1].verdict, VERDICT_INCONCLUSIVE);
	ck_assert_str_eq(all[1].reason, "5 pairs have it, 6 are needed");
	ck_assert(isnan(all[1].q));
	ck_assert_uint_eq(all[0].pairs_needed, 0);
	ck_assert_uint_eq(all[1].pairs_needed, 0);
}
END_TEST

START_TEST(an_inconclusive_one_tells_how_many_pairs)
{
	struct judgement one = judgement(pairs(0.94, PAIRS, 9));

	ck_assert(judge(&one, 1));
	ck_assert_int_eq(one.verdict, VERDICT_INCONCLUSIVE);
	ck_assert_str_eq(one.reason, "");
	ck_assert_uint_ge(one.pairs_needed, PAIRS + 1);
}
END_TEST

START_TEST(a_change_stands_once_it_is_confirmed)
{
	struct judgement one = judged_again(pairs(0.85, PAIRS, 0), pairs(0.86, PAIRS, 0));

	ck_assert_int_eq(one.verdict, VERDICT_REGRESSION);
	ck_assert_double_eq_tol(one.second_q, ldexp(1, -19), 1e-12);
	ck_assert_str_eq(one.reason, "");
}
END_TEST

START_TEST(what_is_not_confirmed_is_inconclusive)
{
	static const double base[PAIRS] = {1}, nothing[PAIRS] = {0};
	const struct {
		struct estimate second;
		const char *reason;
	} rows[] = {
	        {pairs(1.01, PAIRS, 0), "regression not confirmed: -15.0 %, then +1.0 %"},
	        {pairs(1.2, PAIRS, 0), "regression not confirmed: -15.0 %, then +20.0 %"},
	        {pairs(0.97, PAIRS, 0), "regression not confirmed: -15.0 %, then -3.0 %"},
	        {pairs(0.85, 5, 0), "regression not confirmed: 5 more pairs have it, 6 are needed"},
	        {verdict_estimate(base, nothing, 0, 1),
	         "regression not confirmed: 0 more pairs have it, 6 are needed"},
	        {verdict_estimate(base, nothing, PAIRS, 1),
	         "regression not confirmed: 20 more pairs have a zero"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct judgement one = judged_again(pairs(0.85, PAIRS, 0), rows[i].second);

		ck_assert_int_eq(one.verdict, VERDICT_INCONCLUSIVE);
		ck_assert_str_eq(one.reason, rows[i].reason);
	}
}
END_TEST

START_TEST(only_flagged_ones_are_looked_at_again)
{
	struct judgement all[] = {judgement(pairs(0.85, PAIRS, 0)), judgement(pairs(1, PAIRS, 0)),
	                          judgement(pairs(1.2, PAIRS, 0))};

	ck_assert(judge(all, 3));
	ck_assert_int_eq(all[2].verdict, VERDICT_IMPROVEMENT);
	all[0].second = pairs(0.85, PAIRS, 3);
	all[1].second = pairs(0.5, PAIRS, 0); /* nobody asked for it */
	all[2].second = pairs(1.2, PAIRS, 0);
	ck_assert(judge_again(all, 3));
	ck_assert_int_eq(all[0].verdict, VERDICT_REGRESSION);
	ck_assert_int_eq(all[1].verdict, VERDICT_SAME);
	ck_assert_int_eq(all[2].verdict, VERDICT_IMPROVEMENT);
	ck_assert(isnan(all[1].second_q));
	/* Two were tested again: the greater of two stays, the lesser is doubled. */
	ck_assert_double_eq_tol(all[0].second_q, all[0].second.p, 1e-15);
	ck_assert_double_eq_tol(all[2].second_q, 2 * all[2].second.p, 1e-15);
}
END_TEST

static struct judgement on_a_machine(double ratio, struct ruler_summary ruler)
{
	struct judgement one = judgement(pairs(ratio, PAIRS, 0));

	ck_assert(judge(&one, 1));
	judge_machine(&one, 1, &ruler);
	return one;
}

START_TEST(a_machine_that_moved_gives_no_verdict)
{
	struct ruler_summary moved = still, busy = still, few = still, none = {.rounds = 0};
	struct judgement one;

	moved.estimate.ci95.low = 0.93;
	busy.taken = 0.31;
	few.estimate.ci95 = (struct interval){NAN, NAN};
	ck_assert_int_eq(on_a_machine(0.85, still).verdict, VERDICT_REGRESSION);
	ck_assert_int_eq(on_a_machine(0.85, none).verdict, VERDICT_REGRESSION);
	one = on_a_machine(0.85, moved);
	ck_assert_int_eq(one.verdict, VERDICT_CONTAMINATED);
	ck_assert_str_eq(one.reason, "would be regression; the ruler moved by -7.0 to +1.0 %");
	one = on_a_machine(1, busy);
	ck_assert_int_eq(one.verdict, VERDICT_CONTAMINATED);
	ck_assert_str_eq(one.reason, "would be same; others took 31 % of a processor");
	one = on_a_machine(1.2, few);
	ck_assert_int_eq(one.verdict, VERDICT_CONTAMINATED);
	ck_assert_str_eq(one.reason, "would be improvement; the ruler has too few rounds to tell");
	busy.taken = NAN; /* not known is not much */
	ck_assert_int_eq(on_a_machine(1, busy).verdict, VERDICT_SAME);
}
END_TEST

START_TEST(a_wide_margin_bears_a_ruler_that_moved)
{
	struct ruler_summary moved = still;
	struct judgement both[] = {judgement(pairs(1, PAIRS, 0)), judgement(pairs(1, PAIRS, 0)),
	                           judgement(pairs(0.94, PAIRS, 9))};

	moved.estimate.ci95.low = 0.93;
	both[1].rule.margin = 0.1;
	ck_assert(judge(both, 3));
	judge_machine(both, 3, &moved);
	ck_assert_int_eq(both[0].verdict, VERDICT_CONTAMINATED);
	ck_assert_int_eq(both[1].verdict, VERDICT_SAME);
	ck_assert_int_eq(both[2].verdict, VERDICT_INCONCLUSIVE); /* stays what it is */
}
END_TEST

int main(void)
{
	const suite_test tests[] = {verdicts_share_the_false_discoveries,
	                            what_has_no_ratio_says_why,
	                            an_inconclusive_one_tells_how_many_pairs,
	                            a_change_stands_once_it_is_confirmed,
	                            what_is_not_confirmed_is_inconclusive,
	                            only_flagged_ones_are_looked_at_again,
	                            a_machine_that_moved_gives_no_verdict,
	                            a_wide_margin_bears_a_ruler_that_moved,
	                            NULL};

	return suite_run("judgement", tests);
}
