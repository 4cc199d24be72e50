/* SPDX-License-Identifier: MIT */
/* Two results, and a history, that stand in the test: what is joined, refused, judged and listed. */
#include "suite.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "compare.h"
#include "fake_tree.h"

enum { TEXT = 65536, PATH = 256 };

#define MACHINE                                                                                   \
	"'cpu_model': 'A', 'topology': '2 cores', 'cores_usable': 2, 'pus_usable': 2, 'kernel': " \
	"'6.1.9', 'governor': null, 'cpu_quota': null, 'virtualisation': 'KVM', 'hostname': 'h'"

static char root[FAKE_TREE_PATH], base_path[PATH], new_path[PATH];
static struct compared compared;
static struct hd_error err;

/* What is being written: a list of cases. */
static char cases[TEXT];

static void begin(void)
{
	cases[0] = '\0';
}

/* Trials of `middle`, 0.1 % apart, so that a few per cent are well outside the noise. */
static void trials(char *text, double middle, int n)
{
	text += sprintf(text, "[");
	for (int i = 0; i < n; i++)
		text += sprintf(text, "%s%.10g", i ? "," : "",
		                middle * (1 + 0.001 * (i - (n - 1) / 2.0)));
	sprintf(text, "]");
}

struct shape {
	const char *name, *key, *model, *status, *expect, *reason, *params, *more;
	double rate, cost;
	int n;
};

/* What a shape does not say is a thread-mutex that went well, 20 trials of a cost of 10. */
static void add(struct shape shape)
{
	char *text = cases + strlen(cases), rates[4096], costs[4096];

	trials(rates, shape.rate, shape.n ? shape.n : 20);
	trials(costs, shape.cost ? shape.cost : 10, shape.n ? shape.n : 20);
	sprintf(text,
	        "%s{'name': '%s', 'key': '%s', 'workload': 'counter', 'model': '%s', 'cores': 2, "
	        "'params': {%s}, 'options': {}, 'status': '%s', 'expect': '%s', 'reason': '%s'%s,"
	        " 'trials': [{'elapsed_ns': 1500000000}, {'elapsed_ns': 500000000}], 'metrics': {"
	        "'throughput': {'unit': 'ops/s', 'better': 'higher', 'trials': %s},"
	        "'cpu_per_op': {'unit': 'ns', 'better': 'lower', 'trials': %s},"
	        "'load': {'unit': '1', 'better': null, 'trials': %s}}}",
	        *cases ? ",\n" : "", shape.name, shape.key ? shape.key : shape.name,
	        shape.model ? shape.model : "thread-mutex", shape.params ? shape.params : "",
	        shape.status ? shape.status : "ok", shape.expect ? shape.expect : "ok",
	        shape.reason ? shape.reason : "", shape.more ? shape.more : "", rates, costs,
	        costs);
}

static void put(const char *name, const char *run, const char *machine)
{
	char document[TEXT + 4096];

	snprintf(document, sizeof(document),
	         "{'format': 'heddle-result', 'version': 1, 'run': {'name': 'r', 'seed': 1, %s},"
	         " 'machine': {%s}, 'cases': [%s]}",
	         run, machine, cases);
	for (char *quote = document; (quote = strchr(quote, '\''));)
		*quote = '"';
	fake_tree_put(root, name, document);
}

static void put_base(void)
{
	put("base.json", "'status': 'complete', 'started': '2026-01-01T00:00:00Z'", MACHINE);
	begin();
}

static void put_new(void)
{
	put("new.json", "'status': 'complete', 'started': '2026-02-01T00:00:00Z'", MACHINE);
	begin();
}

/* The i-th of a history, with one case "c" of this rate. */
static void put_history(int i, double rate, int n)
{
	char name[64], run[128];

	begin();
	add((struct shape){.name = "c", .rate = rate, .n = n});
	snprintf(name, sizeof(name), "history/%d.json", 9 - i); /* their names tell no order */
	snprintf(run, sizeof(run), "'status': 'complete', 'started': '2026-01-0%dT00:00:00Z'", i);
	put(name, run, MACHINE);
	begin();
}

static void setup(void)
{
	fake_tree_make(root);
	snprintf(base_path, sizeof(base_path), "%s/base.json", root);
	snprintf(new_path, sizeof(new_path), "%s/new.json", root);
	begin();
}

