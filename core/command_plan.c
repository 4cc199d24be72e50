/* SPDX-License-Identifier: MIT */
/* What is about to be measured, in words. */
#include <stdio.h>

#include "command_measure.h"
#include "format.h"

static size_t count_workloads(const struct plan *plan)
{
	size_t count = 0;

	for (const struct workload *const *w = workloads; *w; w++)
		for (size_t i = 0; i < plan->count; i++)
			if (plan->cases[i].workload == *w) {
				count++;
				break;
			}
	return count;
}

static size_t count_models(const struct plan *plan)
{
	size_t count = 0;

	for (size_t i = 0; i < plan->count; i++) {
		size_t earlier = 0;

		while (earlier < i && plan->cases[earlier].model != plan->cases[i].model)
			earlier++;
		count += earlier == i;
	}
	return count;
}

void command_print_plan(const struct plan *plan)
{
	size_t to_run = 0, of_workloads = count_workloads(plan), of_models = count_models(plan);
	bool may_stop = plan->config->sampling.target_ci_percent > 0;
	char duration[FORMAT_TEXT];

	for (size_t i = 0; i < plan->count; i++)
		to_run += plan->cases[i].status == STATUS_OK;
	fprintf(stderr, "plan     %zu workload%s, %zu model%s: %zu case%s", of_workloads,
	        of_workloads == 1 ? "" : "s", of_models, of_models == 1 ? "" : "s", plan->count,
	        plan->count == 1 ? "" : "s");
	if (to_run != plan->count)
		fprintf(stderr, " (%zu cannot run)", plan->count - to_run);
	fprintf(stderr, ", %s%u round%s, %s %s\n", may_stop ? "up to " : "", plan->rounds,
	        plan->rounds == 1 ? "" : "s", may_stop ? "at most" : "about",
	        format_duration(plan->expected_s, duration));
	if (plan->reduced[0])
		fprintf(stderr, "budget   %s\n", plan->reduced);
}

int command_dry_run(const struct workbench *bench)
{
	char name[PLAN_NAME], duration[FORMAT_TEXT];

	for (size_t i = 0; i < bench->plan.count; i++) {
		const struct plan_case *kase = &bench->plan.cases[i];

		printf("%s%s%s%s%s\n", plan_case_name(kase, name), kase->shared ? "  (shared)" : "",
		       kase->status == STATUS_OK ? "" : "  ",
		       kase->status == STATUS_OK ? "" : status_name(kase->status),
		       kase->status == STATUS_OK ? "" : ": ");
		if (kase->status != STATUS_OK && kase->reason)
			printf("    %s\n", kase->reason);
	}
	printf("%zu cases, %u rounds, about %s; nothing was run\n", bench->plan.count,
	       bench->plan.rounds, format_duration(bench->plan.expected_s, duration));
	return EXIT_OK;
}
