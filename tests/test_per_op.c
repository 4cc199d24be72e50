/* SPDX-License-Identifier: MIT */
#include <math.h>

#include "per_op.h"
#include "suite.h"

static double gauges[GAUGES], values[PER_OP_METRICS];

static void setup(void)
{
	gauges_init(gauges);
	gauges[GAUGE_SWITCHES] = 50;
	gauges[GAUGE_CYCLES] = 4e6;
	gauges[GAUGE_INSTRUCTIONS] = 2e6;
}

START_TEST(named_for_what_is_counted)
{
	ck_assert_str_eq(per_op_metrics(&counter_workload)[0].name, "context_switches_per_op");
	ck_assert_str_eq(per_op_metrics(&switch_workload)[1].name, "cycles_per_op");
	ck_assert_str_eq(per_op_metrics(&echo_workload)[2].name, "instructions_per_round_trip");
	ck_assert_ptr_null(
	        per_op_metrics(&copy_workload)[0].name); /* work between passes is in it */
	/* No workload has one of these names already: a result is joined by them. */
	for (const struct workload *const *w = workloads; *w; w++)
		for (int i = 0; (*w)->metrics[i].name; i++)
			for (int k = 0; per_op_metrics(*w)[k].name; k++)
				ck_assert_str_ne((*w)->metrics[i].name, per_op_metrics(*w)[k].name);
}
END_TEST

START_TEST(gauges_over_operations)
{
	per_op_measure(gauges, 1000, values);
	ck_assert_double_eq(values[0], 0.05);
	ck_assert_double_eq(values[1], 4000);
	ck_assert_double_eq(values[2], 2000);
	gauges[GAUGE_CYCLES] = NAN;
	per_op_measure(gauges, 10, values);
	ck_assert_double_eq(values[0], 5);
	ck_assert_double_nan(values[1]);
}
END_TEST

START_TEST(what_cannot_be_told_is_nan)
{
	per_op_measure(gauges, 0, values);
	for (int i = 0; i < PER_OP_METRICS; i++)
		ck_assert_double_nan(values[i]);
}
END_TEST

int main(void)
{
	const suite_test tests[] = {named_for_what_is_counted, gauges_over_operations,
	                            what_cannot_be_told_is_nan, NULL};

	return suite_run_with("per_op", tests, setup, NULL);
}