static void teardown(void)
{
	compared_free(&compared);
	fake_tree_remove(root);
}

static int try(struct compare_options options)
{
	compared_free(&compared);
	err = (struct hd_error){0};
	options.base = options.base ? options.base : base_path;
	options.new = options.new ? options.new : new_path;
	options.margin_percent = options.margin_percent > 0 ? options.margin_percent : 5;
	return compare(&options, &compared, &err);
}

static void judged(struct compare_options options)
{
	ck_assert_msg(try(options) == 0, "%s", err.text);
	ck_assert_msg(compared.document != NULL, "%s",
	              compared.differences.count ? compared.differences.lines[0] : "?");
}

static void judged_plainly(void)
{
	judged((struct compare_options){0});
}

/* All that is refused, and in these words. */
static void differs(const char *const *lines)
{
	size_t count = 0;

	ck_assert_msg(try((struct compare_options){0}) == 0, "%s", err.text);
	ck_assert_ptr_null(compared.document);
	for (; lines[count]; count++) {
		ck_assert_msg(count < compared.differences.count, "not told: %s", lines[count]);
		ck_assert_str_eq(compared.differences.lines[count], lines[count]);
	}
	ck_assert_uint_eq(compared.differences.count, count);
}

static void refused(struct compare_options options, const char *text)
{
	ck_assert_int_lt(try(options), 0);
	ck_assert_msg(strstr(err.text, text) != NULL, "%s", err.text);
	ck_assert_ptr_null(compared.document);
}

static json_t *part(const char *array, size_t i)
{
	return json_array_get(json_object_get(compared.document, array), i);
}

static const char *text_of(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));

	return text ? text : "";
}

static double number_of(const json_t *object, const char *key)
{
	return json_number_value(json_object_get(object, key));
}

static int counted(const char *key)
{
	return (int)number_of(json_object_get(compared.document, "summary"), key);
}

static void verdict_is(size_t i, const char *name, const char *word)
{
	ck_assert_str_eq(text_of(part("verdicts", i), "case"), name);
	ck_assert_msg(strcmp(text_of(part("verdicts", i), "verdict"), word) == 0, "%s: %s (%s)",
	              name, text_of(part("verdicts", i), "verdict"),
	              text_of(part("verdicts", i), "reason"));
}

static void reason_has(size_t i, const char *text)
{
	const char *reason = text_of(part("verdicts", i), "reason");

	ck_assert_msg(strstr(reason, text) != NULL, "%s", reason);
}

static void unjudged_is(size_t i, const char *name, const char *state, const char *side,
                        const char *reason)
{
	const json_t *item = part("unjudged", i);

	ck_assert_str_eq(text_of(item, "case"), name);
	ck_assert_str_eq(text_of(item, "state"), state);
	ck_assert_str_eq(text_of(item, "side"), side);
	ck_assert_msg(strstr(text_of(item, "reason"), reason) != NULL, "%s",
	              text_of(item, "reason"));
}

static bool noted(const char *text)
{
	json_t *note;
	size_t i;

	json_array_foreach(json_object_get(compared.document, "notes"), i, note)
	{
		if (strstr(json_string_value(note), text))
			return true;
	}
	return false;
}

/* One case in both, of these rates. */
static void put_pair(double base, double new)
{
	add((struct shape){.name = "c", .rate = base});
	put_base();
	add((struct shape){.name = "c", .rate = new});
	put_new();
}

START_TEST(words_of_the_verdict)
{
	static const double rates[] = {90, 110, 101, 97};
	static const char *const names[] = {"slower", "quicker", "equal", "small"};

	for (int i = 0; i < 4; i++)
		add((struct shape){.name = names[i], .rate = 100});
	put_base();
	for (int i = 0; i < 4; i++)
		add((struct shape){.name = names[i], .rate = rates[i]});
	put_new();
	judged_plainly();
	verdict_is(0, "slower", "regression");
	reason_has(0, "unconfirmed, `heddle ab` can confirm it");
	verdict_is(1, "quicker", "improvement");
	reason_has(1, "unconfirmed");
	verdict_is(2, "equal", "same");
	verdict_is(3, "small", "same");
	ck_assert_double_eq_tol(number_of(part("verdicts", 0), "ratio"), 0.9, 1e-9);
	ck_assert_double_eq_tol(number_of(part("verdicts", 0), "base"), 100, 1e-9);
	ck_assert_double_eq_tol(number_of(part("verdicts", 0), "elapsed_s"), 2, 1e-9);
	ck_assert(json_is_null(json_object_get(part("verdicts", 0), "confirmation")));
	ck_assert_str_eq(text_of(compared.document, "kind"), "compare");
	ck_assert_int_eq(counted("regression"), 1);
	ck_assert_int_eq(counted("judged"), 4);
}
END_TEST

