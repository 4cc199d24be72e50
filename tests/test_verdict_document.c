/* SPDX-License-Identifier: MIT */
#include "suite.h"

#include <math.h>
#include <string.h>

#include "verdict_document.h"

static const struct estimate nothing = {
        .ratio = NAN, .ci95 = {NAN, NAN}, .p = NAN, .smallest_change = NAN};

static struct judgement regression(void)
{
	return (struct judgement){
	        .name = "counter/batch=1/thread-mutex/cores=2",
	        .workload = "counter",
	        .model = "thread-mutex",
	        .metric = "throughput",
	        .unit = "ops/s",
	        .cores = 2,
	        .gates = true,
	        .rule = {.margin = 0.05},
	        .base = 71.2e6,
	        .new = 61.1e6,
	        .first = {.pairs = 20,
	                  .ratio = 0.858,
	                  .ci95 = {0.84, 0.881},
	                  .p = 1.9e-6,
	                  .smallest_change = 0.041},
	        .q = 2.3e-5,
	        .second = nothing,
	        .second_q = NAN,
	        .elapsed_s = 20.4,
	        .verdict = VERDICT_REGRESSION,
	};
}

/* Compares with JSON in which ' stands for "; takes the reference. */
static void assert_json(json_t *found, const char *wanted)
{
	char text[2048], *shown = json_dumps(found, JSON_COMPACT | JSON_REAL_PRECISION(6));

	snprintf(text, sizeof(text), "%s", wanted);
	for (char *quote = text; (quote = strchr(quote, '\''));)
		*quote = '"';
	ck_assert_str_eq(shown, text);
	free(shown);
	json_decref(found);
}

START_TEST(a_verdict_is_told_whole)
{
	struct judgement one = regression();

	assert_json(judgement_json(&one),
	            "{'case':'counter/batch=1/thread-mutex/cores=2','workload':'counter',"
	            "'model':'thread-mutex','cores':2,'metric':'throughput','gates':true,"
	            "'unit':'ops/s','better':'higher','verdict':'regression','reason':null,"
	            "'base':7.12e7,'new':6.11e7,'pairs':20,'ratio':0.858,"
	            "'ci95':[0.84,0.881],'p':1.9e-6,'q':2.3e-5,'confirmation':null,"
	            "'margin_percent':5.0,'smallest_change_percent':4.1,'pairs_needed':null,"
	            "'elapsed_s':20.4}");
}
END_TEST

START_TEST(what_is_not_known_is_null)
{
	struct judgement one = regression();

	one.first = nothing;
	one.base = one.new = one.q = one.elapsed_s = NAN;
	one.rule.lower = true;
	one.gates = false;
	one.verdict = VERDICT_INCONCLUSIVE;
	one.name = "copy/source=\xff/serial/cores=1"; /* no UTF-8 */
	strcpy(one.reason, "no pair");
	assert_json(judgement_json(&one),
	            "{'case':'copy/source=?/serial/cores=1','workload':'counter',"
	            "'model':'thread-mutex','cores':2,'metric':'throughput','gates':false,"
	            "'unit':'ops/s','better':'lower','verdict':'inconclusive','reason':'no pair',"
	            "'base':null,'new':null,'pairs':0,'ratio':null,'ci95':null,'p':null,'q':null,"
	            "'confirmation':null,'margin_percent':5.0,'smallest_change_percent':null,"
	            "'pairs_needed':null,'elapsed_s':null}");
}
END_TEST

START_TEST(the_second_block_is_told)
{
	struct judgement one = regression();
	json_t *json;

	one.second = (struct estimate){.pairs = 20, .ratio = 0.86, .ci95 = {0.8, 0.9}, .p = 0.5};
	one.second_q = 0.5;
	one.pairs_needed = 180;
	json = judgement_json(&one);
	assert_json(json_incref(json_object_get(json, "confirmation")),
	            "{'pairs':20,'ratio':0.86,'ci95':[0.8,0.9],'p':0.5,'q':0.5}");
	ck_assert_int_eq(json_integer_value(json_object_get(json, "pairs_needed")), 180);
	json_decref(json);
}
END_TEST

START_TEST(a_ruler_that_did_not_ride_is_null)
{
	struct ruler_summary ruler = {.estimate = nothing, .taken = NAN};

	assert_json(json_pack("[o]", ruler_json(&ruler)), "[null]");
	ruler.rounds = 3;
	assert_json(ruler_json(&ruler),
	            "{'rounds':3,'ratio':null,'ci95':null,'taken_percent':null}");
	ruler.estimate.ratio = 1;
	ruler.estimate.ci95 = (struct interval){0.99, 1.01};
	ruler.taken = 0.004;
	assert_json(ruler_json(&ruler),
	            "{'rounds':3,'ratio':1.0,'ci95':[0.99,1.01],'taken_percent':0.4}");
}
END_TEST

START_TEST(a_case_is_counted_once_and_a_verdict_each)
{
	struct judgement one = regression(), two = regression(), other = regression();
	json_t *verdicts = json_array(), *unjudged = json_array();
	json_t *of_case = json_pack("{s:s, s:s, s:s, s:i}", "name", "x", "workload", "echo",
	                            "model", "serial", "cores", 1);

	two.verdict = VERDICT_SAME;
	other.name = "counter/batch=1/serial/cores=1";
	other.verdict = VERDICT_CONTAMINATED;
	json_array_append_new(verdicts, judgement_json(&one));
	json_array_append_new(verdicts, judgement_json(&two));
	json_array_append_new(verdicts, judgement_json(&other));
	for (int state = UNJUDGED_NEW; state <= UNJUDGED_SKIPPED; state++)
		json_array_append_new(unjudged, unjudged_json(of_case, (enum unjudged)state, "new",
		                                              state ? "why" : NULL));
	assert_json(
	        verdict_summary(verdicts, unjudged),
	        "{'cases':6,'judged':2,'regression':1,'improvement':0,'same':1,"
	        "'inconclusive':0,'contaminated':1,'new':1,'removed':1,'failed':1,'skipped':1}");
	assert_json(json_incref(json_array_get(unjudged, 0)),
	            "{'case':'x','workload':'echo','model':'serial','cores':1,'state':'new',"
	            "'side':'new','reason':null}");
	json_decref(of_case);
	json_decref(verdicts);
	json_decref(unjudged);
}
END_TEST

int main(void)
{
	const suite_test tests[] = {a_verdict_is_told_whole,
	                            what_is_not_known_is_null,
	                            the_second_block_is_told,
	                            a_ruler_that_did_not_ride_is_null,
	                            a_case_is_counted_once_and_a_verdict_each,
	                            NULL};

	return suite_run("verdict_document", tests);
}