START_TEST(margin_of_the_call_and_of_the_case)
{
	put_pair(100, 93);
	judged((struct compare_options){.margin_percent = 10});
	verdict_is(0, "c", "same");
	add((struct shape){.name = "c", .rate = 93, .more = ", 'margin_percent': 2.5"});
	put_new();
	judged((struct compare_options){.margin_percent = 10});
	verdict_is(0, "c", "regression");
	ck_assert_double_eq_tol(number_of(part("verdicts", 0), "margin_percent"), 2.5, 1e-9);
	ck_assert_double_eq_tol(number_of(compared.document, "margin_percent"), 10, 1e-9);
}
END_TEST

START_TEST(metrics_asked_for)
{
	static const char *const metrics[] = {"cpu_per_op", "throughput", "cpu_per_op"};

	add((struct shape){.name = "c", .rate = 100, .cost = 10});
	put_base();
	add((struct shape){.name = "c", .rate = 100, .cost = 12});
	put_new();
	judged((struct compare_options){.metrics = metrics, .metric_count = 3});
	ck_assert_uint_eq(json_array_size(json_object_get(compared.document, "verdicts")), 2);
	verdict_is(0, "c", "same");
	ck_assert(json_is_true(json_object_get(part("verdicts", 0), "gates")));
	verdict_is(1, "c", "regression"); /* less would be better */
	ck_assert_str_eq(text_of(part("verdicts", 1), "metric"), "cpu_per_op");
	ck_assert(json_is_false(json_object_get(part("verdicts", 1), "gates")));
	ck_assert_int_eq(counted("judged"), 1);
}
END_TEST

START_TEST(metrics_that_cannot_be_judged)
{
	static const char *const unknown[] = {"cpu"}, *const undirected[] = {"load"};

	put_pair(100, 100);
	refused((struct compare_options){.metrics = unknown, .metric_count = 1},
	        "--metric cpu: no case has it in both (known: throughput cpu_per_op)");
	refused((struct compare_options){.metrics = undirected, .metric_count = 1},
	        "--metric load: neither more nor less of it is better");
}
END_TEST

START_TEST(a_key_joins_whatever_the_name)
{
	add((struct shape){.name = "old", .key = "k", .rate = 100});
	put_base();
	add((struct shape){.name = "new", .key = "k", .rate = 100});
	put_new();
	judged_plainly();
	verdict_is(0, "new", "same");
	ck_assert_int_eq(counted("cases"), 1);
}
END_TEST

START_TEST(a_name_that_went_to_another_case_is_new)
{
	add((struct shape){.name = "c", .key = "1", .rate = 100});
	put_base();
	add((struct shape){.name = "moved", .key = "1", .rate = 100});
	add((struct shape){.name = "c", .key = "2", .rate = 50});
	put_new();
	judged_plainly();
	verdict_is(0, "moved", "same");
	unjudged_is(0, "c", "new", "new", "");
}
END_TEST

START_TEST(one_name_with_two_keys_is_refused)
{
	static const char *const lines[] = {
	        "c: batch 1, now 64; deep true, now false; windows 10, now 20", NULL};
	static const char sampling[] =
	        "'status': 'complete', 'started': '2026-0%d-01T00:00:00Z', 'config': {'sampling': "
	        "{'warmup_ms': 5, 'windows': 10}, 'workloads': [{'workload': 'copy', 'sampling': "
	        "{'windows': 7}}, {'workload': 'counter', 'sampling': {'windows': %d}}]}";
	char run[512];

	add((struct shape){
	        .name = "c", .key = "1", .rate = 100, .params = "'batch': 1, 'deep': true"});
	snprintf(run, sizeof(run), sampling, 1, 10);
	put("base.json", run, MACHINE);
	begin();
	add((struct shape){
	        .name = "c", .key = "2", .rate = 90, .params = "'batch': 64, 'deep': false"});
	snprintf(run, sizeof(run), sampling, 2, 20);
	put("new.json", run, MACHINE);
	differs(lines);
	judged((struct compare_options){.force = true});
	verdict_is(0, "c", "regression");
	reason_has(0, "forced: batch 1, now 64; deep true, now false; windows 10, now 20");
	ck_assert(noted("c: forced: batch 1, now 64"));
}
END_TEST

START_TEST(what_results_do_not_tell_differs_as_well)
{
	static const char *const lines[] = {
	        "c: something that results do not tell, such as the placement", NULL};

	add((struct shape){.name = "c", .key = "1", .rate = 100});
	put_base();
	add((struct shape){.name = "c", .key = "2", .rate = 100});
	put_new();
	differs(lines);
}
END_TEST

START_TEST(other_machines_are_refused)
{
	static const char *const lines[] = {
	        "CPU model: A in BASE, B in NEW",
	        "topology: 2 cores in BASE, 4 cores in NEW",
	        "cores usable: 2 in BASE, 4 in NEW",
	        "PUs usable: 2 in BASE, 8 in NEW",
	        "CPU quota: unknown in BASE, 1.5 in NEW",
	        "governor: unknown in BASE, performance in NEW",
	        "virtualisation: KVM in BASE, none in NEW",
	        "kernel's major version: 6 in BASE, 5 in NEW",
	        NULL,
	};

	put_pair(100, 100);
	add((struct shape){.name = "c", .rate = 100});
	put("new.json", "'status': 'complete', 'started': '2026-02-01T00:00:00Z'",
	    "'cpu_model': 'B', 'topology': '4 cores', 'cores_usable': 4, 'pus_usable': 8, "
	    "'kernel': "
	    "'5.10.1', 'governor': 'performance', 'cpu_quota': 1.5, 'virtualisation': 'none'");
	differs(lines);
	judged((struct compare_options){.force = true});
	verdict_is(0, "c", "same");
	reason_has(0, "forced: the machines differ");
	ck_assert(noted("forced: CPU model: A in BASE, B in NEW"));
}
END_TEST

START_TEST(what_one_result_does_not_record_is_not_compared)
{
	put_pair(100, 100);
	add((struct shape){.name = "c", .rate = 100});
	put("new.json", "'status': 'complete', 'started': '2026-02-01T00:00:00Z'",
	    MACHINE ", 'smt': 'on'");
	judged_plainly();
	add((struct shape){.name = "c", .rate = 100});
	put("base.json", "'status': 'complete', 'started': '2026-01-01T00:00:00Z'",
	    MACHINE ", 'smt': 'off'");
	differs((const char *const[]){"SMT: off in BASE, on in NEW", NULL});
	put("base.json", "'started': '2026-01-01T00:00:00Z'}, 'tool': {'plugin_interface': 1",
	    MACHINE);
	begin();
	add((struct shape){.name = "c", .rate = 100});
	put("new.json", "'started': '2026-02-01T00:00:00Z'}, 'tool': {'plugin_interface': 2",
	    MACHINE);
	differs((const char *const[]){"plugin interface: 1 in BASE, 2 in NEW", NULL});
}
END_TEST

START_TEST(the_same_run_does_not_differ)
{
	char line[3 * PATH];

	put_pair(100, 100);
	add((struct shape){.name = "c", .rate = 100});
	put("base.json", "'status': 'complete', 'started': '2026-02-01T00:00:00Z'", MACHINE);
	snprintf(line, sizeof(line), "nothing differs: %s and %s are the same run", base_path,
	         new_path);
	differs((const char *const[]){line, NULL});
	snprintf(line, sizeof(line), "nothing differs: %s and %s are the same run", new_path,
	         new_path);
	ck_assert_int_eq(try((struct compare_options){.base = new_path, .force = true}), 0);
	ck_assert_str_eq(compared.differences.lines[0], line);
}
END_TEST

START_TEST(no_case_in_both_is_refused)
{
	add((struct shape){.name = "a", .rate = 100});
	put_base();
	add((struct shape){.name = "b", .rate = 100});
	put_new();
	differs((const char *const[]){"no case is in both: there is nothing to compare", NULL});
}
END_TEST

START_TEST(what_is_not_judged_is_listed)
{
	add((struct shape){.name = "both", .rate = 100});
	add((struct shape){.name = "gone", .rate = 100});
	add((struct shape){.name = "died", .rate = 100});
	add((struct shape){.name = "healed", .status = "crashed", .reason = "signal 11"});
	add((struct shape){.name = "ill", .status = "timed-out"});
	add((struct shape){.name = "lesson", .status = "wrong-result", .expect = "wrong-result"});
	add((struct shape){.name = "cannot", .status = "skipped"});
	add((struct shape){.name = "nothing", .model = "empty", .rate = 100});
	put_base();
	add((struct shape){.name = "both", .rate = 100});
	add((struct shape){.name = "died", .status = "wrong-result", .reason = "6 lost"});
	add((struct shape){.name = "healed", .rate = 100});
	add((struct shape){.name = "ill", .status = "timed-out"});
	add((struct shape){.name = "lesson", .status = "wrong-result", .expect = "wrong-result"});
	add((struct shape){.name = "cannot", .status = "skipped"});
	add((struct shape){.name = "nothing", .model = "empty", .rate = 100});
	add((struct shape){.name = "fresh", .rate = 100});
	add((struct shape){.name = "stillborn", .status = "crashed"});
	put_new();
	judged_plainly();
	unjudged_is(0, "died", "failed", "new", "wrong-result: 6 lost");
	unjudged_is(1, "healed", "failed", "base", "crashed: ");
	unjudged_is(2, "ill", "failed", "both", "timed-out");
	unjudged_is(3, "lesson", "skipped", "both", "wrong-result (as expected)");
	unjudged_is(4, "cannot", "skipped", "both", "skipped");
	unjudged_is(5, "nothing", "skipped", "both", "does nothing");
	unjudged_is(6, "fresh", "new", "new", "");
	unjudged_is(7, "stillborn", "failed", "new", "crashed");
	unjudged_is(8, "gone", "removed", "base", "");
	ck_assert_int_eq(counted("cases"), 10);
	ck_assert_int_eq(counted("judged"), 1);
}
END_TEST

/* A plugin that could not be asked leaves cases whose options are unknown, and whose keys are equal. */
START_TEST(equal_keys_are_told_apart_by_name)
{
	for (int i = 0; i < 2; i++) {
		add((struct shape){.name = "a", .key = "k", .status = "skipped"});
		add((struct shape){.name = "b", .key = "k", .status = i ? "skipped" : "failed"});
		add((struct shape){.name = "c", .rate = 100});
		if (i == 0)
			put_base();
	}
	put_new();
	judged_plainly();
	unjudged_is(0, "a", "skipped", "both", "");
	unjudged_is(1, "b", "skipped", "both", "");
	ck_assert_int_eq(counted("cases"), 3);
}
END_TEST

START_TEST(too_few_trials_are_no_verdict)
{
	add((struct shape){.name = "c", .rate = 100, .n = 6});
	put_base();
	add((struct shape){.name = "c", .rate = 50});
	put_new();
	judged_plainly();
	verdict_is(0, "c", "inconclusive");
	reason_has(0, "6 trials in BASE and 20 in NEW, 7 of each are needed");
	ck_assert(json_is_null(json_object_get(part("verdicts", 0), "p")));
	ck_assert(json_is_null(json_object_get(part("verdicts", 0), "ci95")));
}
END_TEST

START_TEST(a_family_may_be_too_large_for_its_trials)
{
	char name[16];

	for (int i = 0; i < 20; i++) {
		snprintf(name, sizeof(name), "%d", i);
		add((struct shape){.name = name, .rate = 100, .n = 10});
	}
	put_base();
	for (int i = 0; i < 20; i++) {
		snprintf(name, sizeof(name), "%d", i);
		add((struct shape){.name = name, .rate = i ? 100 : 80, .n = 10});
	}
	put_new();
	judged_plainly();
	verdict_is(0, "0", "inconclusive");
	reason_has(0, "one of 20 verdicts cannot stand alone with 10 trials, 11 can");
	verdict_is(1, "1", "same");
}
END_TEST

START_TEST(a_median_of_0_has_no_ratio)
{
	put_pair(0, 100);
	judged_plainly();
	verdict_is(0, "c", "inconclusive");
	reason_has(0, "a median is 0: there is no ratio");
	ck_assert(json_is_null(json_object_get(part("verdicts", 0), "ratio")));
}
END_TEST

START_TEST(groups_are_geometric_means_of_what_gates)
{
	static const char *const metrics[] = {"cpu_per_op"};

	add((struct shape){.name = "a", .rate = 100});
	add((struct shape){.name = "b", .rate = 100});
	add((struct shape){.name = "s", .rate = 100, .model = "serial"});
	put_base();
	add((struct shape){.name = "a", .rate = 50, .cost = 5});
	add((struct shape){.name = "b", .rate = 400, .cost = 5});
	add((struct shape){.name = "s", .rate = 90, .model = "serial"});
	put_new();
	judged((struct compare_options){.by = "model", .metrics = metrics, .metric_count = 1});
	ck_assert_str_eq(text_of(part("groups", 0), "name"), "thread-mutex");
	ck_assert_double_eq_tol(number_of(part("groups", 0), "ratio"), sqrt(2), 1e-9);
	ck_assert_int_eq((int)number_of(part("groups", 0), "cases"), 2);
	ck_assert_double_eq_tol(number_of(part("groups", 1), "ratio"), 0.9, 1e-9);
	judged((struct compare_options){.by = "cores"});
	ck_assert_str_eq(text_of(part("groups", 0), "name"), "cores=2");
	judged_plainly();
	ck_assert(json_is_null(json_object_get(compared.document, "groups")));
}
END_TEST

static void put_cost(void (*put_it)(void), double rate)
{
	add((struct shape){.name = "c", .rate = rate});
	memcpy(strstr(cases, "'higher'"), "'lower' ", strlen("'higher'"));
	put_it();
}

START_TEST(more_is_better_in_a_group)
{
	put_cost(put_base, 100);
	put_cost(put_new, 50);
	judged((struct compare_options){.by = "workload"});
	verdict_is(0, "c", "improvement");
	ck_assert_double_eq_tol(number_of(part("verdicts", 0), "ratio"), 0.5, 1e-9);
	ck_assert_double_eq_tol(number_of(part("groups", 0), "ratio"), 2, 1e-9);
}
END_TEST

START_TEST(an_interrupted_run_is_told)
{
	put_pair(100, 100);
	add((struct shape){.name = "c", .rate = 100});
	put("base.json", "'status': 'interrupted', 'started': '2026-01-01T00:00:00Z'", MACHINE);
	judged_plainly();
	ck_assert(noted("an interrupted run, compared as far as it goes"));
}
END_TEST

START_TEST(a_run_that_could_stop_early_needs_more)
{
	put_pair(100, 90);
	judged_plainly();
	ck_assert_double_eq_tol(number_of(part("verdicts", 0), "p"), 4 * 0x1p-20, 1e-12);
	add((struct shape){.name = "c", .rate = 90});
	put("new.json",
	    "'status': 'complete', 'started': '2026-02-01T00:00:00Z', 'target_ci_percent': 2",
	    MACHINE);
	judged_plainly();
	ck_assert_double_gt(number_of(part("verdicts", 0), "p"), 7 * 0x1p-20);
}
END_TEST

START_TEST(what_is_no_result_is_refused)
{
	put_pair(100, 100);
	refused((struct compare_options){.base = "/nowhere.json"}, "/nowhere.json: No such file");
	refused((struct compare_options){.new = root}, root);
	fake_tree_put(root, "base.json", "{\"format\": \"heddle-verdict\", \"cases\": []}");
	refused((struct compare_options){0}, "not a Heddle result");
	fake_tree_put(root, "base.json", "{");
	refused((struct compare_options){0}, "base.json:1:");
}
END_TEST

static char folder[PATH];

static struct compare_options with_history(void)
{
	snprintf(folder, sizeof(folder), "%s/history", root);
	return (struct compare_options){.base = folder};
}

/* A folder of `rates`, ending with 0. */
static void put_rates(const double *rates)
{
	for (int i = 0; rates[i] > 0; i++)
		put_history(i + 1, rates[i], 20);
}

static void put_rate(double rate)
{
	add((struct shape){.name = "c", .rate = rate});
	put_new();
}

START_TEST(a_history_is_judged_against_each)
{
	put_rates((const double[]){101, 104, 107, 0});
	put_rate(90);
	judged(with_history());
	verdict_is(0, "c", "regression");
	reason_has(0, "against each of 3 results; unconfirmed");
	ck_assert_double_eq_tol(number_of(part("verdicts", 0), "base"), 104, 1e-9);
	ck_assert_double_eq_tol(number_of(part("verdicts", 0), "ratio"), 90.0 / 104, 1e-9);
	put_rate(97); /* below all, but within the margin of the nearest */
	judged(with_history());
	verdict_is(0, "c", "inconclusive");
	reason_has(0, "within the spread of 3 results, or too near to it");
	put_rate(104);
	judged(with_history());
	verdict_is(0, "c", "same"); /* within 5 % of each */
	put_rate(120);
	judged(with_history());
	verdict_is(0, "c", "improvement");
}
END_TEST

START_TEST(a_history_stands_newest_last)
{
	const json_t *results;

	put_rates((const double[]){100, 101, 102, 0});
	put_rate(100);
	judged(with_history());
	results = json_object_get(json_object_get(compared.document, "base"), "results");
	ck_assert_uint_eq(json_array_size(results), 3);
	ck_assert_str_eq(text_of(json_array_get(results, 0), "started"), "2026-01-01T00:00:00Z");
	ck_assert_str_eq(text_of(json_array_get(results, 2), "started"), "2026-01-03T00:00:00Z");
}
END_TEST

START_TEST(a_history_of_one_is_the_plain_comparison)
{
	double p;

	put_rates((const double[]){100, 0});
	put_rate(90);
	judged(with_history());
	verdict_is(0, "c", "regression");
	p = number_of(part("verdicts", 0), "p");
	add((struct shape){.name = "c", .rate = 100});
	put_base();
	judged_plainly();
	ck_assert_double_eq(number_of(part("verdicts", 0), "p"), p);
}
END_TEST

START_TEST(a_history_waits_for_no_pipe)
{
	char path[FAKE_TREE_PATH + 32];

	put_rates((const double[]){100, 101, 0});
	put_rate(100);
	snprintf(path, sizeof(path), "%s/history/pipe.json", root);
	ck_assert_int_eq(mkfifo(path, 0600), 0);
	snprintf(path, sizeof(path), "%s/history/zero.json", root);
	ck_assert_int_eq(symlink("/dev/zero", path), 0);
	judged(with_history());
	ck_assert(noted("2 of 4 .json files passed over: no results"));
}
END_TEST

START_TEST(a_history_leaves_out_and_says_so)
{
	put_rates((const double[]){100, 101, 0});
	put_rate(100);
	add((struct shape){.name = "c", .rate = 10});
	put("history/other.json", "'started': '2026-01-05T00:00:00Z'", "'kernel': '5.1'");
	put("history/twice.json", "'started': '2026-01-01T00:00:00Z'", MACHINE);
	put("history/itself.json", "'started': '2026-02-01T00:00:00Z'", MACHINE);
	begin();
	add((struct shape){.name = "c", .key = "another", .rate = 10, .params = "'batch': 2"});
	put("history/settings.json", "'started': '2026-01-06T00:00:00Z'", MACHINE);
	begin();
	put_history(7, 10, 3);
	fake_tree_put(root, "history/schema.json", "{}");
	fake_tree_put(root, "history/notes.txt", "{}");
	judged(with_history());
	verdict_is(0, "c", "same");
	reason_has(0, "against each of 2 results");
	ck_assert(noted("1 of 8 .json files passed over: no results"));
	ck_assert(noted("other.json: left out, of another machine class: kernel's major version: 5 "
	                "in BASE, 6 in NEW"));
	ck_assert(noted("itself.json: left out, it is a run that is there already"));
	ck_assert(noted("twice.json: left out"));
	ck_assert(noted("c: left out where they had other settings: batch 2, now unknown"));
}
END_TEST

START_TEST(a_history_of_short_runs_says_the_newest)
{
	put_history(1, 50, 4);
	put_history(2, 100, 3);
	put_rate(100);
	judged(with_history());
	verdict_is(0, "c", "inconclusive");
	reason_has(0, "3 trials in BASE and 20 in NEW, 7 of each are needed");
	ck_assert_double_eq_tol(number_of(part("verdicts", 0), "base"), 100, 1e-9);
}
END_TEST

START_TEST(a_history_may_be_of_no_use)
{
	snprintf(folder, sizeof(folder), "%s/history", root);
	put_rate(100);
	fake_tree_put(root, "history/schema.json", "{}");
	refused(with_history(), "history: no result in this folder (1 .json files)");
	add((struct shape){.name = "c", .rate = 10});
	put("history/other.json", "'started': '2026-01-05T00:00:00Z'", "'kernel': '5.1'");
	ck_assert_int_eq(try(with_history()), 0);
	ck_assert_uint_eq(compared.differences.count, 1);
	ck_assert_msg(strstr(compared.differences.lines[0],
	                     "history: no other run of this machine class (1 result looked at)"),
	              "%s", compared.differences.lines[0]);
	judged((struct compare_options){.base = folder, .force = true});
	verdict_is(0, "c", "improvement");
	reason_has(0, "forced: the machines differ; unconfirmed");
	ck_assert(noted("other.json: forced, of another machine class: kernel's major version"));
}
END_TEST

START_TEST(what_differs_alike_is_told_once)
{
	for (int i = 0; i < 3; i++)
		add((struct shape){.name = (const char *const[]){"a", "b", "d"}[i],
		                   .key = (const char *const[]){"1", "2", "3"}[i],
		                   .rate = 100,
		                   .params = "'batch': 2"});
	add((struct shape){.name = "c", .rate = 100});
	put("history/1.json", "'started': '2026-01-01T00:00:00Z'", MACHINE);
	begin();
	for (int i = 0; i < 3; i++)
		add((struct shape){.name = (const char *const[]){"a", "b", "d"}[i],
		                   .rate = 90,
		                   .params = "'batch': 3"});
	add((struct shape){.name = "c", .rate = 100});
	put_new();
	judged(with_history());
	ck_assert(noted("a and 2 more: left out where they had other settings: batch 2, now 3"));
	ck_assert_int_eq(counted("new"), 3);
	judged((struct compare_options){.base = folder, .force = true});
	ck_assert(noted("a and 2 more: forced where they had other settings: batch 2, now 3"));
	verdict_is(0, "a", "regression");
	reason_has(0, "forced: batch 2, now 3");
}
END_TEST

START_TEST(cases_of_a_history_come_and_go)
{
	put_rates((const double[]){100, 0});
	add((struct shape){.name = "c", .rate = 100});
	add((struct shape){.name = "late", .rate = 100});
	put("history/late.json", "'started': '2026-01-07T00:00:00Z'", MACHINE);
	begin();
	add((struct shape){.name = "c", .key = "another", .rate = 100, .params = "'batch': 2"});
	add((struct shape){.name = "late", .rate = 100});
	put_new();
	judged(with_history());
	verdict_is(0, "late", "same");
	unjudged_is(0, "c", "new", "new", "with other settings before: batch unknown, now 2");
	ck_assert_int_eq(counted("removed"), 0);
}
END_TEST

int main(void)
{
	return suite_run_with("compare",
	                      (const suite_test[]){
	                              words_of_the_verdict,
	                              margin_of_the_call_and_of_the_case,
	                              metrics_asked_for,
	                              metrics_that_cannot_be_judged,
	                              a_key_joins_whatever_the_name,
	                              a_name_that_went_to_another_case_is_new,
	                              one_name_with_two_keys_is_refused,
	                              what_results_do_not_tell_differs_as_well,
	                              other_machines_are_refused,
	                              what_one_result_does_not_record_is_not_compared,
	                              the_same_run_does_not_differ,
	                              no_case_in_both_is_refused,
	                              what_is_not_judged_is_listed,
	                              equal_keys_are_told_apart_by_name,
	                              too_few_trials_are_no_verdict,
	                              a_family_may_be_too_large_for_its_trials,
	                              a_median_of_0_has_no_ratio,
	                              groups_are_geometric_means_of_what_gates,
	                              more_is_better_in_a_group,
	                              an_interrupted_run_is_told,
	                              a_run_that_could_stop_early_needs_more,
	                              what_is_no_result_is_refused,
	                              a_history_is_judged_against_each,
	                              a_history_stands_newest_last,
	                              a_history_of_one_is_the_plain_comparison,
	                              a_history_waits_for_no_pipe,
	                              a_history_leaves_out_and_says_so,
	                              a_history_of_short_runs_says_the_newest,
	                              a_history_may_be_of_no_use,
	                              what_differs_alike_is_told_once,
	                              cases_of_a_history_come_and_go,
	                              NULL,
	                      },
	                      setup, teardown);
}
